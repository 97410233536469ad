"""Logistic regression on log-scaled features and labels that may be chances; stored as four arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logit

from models.artifacts import Parts
from models.base import Matrix, Numbers

EMPTY = np.zeros(0)
CLIP = 5.0


@dataclass
class SoftLogistic:
    """Coefficients of standardised sign(v) * log(1 + |v|); an unknown value counts as the mean.

    `penalty` is the ridge on the coefficients, in rows: 100 weighs as much as a hundred rows.
    """

    penalty: float = 300.0
    middle: NDArray[np.float64] = field(default_factory=lambda: EMPTY)
    scale: NDArray[np.float64] = field(default_factory=lambda: EMPTY)
    coefficients: NDArray[np.float64] = field(default_factory=lambda: EMPTY)
    base: float = 0.0

    def fit(self, x: Matrix, y: Numbers, names: Sequence[str], weight: Numbers | None = None) -> Self:
        """Newton-like fit (L-BFGS) on x (n, f) and y (n,) in [0, 1]."""
        logs = _logs(x)
        known = ~np.isnan(logs)
        counts = np.maximum(known.sum(axis=0), 1)
        self.middle = np.where(known, logs, 0.0).sum(axis=0) / counts
        spread = np.sqrt(np.where(known, (logs - self.middle) ** 2, 0.0).sum(axis=0) / counts)
        self.scale = np.where(spread > 1e-9, spread, 1.0)
        z, w = self._standardised(x), np.ones(len(y)) if weight is None else weight / weight.mean()
        start = np.zeros(len(names) + 1)
        start[-1] = logit(np.clip(np.average(y, weights=w), 1e-6, 1 - 1e-6))
        found = minimize(
            _loss, start, args=(z, y, w, self.penalty), jac=True, method="L-BFGS-B", options={"maxiter": 150}
        )
        self.coefficients, self.base = found.x[:-1], float(found.x[-1])
        return self

    def predict(self, x: Matrix) -> Numbers:
        """Chances (n,)."""
        chances: Numbers = expit(self._standardised(x) @ self.coefficients + self.base)
        return chances

    def contributions(self, x: Matrix) -> Numbers:
        """(n, f + 1): coefficient times standardised value, the base last."""
        return np.column_stack([self._standardised(x) * self.coefficients, np.full(len(x), self.base)])

    def to_parts(self, name: str) -> Parts:
        """Arrays by name."""
        arrays = {"middle": self.middle, "scale": self.scale, "coefficients": self.coefficients}
        return Parts(
            json={name: {"kind": "logistic", "base": self.base}},
            arrays={f"{name}.{part}": array for part, array in arrays.items()},
        )

    @classmethod
    def from_parts(cls, parts: Parts, name: str) -> Self:
        """From `to_parts`."""
        model = cls(base=float(parts.json[name]["base"]))
        model.middle, model.scale = parts.arrays[f"{name}.middle"], parts.arrays[f"{name}.scale"]
        model.coefficients = parts.arrays[f"{name}.coefficients"]
        return model

    def _standardised(self, x: Matrix) -> Numbers:
        z = (_logs(x) - self.middle) / self.scale
        return np.clip(np.nan_to_num(z, nan=0.0), -CLIP, CLIP)


def _logs(x: Matrix) -> Numbers:
    return np.sign(x).astype(np.float64) * np.log1p(np.abs(x, dtype=np.float64))


def _loss(theta: Numbers, z: Numbers, y: Numbers, w: Numbers, penalty: float) -> tuple[float, Numbers]:
    """Weighted cross-entropy with a ridge, and its gradient."""
    score = z @ theta[:-1] + theta[-1]
    loss = float(w @ (np.logaddexp(0.0, score) - y * score)) + 0.5 * penalty * float(theta[:-1] @ theta[:-1])
    slope = w * (expit(score) - y)
    return loss / len(y), np.append(z.T @ slope + penalty * theta[:-1], slope.sum()) / len(y)
