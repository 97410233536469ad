"""Which courses each mover had completed, as known before the move."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from features.sequences import posting_sequences
from models.posts.histories import Array
from training.paths.fit import PathTraining
from training.posts.data import known_by


def courses_before(training: PathTraining, completions: pd.DataFrame, courses: Sequence[str]) -> Array:
    """(moves, courses) bool, in the order of `training.data.moves`."""
    steps = posting_sequences(known_by(training.frames["postings"], training.until))
    moved = steps[steps["position"] > 0]
    return held_on(completions, moved["officer_id"].to_numpy(object), moved["started_on"].to_numpy(), courses)


def held_on(completions: pd.DataFrame, officers: Array, days: Array, courses: Sequence[str]) -> Array:
    """(n, courses) whether each officer had completed each course before the day, as known before it."""
    code = {course: place for place, course in enumerate(courses)}
    rows = completions[completions["course_id"].isin(code)]
    day = rows[["occurred_on", "known_on"]].max(axis=1)
    first = rows.assign(day=day).groupby(["officer_id", "course_id"], sort=False)["day"].min()
    asked = pd.DataFrame({"officer_id": officers, "moved_on": days, "row": np.arange(len(officers))})
    joined = asked.merge(first.reset_index(), on="officer_id")
    joined = joined[joined["day"] < joined["moved_on"]]
    held = np.zeros((len(officers), len(courses)), bool)
    held[joined["row"], joined["course_id"].map(code).astype(int)] = True
    return held
