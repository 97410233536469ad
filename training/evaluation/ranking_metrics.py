"""Full-catalogue ranking metrics, one value an item, so that bootstrap intervals can be drawn over officers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
METRICS = ("hr_at_5", "hr_at_10", "ndcg_at_10", "mrr")


def ranks(scores: NDArray[np.floating], targets: NDArray[np.integer], barred: NDArray[np.bool_]) -> Array:
    """The place of each target among the posts not barred, 1 is best; infinite for a target that is barred or absent.

    scores: (n, size); targets: (n,) column, `size` where the model does not know the post; barred: (n, size).
    Ties share the mean of their places, so that an undecided model gains nothing by the order of columns.

    >>> ranks(np.array([[3.0, 2.0, 2.0, 9.0]]), np.array([1]), np.array([[False, False, False, True]])).tolist()
    [2.5]
    """
    size = scores.shape[1]
    place = np.full(len(targets), np.inf)
    rows = np.flatnonzero(targets < size)
    rows = rows[~barred[rows, targets[rows]]]
    allowed = np.where(barred[rows], -np.inf, scores[rows])
    own = allowed[np.arange(len(rows)), targets[rows]][:, None]
    better, equal = (allowed > own).sum(1), (allowed == own).sum(1) - 1
    place[rows] = np.where(np.isneginf(own[:, 0]), np.inf, 1 + better + equal / 2)
    return place


def item_metrics(place: Array) -> dict[str, Array]:
    """Hit at 5 and 10, NDCG at 10 with one right answer, and reciprocal rank, for each item.

    >>> {name: values.tolist() for name, values in item_metrics(np.array([1.0, 3.0, np.inf])).items()}["ndcg_at_10"]
    [1.0, 0.5, 0.0]
    """
    gain = np.where(place <= 10, 1 / np.log2(1 + place), 0.0)
    return {
        "hr_at_5": (place <= 5).astype(float),
        "hr_at_10": (place <= 10).astype(float),
        "ndcg_at_10": gain,
        "mrr": 1 / place,
    }


def mean_metrics(items: Mapping[str, Array]) -> dict[str, float | None]:
    """The mean of each; None, never 0.0, when there is no item."""
    return {name: float(values.mean()) if len(values) else None for name, values in items.items()}
