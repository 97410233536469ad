"""Paths as people are told them: each step with days, gaps, courses, points and rules; why there is none; what helps.

The model knows posts by number; everything else about a step comes from callables of the caller (`StepFacts`), so that
eligibility, standards, courses and points keep one home each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import numpy as np

from data_contracts.naming import quoted
from data_contracts.pathing import PathPolicy
from data_contracts.vocabulary import Bilingual
from models.paths.beams import Leg, Route
from models.paths.finding import DAYS_A_MONTH, PATHS, Goals
from models.paths.refusals import barred, off_the_ladder, on_the_ladder, refused
from models.paths.rules import Rules
from models.paths.search import PathModel
from models.paths.telling import (
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
from models.posts.histories import EPOCH, Array, Catalogue, histories_of


@dataclass(frozen=True)
class PathPlanner:
    """A fitted model with its catalogue, and what is known of steps; least_months (size,) or None."""

    model: PathModel
    catalogue: Catalogue
    ranks: Mapping[str, int]
    policy: PathPolicy
    facts: StepFacts = field(default_factory=StepFacts)
    least_months: Array | None = None

    def tell(self, question: Question, top: int) -> Told:
        """At most `top` paths, with reasons, or why there is none within the horizon."""
        goals = [code for code in map(self.catalogue.code, question.posts) if code < self.catalogue.size]
        start = self.facts.name(question.state.posts[-1]) if question.state.posts else quoted("")
        if question.state.posts and question.state.posts[-1] in question.posts:
            return refused(question, "already_there", start=start)
        if (by_ladder := on_the_ladder(question, start)) is not None:
            return by_ladder
        if not goals:
            return refused(question, question.unseen)
        routes, chance = self._ways(question, goals, self._rules(question, goals), top)
        if not routes:
            return self._why(question, goals, start)
        helps, change = self._helps(question, goals, chance)
        base = self._base(question)
        paths = tuple(self._told(question, route, change, base) for route in routes)
        return Told(paths, chance, helps)

    def _base(self, question: Question) -> Array:
        return np.ones(self.catalogue.size) if question.factors is None else question.factors

    def _asked(self, question: Question, goals: Sequence[int], factors: Array | None) -> Goals:
        """One question a goal, and again for each row of factors (m, size)."""
        times = 1 if factors is None else len(factors)
        starts = histories_of([question.state], self.catalogue, self.ranks).take(np.zeros(times * len(goals), int))
        lifted = None if factors is None else np.repeat(factors, len(goals), 0)
        return Goals(starts, np.tile(goals, times), float(question.horizon_months), lifted)

    def _rules(self, question: Question, goals: Sequence[int], times: int = 1) -> Rules:
        def allowed(rows: Array, posts: Array, days: Array) -> Array:  # noqa: ARG001  one officer, many rows
            found = np.zeros(len(posts), bool)
            for post in np.unique(posts).tolist():
                here = posts == post
                found[here] = ~self.facts.closed(question.officer_id, self.catalogue.posts[post], days[here])
            return found

        end = np.full(times * len(goals), np.nan if question.end_months is None else question.end_months)
        asks = None if self.facts.blocked is nothing_known else allowed
        return Rules(asks, self.least_months, end)

    def _blocked(self, question: Question, post: int, day: int) -> Sequence[Blocked]:
        return self.facts.blocked(question.officer_id, self.catalogue.posts[post], EPOCH + timedelta(days=day))

    def _routes(self, question: Question, goals: Sequence[int], rules: Rules, top: int) -> list[Route]:
        return self._ways(question, goals, rules, top)[0]

    def _ways(self, question: Question, goals: Sequence[int], rules: Rules, top: int) -> tuple[list[Route], float]:
        """The best over all posts that count, and the chance of any of them by any way found.

        A route that passes another goal on its way is none of its own.
        """
        factors = None if question.factors is None else question.factors[None, :]
        found, chances = self.model.ways(self._asked(question, goals, factors), top, rules)
        every = [route for routes in found for route in routes if not set(route.path[:-1]) & set(goals)]
        kept = [route for route in every if route.chance >= self.policy.least_chance]
        return sorted(kept, key=lambda route: -route.chance)[:top], min(1.0, float(chances.sum()))

    def _helps(self, question: Question, goals: Sequence[int], before: float) -> tuple[Helps | None, Change | None]:
        """What raises the chance most, None where nothing offered does; all changes are tried in one search."""
        changes = self.facts.changes(question.officer_id)
        if not changes:
            return None, None
        factors = np.stack([np.maximum(self._base(question), change.factors) for change in changes])
        asked, rules = self._asked(question, goals, factors), self._rules(question, goals, len(changes))
        chances = np.minimum(self.model.chance(asked, rules).reshape(len(changes), -1).sum(1), 1.0)
        best = int(chances.argmax())
        change, chance = changes[best], float(chances[best])
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

    def _why(self, question: Question, goals: Sequence[int], start: Bilingual) -> Told:
        """The first thing without which there would be a path: rules, what is on record, retirement, least times."""
        horizon, least = question.horizon_months, self.policy.least_chance
        last_day = question.state.as_of + timedelta(days=round(horizon * DAYS_A_MONTH))
        blocked = [self._blocked(question, goal, (last_day - EPOCH).days) for goal in goals]
        if all(blocked):
            easiest = min(range(len(goals)), key=lambda place: len(blocked[place]))
            return barred(question, self._name(goals[easiest]), blocked[easiest], on_the_way=False)
        free = self._routes(question, goals, Rules(), PATHS)
        if not free:
            by_ladder = off_the_ladder(question, start, least)
            return by_ladder or refused(question, "never_reached", start=start, least=least)
        whole = self._rules(question, goals)
        if not self._routes(question, goals, Rules(end_months=whole.end_months), 1):
            end = question.state.as_of + timedelta(days=round((question.end_months or 0.0) * DAYS_A_MONTH))
            return refused(question, "retirement_first", end=end, least=least)
        if not self._routes(question, goals, Rules(least_months=whole.least_months), 1):
            by_ladder = off_the_ladder(question, start, least)
            stay, moves = self._stay(question)
            return by_ladder or refused(question, "minimum_times", least=least, stay=stay, moves=moves)
        if not self._routes(question, goals, Rules(allowed=whole.allowed), 1):
            return self._barred(question, goals, free)
        return refused(question, "together", least=least)

    def _stay(self, question: Question) -> tuple[float, date]:
        """The least time in the present post, and the day from which the next move may come."""
        code, state = self.catalogue.code(question.state.posts[-1]), question.state
        known = self.least_months is not None and code < self.catalogue.size
        stay = float(self.least_months[code]) if known and self.least_months is not None else 0.0
        return stay, max(state.as_of, state.started_on[-1] + timedelta(days=round(stay * DAYS_A_MONTH)))

    def _barred(self, question: Question, goals: Sequence[int], free: Sequence[Route]) -> Told:
        """Which post rules bar on the likeliest way: on the day it is expected, else now."""
        for route in free:
            for leg in route.legs:
                for months in (leg.months, 0.0):
                    day = question.state.as_of + timedelta(days=round(months * DAYS_A_MONTH))
                    found = self._blocked(question, leg.post, (day - EPOCH).days)
                    if found:
                        return barred(question, self._name(leg.post), found, leg.post not in goals)
        return refused(question, "together", least=self.policy.least_chance)

    def _name(self, post: int) -> Bilingual:
        return self.facts.name(self.catalogue.posts[post])


def _before(as_of: date, leg: Leg, steps: Sequence[TellingStep]) -> Before:
    def on(months: float) -> date:
        return as_of + timedelta(days=round(months * DAYS_A_MONTH))

    return Before(
        on(leg.months), on(leg.high), tuple((step.post, on(step.months)) for step in steps),
        tuple(course for step in steps for course in step.courses),
    )  # fmt: skip


def _not_yet(courses: tuple[StepCourse, ...], before: Before) -> tuple[StepCourse, ...]:
    """Those that no earlier step asks for."""
    had = {course.course_id for course in before.courses}
    return tuple(course for course in courses if course.course_id not in had)
