"""What every model offers: arrays and names in, numbers out; parts that can be stored without pickle."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from models.artifacts import Parts

Matrix = NDArray[np.float32]  # (rows, columns); NaN where a feature is unknown
Numbers = NDArray[np.float64]  # (rows,)


class RiskModel(Protocol):
    """A chance for each row.

    `y` holds 0, 1, or the chance that the outcome will turn out to be 1 (a label still open).
    """

    def fit(self, x: Matrix, y: Numbers, names: Sequence[str], weight: Numbers | None = None) -> Self:
        """Learn from x (n, f) and y (n,), both finite where known; returns itself."""
        ...

    def predict(self, x: Matrix) -> Numbers:
        """Chances (n,) between 0 and 1."""
        ...


class ExplainedModel(RiskModel, Protocol):
    """A model whose log-odds are a sum over columns, and which travels as plain parts."""

    def contributions(self, x: Matrix) -> Numbers:
        """(n, f + 1): what each column adds to the log-odds; the last one is the base."""
        ...

    def to_parts(self, name: str) -> Parts:
        """Everything needed to predict again; `name` keeps members apart."""
        ...

    @classmethod
    def from_parts(cls, parts: Parts, name: str) -> Self:
        """The same model again."""
        ...
