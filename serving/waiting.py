"""Whether anybody still waits for an answer: work for nobody stops, and what was told is kept only if it is told.

One answer is either given up (its time is over, or the caller went away) or on its way out, never both: the thread that
works and the one that listens to the caller settle that between them under a lock. From `leave` on the answer is sent,
even where its time ends meanwhile; what may be written for it (plans, what was shown) is written after `leave`.

Whoever works on an answer asks `still_wanted` between its steps and takes officers from `while_wanted`; both know by
the context whose answer that is, and outside a request everybody has all the time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import chain, repeat
from typing import TypeVar

from data_contracts.errors import InvalidInput, PharosError
from data_contracts.vocabulary import Bilingual

Thing = TypeVar("Thing")
SPARE = 0.8  # of what the last part's pace promises, as load changes


class NobodyWaits(PharosError):
    """The time for an answer is over, or its caller went away; nothing more is done for it."""

    status = 504
    code = "deadline"


class TooMuchAtOnce(InvalidInput):
    """More is asked for than can be answered in time; its words say in both languages how much fits."""

    code = "too_much_at_once"


@dataclass
class Waiting:
    """One answer and whoever waits for it; `until` is a moment of `clock`, None for one who has all the time."""

    until: float | None = None
    clock: Callable[[], float] = time.monotonic
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _over: bool = False
    _leaving: bool = False

    @property
    def left(self) -> float:
        """Seconds left."""
        return float("inf") if self.until is None else self.until - self.clock()

    def check(self) -> None:
        """Raise NobodyWaits where the answer was given up or its time is over, unless it is on its way out."""
        if self._over or (self.left <= 0 and not self._leaving):
            raise NobodyWaits("nobody waits for this answer any more", zh="已无人等待此应答")

    def leave(self) -> None:
        """Settle that the answer goes out; raises NobodyWaits where it was given up before."""
        with self._lock:
            self.check()
            self._leaving = True

    def give_up(self) -> bool:
        """Stop the work; False where the answer is on its way out already and must be sent."""
        with self._lock:
            self._over = not self._leaving
            return self._over

    def parts(
        self, things: Sequence[Thing], size: int, what: Bilingual, trial: Sequence[int] = ()
    ) -> Iterator[Sequence[Thing]]:
        """The things, so many at a time, while somebody waits; `what` names them, with its measure word in Chinese.

        Raises NobodyWaits between parts, and TooMuchAtOnce as soon as the pace shows that the rest will not fit. Where
        a whole part may take longer than there is, `trial` are the sizes of the first ones: the first of them warms up
        what the others find ready, and its pace is not gone by.

        >>> [list(part) for part in Waiting().parts("abcde", 2, Bilingual("名民警", "officers"))]
        [['a', 'b'], ['c', 'd'], ['e']]
        >>> [len(part) for part in Waiting().parts("abcdefghi", 4, Bilingual("名民警", "officers"), trial=(1, 2))]
        [1, 2, 4, 2]
        """
        began, done = self.clock(), 0
        sizes = chain(trial, repeat(size))
        while done < len(things):
            self.check()
            before, many = self.clock(), next(sizes)
            yield things[done : done + many]
            warming = done == 0 and len(trial) > 0
            done, pace = done + many, (self.clock() - before) / many
            if done < len(things) and not warming and pace * (len(things) - done) > self.left:
                fit = done + int(SPARE * max(self.left, 0.0) / pace)
                took = self.clock() - began
                raise TooMuchAtOnce(
                    f"{len(things)} {what.en} cannot be answered in the time there is: {done} took "
                    f"{took:.1f} s; ask for at most {fit} at once",
                    zh=f"时限内无法答复 {len(things)} {what.zh}：{done} {what.zh}已用 {took:.1f} 秒；"
                    f"请一次至多询问 {fit} {what.zh}",
                )


_WORKED_FOR: ContextVar[Waiting | None] = ContextVar("pharos_waiting", default=None)


@contextmanager
def worked_for(waiting: Waiting) -> Iterator[None]:
    """What is done in this block is done for one answer."""
    mark = _WORKED_FOR.set(waiting)
    try:
        yield
    finally:
        _WORKED_FOR.reset(mark)


def still_wanted() -> None:
    """Raise NobodyWaits where nobody waits for what is being worked on; costs less than a microsecond."""
    waiting = _WORKED_FOR.get()
    if waiting is not None:
        waiting.check()


def while_wanted(things: Iterable[Thing]) -> Iterator[Thing]:
    """The things one by one, while somebody waits for what is made of them.

    >>> list(while_wanted("abc"))
    ['a', 'b', 'c']
    """
    for one in things:
        still_wanted()
        yield one
