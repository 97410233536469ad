"""What goes in and what comes out of `/v1/units`: units and blocks, never an officer of them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from data_contracts.vocabulary import Grade, Outcome
from serving.schemas import Answer, Because, Body, Frame, Months, OfficerId, Probability, Text, about

MAX_UNITS = 200
UnitId = OfficerId  # opaque in the same way
Points = Annotated[float, Field(ge=-1.0, le=1.0)]


class UnitsRequest(Body):
    """单位与块面：最近一次夜间计算的结果。 / Units and blocks as the last published night graded them."""

    unit_ids: list[UnitId] = about(
        "单位编号，1 至 200 个，可重复", "unit ids, 1 to 200, repeats allowed", min_length=1, max_length=MAX_UNITS
    )
    as_of: date | None = about(
        "夜间计算的日期；空为最近一次。其他日期不予作答",
        "day of the night, null for the last; units are not graded of another day",
        default=None,
    )
    outcomes: list[Outcome] | None = about(
        "结局；空为全部已启用结局", "outcomes, null for all that are served", default=None, min_length=1, max_length=6
    )
    horizon_months: list[Months] | None = about(
        "向后看的月数（6、12、24）；空为夜间计算的全部期限",
        "months ahead (6, 12, 24), null for all that the night answered",
        default=None,
        min_length=1,
        max_length=3,
    )


class UnitTrend(Answer):
    """与上一期相比的变化。 / Change against the last period."""

    direction: Literal["worsening", "improving", "steady"] = about("恶化、改善或平稳", "worsening, improving or steady")
    against: Literal["last_period", "earlier_expectation"] = about(
        "与上一期实际比例相比，或与前次预期相比",
        "against the last period's share, or against what was expected a year before",
    )
    before: float = about("上一期比例，按全员当前水平折算", "share then, at today's level of the force", ge=0.0)
    change: float = about("变化", "change of the share")
    low: float = about("95% 区间下限", "lower end of its 95 % interval")
    high: float = about("95% 区间上限", "upper end of its 95 % interval")
    worse: Probability = about("确为上升的可能性", "chance that it truly rises")
    text: Text = about("趋势的文字", "the trend in words")


class Driver(Answer):
    """一个推高该单位的主题。 / One theme that lifts the unit above the force."""

    theme: str = about("主题", "theme")
    text: Text = about("成因的文字", "the driver in words")
    share: Probability = about("在全部推高影响中的份额", "its part of all that lifts")


class MovedPart(Answer):
    """一部分人及其带来的变化。 / Some officers and the change that they make."""

    officers: int = about("人数", "how many", ge=0)
    change: Points = about("对预期比例的影响", "what they change of the expected share")


class UnitMovement(Answer):
    """调入、调出与留任各带来的变化；三项之和为总变化。 / What coming, going and staying changed; they sum to it."""

    since: date = about("与哪一天相比", "the day that is compared with")
    change: Points = about("预期比例的变化", "change of the expected share")
    moved_in: MovedPart = about("调入的民警", "officers who came")
    moved_out: MovedPart = about("调出的民警", "officers who left")
    stayed: MovedPart = about("留任的民警", "officers who stayed")
    text: Text = about("人员流动的文字", "the movement in words")


class UnitAlerts(Answer):
    """预警数量与限额。 / Alerts against the unit's budget."""

    flagged: int = about("较差等级人数", "officers graded poor", ge=0)
    budget: int = about("同一时间最多预警人数", "most officers that may be flagged at one time", ge=0)
    approaching: int = about("接近界限人数", "officers approaching a limit", ge=0)
    commended: int = about("表扬提示人数", "officers with a commend flag", ge=0)


class UnitOutcome(Answer):
    """一个结局的预期比例、区间、等级与说明。 / Expected share, interval, grade and what stands behind it."""

    outcome: Outcome = about("结局", "the outcome")
    horizon_months: int = about("向后看的月数", "months ahead")
    expected_share: Probability = about("预期出现该结局的民警比例", "expected share of officers with the outcome")
    low: Probability = about("95% 区间下限（将会见到的比例）", "lower end of the 95 % interval of what will be seen")
    high: Probability = about("95% 区间上限", "upper end of the interval")
    grade: Grade = about("等级：较差、一般、良好、最佳", "the grade, from poor to excellent")
    trend: UnitTrend | None = about("趋势；空为无从比较", "trend, null where nothing is there to compare", default=None)
    drivers: list[Driver] = about("推高该单位的主题，最强在前", "what lifts it above the force, strongest first")
    movement: UnitMovement | None = about(
        "人员流动的影响；空为缺少一年前数据", "effect of movement, null without data of a year before", default=None
    )
    alerts: UnitAlerts = about("预警数量与限额", "alerts against the budget")


class ScopeGraded(Answer):
    """单位本身或块面（含其下全部单位）。 / The unit itself, or its block with everything under it."""

    status: Literal["graded"] = about("固定为 graded", "always graded", default="graded")
    officers: int = about("已评分民警人数", "officers scored", ge=0)
    grade: Grade = about("各结局中最差的等级", "the worst grade of the outcomes")
    outcomes: list[UnitOutcome] = about("已评级的结局", "the outcomes with a grade")


class ScopeNotGraded(Answer):
    """人数过少，不予评级，由上级单位代表。 / Too few officers to be graded; a unit above stands for it."""

    status: Literal["not_graded"] = about("固定为 not_graded", "always not_graded", default="not_graded")
    officers: int = about("已评分民警人数", "officers scored", ge=0)
    because: Because = about("未评级的原因", "why there is no grade")
    rolled_up_to: str | None = about("代表它的上级单位", "the unit above whose block stands for it", default=None)


class UnitGraded(Answer):
    """已评级的单位。 / A unit with a grade, its own or its block's."""

    unit_id: str = about("单位编号，与请求一致", "the unit id as it was asked")
    status: Literal["graded"] = about("固定为 graded", "always graded", default="graded")
    own: ScopeGraded | ScopeNotGraded = about("单位本身", "the unit itself")
    block: ScopeGraded | ScopeNotGraded = about("单位及其下全部单位", "the unit with everything under it")


class UnitNotGraded(Answer):
    """未评级的单位；从不视为低风险。 / A unit without a grade, which never means low risk."""

    unit_id: str = about("单位编号，与请求一致", "the unit id as it was asked")
    status: Literal["not_graded"] = about("固定为 not_graded", "always not_graded", default="not_graded")
    because: Because = about("未评级的原因", "why there is no grade")
    rolled_up_to: str | None = about("代表它的上级单位", "the unit above whose block stands for it", default=None)


class UnitsAnswer(Frame):
    """每个单位一项结果，顺序不变。 / One result for each unit, in order."""

    results: list[UnitGraded | UnitNotGraded] = about(
        "每个单位一项，顺序与请求一致", "one for each unit, in the order asked"
    )
