"""`POST /v1/paths` without the web: officers in, paths to their goals out, or why there is none, and how they stand.

The plan that holds comes first: the last one while re-planning keeps it, else today's best. What is told is kept, so
that the next answer can say how the officer stands against it; a plan sent with the request goes before the kept one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Protocol

from data_contracts.errors import NotReady
from data_contracts.policy import Policy
from data_contracts.vocabulary import Bilingual
from data_contracts.vocabulary import NotScored as Reasons
from models.paths.finding import DAYS_A_MONTH
from models.paths.replanning import Event, Now, Plan, PlannedStep, Replanned, replan
from models.paths.service_end import ServiceEnd, service_end
from models.paths.telling import Blocked, NoPath, Question, TellingStep, Told, ToldPath
from serving.night.manifest import ModelIdentity
from serving.paths.plan_log import PlanKey
from serving.paths.schemas import (
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
    Retirement,
)
from serving.schemas import Because, BlockedBy, ModelName, NotScored, Text
from serving.talent.records import day_asked

NO_GOAL = Because(code="no_goal", zh="没有登记职业目标", en="no career goal is known; state one")
NO_HISTORY = Because(code="short_history", zh="没有任职记录", en="no posting is known, so there is no start for a path")
NOT_SERVING = Because(code=Reasons.NOT_SERVING.value, zh=Reasons.NOT_SERVING.zh, en=Reasons.NOT_SERVING.en)
Name = Callable[[str], Bilingual]


@dataclass(frozen=True)
class AskedPath:
    """A question with where the officer stands now; `goal` is kind:code as asked, None for the stated one."""

    question: Question
    start: str
    goal: str | None = None

    @property
    def key(self) -> PlanKey:
        """Under which its plans follow each other."""
        return PlanKey(self.question.officer_id, self.goal or "", self.question.horizon_months)

    def until(self, end: ServiceEnd, as_of: date) -> AskedPath:
        """The same question of one whose service ends then."""
        return replace(self, question=replace(self.question, end_months=end.months_from(as_of)))


class PathDay(Protocol):
    """What knows officers, goals and paths on one day."""

    def question(self, officer_id: str, goal: PathGoal | None, horizon_months: int | None) -> AskedPath | Because:
        """The question of one officer, or why there is none (unknown, no goal, no posting)."""
        ...

    def tell_all(self, questions: Sequence[Question], top: int) -> Sequence[Told]:
        """Paths of each, or why there is none."""
        ...

    def events(self, question: Question, since: date) -> Sequence[Event]:
        """What became known about an officer's plan after `since`."""
        ...

    def name(self, item: str) -> Bilingual:
        """Name of a post, rank step, course, family or field; the code twice where it has none."""
        ...


class PathSource(Protocol):
    """Makes the day of a request; `path_source.RecordPaths` is the real one."""

    def on(self, officer_ids: Sequence[str], as_of: date) -> PathDay:
        """What is known of these officers on a day."""
        ...


class Plans(Protocol):
    """Where told plans are kept; `plan_log.PlanLog` is the real one. Both raise NotReady where it cannot be used."""

    def last(self, keys: Sequence[PlanKey], as_of: date) -> Mapping[PlanKey, Plan]:
        """The newest plan of each key made by a day."""
        ...

    def keep(self, plans: Mapping[PlanKey, Plan]) -> None:
        """Add plans."""
        ...


