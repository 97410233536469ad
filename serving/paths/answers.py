"""`POST /v1/paths` without the web: officers in, paths to their goals out, or why there is none, and how they stand.

The plan that holds comes first: the last one while re-planning keeps it, else today's best. What is told is kept, so
that the next answer can say how the officer stands against it; a plan sent with the request goes before the kept one.
A path that was declined, or that begins or ends with a declined post, stays away without a cause; what is shown is
logged, and chance may try the last place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from data_contracts.asof import months_on
from data_contracts.errors import NotReady
from data_contracts.local_time import local_day
from data_contracts.naming import Naming
from data_contracts.policy import Policy
from data_contracts.vocabulary import Bilingual, ItemKind
from models.paths.bundle import POST
from models.paths.replanning import REACHED, Now, Replanned, arrived, left_of, replan
from models.paths.service_end import ServiceEnd, service_end
from models.paths.telling import Blocked, Instead, NoPath, Question, StepCourse, TellingStep, Told, ToldPath
from models.paths.telling import Gap as TellingGap
from models.paths.told_plan import Event, Plan, PlannedStep, knew
from models.stated_goals import StatedGoal
from serving.feedback.declines import Declined as KeptAway
from serving.feedback.declines import declined_courses
from serving.feedback.suggesting import Asked, Suggester
from serving.feedback.telling import told_courses, told_declined
from serving.freshness import hours_since
from serving.night.manifest import ModelIdentity
from serving.paths.asking import AskedPath, PathDay, PathSource, Plans
from serving.paths.chances import explained, notices_of
from serving.paths.checking import check_last_plans
from serving.paths.plan_log import PlanKey
from serving.paths.schemas import (
    CareerPath,
    CourseForStep,
    Gap,
    GoalReached,
    GoalTerm,
    LastPlan,
    NoPathFound,
    PathChange,
    PathInstead,
    PathsAnswer,
    PathsFound,
    PathsRequest,
    PathStep,
    PlanReason,
    Progress,
    Retirement,
)
from serving.paths.terms import term_of
from serving.paths.unwanted import ALL_DECLINED, Sorted, path_id, posts_of, refusing, sorted_paths
from serving.schemas import Because, BlockedBy, Declined, ModelName, NotScored, Text
from serving.talent.records import day_asked
from serving.waiting import Waiting, while_wanted
from serving.words import because_of, text_of

Name = Callable[[str], Bilingual]
OFFICERS = Bilingual("名民警", "officers")
OF_COMPETENCIES = ("assessment", "other_assessment")  # reasons that name one
PLACES = 4  # of a chance
HELD = 1.0  # the chance of a plan without steps that says that the goal was reached
TOLD_TOGETHER = 50  # officers between two looks at whether anybody still waits
TRIAL = (2, 6)  # officers whose pace tells how many fit: over twenty years and to a large family one takes a second


@dataclass(frozen=True)
class PathDesk:
    """Everything that `/v1/paths` needs, fixed at start."""

    model: ModelIdentity
    paths: PathSource
    plans: Plans
    suggester: Suggester
    policy: Policy

    def answer(
        self, request: PathsRequest, request_id: str, now: datetime, waiting: Waiting | None = None
    ) -> PathsAnswer:
        """One result for each officer, in order; `degraded` where kept plans could not be read or written.

        Plans are kept, and what is shown is logged, once it is settled that the answer leaves. Raises InvalidInput for
        a day that has not come yet, a goal that nobody knows and a last plan that cannot have been told, NobodyWaits
        where the answer was given up (nothing is kept then) and TooMuchAtOnce where the officers are too many for the
        time there is.
        """
        waited = waiting or Waiting()
        as_of = day_asked(request.as_of, now)
        day = self.paths.on(request.officer_ids, as_of)
        day.check_goal(request.goal)
        check_last_plans(request.last_plans, day, as_of)
        ids = list(dict.fromkeys(request.officer_ids))
        asked = {one: day.question(one, request.goal, request.horizon_months) for one in while_wanted(ids)}
        keys = {one: found.key for one, found in asked.items() if isinstance(found, AskedPath)}
        kept, reached = self._last(list(keys.values()), as_of)
        away = self.suggester.away_on(list(keys), (as_of, local_day(now)))
        needed = self.suggester.needed(request.top, away)
        ends = {one: self._end(request, one, found) for one, found in asked.items() if isinstance(found, AskedPath)}
        open_ = {
            one: _without(found.until(ends[one], as_of), away.get(one, ()))
            for one, found in asked.items()
            if isinstance(found, AskedPath)
        }
        lasts = {one: _remembered(day, found.question, _last(request.last_plans.get(one), kept.get(found.key)))
                 for one, found in while_wanted(open_.items())}  # fmt: skip
        open_ = {one: found.telling_also(_left(day, found.question, lasts[one], as_of)) for one, found in open_.items()}
        told = [
            one
            for part in waited.parts([found.question for found in open_.values()], TOLD_TOGETHER, OFFICERS, TRIAL)
            for one in day.tell_all(part, needed)
        ]
        answering: dict[str, _Answering] = {}
        for (one, found), paths in while_wanted(zip(open_.items(), told, strict=True)):
            standing = Standing(as_of, lasts[one], tuple(away.get(one, ())), ends[one])
            answering[one] = _Answering.of(day, found, paths, standing, self.policy)
        waited.leave()
        shown = self._shown(answering, Asked(request_id, ItemKind.PATH.value, self.model, as_of, now), request.top)
        plans: dict[PlanKey, Plan] = {}
        for one, each in answering.items():
            if (plan := each.to_keep(shown[one])) is not None and plan != each.standing.last:
                plans[each.asked.key] = plan
        results = {one: answering[one].result(paths) for one, paths in shown.items()} | {
            one: NotScored(officer_id=one, because=why) for one, why in asked.items() if isinstance(why, Because)
        }
        return PathsAnswer(
            request_id=request_id,
            model=ModelName(name=self.model.name, version=self.model.version, features=self.model.service),
            as_of=as_of,
            feature_age_hours=round(hours_since(as_of, now), 2),
            degraded=not (reached and self._keep(plans)),
            notices=notices_of(self.model, as_of),
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

    def _shown(self, answering: Mapping[str, _Answering], asked: Asked, top: int) -> dict[str, list[ToldPath]]:
        """The path that holds stands first; chance may try the last place with a path below the list."""
        held = {one: each.ordered for one, each in answering.items()}
        ranked = {one: [(path_id(posts_of(path)), path.chance) for path in paths] for one, paths in held.items()}
        shown: dict[str, list[ToldPath]] = {}
        for one, suggested in self.suggester.shown(asked, ranked, top, {}).items():
            by_id = {path_id(posts_of(path)): path for path in held[one]}
            shown[one] = [by_id[item.item] for item in suggested.items]
        return shown

    def _keep(self, plans: Mapping[PlanKey, Plan]) -> bool:
        try:
            self.plans.keep(plans)
        except NotReady:
            return False
        return True


@dataclass(frozen=True)
class Standing:
    """What an officer was told and said before a day: the last plan and declines; and when service ends."""

    as_of: date
    last: Plan | None
    away: tuple[KeptAway, ...]
    end: ServiceEnd


@dataclass(frozen=True)
class _Answering:
    """One officer's answer: what was found, what of it is wanted, and the plan that holds now."""

    day: PathDay
    asked: AskedPath
    standing: Standing
    told: Told
    found: Sorted
    now: Replanned
    events: tuple[Event, ...]
    names: Naming

    @classmethod
    def of(cls, day: PathDay, asked: AskedPath, told: Told, standing: Standing, policy: Policy) -> _Answering:
        """Paths, without those that were declined, held against the last plan."""
        question, as_of, last = asked.question, standing.as_of, standing.last
        found = sorted_paths(told.paths, standing.away, _named(asked))
        plans = [one.as_plan(question.goal, as_of) for one in found.wanted]
        events = day.events(question, [step for plan in (last, *plans) if plan is not None for step in plan.path])
        ends_first = told.because is not None and told.because.code == "retirement_first"
        stated = asked.stated
        told_today = {posts_of(path) for path in told.paths}
        barred = bool(question.also) and question.also not in told_today and day.closed(question, question.also)
        stands = Now(
            question.goal, as_of, plans, events, found.declined, ends_first, question.horizon_months, told.chance,
            None if stated is None else stated.ends_on, barred, _held_on(question, stated),
        )  # fmt: skip
        return cls(day, asked, standing, told, found, replan(last, stands, policy.paths), tuple(events), policy.names)

    @property
    def ordered(self) -> list[ToldPath]:
        """The path that holds first, the others after it in their order."""
        holds = () if self.now.plan is None else self.now.plan.path
        return sorted(self.found.wanted, key=lambda path: posts_of(path) != holds)

    def to_keep(self, shown: Sequence[ToldPath]) -> Plan | None:
        """What the next answer is held against: the plan with the other paths shown, one without steps where it was
        told that there is none or that the goal is reached, so that a way that opens later is told as that."""
        question, last = self.asked.question, self.standing.last
        if self.arrived:
            told_before = last is None or (last.held and last.goal == question.goal)
            return None if told_before else self._remembering(Plan(question.goal, self.standing.as_of, (), HELD))
        if (plan := self.now.plan) is not None:
            others = self._others(plan, shown)
            if not self._told_nothing:
                return replace(self._remembering(plan), others=others)
            without = plan.without | frozenset(self.found.declined.items())
            return replace(plan, others=(*plan.others, *_new_to(plan.others, others)), without=without)
        if last is not None and (not last.steps and last.goal == question.goal and len(self.now.news) == 1):
            return None
        return self._remembering(Plan(question.goal, self.standing.as_of, (), 0.0))

    @property
    def arrived(self) -> bool:
        """Whether the goal, or a post of the field that is the goal, is held."""
        return self.now.status == REACHED or (self.told.because is not None and self.told.because.arrived)

    @property
    def _told_nothing(self) -> bool:
        """Whether the plan stands as it was, with nothing that it would have to remember as told."""
        return self.now.plan == self.standing.last and [one.code for one in self.now.news] == ["nothing"]

    def _others(self, plan: Plan, shown: Sequence[ToldPath]) -> tuple[tuple[PlannedStep, ...], ...]:
        """The steps of the paths shown beside the plan: who takes one of those is on track too."""
        paths = (path for path in shown if posts_of(path) != plan.path)
        return tuple(path.as_plan(plan.goal, self.standing.as_of).steps for path in paths)

    def _remembering(self, plan: Plan) -> Plan:
        """The plan with what it was made with, so that whatever comes later is news."""
        seen = knew(self.events, self.standing.as_of, plan.path)
        months = self.asked.question.horizon_months
        without = frozenset(self.found.declined.items())
        return replace(plan, knew=seen, horizon_months=months, goal_chance=self.told.chance, without=without)

    def _named(self, item: str) -> Bilingual:
        """Names of what progress speaks of; the goal by its kind, as a family may share its code with a field."""
        question = self.asked.question
        return (item == question.goal and question.called) or self.day.name(item)

    def _progress(self, now: Replanned) -> Progress:
        return _progress(now, self._named, self.names.competency_named)

    def result(self, paths: Sequence[ToldPath]) -> PathsFound | GoalReached | NoPathFound:
        """The answer with the paths shown, or why there is none."""
        question, told, helps = self.asked.question, self.told, self.told.helps
        if told.because is not None and told.because.reached:
            return self._reached(told.because)
        if told.because is not None or not paths:
            return self._no_path(told.because or NoPath("declined", ALL_DECLINED))
        return PathsFound(
            officer_id=question.officer_id,
            start=text_of(self.day.name(self.asked.start)),
            start_ended_on=question.ended_on,
            goal=self._goal(),
            goal_id=question.goal,
            horizon_months=question.horizon_months,
            chance=_chance(told.chance),
            chance_without_declined=self._without_declined,
            chances=explained(question.horizon_months, self._without_declined),
            paths=[self._path(one) for one in paths],
            change=None if helps is None else PathChange(
                text=text_of(helps.text), chance=_chance(helps.chance), before=_chance(helps.before),
                course_id=None if helps.course is None else helps.course.course_id),
            progress=self._progress(self.now),
            term=self._term(),
            declined=self._left_out([None if helps is None else helps.course, *_courses(paths)]),
            retirement=self._retirement(),
        )  # fmt: skip

    @property
    def _without_declined(self) -> float | None:
        """The chance of the ways that were not declined, None where none was that would count."""
        told = self.told
        if told.wanted is None or not (self.found.unwanted or _chance(told.wanted) < _chance(told.chance)):
            return None
        return _chance(told.wanted)

    def _goal(self) -> Text:
        question = self.asked.question
        return text_of(question.called or self.day.name(question.goal))

    def _reached(self, because: NoPath) -> GoalReached:
        question, last = self.asked.question, self.standing.last
        since = question.state.started_on[-1]
        now = self.now if self.now.status == REACHED else arrived(question.goal, since, last)
        return GoalReached(
            officer_id=question.officer_id,
            start=text_of(self.day.name(self.asked.start)),
            start_ended_on=question.ended_on,
            goal=self._goal(),
            since=since,
            because=because_of(because.code, because.text),
            progress=None if last is None else self._progress(now),
        )

    def _no_path(self, because: NoPath) -> NoPathFound:
        question, now = self.asked.question, self.now
        if because.arrived:
            now = arrived(question.goal, question.state.started_on[-1], self.standing.last, field=True)
        changes = [self._instead(one) for one in because.instead]
        return NoPathFound(
            officer_id=question.officer_id,
            because=because_of(because.code, because.text),
            blocked_by=_blocked(because.blocked),
            change=next(iter(changes), None),
            other_changes=changes[1:],
            progress=None if self.standing.last is None else self._progress(now),
            term=self._term(),
            declined=self._left_out([one.course for one in because.instead]),
            retirement=self._retirement(),
        )

    def _instead(self, one: Instead) -> PathInstead:
        """A change; a nearer goal is named, for the chance told with it is of that goal and of no other."""
        return PathInstead.model_validate({
            "kind": one.kind, "text": text_of(one.text), "chance": _chance(one.chance),
            "before": None if one.before is None else _chance(one.before),
            "course_id": None if one.course is None else one.course.course_id, "horizon_months": one.horizon_months,
            "goal_id": one.post, "goal": None if one.post is None else text_of(self.day.name(one.post)),
        })  # fmt: skip

    def _left_out(self, named: Iterable[StepCourse | None]) -> list[Declined]:
        """Every path, post or course kept away, by its name, with the day from which it may come back.

        Courses are those that no step and no change of the answer names; steps of rank have none.
        """
        ways = {path_id(posts_of(path)): posts_of(path) for path in self.found.unwanted}
        told = [told_declined(one, self._way(ways.get(one.item, (one.item,)))) for one in self.found.because]
        if self.asked.question.kind != POST:
            return told
        courses = (one.course_id for one in named if one is not None)
        asked = self.day.required(self.asked.question.officer_id) if declined_courses(self.standing.away) else ()
        return [*told, *told_courses(self.standing.away, courses, self.day.name, asked)]

    def _way(self, posts: Sequence[str]) -> Bilingual:
        names = [self.day.name(post) for post in posts]
        return Bilingual(" → ".join(name.zh for name in names), " → ".join(name.en for name in names))

    def _term(self) -> GoalTerm | None:
        stated = self.asked.stated
        return None if stated is None else term_of(stated, self.standing.as_of, self.asked.question.horizon_months)

    def _retirement(self) -> Retirement:
        end = self.standing.end
        return Retirement(basis=end.basis, on=end.on, text=text_of(end.words_on(self.standing.as_of)))

    def _path(self, told: ToldPath) -> CareerPath:
        last = told.steps[-1]
        return CareerPath(
            path_id=path_id(posts_of(told)),
            chance=_chance(told.chance),
            months=_months(last.months),
            low_months=_months(last.low_months),
            high_months=_months(last.high_months),
            steps=[self._step(step) for step in told.steps],
        )

    def _step(self, step: TellingStep) -> PathStep:
        return PathStep(
            post_id=step.post,
            name=text_of(self.day.name(step.post)),
            chance=_chance(step.chance),
            months=_months(step.months),
            low_months=_months(step.low_months),
            high_months=_months(step.high_months),
            expected_on=_day(self.standing.as_of, step.months),
            low_on=_day(self.standing.as_of, step.low_months),
            high_on=_day(self.standing.as_of, step.high_months),
            gaps=[self._gap(gap) for gap in step.gaps],
            courses=[
                CourseForStep(
                    course_id=one.course_id,
                    name=text_of(one.name),
                    hours=one.hours,
                    closes=list(one.closes),
                    take_by=one.take_by,
                    required=one.required,
                    due_on=one.due_on,
                )
                for one in step.courses
            ],
            points=step.points,
            blocked_by=_blocked(step.blocked),
        )

    def _gap(self, gap: TellingGap) -> Gap:
        return Gap(
            competency=gap.competency,
            name=text_of(self.names.competency_named(gap.competency)),
            level=None if gap.level is None else round(gap.level, 3),
            standard=gap.standard,
            rule=None if gap.rule is None else text_of(gap.rule),
            note=None if gap.note is None else text_of(gap.note),
        )


