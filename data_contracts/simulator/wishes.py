"""What officers want: goals, vacancies and the preferences for them, self-nominations, and a little feedback.

The self-nominations here hardly depend on talent; those that do come from `talent.py`.
"""

from __future__ import annotations

import numpy as np

from data_contracts.simulator.bureau import level_of_post
from data_contracts.simulator.families import FAMILIES, SENIORITIES, post_ids
from data_contracts.simulator.layout import ENUMS
from data_contracts.simulator.months import IntArray
from data_contracts.simulator.moves import move_facts
from data_contracts.simulator.roster import World, chosen

GOAL_CHANCE = 0.012
FAMILY_GOAL_SHARE = 0.5
VACANCIES_PER_OFFICER = 0.004
APPLICANTS_PER_PLACE = 4
NOMINATION_CHANCE = 0.0015
FEEDBACK_CHANCE = 0.004
OPEN_DAYS = 21
HORIZONS = (12, 24, 36, 60)
TALENT_OF_FAMILY = {"traffic": 3, "special_police": 4, "cyber": 5, "intelligence": 5, "patrol": 1, "legal": 0}


class Wishes:
    """Writes wishes; a goal also pulls later moves and electives towards its job family."""

    def __init__(self, world: World) -> None:
        self._world, self._rng = world, world.rng("wishes")
        self._posts, self._levels, self._chain = post_ids(), level_of_post(), move_facts().chain
        self._vacancies = 0
        self._feedback = 0
        self.nominated: tuple[IntArray, IntArray] = (np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))

    def step(self, month: int) -> None:
        """One month of wishes."""
        roster, rng = self._world.roster, self._rng
        self._goals(chosen(GOAL_CHANCE, roster.active, rng), month)
        self._open_vacancies(rng.poisson(VACANCIES_PER_OFFICER * roster.active.sum()), month)
        self._nominate(chosen(NOMINATION_CHANCE * np.exp(0.6 * roster.skill), roster.active, rng), month)
        self._answer(chosen(FEEDBACK_CHANCE, roster.active, rng), month)

    def _goals(self, slots: IntArray, month: int) -> None:
        """A goal names a family or a post that the present post may lead to."""
        roster, rng, count = self._world.roster, self._rng, len(slots)
        bounds = np.cumsum(self._chain[roster.post[slots]], axis=1)
        posts = np.minimum((rng.random((count, 1)) >= bounds).sum(axis=1), bounds.shape[1] - 1)
        roster.goal_family[slots] = posts // SENIORITIES
        by_family = rng.random(count) < FAMILY_GOAL_SHARE
        goals = [FAMILIES[post // SENIORITIES].key if wide else self._posts[post]
                 for post, wide in zip(posts.tolist(), by_family.tolist(), strict=True)]  # fmt: skip
        days = self._world.calendar.days(month, rng, count)
        self._world.ledger.add(
            "career_goals", officer_id=roster.person[slots], occurred_on=days,
            goal_kind=by_family.astype(np.int64), goal=np.array(goals, dtype=object),
            horizon_months=rng.choice(HORIZONS, count), known_on=days,
        )  # fmt: skip

    def _open_vacancies(self, count: int, month: int) -> None:
        """Vacancies follow where officers work; those who aim there wish first."""
        world, rng, roster = self._world, self._rng, self._world.roster
        like = rng.choice(roster.present(), count)
        posts = roster.post[like]
        units = world.units.choose(self._levels[posts], rng.integers(0, world.units.sub_bureaus, count), rng)
        ids = np.array([f"v-{world.block}-{self._vacancies + place}" for place in range(count)], dtype=object)
        self._vacancies += count
        opened = world.calendar.days(month, rng, count)
        places = 1 + (rng.random(count) < 0.15)
        world.ledger.add("vacancies", vacancy_id=ids, post_id=posts, unit_id=units, places=places, opened_on=opened,
                         closes_on=opened + OPEN_DAYS, known_on=opened)  # fmt: skip
        self._prefer(ids, posts, opened, places, world.calendar.start(month + 1) - 1)

    def _prefer(self, ids: np.ndarray[tuple[int], np.dtype[np.object_]], posts: IntArray, opened: IntArray,
                places: IntArray, last_day: int) -> None:  # fmt: skip
        """Each vacancy draws some officers; an officer ranks the vacancies of one month in the order met."""
        roster, rng = self._world.roster, self._rng
        present, wanted = roster.present(), dict[int, int]()
        for place, post in enumerate(posts.tolist()):
            aims = np.where(roster.goal_family[present] == post // SENIORITIES, 5.0, 1.0)
            pull = aims * (self._chain[roster.post[present], post] + 1e-4)
            slots = rng.choice(present, int(APPLICANTS_PER_PLACE * places[place]), replace=False, p=pull / pull.sum())
            order = np.array([wanted.get(slot, 0) + 1 for slot in slots.tolist()])
            wanted.update(zip(slots.tolist(), order.tolist(), strict=True))
            days = np.minimum(opened[place] + rng.integers(0, OPEN_DAYS, len(slots)), last_day)
            self._world.ledger.add(
                "preferences", officer_id=roster.person[slots], preference_order=order, occurred_on=days,
                vacancy_id=np.full(len(slots), ids[place], dtype=object), known_on=days,
            )  # fmt: skip

    def _nominate(self, slots: IntArray, month: int) -> None:
        roster, rng = self._world.roster, self._rng
        fits = np.array([TALENT_OF_FAMILY.get(family.key, -1) for family in FAMILIES])[roster.family[slots]]
        free = rng.integers(0, len(ENUMS["talent_field"]), len(slots))
        field = np.where((fits >= 0) & (rng.random(len(slots)) < 0.7), fits, free)
        days = self._world.calendar.days(month, rng, len(slots))
        self.nominated = slots, field
        self._world.ledger.add("self_nominations", officer_id=roster.person[slots], talent_field=field,
                               occurred_on=days, known_on=days)  # fmt: skip

    def _answer(self, slots: IntArray, month: int) -> None:
        """Feedback on a suggested post, as the service will collect it."""
        roster, rng, count = self._world.roster, self._rng, len(slots)
        days = self._world.calendar.days(month, rng, count)
        ids = [f"f-{self._world.block}-{self._feedback + place}" for place in range(count)]
        self._feedback += count
        items = np.array(self._posts, dtype=object)[np.argmax(self._chain[roster.post[slots]], axis=1)]
        action = rng.choice(len(ENUMS["action"]), count, p=(0.5, 0.25, 0.12, 0.1, 0.03))
        declined = action == ENUMS["action"].index("declined")
        self._world.ledger.add(
            "feedback", feedback_id=np.array(ids, dtype=object), officer_id=roster.person[slots], item_kind=0,
            item=items, action=action, reason=np.array([None, "暂时不考虑调动"], dtype=object)[declined.astype(int)],
            occurred_on=days, known_on=days,
        )  # fmt: skip
