"""The grade that a few officers would get in a force that was graded already: what a request says of last night's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.decisions import GradePolicy
from data_contracts.vocabulary import Grade
from models.base import Numbers
from models.risk.grades import apart, least_warned, most_of_each


@dataclass(frozen=True)
class GradedForce:
    """The chances (n,) of a whole force for one outcome, NaN for who was not scored, and the unit (n,) of each.

    Its rules grade by shares, within each unit's budget where the mode says so: what models/risk/grades.py `grade` does
    where policy sets no cut-offs.
    """

    chances: Numbers
    units: NDArray[np.object_]
    rules: GradePolicy

    @cached_property
    def _sorted(self) -> Numbers:
        return np.sort(self.chances[~np.isnan(self.chances)])

    @cached_property
    def _total(self) -> float:
        return float(self._sorted.sum())

    def _apart_with(self, chance: float, old: float) -> bool:
        """Whether excellent is told apart once the old chance (NaN: none) has given way to the new one."""
        at = [] if np.isnan(old) else [int(np.searchsorted(self._sorted, old))]
        return apart(np.append(np.delete(self._sorted, at), chance), self.rules.shares)

    @cached_property
    def _by_unit(self) -> Mapping[str, Numbers]:
        """The chances of each unit, least first."""
        rows = pd.DataFrame({"unit": pd.array(self.units, dtype="string"), "chance": self.chances}).dropna()
        return {str(unit): np.sort(some.to_numpy(np.float64)) for unit, some in rows.groupby("unit")["chance"]}

    def grade(self, chance: float, place: int | None = None) -> str:
        """The grade of an officer with this chance, all others as they were.

        `place` is the officer's in the force, whose old chance gives way to the new one; None for one who was not
        there, whose unit is not known and holds no budget.

        >>> from data_contracts.policy import policy
        >>> force = GradedForce(np.arange(20) / 20, np.full(20, None, dtype=object), policy().grades)
        >>> [force.grade(chance, place) for chance, place in ((0.95, 19), (0.90, 18), (0.96, 18), (0.0, 0))]
        ['poor', 'fair', 'poor', 'excellent']
        """
        old = float("nan") if place is None else float(self.chances[place])
        where = None if place is None else self.units[place]
        shared = self._by_shares(chance, old)
        if shared != Grade.POOR.value or self.rules.mode != "unit_budget" or pd.isna(where):
            return shared
        size, at_least = _rank(self._by_unit.get(str(where), np.zeros(0)), chance, old)
        return shared if at_least <= self.rules.unit.most_flagged(size) else Grade.FAIR.value

    def _by_shares(self, chance: float, old: float) -> str:
        shares = self.rules.shares
        size, at_least = _rank(self._sorted, chance, old)
        place = int(np.searchsorted(most_of_each(shares, size), at_least, side="left"))
        total = self._total + chance - (0.0 if np.isnan(old) else old)
        for worst, least in enumerate(least_warned(shares, total, size), start=1):
            place = max(place, worst) if chance < least else place
        if not self._apart_with(chance, old):
            place = min(place, len(shares.worst_first()) - 2)
        return shares.worst_first()[place][0].value


def _rank(ordered: Numbers, chance: float, old: float) -> tuple[int, int]:
    """How many there are, and how many have at least this chance: its holder, and the others of `ordered` (n,).

    `old` is the holder's own chance among them; NaN where there is none.
    """
    others = len(ordered) - int(np.searchsorted(ordered, chance, side="left")) - int(old >= chance)
    return len(ordered) + int(np.isnan(old)), others + 1
