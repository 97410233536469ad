"""`POST /v1/shortlist` over HTTP: which fields are asked for, and what a short list looks like."""

from __future__ import annotations

from datetime import date
from typing import Literal

from data_contracts.vocabulary import TalentField
from serving.schemas import MAX_OFFICERS, Answer, Because, Body, Frame, OfficerId, Text, about


class ShortlistRequest(Body):
    """人才名单：各专业方向的候选人及证据，供委员会决定。 / Talent short lists with their evidence, for a committee."""

    fields: list[TalentField] = about("专业方向，可重复", "talent fields, repeats allowed", min_length=1, max_length=20)
    as_of: date | None = about("记录所属日期；空为最新", "day of the records, null for the newest", default=None)
    officer_ids: list[OfficerId] = about(
        "询问为何未入选的民警编号，至多 200 个",
        "officers of whom to say why they are not listed, 200 at most",
        default=[],
        max_length=MAX_OFFICERS,
    )


class EvidenceItem(Answer):
    """一条计入的记录。 / One row that counted."""

    day: str = about("日期", "the day")
    until: str | None = about("任职的结束日期或查询日期", "last day of a posting, or the day asked about", default=None)
    amount: float = about("计入的数量：次数、年数或所测分值", "what it counts: times, years, or the measured value")


class EvidenceLine(Answer):
    """一项公布的证据规则及其得分。 / One published line of evidence and what it gave."""

    line: str = about("规则代码", "code of the line")
    name: Text = about("规则名称", "name of the line")
    points: float = about("得分；低于可比对象时为负", "points, negative where below what it is compared with")
    text: Text = about("依据：何事、何时、多少", "what, when, how much")
    rows: int = about("计入的记录数", "rows that counted")
    items: list[EvidenceItem] = about("最近的若干条记录，先旧后新", "the newest of these rows, oldest first")


class ListedOfficer(Answer):
    """一名候选人。 / One candidate."""

    officer_id: str = about("民警编号", "the officer")
    post_id: str = about("现任岗位", "present post")
    post_name: Text = about("岗位名称；无名称时为编号", "name of the post, its id where it has none")
    unit_id: str = about("所在单位", "present unit")
    unit_name: Text = about("单位名称；无名称时为编号", "name of the unit, its id where it has none")
    rank: int = about("名次；同分同名次", "rank; equal scores share it")
    score: float = about("各项得分之和，保留一位小数", "sum of the lines, to one decimal")
    tied: bool = about("与他人同分", "equal to somebody else")
    tied_at_edge: bool = about(
        "与末位同分：同分者全部列出，名单因此超出定额",
        "equal to the last place: all who are equal are named, so the list is longer than its size",
    )
    self_nominated: bool = about("本人已自荐；自荐不计分", "nominated themselves, which gives no points")
    evidence: list[EvidenceLine] = about("逐项证据", "the evidence, line by line")


class OfficerNotListed(Answer):
    """未入选及其原因。 / Not listed, and why."""

    officer_id: str = about("民警编号，与请求一致", "the officer id as it was asked")
    because: Because = about("未入选的原因", "why not")


class GroupShare(Answer):
    """一个群体在名单中的占比。 / One group: its share of the list over its share of those who could be listed."""

    attribute: str = about("属性代码", "code of the attribute")
    group: str = about("群体代码", "code of the group")
    name: Text = about("群体名称", "the group in words")
    could_be_listed: int = about("符合条件者中的人数", "officers of the group who could be listed")
    share_could_be_listed: float = about(
        "在符合条件者中的占比", "its share of those who could be listed", ge=0.0, le=1.0
    )
    listed: int = about("名单中的人数", "officers of the group on the list")
    share_listed: float | None = about(
        "在名单中的占比；名单为空时为空", "its share of the list, null for an empty list"
    )
    ratio: float | None = about("两项占比之比", "the one share over the other")
    low: float | None = about("比值区间下限", "lower end of the interval of the ratio")
    high: float | None = about("比值区间上限", "upper end of the interval of the ratio")
    state: Literal["even", "uneven", "unclear", "nothing"] = about(
        "均衡、偏离、无法判定或名单为空", "even, uneven, unclear, or nothing for an empty list"
    )
    text: Text = about("文字说明", "in words")


class Balance(Answer):
    """名单的群体均衡情况；只有群体合计，不涉及个人。 / The balance of a list by group: whole groups, nobody alone."""

    confidence: float = about("区间的置信水平", "confidence of the intervals")
    least_group: int = about(
        "群体的最少人数；不足者与其他群体合并", "officers that a group needs; smaller ones are joined to others"
    )
    groups: list[GroupShare] = about("各群体", "the groups")
    lacking: list[Text] = about("无人登记的属性", "attributes that nobody recorded")
    withheld: list[Text] = about(
        "人数太少、不予显示的属性", "attributes of which too few officers are known to be told"
    )
    notice: Text = about("如何解读", "how to read it")


class FieldListed(Answer):
    """一个专业方向的名单。 / The list of one field."""

    field: TalentField = about("专业方向", "the talent field")
    name: Text = about("专业方向名称", "name of the field")
    status: Literal["listed"] = about("固定为 listed", "always listed", default="listed")
    size: int = about("政策规定的人数", "how many policy asks for")
    listed: int = about(
        "名单实际人数：末位同分者全部列出时多于规定，证据不足时少于规定",
        "how many are on the list: more where the last place is tied, fewer where evidence lacks",
    )
    could_be_listed: int = about("符合条件的民警人数", "officers who could be listed")
    candidates: list[ListedOfficer] = about("候选人，名次在前者在前", "candidates, best first")
    beyond: int = about(
        "名单中不在调用者权限范围内、故未列出的人数", "on the list, but outside of what the caller may see"
    )
    not_listed: list[OfficerNotListed] = about("所询问的未入选民警", "those asked about who are not listed")
    balance: Balance | None = about(
        "名单的群体均衡情况；调用者无 audit:read 权限时为空",
        "the balance of the list by group, null for a caller without the scope audit:read", default=None,
    )  # fmt: skip
    notice: Text = about("由委员会决定", "a committee decides")


class FieldNotListed(Answer):
    """一个专业方向没有名单。 / A field without a list."""

    field: TalentField = about("专业方向", "the talent field")
    name: Text = about("专业方向名称", "name of the field")
    status: Literal["not_listed"] = about("固定为 not_listed", "always not_listed", default="not_listed")
    because: Because = about("没有名单的原因", "why there is no list")


class ShortlistAnswer(Frame):
    """每个方向一项结果，顺序不变。 / One result for each field, in order."""

    results: list[FieldListed | FieldNotListed] = about(
        "每个方向一项，顺序与请求一致", "one for each field, in the order asked"
    )
