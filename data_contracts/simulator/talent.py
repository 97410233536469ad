"""Planted talent: what an officer is worth in each talent field, and how it shows, with noise, in what is recorded.

The level of an officer in a field is hidden: part general skill, part the field's own, and some more for each year in
a related job family. It shows in measured competencies, in scores of courses, in appraisals while the post is related,
and in how often the field's honours, courses and self-nominations come. It is written to the truth and nowhere else.
"""

from __future__ import annotations

import numpy as np

from data_contracts.simulator.catalogue import Catalogue
from data_contracts.simulator.fields import FIELDS, HONOURS_OF_FIELDS, RELATED
from data_contracts.simulator.layout import ENUMS
from data_contracts.simulator.months import FloatArray, IntArray
from data_contracts.simulator.roster import World, chosen

HONOUR_LEVEL = ENUMS["honour_level"].index("other")
DECEMBER = 12


class Talent:
    """Keeps the hidden levels in `roster.talent` and writes what they bring about."""

    def __init__(self, world: World, catalogue: Catalogue) -> None:
        self._world, self._catalogue, self._rng = world, catalogue, world.rng("talent")
        self._innate = np.zeros((world.roster.size, len(FIELDS)))
        self._years = np.zeros((world.roster.size, len(FIELDS)))

    def enter(self, slots: IntArray) -> None:
        """Draw what recruits bring with them."""
        facts, roster = self._world.effects.talent, self._world.roster
        own = self._rng.normal(size=(len(slots), len(FIELDS)))
        self._innate[slots] = facts.skill * roster.skill[slots, None] + np.sqrt(1.0 - facts.skill**2) * own
        self._years[slots] = 0.0
        roster.talent[slots] = self._innate[slots]

    def grow(self) -> None:
        """One month of experience in the related fields."""
        facts, roster = self._world.effects.talent, self._world.roster
        self._years[roster.active] += RELATED[roster.family[roster.active]] / 12.0
        roster.talent[:] = self._innate + facts.a_year * np.minimum(self._years, facts.most_years)

    def tell(self, month: int) -> None:
        """The truth, each December and in the last month: the levels as the month begins."""
        calendar, roster = self._world.calendar, self._world.roster
        if calendar.month_of(month).month != DECEMBER and month != calendar.months - 1:
            return
        at = roster.present()
        levels = {field: roster.talent[at, place].round(4) for place, field in enumerate(FIELDS)}
        self._world.ledger.add("talent", officer_id=roster.person[at], month=calendar.start(month),
                               known_on=calendar.start(month), **levels)  # fmt: skip

    def step(self, month: int, nominated: tuple[IntArray, IntArray]) -> None:
        """A month of honours, courses and nominations; `nominated` (slots, fields) have put themselves forward."""
        facts, roster = self._world.effects.talent, self._world.roster
        near = np.where(RELATED[roster.family], 1.0, facts.elsewhere)
        for field in range(len(FIELDS)):
            level, here = roster.talent[:, field], near[:, field]
            self._honour(self._who(facts.honour_base * here * np.exp(facts.honour * level)), field, month)
            self._train(
                self._who(facts.course_base * here * roster.trains * np.exp(facts.course * level)), field, month
            )
            eager = self._who(facts.nomination_base * here * np.exp(facts.nomination * level))
            self._nominate(np.setdiff1d(eager, nominated[0][nominated[1] == field]), field, month)

    def courses(self) -> FloatArray:
        """How many of the fields' courses each slot takes a month, by slot."""
        facts, roster = self._world.effects.talent, self._world.roster
        near = np.where(RELATED[roster.family], 1.0, facts.elsewhere)
        result: FloatArray = (
            roster.trains * facts.course_base * (near * np.exp(facts.course * roster.talent)).sum(axis=1)
        )
        return result

    def _who(self, chance: FloatArray) -> IntArray:
        return chosen(np.minimum(chance, 0.5), self._world.roster.active, self._rng)

    def _honour(self, slots: IntArray, field: int, month: int) -> None:
        days = self._world.calendar.days(month, self._rng, len(slots))
        self._world.ledger.add(
            "honours", officer_id=self._world.roster.person[slots], honour=HONOURS_OF_FIELDS[field],
            level=HONOUR_LEVEL, occurred_on=days, known_on=days + self._rng.integers(0, 40, len(slots)),
        )  # fmt: skip

    def _train(self, slots: IntArray, field: int, month: int) -> None:
        facts, roster, rng = self._world.effects.talent, self._world.roster, self._rng
        course, days = int(self._catalogue.of_fields()[field]), self._world.calendar.days(month, rng, len(slots))
        mean = facts.field_score_mean + facts.skill_score * roster.skill[slots]
        score = rng.normal(mean + facts.field_score * roster.talent[slots, field], facts.score_sd)
        self._world.ledger.add(
            "course_completions", officer_id=roster.person[slots], course_id=course, occurred_on=days,
            score=np.clip(score, 40, 100).round(1), hours=self._catalogue.hours[course],
            known_on=days + rng.integers(0, 15, len(slots)),
        )  # fmt: skip

    def _nominate(self, slots: IntArray, field: int, month: int) -> None:
        days = self._world.calendar.days(month, self._rng, len(slots))
        self._world.ledger.add("self_nominations", officer_id=self._world.roster.person[slots], talent_field=field,
                               occurred_on=days, known_on=days)  # fmt: skip


def shown_in_appraisals(world: World, slots: IntArray) -> FloatArray:
    """What talent adds to the appraised work of each slot: its fields related to the present job family, meaned."""
    related = RELATED[world.roster.family[slots]]
    number = np.maximum(related.sum(axis=1), 1)
    result: FloatArray = world.effects.talent.appraisal * (world.roster.talent[slots] * related).sum(axis=1) / number
    return result
