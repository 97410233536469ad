"""`POST /v1/risk` over HTTP: what is asked, and what an officer's warning or praise looks like."""

from __future__ import annotations

from datetime import date
from typing import Literal

from data_contracts.vocabulary import Grade, Outcome, SupportKind
from serving.schemas import (
    MAX_OFFICERS,
    Answer,
    Because,
    Body,
    Frame,
    Months,
    NotScored,
    OfficerId,
    Probability,
    Reason,
    Text,
    about,
    missing_events,
)


class RiskRequest(Body):
    """关爱预警：为若干民警计算风险与原因。 / Early support: risk and its reasons for a list of officers."""

    officer_ids: list[OfficerId] = about(
        "民警编号，1 至 200 个，可重复", "officer ids, 1 to 200, repeats allowed", min_length=1, max_length=MAX_OFFICERS
    )
    as_of: date | None = about(
        "特征所属日期；空为最新。与在线特征日期不同的民警不予评分",
        "day of the features, null for the newest; officers whose features are of another day are not scored",
        default=None,
    )
    outcomes: list[Outcome] | None = about(
        "结局；空为全部已启用结局", "outcomes, null for all that are served", default=None, min_length=1, max_length=6
    )
    horizon_months: list[Months] | None = about(
        "向后看的月数（6、12、24）；空为政策规定的期限", "months ahead (6, 12, 24), null for policy's own",
        default=None, min_length=1, max_length=3,
    )  # fmt: skip
    what_if: bool = about(
        "是否一并给出可改变事项的估算", "whether to think through what could be changed", default=False
    )


class CourseNamed(Answer):
    """一门针对原因的课程。 / A course that addresses a reason."""

    course_id: str = about("课程编号", "id of the course")
    name: Text = about("课程名称", "name of the course")
    hours: float | None = about("学时", "hours", default=None)
    reasons: list[Reason] = about(
        "为何推荐给本人：针对的原因（theme）、能力差距（gap）、证书到期（lapsed）、必修（required）、本岗位常修（family）",
        "why this officer: the reason it addresses (theme), a gap of competency (gap), a lapsed certificate (lapsed), "
        "required (required), usual in the job family (family)",
        default=[],
    )


class Support(Answer):
    """建议的关爱措施；不会自动执行。 / A suggested action; nothing follows by itself."""

    outcome: Outcome = about("所针对的结局", "the outcome it is about")
    horizon_months: int | None = about(
        "所针对的期限（月）：总是决定等级的期限，与所问期限无关；旧版本记录的待办为空",
        "months ahead that it is about: always those that grade the outcome, whichever were asked for; null in cases "
        "that earlier versions told",
        default=None,
    )
    kind: SupportKind = about("措施类别", "kind of action")
    text: Text = about("措施的文字", "the action in words")
    within_days: int = about("建议在多少天内开始", "days within which to begin")
    courses: list[CourseNamed] = about(
        "针对原因或能力差距、正在开设、适合其岗位、本人尚未修过或证书已到期的课程",
        "courses on offer that address the reasons or a gap, suit the post, and are not held: never taken, or lapsed",
        default=[],
    )
    no_courses: Text | None = about(
        "培训类措施未列出课程的原因；其余为空，由本人自选课程的措施亦为空",
        "why a training action names no course; null for others, and where the course is the officer's own choice",
        default=None,
    )


class Flag(Answer):
    """提示：接近界限，或值得表扬。 / Near a limit, or worth a commendation."""

    kind: Literal["approach", "commend"] = about(
        "approach 接近界限，commend 值得表扬", "approach: near a limit; commend: worth praise"
    )
    outcome: Outcome = about("所针对的结局", "the outcome it is about")
    horizon_months: int = about("向后看的月数", "months ahead")
    text: Text = about("提示的文字", "the flag in words")
    since: str | None = about("起始日期", "day from which it holds", default=None)
    expected_on: str | None = about(
        "预计到达界限的日期；仅旧版本的提示才有",
        "day the limit would be reached; only in flags of older nights",
        default=None,
    )


class Change(Answer):
    """若某一可改变事项不同：统计关联，不是保证。 / One thing different: an association, no promise."""

    change: str = about("事项代码", "code of the change")
    who: Literal["officer", "leader"] = about("由谁改变", "who can change it")
    text: Text = about("事项的文字", "the change in words")
    probability: Probability = about("如此记录的概率，四位小数", "chance with such a record, to four decimals")
    difference: float = about("两个四位小数概率之差", "difference of the two chances, each to four decimals")


