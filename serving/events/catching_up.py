"""Officers whose events wait for the feature store are tried again, beside the requests, until the store has them.

Nothing else would mend them before the night where no other event comes. A look costs a glance at a small file; only
where somebody waits is the store asked, and only where it answers are features computed. Of all processes of a
deployment one tries at a time. While tries fail, the next comes later and later.
"""

from __future__ import annotations

import fcntl
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal, Protocol

import structlog

from data_contracts.errors import PharosError

LOOK_SECONDS = 2.0
AT_ONCE = 200  # officers of one try: events that come meanwhile wait behind it
JOIN_SECONDS = 5.0  # for a try that is under way when the service stops; a longer one ends with the process
Look = Literal["nobody", "brought", "away", "broken"]
LONGEST_SECONDS: Mapping[Look, float] = {
    "away": 15.0,  # asking a store that is away costs little, and whoever waits is answered from old features
    "broken": 300.0,  # it answers and a try fails all the same, and each try computes features
}


class BringsForward(Protocol):
    """Brings features of officers forward to a day, and tells how many officers it did."""

    def __call__(self, officer_ids: Sequence[str], as_of: date, /) -> int:
        """Do it; raises PharosError, or what the store raises, where it cannot."""
        ...


@dataclass(frozen=True)
class Waiters:
    """Who waits, whether the store can be read now, how they are brought forward and to which day; `lock` is a file
    that all processes of a deployment share."""

    waiting: Callable[[], Collection[str]]
    readable: Callable[[], bool]
    bring_forward: BringsForward
    today: Callable[[], date]
    lock: Path


class CatchUp:
    """One thread that looks for officers who wait, from `start` to `stop`."""

    def __init__(self, waiters: Waiters, look_seconds: float = LOOK_SECONDS, at_once: int = AT_ONCE) -> None:
        """Nothing is begun yet."""
        self._waiters = waiters
        self._look_seconds = look_seconds
        self._at_once = at_once
        self._before: frozenset[str] = frozenset()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._failed = ""
        self._log = structlog.get_logger("pharos.serving")

    def start(self) -> None:
        """Look from now on; does nothing where it does already."""
        if self._thread is None:
            self._stopped.clear()
            self._thread = threading.Thread(target=self._run, name="pharos-events", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Look no more; waits a little for a try that is under way."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(JOIN_SECONDS)
            self._thread = None

    def look(self) -> Look:
        """One look, and a try where somebody waited at the last look too: who waits only now may be brought forward by
        the request that is under way."""
        waiting = frozenset(self._waiters.waiting())
        due, self._before = sorted(waiting & self._before), waiting
        if not due:
            return "nobody"
        with self._turn() as mine:
            return self._try(due[: self._at_once]) if mine else "nobody"

    def _try(self, officer_ids: Sequence[str]) -> Look:
        if not self._waiters.readable():
            return "away"
        self._waiters.bring_forward(officer_ids, self._waiters.today())
        left = set(self._waiters.waiting()).intersection(officer_ids)
        if len(left) == len(officer_ids):  # nothing was ever filled, or each had another event meanwhile
            return "broken"
        self._log.info("features_caught_up", officers=len(officer_ids) - len(left))
        self._failed = ""
        return "brought"

    def _run(self) -> None:
        pause = self._look_seconds
        while not self._stopped.wait(pause):
            found = self._looked()
            pause = min(2 * pause, LONGEST_SECONDS[found]) if found in LONGEST_SECONDS else self._look_seconds

    def _looked(self) -> Look:
        """One look that ends in no error; a kind of error is told once, until something was brought forward."""
        try:
            return self.look()
        except Exception as error:
            kind = error.code if isinstance(error, PharosError) else type(error).__name__
            if kind != self._failed:
                self._log.error("features_wait", kind=kind)
            self._failed = kind
            return "broken"

    @contextmanager
    def _turn(self) -> Iterator[bool]:
        """Whether it is this process that tries; another one's try is not waited for."""
        with self._waiters.lock.open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True
