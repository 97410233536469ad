"""Recruits: who enters, with what education, on which track and in which first post."""

from __future__ import annotations

import numpy as np

from data_contracts.simulator.families import FAMILIES, SENIORITIES, TRACKS, family_index
from data_contracts.simulator.ladders import POLICE_RANK
from data_contracts.simulator.layout import ENUMS
from data_contracts.simulator.months import IntArray
from data_contracts.simulator.roster import World

MALE_SHARE = 0.82
ETHNICITY_SHARES = (0.90, 0.03, 0.03, 0.02, 0.02)
EDUCATION_SHARES = (0.05, 0.25, 0.58, 0.11, 0.01)
BACHELOR = ENUMS["education"].index("bachelor")
LONGEST_CAREER_MONTHS = 400
INTAKE_MONTHS = (1, 4, 7, 9, 11)


class Entry:
    """Fills empty slots."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._rng = world.rng("entry")
        self._first_months = self._rng.integers(-LONGEST_CAREER_MONTHS, 0, world.roster.size)

    def early(self, month: int) -> IntArray:
        """The slots whose first officer enters in this month, before the simulated years."""
        return np.flatnonzero(self._first_months == month)

    def open(self, month: int) -> IntArray:
        """The empty slots, in a month with an intake."""
        if self._world.calendar.month_of(month).month not in INTAKE_MONTHS:
            return np.empty(0, dtype=np.int64)
        return np.flatnonzero(~self._world.roster.active)

    def enter(self, slots: IntArray, month: int) -> None:
        """Put a new officer into each of these slots."""
        world, roster, rng, count = self._world, self._world.roster, self._rng, len(slots)
        roster.person[slots] = roster.persons + np.arange(count)
        roster.persons += count
        roster.active[slots] = True
        roster.entered_day[slots] = world.calendar.start(month)
        roster.entered_month[slots] = month
        age = 21 + np.minimum(rng.poisson(2.5, count), 9)
        roster.birth_year[slots] = world.calendar.month_of(month).year - age
        roster.sex[slots] = rng.random(count) >= MALE_SHARE
        roster.ethnicity[slots] = rng.choice(len(ETHNICITY_SHARES), count, p=ETHNICITY_SHARES)
        roster.education[slots] = rng.choice(len(EDUCATION_SHARES), count, p=EDUCATION_SHARES)
        habit = world.effects.training
        roster.trains[slots] = np.where(rng.random(count) < habit.avoiding_share, habit.avoiding_factor, 1.0)
        roster.grassroots[slots] = 0
        roster.skill[slots] = rng.normal(size=count)
        roster.frailty[slots] = rng.normal(size=count)
        roster.goal_family[slots] = -1
        roster.holds[slots] = False
        roster.past_count[slots] = 0
        self._place(slots, month)

    def _place(self, slots: IntArray, month: int) -> None:
        world, roster = self._world, self._world.roster
        family = self._first_family(roster.sex[slots])
        roster.post[slots] = family * SENIORITIES
        tracks = np.array([TRACKS.index(item.track) for item in FAMILIES])
        roster.track[slots] = tracks[family]
        technical = tracks[family] == TRACKS.index("technical")
        education = roster.education[slots]
        roster.education[slots] = np.where(technical, np.maximum(education, BACHELOR), education)
        roster.step[slots] = np.array(world.climb.offset)[tracks[family]]
        roster.police_step[slots] = world.climb.offset[POLICE_RANK]
        roster.step_month[slots] = month
        roster.police_month[slots] = month
        roster.post_month[slots] = month

    def _first_family(self, sex: IntArray) -> IntArray:
        """Families by their shares; the documented exposure difference is here and nowhere else."""
        exposure = self._world.effects.exposure
        weights = np.tile([family.share for family in FAMILIES], (2, 1))
        weights[0, [family_index(key) for key in exposure.first_post_families]] *= exposure.weight
        bounds = np.cumsum(weights / weights.sum(axis=1, keepdims=True), axis=1)[sex]  # (recruit, family)
        draw = self._rng.random((len(sex), 1))
        place: IntArray = (draw >= bounds).sum(axis=1)
        return np.minimum(place, len(FAMILIES) - 1)