def _named(asked: AskedPath) -> str | None:
    """The goal where it was asked about by name."""
    return asked.question.goal if asked.goal else None


def _without(asked: AskedPath, away: Sequence[KeptAway]) -> AskedPath:
    """The question of one who declined some courses and some ways."""
    return asked.without(declined_courses(away), refusing(away, _named(asked)))


def _last(plan: LastPlan | None, kept: Plan | None) -> Plan | None:
    """The plan sent with the request before the kept one; one of the same day knew what the kept one knew, and was told
    with the same other paths."""
    if plan is None:
        return kept
    steps = tuple(
        PlannedStep(step.post_id, step.expected_on, step.low_on, step.high_on, tuple(step.courses))
        for step in plan.steps
    )
    sent = Plan(plan.goal, plan.made_on, steps, plan.chance, goal_chance=plan.goal_chance)
    if kept is None or (kept.goal, kept.made_on) != (plan.goal, plan.made_on):
        return sent
    others = tuple(one for one in (kept.steps, *kept.others) if one and _posts(one) != sent.path)
    if kept.path[:1] == sent.path[:1] and kept.steps:
        first = kept.steps[0]
        sent = replace(sent, steps=(replace(steps[0], late_since=first.late_since, due_by=first.due_by), *steps[1:]))
    if kept.path == sent.path:
        sent = replace(sent, promised=kept.promised, left=kept.left)
    goal_chance = kept.goal_chance if plan.goal_chance is None else plan.goal_chance
    return replace(sent, knew=kept.knew, others=others, goal_chance=goal_chance, without=kept.without)


