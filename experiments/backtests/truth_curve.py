"""What more officers to learn from would give on a simulated bureau: the learning curve of `pharos backtest truth`.

As in ceiling.py it is asked of one kind of model on one test day, so that only the officers learned from can have made
the difference; here shallow trees, which are fitted in seconds and serve where events are few.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.backtests.ceiling import SHARES, drawn_shares
from models.base import Matrix, Numbers
from models.risk.boosting import SHALLOW, Boosted
from models.risk.glass_box import ROWS_A_CALM_LEAF
from training.evaluation.risk_metrics import average_precision
from training.risk.dataset import Lesson

LEAST_ROWS = 200  # of a leaf, as where the model that serves is fitted


def learning_curve(lesson: Lesson, test_x: Matrix, y: Numbers, ceilings: Mapping[str, Numbers]) -> list[dict[str, Any]]:
    """Records by share of the officers: how many, their events, the average precision, and its ratio to each ceiling.

    `y` (n,) is what came to the test officers of `test_x` (n, f), `ceilings` the scores (n,) of those who know more.
    """
    officers = lesson.spine["officer_id"].to_numpy(str)
    best = {name: average_precision(y, score) for name, score in ceilings.items()}
    records = []
    for share, rows in zip(SHARES, drawn_shares(officers.tolist(), SHARES), strict=True):
        labels = lesson.answers(rows, lesson.split.test)
        found = average_precision(y, _fitted(lesson, rows, labels).predict(test_x)) if labels.sum() else float("nan")
        over = {f"over_{name}": found / one for name, one in best.items()}
        told = {"outcome": lesson.outcome, "as_of": str(lesson.split.test), "share": share}
        seen = {"officers": len(set(officers[rows])), "rows": int(rows.sum()), "events": round(float(labels.sum()), 1)}
        asked = {"n_test": len(y), "positives": int(y.sum())}
        records.append({**told, **seen, **asked, "average_precision": found, **over})
    return records


def _fitted(lesson: Lesson, rows: NDArray[np.bool_], y: Numbers) -> Boosted:
    leaf = {"min_data_in_leaf": max(LEAST_ROWS, int(rows.sum()) // ROWS_A_CALM_LEAF)}
    return Boosted({**SHALLOW, **leaf}).fit(lesson.x[rows], y, lesson.design.names)
