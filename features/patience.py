"""A limit on the wall clock for what has limits only for each of its steps."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def within(seconds: float, job: Callable[[], T]) -> T:
    """What a job gives; raises TimeoutError when it takes longer, and then nobody waits for its end.

    >>> within(5.0, lambda: 7)
    7
    """
    found: list[T] = []
    wrong: list[BaseException] = []

    def run() -> None:
        try:
            found.append(job())
        except BaseException as error:
            wrong.append(error)

    worker = threading.Thread(target=run, name="pharos-patience", daemon=True)  # one that hangs keeps no process
    worker.start()
    worker.join(seconds)
    if wrong:
        raise wrong[0]
    if not found:
        raise TimeoutError
    return found[0]
