"""What goes in and what comes out of `/v1/units`: units and blocks, never an officer of them.

Every node that has officers has a grade: its own, or that of the block which stands for it (`rolled_up`).
"""

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
    """预期比例的变化。 / Change of the expected share."""

    direction: Literal["worsening", "improving", "steady"] = about(
        "恶化、改善或平稳；仅当 95% 区间不含零时为恶化或改善",
        "worsening or improving where the 95 % interval lies on one side of nought, else steady",
    )
    against: Literal["last_period", "earlier_expectation", "force_earlier"] = about(
        "与一年前的预期相比；缺少一年前数据时与上一期实际比例相比；全员与一年前对全员的预期相比",
        "against what was expected a year before, or, without data of that day, the last period's share; the whole "
        "force against what was expected of it",
    )
    before: float = about(
        "当时的比例，按全员当前水平折算（全员不折算）",
        "share then, at today's level of the force (the whole force: as it was)",
        ge=0.0,
    )
    change: float = about("变化", "change of the share")
    low: float = about("95% 区间下限", "lower end of its 95 % interval")
    high: float = about("95% 区间上限", "upper end of its 95 % interval")
    worse: Probability = about("确为上升的可能性", "chance that it truly rises")
    text: Text = about("趋势的文字", "the trend in words")


class Driver(Answer):
    """使该单位高于或低于全员的一个主题。 / One theme that moves the unit above or below the force."""

    theme: str = about("主题", "theme")
    direction: Literal["raises", "lowers"] = about(
        "使预期高于（raises）或低于（lowers）全员",
        "whether it raises or lowers the share against the force",
        default="raises",
    )
    text: Text = about("成因的文字", "the driver in words")
    share: Probability = about(
        "在使该单位有别于全员的全部影响中的份额", "its part of all that moves the unit away from the force"
    )


class MovedPart(Answer):
    """一部分人及其带来的变化。 / Some officers and the change that they make."""

    officers: int = about("人数", "how many", ge=0)
    change: Points | None = about(
        "对平均预期的影响；空为人数过少，不单独说明",
        "what they change of the mean expectation, null where they are too few to tell of",
        default=None,
    )


class UnitMovement(Answer):
    """调入、调出、留任与所靠拢单位各带来的变化，合计即趋势的变化。 / Who came, left, stayed, and what is leaned on."""

    since: date = about("与哪一天相比", "the day that is compared with")
    change: Points = about(
        "预期比例的变化，与 trend.change 相同，按全员当前水平折算（全员不折算）",
        "change of the expected share, the same as trend.change, at today's level of the force (the whole force: as it "
        "was)",
    )
    moved_in: MovedPart = about("调入的民警：当日不在本单位", "officers who came: not there that day")
    moved_out: MovedPart = about("调出的民警：现不在本单位", "officers who left: not there now")
    stayed: MovedPart = about(
        "留任的民警：两日都在，包括当日因履历过短未评分者",
        "officers who stayed: there on both days, those included who were too new for a score then",
    )
    others: Points = about(
        "所靠拢的上级单位与全员带来的变化；较早的夜间结果为零，其各项只合计为民警平均预期的变化",
        "what the unit above and the force changed, which it leans on; nought for nights of old, whose parts are of "
        "the officers' mean expectation alone",
        default=0.0,
    )
    text: Text = about("人员流动的文字", "the movement in words")


class UnitAlerts(Answer):
    """预警数量与限额。 / Alerts against the unit's budget."""

    flagged: int | None = about(
        "较差等级人数；仅对有复核权限（risk:review）者显示，否则为空：与未显示的民警对照即可推知何人较差",
        "officers graded poor; told to who reviews (risk:review) and null for others, to whom it would tell who is "
        "poor among those who are withheld",
        default=None,
        ge=0,
    )
    budget: int = about(
        "政策给该单位的预警名额；仅当 grades.toml 的 mode 为 unit_budget 时据此限制人数，否则供对照",
        "officers that policy lets be flagged here at one time; it limits them only where `mode` of grades.toml is "
        "unit_budget, and is there to compare with otherwise",
        ge=0,
    )
    decided_by: Literal["shares", "cut_offs", "unit_budget"] | None = about(
        "该夜等级的依据：shares 全员比例，cut_offs 概率界限，unit_budget 比例且不超过单位名额；较早的夜间结果为空",
        "what decided the grades of that night: shares of the force, cut_offs, or unit_budget (shares within each "
        "unit's budget); null for a night published before this was kept",
        default=None,
    )
    over_budget: bool | None = about(
        "较差等级人数超过名额；不以 unit_budget 评级时可能如此，多个单位合计的块面亦然；flagged 为空时亦为空",
        "whether more are flagged than the budget; it may be so where unit_budget does not decide; null where "
        "flagged is",
        default=None,
    )
    note: Text | None = about(
        "名额不限制人数、或合计超出名额时的说明；名额有效、依据不详或 flagged 为空时为空",
        "said where the budget does not limit alerts, or a block lies beyond its own; else null, and where it is not "
        "known what decided or flagged is null",
        default=None,
    )
    approaching: int = about("接近界限人数", "officers approaching a limit", ge=0)
    commended: int = about("表扬提示人数", "officers with a commend flag", ge=0)


