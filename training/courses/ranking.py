"""Where the right answers of a week stand in a ranking of all courses seen by then and not taken by the officer."""

from __future__ import annotations

import numpy as np

from models.courses.baselines import CourseScorer
from models.courses.histories import Array
from models.courses.state import CourseState
from training.courses.data import CourseWeek
from training.evaluation.set_metrics import set_places
from training.evaluation.shown_lists import best_of

MOST_ROWS = 2048  # scored at once, which bounds the memory of a week or of a whole published test part


def week_shown(model: CourseScorer, state: CourseState, week: CourseWeek, depth: int) -> Array:
    """(n, depth) numbers of the courses that each item would be shown, best first, minus 1 where there are no more."""
    unseen = state.first_seen > state.day
    parts = []
    for start in range(0, len(week.asked), MOST_ROWS):
        asked = week.asked.take(slice(start, start + MOST_ROWS))
        parts.append(best_of(model.score(state, asked), asked.masked | unseen, depth))
    return np.concatenate(parts)


def week_places(model: CourseScorer, state: CourseState, week: CourseWeek) -> Array:
    """(answers,) the place of each right answer of `week.sets`, row by row; infinite where it was not yet seen."""
    unseen = state.first_seen > state.day
    parts = []
    for start in range(0, len(week.asked), MOST_ROWS):
        rows = slice(start, start + MOST_ROWS)
        asked = week.asked.take(rows)
        parts.append(set_places(model.score(state, asked), week.sets[rows], asked.masked | unseen))
    return np.concatenate(parts)
