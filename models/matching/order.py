"""The published order at a vacancy as one strict rank: priority class, points, tie-breaks, lottery."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.base import Numbers
from models.matching.deferred_acceptance import Places

CLASS = "priority_class"
POINTS = "points"
LOTTERY = "lottery"


@dataclass(frozen=True)
class Criterion:
    """One step of the order: `values` of every officer or, where `by_wish`, of every wish; the smaller goes first.

    NaN, not recorded, comes after everything that is known.
    """

    name: str
    values: Numbers
    by_wish: bool = False

    def at(self, rows: Places, officer: Places) -> Numbers:
        """The values for these wishes of these officers, as many as there are rows."""
        return self.values[rows] if self.by_wish else self.values[officer]


def lottery(officer_ids: Sequence[str], seed: str) -> Numbers:
    """(officers,): each officer's ticket in [0, 1), the smaller goes first; one ticket for all vacancies.

    The first 13 hexadecimal digits of SHA-256 over the seed, a colon and the officer id, so that anyone can check it
    (`printf %s 'seed:o-104' | sha256sum`) and no ticket depends on who else takes part.

    >>> lottery(["o-104", "o-877"], "2026").round(3).tolist()
    [0.464, 0.664]
    """
    digits = (hashlib.sha256(f"{seed}:{officer}".encode()).hexdigest()[:13] for officer in officer_ids)
    return np.fromiter((int(ticket, 16) for ticket in digits), dtype=np.float64, count=len(officer_ids)) / 16.0**13


def strict_rank(criteria: Sequence[Criterion], officer: Places, officer_ids: NDArray[np.object_]) -> Places:
    """(wishes,): a rank that no two officers share, smaller goes first, from the criteria in their order.

    Should two officers be equal in all of them, the lottery included, their ids decide. The criteria after the last
    one that differs by wish are a matter of officers, so that 20 wishes of an officer are not sorted 20 times.
    """
    by_wish = max((place for place, one in enumerate(criteria, start=1) if one.by_wish), default=0)
    ids = pd.factorize(officer_ids, sort=True)[0].astype(np.float64)
    standing = _ranks([one.values for one in criteria[by_wish:]] + [ids])[officer]
    if by_wish == 0:
        return standing
    rows = np.arange(len(officer))
    return _ranks([one.at(rows, officer) for one in criteria[:by_wish]] + [standing])


def _ranks(keys: Sequence[NDArray[np.generic]]) -> Places:
    order = np.lexsort(tuple(reversed(keys)))
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.arange(len(order))
    return ranks