class OutcomeRisk(Answer):
    """一个结局的概率、区间与原因。 / Probability, interval and reasons of one outcome."""

    outcome: Outcome = about("结局", "the outcome")
    horizon_months: int = about("向后看的月数", "months ahead")
    probability: Probability = about(
        "期限内出现该结局的概率，已校准，四位小数；0.0001 表示不高于万分之一",
        "calibrated chance of the outcome within these months, to four decimals; 0.0001 is one in ten thousand or less",
    )
    low: Probability | None = about("区间下限", "lower end of the interval", default=None)
    high: Probability | None = about("区间上限", "upper end of the interval", default=None)
    baseline: float | None = about(
        "对数几率基线（自然对数）：baseline、reasons 与 strengths 的全部 contribution、rest 之和即概率的对数几率",
        "log-odds (natural logarithm) before anything of the officer counts: baseline, every contribution of reasons "
        "and strengths, and rest add up to the log-odds of the chance",
        default=None,
    )
    rest: float | None = about(
        "未列为原因或优势的其余部分（对数几率）",
        "what is told neither as a reason nor as a strength, in log-odds",
        default=None,
    )
    features: str | None = about(
        "该结局所用各列的特征服务及其版本（病假天数只用于 strain）；model 中所列为本次读取的服务",
        "feature service whose columns this outcome reads, with its version (sick days only for strain); that under "
        "model is the one that was read from for all of them",
        default=None,
    )
    unsure: bool = about(
        "模型无法判断：此概率下，出现与不出现两种结果往年都不少见（共形预测集，承诺水平由政策规定，见模型卡）",
        "the model cannot tell: at this chance both ends were usual in the past (conformal set; policy says what is "
        "promised, the model card how it was kept)",
    )
    grade: Grade = about("等级：较差、一般、良好、最佳", "the grade, from poor to excellent")
    graded_by: Literal["night", "cut_offs"] = about(
        "等级依据：night 与最近一次夜间评分一致（含单位预警额度）；cut_offs 按政策或训练时确定的概率界限",
        "what decides the grade: night, as the last night grades (a unit's alert budget included); cut_offs, the "
        "chances fixed by policy or when the model was trained",
    )
    reasons: list[Reason] = about(
        "推高概率的原因，最强在前；文字中的“全员平均”指模型训练当日的全员",
        "what raises the chance, strongest first; where a text names all officers, they are those of the day the model "
        "was trained on",
    )
    strengths: list[Reason] = about("拉低概率的优势，最强在前", "what lowers it, strongest first", default=[])
    what_if: list[Change] | None = about(
        "可改变事项，最有利在前；未询问时为空", "changes, best first; null when not asked for", default=None
    )
    no_what_if: Text | None = about(
        "未列出可改变事项的原因；已列出或未询问时为空",
        "why no change is told; null where one is, or when not asked for",
        default=None,
    )


class OutcomeNotScored(Answer):
    """一个结局未评分。 / One outcome that was not scored."""

    outcome: Outcome = about("结局", "the outcome")
    horizon_months: int | None = about(
        "向后看的月数；空为政策规定", "months ahead, null for policy's own", default=None
    )
    because: Because = about("未评分的原因", "why there is no score")


class RiskScored(Answer):
    """已评分的民警。 / An officer with a score."""

    officer_id: str = about("民警编号，与请求一致", "the officer id as it was asked")
    status: Literal["scored"] = about("固定为 scored", "always scored", default="scored")
    grade: Grade = about(
        "全部已启用结局按政策期限所得的最差等级，与所问结局和期限无关；不能区分最佳与良好的结局不拉低最佳",
        "the worst grade of all outcomes served, each at the horizon policy has for it, whichever were asked for; an "
        "outcome that cannot tell excellent from good takes nothing from an excellent",
    )
    outcomes: list[OutcomeRisk] = about("已评分的结局", "the outcomes with a score")
    outcomes_not_scored: list[OutcomeNotScored] = about("未评分的结局", "outcomes without a score", default=[])
    support: list[Support] = about("建议的关爱措施，供人决定", "suggested support, for people to decide on")
    flags: list[Flag] = about("接近界限与表扬提示", "approach and commend flags", default=[])
    without_events_since: date | None = missing_events()


class RiskNotScored(NotScored):
    """未评分的民警，逐个结局给出原因；从不视为低风险。 / An officer without a score, and why of each outcome."""

    because: Because = about(
        "未评分的原因；各结局原因不同时为 outcomes_not_scored，见该列表",
        "why there is no score; outcomes_not_scored where the outcomes have different reasons, which that list tells",
    )
    outcomes_not_scored: list[OutcomeNotScored] = about(
        "所问各结局及其原因；该民警根本未查看时为空", "the outcomes asked for, each with why; empty where the officer "
        "was not looked at at all", default=[],
    )  # fmt: skip


class RiskWithheld(Answer):
    """有结果须先由人复核的民警；从不视为低风险。 / An officer with a result that waits for a person."""

    officer_id: str = about("民警编号，与请求一致", "the officer id as it was asked")
    status: Literal["withheld"] = about("固定为 withheld", "always withheld", default="withheld")
    because: Because = about(
        "不显示的原因：总是 under_review。凡有未经人复核的较差或一般等级者一律不显示，故不能由此推知等级",
        "why it is not shown: always under_review. So it is with everybody who has a grade poor or fair that no person "
        "reviewed, so that it does not tell which",
    )
    outcomes: list[OutcomeRisk] = about("已经人复核、可以显示的结局", "the outcomes that a person reviewed")
    outcomes_not_scored: list[OutcomeNotScored] = about(
        "未评分或暂不显示的结局", "outcomes without a score, or not shown yet"
    )
    flags: list[Flag] = about("其余结局的提示", "flags of the outcomes that are shown", default=[])
    without_events_since: date | None = missing_events()


class RiskAnswer(Frame):
    """每个民警一项结果，顺序不变。 / One result for each officer, in order."""

    notices: list[Because] = about(
        "须知：如模型训练截止日晚于所评日期，或已接收的事件尚未计入（events_missing）",
        "what to know, as that the model was trained after the day told of, or that accepted events are not in it yet "
        "(events_missing)",
        default=[],
    )

    results: list[RiskScored | RiskWithheld | RiskNotScored] = about(
        "每个民警一项，顺序与请求一致", "one for each officer, in the order asked"
    )
