"""Duty months: hours, nights, overtime, leave and sick days; the load they leave behind, and strain."""

from __future__ import annotations

import numpy as np

from data_contracts.simulator.families import FAMILIES
from data_contracts.simulator.months import FloatArray, IntArray
from data_contracts.simulator.roster import World

BASE_HOURS = 166.0
LOAD_MEMORY = 0.75
HABIT_MEMORY = 0.96
HABIT_SD = 0.45
MOST_OVERTIME = 150.0
OVERTIME_SHAPE = 8.0
MOST_NIGHTS = 20
NIGHTS_MEAN, NIGHTS_SD = 4.0, 3.0
FAMILY_NIGHTS = np.array([family.nights for family in FAMILIES])
FAMILY_OVERTIME = np.array([family.overtime_hours for family in FAMILIES])


class Duty:
    """Works the month; `overtime` and `nights` are the running loads that raise hazards from the next month on.

    Both are in standard deviations: overtime above the mean of the job family, nights above the bureau's mean.
    """

    def __init__(self, world: World) -> None:
        self._world, self._rng = world, world.rng("duty")
        size = world.roster.size
        self._habit = np.zeros(size)
        self._night_habit = np.zeros(size)
        self.overtime = np.zeros(size)
        self.nights = np.zeros(size)

    def enter(self, slots: IntArray) -> None:
        """A recruit brings habits but no load."""
        self._habit[slots] = self._rng.normal(0, HABIT_SD, len(slots))
        self._night_habit[slots] = self._rng.normal(0, 0.3, len(slots))
        self.overtime[slots] = 0.0
        self.nights[slots] = (FAMILY_NIGHTS[self._world.roster.family[slots]] - NIGHTS_MEAN) / NIGHTS_SD

    def strain_hazard(self, month: int) -> FloatArray:
        """Chance a month of a long sick spell, by slot."""
        facts, roster = self._world.effects.strain, self._world.roster
        over_fifty = self._world.calendar.month_of(month).year - roster.birth_year > 50
        score = facts.overtime_above_peers * self.overtime + facts.nights * self.nights + facts.over_fifty * over_fifty
        result: FloatArray = np.minimum(facts.base * np.exp(score), 0.5)
        return result

    def step(self, month: int) -> None:
        """One month of work for everybody present."""
        world, roster, rng, size = self._world, self._world.roster, self._rng, self._world.roster.size
        spell = rng.random(size) < self.strain_hazard(month)
        cold = np.where(rng.random(size) < 0.12, rng.integers(1, 4, size), 0)
        sick = np.minimum(np.where(spell, 10 + rng.poisson(4, size), cold), 22)
        leave = np.where(rng.random(size) < 0.2, rng.integers(1, 8, size), 0)
        share = 1.0 - np.minimum(sick + leave, 22) / 22.0
        overtime, nights = self._overtime() * share, np.minimum(rng.poisson(self._night_rate() * share), MOST_NIGHTS)
        self._remember(overtime, nights)
        hours = np.maximum(rng.normal(BASE_HOURS, 7.0, size), 120.0) * share + overtime
        at = roster.present()
        world.ledger.add(
            "duty_months", officer_id=roster.person[at], month=world.calendar.start(month), hours=hours[at].round(1),
            nights=nights[at], overtime_hours=overtime[at].round(1), leave_days=leave[at], sick_days=sick[at],
            known_on=world.calendar.start(month + 1),
        )  # fmt: skip

    def usual_overtime(self) -> FloatArray:
        """The hours of overtime that each slot's post and habit lead to in a month without leave."""
        result: FloatArray = FAMILY_OVERTIME[self._world.roster.family] * np.exp(self._habit)
        return result

    def _overtime(self) -> FloatArray:
        rng, size = self._rng, self._world.roster.size
        self._habit = HABIT_MEMORY * self._habit + rng.normal(0, HABIT_SD * np.sqrt(1 - HABIT_MEMORY**2), size)
        varied = rng.gamma(OVERTIME_SHAPE, 1.0 / OVERTIME_SHAPE, size)
        return np.minimum(self.usual_overtime() * varied, MOST_OVERTIME)

    def _night_rate(self) -> FloatArray:
        result: FloatArray = FAMILY_NIGHTS[self._world.roster.family] * np.exp(self._night_habit)
        return result

    def _remember(self, overtime: FloatArray, nights: IntArray) -> None:
        above = self._world.roster.above_family(overtime)
        self.overtime = LOAD_MEMORY * self.overtime + (1 - LOAD_MEMORY) * np.clip(above, -3, 3)
        self.nights = LOAD_MEMORY * self.nights + (1 - LOAD_MEMORY) * (nights - NIGHTS_MEAN) / NIGHTS_SD
