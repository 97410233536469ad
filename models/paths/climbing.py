"""How far a rank step is on the ladder: steps and the least time that policy asks for, whatever a model has seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data_contracts.vocabulary import Bilingual
from models.eligibility.standing_facts import POLICE_LADDER, Ladders


@dataclass(frozen=True)
class Climb:
    """From the step held to the goal: `steps` up (0 held, below 0 passed), None where the goal is on another ladder.

    months: the least time that is still needed by the ladder's minimum years, those of steps without one left out.
    own, goal: the two ladders for people.
    """

    steps: int | None
    months: float
    own: Bilingual
    goal: Bilingual


def climb_of(ladders: Ladders, held: tuple[str | None, str], goal: str, months_in_step: float) -> Climb | None:
    """From the step held, with its ladder where it is known, to a goal; None where no ladder has the goal.

    A goal on the own ladder is meant there, whatever other ladders call the same.
    """
    own = held[0] or ladder_of(ladders, held[1])
    ladder = own if (str(own), goal) in ladders.steps else ladder_of(ladders, goal)
    if ladder is None:
        return None
    names = (ladders.ladder_named(own), ladders.ladder_named(ladder))
    start, end = ladders.position(own, held[1]), ladders.position(ladder, goal)
    if ladder != own or np.isnan(start):
        return Climb(None, 0.0, *names)
    between = {at: years for (name, _), (at, years) in ladders.steps.items() if name == own and start <= at < end}
    needed = sum(12.0 * (years or 0.0) for years in between.values())
    served = min(months_in_step, 12.0 * (between.get(start) or 0.0))
    return Climb(len(between) if end >= start else -1, max(0.0, needed - served), *names)


def ladder_of(ladders: Ladders, step: str) -> str | None:
    """The ladder that a step is on, that of police ranks last; None where no ladder has it."""
    found = [ladder for ladder, one in ladders.steps if one == step]
    return min(found, key=lambda one: one == POLICE_LADDER) if found else None


def least_months_in(ladders: Ladders, step: str) -> float:
    """The least time in a step before the next, 0 where no ladder says so."""
    ladder = ladder_of(ladders, step)
    years = None if ladder is None else ladders.steps[ladder, step][1]
    return 12.0 * (years or 0.0)
