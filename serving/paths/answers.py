"""`POST /v1/paths` without the web: officers in, paths to their goals out, or why there is none, and how they stand.

The plan that holds comes first: the last one while re-planning keeps it, else today's best. What is told is kept, so
that the next answer can say how the officer stands against it; a plan sent with the request goes before the kept one.
A path that was declined, or that begins or ends with a declined post, stays away without a cause; what is shown is
logged, and chance may try the last place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from data_contracts.errors import NotReady
from data_contracts.local_time import local_day
from data_contracts.policy import Policy
from data_contracts.vocabulary import Bilingual, ItemKind
from models.courses.aims import KnownLifts
from models.paths.replanning import left_of
from models.paths.telling import Question, ToldPath
from models.paths.told_plan import Plan, PlannedStep
from models.service_end import ServiceEnd, service_end
from serving.feedback.declines import Declined as KeptAway
from serving.feedback.declines import declined_courses
from serving.feedback.suggesting import Asked, Suggester
from serving.freshness import hours_since
from serving.night.manifest import ModelIdentity
from serving.paths.answering import Answering, Standing, asked_by_name
from serving.paths.asking import AskedPath, PathDay, PathSource, Plans
from serving.paths.chances import notices_of
from serving.paths.checking import check_last_plans
from serving.paths.plan_log import PlanKey
from serving.paths.schemas import (
    LastPlan,
    PathsAnswer,
    PathsRequest,
)
from serving.paths.unwanted import path_id, posts_of, refusing
from serving.schemas import Because, ModelName, NotScored
from serving.talent.records import day_asked
from serving.waiting import Waiting, while_wanted

OFFICERS = Bilingual("名民警", "officers")
TOLD_TOGETHER = 50  # officers between two looks at whether anybody still waits
TRIAL = (2, 6)  # officers whose pace tells how many fit: over twenty years and to a large family one takes a second


@dataclass(frozen=True)
class PathDesk:
    """Everything that `/v1/paths` needs, fixed at start; `lifts` are what its model learned of courses, None where it
    learned nothing of them."""

    model: ModelIdentity
    paths: PathSource
    plans: Plans
    suggester: Suggester
    policy: Policy
    lifts: KnownLifts | None = None

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
        asked = {one: _retiring(found, one in request.retires_on) for one, found in asked.items()}
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
        answering: dict[str, Answering] = {}
        for (one, found), paths in while_wanted(zip(open_.items(), told, strict=True)):
            standing = Standing(as_of, lasts[one], tuple(away.get(one, ())), ends[one])
            answering[one] = Answering.of(day, found, paths, standing, self.policy)
        waited.leave()
        shown = self._shown(answering, Asked(request_id, ItemKind.PATH.value, self.model, as_of, now), request.top)
        plans: dict[PlanKey, Plan] = {}
        for one, each in answering.items():
            plan = each.to_keep(shown[one])
            if plan is not None and plan != each.standing.last and not _cut_off(each.asked, plan):
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

    def _shown(self, answering: Mapping[str, Answering], asked: Asked, top: int) -> dict[str, list[ToldPath]]:
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


def _cut_off(asked: AskedPath, plan: Plan) -> bool:
    """Whether there is no path up to a day of retirement that came with the question: the day is not kept, and nor is
    what it alone took away.
    """
    return asked.retiring and not plan.steps and not plan.held


def _retiring(asked: AskedPath | Because, given: bool) -> AskedPath | Because:
    return replace(asked, retiring=given) if isinstance(asked, AskedPath) else asked


def _without(asked: AskedPath, away: Sequence[KeptAway]) -> AskedPath:
    """The question of one who declined some courses and some ways."""
    return asked.without(declined_courses(away), refusing(away, asked_by_name(asked)))


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
    told = (kept.steps, *kept.others)
    others = tuple(one for one in told if one and tuple(step.post for step in one) != sent.path)
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
