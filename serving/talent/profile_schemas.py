"""`POST /v1/profile` over HTTP: officers and units in, what they have done and can do out."""

from __future__ import annotations

from datetime import date
from typing import Literal, Self

from pydantic import Field, model_validator

from serving.schemas import MAX_OFFICERS, Answer, Because, Body, Frame, NotScored, OfficerId, Text, about, told


class ProfileRequest(Body):
    """画像：民警与同岗位相比，单位的能力状况。 / Officers against peers in the same post, units by competency."""

    officer_ids: list[OfficerId] = about(
        "民警编号，至多 200 个", "officer ids, 200 at most", default=[], max_length=MAX_OFFICERS
    )
    unit_ids: list[OfficerId] = about(
        "单位编号，至多 200 个", "unit ids, 200 at most", default=[], max_length=MAX_OFFICERS
    )
    as_of: date | None = about("记录所属日期；空为最新", "day of the records, null for the newest", default=None)

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.officer_ids and not self.unit_ids:
            raise told("请至少指定一名民警或一个单位", "name at least one officer or one unit")
        return self


class ProfileFigure(Answer):
    """一项指标与同岗位的比较。 / One figure beside those of peers."""

    theme: Literal["activity", "competency", "growth", "learning"] = about("主题", "theme")
    figure: str = about("指标代码", "code of the figure")
    name: Text = about("指标名称", "name of the figure")
    value: float | None = about("本人数值；无记录时为空", "the officer's own, null where nothing is recorded")
    median: float | None = about("可比对象的中位数；不足时为空", "median of the peers, null where they are too few")
    percentile: float | None = about(
        "低于本人的可比对象所占百分比，相同者不计入",
        "percent of the peers who lie below, equals not among them",
        default=None,
        ge=0.0,
        le=100.0,
    )
    peers: int = about("可比人数", "number of peers")
    circle: Literal["post", "job_family", "track"] | None = about("可比范围", "who the peers are", default=None)
    text: Text = about("文字说明", "in words")


class CompetencyGap(Answer):
    """一项能力与岗位标准的差距。 / One competency against the post's standard."""

    competency: str = about("能力代码", "code of the competency")
    name: Text = about("能力名称", "name of the competency")
    standard: float = about("岗位标准", "the post's standard")
    level: float | None = about("最近测评等级；未测评为空", "last measured level, null where never measured")
    gap: float | None = about("等级减标准", "level less standard")
    measured_on: str | None = about("测评日期", "day of the measurement")
    text: Text = about("文字说明", "in words")


class OfficerProfiled(Answer):
    """一名民警的画像。 / The profile of one officer."""

    officer_id: str = about("民警编号，与请求一致", "the officer id as it was asked")
    status: Literal["scored"] = about("固定为 scored", "always scored", default="scored")
    post_id: str = about("现任岗位", "present post")
    post_name: Text = about("岗位名称；无名称时为编号", "name of the post, its id where it has none")
    unit_id: str = about("所在单位", "present unit")
    unit_name: Text = about("单位名称；无名称时为编号", "name of the unit, its id where it has none")
    profile: list[ProfileFigure] = about("各项指标", "the figures")
    gaps: list[CompetencyGap] = about("能力差距，最大者在前", "gaps in competencies, largest first")


class CourseNeeded(Answer):
    """可弥补差距的课程。 / A course that would fill the gap."""

    course_id: str = about("课程编号", "id of the course")
    name: Text = about("课程名称", "name of the course")
    hours: float | None = about("学时", "hours", default=None)
    officers: int = about(
        "未达标人员中仍可学习的人数：未学过，或证书已失效",
        "of those below the standard, how many can still take it: never taken, or its certificate has lapsed",
    )
    levels: float = about("合计可弥补的差距（级）", "levels of their gaps that it closes in all")
    hours_in_all: float | None = about("这些人员的总学时", "hours for all of these", default=None)
    text: Text = about("文字说明", "in words")


class CompetencyNamed(Answer):
    """一项能力的代码与名称。 / A competency by code and name."""

    competency: str = about("能力代码", "code of the competency")
    name: Text = about("能力名称", "name of the competency")


class UnitCompetency(Answer):
    """单位的一项能力。 / One competency of a unit."""

    competency: str = about("能力代码", "code of the competency")
    name: Text = about("能力名称", "name of the competency")
    officers: int = about("岗位要求此能力的人数", "officers whose post asks for it")
    measured: int = about("其中已测评人数", "of these, how many were measured")
    below: int = about("未达标人数", "of those measured, how many are below the standard")
    share: float = Field(
        ge=0, le=1, description="达标率，小单位向上级单位收缩 / share at the standard, small units pulled"
    )
    low: float = about("95% 区间下限", "lower end of the 95 % interval")
    high: float = about("95% 区间上限", "upper end of the 95 % interval")
    mean_gap: float = about("平均差", "mean level less standard")
    thin: bool = about("明显薄弱：区间上限仍低于一半", "surely thin: even the upper end is below a half")
    courses: list[CourseNeeded] = about(
        "可弥补的课程，弥补最多者在前", "courses that would fill it, that which closes most first"
    )
    text: Text = about("文字说明", "in words")


class UnitProfiled(Answer):
    """一个单位及其下属的能力状况。 / The capability of a unit with everything under it."""

    unit_id: str = about("单位编号，与请求一致", "the unit id as it was asked")
    unit_name: Text = about("单位名称；无名称时为编号", "name of the unit, its id where it has none")
    status: Literal["scored"] = about("固定为 scored", "always scored", default="scored")
    officers: int = about("在队人数", "officers in service")
    competencies: list[UnitCompetency] = about("各项能力，最薄弱者在前", "competencies, thinnest first")
    suppressed: list[CompetencyNamed] = about(
        "人数过少、不予显示的能力", "competencies that too few were measured in to be shown"
    )
    rolled_up_to: str | None = about("可代表这些能力的上级单位", "the unit above that stands for these", default=None)
    rolled_up_to_name: Text | None = about("该上级单位名称", "name of the unit above", default=None)


class UnitNotProfiled(Answer):
    """没有结果的单位。 / A unit without figures."""

    unit_id: str = about("单位编号，与请求一致", "the unit id as it was asked")
    status: Literal["not_scored"] = about("固定为 not_scored", "always not_scored", default="not_scored")
    because: Because = about("原因", "why")


class ProfileAnswer(Frame):
    """每个民警、每个单位一项结果，顺序不变。 / One result for each officer and each unit, in order."""

    results: list[OfficerProfiled | NotScored] = about("每个民警一项", "one for each officer, in the order asked")
    units: list[UnitProfiled | UnitNotProfiled] = about("每个单位一项", "one for each unit, in the order asked")
