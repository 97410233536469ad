"""Courses taken: mandated waves rolled out by command, standing courses that lapse, and electives."""

from __future__ import annotations

import numpy as np

from data_contracts.policy import policy
from data_contracts.simulator.catalogue import COMPETENCIES, WAVES_A_YEAR, Catalogue, standing_months
from data_contracts.simulator.families import FAMILIES
from data_contracts.simulator.fields import competency_weights
from data_contracts.simulator.months import BoolArray, FloatArray, IntArray
from data_contracts.simulator.roster import World, chosen

NEVER = -(10**6)
WAVE_SPREAD_MONTHS = 5
WAVE_TAKEN = (0.75, 0.6, 0.4)
CONDUCT_TAKEN, STANDING_TAKEN = 0.05, 0.4
ELECTIVE_CHANCE = 0.025
OWN_FAMILY, GOAL_FAMILY, NEW_COURSE = 6.0, 8.0, 5.0
NEW_FOR_MONTHS = 12
EARLIEST = -48
TALENT_PLACES = competency_weights(tuple(key for key, _ in COMPETENCIES))  # (competency, field)


class Training:
    """Takes courses; `missing` tells who lacks a valid conduct course."""

    def __init__(self, world: World, catalogue: Catalogue) -> None:
        self._world, self._catalogue, self._rng = world, catalogue, world.rng("training")
        size = world.roster.size
        self._lasts = np.array(standing_months())
        self._chance = np.array([CONDUCT_TAKEN, *(STANDING_TAKEN for _ in policy().training)])
        self._last = np.full((size, len(self._lasts)), NEVER)  # (slot, standing course): month last taken
        self._owed = _owed_by_family()  # (family, standing course)
        self._taken = np.zeros((size, len(catalogue.ids)), dtype=bool)
        rolled = int(catalogue.of_fields()[0])  # the courses before those of the talent fields
        shape = (rolled, world.units.sub_bureaus + 1)
        self._roll_out = catalogue.issued[:rolled, None] + self._rng.integers(0, WAVE_SPREAD_MONTHS, shape)
        self.learnt: list[tuple[IntArray, IntArray]] = []

    def enter(self, slots: IntArray, month: int) -> None:
        """A recruit holds no course; who entered before the records begin took the standing ones some time ago."""
        self._taken[slots] = False
        self._last[slots] = NEVER
        if month < 0:
            ago = self._rng.integers(0, 2 * self._lasts, (len(slots), len(self._lasts)))
            trains = self._world.roster.trains[slots] == 1.0
            self._last[slots] = np.where(trains[:, None], np.maximum(-1 - ago, month), NEVER)

    def begin(self) -> None:
        """Write the standing courses taken before the first month."""
        for place, course in enumerate(self._catalogue.standing.tolist()):
            owed = self._owed[self._world.roster.family, place]
            for month in range(EARLIEST, 0):
                self._write(np.flatnonzero(owed & (self._last[:, place] == month)), course, month)

    def missing(self, month: int) -> BoolArray:
        """No conduct course within the time it lasts."""
        result: BoolArray = month - self._last[:, 0] > self._lasts[0]
        return result

    def usual(self) -> FloatArray:
        """How many courses a month each slot takes when every standing course is due, by slot."""
        roster = self._world.roster
        standing = self._owed[roster.family] @ self._chance
        waves = WAVES_A_YEAR * sum(WAVE_TAKEN) / 12.0
        result: FloatArray = roster.trains * (ELECTIVE_CHANCE * np.exp(0.3 * roster.skill) + standing + waves)
        return result

    def step(self, month: int) -> None:
        """One month of courses; `learnt` lists slots and competencies of the electives completed."""
        self.learnt = []
        self._standing(month)
        self._waves(month)
        self._electives(month)

    def _standing(self, month: int) -> None:
        roster = self._world.roster
        for place, course in enumerate(self._catalogue.standing.tolist()):
            lapses = month - self._last[:, place] >= self._lasts[place] - 1
            due = roster.active & self._owed[roster.family, place] & lapses
            slots = chosen(self._chance[place] * roster.trains, due, self._rng)
            self._last[slots, place] = month
            self._write(slots, course, month)

    def _waves(self, month: int) -> None:
        roster = self._world.roster
        sub_bureau = self._world.units.sub_bureau[roster.unit]
        for course in self._catalogue.waves().tolist():
            age = month - self._roll_out[course, sub_bureau]
            running = roster.active & (age >= 0) & (age < len(WAVE_TAKEN)) & ~self._taken[:, course]
            if running.any():
                chance = np.array(WAVE_TAKEN)[np.clip(age, 0, len(WAVE_TAKEN) - 1)] * roster.trains
                slots = chosen(chance, running, self._rng)
                self._taken[slots, course] = True
                self._write(slots, course, month)

    def _electives(self, month: int) -> None:
        roster, rng = self._world.roster, self._rng
        eager = ELECTIVE_CHANCE * np.exp(0.3 * roster.skill) * roster.trains
        slots = chosen(eager, roster.active, rng)
        weight = self._weights(slots, month)
        bounds = np.cumsum(weight, axis=1)
        course = (rng.random((len(slots), 1)) * bounds[:, -1:] >= bounds).sum(axis=1)
        course = np.minimum(course, weight.shape[1] - 1)
        fresh = ~roster.holds[slots, course]
        slots, course = slots[fresh], course[fresh]
        roster.holds[slots, course] = True
        self._write(slots, course, month)
        self.learnt.append((slots, self._catalogue.competency[course]))

    def _weights(self, slots: IntArray, month: int) -> FloatArray:
        """(officer, elective): how much each draws; not yet issued draws nobody."""
        roster, catalogue = self._world.roster, self._catalogue
        issued = catalogue.issued[: catalogue.electives]
        base = np.where(issued > month, 0.0, np.where(issued > month - NEW_FOR_MONTHS, NEW_COURSE, 1.0))
        own = roster.family[slots, None] == catalogue.family
        goal = roster.goal_family[slots, None] == catalogue.family
        result: FloatArray = base * np.where(own, OWN_FAMILY, 1.0) * np.where(goal, GOAL_FAMILY, 1.0)
        return result

    def _write(self, slots: IntArray, course: IntArray | int, month: int) -> None:
        world, rng, count = self._world, self._rng, len(slots)
        days = world.calendar.days(month, rng, count)
        shows = TALENT_PLACES[self._catalogue.competency[course]]
        talent = world.effects.talent.elective_score * (world.roster.talent[slots] * shows).sum(axis=1)
        world.ledger.add(
            "course_completions", officer_id=world.roster.person[slots], course_id=course, occurred_on=days,
            score=np.clip(rng.normal(80 + 3 * world.roster.skill[slots] + talent, 8), 40, 100).round(1),
            hours=np.broadcast_to(self._catalogue.hours[course], (count,)),
            known_on=days + rng.integers(0, 15, count),
        )  # fmt: skip


def _owed_by_family() -> BoolArray:
    """(family, standing course): conduct is owed by all, the policy's training by the tracks it names."""
    owed = np.ones((len(FAMILIES), 1 + len(policy().training)), dtype=bool)
    for place, rule in enumerate(policy().training, start=1):
        tracks = {str(getattr(track, "value", track)) for track in rule.tracks}
        owed[:, place] = [family.track in tracks for family in FAMILIES]
    return owed
