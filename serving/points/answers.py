"""`POST /v1/points` without the web: officers in, every line of the published rule table with its evidence out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import partial
from typing import Protocol, Self

import pandas as pd

from data_contracts.local_time import local_day
from data_contracts.policy import Policy
from data_contracts.settings import Settings
from data_contracts.vocabulary import Bilingual
from features.held_rows import HeldRows
from features.history import History
from features.record import records_at
from models.courses.goals import GoalPosts
from models.courses.learners import Readings
from models.eligibility.standing_facts import NEEDS
from models.points.appraisals import NOTHING_LEARNT, Delays
from models.points.lines import Account, Line, Merit, accounts, tables_needed
from models.points.plan import Plan, plans
from models.points.plan_words import loss_text, plan_text
from models.points.shelf import CourseWill
from models.points.step_words import combination_text, step_text
from models.points.steps import Combination
from models.points.targets import Target, check_deadline
from models.points.way_words import way_text
from models.points.words import Records, line_text, merit_text
from models.service_end import service_end
from serving.feedback.declines import Declined as KeptAway
from serving.feedback.declines import declined_courses
from serving.feedback.suggesting import Away
from serving.feedback.telling import told_courses
from serving.night.manifest import hash_of
from serving.on_force import KNOWN_BY, not_on_force
from serving.points.schemas import (
    Evidence,
    PointsAnswer,
    PointsCombination,
    PointsLine,
    PointsLoss,
    PointsPlan,
    PointsRequest,
    PointsScored,
    PointsStep,
    PointsTarget,
    PointsWay,
)
from serving.schemas import NotScored
from serving.talent.records import day_asked
from serving.waiting import Waiting, still_wanted, while_wanted
from serving.words import text_of


class RecordSource(Protocol):
    """Where a request's records come from; `HistoryRecords` is the real one."""

    def __call__(
        self, officer_ids: Sequence[str] | None, as_of: date, tables: Sequence[str]
    ) -> Mapping[str, pd.DataFrame]:
        """Contract tables as they stood at `as_of`, of these officers (None: of everybody)."""
        ...


@dataclass(frozen=True)
class HistoryRecords:
    """Records of a history; what officers' rows are asked for is held in memory while its files stay what they are."""

    history: History
    held: HeldRows | None = None

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """From the history of the settings."""
        history = History(settings.history_dir)
        return cls(history, HeldRows(history))

    def __call__(
        self, officer_ids: Sequence[str] | None, as_of: date, tables: Sequence[str]
    ) -> Mapping[str, pd.DataFrame]:
        """Contract tables as they stood at `as_of`, of these officers (None: of everybody)."""
        still_wanted()
        found = records_at(self.history, officer_ids, as_of, tables, self.held)
        still_wanted()
        return found


OFFICERS = Bilingual("名民警", "officers")
TOGETHER = 50  # officers between two looks at whether the rest fits into the time there is
PLANNED_FROM = NEEDS
"""What rules of training and of eligibility look at: which courses are required, when which post may be taken."""


def nobody_declined(*_: object) -> Away:
    """Where nothing is kept of what officers declined."""
    return {}


def nothing_learnt(_: date) -> Delays:
    """Where no history tells when appraisals come out."""
    return NOTHING_LEARNT


