"""What the followers of each arm of the plan study do every few months: which course they take, what they wish for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Protocol

import numpy as np
import pandas as pd

from data_contracts.asof import DAYS_A_MONTH, add_months
from data_contracts.simulator.families import SENIORITIES, post_ids
from data_contracts.simulator.simulation import Block
from experiments.backtests.plan_changes import PlanBook, plan_of
from models.courses.lifts import CourseLifts
from models.paths.beams import Route, Search
from models.paths.dwell import later
from models.paths.finding import Goals
from models.paths.replanning import Now
from models.paths.search import PathModel
from models.paths.transitions import extended
from models.posts.histories import Array, Histories
from training.paths.data import states_at
from training.paths.fit import PathTraining

NARROW = Search(first=16, second=4, third=2)
ROUTES, FOLLOWED = 5, 2  # found, so that an old plan is found again; looked at for courses
UNNAMED = "a post that nobody held"
ELECTIVES = ("e-", "n-")


@dataclass
class Bureau:
    """The bureau on the day the arms begin: slots and goal posts (numbers of the simulator) of the followers."""

    block: Block
    slots: Array
    goals: Array
    training: PathTraining
    today: date
    horizon_months: int
    starts: Histories = field(init=False)

    def __post_init__(self) -> None:
        states = states_at(self.training.frames, self.today, *self.training.known)
        row = {str(officer): number for number, officer in enumerate(states.officers)}
        ids = self.block.world.officer_ids()
        mine = [row.get(ids[person], -1) for person in self.block.world.roster.person[self.slots].tolist()]
        known = np.flatnonzero(np.array(mine) >= 0)
        self.slots, self.goals = self.slots[known], self.goals[known]
        self.starts = states.histories.take(np.array(mine)[known])

    @property
    def codes(self) -> Array:
        """(posts of the simulator,) their numbers in the catalogue; its size for one that nobody held."""
        catalogue = self.training.data.catalogue
        return np.array([catalogue.code(post) for post in post_ids()])


class Advice(Protocol):
    """One arm."""

    def advise(self, bureau: Bureau, block: Block, seeking: Array, month: int) -> None:
        """Let the followers `seeking` (places among the followers) act, `month` months after the first day."""
        ...


@dataclass
class PlanArm:
    """Follows the best route: wishes for the family of its next step, takes the course that raises the chance most."""

    model: PathModel
    lifts: CourseLifts
    histories: Histories | None = None
    book: PlanBook = field(default_factory=PlanBook)

    def advise(self, bureau: Bureau, block: Block, seeking: Array, month: int) -> None:
        """See Advice."""
        if not len(seeking):
            return
        starts = self._present(bureau, block, month)
        left = float(bureau.horizon_months - month)
        asked = Goals(starts.take(seeking), bureau.codes[bureau.goals[seeking]], left)
        held = self._held(block, bureau.slots[seeking])
        model = replace(self.model, search=NARROW)
        routes = model.routes(replace(asked, factors=self.lifts.factors(held)), ROUTES)
        roster = block.world.roster
        self._look(bureau, seeking, routes, (starts, month))
        wanted = [
            {int(self.lifts.family[leg.post]) for route in one for leg in route.legs[:: max(len(route.legs) - 1, 1)]}
            for one in (found[:FOLLOWED] for found in routes)
        ]
        best = self._courses(model, asked, held, wanted)
        for place, (follower, one) in enumerate(zip(seeking.tolist(), routes, strict=True)):
            goal = int(bureau.goals[follower]) // SENIORITIES
            family = int(self.lifts.family[one[0].legs[0].post]) if one else goal
            roster.goal_family[bureau.slots[follower]] = family
            if best[place] >= 0:
                take_course(block, int(bureau.slots[follower]), self.lifts.courses[best[place]])

    def _look(
        self, bureau: Bureau, seeking: Array, routes: Sequence[Sequence[Route]], at: tuple[Histories, int]
    ) -> None:
        """Hold each plan told before against the routes of today; courses are left out, for the arm takes one a look
        whatever the plan asks for."""
        names, day = bureau.training.data.catalogue.posts, add_months(bureau.today, at[1])
        held = at[0].posts[:, 0]
        for follower, found in zip(seeking.tolist(), routes, strict=True):
            goal = post_ids()[int(bureau.goals[follower])]
            plans = [plan_of(route, names, goal, day) for route in found if route.legs]
            code = int(held[follower])
            self.book.look(follower, Now(goal, day, plans), names[code] if code < len(names) else UNNAMED)

    def _courses(self, model: PathModel, asked: Goals, held: Array, wanted: list[set[int]]) -> Array:
        """(n,) the course that raises the chance of the goal most, -1 where none does."""
        offered = [
            (place, fresh[0])
            for place, families in enumerate(wanted)
            for family in sorted(families)
            if (fresh := [one for one in self.lifts.opening(family, 3) if not held[place, one]])
        ]
        best, most = np.full(len(asked), -1), np.zeros(len(asked))
        if not offered:
            return best
        row, course = np.array(offered).T
        with_course = held[row].copy()
        with_course[np.arange(len(row)), course] = True
        now = model.chance(replace(asked, factors=self.lifts.factors(held)))
        then = model.chance(replace(asked.take(row), factors=self.lifts.factors(with_course)))
        for place in np.argsort(then, kind="stable").tolist():
            if then[place] > max(now[row[place]], most[row[place]]):
                best[row[place]], most[row[place]] = course[place], then[place]
        return best

    def _held(self, block: Block, slots: Array) -> Array:
        electives = [block.catalogue.ids.index(course) for course in self.lifts.courses]
        return np.asarray(block.world.roster.holds[np.ix_(slots, np.array(electives))])

    def _present(self, bureau: Bureau, block: Block, month: int) -> Histories:
        """The followers' histories now: a post taken up since the last look is one more step."""
        before = bureau.starts if self.histories is None else self.histories
        passed = month * DAYS_A_MONTH - float(before.day[0] - bureau.starts.day[0])
        roster, codes = block.world.roster, bureau.codes
        post = codes[roster.post[bureau.slots]]
        moved = post != before.posts[:, 0]
        now = later(before, passed)
        if moved.any():
            longer = extended(now, np.where(moved, post, now.posts[:, 0]), np.zeros(len(post)))
            width = now.posts.shape[1]
            new = Histories(longer.posts[:, :width], longer.days[:, :width], *_rest(longer))
            now = _either(moved, new, now)
        self.histories = now
        return now


