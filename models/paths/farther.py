"""How many steps a search looks ahead, and how likely a far goal is from every post: what a narrow beam is led by.

Up to three steps everything near is tried; a far goal is not seen from there, so the beam of the steps beyond follows
the chance of getting there at all in so many moves, by a plain chain.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from models.paths.finding import distinct
from models.posts.histories import Array

NEAR_STEPS = 3
MOST_STEPS = 8
NEAR_MONTHS = 60.0  # up to this horizon nobody is looked for farther: within it few take more than three steps
FRAMES = (36.0, 60.0, 120.0, 240.0, 480.0)
FIRST_WIDE, WIDE, KEPT = 8, 4, 6  # ways tried from each path, and paths kept of each question, at each step


def steps_ahead(horizon_months: float) -> int:
    """How many steps a path may have: one more for each year that the horizon goes beyond `NEAR_MONTHS`.

    >>> [steps_ahead(months) for months in (12, 60, 61, 72, 84, 120, 480)]
    [3, 3, 4, 4, 5, 8, 8]
    """
    more = math.ceil((horizon_months - NEAR_MONTHS) / 12.0)
    return min(max(NEAR_STEPS, NEAR_STEPS + more), MOST_STEPS)


def frame_of(horizon_months: float) -> float:
    """The horizon that a question is searched for: its answer is what of that search falls within its own.

    One horizon a little longer than another keeps other ways and expects their steps on other days, and so a chance
    could fall where there is more time. Within a frame nothing but the time that counts differs.

    >>> [frame_of(months) for months in (6, 36, 37, 120, 121, 600)]
    [36.0, 36.0, 60.0, 120.0, 240.0, 600]
    """
    return next((frame for frame in FRAMES if horizon_months <= frame), horizon_months)


def frame_before(horizon_months: float) -> float | None:
    """The longest frame that is shorter than the one of a horizon, None for those of the first."""
    shorter = [frame for frame in FRAMES if frame < horizon_months]
    return shorter[-1] if shorter else None


@dataclass(frozen=True)
class Reach:
    """The chance of getting from every post to each goal within some moves: by[moves - 1] (goals, size); place (n,) of
    each question's goal among them."""

    by: tuple[Array, ...]
    place: Array

    @classmethod
    def of(cls, onward: Array, goals: Array, most: int) -> Reach:
        """Over a plain chain, `onward` (size to, size from); goals (n,).

        >>> chain = np.array([[0.0, 0.0], [0.5, 0.0]])  # from 0 half go to 1, and nobody from 1 to 0
        >>> [one.tolist() for one in Reach.of(chain, np.array([1]), 2).by]
        [[[0.5, 0.0]], [[0.5, 0.0]]]
        """
        first, place = distinct(goals)
        wanted = goals[first]
        straight = onward[wanted]
        by = [straight]
        for _ in range(most - 1):
            before = by[-1].copy()
            before[np.arange(len(wanted)), wanted] = 0.0  # who is there goes no farther
            by.append(np.minimum(straight + before @ onward, 1.0))
        return cls(tuple(by), place)

    def within(self, moves: int, rows: Array) -> Array:
        """(m, size) of the goals of some questions (m,)."""
        return np.asarray(self.by[moves - 1][self.place[rows]])
