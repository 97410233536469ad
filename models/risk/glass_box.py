"""A glass box: one curve a feature, fitted by interpret's explainable boosting, kept and evaluated as plain arrays.

The model is the sum of its curves, so a contribution is exact: it is what the curve says at that value
(Lou, Caruana, Gehrke 2012; Nori and others 2019).
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from data_contracts.errors import NotReady
from models.artifacts import Parts
from models.base import Matrix, Numbers

DEFAULTS: Mapping[str, Any] = {
    "learning_rate": 0.04,
    "max_rounds": 20,
    "greedy_ratio": 4.0,  # rounds for the features that gain most: equal turns fit the noise of hundreds of others
    "max_bins": 32,
    "max_leaves": 2,
    "reg_lambda": 20.0,
}
CALM: Mapping[str, Any] = {  # over DEFAULTS, for few events: what a hundred officers seem to show is mostly chance
    "max_rounds": 6,
    "greedy_ratio": 20.0,
    "reg_lambda": 100.0,
}
FEW_EVENTS, ROWS_A_CALM_LEAF = 2500.0, 80
FIXED: Mapping[str, Any] = {
    "interactions": 0,  # a curve a feature; pairs would not be one theme's doing
    "outer_bags": 1,
    "validation_size": 0,
    "early_stopping_rounds": 0,
    "smoothing_rounds": 0,
}
LEAST_IN_LEAF = 100
WHOLE = 1e-9
FEW = 16  # rows: more of them are searched curve by curve


@dataclass(frozen=True)
class Curve:
    """What one feature adds to the log-odds: `steps[0]` where unknown, `steps[i]` from `cuts[i - 2]` on.

    >>> Curve(np.array([2.0]), np.array([9.0, -1.0, 1.0])).at(np.array([1.0, 2.0, np.nan])).tolist()
    [-1.0, 1.0, 9.0]
    """

    cuts: NDArray[np.float64]
    steps: NDArray[np.float64]

    def at(self, values: NDArray[np.floating[Any]]) -> Numbers:
        """(n,) of values (n,)."""
        place = np.searchsorted(self.cuts, values, side="right") + 1
        answer: Numbers = self.steps[np.where(np.isnan(values), 0, place)]
        return answer


@dataclass
class GlassBox:
    """Explainable boosting with `params` over DEFAULTS; the same seed and rows give the same curves."""

    params: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    curves: tuple[Curve, ...] = ()
    base: float = 0.0
    _laid_out: tuple[tuple[Curve, ...], Numbers, Numbers] | None = field(default=None, repr=False, compare=False)

    def fit(self, x: Matrix, y: Numbers, names: Sequence[str], weight: Numbers | None = None) -> Self:
        """Fit on x (n, f), y (n,) in [0, 1]: a row whose label is a chance counts as both, by that chance."""
        from interpret.glassbox import ExplainableBoostingClassifier

        known: NDArray[np.bool_] = np.asarray(
            ~np.isnan(x).all(axis=0)
        )  # what is unknown of everybody teaches nothing, and its bins have no ends
        rows, came, counts = split_chances(y, np.ones(len(y)) if weight is None else weight)
        threads = int(os.environ.get("OMP_NUM_THREADS", "1"))
        kinds = ["continuous"] * len(names)
        chosen = {**DEFAULTS, **calmed(y), **self.params, **FIXED, "feature_types": kinds}
        model = ExplainableBoostingClassifier(**chosen, random_state=self.seed, n_jobs=threads)
        with warnings.catch_warnings():  # of unknown values, which its own plots cannot show: our curves have a step
            warnings.filterwarnings("ignore", message="Missing values detected")
            model.fit(np.where(known, x[rows], 0.0).astype(np.float64), came, sample_weight=counts)
        self.base = float(np.ravel(model.intercept_)[0])
        flat = Curve(np.zeros(0), np.zeros(2))
        self.curves = tuple(_curve(model, place) if known[place] else flat for place in range(len(names)))
        return self

    def predict(self, x: Matrix) -> Numbers:
        """Chances (n,)."""
        chances: Numbers = expit(self.contributions(x).sum(axis=1))
        return chances

    def contributions(self, x: Matrix) -> Numbers:
        """(n, f + 1): each feature's curve at its value, the base last."""
        if not self.curves:
            raise NotReady("these curves are not fitted; call fit first")
        told = self._few(x) if len(x) <= FEW else [curve.at(x[:, place]) for place, curve in enumerate(self.curves)]
        return np.column_stack([*told, np.full(len(x), self.base)])

    def _few(self, x: Matrix) -> list[Numbers]:
        """All curves at once at few rows: a request is one officer, and a search for each curve costs more than all."""
        if self._laid_out is None or self._laid_out[0] is not self.curves:
            self._laid_out = (
                self.curves,
                _padded([c.cuts for c in self.curves]),
                _padded([c.steps for c in self.curves]),
            )
        _, cuts, steps = self._laid_out
        place = np.where(np.isnan(x), 0, 1 + (x[:, :, None] >= cuts[None]).sum(axis=2))
        return list(steps[np.arange(len(self.curves))[:, None], place.T])

    def to_parts(self, name: str) -> Parts:
        """All curves end to end in two arrays, and how many cuts each has."""
        arrays = {
            f"{name}.cuts": np.concatenate([curve.cuts for curve in self.curves]),
            f"{name}.steps": np.concatenate([curve.steps for curve in self.curves]),
            f"{name}.sizes": np.array([len(curve.cuts) for curve in self.curves], dtype=np.int64),
        }
        return Parts(json={name: {"kind": "glass_box", "base": self.base}}, arrays=arrays)

    @classmethod
    def from_parts(cls, parts: Parts, name: str) -> Self:
        """From `to_parts`."""
        sizes = parts.arrays[f"{name}.sizes"].astype(np.int64)
        cuts = np.split(parts.arrays[f"{name}.cuts"], np.cumsum(sizes)[:-1])
        steps = np.split(parts.arrays[f"{name}.steps"], np.cumsum(sizes + 2)[:-1])
        curves = tuple(Curve(*pair) for pair in zip(cuts, steps, strict=True))
        return cls(curves=curves, base=float(parts.json[name]["base"]))


