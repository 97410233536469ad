"""How well units were ranked: Spearman's correlation with what came, with intervals from drawing officers.

A draw takes officers with replacement and works out again what share of each unit had the outcome; the figures that
were said of the units stay as they were said. So the interval covers the luck of who was in a unit and what befell
them, for all methods alike; it does not cover that other units might have been looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.stats import rankdata

from data_contracts.vocabulary import Bilingual
from models.base import Numbers
from training.evaluation.bootstrap import OfficerDraws

FEWEST_UNITS = 5  # of four, a perfect order comes by chance alone in one of twelve times; of five in one of sixty


@dataclass(frozen=True)
class UnitTest:
    """What was said of units and what came: `said` by method (units,); officers with their unit's place and label.

    `officers`, `where` and `y` have a row for each officer in a unit that is tested, (n,).
    """

    said: Mapping[str, Numbers]
    officers: list[str]
    where: NDArray[np.intp]
    y: Numbers

    @property
    def units(self) -> int:
        """How many."""
        return len(next(iter(self.said.values())))

    @property
    def seen(self) -> Numbers:
        """The share of each unit that had the outcome, (units,)."""
        shares: Numbers = self._shares(np.ones((1, len(self.y))))[0]
        return shares

    def spearman(self) -> dict[str, float]:
        """By method; NaN where all units are alike."""
        return {name: float(correlation(self.seen[None, :], said)[0]) for name, said in self.said.items()}

    def draws(self, seed: int) -> dict[str, Numbers]:
        """The same for draws of officers, (draws,) by method."""
        return OfficerDraws(self.officers, seed=seed).each(self._drawn)

    def _drawn(self, times: NDArray[np.int32]) -> dict[str, Numbers]:
        shares = self._shares(times.astype(np.float64))
        return {name: correlation(shares, said) for name, said in self.said.items()}

    def _shares(self, times: NDArray[np.float64]) -> NDArray[np.float64]:
        """(draws, units) from how often each officer is drawn, (draws, n)."""
        rows = np.arange(len(self.where))
        member = csr_matrix((np.ones(len(rows)), (self.where, rows)), shape=(self.units, len(rows)))
        had = csr_matrix((self.y, (self.where, rows)), shape=(self.units, len(rows)))
        drawn = member @ times.T
        shares: NDArray[np.float64] = np.divide(had @ times.T, drawn, out=np.zeros_like(drawn), where=drawn > 0).T
        return shares


def too_few_told(units: int) -> Bilingual | None:
    """That a rank correlation of so few units says nothing; None of enough.

    >>> too_few_told(2).en, too_few_told(5)
    ('of 2 units: says nothing', None)
    """
    if units >= FEWEST_UNITS:
        return None
    return Bilingual(f"仅{units}个单位，不能说明什么", f"of {units} unit{'' if units == 1 else 's'}: says nothing")


def together(tests: list[UnitTest]) -> UnitTest:
    """Several as-ofs as one test; an officer tested twice is drawn with both or neither."""
    starts = np.cumsum([0, *(one.units for one in tests)])
    return UnitTest(
        {name: np.concatenate([one.said[name] for one in tests]) for name in tests[0].said},
        [officer for one in tests for officer in one.officers],
        np.concatenate([one.where + start for one, start in zip(tests, starts, strict=False)]),
        np.concatenate([one.y for one in tests]),
    )


def correlation(shares: NDArray[np.float64], said: Numbers) -> Numbers:
    """Spearman's rank correlation of each row of `shares` (rows, units) with `said` (units,); NaN without spread.

    >>> correlation(np.array([[0.1, 0.2, 0.3], [0.3, 0.2, 0.1]]), np.array([5.0, 6.0, 7.0])).round(6).tolist()
    [1.0, -1.0]
    """
    left, right = rankdata(shares, axis=1), rankdata(said)
    left, right = left - left.mean(axis=1, keepdims=True), right - right.mean()
    size = np.sqrt((left**2).sum(axis=1) * (right**2).sum())
    result: Numbers = np.divide(left @ right, size, out=np.full(len(left), np.nan), where=size > 0)
    return result


def interval(drawn: Numbers) -> tuple[float, float]:
    """The middle 95 % of draws, those without a figure left out; NaN where none has."""
    known = drawn[~np.isnan(drawn)]
    if not len(known):
        return float("nan"), float("nan")
    low, high = np.quantile(known, [0.025, 0.975])
    return float(low), float(high)
