"""Which courses open which job families, from what movers held before they moved; None where courses are not kept."""

from __future__ import annotations

import numpy as np
import pandas as pd

from models.courses.lifts import CourseLifts
from models.paths.search import PostChances
from training.paths.course_histories import courses_before
from training.paths.fit import PathTraining
from training.posts.data import Frames

UNKNOWN = ""  # the family of posts whose own is not on record


def fit_lifts(frames: Frames, training: PathTraining, transitions: PostChances) -> CourseLifts | None:
    """Of electives known by the cut: what everybody must take opens nothing."""
    courses, taken = frames.get("courses"), frames.get("course_completions")
    catalogue = training.data.catalogue
    if courses is None or taken is None or not any(catalogue.families):
        return None
    known = courses[courses["known_on"] <= pd.Timestamp(training.until)].drop_duplicates("course_id", keep="last")
    electives = known[~known["mandated"].fillna(False).astype(bool)]
    names = tuple(sorted(str(course) for course in electives["course_id"]))
    if not names:
        return None
    families = tuple(sorted({family or UNKNOWN for family in catalogue.families}))
    family = np.array([families.index(one or UNKNOWN) for one in catalogue.families])
    held = courses_before(training, taken, names)
    return CourseLifts.fit(training.data.moves, held, transitions, (names, families, family))
