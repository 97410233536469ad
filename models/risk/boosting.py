"""Boosted trees on labels that may be chances (cross-entropy); stored as LightGBM's own text."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from data_contracts.errors import NotReady
from models.artifacts import Parts
from models.base import Matrix, Numbers
from models.lightgbm_text import booster

if TYPE_CHECKING:
    from lightgbm import Booster

DEFAULTS: Mapping[str, Any] = {
    "rounds": 300,
    "learning_rate": 0.03,
    "num_leaves": 15,
    "min_data_in_leaf": 200,
    "feature_fraction": 0.3,
    "lambda_l2": 10.0,
    "extra_trees": False,
}
SHALLOW: Mapping[str, Any] = {  # over DEFAULTS: a weak signal of a few features, among hundreds that say nothing
    "rounds": 150,
    "learning_rate": 0.02,
    "num_leaves": 4,
    "feature_fraction": 0.8,
}
FIXED: Mapping[str, Any] = {
    "objective": "cross_entropy",
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "max_bin": 63,
    "force_col_wise": True,
    "deterministic": True,
    "verbose": -1,
}

FEWEST_LEAVES, POSITIVES_A_LEAF = 4, 100  # five hundred events cannot tell fifteen kinds of officers apart


@dataclass
class Boosted:
    """LightGBM with `params` over DEFAULTS; the same seed and data give the same trees."""

    params: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    booster: Booster | None = None

    def fit(self, x: Matrix, y: Numbers, names: Sequence[str], weight: Numbers | None = None) -> Self:
        """Fit on x (n, f), y (n,) in [0, 1].

        A leaf holds at most a fiftieth of the rows, so small data fits too; rare events give smaller trees.
        """
        import lightgbm

        chosen = {**FIXED, **DEFAULTS, **self.params, "seed": self.seed, "num_threads": _threads()}
        rounds = int(chosen.pop("rounds"))
        chosen["min_data_in_leaf"] = max(1, min(int(chosen["min_data_in_leaf"]), len(y) // 50))
        most = max(FEWEST_LEAVES, int(y.sum() // POSITIVES_A_LEAF))
        chosen["num_leaves"] = min(int(chosen["num_leaves"]), most)
        rows = lightgbm.Dataset(x, y, weight=weight, feature_name=[f"f{place}" for place in range(len(names))])
        self.booster = lightgbm.train(chosen, rows, num_boost_round=rounds)
        return self

    def predict(self, x: Matrix) -> Numbers:
        """Chances (n,)."""
        return np.asarray(self._fitted.predict(x, num_threads=_threads()), dtype=np.float64)

    def contributions(self, x: Matrix) -> Numbers:
        """(n, f + 1) additive parts of the log-odds (TreeSHAP), the base last."""
        return np.asarray(self._fitted.predict(x, pred_contrib=True, num_threads=_threads()), dtype=np.float64)

    def to_parts(self, name: str) -> Parts:
        """One text."""
        return Parts(json={name: {"kind": "boosted"}}, texts={name: self._fitted.model_to_string()})

    @classmethod
    def from_parts(cls, parts: Parts, name: str) -> Self:
        """From `to_parts`; raises UntrustedArtifact for a text that is none of trees."""
        return cls(booster=booster(name, parts.texts[name]))

    @property
    def _fitted(self) -> Booster:
        if self.booster is None:
            raise NotReady("these trees are not fitted; call fit first")
        return self.booster


def _threads() -> int:
    """The one thread setting of the process; LightGBM would otherwise take every core."""
    return int(os.environ.get("OMP_NUM_THREADS", "1"))
