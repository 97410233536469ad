"""Asking something that may be away: for so long and no longer, and not again and again while it is.

Once it failed, it is left alone for a moment and then tried by one caller; the others hear at once that it is away.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from data_contracts.errors import OnlineStoreAway

T = TypeVar("T")
REST_SECONDS = 1.0
WARM_SECONDS = 10.0  # for the first answer, which may import and compile


class Patience:
    """At most `seconds` on the wall clock for each question; None leaves that to the store's own timeouts."""

    def __init__(self, seconds: float | None, rest_seconds: float = REST_SECONDS) -> None:
        self._seconds = seconds
        self._rest_seconds = rest_seconds
        self._resting_until = float("-inf")
        self._warm = False

    @property
    def away(self) -> bool:
        """Whether it failed last and is not to be tried yet."""
        return time.monotonic() < self._resting_until

    def ask(self, job: Callable[[], T], *, timed: bool = True) -> T:
        """What a job gives; raises OnlineStoreAway where it fails, is too slow, or failed a moment ago.

        What is not `timed` may take as long as it does.
        """
        if self.away:
            raise OnlineStoreAway("the online store failed a moment ago")
        failed_before = self._resting_until > 0
        if failed_before:  # this caller tries, the others need not wait for it
            self._resting_until = time.monotonic() + self._rest_seconds
        try:
            found = self._within(job) if timed and self._seconds is not None else job()
        except Exception as error:
            self._resting_until = time.monotonic() + self._rest_seconds
            raise OnlineStoreAway(f"the online store cannot be asked ({type(error).__name__})") from error
        self._warm, self._resting_until = self._warm or timed, float("-inf")
        return found

    def _within(self, job: Callable[[], T]) -> T:
        found: list[T] = []
        wrong: list[BaseException] = []

        def run() -> None:
            try:
                found.append(job())
            except BaseException as error:
                wrong.append(error)

        worker = threading.Thread(target=run, name="pharos-online", daemon=True)  # one that hangs keeps nobody
        worker.start()
        worker.join(self._seconds if self._warm else WARM_SECONDS)
        if wrong:
            raise wrong[0]
        if not found:
            raise TimeoutError
        return found[0]
