"""Fit the event-sequence challenger of the backtests on the officers and labels of a lesson."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import expit

from features.event_histories import event_histories
from models.base import Numbers
from models.risk.calibration import matching_shift
from models.risk.event_sequence import EventSequence, Sequences
from training.risk.dataset import KEYS, Lesson

EXPOSURE = "tenure_days"


def sequence_chances(lesson: Lesson, test: pd.DataFrame, seed: int = 0) -> Numbers:
    """Chances (n,) for the rows of `test`, by the officers' events alone; at the level of the lesson where it has one.

    With labels that are all alike everybody gets their mean.
    """
    y = lesson.answers(np.ones(len(lesson.x), dtype=bool), lesson.split.test)
    if min(y.sum(), len(y) - y.sum()) < 1.0:
        return np.full(len(test), float(y.mean()))
    exposure = lesson.x[:, lesson.design.names.index(EXPOSURE)] if EXPOSURE in lesson.design.names else None
    rows = pd.concat([lesson.spine[list(KEYS)], test[list(KEYS)]], ignore_index=True)
    told = event_histories(lesson.rows.tables, rows)
    served = np.full(len(rows), np.nan, np.float32)
    if exposure is not None:
        served[: len(y)], served[len(y) :] = exposure, test[EXPOSURE].to_numpy(np.float32, na_value=np.nan)
    early, late = slice(0, len(y)), slice(len(y), len(rows))
    parts = [Sequences(told.kinds[some], told.ages[some], told.gaps[some], served[some]) for some in (early, late)]
    scores = EventSequence(seed).fit(parts[0], y, len(told.names)).log_odds(parts[1])
    shift = 0.0 if lesson.level is None or not len(scores) else matching_shift(scores, lesson.level)
    chances: Numbers = expit(scores + shift)
    return chances
