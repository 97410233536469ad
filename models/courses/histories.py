"""What a course model reads: who took which course when, and who belongs with whom, as plain arrays.

Officers and courses are numbers of two lists; days count from 1970. A taking that became known later than it happened
counts from when it was known, so that a state at a day holds what was known by then and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

Array = NDArray[Any]
UNKNOWN = -1
LONG_AGO = -(10**6)


@dataclass(frozen=True)
class Takings:
    """Courses taken, one row each: officers, courses, days, known (n,) int32, in the order they became known."""

    officers: Array
    courses: Array
    days: Array
    known: Array

    @classmethod
    def ordered(cls, officers: Array, courses: Array, days: Array, known: Array) -> Takings:
        """Rows in any order; nothing is known before it happened.

        >>> Takings.ordered(np.array([1, 0]), np.array([0, 0]), np.array([9, 5]), np.array([3, 5])).known.tolist()
        [5, 9]
        """
        known = np.maximum(known, days)
        order = np.lexsort((courses, officers, days, known))
        return cls(*(np.asarray(column[order], np.int32) for column in (officers, courses, days, known)))

    def __len__(self) -> int:
        return len(self.days)

    def take(self, rows: Array | slice) -> Takings:
        """The rows asked for."""
        return Takings(self.officers[rows], self.courses[rows], self.days[rows], self.known[rows])

    def known_by(self, day: int) -> Takings:
        """What was known at the end of a day."""
        return self.take(slice(0, int(np.searchsorted(self.known, day, "right"))))

    def since(self, day: int) -> Takings:
        """What happened after a day."""
        return self.take(self.days > day)

    def firsts(self, courses: int) -> Takings:
        """Of each officer and course the row that was known first."""
        key = self.officers.astype(np.int64) * courses + self.courses
        return self.take(np.sort(np.unique(key, return_index=True)[1]))

    def matrix(self, shape: tuple[int, int], weight: Array | None = None) -> sp.csr_matrix:
        """(officers, courses) sums of `weight`, ones where it is not given."""
        values = np.ones(len(self), np.float32) if weight is None else weight.astype(np.float32)
        return sp.csr_matrix((values, (self.officers, self.courses)), shape=shape)


@dataclass(frozen=True)
class Peers:
    """Who belongs with whom as known at a day; every array is (officers,), UNKNOWN or NaN where nothing is known.

    groups: codes by kind of group (command, rank, cohort, class); days_in_service, days_in_rank: float32. gone: bool,
    who had left by then, None where nothing is known of leaving.
    """

    groups: Mapping[str, Array]
    days_in_service: Array
    days_in_rank: Array
    gone: Array | None = None

    @classmethod
    def unknown(cls, officers: int) -> Peers:
        """Of officers of whom nothing but their courses is known."""
        nothing = np.full(officers, np.nan, np.float32)
        return cls({}, nothing, nothing)


@dataclass(frozen=True)
class Questions:
    """Who is asked about, and for which day: officers, days (n,); masked (n, courses) True where already taken."""

    officers: Array
    days: Array
    masked: Array

    def __len__(self) -> int:
        return len(self.officers)

    def take(self, rows: Array | slice) -> Questions:
        """The rows asked for."""
        return Questions(self.officers[rows], self.days[rows], self.masked[rows])


@dataclass(frozen=True)
class CourseNames:
    """Every course by number, with the words of its name."""

    courses: tuple[str, ...]
    words: tuple[tuple[str, ...], ...] = field(repr=False)

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self.courses)

    @cached_property
    def word_matrix(self) -> sp.csr_matrix:
        """(courses, words) ones."""
        column = {word: place for place, word in enumerate(sorted({word for words in self.words for word in words}))}
        cells = [(row, column[word]) for row, words in enumerate(self.words) for word in words]
        at = np.array(cells, np.int64).reshape(-1, 2)
        ones = np.ones(len(at), np.float32)
        return sp.csr_matrix((ones, (at[:, 0], at[:, 1])), shape=(self.size, max(1, len(column))))
