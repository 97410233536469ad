"""The assignment of the greatest total fit under the constraints of the matching, to be shown beside it.

It is advice to those who decide the rules, never the result: it takes no notice of points, the officers it passes over
for others would have a case (its blocking pairs, counted and listed), and it pays to lie about wishes in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import linprog
from scipy.sparse import csr_matrix, vstack

from data_contracts.errors import InvalidInput
from models.base import Numbers
from models.matching.deferred_acceptance import NOBODY, Places, Wishes, blocking_wishes
from models.matching.placing import Match


@dataclass(frozen=True)
class FitAssignment:
    """`granted` (officers,) as in Match; total fit of this assignment and of the matching; the blocking wishes."""

    match: Match
    granted: Places
    total_fit: float
    total_fit_of_match: float
    blocking: Places

    def assignments(self) -> pd.DataFrame:
        """officer_id, vacancy_id, preference_order of every officer, as of the matching."""
        return self.match.assignments(self.granted)

    def blocking_pairs(self) -> pd.DataFrame:
        """officer_id and vacancy_id of each pair that would both rather have one another."""
        return self.match.pairs(self.blocking)


def best_fit(match: Match) -> FitAssignment:
    """The assignment of the greatest total fit: eligible wishes only, one post an officer, places as they are.

    A wish of negative fit is never granted. Raises InvalidInput when the preferences have no fit, or not of every wish.
    """
    fit = _fit_of(match)
    granted = greatest(match.wishes, fit)
    best, stable = (float(fit[taken[taken != NOBODY]].sum()) for taken in (granted, match.granted))
    return FitAssignment(match, granted, best, stable, blocking_wishes(match.wishes, granted))


def _fit_of(match: Match) -> Numbers:
    if match.stated.fit is None:
        raise InvalidInput(
            "preferences: no column 'fit'; add it, or do without the assignment by fit",
            zh="preferences 没有 'fit' 列；请补上，或不求契合度最高的分配",
        )
    fit = match.stated.fit[match.rows]
    unknown = np.flatnonzero(~np.isfinite(fit))
    if len(unknown):
        first = match.pairs(unknown[:1]).iloc[0]
        raise InvalidInput(
            f"preferences.fit: not a number in {len(unknown)} rows, first officer {first['officer_id']!r} with vacancy "
            f"{first['vacancy_id']!r}; give each eligible wish a fit",
            zh=f"preferences.fit：{len(unknown)} 行不是数字，首处为民警 {first['officer_id']!r} 的志愿 "
            f"{first['vacancy_id']!r}；请为每个符合条件的志愿给出契合度",
        )
    return fit


def greatest(wishes: Wishes, fit: Numbers) -> Places:
    """(officers,): the granted wish of each officer, so that the sum of fit (wishes,) is greatest; NOBODY for none.

    A transport problem: the corners of its linear programme are whole numbers (Hoffman and Kruskal 1956), and the
    dual simplex of HiGHS ends in one.
    """
    rows = np.flatnonzero((fit > 0) & (wishes.places[wishes.vacancy] > 0))
    granted = np.full(len(wishes.first) - 1, NOBODY, dtype=np.int64)
    if len(rows) == 0:
        return granted
    columns, ones = np.arange(len(rows)), np.ones(len(rows))
    sides = ((wishes.officer[rows], len(granted)), (wishes.vacancy[rows], len(wishes.places)))
    used = vstack([csr_matrix((ones, (side, columns)), shape=(size, len(rows))) for side, size in sides])
    most = np.concatenate([np.ones(len(granted)), wishes.places])
    solved = linprog(-fit[rows], A_ub=used, b_ub=most, bounds=(0, 1), method="highs-ds")
    if not solved.success:  # pragma: no cover - nothing granted is always allowed, so only a limit of the solver
        raise InvalidInput(
            f"the assignment by fit was not found: {solved.message}; ask for fewer officers at a time",
            zh=f"未能求得契合度最高的分配（{solved.message}）；请一次少问一些民警",
        )
    taken = rows[solved.x > 0.5]
    granted[wishes.officer[taken]] = taken
    return granted
