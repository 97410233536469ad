"""Paths as people are told them: each step with days, gaps, courses, points and rules; why there is none; what helps.

The model knows posts by number; everything else about a step comes from callables of the caller (`StepFacts`), so that
eligibility, standards, courses and points keep one home each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np

from data_contracts.pathing import PathPolicy
from data_contracts.vocabulary import Bilingual
from models.paths.beams import Leg, Route
from models.paths.finding import DAYS_A_MONTH, Goals
from models.paths.rules import Rules
from models.paths.search import PathModel
from models.paths.telling import (
    REFUSALS,
    Blocked,
    Helps,
    NoPath,
    Question,
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
        if not goals:
            return self._none(question, "goal_unknown")
        if question.state.posts and question.state.posts[-1] in question.posts:
            return self._none(question, "already_there")
        routes, chance = self._ways(question, goals, self._rules(question, goals), top)
        if not routes:
            return self._why(question, goals)
        paths = tuple(self._told(question, route) for route in routes)
        return Told(paths, chance, self._helps(question, goals, chance))

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

    def _helps(self, question: Question, goals: Sequence[int], before: float) -> Helps | None:
        """What raises the chance most, None where nothing offered does; all changes are tried in one search."""
        changes = self.facts.changes(question.officer_id)
        if not changes:
            return None
        base = np.ones(self.catalogue.size) if question.factors is None else question.factors
        factors = np.stack([np.maximum(base, change.factors) for change in changes])
        asked, rules = self._asked(question, goals, factors), self._rules(question, goals, len(changes))
        chances = self.model.chance(asked, rules).reshape(len(changes), -1).sum(1)
        best: Helps | None = None
        for change, chance in zip(changes, np.minimum(chances, 1.0).tolist(), strict=True):
            rise = chance - (before if best is None else best.chance)
            if rise > (self.policy.least_chance if best is None else 0.0):
                best = Helps(change.text, before, chance)
        return best

    def _told(self, question: Question, route: Route) -> ToldPath:
        return ToldPath(tuple(self._step(question, leg) for leg in route.legs), route.chance)

    def _step(self, question: Question, leg: Leg) -> TellingStep:
        officer, post = question.officer_id, self.catalogue.posts[leg.post]
        gaps = tuple(self.facts.gaps(officer, post))
        today = self.facts.blocked(officer, post, question.state.as_of)
        return TellingStep(
            post, leg.chance, leg.months, leg.low, leg.high, gaps,
            tuple(self.facts.courses(officer, post, gaps)), self.facts.points(officer, post), tuple(today),
        )  # fmt: skip

    def _why(self, question: Question, goals: Sequence[int]) -> Told:
        """The first thing without which there would be a path: rules, then least times, then retirement."""
        horizon, end = question.horizon_months, question.end_months
        last_day = question.state.as_of + timedelta(days=round(horizon * DAYS_A_MONTH))
        blocked = [self._blocked(question, goal, (last_day - EPOCH).days) for goal in goals]
        if all(blocked):
            return self._none(question, "rule_blocks", tuple(blocked[0]))
        free = Rules()
        if not self._routes(question, goals, free, 1):
            return self._none(question, "never_reached")
        if end is not None and end < horizon and self._routes(question, goals, Rules(None, self.least_months), 1):
            return self._none(question, "retirement_first")
        if self.least_months is not None and not self._routes(question, goals, Rules(None, self.least_months), 1):
            return self._none(question, "minimum_times")
        today = [self._blocked(question, goal, (question.state.as_of - EPOCH).days) for goal in goals]
        return self._none(question, "rule_blocks", tuple(today[0]))

    def _none(self, question: Question, code: str, blocked: tuple[Blocked, ...] = ()) -> Told:
        goal, horizon = question.called or Bilingual(question.goal, question.goal), question.horizon_months
        zh = "、".join(one.text.zh for one in blocked) or "途中岗位"
        en = ", ".join(one.text.en for one in blocked) or "a post on the way is closed"
        text = REFUSALS[code]
        told = Bilingual(
            text.zh.format(goal=goal.zh, horizon=horizon, rules=zh),
            text.en.format(goal=goal.en, horizon=horizon, rules=en),
        )
        return Told((), 0.0, None, NoPath(code, told, blocked))
