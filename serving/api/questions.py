"""Every question that may be asked: its address, its bodies, an example that works, and the desk that answers it.

The routes, the guard's list of addresses and the OpenAPI document are all made of this one list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from data_contracts.audit.chain import Action
from data_contracts.vocabulary import Bilingual
from serving.access.credential import AccessScope
from serving.api.opened import Absent, Desk, Desks
from serving.concerns.schemas import (
    ConcernsAnswer,
    ConcernsRequest,
    OpenConcernsAnswer,
    OpenConcernsRequest,
    ThemesAnswer,
    ThemesRequest,
)
from serving.courses.schemas import CoursesAnswer, CoursesRequest
from serving.events.schemas import EventsAnswer, EventsRequest
from serving.feedback.schemas import FeedbackAnswer, FeedbackRequest
from serving.matching.schemas import MatchAnswer, MatchRequest
from serving.paths.schemas import PathsAnswer, PathsRequest
from serving.points.schemas import PointsAnswer, PointsRequest
from serving.review.schemas import (
    ActAnswer,
    ActRequest,
    CasesAnswer,
    CasesRequest,
    MineAnswer,
    MineRequest,
    OptOutAnswer,
    OptOutRequest,
)
from serving.risk.schemas import RiskAnswer, RiskRequest
from serving.schemas import Body, NextPostsAnswer, NextPostsRequest
from serving.talent.profile_schemas import ProfileAnswer, ProfileRequest
from serving.talent.shortlist_schemas import ShortlistAnswer, ShortlistRequest
from serving.units.schemas import UnitsAnswer, UnitsRequest

EXAMPLE_UNITS = ["u-0", "u-0-1", "u-0-1-1-1"]  # the bureau, a sub-bureau, a community too small to be graded
EXAMPLE_OFFICERS = ["o-00181089", "o-00373056", "nobody"]
NO_RECORDS = Bilingual(
    "履历中没有任职记录；请先运行 `pharos ingest`", "the history has no postings; run `pharos ingest` first"
)
NO_CONCERNS = Bilingual(
    "履历中没有诉求记录；请先用 `pharos ingest` 送入 concerns 表",
    "the history has no concerns; take in that table with `pharos ingest` first",
)
NO_NIGHT = Bilingual(
    "尚未发布任何一夜的结果；请运行 `pharos score --as-of DATE`",
    "no night has been published yet; run `pharos score --as-of DATE`",
)


@dataclass(frozen=True)
class Question:
    """A POST route; `scope` opens it, `not_ready` is what a caller is told when the desk has nothing to answer from
    yet. A desk that names officers nobody asked for is `sighted`: it is told how far the caller sees. One whose answer
    hangs on who asks is `told_caller`, after the sight. What is `audited` is answered only when the audit chain holds
    it; where it `changes` something its line comes first, unless its desk writes one with the change. One that keeps
    what it told, or writes, is `patient`: it is told, last, whether anybody still waits. `problems` are statuses of its
    own."""

    path: str
    name: str
    tag: str
    summary: str
    request: type[Body]
    answer: type[BaseModel]
    example: Mapping[str, Any]
    desk: Callable[[Desks], Desk | Absent]
    not_ready: Bilingual | None = None
    scope: AccessScope = AccessScope.RECOMMEND_READ
    sighted: bool = False
    told_caller: bool = False
    patient: bool = False
    audited: Action | None = None
    changes: bool = False
    problems: tuple[int, ...] = ()


QUESTIONS: tuple[Question, ...] = (
    Question(
        "/v1/risk", "risk", "support", "计算风险与原因 / risk with its reasons", RiskRequest, RiskAnswer,
        {"officer_ids": EXAMPLE_OFFICERS, "what_if": True}, lambda desks: desks.risk, scope=AccessScope.RISK_READ,
        told_caller=True, audited=Action.RISK_READ,
    ),
    Question(
        "/v1/next_posts", "nextPosts", "careers", "建议下一个岗位 / next posts", NextPostsRequest, NextPostsAnswer,
        {"officer_ids": EXAMPLE_OFFICERS, "top": 3}, lambda desks: desks.careers,
    ),
    Question(
        "/v1/units", "units", "support",
        "单位与块面的等级、趋势与成因 / units and blocks: grade, trend and what drives it", UnitsRequest, UnitsAnswer,
        {"unit_ids": EXAMPLE_UNITS}, lambda desks: desks.units, NO_NIGHT, AccessScope.RISK_READ,
        told_caller=True, audited=Action.UNITS_READ,
    ),
    Question(
        "/v1/paths", "paths", "careers", "通往职业目标的路径、差距与进度 / paths to a goal, gaps, and progress on them",
        PathsRequest, PathsAnswer,
        {"officer_ids": EXAMPLE_OFFICERS, "goal": {"kind": "job_family", "goal": "investigation"}, "top": 3},
        lambda desks: desks.of("/v1/paths"), patient=True,
    ),
    Question(
        "/v1/points", "points", "careers", "积分逐项说明与增分途径 / points line by line, and what earns more",
        PointsRequest, PointsAnswer, {"officer_ids": EXAMPLE_OFFICERS}, lambda desks: desks.of("/v1/points"),
        patient=True,
    ),
    Question(
        "/v1/match", "match", "careers", "志愿与空缺的匹配及其原因 / wishes matched to vacancies, and why",
        MatchRequest, MatchAnswer, {"officer_ids": EXAMPLE_OFFICERS}, lambda desks: desks.of("/v1/match"),
    ),
    Question(
        "/v1/shortlist", "shortlist", "careers",
        "各专业方向的人才名单及证据，由委员会决定 / talent short lists with evidence, for a committee",
        ShortlistRequest, ShortlistAnswer, {"fields": ["intelligence_it"], "officer_ids": EXAMPLE_OFFICERS},
        lambda desks: desks.of("/v1/shortlist"), NO_RECORDS, sighted=True, told_caller=True,
    ),
    Question(
        "/v1/profile", "profile", "careers",
        "画像：与同岗位相比，以及单位能力 / profiles against peers in the same post, and what a unit can do",
        ProfileRequest, ProfileAnswer, {"officer_ids": EXAMPLE_OFFICERS, "unit_ids": EXAMPLE_UNITS},
        lambda desks: desks.of("/v1/profile"), NO_RECORDS, sighted=True,
    ),
    Question(
        "/v1/courses", "courses", "careers",
        "建议培训课程：必修、补差距、同路径、新课 / courses: required, gaps, what comes next, what rolls out",
        CoursesRequest, CoursesAnswer, {"officer_ids": EXAMPLE_OFFICERS, "spare_hours": 4, "top": 10},
        lambda desks: desks.of("/v1/courses"), patient=True,
    ),
    Question(
        "/v1/feedback", "feedback", "careers", "记录对建议的反馈 / record what an officer did with a suggestion",
        FeedbackRequest, FeedbackAnswer,
        {"items": [{"feedback_id": "f-1", "officer_id": EXAMPLE_OFFICERS[0], "item_kind": "post", "item": "patrol-2",
                    "action": "opened", "occurred_on": "2026-01-01"}]},
        lambda desks: desks.of("/v1/feedback"), scope=AccessScope.FEEDBACK_WRITE, sighted=True,
        told_caller=True, audited=Action.FEEDBACK_WRITTEN, changes=True,
    ),
    Question(
        "/v1/cases", "cases", "rights", "需要复核的预警 / the warnings that wait for people", CasesRequest, CasesAnswer,
        {"states": ["new"], "top": 20}, lambda desks: desks.of("/v1/cases"), scope=AccessScope.RISK_READ, sighted=True,
        told_caller=True, audited=Action.RISK_READ,
    ),
    Question(
        "/v1/cases/act", "actOnCase", "rights",
        "处理一条预警：确认、误报、关爱、异议、更正 / one step of a case: review, support, contest, correct",
        ActRequest, ActAnswer,
        {"case_id": "0" * 32, "version": 1, "action": "acknowledge", "idempotency_key": "step-0001"},
        lambda desks: desks.of("/v1/cases/act"), scope=AccessScope.RISK_READ, sighted=True, told_caller=True,
        problems=(409,),
    ),
    Question(
        "/v1/mine", "mine", "rights", "与本人有关的全部内容 / what was used about an officer, and what came of it",
        MineRequest, MineAnswer, {"officer_id": EXAMPLE_OFFICERS[0]}, lambda desks: desks.of("/v1/mine"),
        scope=AccessScope.RISK_READ, sighted=True, told_caller=True, audited=Action.RISK_READ,
    ),
    Question(
        "/v1/opt_out", "optOut", "rights",
        "拒绝或恢复仅由系统作出的评估 / opt out of being assessed by the system alone, or in again",
        OptOutRequest, OptOutAnswer, {"officer_id": EXAMPLE_OFFICERS[0], "opted_out": True},
        lambda desks: desks.of("/v1/opt_out"), scope=AccessScope.RISK_READ, sighted=True, told_caller=True,
    ),
    Question(
        "/v1/events", "events", "careers", "实时写入履历事件 / take events into the records as they happen",
        EventsRequest, EventsAnswer,
        {"events": [{"event_id": "e-1", "table": "course_completions",
                     "row": {"officer_id": EXAMPLE_OFFICERS[0], "course_id": "c-0001", "occurred_on": "2026-01-01"}}]},
        lambda desks: desks.of("/v1/events"), scope=AccessScope.EVENTS_WRITE, sighted=True,
        told_caller=True, patient=True,
        audited=Action.EVENTS_TAKEN, changes=True,
    ),
    Question(
        "/v1/concerns", "concerns", "concerns",
        "诉求研判：类别、紧急程度、帮助者、逾期可能 / concerns: category, urgency, who helps, deadlines at risk",
        ConcernsRequest, ConcernsAnswer,
        {"concerns": [{"concern_id": "n-1", "text": "连续三年没休过年假，申请总被退回，想问问怎么办",
                       "channel": "online", "raised_by": "officer", "officer_id": EXAMPLE_OFFICERS[0],
                       "unit_id": EXAMPLE_UNITS[1]}]},
        lambda desks: desks.of("/v1/concerns"), scope=AccessScope.CONCERNS_READ, audited=Action.CONCERNS_READ,
    ),
    Question(
        "/v1/concerns/open", "openConcerns", "concerns",
        "未办结的诉求，最急的在前，以及升级建议 / concerns that are open, most pressing first, and whom they go to",
        OpenConcernsRequest, OpenConcernsAnswer, {"unit_ids": EXAMPLE_UNITS, "top": 20},
        lambda desks: desks.of("/v1/concerns/open"), NO_CONCERNS, AccessScope.CONCERNS_READ, sighted=True,
        audited=Action.CONCERNS_READ,
    ),
    Question(
        "/v1/concerns/themes", "concernThemes", "concerns",
        "各单位每月诉求主题，人数过少者不给出 / monthly themes of concerns by unit, small groups left out",
        ThemesRequest, ThemesAnswer, {"unit_ids": EXAMPLE_UNITS, "months": 6},
        lambda desks: desks.of("/v1/concerns/themes"), NO_CONCERNS, AccessScope.CONCERNS_READ, sighted=True,
        audited=Action.CONCERNS_READ,
    ),
)  # fmt: skip
