"""How far a rank step is on the ladder, and which step may follow which, whatever a model has seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import permutations, product

import numpy as np

from data_contracts.vocabulary import Bilingual
from models.eligibility.standing_facts import POLICE_LADDER, Ladders
from models.posts.histories import Array

Place = tuple[str, float]
"""A ladder, and how high on it."""


@dataclass(frozen=True)
class Across:
    """A goal on another ladder: how many steps above the one held it stands there (below 0 lower), None where unknown.

    Of `moves` on record out of steps of the own ladder `changes` went to the goal's, `lower` of these to a lower step.
    """

    above: int | None
    moves: int
    changes: int
    lower: int


@dataclass(frozen=True)
class Climb:
    """From the step held to the goal: `steps` up (0 held, below 0 passed), None where the goal is on another ladder.

    months: the least time that is still needed by the ladder's minimum years, those of steps without one left out; to
    a goal on another ladder that of its steps from the same height on. own, goal: the two ladders for people.
    across: what the record has of such a change of ladder, None where nobody asked it.
    """

    steps: int | None
    months: float
    own: Bilingual
    goal: Bilingual
    across: Across | None = None


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
        after = [years for (name, _), (at, years) in ladders.steps.items() if name == ladder and start <= at < end]
        return Climb(None, sum(12.0 * (years or 0.0) for years in after), *names)
    between = {at: years for (name, _), (at, years) in ladders.steps.items() if name == own and start <= at < end}
    needed = sum(12.0 * (years or 0.0) for years in between.values())
    served = min(months_in_step, 12.0 * (between.get(start) or 0.0))
    return Climb(len(between) if end >= start else -1, max(0.0, needed - served), *names)


Seen = Callable[[int, Sequence[int]], tuple[int, int]]
"""Moves on record out of a step, by number, and how many of them went straight to one of others."""


def across(ladders: Ladders, held: tuple[str | None, str], goal: str, steps: Sequence[str], seen: Seen) -> Across:
    """What the record has of changes from the ladder of the step held to that of a goal on another."""
    own, other = held[0] or ladder_of(ladders, held[1]), ladder_of(ladders, goal)
    mine, theirs = (
        {place: ladders.position(one, step) for place, step in enumerate(steps) if ladder_of(ladders, step) == one}
        for one in (own, other)
    )
    every = [(at, *seen(place, list(theirs))) for place, at in mine.items()]
    lower = [seen(place, [one for one, height in theirs.items() if height < at])[1] for place, at in mine.items()]
    start, end = ladders.position(own, held[1]), ladders.position(other, goal)
    heights = {at for (ladder, _), (at, _) in ladders.steps.items() if ladder == other}
    above = sum(start < at <= end for at in heights) if end >= start else -sum(end <= at < start for at in heights)
    return Across(
        None if np.isnan(start) else above,
        sum(moves for _, moves, _ in every), sum(changed for _, _, changed in every), sum(lower),
    )  # fmt: skip


def ladder_of(ladders: Ladders, step: str) -> str | None:
    """The ladder that a step is on, that of police ranks last; None where no ladder has it."""
    found = [ladder for ladder, one in ladders.steps if one == step]
    return min(found, key=lambda one: one == POLICE_LADDER) if found else None


def least_months_in(ladders: Ladders, step: str) -> float:
    """The least time in a step before the next, 0 where no ladder says so."""
    ladder = ladder_of(ladders, step)
    years = None if ladder is None else ladders.steps[ladder, step][1]
    return 12.0 * (years or 0.0)


def moves_allowed(
    ladders: Ladders, steps: Sequence[str], on_record: Callable[[int, int], bool], held: Place | None = None
) -> Array:
    """(size + 1, size) whether one of `steps` may follow another; the last row for a step `held` that is not of them.

    Up a ladder goes to its next step; to another ladder goes to the same height, where such a change of ladder is on
    record (`on_record`, by numbers of steps). Of a step that no binding ladder has, the record alone knows: among such
    everything is left to the model, and between them and the others goes only what was seen.
    """
    places = _places(ladders, steps)
    every = [*places, [held] if held is not None and held[0] in ladders.binding and not np.isnan(held[1]) else []]
    changes = _changes(places, on_record)
    above = {place: _above(ladders, place) for found in every for place in found}

    def allowed(one: int, other: int) -> bool:
        if every[one] and places[other]:
            return any(_follows(place, goal, above, changes) for place in every[one] for goal in places[other])
        return (not every[one] and not places[other]) or (one < len(steps) and on_record(one, other))

    return np.array([[allowed(one, other) for other in range(len(steps))] for one in range(len(every))], bool)


def ladder_changes(
    ladders: Ladders, steps: Sequence[str], on_record: Callable[[int, int], bool]
) -> frozenset[tuple[str, str]]:
    """From which ladder to which somebody on record went at one height; of ladders that bind."""
    return frozenset(_changes(_places(ladders, steps), on_record))


def _places(ladders: Ladders, steps: Sequence[str]) -> list[list[Place]]:
    """Where each step is on the ladders that bind."""
    return [
        [(ladder, at) for (ladder, one), (at, _) in ladders.steps.items() if one == step and ladder in ladders.binding]
        for step in steps
    ]


def _follows(place: Place, goal: Place, above: Mapping[Place, float], changes: Set[tuple[str, str]]) -> bool:
    (ladder, at), (other, height) = place, goal
    return (ladder == other and height == above[place]) or (height == at and (ladder, other) in changes)


def _changes(places: Sequence[Sequence[Place]], on_record: Callable[[int, int], bool]) -> Set[tuple[str, str]]:
    """The changes of ladder at one height that were ever seen, at whatever height."""
    found = set[tuple[str, str]]()
    for (one, mine), (other, theirs) in permutations(enumerate(places), 2):
        pairs = {(a, b) for (a, at), (b, height) in product(mine, theirs) if at == height}
        if pairs - found and on_record(one, other):
            found |= pairs
    return found


def _above(ladders: Ladders, place: Place) -> float:
    """How high the next step of a ladder is, infinite above the last."""
    higher = [at for (name, _), (at, _) in ladders.steps.items() if name == place[0] and at > place[1]]
    return min(higher, default=np.inf)
