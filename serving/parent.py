"""A server that must not outlive the program that started it, whichever way that program ends.

The parent holds one end of a pipe and writes nothing into it. However it dies (kill -9 too) the system closes that
end, and the child reads the end of the file. This works on every system and with threads, unlike a death signal.
"""

from __future__ import annotations

import os
import signal
import threading

GRACE_SECONDS = 15.0  # to finish what has begun; longer than the server's own limit


def end_with_parent(pipe: int = 0, grace_seconds: float = GRACE_SECONDS) -> threading.Thread:
    """Stop this process as SIGTERM does once the other end of `pipe` is closed; by default standard input."""
    watch = threading.Thread(target=_watch, args=(pipe, grace_seconds), name="end-with-parent", daemon=True)
    watch.start()
    return watch


def _watch(pipe: int, grace_seconds: float) -> None:
    while os.read(pipe, 1024):  # not through sys.stdin, whose lock would be held when the process ends
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(grace_seconds)
    os.kill(os.getpid(), signal.SIGKILL)
