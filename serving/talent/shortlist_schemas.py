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


class FieldListed(Answer):
    """一个专业方向的名单。 / The list of one field."""

    field: TalentField = about("专业方向", "the talent field")
    status: Literal["listed"] = about("固定为 listed", "always listed", default="listed")
    size: int = about("政策规定的人数", "how many policy asks for")
    could_be_listed: int = about("符合条件的民警人数", "officers who could be listed")
    candidates: list[ListedOfficer] = about("候选人，名次在前者在前", "candidates, best first")
    beyond: int = about(
        "名单中不在调用者权限范围内、故未列出的人数", "on the list, but outside of what the caller may see"
    )
    not_listed: list[OfficerNotListed] = about("所询问的未入选民警", "those asked about who are not listed")
    notice: Text = about("由委员会决定", "a committee decides")


class FieldNotListed(Answer):
    """一个专业方向没有名单。 / A field without a list."""

    field: TalentField = about("专业方向", "the talent field")
    status: Literal["not_listed"] = about("固定为 not_listed", "always not_listed", default="not_listed")
    because: Because = about("没有名单的原因", "why there is no list")


class ShortlistAnswer(Frame):
    """每个方向一项结果，顺序不变。 / One result for each field, in order."""

    results: list[FieldListed | FieldNotListed] = about(
        "每个方向一项，顺序与请求一致", "one for each field, in the order asked"
    )
