"""One officer's answer about paths: what was found, what of it is wanted, the plan that holds now, and their words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from data_contracts.asof import months_on
from data_contracts.naming import Naming
from data_contracts.policy import Policy
from data_contracts.vocabulary import Bilingual, ItemKind
from models.paths.bundle import POST
from models.paths.replanning import REACHED, Now, Replanned, arrived, replan
from models.paths.telling import Blocked, Instead, NoPath, Question, StepCourse, TellingStep, Told, ToldPath
from models.paths.telling import Gap as TellingGap
from models.paths.told_plan import Event, Plan, PlannedStep, knew
from models.service_end import ServiceEnd
from models.stated_goals import StatedGoal
from serving.feedback.declines import Declined as KeptAway
from serving.feedback.declines import declined_courses
from serving.feedback.telling import told_beside, told_courses, told_declined
from serving.paths.asking import AskedPath, PathDay
from serving.paths.chances import explained
from serving.paths.schemas import (
    CareerPath,
    CourseForStep,
    Gap,
    GoalReached,
    GoalTerm,
    NoPathFound,
    PathChange,
    PathInstead,
    PathsFound,
    PathStep,
    PlanReason,
    Progress,
    Retirement,
)
from serving.paths.terms import term_of
from serving.paths.unwanted import (
    ALL_DECLINED,
    NAME_IT,
    OTHERS_LEFT,
    Sorted,
    open_by_name,
    path_id,
    posts_of,
    sorted_paths,
)
from serving.schemas import BlockedBy, Declined, Text
from serving.words import because_of, text_of

Name = Callable[[str], Bilingual]
OF_COMPETENCIES = ("assessment", "other_assessment")  # reasons that name one
PLACES = 4  # of a chance
HELD = 1.0  # the chance of a plan without steps that says that the goal was reached


@dataclass(frozen=True)
class Standing:
    """What an officer was told and said before a day: the last plan and declines; and when service ends."""

    as_of: date
    last: Plan | None
    away: tuple[KeptAway, ...]
    end: ServiceEnd


@dataclass(frozen=True)
class Answering:
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
    def of(cls, day: PathDay, asked: AskedPath, told: Told, standing: Standing, policy: Policy) -> Answering:
        """Paths, without those that were declined, held against the last plan."""
        question, as_of, last = asked.question, standing.as_of, standing.last
        found = sorted_paths(told.paths, standing.away, asked_by_name(asked))
        plans = [one.as_plan(question.goal, as_of) for one in found.wanted]
        events = day.events(question, [step for plan in (last, *plans) if plan is not None for step in plan.path])
        ends_first = told.because is not None and told.because.code == "retirement_first"
        stated = asked.stated
        told_today = {posts_of(path) for path in told.paths}
        barred = bool(question.also) and question.also not in told_today and day.closed(question, question.also)
        stands = Now(
            question.goal, as_of, plans, events, found.declined, ends_first, question.horizon_months,
            None if told.because is not None else told.chance,  # a refusal tells its own, in its words
            None if stated is None else stated.ends_on, barred, _held_on(question, stated), _given_end(asked),
            {one.item: one.since for one in standing.away if one.item_kind == ItemKind.COURSE.value},
        )  # fmt: skip
        now = replan(last, stands, policy.paths)
        return cls(day, asked, standing, told, found, now, tuple(events), policy.names)

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
        return replace(
            plan, knew=seen, horizon_months=months, goal_chance=self.told.chance, without=without,
            given_end=_given_end(self.asked),
        )  # fmt: skip

    def _named(self, item: str) -> Bilingual:
        """Names of what progress speaks of; the goal by its kind, as a family may share its code with a field."""
        question = self.asked.question
        return (item == question.goal and question.called) or self.day.name(item)

    def _progress(self, now: Replanned) -> Progress:
        return _progress(now, self._named, self.names.competency_named, ranks=self.asked.question.kind != POST)

    def result(self, paths: Sequence[ToldPath]) -> PathsFound | GoalReached | NoPathFound:
        """The answer with the paths shown, or why there is none."""
        question, told, helps = self.asked.question, self.told, self.told.helps
        if told.because is not None and told.because.reached:
            return self._reached(told.because)
        if told.because is not None or not paths:
            return self._no_path(told.because or self._all_declined())
        return PathsFound(
            officer_id=question.officer_id,
            start=text_of(self.day.name(self.asked.start)),
            start_ended_on=question.ended_on,
            goal=self._goal(),
            goal_id=question.goal,
            horizon_months=question.horizon_months,
            chance=chance_told(told.chance),
            chance_without_declined=self._without_declined,
            chances=explained(question.horizon_months, self._without_declined),
            paths=[self._path(one) for one in paths],
            change=None if helps is None else PathChange(
                text=text_of(helps.text), chance=chance_told(helps.chance), before=chance_told(helps.before),
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
        if told.wanted is None or not (self.found.unwanted or chance_told(told.wanted) < chance_told(told.chance)):
            return None
        return chance_told(told.wanted)

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
            progress=None if self.standing.last is None or because.unsearched else self._progress(now),
            term=self._term(),
            declined=self._left_out([one.course for one in because.instead]),
            retirement=self._retirement(),
        )

    def _all_declined(self) -> NoPath:
        """Every path was declined; what other ways are left is told, and a post is named only where that helps."""
        post = open_by_name(self.found.unwanted, self.standing.away) if self.asked.question.kind == POST else None
        left = chance_told(self.told.wanted or 0.0)
        words = OTHERS_LEFT if left > 0.0 else ALL_DECLINED
        zh, en = words.zh.format(chance=left), words.en.format(chance=left)
        if post is not None:
            name = self.day.name(post)
            zh, en = zh + NAME_IT.zh.format(post=name.zh), en + NAME_IT.en.format(post=name.en)
        return NoPath("declined", Bilingual(zh, en))

    def _instead(self, one: Instead) -> PathInstead:
        """A change; a nearer goal is named, for the chance told with it is of that goal and of no other."""
        return PathInstead.model_validate({
            "kind": one.kind, "text": text_of(one.text), "chance": chance_told(one.chance),
            "before": None if one.before is None else chance_told(one.before),
            "course_id": None if one.course is None else one.course.course_id, "horizon_months": one.horizon_months,
            "goal_id": one.post, "goal": None if one.post is None else text_of(self.day.name(one.post)),
        })  # fmt: skip

    def _left_out(self, named: Iterable[StepCourse | None]) -> list[Declined]:
        """Every path, post or course kept away, by its name, with the day from which it may come back.

        Of courses those too that a step names because its post requires them; steps of rank have none.
        """
        ways = {path_id(posts_of(path)): posts_of(path) for path in self.found.unwanted}
        told = [told_declined(one, self._way(ways.get(one.item, (one.item,)))) for one in self.found.because]
        if self.asked.question.kind != POST:
            return told
        away = self.standing.away
        courses = {one.course_id for one in named if one is not None}
        asked = self.day.required(self.asked.question.officer_id) if declined_courses(away) else ()
        beside = declined_courses(away) & courses - set(asked)
        told += [told_beside(one, self.day.name(one.item)) for one in away if one.item in beside]
        return [*told, *told_courses(away, courses, self.day.name, asked)]

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
            chance=chance_told(told.chance),
            months=_months(last.months),
            low_months=_months(last.low_months),
            high_months=_months(last.high_months),
            steps=[self._step(step) for step in told.steps],
        )

    def _step(self, step: TellingStep) -> PathStep:
        return PathStep(
            post_id=step.post,
            name=text_of(self.day.name(step.post)),
            chance=chance_told(step.chance),
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


def _held_on(question: Question, stated: StatedGoal | None) -> date | None:
    """A committee, no posting, decides who is of a talent field."""
    if stated is None or question.goal_kind == "talent_field":
        return None
    return stated.reached_on([*zip(question.state.posts, question.state.started_on, strict=True)], question.posts)


def asked_by_name(asked: AskedPath) -> str | None:
    """The goal where it was asked about by name."""
    return asked.question.goal if asked.goal else None


def _posts(steps: Sequence[PlannedStep]) -> tuple[str, ...]:
    return tuple(step.post for step in steps)


def _new_to(
    told: Sequence[Sequence[PlannedStep]], shown: Sequence[tuple[PlannedStep, ...]]
) -> list[tuple[PlannedStep, ...]]:
    """Paths that were not among those told, so that a path stays as it was first told."""
    known = {_posts(steps) for steps in told}
    return [steps for steps in shown if _posts(steps) not in known]


def _progress(now: Replanned, name: Name, competency: Name, ranks: bool) -> Progress:
    why = [
        PlanReason(
            code=one.code, text=text_of(one.named(competency if one.code in OF_COMPETENCIES else name, ranks)),
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


def chance_told(chance: float) -> float:
    """As answers tell a chance: no figure of a model is known to more than four places."""
    return round(min(chance, 1.0), PLACES)


def _months(months: float) -> float:
    """As answers tell months: to one digit, which is three days."""
    return round(months, 1)


def _day(as_of: date, months: float) -> date:
    return months_on(as_of, months)


def _given_end(asked: AskedPath) -> date | None:
    """The day of retirement that came with the question, where paths end on it within the horizon."""
    question = asked.question
    if not asked.retiring or question.end_months is None or question.end_months >= question.horizon_months:
        return None
    return question.end_on
