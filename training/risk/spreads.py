"""The spread of one feature over a force, in bins that another force can be counted over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.base import Numbers
from training.evaluation.drift import Counts, binned, over_codes, quantile_edges

DECIMALS = 9  # what lies beyond is dust of floating-point sums, and no bin may begin in it


@dataclass(frozen=True)
class Spread:
    """One feature of a force: counts over bins of a number, or counts of each code of a text, and how many had none."""

    nulls: int
    edges: tuple[float, ...] = ()
    counts: tuple[float, ...] = ()
    codes: Mapping[str, int] | None = None
    mean: float | None = None
    usual: float = 0.0

    @property
    def known(self) -> float:
        """Officers with a value."""
        return float(sum(self.codes.values()) if self.codes is not None else sum(self.counts))

    @property
    def rows(self) -> float:
        """Officers."""
        return self.known + self.nulls

    def over(self, now: Spread) -> tuple[Counts, Counts]:
        """Counts of then (ourselves) and of `now` over the same bins."""
        if self.codes is not None and now.codes is not None:
            return over_codes(dict(self.codes), dict(now.codes))
        return np.array(self.counts), np.array(now.counts)

    def again(self, values: pd.Series) -> Spread:
        """The spread of other values of the same feature, over our bins."""
        if self.codes is not None:
            return spread_of(values)
        known = _numbers(values)
        return _of_numbers(len(values), known, np.array(self.edges))


def spread_of(values: pd.Series) -> Spread:
    """The spread of a feature (n,); numbers in ten bins of equal count.

    >>> spread_of(pd.Series([0.0, 0.0, 0.0, 1.0, None]))
    Spread(nulls=1, edges=(0.0,), counts=(3.0, 1.0), codes=None, mean=0.25, usual=0.0)
    >>> dict(spread_of(pd.Series(["a", "a", None], dtype="string")).codes)
    {'a': 2}
    """
    if not pd.api.types.is_numeric_dtype(values):
        found = values.dropna().astype(str).value_counts()
        return Spread(int(values.isna().sum()), codes={str(code): int(count) for code, count in found.items()})
    known = _numbers(values)
    return _of_numbers(len(values), known, quantile_edges(known))


def _of_numbers(rows: int, known: Numbers, edges: Numbers) -> Spread:
    mean = float(known.mean()) if len(known) else None
    return Spread(rows - len(known), tuple(edges.tolist()), tuple(binned(known, edges).tolist()), mean=mean)


def _numbers(values: pd.Series) -> Numbers:
    numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    finite: Numbers = numbers[np.isfinite(numbers)]
    return np.round(finite, DECIMALS)
