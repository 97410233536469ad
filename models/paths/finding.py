"""What every way of finding paths is asked and what it answers, so that peers and ours stand in one table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from models.posts.histories import Array, Histories

DAYS_A_MONTH = 30.4375
PATHS = 5
Path = tuple[int, ...]
"""Numbers of posts from the first step to the goal, the goal last; the start is not in it."""


@dataclass(frozen=True)
class Goals:
    """Who stands where and wants what: starts (n rows), goals (n,) catalogue numbers, and months to get there in.

    factors: (n, size) what else is known of an officer, courses above all, makes of the chance of each post; or None.
    """

    starts: Histories
    goals: Array
    horizon_months: float
    factors: Array | None = None

    def __len__(self) -> int:
        return len(self.goals)

    def take(self, rows: Array | slice) -> Goals:
        """The rows asked for."""
        factors = None if self.factors is None else self.factors[rows]
        return Goals(self.starts.take(rows), self.goals[rows], self.horizon_months, factors)


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