@dataclass(frozen=True)
class PopularArm:
    """Takes the course most taken of late that it lacks; wishes for the post most moved to, or for its own goal."""

    courses: tuple[str, ...]
    family: int
    own_wish: bool

    @classmethod
    def of(cls, frames: Mapping[str, pd.DataFrame], today: date, own_wish: bool) -> PopularArm:
        """What was popular in the year before `today`."""
        since, day = pd.Timestamp(add_months(today, -12)), pd.Timestamp(today)
        taken, electives = frames["course_completions"], frames["courses"]
        chosen = {course for course in electives.loc[~electives["mandated"], "course_id"] if opens_a_family(course)}
        recent = taken[(taken["occurred_on"] >= since) & (taken["occurred_on"] < day)]
        counts = recent.loc[recent["course_id"].isin(chosen), "course_id"].value_counts(sort=True)
        moves = frames["postings"]
        new = moves.loc[(moves["started_on"] >= since) & (moves["started_on"] < day), "post_id"]
        family = post_ids().index(str(new.value_counts().index[0])) // SENIORITIES
        return cls(tuple(str(course) for course in counts.index), family, own_wish)

    def advise(self, bureau: Bureau, block: Block, seeking: Array, month: int) -> None:  # noqa: ARG002
        """See Advice; what was popular on the first day stays so."""
        roster, ids = block.world.roster, block.catalogue.ids
        for follower in seeking.tolist():
            slot = int(bureau.slots[follower])
            own = int(bureau.goals[follower]) // SENIORITIES
            roster.goal_family[slot] = own if self.own_wish else self.family
            lacking = next((course for course in self.courses if not roster.holds[slot, ids.index(course)]), None)
            if lacking is not None:
                take_course(block, slot, lacking)


def opens_a_family(course: str) -> bool:
    """Whether a course of the simulator is an elective, which opens a job family; those of talent fields open none.

    >>> opens_a_family("e-patrol-1"), opens_a_family("n-2020-1"), opens_a_family("t-traffic")
    (True, True, False)
    """
    return course.startswith(ELECTIVES)


def take_course(block: Block, slot: int, course: str) -> None:
    """One officer completes an elective this month."""
    world, place = block.world, block.catalogue.ids.index(course)
    if world.roster.holds[slot, place]:
        return
    world.roster.holds[slot, place] = True


def _rest(histories: Histories) -> tuple[Array, Array, Array, Array]:
    return histories.rank, histories.rank_days, histories.tenure_days, histories.day


def _either(mask: Array, new: Histories, old: Histories) -> Histories:
    wide = mask[:, None]
    return Histories(
        np.where(wide, new.posts, old.posts), np.where(wide, new.days, old.days), old.rank, old.rank_days,
        old.tenure_days, old.day,
    )  # fmt: skip
