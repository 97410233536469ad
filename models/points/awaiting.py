"""What appraisals that are not published yet would do to a target: so many that match reach it from a day, or they add.

Nobody can plan for them, and they may come out as anything; that they are still open is told all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from models.points.chances import Chance
from models.points.steps import Step, with_steps
from models.points.targets import Target
from models.points.ways import Reach, Way

AllSteps = Callable[[], tuple[Step, ...]]


@dataclass(frozen=True)
class Awaiting:
    """What awaited appraisals of a line would do, if they match its rule.

    `many` of them reach the target, `own` says with all own steps besides; from `reached` on it is held until the
    deadline. Where all of them do not reach it, `many` is how many they are and `reached` None. `gain` is what so many
    add at the deadline, in full from `adds_on`.
    """

    way: Way
    chances: tuple[Chance, ...]
    many: int
    own: bool
    reached: date | None

    @property
    def gain(self) -> float:
        """What so many add at the deadline."""
        return sum(self.way.gives()[: self.many])

    @property
    def adds_on(self) -> date:
        """The day from which so many have added all of it."""
        return self.way.days[self.many - 1]


def awaiting_of(reach: Reach, ways: Sequence[Way], fullest: AllSteps | None, target: Target) -> tuple[Awaiting, ...]:
    """For each line of others' deciding that awaited appraisals could add to by the deadline.

    `fullest` makes all own steps; None where they alone reach the target: then it is told what the appraisals do alone.
    """
    found = []
    for way in ways:
        chances = tuple(one for one in way.chances[: way.steps] if one.awaited)
        if chances and not way.rule.plannable:
            found.append(_awaiting(reach, way, chances, fullest, target))
    return tuple(found)


def _awaiting(
    reach: Reach, way: Way, chances: tuple[Chance, ...], fullest: AllSteps | None, target: Target
) -> Awaiting:
    """The fewest that reach the target, alone before together with own steps."""
    for own, steps in ((False, ()), *([] if fullest is None else [(True, fullest())])):
        for many in range(1, len(chances) + 1):
            merits = (merit for one in chances[:many] for merit in reach.merits(way.rule, one))
            day = with_steps(reach, steps).plus(merits).held_from(target.total)
            if day is not None:
                return Awaiting(way, chances, many, own, day)
    return Awaiting(way, chances, len(chances), False, None)
