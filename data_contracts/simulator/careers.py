"""Careers: entering, moving between posts and units, leaving; the postings and the officers' own rows."""

from __future__ import annotations

import numpy as np

from data_contracts.simulator.bureau import level_of_post
from data_contracts.simulator.families import FAMILIES, LEAST_POSITION, LEVELS, SENIORITIES
from data_contracts.simulator.layout import ENUMS
from data_contracts.simulator.months import NO_DAY, BoolArray, FloatArray, IntArray
from data_contracts.simulator.moves import move_facts
from data_contracts.simulator.roster import HISTORY, World, chosen

SLOWER_AT_THE_TOP = (1.0, 1.0, 0.85, 0.6)
LATE_NEWS = 0.04
GRASSROOTS_LEVEL = LEVELS.index("station")
BACHELOR = ENUMS["education"].index("bachelor")
TECHNICAL = np.array([family.track == "technical" for family in FAMILIES])
EXPERIENCED = np.array([family.key in ("investigation", "narcotics") for family in FAMILIES])


class Careers:
    """Moves the roster's officers and writes their postings."""

    def __init__(self, world: World, course_family: IntArray, required_course: IntArray) -> None:
        self._world, self._rng = world, world.rng("careers")
        self._facts = move_facts()
        self._course_opens = np.eye(len(FAMILIES))[course_family]  # (course, family)
        self._required = required_course  # (post,)
        self._levels = level_of_post()
        size = world.roster.size
        self._pending = np.full(size, -1, dtype=np.int64)
        self._pending_month = np.zeros(size, dtype=np.int64)
        self._opened = {name: np.full(size, -1, dtype=np.int64) for name in
                        ("day", "known", "step", "occasion", "supervisor", "shift")}  # fmt: skip

    def enter(self, slots: IntArray, month: int) -> None:
        """First postings of officers who have just entered."""
        roster = self._world.roster
        sub_bureau = self._rng.integers(0, self._world.units.sub_bureaus, len(slots))
        units = self._world.units.choose(self._levels[roster.post[slots]], sub_bureau, self._rng)
        self._pending[slots] = -1
        self._open(slots, roster.post[slots], units, roster.entered_day[slots], 0, month)

    def step(self, month: int) -> None:
        """One month: carry out the moves decided before, decide new ones."""
        due = self._world.roster.active & (self._pending_month == month) & (self._pending >= 0)
        self._carry_out(np.flatnonzero(due), month)
        self._decide(month)

    def leave(self, slots: IntArray, days: IntArray, kinds: IntArray) -> None:
        """Close the postings of those who leave and write their rows."""
        days = np.maximum(days, self._opened["day"][slots])
        self._close(slots, days)
        self._write_officers(slots, days, kinds)
        self._world.roster.active[slots] = False
        self._pending[slots] = -1

    def finish(self) -> None:
        """Write what is still open at the end."""
        slots = self._world.roster.present()
        unknown = np.full(len(slots), NO_DAY)
        self._close(slots, unknown)
        self._write_officers(slots, unknown, np.full(len(slots), -1))

    def _decide(self, month: int) -> None:
        roster, facts = self._world.roster, self._world.effects.careers
        roster.grassroots += self._world.units.level[roster.unit] >= GRASSROOTS_LEVEL
        settled = month - roster.post_month >= facts.settle_months
        chance = facts.move_base * np.array(SLOWER_AT_THE_TOP)[roster.post % SENIORITIES]
        movers = chosen(chance, roster.active & settled & (self._pending < 0), self._rng)
        if not len(movers):
            return
        self._pending[movers] = self._targets(movers, self._open_posts(movers, month))
        self._pending_month[movers] = month + self._rng.integers(1, 4, len(movers))
        self._train(movers, month)

    def _train(self, movers: IntArray, month: int) -> None:
        """A course that the next post requires is taken before the move."""
        roster = self._world.roster
        course = self._required[self._pending[movers]]
        lacking = (course >= 0) & ~roster.holds[movers, course]
        slots, courses = movers[lacking], course[lacking]
        roster.holds[slots, courses] = True
        days = self._world.calendar.days(month, self._rng, len(slots))
        self._world.ledger.add("course_completions", officer_id=roster.person[slots], course_id=courses,
                               occurred_on=days, score=np.clip(self._rng.normal(82, 8, len(slots)), 60, 100),
                               hours=40.0, known_on=days + 7)  # fmt: skip

    def _open_posts(self, movers: IntArray, month: int) -> BoolArray:
        """(mover, post): the posts whose rules of policy each mover meets."""
        roster, offset = self._world.roster, np.array(self._world.climb.offset)
        step, post = roster.step[movers], np.arange(len(FAMILIES) * SENIORITIES)
        position = step - offset[np.searchsorted(offset, step, side="right") - 1]
        meets = position[:, None] >= np.array(LEAST_POSITION)[post % SENIORITIES]
        meets &= ~TECHNICAL[post // SENIORITIES] | (roster.education[movers, None] >= BACHELOR)
        meets &= ~EXPERIENCED[post // SENIORITIES] | (roster.tenure(month)[movers, None] >= 24)
        meets &= (self._levels[post] > 0) | (roster.grassroots[movers, None] >= 24)
        result: BoolArray = meets
        return result

    def _targets(self, movers: IntArray, meets: BoolArray) -> IntArray:
        """The next post of each mover: two-step pattern, an earlier post, or the chain; its own post is a rotation."""
        roster, facts, rng = self._world.roster, self._world.effects.careers, self._rng
        present, draw = roster.post[movers], rng.random((4, len(movers)))
        before = roster.past_posts[movers, np.maximum(roster.past_count[movers] - 2, 0)]
        follows = np.where(roster.past_count[movers] >= 2, self._facts.two_step[before, present], -1)
        earlier = roster.past_posts[movers, (draw[0] * roster.past_count[movers]).astype(np.int64)]
        target = self._from_chain(movers, meets, draw[1])
        target = np.where((draw[2] < facts.return_to_earlier) & (earlier != present), earlier, target)
        follows = np.where(meets[np.arange(len(movers)), follows], follows, -1)
        target = np.where((follows >= 0) & (draw[2] >= 1 - facts.two_step), follows, target)
        return np.where(draw[3] < facts.same_post_other_unit, present, target)

    def _from_chain(self, movers: IntArray, meets: BoolArray, draw: FloatArray) -> IntArray:
        roster, facts = self._world.roster, self._world.effects.careers
        family = np.arange(len(FAMILIES) * SENIORITIES) // SENIORITIES
        trained = (roster.holds[movers].astype(float) @ self._course_opens) > 0  # (mover, family)
        weight = self._facts.chain[roster.post[movers]].copy()  # (mover, post)
        weight *= np.where(trained[:, family], facts.course_weight, 1.0)
        weight *= np.where(roster.goal_family[movers, None] == family, facts.goal_weight, 1.0)
        weight *= meets
        bounds = np.cumsum(weight, axis=1)
        place: IntArray = (draw[:, None] * bounds[:, -1:] >= bounds).sum(axis=1)
        return np.minimum(place, len(self._levels) - 1)

    def _carry_out(self, slots: IntArray, month: int) -> None:
        roster, world, rng = self._world.roster, self._world, self._rng
        if not len(slots):
            return
        posts, days = self._pending[slots], world.calendar.days(month, rng, len(slots))
        rises = (posts % SENIORITIES) - (roster.post[slots] % SENIORITIES)
        wished = roster.goal_family[slots] == posts // SENIORITIES
        occasion = np.select([rises > 0, wished, rng.random(len(slots)) < 0.03], [2, 3, 4], 1)
        self._close(slots, days)
        self._open(slots, posts, self._next_units(slots, posts), days, occasion, month)
        self._pending[slots] = -1

    def _next_units(self, slots: IntArray, posts: IntArray) -> IntArray:
        """An earlier post is taken up again where it was held; else mostly in the same sub-bureau."""
        roster, world, rng = self._world.roster, self._world, self._rng
        home = world.units.sub_bureau[roster.unit[slots]]
        stays = (home >= 0) & (rng.random(len(slots)) < world.effects.careers.same_sub_bureau)
        sub_bureau = np.where(stays, home, rng.integers(0, world.units.sub_bureaus, len(slots)))
        units = world.units.choose(self._levels[posts], sub_bureau, rng)
        held = roster.past_posts[slots] == posts[:, None]
        earlier = roster.past_units[slots, held.argmax(axis=1)]
        return np.where(held.any(axis=1) & (posts != roster.post[slots]), earlier, units)

    def _open(self, slots: IntArray, posts: IntArray, units: IntArray, days: IntArray, occasion: IntArray | int,
              month: int) -> None:  # fmt: skip
        roster, rng, count = self._world.roster, self._rng, len(slots)
        new = (roster.past_count[slots] == 0) | (posts != roster.post[slots])
        place = np.minimum(roster.past_count[slots] - ~new, HISTORY - 1)
        roster.past_posts[slots, place], roster.past_units[slots, place] = posts, units
        roster.past_count[slots] = place + 1
        roster.post[slots], roster.unit[slots], roster.post_month[slots] = posts, units, month
        late = np.where(rng.random(count) < LATE_NEWS, rng.integers(20, 150, count), rng.integers(0, 8, count))
        nights = np.array([family.nights for family in FAMILIES])[posts // SENIORITIES]
        opened = self._opened
        opened["day"][slots], opened["known"][slots] = days, days + late
        opened["step"][slots], opened["occasion"][slots] = roster.step[slots], occasion
        opened["supervisor"][slots] = self._supervisors()[units]
        opened["supervisor"][slots[opened["supervisor"][slots] == roster.person[slots]]] = -1
        opened["shift"][slots] = np.where(rng.random(count) * 8 < nights, 2, 0)

    def _supervisors(self) -> IntArray:
        """The officer number of the most senior officer of each unit, or -1."""
        roster = self._world.roster
        present = roster.present()
        present = present[np.argsort(roster.post[present] % SENIORITIES, kind="stable")]
        heads = np.full(len(self._world.units.ids), -1, dtype=np.int64)
        heads[roster.unit[present]] = roster.person[present]
        return heads

    def _close(self, slots: IntArray, days: IntArray) -> None:
        roster, opened = self._world.roster, self._opened
        self._world.ledger.add(
            "postings", officer_id=roster.person[slots], post_id=roster.post[slots], unit_id=roster.unit[slots],
            started_on=opened["day"][slots], ended_on=days, rank_step=opened["step"][slots],
            shift=opened["shift"][slots], supervisor_id=opened["supervisor"][slots],
            occasion=opened["occasion"][slots], known_on=opened["known"][slots],
        )  # fmt: skip

    def _write_officers(self, slots: IntArray, days: IntArray, kinds: IntArray) -> None:
        roster, ledger = self._world.roster, self._world.ledger
        person, entered = roster.person[slots], roster.entered_day[slots]
        ledger.add("officers", officer_id=person, entered_on=entered, left_on=days, leave_kind=kinds,
                   track=roster.track[slots], education=roster.education[slots], known_on=entered)  # fmt: skip
        ledger.add("protected_attributes", officer_id=person, sex=roster.sex[slots],
                   ethnicity=roster.ethnicity[slots], birth_year=roster.birth_year[slots],
                   known_on=entered)  # fmt: skip
