"""What goes into `POST /v1/courses` and what comes out of it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from serving.paths.schemas import PathGoal
from serving.schemas import (
    MAX_OFFICERS,
    Answer,
    Because,
    Body,
    Declined,
    Frame,
    NotScored,
    OfficerId,
    Reason,
    Text,
    Whole,
    about,
)

MAX_COURSES = 30
Hours = Annotated[float, Field(gt=0, le=200)]
Kind = Literal["required", "goal", "gap", "next", "wave", "small"]


class CoursesRequest(Body):
    """职业指引：培训课程建议。 / Career guidance: courses for a list of officers."""

    officer_ids: list[OfficerId] = about(
        "民警编号，1 至 200 个，可重复；时限内答复不完时返回 too_much_at_once 并注明每次最多几人",
        "officer ids, 1 to 200, repeats allowed; where they do not fit into the time of an answer, too_much_at_once "
        "says how many at most",
        min_length=1, max_length=MAX_OFFICERS,
    )  # fmt: skip
    as_of: date | None = about("所依据记录的日期；空为最新", "day of the records, null for the newest", default=None)
    goal: PathGoal | None = about(
        "目标，任一类型；空为各人已登记的职业目标；记录与政策均不认识的目标不予受理",
        "the goal, of any kind, null for each officer's own stated one; one that neither records nor policy know is "
        "refused",
        default=None,
    )
    spare_hours: Hours | None = about(
        "可用的零散时间（小时），填写后另荐小课程", "hours to spare, asks for small courses that fit", default=None
    )
    top: Whole = about("每人建议课程数，1 至 30", "courses for each officer, 1 to 30", default=10, ge=1, le=MAX_COURSES)


class CourseSuggestion(Answer):
    """一门建议课程。 / One suggested course."""

    course_id: str = about("课程编号", "id of the course")
    name: Text = about("课程名称；无名称时为编号", "name of the course, its id where it has none")
    kind: Kind = about(
        "建议类别：必修（每人学一次的课程停开后不再要求）、目标岗位所要求、目标领域的名单所计入或最有助于转往目标类别、补能力差距、同路径所学（由学习以往学习次序的模型排序；"
        "没有针对本人的依据时，原因中注明仅由排序列入）、新课推广、零散时间。有完成记录即算学过，不论成绩；仅积分规则对成绩有要求",
        "why it is here: required (an edition that everybody takes once is asked of nobody any more once its offer is "
        "over), required by a post of the goal, counted by the short list of its talent field or the one that opens "
        "its job families most (as the model of paths learned it), "
        "closes a gap, what people on the same way take next (ranked by a model "
        "that learned who took what after what; where nothing sets the course apart for this officer, the reason says "
        "that the ranking alone put it here), "
        "a new course rolling out, "
        "fits the time to spare. A completion on record counts as taken whatever its score; the rules of points alone "
        "ask for one",
    )
    score: float = about(
        "同类建议内的得分；补差距的为每学时弥补的级数，次序先看规则与现岗位，弥补不足一个差距者（如微课）居后，故不必递减",
        "score within its kind, never compared across kinds; of `gap` the levels closed per hour: what rules and the "
        "present post ask for stands first whatever its score, and what closes less than counts as a gap, as small "
        "courses do, after what closes more",
    )
    overdue: bool = about("是否已逾期", "whether it is overdue by rule")
    due_on: date | None = about(
        "到期日：按证书有效期、培训规则（同类课程均计，原因中注明是哪一门）或每人学一次课程的期限；均无则空",
        "day it was or will be due: by its certificate, by a rule (which counts any course of its kind; the reason "
        "names it) or by the term of a course taken once; null where none gives a day",
    )
    hours: float | None = about("学时；不详为空", "hours of study, null where unknown")
    month: int = about("建议月份，0 为本月", "month planned for, 0 is the present one", ge=0)
    take_by: date | None = about(
        "开课的最后一天；计划的月份内不结束，或规则要求更早完成则空",
        "last day of its offer, null where that is not within the months planned, or where it is planned by the day "
        "that a rule asks for it, which comes first", default=None,
    )  # fmt: skip
    reasons: list[Reason] = about("建议的原因，最强在前", "why it is suggested, strongest first")


class CoursesSuggested(Answer):
    """有建议的民警。 / An officer with suggestions."""

    officer_id: str = about("民警编号，与请求一致", "the officer id as it was asked")
    status: Literal["scored"] = about("固定为 scored", "always scored", default="scored")
    cold_start: bool = about(
        "无培训记录，仅按规则与同事情况建议", "no completion is known, so rules and colleagues decide"
    )
    courses: list[CourseSuggestion] = about(
        "建议课程，按类别顺序；可为空", "suggested courses in the order of their kinds, perhaps none"
    )
    declined: list[Declined] = about(
        "因本人不感兴趣或报告已完成而未列出的课程",
        "courses left out because the officer declined them or reported them as done",
        default=[],
    )
    notices: list[Because] = about(
        "须知：未任职、目标或零散时间未增加课程的原因，规则要求的课程超出每月学习量，因学习量排不下而未列课程的差距，"
        "本人不感兴趣而规则仍要求的课程；为空表示均无",
        "what to know: that no post is held, why a goal or spare hours add no course, that what is required is more "
        "than the load of a month, which gaps no course closes for want of room in it, which course stays though it "
        "was declined; empty where there is nothing of the kind",
        default=[],
    )  # fmt: skip


class CoursesAnswer(Frame):
    """每个民警一项结果，顺序不变；尚无模型时按近 30 天热度排序，版本为 none。 / One result for each officer, in order;
    until there is a model, `model` names the popularity of the last 30 days, and its version is none.
    """

    results: list[CoursesSuggested | NotScored] = about(
        "每个民警一项，顺序与请求一致", "one for each officer, in the order asked"
    )
