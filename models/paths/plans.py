"""Paths as people are told them: each step with days, gaps, courses, points and rules; why there is none; what helps.

The model knows posts by number; everything else about a step comes from callables of the caller (`StepFacts`), so that
eligibility, standards, courses and points keep one home each.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import numpy as np

from data_contracts.asof import add_months, months_on, months_until
from data_contracts.naming import quoted
from data_contracts.pathing import PathPolicy
from data_contracts.vocabulary import Bilingual, GoalKind
from models.paths.beams import Leg, Route
from models.paths.farther import frame_of, steps_ahead
from models.paths.finding import Path
from models.paths.refusals import barred, barred_in_part, met_late, off_the_ladder, on_the_ladder, refused, too_late
from models.paths.search import PathModel
from models.paths.telling import (
    IN_FIELD,
    Bars,
    Before,
    Blocked,
    Change,
    Helps,
    Question,
    StepCourse,
    StepFacts,
    TellingStep,
    Told,
    ToldPath,
    nothing_known,
)
from models.paths.together import Ahead, Asked, Wanted, search_all
from models.posts.histories import Array, Catalogue, histories_of


@dataclass(frozen=True)
class PathPlanner:
    """A fitted model with its catalogue, and what is known of steps.

    least_months (size,) and moves (size + 1, size), what may follow what, are None where nothing says so.
    """

    model: PathModel
    catalogue: Catalogue
    ranks: Mapping[str, int]
    policy: PathPolicy
    facts: StepFacts = field(default_factory=StepFacts)
    least_months: Array | None = None
    moves: Array | None = None

    def tell(self, question: Question, top: int, ahead: Ahead | None = None) -> Told:
        """At most `top` paths, with reasons, or why there is none; `ahead` is what was found with others' questions."""
        start = self.facts.name(question.state.posts[-1]) if question.state.posts else quoted("")
        if question.state.posts and question.state.posts[-1] in question.posts:
            field = question.goal_kind == GoalKind.TALENT_FIELD  # which a post belongs to, but no post makes talent
            if question.ended_on is not None:
                was = "in_field_before" if field else "held_before"
                return refused(question, was, start=start, ended=question.ended_on)
            return refused(question, IN_FIELD if field else "already_there", start=start)
        if (by_ladder := on_the_ladder(question, start)) is not None:
            return by_ladder
        found = ahead or next(iter(search_all(self.model, self.asking(question), self.wanted(top))), None)
        if found is None:
            return refused(question, question.unseen, (), **question.unseen_words)
        if not found.routes:
            return self._why(question, found)
        helps, change = self._helps(found)
        base = self._base(question)
        paths = tuple(self._told(question, route, change, base) for route in found.routes)
        return Told(paths, found.chance, helps, wanted=found.wanted)

    def wanted(self, top: int) -> Wanted:
        """How many routes, and how likely at least."""
        return Wanted(top, self.policy.least_chance)

    def asking(self, question: Question) -> list[Asked]:
        """The question as the search has it, with every change to try; none where no post of the goal is known."""
        goals = tuple(code for code in map(self.catalogue.code, question.posts) if code < self.catalogue.size)
        if not goals or (question.state.posts and question.state.posts[-1] in question.posts):
            return []
        changes = tuple(self.facts.changes(question.officer_id))
        lifted = [np.maximum(self._base(question), one.factors) for one in changes]
        known = question.factors is not None or changes
        one = Asked(
            histories_of([question.state], self.catalogue, self.ranks), goals, float(question.horizon_months),
            np.stack([self._base(question), *lifted]) if known else None, changes, question.end_months,
            self.bars(question), self.least_months, self.moves, self._also(question), self._unwanted(question),
        )  # fmt: skip
        return [one]

    def _unwanted(self, question: Question) -> Callable[[Path], bool] | None:
        """Whether a path by number was declined, by the posts that it is told with."""
        unwanted, posts = question.unwanted, list(self.catalogue.posts)
        if unwanted is None:
            return None
        if question.like is not None:
            posts[self.catalogue.code(question.like)] = question.goal
        return lambda path: unwanted(tuple(posts[code] for code in path))

    def _also(self, question: Question) -> Path:
        """The path that is told in any case by number; none where the model does not know all of it."""
        posts = (question.like if question.like and post == question.goal else post for post in question.also)
        codes = tuple(self.catalogue.code(post) for post in posts)
        return codes if all(code < self.catalogue.size for code in codes) else ()

    def closed(self, question: Question, path: Sequence[str]) -> bool:
        """Whether rules open some post of a path not within the horizon, whatever way it goes."""
        codes = self._also(replace(question, also=tuple(path)))
        bars = self.bars(question)
        return bars is not None and bool((bars.soonest(np.array(codes, np.int64)) > question.horizon_months).any())

    def _base(self, question: Question) -> Array:
        return np.ones(self.catalogue.size) if question.factors is None else question.factors

    def bars(self, question: Question, met: Collection[Blocked] = ()) -> Bars | None:
        """From when rules open each post, those of `met` left out; worked out once, None where no rule speaks."""
        if self.facts.blocked is nothing_known:
            return None
        if self.facts.bars is not None:
            return self.facts.bars(question.officer_id, self.catalogue.posts, met)
        since = np.array([self._opens_in(question, post, met) for post in range(self.catalogue.size)])
        nothing = np.zeros(self.catalogue.size)
        return Bars(since, since, nothing, nothing, nothing > 0)

    def _opens_in(self, question: Question, post: int, met: Collection[Blocked]) -> float:
        """Months until `blocked` tells of nothing but `met` any more, infinity beyond the horizon.

        What time meets stays met.
        """
        as_of = question.state.as_of
        days = range(1, (self._last_day(question) - as_of).days + 1)

        def open_on(day: int) -> bool:
            return all(rule in met for rule in self._blocked(question, post, as_of + timedelta(days=day)))

        place = bisect_left(days, True, key=open_on)
        if place == len(days):
            return float("inf")
        return months_until(as_of, as_of + timedelta(days=days[place])) if place else 0.0

    def _blocked(self, question: Question, post: int, day: date) -> Sequence[Blocked]:
        return self.facts.blocked(question.officer_id, self.catalogue.posts[post], day)

    @staticmethod
    def _last_day(question: Question) -> date:
        return add_months(question.state.as_of, question.horizon_months)

    def _open(self, asked: Asked, *rules: str) -> bool:
        """Whether there would be a path without some rules."""
        return bool(search_all(self.model, [asked.without(*rules)], self.wanted(1))[0].routes)

    def _helps(self, found: Ahead) -> tuple[Helps | None, Change | None]:
        """What raises the chance most, None where nothing offered does; all changes were tried in the search."""
        changes, before = found.asked.changes, found.chance
        if not changes:
            return None, None
        best = int(found.lifted.argmax())
        change, chance = changes[best], float(found.lifted[best])
        if chance - before < max(self.policy.least_chance, self.policy.least_help):
            return None, None
        return Helps(change.text, before, chance, change.course), change

    def _told(self, question: Question, route: Route, change: Change | None, base: Array) -> ToldPath:
        """Each step with what belongs to it, given what the steps before it bring."""
        steps = list[TellingStep]()
        course = None if change is None else change.course
        opened = [] if change is None or course is None else [
            place for place, leg in enumerate(route.legs) if change.factors[leg.post] > base[leg.post]
        ]  # fmt: skip
        for place, leg in enumerate(route.legs):
            asked = (course,) if course is not None and opened[:1] == [place] else ()
            before = _before(question.state.as_of, leg, steps)
            steps.append(self._step(question, leg, replace(before, asked=_not_yet(asked, before))))
        return ToldPath(tuple(steps), route.chance)

    def _step(self, question: Question, leg: Leg, before: Before) -> TellingStep:
        officer, post = question.officer_id, self.catalogue.posts[leg.post]
        gaps, courses = self.facts.prepares(officer, post, before)
        if before.steps:
            lacking = self.facts.lacking(officer, post, replace(before, courses=(*before.courses, *courses)))
        else:
            lacking = self.facts.blocked(officer, post, question.state.as_of)
        return TellingStep(
            post, leg.chance, leg.months, leg.low, leg.high, tuple(gaps), tuple(courses),
            self.facts.points(officer, post), tuple(lacking),
        )  # fmt: skip

    def _why(self, question: Question, found: Ahead) -> Told:
        """The first thing without which there would be a path: rules, what is on record, retirement, least times.

        Rules are named where no way meets them in time; retirement where it comes before they can be met.
        """
        asked, least = found.asked, self.policy.least_chance
        start = self.facts.name(question.state.posts[-1]) if question.state.posts else quoted("")
        if (never := self._not_open(question, asked, question.horizon_months)) is not None:
            return barred(question, *never, on_the_way=False)
        if not found.free:
            by_ladder = off_the_ladder(question, start, least, found.chance)
            return by_ladder or self._never_reached(question, found, start)
        if question.end_months is not None and question.end_months < question.horizon_months:
            end = question.end_on or months_on(question.state.as_of, question.end_months)
            if (late := self._not_open(question, asked, question.end_months)) is not None:
                return too_late(question, *late, end=end)
            if not self._open(asked, "bars", "least_months"):
                return refused(question, "retirement_first", end=end, least=least)
        if not self._open(asked, "bars", "end_months"):
            by_ladder = off_the_ladder(question, start, least, found.chance)
            return by_ladder or self._least_times(question, start)
        if not self._open(asked, "least_months", "end_months"):
            return self._barred(question, asked, found.free)
        if question.end_months is not None and self._open(asked, "end_months"):
            end = question.end_on or months_on(question.state.as_of, question.end_months)
            return refused(question, "retirement_with_rules", end=end, least=least)
        return refused(question, "together", least=least)

    def _never_reached(self, question: Question, found: Ahead, start: Bilingual) -> Told:
        """What is on record of this move, and the chance of any way."""
        held = self.catalogue.code(question.state.posts[-1]) if question.state.posts else self.catalogue.size
        moves, straight = self.model.transitions.seen(held, found.asked.goals)
        return refused(
            question, "never_reached", start=start, least=self.policy.least_chance, moves=moves, straight=straight,
            chance=found.chance, most=steps_ahead(frame_of(question.horizon_months)),
        )  # fmt: skip

    def _not_open(self, question: Question, asked: Asked, months: float) -> tuple[Bilingual, Sequence[Blocked]] | None:
        """The post of the goal that lacks least, with its rules, where rules open none of them within some months."""
        goals = np.array(asked.goals)
        if asked.bars is None or not (asked.bars.soonest(goals) > months).all():
            return None
        day = months_on(question.state.as_of, months)
        each = {int(goal): self._blocked(question, int(goal), day) for goal in goals}
        easiest = min(each, key=lambda goal: len(each[goal]))
        return self._name(easiest), each[easiest]

    def _least_times(self, question: Question, start: Bilingual) -> Told:
        """Least times stand against every way: of the post held, or of the last one where none is held any more."""
        stay, moves = self._stay(question)
        known: dict[str, object] = {"least": self.policy.least_chance, "stay": stay, "moves": moves}
        if question.ended_on is None:
            return refused(question, "minimum_times", (), **known)
        return refused(question, "minimum_times_ended", (), **known, start=start, ended=question.ended_on)

    def _stay(self, question: Question) -> tuple[float, date]:
        """The least time in the last post, and the day from which the next move may come."""
        code, state = self.catalogue.code(question.state.posts[-1]), question.state
        known = self.least_months is not None and code < self.catalogue.size
        stay = float(self.least_months[code]) if known and self.least_months is not None else 0.0
        return stay, max(state.as_of, months_on(state.started_on[-1], stay))

    def _barred(self, question: Question, asked: Asked, free: Sequence[Route]) -> Told:
        """Which rules stand against the likeliest way: those not met within the horizon, else those met too late."""
        as_of, least = question.state.as_of, self.policy.least_chance
        if asked.bars is None:
            return refused(question, "together", least=least)
        for route in free:
            opens = _opens(asked.bars, route)
            for leg, months in zip(route.legs, opens, strict=True):
                rules = self._blocked(question, leg.post, self._last_day(question))
                rules = rules or self._blocked(question, leg.post, as_of + timedelta(days=1))
                if months > question.horizon_months and rules:
                    if leg.post in asked.goals and (others := _open_goals(asked, question.horizon_months)):
                        some = others, len(asked.goals)
                        return barred_in_part(question, self._name(leg.post), rules, some, least)
                    return barred(question, self._name(leg.post), rules, leg.post not in asked.goals)
            late = max(zip(opens, route.legs, strict=True), key=lambda one: one[0])
            # what only the steps themselves bring, as time in each post, bars nobody today and is named by no rule
            rules = self._blocked(question, late[1].post, as_of + timedelta(days=1))
            if late[0] > 0.0 and rules:
                some = _open_goals(asked, 0.0) if late[1].post in asked.goals else 0, len(asked.goals)
                return met_late(question, self._name(late[1].post), rules, some, least)
        return refused(question, "together", least=least)

    def _name(self, post: int) -> Bilingual:
        return self.facts.name(self.catalogue.posts[post])


