"""Figures of a risk model at one as-of or over several, as `protocols.md` defines them."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score

from models.base import Numbers

TOP_SHARE = 0.05
ECE_BINS = 10
UNDEFINED = float("nan")


def roc_auc(y: Numbers, scores: Numbers) -> float:
    """Area under the ROC curve; NaN unless both classes are there."""
    return float(roc_auc_score(y, scores)) if 0 < y.sum() < len(y) else UNDEFINED


def average_precision(y: Numbers, scores: Numbers, weight: Numbers | None = None) -> float:
    """Average precision, equal scores as one step (their expected value); NaN without positives."""
    return float(average_precision_score(y, scores, sample_weight=weight)) if y.sum() > 0 else UNDEFINED


def soft_average_precision(chances: Numbers, scores: Numbers) -> float:
    """Average precision when labels are chances: each row counts as positive by its chance and as negative by the rest.

    >>> soft_average_precision(np.array([1.0, 0.0]), np.array([0.9, 0.1]))
    1.0
    """
    return average_precision(*both_ways(chances, scores))


def both_ways(chances: Numbers, scores: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Every row once as positive and once as negative: 0/1 labels, scores and weights, (2n,) without empty weights.

    >>> [part.tolist() for part in both_ways(np.array([0.25]), np.array([0.9]))]
    [[1.0, 0.0], [0.9, 0.9], [0.25, 0.75]]
    """
    weight = np.concatenate([chances, 1.0 - chances])
    twice = np.concatenate([np.ones(len(chances)), np.zeros(len(chances))])
    kept = weight > 0
    return twice[kept], np.tile(scores, 2)[kept], weight[kept]


def top_hits(y: Numbers, scores: Numbers, share: float = TOP_SHARE) -> tuple[float, int]:
    """Expected positives among the floor(share x n) highest, and that number; ties by their expected value.

    >>> top_hits(np.array([1.0, 0.0, 0.0, 0.0]), np.zeros(4), 0.5)
    (0.5, 2)
    """
    k = math.floor(share * len(y) + 1e-9)
    if k == 0:
        return 0.0, 0
    edge = np.partition(scores, len(scores) - k)[len(scores) - k]
    above, level = scores > edge, scores == edge
    left = k - int(above.sum())
    return float(y[above].sum() + left * y[level].mean()), k


def precision_at(y: Numbers, scores: Numbers, share: float = TOP_SHARE) -> float:
    """Share of positives among the highest."""
    hits, k = top_hits(y, scores, share)
    return hits / k if k else UNDEFINED


def recall_at(y: Numbers, scores: Numbers, share: float = TOP_SHARE) -> float:
    """Share of all positives that stand among the highest."""
    hits, _ = top_hits(y, scores, share)
    return hits / float(y.sum()) if y.sum() > 0 else UNDEFINED


def lift_at(y: Numbers, scores: Numbers, share: float) -> float:
    """How many times the share of positives among all stands among the highest.

    >>> lift_at(np.array([1.0, 0.0, 0.0, 1.0]), np.array([4.0, 3.0, 2.0, 1.0]), 0.25)
    2.0
    """
    return precision_at(y, scores, share) / float(y.mean()) if y.sum() > 0 else UNDEFINED


def brier(y: Numbers, chances: Numbers) -> float:
    """Mean squared distance."""
    return float(np.mean((chances - y) ** 2)) if len(y) else UNDEFINED


def calibration_bins(y: Numbers, chances: Numbers, bins: int = ECE_BINS) -> tuple[Numbers, Numbers, NDArray[np.int64]]:
    """Mean chance, share of positives and size of equal-count bins, ascending."""
    groups = [group for group in np.array_split(np.argsort(chances, kind="stable"), bins) if len(group)]
    said = np.array([chances[group].mean() for group in groups])
    seen = np.array([y[group].mean() for group in groups])
    return said, seen, np.array([len(group) for group in groups], dtype=np.int64)


def ece(y: Numbers, chances: Numbers) -> float:
    """Expected calibration error over 10 equal-count bins."""
    if not len(y):
        return UNDEFINED
    said, seen, size = calibration_bins(y, chances)
    return float(np.average(np.abs(said - seen), weights=size))


def ranking_figures(y: Numbers, scores: Numbers) -> dict[str, float]:
    """The figures that need only an order."""
    return {
        "roc_auc": roc_auc(y, scores),
        "average_precision": average_precision(y, scores),
        "precision_at_5pct": precision_at(y, scores),
        "recall_at_5pct": recall_at(y, scores),
        "recall_at_1pct": recall_at(y, scores, 0.01),
        "lift_at_2pct": lift_at(y, scores, 0.02),
    }
