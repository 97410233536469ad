"""Where the right answers of a week stand in a ranking of all courses seen by then and not taken by the officer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from models.courses.baselines import CourseScorer
from models.courses.histories import Array
from models.courses.state import CourseState
from training.courses.data import CourseWeek
from training.evaluation.set_metrics import set_places
from training.evaluation.shown_lists import best_of

MOST_ROWS = 2048  # scored at once, which bounds the memory of a week or of a whole published test part


def week_ranked(model: CourseScorer, state: CourseState, week: CourseWeek, depth: int) -> tuple[Array, Array]:
    """The places of `week_places`; and (n, depth) numbers of the courses that each item would be shown, best first,
    minus 1 where there are no more. Both of one scoring, which is what costs."""
    places, shown = [], []
    for scores, sets, barred in _scored(model, state, week):
        places.append(set_places(scores, sets, barred))
        shown.append(best_of(scores, barred, depth))
    return np.concatenate(places), np.concatenate(shown)


def week_places(model: CourseScorer, state: CourseState, week: CourseWeek) -> Array:
    """(answers,) the place of each right answer of `week.sets`, row by row; infinite where it was not yet seen."""
    return np.concatenate([set_places(*one) for one in _scored(model, state, week)])


def _scored(
    model: CourseScorer, state: CourseState, week: CourseWeek
) -> Iterator[tuple[Array, sp.csr_matrix, NDArray[np.bool_]]]:
    """Scores (n, courses), right answers and what is barred, of so many items at a time."""
    unseen = state.first_seen > state.day
    for start in range(0, len(week.asked), MOST_ROWS):
        rows = slice(start, start + MOST_ROWS)
        asked = week.asked.take(rows)
        yield model.score(state, asked), week.sets[rows], asked.masked | unseen
