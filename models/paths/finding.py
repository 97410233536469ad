"""What every way of finding paths is asked and what it answers, so that peers and ours stand in one table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from models.posts.histories import Array, Histories

PATHS = 5
Path = tuple[int, ...]
"""Numbers of posts from the first step to the goal, the goal last; the start is not in it."""


@dataclass(frozen=True)
class Goals:
    """Who stands where and wants what: starts (n rows), goals (n,) catalogue numbers, and months to get there in.

    factors: (n, size) what else is known of an officer, courses above all, makes of the chance of each post; or None.
    officers: (n,) whom each row asks for, the rows of one officer together; or None where every row is another one's.
    What hangs on the officer alone is worked out once for all of an officer's rows, and never shared with others.
    ends: (officers, size) the posts at which a way of each of them ends; or None where that is each row's goal alone.
    """

    starts: Histories
    goals: Array
    horizon_months: float
    factors: Array | None = None
    officers: Array | None = None
    ends: Array | None = None

    def __len__(self) -> int:
        return len(self.goals)

    def take(self, rows: Array | slice) -> Goals:
        """The rows asked for."""
        factors = None if self.factors is None else self.factors[rows]
        officers = None if self.officers is None else self.officers[rows]
        return Goals(self.starts.take(rows), self.goals[rows], self.horizon_months, factors, officers, self.ends)

    @property
    def askers(self) -> Array:
        """(n,) whom each row asks for; the row itself where nothing is said."""
        return np.arange(len(self)) if self.officers is None else self.officers

    def parts(self, most: int) -> Iterator[slice]:
        """Slices of at most so many rows; the rows of one officer stand in one, if they are not too many by themselves.

        >>> few = Goals(None, np.zeros(7), 12.0, None, np.array([0, 0, 0, 1, 1, 1, 1]))
        >>> list(few.parts(5)), list(few.parts(3))
        ([slice(0, 3, None), slice(3, 7, None)], [slice(0, 3, None), slice(3, 6, None), slice(6, 7, None)])
        """
        ends = np.append(np.flatnonzero(np.diff(self.askers)) + 1, len(self))
        start = 0
        while start < len(self):
            whole = ends[(ends > start) & (ends <= start + most)]
            own = int(ends[ends > start][0])
            stop = int(whole[-1]) if len(whole) else min(start + most, own)
            yield slice(start, stop)
            start = stop

    def go_on_past_no_goal(self, chances: Array, rows: Array) -> None:
        """Takes from chances (m, size) of the next post of each of `rows` (m,) those of the posts at which a way ends.

        Who passes one of the posts that count has reached the goal there: a way on to another would count it twice.
        """
        if self.ends is None:
            chances[np.arange(len(rows)), self.goals[rows]] = 0.0
        else:
            chances[self.ends[self.askers[rows]]] = 0.0

    def lifted(self, chances: Array, rows: Array) -> Array:
        """Chances (m, size) of the next post, with what else is known of whoever asks each of `rows` (m,)."""
        if self.factors is None:
            return chances
        raised = chances * self.factors[rows]
        return np.asarray(raised / np.maximum(raised.sum(1, keepdims=True), 1e-12))


def distinct(keys: Array) -> tuple[Array, Array]:
    """(u,) the first row of each different key, in order, and (n,) the place of each row's key among them.

    >>> [found.tolist() for found in distinct(np.array([7, 3, 7, 5]))]
    [[0, 1, 3], [0, 1, 0, 2]]
    """
    _, first, place = np.unique(keys, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return first[order], rank[place]


@dataclass(frozen=True)
class FoundPaths:
    """For each question its paths, best first, and the months until the goal if it is reached within the horizon.

    months, low, high: (n,) median and 80 % interval; NaN where there is no path.
    """

    paths: Sequence[Sequence[Path]]
    months: Array
    low: Array
    high: Array


class PathFinder(Protocol):
    """A fitted way of finding paths."""

    def find(self, asked: Goals, k: int = PATHS) -> FoundPaths:
        """At most k different paths for each question."""
        ...
