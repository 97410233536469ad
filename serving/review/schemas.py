"""What goes into the addresses of review and rights, and what comes out."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import StringConstraints

from data_contracts.vocabulary import Outcome, SupportKind
from serving.review.states import CaseAction, CaseState
from serving.risk.schemas import Support
from serving.schemas import (
    ID_PATTERN,
    Answer,
    Because,
    Body,
    OfficerId,
    Probability,
    Reason,
    Text,
    Whole,
    about,
    missing_events,
)

MAX_CASES = 200
CaseId = Annotated[str, StringConstraints(min_length=32, max_length=32, pattern=r"^[0-9a-f]{32}$")]
Key = Annotated[str, StringConstraints(min_length=8, max_length=64, pattern=ID_PATTERN)]
Person = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=ID_PATTERN)]
Words = Annotated[
    str, StringConstraints(min_length=1, max_length=1000, pattern=r"^[^\u0000-\u0008\u000b-\u001f\u007f]*$")
]
Cursor = Annotated[str, StringConstraints(max_length=43, pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\.[0-9a-f]{32}$")]
CameOfIt = Literal["helped", "no_change", "worse", "unknown"]


class CasesRequest(Body):
    """复核：可见范围内的预警。 / Review: the warnings that the caller may see, the first to expire first."""

    states: list[CaseState] | None = about(
        "状态；空为待复核、已复核与异议中", "states, null for those that wait for people", default=None, min_length=1,
        max_length=6,
    )  # fmt: skip
    assigned_to: Person | None = about("只列出指派给此人的", "only those assigned to this person", default=None)
    top: Whole = about("最多条数，1 至 200", "at most so many, 1 to 200", default=50, ge=1, le=MAX_CASES)
    after: Cursor | None = about("上一页给出的续页位置", "where the page before ended", default=None)


class CaseTold(Answer):
    """预警的内容。 / What a warning says."""

    probability: Probability = about("期限内出现该结局的概率", "chance of the outcome within these months")
    low: Probability | None = about("区间下限", "lower end of the interval", default=None)
    high: Probability | None = about("区间上限", "upper end of the interval", default=None)
    unsure: bool = about("模型是否无法判断", "whether the model cannot tell")
    reasons: list[Reason] = about("推高概率的原因，最强在前", "what raises the chance, strongest first")
    strengths: list[Reason] = about("拉低概率的优势，最强在前", "what lowers it, strongest first")
    support: list[Support] = about("建议的关爱措施，供人决定", "suggested support, for people to decide on")


class CaseStep(Answer):
    """处理过程中的一步。 / One step of a case."""

    action: CaseAction = about("做了什么", "what was done")
    state: CaseState = about("之后的状态", "the state after it")
    at: datetime = about("时间（UTC）", "when, in UTC")
    actor: str | None = about("由谁；只告知复核人", "by whom, told to reviewers only", default=None)
    reason: str | None = about("所述理由", "the reason given", default=None)
    support: SupportKind | None = about("已采取的关爱措施", "the support that was given", default=None)
    result: CameOfIt | None = about("关爱的效果", "what came of the support", default=None)


class CaseShown(Answer):
    """一条预警及其处理。 / A warning as a case."""

    case_id: str = about("预警编号，随机且不含信息", "id of the case, random")
    officer_id: str = about("民警编号", "officer id")
    unit_id: str | None = about("现任单位", "the officer's present unit", default=None)
    outcome: Outcome = about("结局", "the outcome")
    horizon_months: int = about("向后看的月数", "months ahead")
    state: CaseState = about("状态", "state")
    version: int = about("版本，操作时须原样给出", "version, to be given with the next step")
    opened_on: date = about("依据的夜间计算日期", "day of the night that opened it")
    due_on: date | None = about("下一步的最后期限", "last day for the next step", default=None)
    expires_on: date = about("自该日起失效，最长90天", "the first day on which it stands no more, 90 days at most")
    expired: bool = about("是否已失效", "whether it has expired")
    assigned_to: str | None = about("指派给谁；只告知复核人", "to whom it is assigned, told to reviewers", default=None)
    told: CaseTold | None = about(
        "预警内容；复核前只告知复核人", "what it says, before a review told to reviewers only", default=None
    )
    because: Because | None = about("不显示内容的原因", "why what it says is not shown", default=None)
    steps: list[CaseStep] = about("处理过程；只告知复核人与本人", "what was done, told to reviewers and the officer")


class CasesAnswer(Answer):
    """一页预警。 / One page of cases."""

    request_id: str = about("请求编号", "id of this request")
    results: list[CaseShown] = about("预警，最先失效在前", "cases, the first to expire first")
    next: str | None = about(
        "续页位置；空表示没有更多", "where the next page begins, null when there is none", default=None
    )


class ActRequest(Body):
    """对一条预警的一步处理。 / One step of one case."""

    case_id: CaseId = about("预警编号", "id of the case")
    version: Whole = about(
        "所见的版本；已被更改时拒绝", "the version that was seen; refused when it changed", ge=1, le=10**6
    )
    action: CaseAction = about(
        "操作：指派、确认、误报、关爱、效果、异议、维持、更正或重新打开",
        "assign, acknowledge, false_positive, support, outcome, contest, uphold, correct or reopen",
    )
    idempotency_key: Key = about("本次操作的唯一编号，重复提交不重复计", "id of this step; sent again, it counts once")
    reason: Words | None = about(
        "理由，最多1000字；误报、效果、异议、维持、更正和重新打开时须填",
        "why, at most 1000 letters; needed for false_positive, outcome, contest, uphold, correct and reopen",
        default=None,
    )
    assign_to: Person | None = about(
        "指派给谁，密钥须能复核此预警；仅用于 assign",
        "to whom, of keys one that may review the case; for assign only",
        default=None,
    )
    support: SupportKind | None = about("已采取的措施；仅用于 support", "what was done; for support only", default=None)
    result: CameOfIt | None = about("效果；仅用于 outcome", "what came of it; for outcome only", default=None)


class ActAnswer(Answer):
    """处理后的预警。 / The case after the step."""

    request_id: str = about("请求编号", "id of this request")
    status: Literal["done", "duplicate"] = about(
        "done 为本次完成，duplicate 为此前已完成", "done by this request, or duplicate: done before"
    )
    case: CaseShown = about("预警现状", "the case as it is now")


class MineRequest(Body):
    """查看与本人有关的全部内容。 / What was used about an officer, what came of it, and what they may do."""

    officer_id: OfficerId | None = about(
        "民警编号；本人查询时留空；代本人查询须有复核权限",
        "officer id; null for the officer themself; a reviewer may ask for an officer",
        default=None,
    )


class DataHeld(Answer):
    """一类记录。 / One kind of record."""

    table: str = about("表名", "name of the table")
    name: Text = about("记录名称", "what it is")
    rows: int | None = about(
        "有关本人的条数；仅供审计的表不读取", "rows about the officer, null for what only audits read"
    )
    used: bool = about("是否可用于估算", "whether estimates may use it")
    basis: Text = about("保存依据", "why it is kept")
    kept_months: int | None = about(
        "保存月数；空为在职期间", "months it is kept, null for as long as the officer serves"
    )
    kept_after_leaving_months: int = about("离职后再保存的月数", "months it is kept after leaving")


class ResultHeld(Answer):
    """一项结果。 / One result of the last night."""

    outcome: Outcome = about("结局", "the outcome")
    horizon_months: int = about("向后看的月数", "months ahead")
    status: Literal["scored", "not_scored", "withheld"] = about("状态", "status")
    grade: str | None = about("等级", "grade", default=None)
    probability: Probability | None = about("概率", "chance", default=None)
    reasons: list[Reason] = about("原因", "what raises it", default=[])
    strengths: list[Reason] = about("优势", "what lowers it", default=[])
    because: Because | None = about("未评分或不显示的原因", "why it is not scored or not shown", default=None)


class MineAnswer(Answer):
    """有关一名民警的全部内容。 / Everything that is held and made about one officer."""

    request_id: str = about("请求编号", "id of this request")
    officer_id: str = about("民警编号", "officer id")
    status: Literal["known", "unknown"] = about("是否有此人的记录", "whether anything is known of the officer")
    data: list[DataHeld] = about("持有的记录类别", "kinds of records that are held")
    features: list[Reason] = about("估算所用内容的文字说明", "what estimates look at, in words with its values")
    feature_names: list[str] = about("估算所用全部特征的名称", "names of all features that estimates look at")
    features_as_of: date | None = about("特征所属日期", "day of the features", default=None)
    features_without_events_since: date | None = missing_events()
    results: list[ResultHeld] = about("最近一次夜间计算的结果", "results of the last night")
    results_as_of: date | None = about("结果所属日期", "day of the results", default=None)
    cases: list[CaseShown] = about("有关本人的预警及其处理", "warnings about the officer as cases")
    opted_out_since: date | None = about("自何日起拒绝仅由系统评估", "day since which opted out", default=None)
    notice: Text = about("告知", "notice")
    contest: Text = about("如何提出异议", "how to contest")
    opt_out: Text = about("如何拒绝仅由系统评估", "how to opt out")


class OptOutRequest(Body):
    """拒绝或恢复仅由系统作出的评估。 / Opt out of being assessed by the system alone, or in again."""

    officer_id: OfficerId | None = about(
        "民警编号；本人操作时留空；代本人操作须有复核权限",
        "officer id; null for the officer themself; a reviewer may write it down for an officer",
        default=None,
    )
    opted_out: bool = about("true 为拒绝，false 为恢复", "true to opt out, false to opt in again")


class OptOutAnswer(Answer):
    """现在的选择。 / What holds now."""

    request_id: str = about("请求编号", "id of this request")
    officer_id: str = about("民警编号", "officer id")
    opted_out_since: date | None = about(
        "自何日起拒绝；空为未拒绝", "day since which opted out, null for not", default=None
    )
    text: Text = about("说明", "what it means")
