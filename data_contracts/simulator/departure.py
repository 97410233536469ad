"""Leaving: retirement by age, resignation and transfer by the planted hazard, and the rare rest."""

from __future__ import annotations

import numpy as np

from data_contracts.simulator.layout import ENUMS
from data_contracts.simulator.months import FloatArray, IntArray
from data_contracts.simulator.roster import World, chosen

KINDS = ENUMS["leave_kind"]
RARE_A_MONTH = 0.00006


class Departure:
    """Decides who leaves in a month."""

    def __init__(self, world: World) -> None:
        self._world, self._rng = world, world.rng("departure")

    def hazard(self, month: int, overtime: FloatArray) -> FloatArray:
        """Chance a month of resigning or being transferred out, by slot."""
        roster, facts = self._world.roster, self._world.effects.departure
        score = (
            facts.stagnation * (roster.stagnation(month) > facts.stagnation_months)
            + facts.short_tenure * (roster.tenure(month) < facts.short_tenure_months)
            + facts.overtime_above_peers * overtime
        )
        result: FloatArray = facts.base * np.exp(score)
        return result

    def step(self, month: int, hazard: FloatArray) -> tuple[IntArray, IntArray, IntArray]:
        """Who leaves (slots), on which day (the last of the month), and how (`leave_kind` numbers)."""
        roster, facts, rng = self._world.roster, self._world.effects.departure, self._rng
        date = self._world.calendar.month_of(month)
        birth_month = roster.person % 12 + 1
        old = (date.year - roster.birth_year >= facts.retirement_age) & (birth_month <= date.month)
        kind = np.full(roster.size, -1)
        rare = chosen(RARE_A_MONTH, roster.active, rng)
        kind[rare] = rng.choice([KINDS.index("dismissed"), KINDS.index("deceased")], len(rare))
        left = chosen(1.0 - np.exp(-hazard), roster.active, rng)
        moved = rng.random(len(left)) < facts.transferred_share
        kind[left] = np.where(moved, KINDS.index("transferred_out"), KINDS.index("resigned"))
        kind[old & roster.active] = KINDS.index("retired")
        slots = np.flatnonzero(kind >= 0)
        return slots, np.full(len(slots), self._world.calendar.start(month + 1) - 1), kind[slots]