def _open_goals(asked: Asked, months: float) -> int:
    """How many posts of the goal rules open within some months."""
    return 0 if asked.bars is None else int((asked.bars.soonest(np.array(asked.goals)) <= months).sum())


def _opens(bars: Bars, route: Route) -> list[float]:
    """Months from which rules let each step of a route be taken, had the steps before it come when expected."""
    posts, months = np.array([list(route.path)]), np.array([[leg.months for leg in route.legs]])
    found = []
    for place, leg in enumerate(route.legs):
        since, stay = bars.opening(np.array([leg.post]), posts[:, :place], months[:, :place])
        found.append(max(float(since[0]), float(stay[0]) + (months[0, place - 1] if place and stay[0] > 0 else 0.0)))
    return found


def _before(as_of: date, leg: Leg, steps: Sequence[TellingStep]) -> Before:
    def on(months: float) -> date:
        return months_on(as_of, months)

    return Before(
        on(leg.months), on(leg.high), tuple((step.post, on(step.months)) for step in steps),
        tuple(course for step in steps for course in step.courses),
    )  # fmt: skip


def _not_yet(courses: tuple[StepCourse, ...], before: Before) -> tuple[StepCourse, ...]:
    """Those that no earlier step asks for."""
    had = {course.course_id for course in before.courses}
    return tuple(course for course in courses if course.course_id not in had)