@dataclass(frozen=True)
class PointsDesk:
    """Everything that `/v1/points` needs, fixed at start.

    `away` is what officers declined, by the days that count; `delays` tells as of a day how long appraisals take to
    come out.
    """

    records: RecordSource
    policy: Policy
    away: Callable[[Sequence[str], Collection[date]], Away] = nobody_declined
    delays: Callable[[date], Delays] = nothing_learnt

    def answer(
        self, request: PointsRequest, request_id: str, now: datetime, waiting: Waiting | None = None
    ) -> PointsAnswer:
        """One result for each officer, in order.

        Raises InvalidInput for a day that has not come yet and for a deadline that is not after the day or too far
        ahead, NobodyWaits where the answer was given up and TooMuchAtOnce where the officers are too many for the time
        there is.
        """
        waited = waiting or Waiting()
        as_of = day_asked(request.as_of, now)
        if request.target is not None:
            check_deadline(request.target.deadline, as_of, self.policy.earning)
        ids, rules = list(dict.fromkeys(request.officer_ids)), self.policy.points
        needed = (*tables_needed(rules), *KNOWN_BY, *(() if request.target is None else PLANNED_FROM))
        frames = self.records(ids, as_of, list(dict.fromkeys(needed)))
        absent = not_on_force(frames, ids)
        words, scored, readings = Records(frames), dict[str, PointsScored](), Readings(GoalPosts(frames, self.policy))
        for some in waited.parts([one for one in ids if one not in absent], TOGETHER, OFFICERS):
            told = accounts(frames, some, rules, as_of)
            days = as_of, local_day(now)
            away = {} if request.target is None else self.away([one.officer_id for one in told], days)
            wills = {} if request.target is None else self._wills(readings, told, away)
            answers = self._plans(readings, told, request.target, wills, as_of)
            still_wanted()
            for account, plan in while_wanted(zip(told, answers, strict=True)):
                one = account.officer_id
                required = wills.get(one, CourseWill()).required
                scored[one] = _scored(words, account, plan, away.get(one, ()), required)
        return PointsAnswer(
            request_id=request_id,
            rule_table=hash_of([asdict(rule) for rule in rules]),
            as_of=as_of,
            results=[scored.get(one) or NotScored(officer_id=one, because=absent[one]) for one in request.officer_ids],
        )

    def _service_end(self, readings: Readings, account: Account) -> date | None:
        """The latest that the day of joining allows; the day of retirement itself is not on record."""
        return service_end(None, readings.entered_on(account.officer_id), self.policy.paths).on

    def _plans(
        self,
        readings: Readings,
        told: Sequence[Account],
        asked: PointsTarget | None,
        wills: Mapping[str, CourseWill],
        as_of: date,
    ) -> Sequence[Plan | None]:
        if asked is None:
            return [None] * len(told)
        targets = [
            Target(_total(asked, account), asked.deadline).in_service(
                account.as_of, self._service_end(readings, account)
            )
            for account in told
        ]
        return plans(readings.goals.records, told, targets, self.policy, wills, self.delays(as_of))

    def _wills(self, readings: Readings, told: Sequence[Account], away: Away) -> dict[str, CourseWill]:
        """What rules require of each officer's courses, and what was declined, as advice on courses takes both."""
        wills = {}
        for account in while_wanted(told):
            due = readings.due(account.officer_id, account.as_of)
            wills[account.officer_id] = CourseWill(
                frozenset(one.course.course_id for one in due),
                declined_courses(away.get(account.officer_id, ())),
                frozenset(one.course.course_id for one in due if one.overdue),
            )
        return wills


def _total(asked: PointsTarget, account: Account) -> float:
    return account.total + asked.missing if asked.missing is not None else float(asked.total or 0.0)


def _scored(
    records: Records, account: Account, plan: Plan | None, away: Sequence[KeptAway], required: Collection[str]
) -> PointsScored:
    return PointsScored(
        officer_id=account.officer_id,
        total=account.total,
        points=[_line(records, line) for line in account.lines],
        plan=None if plan is None else _plan(records, plan, away, required),
    )


def _line(records: Records, line: Line) -> PointsLine:
    return PointsLine(
        rule=line.rule.code,
        name=text_of(Bilingual(line.rule.name_zh, line.rule.name_en)),
        text=text_of(line_text(line)),
        points=line.points,
        subtotal=line.subtotal,
        cap=line.rule.cap,
        evidence=[_evidence(records, line, merit) for merit in line.merits],
    )


def _evidence(records: Records, line: Line, merit: Merit) -> Evidence:
    return Evidence(
        earned_on=merit.earned_on,
        text=text_of(merit_text(records, line.rule, merit)),
        points=merit.points,
        counted=merit.counted,
        cut_off=merit.cut_off,
        state="expired" if merit.expired else "counted",
        expires_on=merit.expires_on,
    )


def _plan(records: Records, plan: Plan, away: Sequence[KeptAway], required: Collection[str]) -> PointsPlan:
    named = [step.offer.course_id for one in plan.combinations for step in one.steps if step.offer is not None]
    return PointsPlan(
        status=plan.status,
        target=plan.target.total,
        deadline=plan.target.deadline,
        deadline_asked=plan.target.asked,
        total_then=plan.then.total,
        missing=plan.missing,
        reached_on=plan.on,
        losses=[
            PointsLoss(rule=loss.rule.code, on=loss.on, points=loss.points, text=text_of(loss_text(loss)))
            for loss in plan.losses
        ],
        ways=[
            PointsWay(
                rule=way.rule.code,
                earned_by=way.earned_by,
                plannable=way.rule.plannable,
                room=way.room,
                gives=list(way.gives()),
                days=list(way.days),
                awaited=len(way.awaited),
                transfer_from=way.transfer_from,
                by_itself_on=list(way.by_itself),
                text=text_of(way_text(way)),
            )
            for way in plan.ways
        ],
        combinations=[_combination(records, found) for found in plan.combinations],
        declined=told_courses(away, named, partial(records.name, "courses", "course_id"), required),
        text=text_of(plan_text(plan)),
    )


def _combination(records: Records, found: Combination) -> PointsCombination:
    steps = [
        PointsStep(
            rule=step.rule.code,
            on=step.on,
            adds_on=step.adds_on(step.rule),
            course_id=None if step.offer is None else step.offer.course_id,
            transfer_on=step.chance.transfer_on,
            transfer_by=step.chance.transfer_by,
            text=text_of(step_text(step, records)),
        )
        for step in found.steps
    ]
    return PointsCombination(
        gain=found.gain, on=found.on, reached_on=found.reached, steps=steps, text=text_of(combination_text(found))
    )