def _padded(rows: Sequence[NDArray[np.float64]]) -> Numbers:
    """Arrays of different lengths as one, (n, longest), filled up with NaN, which no value reaches."""
    table = np.full((len(rows), max(map(len, rows))), np.nan)
    for place, row in enumerate(rows):
        table[place, : len(row)] = row
    return table


def calmed(y: Numbers) -> dict[str, Any]:
    """What the rows and their rarer label ask for: the least rows of a leaf, and with few events shallow rounds.

    >>> calmed(np.zeros(20_000)), calmed(np.full(20_000, 0.5))["min_samples_leaf"]
    ({'min_samples_leaf': 250, 'max_rounds': 6, 'greedy_ratio': 20.0, 'reg_lambda': 100.0}, 100)
    """
    rows = len(y)
    if min(y.sum(), rows - y.sum()) >= FEW_EVENTS:
        return {"min_samples_leaf": max(1, min(LEAST_IN_LEAF, rows // 50))}
    return {"min_samples_leaf": max(1, min(max(2 * LEAST_IN_LEAF, rows // ROWS_A_CALM_LEAF), rows // 50)), **CALM}


def split_chances(y: Numbers, weight: Numbers) -> tuple[NDArray[np.intp], NDArray[np.int64], Numbers]:
    """Rows to take, 0/1 labels and weights for a learner of hard labels: a chance becomes two weighted rows.

    >>> rows, came, counts = split_chances(np.array([1.0, 0.25]), np.ones(2))
    >>> rows.tolist(), came.tolist(), counts.tolist()
    ([0, 1, 1], [1, 1, 0], [1.0, 0.25, 0.75])
    """
    yes, no = np.flatnonzero(y > WHOLE), np.flatnonzero(y < 1.0 - WHOLE)
    rows = np.concatenate([yes, no])
    came = np.repeat(np.array([1, 0], dtype=np.int64), [len(yes), len(no)])
    return rows, came, np.concatenate([y[yes] * weight[yes], (1.0 - y[no]) * weight[no]])


def _curve(model: Any, place: int) -> Curve:
    """The first bin is for unknown values, the last one for codes never seen, which numbers do not have."""
    term = next((number for number, of in enumerate(model.term_features_) if of == (place,)), None)
    if term is None:
        return Curve(np.zeros(0), np.zeros(2))
    cuts = np.asarray(model.bins_[place][0], dtype=np.float64)
    return Curve(cuts, np.asarray(model.term_scores_[term], dtype=np.float64)[: len(cuts) + 2])
