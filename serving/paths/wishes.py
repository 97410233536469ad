"""What an officer wishes, as it is on record: the goal stated last, wishes for vacancies, and goals to choose from.

A question of the pages alone: programs state goals and wishes with `/v1/events` and know them already.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

import pandas as pd

from data_contracts.policy import Policy
from data_contracts.vocabulary import Bilingual, GoalKind, TalentField
from models.eligibility.standing_facts import POLICE_LADDER
from serving.paths.goals import Goals
from serving.paths.record import OfficerRecord
from serving.paths.schemas import PathGoal
from serving.points.answers import RecordSource
from serving.schemas import Answer, Body, OfficerId, Text, about
from serving.talent.records import day_asked
from serving.waiting import still_wanted
from serving.words import text_of

TABLES = ("officers", "postings", "promotions", "career_goals", "preferences", "vacancies", "posts", "rank_steps",
          "units")  # fmt: skip


class WishesRequest(Body):
    """一名民警的意愿。 / The wishes of one officer."""

    officer_id: OfficerId = about("民警编号", "officer id")


class Chosen(Answer):
    """一个目标。 / One goal."""

    kind: str = about("目标类别", "kind of goal")
    goal: str = about("目标代号", "code of the goal")
    name: Text = about("目标名称", "name of the goal")


class StatedWish(Answer):
    """已登记的目标。 / The goal on record."""

    goal: Chosen = about("目标", "the goal")
    horizon_months: int = about("期限（月）", "months within which it is hoped for")
    stated_on: date = about("提出日期", "the day it was stated")


class VacancyWish(Answer):
    """对一个空缺的志愿。 / A wish for one vacancy."""

    order: int = about("志愿顺位，1 为首选", "rank of the wish, 1 is first")
    post: Text = about("岗位名称", "name of the post")
    unit_id: str | None = about("所在单位", "unit of the vacancy", default=None)
    stated_on: date = about("填报日期", "the day it was stated")
    closes_on: date | None = about("报名截止日期", "last day to apply", default=None)


class WishesAnswer(Answer):
    """本人已提出的意愿，以及可选择的目标。 / What the officer has stated, and goals to choose from."""

    request_id: str = about("请求编号", "id of this request")
    officer_id: str = about("民警编号", "officer id")
    stated: StatedWish | None = about("已登记的目标；无则空", "the goal on record, null for none", default=None)
    wishes: list[VacancyWish] = about("最近一次填报的志愿", "the wishes stated last, first choice first", default=[])
    choices: list[Chosen] = about("可选择的目标", "goals to choose from", default=[])


@dataclass(frozen=True)
class WishesDesk:
    """Everything that the officer's page needs of wishes."""

    records: RecordSource
    policy: Policy

    def answer(self, request: WishesRequest, request_id: str, now: datetime) -> WishesAnswer:
        """What is on record today; of an officer who is not known there is nothing but the choices."""
        as_of = day_asked(None, now)
        frames = self.records([request.officer_id], as_of, TABLES)
        still_wanted()
        goals, record = Goals(frames, self.policy), OfficerRecord(request.officer_id, as_of, frames)
        return WishesAnswer(
            request_id=request_id,
            officer_id=request.officer_id,
            stated=_stated(goals, record),
            wishes=list(_wishes(goals, record)),
            choices=list(_choices(goals, frames, self.policy)),
        )


def _stated(goals: Goals, record: OfficerRecord) -> StatedWish | None:
    goal = record.stated_goal()
    if goal is None:
        return None
    day = pd.Timestamp(record.rows("career_goals")["occurred_on"].max()).date()
    return StatedWish(goal=_chosen(goals, goal.kind, goal.goal), horizon_months=goal.horizon_months, stated_on=day)


def _chosen(goals: Goals, kind: str, goal: str) -> Chosen:
    named = goals.called(PathGoal.model_validate({"kind": kind, "goal": goal}))
    return Chosen(kind=kind, goal=goal, name=text_of(named))


def _wishes(goals: Goals, record: OfficerRecord) -> Iterator[VacancyWish]:
    """Of the round stated last; a wish for a vacancy that no record has is told by its code."""
    rows, open_ = record.rows("preferences"), record.rows("vacancies")
    if rows.empty:
        return
    last = rows[rows["occurred_on"] == rows["occurred_on"].max()].sort_values("preference_order")
    at = {str(row["vacancy_id"]): row for row in open_.to_dict("records")}
    for wish in last.to_dict("records"):
        vacancy = at.get(str(wish["vacancy_id"]), {})
        post = goals.name(str(vacancy["post_id"])) if vacancy else _code(str(wish["vacancy_id"]))
        closes = vacancy.get("closes_on")
        yield VacancyWish(
            order=int(wish["preference_order"]),
            post=text_of(post),
            unit_id=str(vacancy["unit_id"]) if vacancy else None,
            stated_on=pd.Timestamp(str(wish["occurred_on"])).date(),
            closes_on=None if closes is None or pd.isna(closes) else pd.Timestamp(str(closes)).date(),
        )


def _choices(goals: Goals, frames: Mapping[str, pd.DataFrame], policy: Policy) -> Iterator[Chosen]:
    """Families and fields of policy, then rank steps of the ladders of work and posts of the records."""
    families = [(GoalKind.JOB_FAMILY, one.code) for one in policy.names.job_family]
    fields = [(GoalKind.TALENT_FIELD, one.value) for one in TalentField]
    steps = [(GoalKind.RANK_STEP, step) for ladder, step in goals.ladders.steps if ladder != POLICE_LADDER]
    rows = frames.get("posts")
    posts = [] if rows is None else [(GoalKind.POST, str(code)) for code in rows["post_id"].drop_duplicates()]
    for kind, code in dict.fromkeys([*families, *fields, *steps, *posts]):
        yield _chosen(goals, kind.value, code)


def _code(code: str) -> Bilingual:
    return Bilingual(f"空缺 {code}", f"vacancy {code}")
