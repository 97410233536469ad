"""A feature that alone tells the outcome is no feature but a leak: refuse to learn from it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import rankdata

from data_contracts.errors import ForbiddenFeature
from models.base import Matrix, Numbers

TELLS_ALL = 0.99  # area under the ROC curve of one column; honest features stay far below
LEAST = 20  # of either class, or chance alone may reach it
ROWS = 20_000


def refuse_leaks(x: Matrix, y: Numbers, names: Sequence[str], seed: int = 0) -> None:
    """Raise ForbiddenFeature when one column of x (n, f) separates y (n,), chances taken by their larger side.

    >>> came = np.arange(100) % 2.0
    >>> refuse_leaks(came[:, None].astype(np.float32), came, ["complaints_of_tomorrow"])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    data_contracts.errors.ForbiddenFeature: feature 'complaints_of_tomorrow' alone tells the outcome ...
    """
    some = np.random.default_rng(seed).permutation(len(y))[:ROWS]
    came = y[some] >= 0.5
    if min(came.sum(), (~came).sum()) < LEAST:
        return
    area = _areas(x[some], came)
    worst = int(np.argmax(area))
    if area[worst] > TELLS_ALL:
        raise ForbiddenFeature(
            f"feature {names[worst]!r} alone tells the outcome (area under the curve {area[worst]:.3f}), which only "
            "something known later can; take it out or mend its known_on"
        )


def _areas(x: Matrix, came: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Numbers:
    """Area under the ROC curve of each column in its better direction, (f,); unknown values come first."""
    filled = np.where(np.isnan(x), -np.inf, x)
    ranks = np.column_stack([rankdata(column) for column in filled.T]) if x.shape[1] else np.zeros((len(x), 0))
    positives, negatives = int(came.sum()), int((~came).sum())
    area = (ranks[came].sum(axis=0) - positives * (positives + 1) / 2) / (positives * negatives)
    better: Numbers = np.maximum(area, 1.0 - area) if len(area) else np.zeros(1)
    return better
