"""Bodies of `POST /v1/points`: the published rule table applied to records; no model has a part in it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, model_validator

from data_contracts.figures import without_remainder
from serving.schemas import MAX_OFFICERS, Answer, Body, Declined, NotScored, OfficerId, Text, about, told

MOST_POINTS = 10_000.0
Points = Annotated[float, AfterValidator(without_remainder)]  # the figure of the answer is that of its text


class PointsTarget(Body):
    """期限与目标：总分或还缺的分数，二者择一。 / A deadline with a total or the points missing, one of the two."""

    deadline: date = about(
        "期限：晚于计算日期，且不超过政策所定的月数（earning 政策 most_months_ahead）；过远的退回并说明最晚日期",
        "the day on which the points are asked for: after the day of the record, by no more months than policy says "
        "(earning policy, most_months_ahead); one further ahead is refused with the last day that is not",
    )
    total: float | None = about("目标总分", "the total asked for", default=None, ge=0.0, le=MOST_POINTS)
    missing: float | None = about(
        "在现有分数上还缺的分数", "points missing to what there is now", default=None, gt=0.0, le=MOST_POINTS
    )

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.total is None) == (self.missing is None):
            raise told("请给出 total 或 missing，二者取一", "give total or missing, one of the two")
        return self


class PointsRequest(Body):
    """积分：逐项说明，可附目标。 / Points line by line, with a target if one is asked for."""

    officer_ids: list[OfficerId] = about(
        "民警编号，1 至 200 个，可重复；时限内答复不完时返回 too_much_at_once 并注明每次最多几人",
        "officer ids, 1 to 200, repeats allowed; where they do not fit into the time of an answer, too_much_at_once "
        "says how many at most",
        min_length=1, max_length=MAX_OFFICERS,
    )  # fmt: skip
    as_of: date | None = about("计算日期；空为今天", "day of the record, null for today", default=None)
    target: PointsTarget | None = about("目标与期限；可空", "what is to be reached by when, may be null", default=None)


class Evidence(Answer):
    """一项依据。 / One piece of evidence."""

    earned_on: date = about("取得日期", "day on which it was earned")
    text: Text = about("依据的文字", "the evidence in words")
    points: Points = about("该项分值", "what it is worth")
    counted: Points = about("实际计分", "what counts of it")
    cut_off: Points = about("超出上限不计的分数", "what the cap takes of it")
    state: Literal["counted", "expired"] = about("有效或已过期", "in force or expired")
    expires_on: date | None = about("不再计分的首日；空为长期", "first day it no longer counts, null for good")


class PointsLine(Answer):
    """规则表的一行。 / One line of the rule table."""

    rule: str = about("规则代码", "code of the rule")
    name: Text = about("规则名称", "name of the rule")
    text: Text = about("该行的文字", "the line in words")
    points: Points = about("该行计分", "points of the line")
    subtotal: Points = about("上限前合计", "sum before the cap")
    cap: Points = about("上限", "the cap")
    evidence: list[Evidence] = about("依据，按取得先后", "the evidence in the order it was earned")


class PointsLoss(Answer):
    """将到期的分数。 / Points that will expire."""

    rule: str = about("规则代码", "code of the rule")
    on: date = about("不再计分的首日", "first day on which they no longer count")
    points: Points = about("减少的分数", "points lost")
    text: Text = about("文字", "in words")


class PointsWay(Answer):
    """还能得分的途径。 / A way in which points could still be earned."""

    rule: str = about("规则代码", "code of the rule")
    earned_by: Literal["study", "service", "appraisal", "award"] = about("取得方式", "how it is earned")
    plannable: bool = about(
        "本人能否自行争取；由他人评定者不列入办法",
        "whether officers can bring it about; what others decide is advised to nobody",
    )
    room: Points = about("期限日上限所余", "what the cap leaves on the deadline")
    gives: list[Points] = about("每一次可得的分数", "what each further merit gives")
    days: list[date] = about(
        "各次最早加分日（到期限日仍有效者）：上限所限的为上限有余之日；考核为通常公布之日，已过该日的为次日",
        "earliest day from which each adds points that still stand on the deadline: where the line is at its cap the "
        "day on which that leaves room; of appraisals the day by which they are usually published, tomorrow where that "
        "has passed",
    )
    awaited: int = about(
        "考核期已结束而尚未公布的考核项数", "appraisals whose period is over and that are not published yet", default=0
    )
    transfer_from: date | None = about(
        "须调动者，按规定最早可调动的日期",
        "where it needs a transfer, the first day on which rules allow it",
        default=None,
    )
    by_itself_on: list[date] = about("随任职自然增加的日期", "days on which years pass by themselves")
    text: Text = about("文字", "in words")


class PointsStep(Answer):
    """一步。 / One step."""

    rule: str = about("规则代码", "code of the rule")
    on: date = about(
        "按此顺序的最早计分日，到期限日仍有效",
        "earliest day on which it could count and still stands on the deadline, the steps taken in this order",
    )
    adds_on: date = about(
        "在本项加分之日；因上限所限可晚于计分日",
        "day from which it adds points to its line, later than it counts where the cap leaves no room before",
    )
    course_id: str | None = about("可修的培训", "a course that would do")
    transfer_on: date | None = about(
        "计分日所据的调入日期：按规定最早可调入之日；空为不须调动",
        "the transfer to a post that counts on which that day rests, the earliest that rules allow, null for none",
        default=None,
    )
    transfer_by: date | None = about(
        "期限前仍够的最晚调入日期，计分日相应推迟；空为不须调动",
        "last day for that transfer with which the steps still do by the deadline, each as much later; null where it "
        "needs none",
        default=None,
    )
    text: Text = about("文字", "in words")


class PointsCombination(Answer):
    """达到目标的最少步骤。 / The fewest steps that reach the target."""

    gain: Points = about("期限日可增加的分数", "points added on the deadline")
    on: date = about("各步全部计入的最早日期", "earliest day on which all steps count")
    reached_on: date = about(
        "达到目标并保持到期的首日，连同自然增减",
        "first day from which the target is held until the deadline, with what comes and expires by itself",
    )
    steps: list[PointsStep] = about("步骤，按日期", "the steps by day")
    text: Text = about("文字", "in words")


class PointsPlan(Answer):
    """如何在期限内取得所缺分数。 / What would earn the missing points by the deadline."""

    status: Literal["reached", "by_itself", "possible", "not_within_deadline"] = about(
        "已达到、自然达到、可以达到、期限内靠自身努力达不到",
        "reached, by itself, possible, or not within the deadline by one's own steps",
    )
    target: Points = about("目标总分", "the total asked for")
    deadline: date = about(
        "期限；最晚退休日期早于所问期限时为该日，各项均按该日计算",
        "the deadline; where service ends before the day asked for, by the day of joining at the latest, that day: all "
        "figures of the plan are of it",
    )
    deadline_asked: date | None = about(
        "所问的期限，仅在最晚退休日期早于它时给出", "the day asked for, only where service ends before it", default=None
    )
    total_then: Points = about("不作变动时期限日的总分", "total on the deadline if nothing is done")
    missing: Points = about("期限日所缺分数", "points missing on the deadline")
    reached_on: date | None = about("自然达到的日期", "day from which it is reached by itself")
    losses: list[PointsLoss] = about("期限前到期的分数", "what expires before the deadline")
    ways: list[PointsWay] = about("各行还能如何得分", "what each line could still give")
    combinations: list[PointsCombination] = about(
        "达到目标的办法，最易者在前；其后各项步骤更少",
        "how to reach it, least demanding first, each next takes fewer steps",
    )
    declined: list[Declined] = about(
        "因本人不感兴趣而未列出的课程", "courses left out because the officer declined them", default=[]
    )
    text: Text = about("结论", "the answer in words")


class PointsScored(Answer):
    """有积分的民警。 / An officer with points."""

    officer_id: str = about("民警编号，与请求一致", "the officer id as it was asked")
    status: Literal["scored"] = about("固定为 scored", "always scored", default="scored")
    total: Points = about("总分", "the total")
    points: list[PointsLine] = about("逐项积分，按规则表顺序", "line by line in the order of the rule table")
    plan: PointsPlan | None = about("目标的答复；未问则空", "the answer to the target, null when none was asked")


class PointsAnswer(Answer):
    """每个民警一项结果，顺序不变；积分只按规则表，与模型无关。 / By the rule table alone; no model has a part in it."""

    request_id: str = about("请求编号", "id of this request")
    rule_table: str = about("规则表的摘要", "hash of the rule table")
    as_of: date = about("计算日期", "day of the record")
    results: list[PointsScored | NotScored] = about(
        "每个民警一项，顺序与请求一致", "one for each officer, in the order asked"
    )
