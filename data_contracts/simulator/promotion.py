"""Steps up the ladders: the officer's track ladder by merit and time, the police rank by time."""

from __future__ import annotations

import numpy as np

from data_contracts.simulator.families import FAMILIES, TRACKS
from data_contracts.simulator.layout import ENUMS
from data_contracts.simulator.months import FloatArray, IntArray
from data_contracts.simulator.roster import World, chosen

ENTRY, STEP = ENUMS["promotion_kind"].index("entry"), ENUMS["promotion_kind"].index("step")
POLICE_CHANCE = 0.35
TRACK_OF_FAMILY = np.array([TRACKS.index(family.track) for family in FAMILIES])


class Promotion:
    """Raises the roster's officers and writes the promotions."""

    def __init__(self, world: World) -> None:
        self._world, self._rng = world, world.rng("promotion")
        self._offset = np.array(world.climb.offset)

    def enter(self, slots: IntArray) -> None:
        """The first step on both ladders."""
        roster = self._world.roster
        days = roster.entered_day[slots]
        self._write(slots, roster.step[slots], days, ENTRY)
        self._write(slots, roster.police_step[slots], days, ENTRY)

    def step(self, month: int) -> None:
        """One month: change ladder with the track of the post, then climb."""
        self._change_track(month)
        roster = self._world.roster
        least = self._world.climb.least_years
        due = roster.active & (month - roster.step_month > 12 * least[roster.step])
        risen = chosen(self.chance(), due, self._rng)
        roster.step[risen] += 1
        roster.step_month[risen] = month
        self._write(risen, roster.step[risen], self._days(risen, month), STEP)
        due = roster.active & (month - roster.police_month > 12 * least[roster.police_step])
        ranked = chosen(POLICE_CHANCE, due, self._rng)
        roster.police_step[ranked] += 1
        roster.police_month[ranked] = month
        self._write(ranked, roster.police_step[ranked], self._days(ranked, month), STEP)

    def chance(self) -> FloatArray:
        """Chance a month of the next step once the least time has passed, by slot."""
        roster, facts = self._world.roster, self._world.effects.careers
        position = roster.step - self._offset[self._ladder(roster.step)]
        habit = np.where(roster.trains < 1.0, self._world.effects.training.avoiding_step, 1.0)
        result: FloatArray = (
            facts.step_chance * np.exp(facts.step_skill * roster.skill) * facts.step_slowdown**position * habit
        )
        return result

    def _change_track(self, month: int) -> None:
        """A post on another track brings its ladder, at the same height; the time in step begins anew."""
        roster = self._world.roster
        ladder, wanted = self._ladder(roster.step), TRACK_OF_FAMILY[roster.family]
        slots = np.flatnonzero(roster.active & (ladder != wanted))
        position = roster.step[slots] - self._offset[ladder[slots]]
        top = np.diff(self._offset)[wanted[slots]] - 1
        roster.step[slots] = self._offset[wanted[slots]] + np.minimum(position, top)
        roster.step_month[slots] = month
        self._write(slots, roster.step[slots], self._days(slots, month), ENTRY)

    def _ladder(self, step: IntArray) -> IntArray:
        return np.searchsorted(self._offset, step, side="right") - 1

    def _days(self, slots: IntArray, month: int) -> IntArray:
        return self._world.calendar.days(month, self._rng, len(slots))

    def _write(self, slots: IntArray, step: IntArray, days: IntArray, kind: int) -> None:
        known = days + self._rng.integers(0, 20, len(slots))
        self._world.ledger.add("promotions", officer_id=self._world.roster.person[slots], ladder=self._ladder(step),
                               rank_step=step, occurred_on=days, kind=kind, known_on=known)  # fmt: skip
