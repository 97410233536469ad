"""Who came and who went: how much of the change of a unit's expected share each of them makes."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from models.base import Numbers
from models.units.tree import UnitTree

SCOPES = ("own", "block")


@dataclass(frozen=True)
class Membership:
    """Officers of one day with their unit and moved chance, (n,)."""

    officers: Sequence[str]
    units: Sequence[str | None]
    moved: Numbers


@dataclass(frozen=True)
class Movement:
    """What became of one unit's expected share since an earlier day, told by who came and went.

    The three parts sum to the change. Numbers of officers only: nobody is named. `at_level` where the earlier day was
    brought to today's level of the whole force, as the unit's trend is.
    """

    change: float
    moved_in: int
    moved_out: int
    stayed: int
    by_in: float
    by_out: float
    by_stayers: float
    at_level: bool = True


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
    _members: dict[str, dict[str, tuple[dict[str, float], dict[str, float]]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
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
        """The movement of one unit; None where it had nobody on one of the days."""
        then, now = self._members[scope][unit]
        if not then or not now:
            return None
        whole = len(now) == len(self.now.officers)
        if not whole:
            then = {name: self.level * chance for name, chance in then.items()}
        stayers = then.keys() & now.keys()
        before, after = _mean(then.values()), _mean(now.values())
        stay_then = _mean([then[name] for name in sorted(stayers)]) if stayers else before
        stay_now = _mean([now[name] for name in sorted(stayers)]) if stayers else before
        return Movement(
            change=after - before,
            moved_in=len(now) - len(stayers),
            moved_out=len(then) - len(stayers),
            stayed=len(stayers),
            by_in=after - stay_now,
            by_out=stay_then - before,
            by_stayers=stay_now - stay_then,
            at_level=not whole,
        )


def _mean(values: Collection[float]) -> float:
    return math.fsum(values) / len(values)  # exactly rounded: the order of officers changes nothing
