"""Competencies, appraisals of three kinds a year, and honours."""

from __future__ import annotations

import numpy as np

from data_contracts.simulator.catalogue import COMPETENCIES, FAMILY_COMPETENCIES
from data_contracts.simulator.families import FAMILIES
from data_contracts.simulator.fields import competency_weights
from data_contracts.simulator.months import FloatArray, IntArray
from data_contracts.simulator.roster import World, chosen
from data_contracts.simulator.talent import shown_in_appraisals

GAIN_FROM_COURSE = 0.35
GAIN_A_YEAR = 0.08
MEASURING_SD = 0.25
HONOUR_CHANCE = 0.012
HONOUR_SHARES = (0.74, 0.14, 0.03, 0.005, 0.02, 0.065)
CORRECTED_SHARE = 0.005
GRADE_BOUNDS = (60.0, 70.0, 90.0)
TALENT_PLACES = competency_weights(tuple(key for key, _ in COMPETENCIES))  # (competency, field)
FAMILY_PLACES = np.array([FAMILY_COMPETENCIES[family.key] for family in FAMILIES])


class Development:
    """Measures and honours the roster's officers."""

    def __init__(self, world: World) -> None:
        self._world, self._rng = world, world.rng("development")
        self._level = np.zeros((world.roster.size, len(COMPETENCIES)))

    def enter(self, slots: IntArray, month: int) -> None:
        """What recruits can do; those who entered long ago have grown since."""
        years = max(0, -month) / 12.0
        start = 1.6 + 0.4 * self._world.roster.skill[slots, None] + min(years, 15.0) * GAIN_A_YEAR
        talent = self._world.effects.talent.level * self._world.roster.talent[slots] @ TALENT_PLACES.T
        self._level[slots] = start + self._rng.normal(0, 0.4, (len(slots), len(COMPETENCIES))) + talent

    def learn(self, slots: IntArray, competency: IntArray) -> None:
        """A completed elective raises its competency."""
        self._level[slots, competency] += GAIN_FROM_COURSE

    @property
    def growth(self) -> FloatArray:
        """What a year adds to the level of each competency without courses, by slot; it fades for who never trains."""
        factor = self._world.effects.training.avoiding_growth
        return np.where(self._world.roster.trains < 1.0, factor, 1.0) * GAIN_A_YEAR

    def level(self) -> FloatArray:
        """The mean true level of the competencies that each slot's post is measured in."""
        places = FAMILY_PLACES[self._world.roster.family]
        result: FloatArray = np.take_along_axis(self._level, places, axis=1).mean(axis=1)
        return result

    def step(self, month: int, excitation: FloatArray) -> None:
        """One month: assessments in each officer's own month, honours, and in December the appraisals."""
        roster = self._world.roster
        self._level[roster.active] += self.growth[roster.active, None] / 12.0
        number = self._world.calendar.month_of(month).month
        self._assess(np.flatnonzero(roster.active & (roster.person % 12 + 1 == number)), month)
        self._honour(chosen(HONOUR_CHANCE * np.exp(0.4 * roster.skill), roster.active, self._rng), month)
        if number == 12:
            self._appraise(np.flatnonzero(roster.active), month, excitation)

    def _assess(self, slots: IntArray, month: int) -> None:
        roster, rng = self._world.roster, self._rng
        for place in FAMILY_PLACES[roster.family[slots]].T:
            days = self._world.calendar.days(month, rng, len(slots))
            measured = np.clip(self._level[slots, place] + rng.normal(0, MEASURING_SD, len(slots)), 0, 5).round(1)
            self._world.ledger.add("competency_assessments", officer_id=roster.person[slots], competency=place,
                                   occurred_on=days, level=measured, known_on=days + 10)  # fmt: skip

    def _honour(self, slots: IntArray, month: int) -> None:
        days = self._world.calendar.days(month, self._rng, len(slots))
        level = self._rng.choice(len(HONOUR_SHARES), len(slots), p=HONOUR_SHARES)
        self._world.ledger.add("honours", officer_id=self._world.roster.person[slots], honour=level, level=level,
                               occurred_on=days, known_on=days + self._rng.integers(0, 40, len(slots)))  # fmt: skip

    def _appraise(self, slots: IntArray, month: int, excitation: FloatArray) -> None:
        roster, rng = self._world.roster, self._rng
        skill, past = roster.skill[slots], excitation[slots]
        talent = shown_in_appraisals(self._world, slots)
        means = (78 + 6 * skill + talent, 80 + 4 * skill + talent - 2 * past, 84 - 5 * past)
        day = self._world.calendar.start(month + 1) - 1
        for kind, mean in enumerate(means):
            score = np.clip(mean + rng.normal(0, 5, len(slots)), 0, 100).round(1)
            known = day + rng.integers(15, 45, len(slots))
            self._write_appraisals(slots, kind, day, score, known)
            mended = np.flatnonzero(rng.random(len(slots)) < CORRECTED_SHARE)
            better = np.minimum(score[mended] + 4.0, 100.0).round(1)
            self._write_appraisals(slots[mended], kind, day, better, known[mended] + 60)

    def _write_appraisals(self, slots: IntArray, kind: int, day: int, score: FloatArray, known: IntArray) -> None:
        """A correction after an appeal is a second version of the row, known later."""
        self._world.ledger.add(
            "appraisals", officer_id=self._world.roster.person[slots], kind=kind, occurred_on=day, score=score,
            grade=np.searchsorted(GRADE_BOUNDS, score, side="right"), known_on=known,
        )  # fmt: skip
