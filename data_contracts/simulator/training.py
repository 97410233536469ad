"""Courses taken: mandated waves rolled out by command, standing duties that lapse, and electives."""

from __future__ import annotations

import numpy as np

from data_contracts.simulator.catalogue import Catalogue
from data_contracts.simulator.months import BoolArray, FloatArray, IntArray
from data_contracts.simulator.roster import World, chosen

NEVER = -(10**6)
WAVE_SPREAD_MONTHS = 5
WAVE_TAKEN = (0.75, 0.6, 0.4)
CONDUCT_RETAKEN = 0.05
FIREARMS_MONTH_CHANCE = 0.08
ELECTIVE_CHANCE = 0.025
OWN_FAMILY, GOAL_FAMILY, NEW_COURSE = 6.0, 8.0, 5.0
NEW_FOR_MONTHS = 12


class Training:
    """Takes courses; `missing` tells who lacks a valid conduct course."""

    def __init__(self, world: World, catalogue: Catalogue) -> None:
        self._world, self._catalogue, self._rng = world, catalogue, world.rng("training")
        size = world.roster.size
        self._conduct_month = np.full(size, NEVER)
        self._taken = np.zeros((size, len(catalogue.ids)), dtype=bool)
        shape = (len(catalogue.ids), world.units.sub_bureaus + 1)
        self._roll_out = catalogue.issued[:, None] + self._rng.integers(0, WAVE_SPREAD_MONTHS, shape)
        self.competency_gain: list[tuple[IntArray, IntArray]] = []

    def enter(self, slots: IntArray, month: int) -> None:
        """A recruit holds no course; one of long ago may have taken the conduct course before the records begin."""
        self._taken[slots] = False
        self._conduct_month[slots] = NEVER
        if month < 0:
            self._conduct_month[slots] = self._rng.integers(-48, 1, len(slots))

    def begin(self) -> None:
        """Write the conduct courses taken before the first month."""
        slots = np.flatnonzero(self._conduct_month > NEVER)
        for month in range(-48, 0):
            self._write(slots[self._conduct_month[slots] == month], self._catalogue.conduct_course, month)

    def missing(self, month: int) -> BoolArray:
        """No conduct course within the time it lasts."""
        lasts = self._world.effects.conduct.training_lasts_months
        result: BoolArray = month - self._conduct_month > lasts
        return result

    def step(self, month: int) -> None:
        """One month of courses."""
        self.competency_gain = []
        roster, rng, catalogue = self._world.roster, self._rng, self._catalogue
        due = roster.active & self.missing(month + 2) & (roster.tenure(month) > 2)
        slots = chosen(CONDUCT_RETAKEN, due, rng)
        self._conduct_month[slots] = month
        self._write(slots, catalogue.conduct_course, month)
        self._write(chosen(FIREARMS_MONTH_CHANCE, roster.active, rng), catalogue.firearms_course, month)
        self._waves(month)
        self._electives(month)

    def _waves(self, month: int) -> None:
        roster = self._world.roster
        sub_bureau = self._world.units.sub_bureau[roster.unit]
        for course in self._catalogue.waves().tolist():
            age = month - self._roll_out[course, sub_bureau]
            running = roster.active & (age >= 0) & (age < len(WAVE_TAKEN)) & ~self._taken[:, course]
            if running.any():
                chance = np.array(WAVE_TAKEN)[np.clip(age, 0, len(WAVE_TAKEN) - 1)]
                slots = chosen(chance, running, self._rng)
                self._taken[slots, course] = True
                self._write(slots, course, month)

    def _electives(self, month: int) -> None:
        roster, rng = self._world.roster, self._rng
        eager = ELECTIVE_CHANCE * np.exp(0.3 * roster.skill)
        slots = chosen(eager, roster.active, rng)
        weight = self._weights(slots, month)
        bounds = np.cumsum(weight, axis=1)
        course = (rng.random((len(slots), 1)) * bounds[:, -1:] >= bounds).sum(axis=1)
        course = np.minimum(course, weight.shape[1] - 1)
        fresh = ~roster.holds[slots, course]
        slots, course = slots[fresh], course[fresh]
        roster.holds[slots, course] = True
        self._write(slots, course, month)
        self.competency_gain.append((slots, self._catalogue.competency[course]))

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
        hours = np.where(np.broadcast_to(course, (count,)) < self._catalogue.electives, 40.0, 8.0)
        world.ledger.add(
            "course_completions", officer_id=world.roster.person[slots], course_id=course, occurred_on=days,
            score=np.clip(rng.normal(80 + 3 * world.roster.skill[slots], 8), 40, 100).round(1), hours=hours,
            known_on=days + rng.integers(0, 15, count),
        )  # fmt: skip
