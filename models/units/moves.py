"""Who came and who went: how much of the change of a unit's expected share each of them makes.

The change is that of the share as it is told, which is pooled: officers make as much of it as the share follows them,
and the rest is what the unit leans on, the unit above and the force. So the movement is the trend's own change, split.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from models.base import Numbers
from models.units.tree import UnitTree

SCOPES = ("own", "block")


@dataclass(frozen=True)
class Membership:
    """Officers of one day with their unit and moved chance, (n,); NaN for who was there and had no score."""

    officers: Sequence[str]
    units: Sequence[str | None]
    moved: Numbers


@dataclass(frozen=True)
class Movement:
    """What became of one unit's expected share since an earlier day, told by who came and went.

    The four parts sum to the change; `by_others` is what the unit leans on. Numbers of officers only, of those with a
    score: nobody is named. Who was there on both days stayed, though he or she may have been too new for a score on
    the first. `at_level` where the earlier day was brought to today's level of the whole force, as the unit's trend is.
    """

    change: float
    moved_in: int
    moved_out: int
    stayed: int
    by_in: float
    by_out: float
    by_stayers: float
    at_level: bool = True
    by_others: float = 0.0

    def of_share(self, change: float, weight: float) -> Movement:
        """From the change of the officers' mean chance to that of a share, which follows the mean by `weight`.

        >>> told = Movement(0.2, 1, 1, 8, by_in=0.1, by_out=0.0, by_stayers=0.1).of_share(0.06, 0.5)
        >>> told.change, told.by_in, told.by_stayers, round(told.by_others, 3)
        (0.06, 0.05, 0.05, -0.04)
        """
        return replace(
            self,
            change=change,
            by_in=weight * self.by_in,
            by_out=weight * self.by_out,
            by_stayers=weight * self.by_stayers,
            by_others=change - weight * self.change,
        )


@dataclass
class Movements:
    """Movements of units and blocks between two days; `tree` is that of the later day.

    `level` is what the force's mean chance is now over what it was then: the earlier chances are brought to it, so
    that a year that is milder everywhere moves no unit, in its trend as in its movement. The whole force has no level
    but its own, so its movement is plain.
    """

    tree: UnitTree
    then: Membership
    now: Membership
    level: float = 1.0
    _everybody: int = 0
    _members: dict[str, dict[str, tuple[dict[str, float], dict[str, float]]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._everybody = int((~np.isnan(self.now.moved)).sum())
        self._members = {scope: {unit: ({}, {}) for unit in self.tree.units} for scope in SCOPES}
        places = {name: place for place, name in enumerate(self.tree.units)}
        for side, membership in enumerate((self.then, self.now)):
            rows = zip(membership.officers, membership.units, membership.moved.tolist(), strict=True)
            for officer, unit, chance in rows:
                if unit is None or unit not in places:
                    continue  # a unit that is no more: whoever left it is missed nowhere, whoever comes is counted
                self._members["own"][unit][side][officer] = chance
                for place in self.tree.line(places[unit]):
                    self._members["block"][self.tree.units[place]][side][officer] = chance

    def of(self, unit: str, scope: str) -> Movement | None:
        """The movement of the mean chance of a unit's officers; None where nobody was scored on one of the days."""
        there_then, there_now = self._members[scope][unit]
        then, now = _scored(there_then), _scored(there_now)
        if not then or not now:
            return None
        whole = len(now) == self._everybody
        if not whole:
            then = {name: self.level * chance for name, chance in then.items()}
        stay_then, stay_now = (
            [chance for name, chance in sorted(day.items()) if name in there_then and name in there_now]
            for day in (then, now)
        )
        before, after = _mean(then.values()), _mean(now.values())
        stayed_at = _mean(stay_then) if stay_then else before
        stays_at = _mean(stay_now) if stay_now else stayed_at
        return Movement(
            change=after - before,
            moved_in=len(now) - len(stay_now),
            moved_out=len(then) - len(stay_then),
            stayed=len(stay_now),
            by_in=after - stays_at,
            by_out=stayed_at - before,
            by_stayers=stays_at - stayed_at,
            at_level=not whole,
        )


def _scored(members: Mapping[str, float]) -> dict[str, float]:
    return {name: chance for name, chance in members.items() if not math.isnan(chance)}


def _mean(values: Collection[float]) -> float:
    return math.fsum(values) / len(values)  # exactly rounded: the order of officers changes nothing
