"""Rows by group: the values of an attribute or of a pair, small ones pooled, smaller ones excused by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.base import Numbers
from models.groups import PAIR, POOLED, UNKNOWN

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Cells:
    """Rows by group (n,) and by officer within group, so that sums over officers are one `bincount` each."""

    names: tuple[str, ...]
    group: Integers
    officer: Integers
    pair: Integers
    pair_group: Integers
    pair_officer: Integers

    @classmethod
    def of(cls, names: Sequence[str], group: Integers, officers: NDArray[Any]) -> Cells:
        """`group` (n,) holds places in `names`; len(names) stands for rows that are in no group."""
        officer = pd.factorize(officers)[0].astype(np.int64)
        keys, pair = np.unique(officer * (len(names) + 1) + group, return_inverse=True)
        return cls(tuple(names), group, officer, pair, keys % (len(names) + 1), keys // (len(names) + 1))

    def sums(self, values: Numbers) -> Numbers:
        """By group, (groups,)."""
        return np.bincount(self.group, values, len(self.names) + 1)[:-1].astype(np.float64)

    def products(self, one: Numbers, other: Numbers) -> Numbers:
        """Over officers, their sum of one times their sum of the other within the group, (groups,)."""
        a, b = (np.bincount(self.pair, values).astype(np.float64) for values in (one, other))
        return self._of_pairs(a * b)

    def products_of_rest(self, one: Numbers, other: Numbers) -> Numbers:
        """The same over everybody who is not in the group, (groups,)."""
        a, b = (np.bincount(self.pair, values).astype(np.float64) for values in (one, other))
        whole_a, whole_b = np.bincount(self.officer, one), np.bincount(self.officer, other)
        inside = self._of_pairs(a * whole_b[self.pair_officer] + b * whole_a[self.pair_officer] - a * b)
        return np.asarray(np.maximum(float(whole_a @ whole_b) - inside, 0.0), dtype=np.float64)

    def _of_pairs(self, values: Numbers) -> Numbers:
        return np.bincount(self.pair_group, values, len(self.names) + 1)[:-1].astype(np.float64)

    def spread(self, values: Numbers) -> Numbers:
        """Each row's group's value, (n,); 0 for rows of no group."""
        return np.asarray(np.append(values, 0.0)[self.group], dtype=np.float64)

    @property
    def officers(self) -> Integers:
        """Officers of each group, (groups,)."""
        return np.bincount(self.pair_group, minlength=len(self.names) + 1)[:-1]


def cells_of(
    audit: pd.DataFrame, attributes: Sequence[str], officers: NDArray[Any], least_share: float
) -> tuple[Cells, list[str]]:
    """Groups by the values of the attributes together, and the names of those excused.

    Values of less than `least_share` of the rows are pooled; where even these together are fewer, they are
    in no group and named as excused.
    """
    place, names = _combined(audit, attributes)
    shares = np.bincount(place, minlength=len(names)) / max(1, len(place))
    small = shares < least_share
    pools = bool(small.any()) and shares[small].sum() >= least_share
    kept = [name for name, few in zip(names, small, strict=True) if not few]
    moved = np.where(small, len(kept), np.cumsum(~small) - 1)[place].astype(np.int64)
    excused = [] if pools else [name for name, few in zip(names, small, strict=True) if few]
    return Cells.of([*kept, f"{PAIR.join(attributes)}={POOLED}"] if pools else kept, moved, officers), excused


def _combined(audit: pd.DataFrame, attributes: Sequence[str]) -> tuple[Integers, list[str]]:
    """Each row's place among the names of the values that occur together, in order of name."""
    place, names = np.zeros(len(audit), dtype=np.int64), [""]
    for attribute in attributes:
        codes, values = pd.factorize(audit[attribute], sort=True)
        known = [f"{attribute}={value}" for value in [*values, UNKNOWN]]
        place = place * len(known) + np.where(codes < 0, len(values), codes)
        names = [f"{name}{PAIR}{value}" if name else value for name in names for value in known]
    found, place = np.unique(place, return_inverse=True)
    return place.astype(np.int64), [names[n] for n in found]
