"""What an officer wishes, as it is on record: goals, wishes for vacancies, what was saved, and goals to choose from.

A question of the pages alone: programs state goals and wishes with `/v1/events` and know them already.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

import pandas as pd

from data_contracts.errors import NotReady
from data_contracts.policy import Policy
from data_contracts.vocabulary import Bilingual, GoalKind, ItemKind, TalentField
from models.eligibility.standing_facts import POLICE_LADDER
from models.posts.vacancies import of_dissolved_units
from serving.feedback.known_items import HASHED
from serving.paths.goals import Goals
from serving.paths.record import OfficerRecord
from serving.paths.schemas import PathGoal
from serving.points.answers import RecordSource
from serving.schemas import Answer, Body, OfficerId, Text, about
from serving.talent.records import day_asked
from serving.waiting import still_wanted
from serving.words import text_of

TABLES = ("officers", "postings", "promotions", "career_goals", "preferences", "vacancies", "posts", "rank_steps",
          "units", "courses")  # fmt: skip
GOALS = "career_goals"
A_WAY = Bilingual("一条路径", "a path")  # one too long to be told by its posts


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
    ends_on: date = about("期限的最后一天", "the last day of those months")
    over: bool = about("期限是否已过", "whether that day is past", default=False)
    counts_from: date | None = about(
        "自该日起计入；已计入则空", "the first day on which it counts, null where it counts already", default=None
    )


class VacancyWish(Answer):
    """对一个空缺的志愿。 / A wish for one vacancy."""

    order: int = about("志愿顺位，1 为首选", "rank of the wish, 1 is first")
    post: Text = about("岗位名称", "name of the post")
    unit_id: str | None = about("所在单位", "unit of the vacancy", default=None)
    stated_on: date = about("填报日期", "the day it was stated")
    closes_on: date | None = about("报名截止日期", "last day to apply", default=None)
    closed: bool = about("报名是否已截止", "whether that day is over", default=False)


class SavedItem(Answer):
    """一项已收藏的建议。 / A suggestion that was saved."""

    item_kind: str = about("建议类别：post、path 或 course", "kind of the suggestion: post, path or course")
    item: str = about("建议内容的代号", "code of what was saved")
    name: Text = about("名称", "its name")
    saved_on: date = about("收藏日期", "the day it was saved")


class WishesAnswer(Answer):
    """本人已提出的意愿，以及可选择的目标。 / What the officer has stated, and goals to choose from."""

    request_id: str = about("请求编号", "id of this request")
    officer_id: str = about("民警编号", "officer id")
    stated: StatedWish | None = about("已登记的目标；无则空", "the goal on record, null for none", default=None)
    coming: StatedWish | None = about(
        "今天登记、尚未计入的目标；无则空", "a goal stated today that does not count yet, null for none", default=None
    )
    saved: list[SavedItem] = about(
        "已收藏的建议，最近的在前", "suggestions that were saved, the newest first", default=[]
    )
    wishes: list[VacancyWish] = about("最近一次填报的志愿", "the wishes stated last, first choice first", default=[])
    choices: list[Chosen] = about("可选择的目标", "goals to choose from", default=[])


class Said(Protocol):
    """What keeps officers' words on suggestions; the log of exposures is one."""

    def saved(self, officer_ids: Sequence[str], /) -> pd.DataFrame:
        """What they saved, with item_kind, item and occurred_on; raises NotReady where it cannot be told."""
        ...


@dataclass(frozen=True)
class WishesDesk:
    """Everything that the officer's page needs of wishes."""

    records: RecordSource
    policy: Policy
    said: Said

    def answer(self, request: WishesRequest, request_id: str, now: datetime) -> WishesAnswer:
        """What is on record today; of an officer who is not known there is nothing but the choices."""
        as_of = day_asked(None, now)
        frames = self.records([request.officer_id], as_of, TABLES)
        next_day = as_of + timedelta(days=1)  # what was stated today counts then
        ahead = OfficerRecord(request.officer_id, next_day, self.records([request.officer_id], next_day, (GOALS,)))
        still_wanted()
        goals, record = Goals(frames, self.policy), OfficerRecord(request.officer_id, as_of, frames)
        return WishesAnswer(
            request_id=request_id,
            officer_id=request.officer_id,
            stated=_stated(goals, record),
            coming=_stated(goals, ahead, next_day) if _differ(record, ahead) else None,
            saved=list(self._saved(goals, request.officer_id)),
            wishes=list(_wishes(goals, record)),
            choices=list(_choices(goals, frames, self.policy)),
        )

    def _saved(self, goals: Goals, officer_id: str) -> Iterator[SavedItem]:
        """By their names; none where the log does not answer, for the rest of the page is there all the same."""
        try:
            rows = self.said.saved([officer_id])
        except NotReady:
            return
        for row in reversed(rows.to_dict("records")):
            kind, item = str(row["item_kind"]), str(row["item"])
            yield SavedItem(
                item_kind=kind, item=item, name=text_of(_named(goals, kind, item)), saved_on=row["occurred_on"]
            )


def _named(goals: Goals, kind: str, item: str) -> Bilingual:
    """The name of what was saved; of a path those of its steps in order."""
    if kind != ItemKind.PATH.value:
        return goals.name(item)
    if HASHED.fullmatch(item):
        return A_WAY
    names = [goals.name(step) for step in item.split(">")]
    return Bilingual(" → ".join(one.zh for one in names), " → ".join(one.en for one in names))


def _differ(record: OfficerRecord, ahead: OfficerRecord) -> bool:
    """Whether a goal was stated today: the newest row is another one tomorrow."""
    rows, later = record.rows(GOALS), ahead.rows(GOALS)
    return len(later) > 0 and (rows.empty or bool(later["occurred_on"].max() > rows["occurred_on"].max()))


def _stated(goals: Goals, record: OfficerRecord, counts_from: date | None = None) -> StatedWish | None:
    goal = record.stated_goal()
    if goal is None:
        return None
    return StatedWish(
        goal=_chosen(goals, goal.kind, goal.goal), horizon_months=goal.horizon_months, stated_on=goal.stated_on,
        ends_on=goal.ends_on, over=goal.over(record.as_of), counts_from=counts_from,
    )  # fmt: skip


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
    gone = frozenset[str]()
    if at:
        dissolved = of_dissolved_units(open_, record.as_of, record.frames.get("units"))
        gone = frozenset(open_.loc[dissolved, "vacancy_id"].astype(str))
    for wish in last.to_dict("records"):
        vacancy = at.get(str(wish["vacancy_id"]), {})
        post = goals.name(str(vacancy["post_id"])) if vacancy else _code(str(wish["vacancy_id"]))
        closes = vacancy.get("closes_on")
        last_day = None if closes is None or pd.isna(closes) else pd.Timestamp(str(closes)).date()
        yield VacancyWish(
            order=int(wish["preference_order"]),
            post=text_of(post),
            unit_id=str(vacancy["unit_id"]) if vacancy else None,
            stated_on=pd.Timestamp(str(wish["occurred_on"])).date(),
            closes_on=last_day,
            closed=str(wish["vacancy_id"]) in gone or (last_day is not None and last_day < record.as_of),
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
