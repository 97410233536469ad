"""A thread that says nothing, while all others of the process go on speaking.

`contextlib.redirect_stdout` changes `sys.stdout` of the whole process: what other threads print meanwhile is lost, and
where two threads overlap, the second puts the first one's buffer back for good.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator
from typing import Any

NAMES = ("stdout", "stderr")
_HERE = threading.local()
_TURN = threading.Lock()


class ThreadwiseStream:
    """A stream in front of another: what a thread writes within `quiet_thread` goes nowhere, all else goes on."""

    def __init__(self, stream: Any) -> None:
        """In front of `stream`; `users` are the quiet threads for whose sake it stands there."""
        self.stream = stream
        self.users = 0

    def write(self, text: str) -> int:
        """As the stream does, or nothing at all."""
        return len(text) if _depth() else int(self.stream.write(text) or 0)

    def writelines(self, some: Any) -> None:
        """As the stream does, or nothing at all."""
        for text in some:
            self.write(text)

    def isatty(self) -> bool:
        """A quiet thread has no terminal, so that nobody draws on it past these methods."""
        return not _depth() and bool(self.stream.isatty())

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


@contextlib.contextmanager
def quiet_thread() -> Iterator[None]:
    """Within it, what this thread prints goes nowhere.

    >>> with quiet_thread():
    ...     print("unheard")
    >>> print("heard")
    heard
    """
    fronts = {name: _put_before(name) for name in NAMES}
    _HERE.depth = _depth() + 1
    try:
        yield
    finally:
        _HERE.depth -= 1
        for name, front in fronts.items():
            _take_away(name, front)


def _depth() -> int:
    return int(getattr(_HERE, "depth", 0))


def _put_before(name: str) -> ThreadwiseStream | None:
    """What stands before `sys.stdout` or `sys.stderr`, put there by the first thread; None where nothing is open."""
    with _TURN:
        now = getattr(sys, name)
        if now is None:
            return None
        front = now if isinstance(now, ThreadwiseStream) else ThreadwiseStream(now)
        front.users += 1
        setattr(sys, name, front)
        return front


def _take_away(name: str, front: ThreadwiseStream | None) -> None:
    """By the last thread, and only where nobody put another stream there meanwhile."""
    with _TURN:
        if front is not None:
            front.users -= 1
            if not front.users and getattr(sys, name) is front:
                setattr(sys, name, front.stream)