@dataclass(frozen=True)
class PathDesk:
    """Everything that `/v1/paths` needs, fixed at start."""

    model: ModelIdentity
    paths: PathSource
    plans: Plans
    policy: Policy

    def answer(self, request: PathsRequest, request_id: str, now: datetime) -> PathsAnswer:
        """One result for each officer, in order; `degraded` where kept plans could not be read or written.

        Raises InvalidInput for a day that has not come yet.
        """
        as_of = day_asked(request.as_of, now)
        day = self.paths.on(request.officer_ids, as_of)
        ids = list(dict.fromkeys(request.officer_ids))
        asked = {one: day.question(one, request.goal, request.horizon_months) for one in ids}
        keys = {one: found.key for one, found in asked.items() if isinstance(found, AskedPath)}
        kept, reached = self._last(list(keys.values()), as_of)
        results: dict[str, PathsFound | NoPathFound | NotScored] = {
            one: NotScored(officer_id=one, because=found) for one, found in asked.items() if isinstance(found, Because)
        }
        plans: dict[PlanKey, Plan] = {}
        ends = {one: self._end(request, one, found) for one, found in asked.items() if isinstance(found, AskedPath)}
        open_ = {one: found.until(ends[one], as_of) for one, found in asked.items() if isinstance(found, AskedPath)}
        told = day.tell_all([found.question for found in open_.values()], request.top)
        for (one, found), paths in zip(open_.items(), told, strict=True):
            last = _last(request.last_plans.get(one)) or kept.get(found.key)
            results[one], plan = _Answering(day, found, as_of, self.policy, ends[one]).answer(paths, last)
            if plan is not None and plan != last:
                plans[found.key] = plan
        return PathsAnswer(
            request_id=request_id,
            model=ModelName(name=self.model.name, version=self.model.version, features=self.model.service),
            as_of=as_of,
            feature_age_hours=round((now - datetime.combine(as_of, time())).total_seconds() / 3600.0, 2),
            degraded=not (reached and self._keep(plans)),
            results=[results[officer_id] for officer_id in request.officer_ids],
        )

    def _end(self, request: PathsRequest, officer_id: str, asked: AskedPath) -> ServiceEnd:
        entered = asked.question.state.entered_on
        return service_end(request.retires_on.get(officer_id), entered, self.policy.paths)

    def _last(self, keys: Sequence[PlanKey], as_of: date) -> tuple[Mapping[PlanKey, Plan], bool]:
        try:
            return self.plans.last(keys, as_of), True
        except NotReady:
            return {}, False

    def _keep(self, plans: Mapping[PlanKey, Plan]) -> bool:
        try:
            self.plans.keep(plans)
        except NotReady:
            return False
        return True


@dataclass(frozen=True)
class _Answering:
    """One officer's answer."""

    day: PathDay
    asked: AskedPath
    as_of: date
    policy: Policy
    end: ServiceEnd

    def answer(self, told: Told, last: Plan | None) -> tuple[PathsFound | NoPathFound, Plan | None]:
        """The result, and the plan that holds, None without one."""
        question = self.asked.question
        now = self._replanned(told, last)
        if told.because is not None:
            return self._no_path(told.because, now if last is not None else None), now.plan
        helps = told.helps
        found = PathsFound(
            officer_id=question.officer_id,
            start=_text(self.day.name(self.asked.start)),
            goal=_text(question.called or self.day.name(question.goal)),
            horizon_months=question.horizon_months,
            chance=min(told.chance, 1.0),
            paths=[self._path(one) for one in _holding_first(told.paths, now)],
            change=None if helps is None else PathChange(
                text=_text(helps.text), chance=min(helps.chance, 1.0), before=min(helps.before, 1.0)),
            progress=_progress(now, self.day.name),
            retirement=self._retirement(),
        )  # fmt: skip
        return found, now.plan

    def _replanned(self, told: Told, last: Plan | None) -> Replanned:
        question = self.asked.question
        plans = [one.as_plan(question.goal, self.as_of) for one in told.paths]
        events = [] if last is None else self.day.events(question, last.made_on)
        return replan(last, Now(question.goal, self.as_of, plans, events), self.policy.paths)

    def _no_path(self, because: NoPath, now: Replanned | None) -> NoPathFound:
        return NoPathFound(
            officer_id=self.asked.question.officer_id,
            because=Because(code=because.code, zh=because.text.zh, en=because.text.en),
            blocked_by=_blocked(because.blocked),
            progress=None if now is None else _progress(now, self.day.name),
            retirement=self._retirement(),
        )

    def _retirement(self) -> Retirement:
        return Retirement(basis=self.end.basis, on=self.end.on, text=_text(self.end.words))

    def _path(self, told: ToldPath) -> CareerPath:
        last = told.steps[-1]
        return CareerPath(
            chance=min(told.chance, 1.0),
            months=last.months,
            low_months=last.low_months,
            high_months=last.high_months,
            steps=[self._step(step) for step in told.steps],
        )

    def _step(self, step: TellingStep) -> PathStep:
        return PathStep(
            post_id=step.post,
            name=_text(self.day.name(step.post)),
            chance=min(step.chance, 1.0),
            months=step.months,
            low_months=step.low_months,
            high_months=step.high_months,
            expected_on=_day(self.as_of, step.months),
            low_on=_day(self.as_of, step.low_months),
            high_on=_day(self.as_of, step.high_months),
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


def _progress(now: Replanned, name: Name) -> Progress:
    why = [PlanReason(code=one.code, text=_text(one.named(name)), since=one.since) for one in now.why]
    return Progress.model_validate({"status": now.status, "changed": now.changed, "why": why})


def _blocked(rules: Sequence[Blocked]) -> list[BlockedBy]:
    return [BlockedBy(rule=rule.rule, text=_text(rule.text)) for rule in rules]


def _text(words: Bilingual) -> Text:
    return Text(zh=words.zh, en=words.en)


def _day(as_of: date, months: float) -> date:
    return as_of + timedelta(days=round(months * DAYS_A_MONTH))
