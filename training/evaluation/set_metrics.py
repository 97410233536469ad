"""Ranking metrics where the right answer is a set: hit, recall and NDCG at 10 for each item."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

Array = NDArray[np.float64]
SET_METRICS = ("hr_at_10", "ndcg_at_10", "recall_at_10")
DEPTH = 10
MOST_CELLS = 4_000_000


def set_places(scores: NDArray[np.floating], answers: sp.csr_matrix, barred: NDArray[np.bool_]) -> Array:
    """(answers.nnz,) the place of each right answer among the columns not barred, 1 is best, row by row.

    scores, barred: (n, size); answers: (n, size) ones. Infinite for an answer that is barred. Ties share the mean of
    their places, so that an undecided model gains nothing by the order of columns.

    >>> answers = sp.csr_matrix([[1, 0, 1, 0]])
    >>> set_places(np.array([[3.0, 2.0, 2.0, 9.0]]), answers, np.array([[False, False, False, True]])).tolist()
    [1.0, 2.5]
    """
    allowed = np.where(barred, -np.inf, scores)
    rows = np.repeat(np.arange(answers.shape[0]), np.diff(answers.indptr))
    own = allowed[rows, answers.indices]
    place = np.full(len(rows), np.inf)
    step = max(1, MOST_CELLS // max(1, scores.shape[1]))
    for start in range(0, len(rows), step):
        part = slice(start, start + step)
        others = allowed[rows[part]]
        better, equal = (others > own[part, None]).sum(1), (others == own[part, None]).sum(1) - 1
        place[part] = np.where(np.isneginf(own[part]), np.inf, 1 + better + equal / 2)
    return place


def set_metrics(place: Array, counts: NDArray[np.integer]) -> dict[str, Array]:
    """Each metric, one value an item; `counts` (n,) says how many of `place` belong to each, at least one.

    NDCG (Järvelin and Kekäläinen 2002) with gain 1 for a right answer, over the best ranking of as many.

    >>> found = set_metrics(np.array([1.0, np.inf, 12.0]), np.array([2, 1]))
    >>> {name: values.round(3).tolist() for name, values in found.items()}
    {'hr_at_10': [1.0, 0.0], 'ndcg_at_10': [0.613, 0.0], 'recall_at_10': [0.5, 0.0]}
    """
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.intp)
    if not len(counts):
        return {name: np.zeros(0) for name in SET_METRICS}
    within = place <= DEPTH
    hits = np.add.reduceat(within.astype(float), starts)
    gain = np.add.reduceat(np.where(within, 1 / np.log2(1 + place), 0.0), starts)
    best = np.cumsum(1 / np.log2(np.arange(DEPTH) + 2))
    return {
        "hr_at_10": (hits > 0).astype(float),
        "ndcg_at_10": gain / best[np.minimum(counts, DEPTH) - 1],
        "recall_at_10": hits / counts,
    }


def sums_by_officer(values: Mapping[str, Array], officers: NDArray[np.integer]) -> dict[str, Array]:
    """Sums of each by officer, with the number of items as `items`: enough to draw officers a thousand times.

    >>> sums_by_officer({"a": np.array([1.0, 0.0, 1.0])}, np.array([7, 7, 9]))["items"].tolist()
    [2.0, 1.0]
    """
    _, place = np.unique(officers, return_inverse=True)
    sums = {name: np.bincount(place, value) for name, value in values.items()}
    return {**sums, "items": np.bincount(place).astype(float)}
