"""What is known of an officer beside the posts held: courses, honours, appraisals, the unit, and the stated goal.

Any of it may be absent: a department without the table, a city that publishes none, a request that does not bring it.
A model must rank without it, so absent reads as the same zeros as an officer of whom nothing is recorded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.posts.histories import PADDING, Array, CareerState, Catalogue

COURSES = 16  # the newest distinct courses of an officer
NUMBERS = ("honours", "appraisal", "headcount", "outflow")
APPRAISAL_MIDDLE, APPRAISAL_SPAN = 75.0, 15.0
NO_GOAL = -1


@dataclass(frozen=True)
class Background:
    """courses: (n, COURSES) int32 numbers of courses, PADDING is none; numbers: (n, 4) float32, 0 is unknown.

    goal: (n,) int32, `NO_GOAL`, the number of a post, or `catalogue.size` plus the number of a job family.
    """

    courses: Array
    numbers: Array
    goal: Array

    @classmethod
    def unknown(cls, count: int) -> Background:
        """Of officers of whom nothing of this is recorded."""
        shape = (count, COURSES)
        return cls(np.full(shape, PADDING, np.int32), np.zeros((count, len(NUMBERS)), np.float32),
                   np.full(count, NO_GOAL, np.int32))  # fmt: skip

    def take(self, rows: Array | slice) -> Background:
        """The rows asked for."""
        return Background(self.courses[rows], self.numbers[rows], self.goal[rows])


def background_of(states: Sequence[CareerState], catalogue: Catalogue, courses: Mapping[str, int]) -> Background:
    """What is known of each officer asked about; courses that no training saw are left out."""
    known = Background.unknown(len(states))
    for row, state in enumerate(states):
        taken = [courses[name] for name in dict.fromkeys(state.courses) if name in courses][:COURSES]
        known.courses[row, : len(taken)] = taken
        if state.goal is not None:
            known.goal[row] = goal_code(*state.goal, catalogue)
        if len(state.numbers):
            known.numbers[row] = state.numbers
    return known


def background_coded(told: pd.DataFrame, catalogue: Catalogue, courses: Mapping[str, int]) -> Background:
    """The rows of `features/background.py` in numbers: courses (lists of ids, newest first), honours, appraisal,
    headcount, outflow, goal_kind and goal (None where none was stated)."""
    known = Background.unknown(len(told))
    for row, (taken, kind, goal) in enumerate(zip(told["courses"], told["goal_kind"], told["goal"], strict=True)):
        codes = [courses[name] for name in taken if name in courses][:COURSES]
        known.courses[row, : len(codes)] = codes
        if kind is not None:
            known.goal[row] = goal_code(kind, goal, catalogue)
    return Background(known.courses, numbers_told(told), known.goal)


def numbers_told(told: pd.DataFrame) -> Array:
    """(n, 4) float32, as `numbers_of` makes them, of the rows of `features/background.py`."""
    return numbers_of(*(told[name].to_numpy(np.float64) for name in NUMBERS))


def goal_code(kind: str, goal: str, catalogue: Catalogue) -> int:
    """The number of a goal; a goal that is neither a post nor a job family of the catalogue is none.

    >>> posts = Catalogue(("p", "q"), ((), ()), ("patrol", "legal"))
    >>> [goal_code("post", "q", posts), goal_code("job_family", "patrol", posts), goal_code("rank_step", "x", posts)]
    [1, 3, -1]
    """
    if kind == "post":
        return catalogue.codes.get(goal, NO_GOAL)
    if kind == "job_family" and goal in catalogue.family_names:
        return catalogue.size + catalogue.family_names.index(goal)
    return NO_GOAL


def goal_posts(goal: Array, families: Array) -> tuple[Array, Array]:
    """(n, size) float32 each: whether a post is the goal, and whether it is of the goal's job family.

    families: (size,) number of each post's family, minus 1 where it has none.

    >>> itself, kindred = goal_posts(np.array([0, 3, -1]), np.array([0, 0, 1]))
    >>> itself.tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    >>> kindred.tolist()
    [[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 0.0]]
    """
    size = len(families)
    itself = (goal[:, None] == np.arange(size)).astype(np.float32)
    post = (goal >= 0) & (goal < size)
    family = np.where(post, families[np.where(post, goal, 0)], np.where(goal >= size, goal - size, -1))
    kindred = (family[:, None] == families[None, :]) & (family[:, None] >= 0)
    return itself, kindred.astype(np.float32)


def numbers_of(honours: Array, appraisal: Array, headcount: Array, outflow: Array) -> Array:
    """(n, 4) float32 on like scales from honours in three years, a mean score out of 100 (NaN unknown), officers of
    the unit (0 unknown) and the share of them that left it within a year."""
    score = np.where(np.isfinite(appraisal), (appraisal - APPRAISAL_MIDDLE) / APPRAISAL_SPAN, 0.0)
    columns = [np.log1p(honours), np.clip(score, -3, 3), np.log1p(headcount) / 5.0, np.minimum(outflow, 2.0)]
    return np.stack(columns, 1).astype(np.float32)
