"""`POST /v1/paths` without the web: officers in, paths to their goals out, or why there is none, and how they stand.

The plan that holds comes first: the last one while re-planning keeps it, else today's best.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

import pandas as pd

from data_contracts.policy import Policy
from data_contracts.vocabulary import Bilingual
from models.path_finding import DAYS_A_MONTH
from models.path_telling import Blocked, NoPath, Question, TellingStep, Told, ToldPath
from models.replanning import Event, Now, Plan, PlannedStep, Replanned, replan
from serving.freshness import UNKNOWN, AgeLimits, FeatureSource, read_fresh
from serving.manifest import ModelIdentity
from serving.path_schemas import (
    CareerPath,
    CourseForStep,
    Gap,
    LastPlan,
    NoPathFound,
    PathChange,
    PathGoal,
    PathsAnswer,
    PathsFound,
    PathsRequest,
    PathStep,
    PlanReason,
    Progress,
)
from serving.schemas import Because, BlockedBy, ModelName, NotScored, Text

NO_GOAL = Because(code="no_goal", zh="没有登记职业目标", en="no career goal is known; state one")
NO_HISTORY = Because(code="short_history", zh="没有任职记录", en="no posting is known, so there is no start for a path")


class PathSource(Protocol):
    """What knows officers, goals and paths; made by whoever loads the model."""

    def question(self, row: Mapping[str, object], goal: PathGoal | None, horizon_months: int) -> Question | Because:
        """The question of one officer (a row of features), or why there is none (no goal, no posting)."""
        ...

    def tell(self, question: Question, top: int) -> Told:
        """Paths, or why there is none."""
        ...

    def events(self, officer_id: str, since: date, until: date) -> Sequence[Event]:
        """What became known about an officer's plan in (since, until]."""
        ...

    def name(self, item: str) -> Bilingual:
        """Name of a post, rank step, family or field; the id twice where it has none."""
        ...


@dataclass(frozen=True)
class PathDesk:
    """Everything that `/v1/paths` needs, fixed at start."""

    model: ModelIdentity
    paths: PathSource
    source: FeatureSource
    policy: Policy

    def answer(self, request: PathsRequest, request_id: str, now: datetime) -> PathsAnswer:
        """One result for each officer, in order."""
        limits = AgeLimits.of(self.policy)
        fresh = read_fresh(
            self.source, request.officer_ids, self.model.service, asked=request.as_of, now=now, limits=limits
        )
        results: dict[str, PathsFound | NoPathFound | NotScored] = {
            name: NotScored(officer_id=name, because=NO_HISTORY if why == UNKNOWN else why)
            for name, why in fresh.refused.items()
        }
        for row in _rows(fresh.frame):
            officer_id = str(row["officer_id"])
            results[officer_id] = self._one(row, request, fresh.as_of)
        return PathsAnswer(
            request_id=request_id,
            model=ModelName(name=self.model.name, version=self.model.version, features=self.model.service),
            as_of=fresh.read_as_of,
            feature_age_hours=fresh.age_hours,
            degraded=fresh.degraded,
            results=[results[officer_id] for officer_id in request.officer_ids],
        )

    def _one(
        self, row: Mapping[str, object], request: PathsRequest, as_of: date
    ) -> PathsFound | NoPathFound | NotScored:
        officer_id = str(row["officer_id"])
        horizon = request.horizon_months or self.policy.paths.default_horizon_months
        question = self.paths.question(row, request.goal, horizon)
        if isinstance(question, Because):
            return NotScored(officer_id=officer_id, because=question)
        told = self.paths.tell(question, request.top)
        last = _last(request.last_plans.get(officer_id))
        now = self._replanned(question, told, last, as_of)
        if told.because is not None:
            return self._no_path(officer_id, told.because, now if last is not None else None)
        helps = told.helps
        return PathsFound(
            officer_id=officer_id,
            goal=_text(self.paths.name(question.goal)),
            horizon_months=horizon,
            chance=min(told.chance, 1.0),
            paths=[self._path(one, as_of) for one in _holding_first(told.paths, now)],
            change=None if helps is None else PathChange(
                text=_text(helps.text), chance=min(helps.chance, 1.0), before=min(helps.before, 1.0)),
            progress=_progress(now),
        )  # fmt: skip

    def _replanned(self, question: Question, told: Told, last: Plan | None, as_of: date) -> Replanned:
        plans = [one.as_plan(question.goal, as_of) for one in told.paths]
        events = [] if last is None else self.paths.events(question.officer_id, last.made_on, as_of)
        return replan(last, Now(question.goal, as_of, plans, events), self.policy.paths)

    def _no_path(self, officer_id: str, because: NoPath, now: Replanned | None) -> NoPathFound:
        return NoPathFound(
            officer_id=officer_id,
            because=Because(code=because.code, zh=because.text.zh, en=because.text.en),
            blocked_by=_blocked(because.blocked),
            progress=None if now is None else _progress(now),
        )

    def _path(self, told: ToldPath, as_of: date) -> CareerPath:
        last = told.steps[-1]
        return CareerPath(
            chance=min(told.chance, 1.0),
            months=last.months,
            low_months=last.low_months,
            high_months=last.high_months,
            steps=[self._step(step, as_of) for step in told.steps],
        )

    def _step(self, step: TellingStep, as_of: date) -> PathStep:
        return PathStep(
            post_id=step.post,
            name=_text(self.paths.name(step.post)),
            chance=min(step.chance, 1.0),
            months=step.months,
            low_months=step.low_months,
            high_months=step.high_months,
            expected_on=_day(as_of, step.months),
            low_on=_day(as_of, step.low_months),
            high_on=_day(as_of, step.high_months),
            gaps=[Gap(competency=gap.competency, level=gap.level, standard=gap.standard) for gap in step.gaps],
            courses=[
                CourseForStep(course_id=one.course_id, name=_text(one.name), hours=one.hours, closes=list(one.closes))
                for one in step.courses
            ],
            points=step.points,
            blocked_by=_blocked(step.blocked),
        )


def _holding_first(paths: Sequence[ToldPath], now: Replanned) -> list[ToldPath]:
    """The path that holds first, the others after it in their order."""
    holds = () if now.plan is None else now.plan.path
    return sorted(paths, key=lambda path: tuple(step.post for step in path.steps) != holds)


def _last(plan: LastPlan | None) -> Plan | None:
    if plan is None:
        return None
    steps = tuple(
        PlannedStep(step.post_id, step.expected_on, step.low_on, step.high_on, tuple(step.courses))
        for step in plan.steps
    )
    return Plan(plan.goal, plan.made_on, steps, plan.chance)


def _progress(now: Replanned) -> Progress:
    why = [PlanReason(code=one.code, text=_text(one.text), since=one.since) for one in now.why]
    return Progress.model_validate({"status": now.status, "changed": now.changed, "why": why})


def _blocked(rules: Sequence[Blocked]) -> list[BlockedBy]:
    return [BlockedBy(rule=rule.rule, text=_text(rule.text)) for rule in rules]


def _text(words: Bilingual) -> Text:
    return Text(zh=words.zh, en=words.en)


def _day(as_of: date, months: float) -> date:
    return as_of + timedelta(days=round(months * DAYS_A_MONTH))


def _rows(frame: pd.DataFrame) -> list[dict[str, object]]:
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]