def _remembered(day: PathDay, question: Question, last: Plan | None) -> Plan | None:
    """The last plan with what it knew, read again where nobody kept that."""
    return last if last is None or last.knew is not None else replace(last, knew=day.knew(question, last))


def _left(day: PathDay, question: Question, last: Plan | None, as_of: date) -> tuple[str, ...]:
    """What is left of the path that is followed, which is told wherever it is open."""
    return () if last is None else left_of(last, question.goal, day.events(question, last.path), as_of)


def _held_on(question: Question, stated: StatedGoal | None) -> date | None:
    """A committee, no posting, decides who is of a talent field."""
    if stated is None or question.goal_kind == "talent_field":
        return None
    return stated.reached_on([*zip(question.state.posts, question.state.started_on, strict=True)], question.posts)


def _posts(steps: Sequence[PlannedStep]) -> tuple[str, ...]:
    return tuple(step.post for step in steps)


def _new_to(
    told: Sequence[Sequence[PlannedStep]], shown: Sequence[tuple[PlannedStep, ...]]
) -> list[tuple[PlannedStep, ...]]:
    """Paths that were not among those told, so that a path stays as it was first told."""
    known = {_posts(steps) for steps in told}
    return [steps for steps in shown if _posts(steps) not in known]


def _progress(now: Replanned, name: Name, competency: Name) -> Progress:
    why = [
        PlanReason(
            code=one.code, text=text_of(one.named(competency if one.code in OF_COMPETENCIES else name)),
            since=one.since, count=one.count,
        )
        for one in now.why
    ]  # fmt: skip
    return Progress.model_validate({"status": now.status, "changed": now.changed, "why": why})


def _courses(paths: Sequence[ToldPath]) -> Iterator[StepCourse]:
    """Every course that a step of these paths names."""
    return (course for path in paths for step in path.steps for course in step.courses)


def _blocked(rules: Sequence[Blocked]) -> list[BlockedBy]:
    return [BlockedBy(rule=rule.rule, text=text_of(rule.text)) for rule in rules]


def _chance(chance: float) -> float:
    """As answers tell a chance: no figure of a model is known to more than four places."""
    return round(min(chance, 1.0), PLACES)


def _months(months: float) -> float:
    """As answers tell months: to one digit, which is three days."""
    return round(months, 1)


def _day(as_of: date, months: float) -> date:
    return months_on(as_of, months)