class UnitOutcome(Answer):
    """一个结局的预期比例、区间、等级与说明。 / Expected share, interval, grade and what stands behind it.

    The share is pooled: a small unit leans on the unit above. Grades are against the whole force by policy's cut-offs.
    """

    outcome: Outcome = about("结局", "the outcome")
    horizon_months: int = about("向后看的月数", "months ahead")
    expected_share: Probability = about(
        "预期出现该结局的民警比例，四位小数；人数越少越靠近上级单位",
        "expected share of officers with the outcome, to four decimals; the smaller the unit, the nearer to the unit "
        "above",
    )
    low: Probability = about("95% 区间下限（将会见到的比例）", "lower end of the 95 % interval of what will be seen")
    high: Probability = about("95% 区间上限", "upper end of the interval")
    grade: Grade = about("等级：较差、一般、良好、最佳", "the grade, from poor to excellent")
    unsure: bool = about("把握不足：可信范围跨越多个等级", "whether what is believed of it reaches into another grade")
    could_be: list[Grade] = about(
        "可信范围两端的等级，较好者在前；一致时只有一项",
        "grades at both ends of what is believed, the better first; one where they are the same",
    )
    text: Text = about("等级的文字", "the grade in words")
    trend: UnitTrend | None = about(
        "趋势；空为无从比较（全员缺少一年前的预期时亦为空）",
        "trend, null where nothing is there to compare (the whole force: no expectation of a year before)",
        default=None,
    )
    drivers: list[Driver] = about(
        "使该单位有别于全员的主题，最强在前", "what moves it above or below the force, strongest first"
    )
    drivers_rest: Text | None = about(
        "所列主题合计不足一半或没有可列主题时的说明；否则为空",
        "said where the drivers told make less than half or none can be told, null otherwise",
        default=None,
    )
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


class OutcomeStoodFor(Answer):
    """由上级块面代表的一个结局；没有本单位的数字。 / One outcome as the block above has it; no figure of its own."""

    outcome: Outcome = about("结局", "the outcome")
    horizon_months: int = about("向后看的月数", "months ahead")
    grade: Grade = about("上级块面的等级", "the grade of the block above")
    text: Text = about("由谁代表的文字", "who stands for it, in words")


class ScopeRolledUp(Answer):
    """人数过少，以上级块面的等级代表。 / Too few officers to show figures: it has the grade of the block above."""

    status: Literal["rolled_up"] = about("固定为 rolled_up", "always rolled_up", default="rolled_up")
    officers: int = about("已评分民警人数", "officers scored", ge=0)
    grade: Grade = about("上级块面各结局中最差的等级", "the worst grade of the outcomes of the block above")
    rolled_up_to: str = about("代表它的单位（含其下全部单位）", "the unit whose block stands for it")
    because: Because = about("不单独显示的原因", "why it shows no figures of its own")
    outcomes: list[OutcomeStoodFor] = about("各结局的等级", "the grade of each outcome")


class ScopeNotGraded(Answer):
    """没有民警，或没有可代表的上级单位。 / Nobody there, or no unit above that could stand for it."""

    status: Literal["not_graded"] = about("固定为 not_graded", "always not_graded", default="not_graded")
    officers: int = about("已评分民警人数", "officers scored", ge=0)
    because: Because = about("未评级的原因", "why there is no grade")


Scope = ScopeGraded | ScopeRolledUp | ScopeNotGraded


class OutcomeNotGraded(Answer):
    """所问而该夜没有的一个结局或期限。 / One outcome or horizon that was asked for and that the night does not have."""

    outcome: Outcome = about("结局", "the outcome")
    horizon_months: int = about("向后看的月数；未指明时为政策规定", "months ahead, policy's own where none were named")
    because: Because = about("没有结果的原因，与 /v1/risk 一致", "why there is nothing of it, as /v1/risk says it")


class UnitGraded(Answer):
    """已评级的单位。 / A unit with a grade: its own, its block's, or that of the block which stands for it."""

    unit_id: str = about("单位编号，与请求一致", "the unit id as it was asked")
    status: Literal["graded", "rolled_up"] = about(
        "graded 为本单位的等级；rolled_up 为上级块面的等级",
        "graded where a grade is its own, rolled_up where it is that of the block above",
    )
    own: Scope = about("单位本身", "the unit itself")
    block: Scope = about("单位及其下全部单位", "the unit with everything under it")
    outcomes_not_graded: list[OutcomeNotGraded] = about(
        "所问而该夜没有的结局或期限", "outcomes and horizons asked for that the night does not have", default=[]
    )


class UnitNotGraded(Answer):
    """未评级的单位；从不视为低风险。 / A unit without a grade, which never means low risk."""

    unit_id: str = about("单位编号，与请求一致", "the unit id as it was asked")
    status: Literal["not_graded"] = about("固定为 not_graded", "always not_graded", default="not_graded")
    because: Because = about("未评级的原因", "why there is no grade")


class UnitsAnswer(Frame):
    """每个单位一项结果，顺序不变。 / One result for each unit, in order."""

    notices: list[Because] = about(
        "须知：如模型训练截止日晚于所评日期",
        "what to know, as that the model was trained after the day told of",
        default=[],
    )

    results: list[UnitGraded | UnitNotGraded] = about(
        "每个单位一项，顺序与请求一致", "one for each unit, in the order asked"
    )
