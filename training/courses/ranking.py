"""Where the right answers of a week stand in a ranking of all courses seen by then and not taken by the officer."""

from __future__ import annotations

import numpy as np

from models.courses.baselines import CourseScorer
from models.courses.histories import Array
from models.courses.state import CourseState
from training.courses.data import CourseWeek
from training.evaluation.set_metrics import set_places

MOST_ROWS = 2048  # scored at once, which bounds the memory of a week or of a whole published test part


def week_places(model: CourseScorer, state: CourseState, week: CourseWeek) -> Array:
    """(answers,) the place of each right answer of `week.sets`, row by row; infinite where it was not yet seen."""
    unseen = state.first_seen > state.day
    parts = []
    for start in range(0, len(week.asked), MOST_ROWS):
        rows = slice(start, start + MOST_ROWS)
        asked = week.asked.take(rows)
        parts.append(set_places(model.score(state, asked), week.sets[rows], asked.masked | unseen))
    return np.concatenate(parts)
