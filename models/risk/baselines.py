"""What a risk model must beat: the count of past complaints, and three plain models on plain features."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pandas as pd

from models.base import Matrix, Numbers, RiskModel

COUNTED = "complaints_24m"
TREES = 500
SEED = 0


def count_rule(frame: pd.DataFrame) -> Numbers:
    """All complaints opened in the last 24 months, (n,); an officer without any, or a source without the table, has 0.

    >>> count_rule(pd.DataFrame({"complaints_24m": [2.0, None]})).tolist()
    [2.0, 0.0]
    """
    counts: Numbers = np.nan_to_num(frame[COUNTED].to_numpy(np.float64, na_value=np.nan), nan=0.0)
    return counts


@dataclass
class PlainPeer:
    """A scikit-learn style classifier on filled features; hard labels only.

    A time since something that never happened counts as longer than any seen, other unknowns as zero.
    """

    make: Callable[[], Any]
    model: Any = None
    fill: Numbers = field(default_factory=lambda: np.zeros(0))

    def fit(self, x: Matrix, y: Numbers, names: Sequence[str], weight: Numbers | None = None) -> Self:
        """Fit on x (n, f) and 0/1 labels y (n,)."""
        since = np.array([name.startswith("days_since") for name in names])
        most = np.nan_to_num(np.where(np.isnan(x), -np.inf, x).max(axis=0), neginf=0.0)
        self.fill = np.where(since, most + 365.0, 0.0).astype(np.float64)
        self.model = self.make().fit(self._filled(x), y.astype(np.int64), sample_weight=weight)
        return self

    def predict(self, x: Matrix) -> Numbers:
        """Chances (n,)."""
        return np.asarray(self.model.predict_proba(self._filled(x))[:, 1], dtype=np.float64)

    def _filled(self, x: Matrix) -> Matrix:
        return np.where(np.isnan(x), self.fill, x).astype(np.float32)


@dataclass
class Standardised:
    """Logistic regression on standardised features; more iterations than the default, which does not arrive."""

    scaler: Any = None
    model: Any = None

    def fit(self, x: Matrix, y: Numbers, sample_weight: Numbers | None = None) -> Self:
        """Fit scaler and coefficients."""
        from sklearn.linear_model import LogisticRegression
        from sklearn.preprocessing import StandardScaler

        self.scaler = StandardScaler().fit(x.astype(np.float64))
        self.model = LogisticRegression(max_iter=2000).fit(self._scaled(x), y, sample_weight=sample_weight)
        return self

    def predict_proba(self, x: Matrix) -> Numbers:
        """(n, 2)."""
        return np.asarray(self.model.predict_proba(self._scaled(x)), dtype=np.float64)

    def _scaled(self, x: Matrix) -> Numbers:
        return np.asarray(self.scaler.transform(x.astype(np.float64)), dtype=np.float64)


def _forest() -> Any:
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(n_estimators=TREES, random_state=SEED, n_jobs=_threads())


def _lightgbm() -> Any:
    from lightgbm import LGBMClassifier

    return LGBMClassifier(n_estimators=TREES, random_state=SEED, n_jobs=_threads(), verbose=-1)


def _threads() -> int:
    return int(os.environ.get("OMP_NUM_THREADS", "1"))


PEERS: Mapping[str, Callable[[], RiskModel]] = {
    "logistic": lambda: PlainPeer(Standardised),
    "random_forest": lambda: PlainPeer(_forest),
    "lightgbm": lambda: PlainPeer(_lightgbm),
}
