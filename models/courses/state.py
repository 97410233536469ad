"""What was known of all courses at the end of a day: who had what, what is being taken now, what follows on what.

Counts are refreshed with every state; nothing in here is learned.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from models.courses.histories import LONG_AGO, Array, CourseNames, Peers, Takings

ACTIVE_DAYS = 180
REMEMBERED_DAYS = 400  # how far back a history is told to what follows on it
HALF_LIVES_DAYS = (7.0, 60.0)
FADING = 0.7  # what is left of a count of followers after another step
SMALL = 2**-20


@dataclass(frozen=True)
class Followers:
    """How often one course was taken after another, (courses, courses): by half-life of the earlier one, and lately.

    `counts[half_life][a, b]` sums, over officers who took b for the first time, 0.5 ** (days since a / half-life).
    `lately` is the last of them fading with every step, so that it tells what follows now.
    """

    counts: dict[float, Array]
    lately: Array

    @classmethod
    def none(cls, courses: int) -> Followers:
        """Nothing seen yet."""
        empty = np.zeros((courses, courses), np.float32)
        return cls({half_life: empty.copy() for half_life in HALF_LIVES_DAYS}, empty.copy())

    def add(self, before: Takings, then: Takings, day: int, shape: tuple[int, int]) -> None:
        """Count in place what was first known after `day`, on top of what each officer had by then."""
        self.lately.__imul__(np.float32(FADING))
        if not len(before) or not len(then):
            return
        taken = then.matrix(shape)
        for half_life, counts in self.counts.items():
            found = (before.matrix(shape, faded(before, day, half_life)).T @ taken).tocoo()
            counts[found.row, found.col] += found.data
            if half_life == max(HALF_LIVES_DAYS):
                self.lately[found.row, found.col] += found.data


@dataclass(frozen=True)
class CourseState:
    """Everything known at the end of `day`: all takings, each first one, who belongs with whom, what follows what.

    words: (courses, words) ones; of a course not seen by then they are not to be looked at.
    """

    day: int
    shape: tuple[int, int]
    every: Takings
    firsts: Takings
    followers: Followers
    peers: Peers
    words: sp.csr_matrix

    @cached_property
    def taken(self) -> sp.csr_matrix:
        """(officers, courses) ones."""
        return self.firsts.matrix(self.shape)

    @cached_property
    def first_seen(self) -> Array:
        """(courses,) the day each was first taken by anybody; far ahead where nobody has."""
        days = np.full(self.shape[1], np.iinfo(np.int32).max, np.int64)
        np.minimum.at(days, self.firsts.courses, self.firsts.days)
        return days

    @cached_property
    def last_seen(self) -> Array:
        """(courses,) the last day anybody took it, repeats too."""
        days = np.full(self.shape[1], LONG_AGO, np.int64)
        np.maximum.at(days, self.every.courses, self.every.days)
        return days

    @cached_property
    def last_taken(self) -> Array:
        """(officers,) the last day each took anything."""
        days = np.full(self.shape[0], LONG_AGO, np.int64)
        np.maximum.at(days, self.every.officers, self.every.days)
        return days

    @cached_property
    def active(self) -> Array:
        """(officers,) True for those who took anything lately."""
        return np.asarray(self.last_taken > self.day - ACTIVE_DAYS)

    def lately(self, days: int) -> sp.csr_matrix:
        """(officers, courses) ones for what was first taken in the last days."""
        return self.firsts.since(self.day - days).matrix(self.shape)

    def taken_lately(self, days: int) -> sp.csr_matrix:
        """(officers, courses) ones for what was taken in the last days, by whoever had it before too."""
        found = self.every.since(self.day - days).matrix(self.shape)
        found.data[:] = 1.0
        return found

    def count(self, days: int) -> Array:
        """(courses,) how many took each for the first time in the last days."""
        since = self.firsts.courses[self.firsts.days > self.day - days]
        return np.bincount(since, minlength=self.shape[1]).astype(np.float64)

    def remembered(self, officers: Array, half_life: float) -> sp.csr_matrix:
        """(n, courses) what each officer took for the first time, fading."""
        recent = self.firsts.since(self.day - REMEMBERED_DAYS)
        return recent.matrix(self.shape, faded(recent, self.day, half_life))[officers]


def faded(takings: Takings, day: int, half_life: float) -> Array:
    """(n,) what is left of each at a day; too little to tell counts as SMALL.

    >>> one = np.array([0])
    >>> faded(Takings(one, one, np.array([3]), np.array([3])), 10, 7.0).tolist()
    [0.5]
    """
    return np.asarray(np.maximum(0.5 ** ((day - takings.days) / half_life), SMALL), np.float32)


@dataclass(frozen=True)
class StateMaker:
    """Makes states of one history, day after day; `step` is how many days of takings are counted at a time."""

    takings: Takings
    officers: int
    names: CourseNames
    step: int = 7

    @property
    def shape(self) -> tuple[int, int]:
        """(officers, courses)."""
        return self.officers, self.names.size

    def states(self, days: Sequence[int], peers: Iterable[Peers]) -> Iterator[CourseState]:
        """A state for each of `days`, which grow; its followers are counted further in place by the next one."""
        followers, at = Followers.none(self.shape[1]), int(self.takings.days.min(initial=0)) - 1
        firsts = self.takings.firsts(self.shape[1])
        for day, known in zip(days, peers, strict=True):
            for start in range(at, day, self.step):
                self._count(followers, firsts, start, min(day, start + self.step))
            at = max(at, day)
            yield CourseState(
                day, self.shape, self.takings.known_by(day), firsts.known_by(day), followers, known,
                self.names.word_matrix,
            )  # fmt: skip

    def state(self, day: int, peers: Peers) -> CourseState:
        """The state at one day."""
        return next(self.states([day], [peers]))

    def _count(self, followers: Followers, firsts: Takings, start: int, end: int) -> None:
        before = firsts.known_by(start).since(start - REMEMBERED_DAYS)
        news = firsts.known_by(end)
        followers.add(before, news.take(news.known > start), start, self.shape)
