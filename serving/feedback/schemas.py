"""What goes into `POST /v1/feedback` and what comes out; strict in form, and each item judged by itself."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import StringConstraints

from serving.schemas import ID_PATTERN, Answer, Because, Body, OfficerId, about

MAX_ITEMS = 200
Id = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=ID_PATTERN)]
Item = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\u0000-\u001f\u007f-\u009f]+$")]
Word = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Reason = Annotated[str, StringConstraints(max_length=4000, pattern=r"^[^\u0000]*$")]


class FeedbackGiven(Body):
    """一条反馈。 / What an officer did with one suggestion."""

    feedback_id: Id = about(
        "反馈编号，由发送方给出，仅在该调用方内有效；重复提交不重复计",
        "id given by the sender and the sender's own; sent again, it counts once",
    )
    officer_id: OfficerId = about("民警编号", "officer id")
    item_kind: Word = about("建议类别：post、path 或 course", "kind of the suggestion: post, path or course")
    item: Item = about("建议内容的代号", "code of what was suggested")
    action: Word = about(
        "反应：shown、opened、saved、declined 或 done", "what was done: shown, opened, saved, declined or done"
    )
    reason: Reason | None = about("原因；不感兴趣时须填", "why; needed when declined", default=None)
    occurred_on: date = about("发生日期", "the day it happened")
    request_id: Id | None = about(
        "建议所在答复的请求编号", "request id of the answer that held the suggestion", default=None
    )


class FeedbackRequest(Body):
    """反馈：民警对建议的反应。 / Feedback: what officers did with suggestions."""

    items: list[FeedbackGiven] = about("反馈，1 至 200 条", "feedback, 1 to 200", min_length=1, max_length=MAX_ITEMS)


class FeedbackTaken(Answer):
    """已收下的反馈。 / Feedback that is kept."""

    feedback_id: str = about("反馈编号，与请求一致", "id of the feedback as it was sent")
    status: Literal["accepted", "duplicate"] = about(
        "accepted 为首次收下，duplicate 为此前已收下", "accepted when it is new, duplicate when it was there already"
    )
    unseen: bool = about(
        "至反馈所述之日，本服务未曾向该民警推荐此内容；路径以整条计，仅作为某条路径所附课程出现者不计",
        "this service had not suggested this item to this officer by the day of the feedback; a path counts as a "
        "whole, so a course that stood only inside one was not",
    )


class FeedbackRefused(Answer):
    """未收下的反馈。 / Feedback that is not kept."""

    feedback_id: str = about("反馈编号，与请求一致", "id of the feedback as it was sent")
    status: Literal["refused"] = about("固定为 refused", "always refused", default="refused")
    because: Because = about("未收下的原因", "why it is not kept")


class FeedbackAnswer(Answer):
    """每条反馈一项结果，顺序不变。 / One result for each piece of feedback, in order."""

    request_id: str = about("请求编号", "id of this request")
    results: list[FeedbackTaken | FeedbackRefused] = about(
        "每条一项，顺序与请求一致", "one for each, in the order sent"
    )
