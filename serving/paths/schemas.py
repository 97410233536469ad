"""The body and the answer of `POST /v1/paths`."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from serving.schemas import (
    ID_PATTERN,
    MAX_OFFICERS,
    Answer,
    Because,
    BlockedBy,
    Body,
    Declined,
    Frame,
    NotScored,
    OfficerId,
    Probability,
    Text,
    Whole,
    about,
    told,
)

GoalKind = Literal["post", "job_family", "rank_step", "talent_field"]
GoalName = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=ID_PATTERN)]
MAX_PATHS = 10
MAX_HORIZON_MONTHS = 480
Day = date


class PathGoal(Body):
    """目标。 / A goal."""

    kind: GoalKind = about(
        "目标类型：岗位、岗位族、职级或人才领域", "kind of goal: post, job_family, rank_step or talent_field"
    )
    goal: GoalName = about("目标编号", "id of the goal")


class LastStep(Body):
    """上次路径中的一步。 / A step of the last plan, as it was answered."""

    post_id: GoalName = about("岗位编号", "id of the post")
    expected_on: Day = about("预计日期", "day it was expected on", strict=False)
    low_on: Day = about("80% 区间的下限", "first day of its 80 % interval", strict=False)
    high_on: Day = about("80% 区间的上限", "last day of its 80 % interval", strict=False)
    courses: list[GoalName] = about("要求完成的课程", "courses it asks for", default=[], max_length=50)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.low_on <= self.expected_on <= self.high_on:
            raise told(
                "low_on 不得晚于 expected_on，expected_on 不得晚于 high_on；请原样送回所答的计划",
                "low_on must not be after expected_on, nor expected_on after high_on; send the plan as it was answered",
            )
        return self


class LastPlan(Body):
    """上次的路径，用以判断是否按计划。 / The last plan, against which progress is judged."""

    goal: GoalName = about("当时的目标", "the goal of that plan")
    made_on: Day = about("制定日期", "day it was made on", strict=False)
    chance: Probability = about("当时的可能性", "its chance as answered then")
    goal_chance: Probability | None = about(
        "当时所答的达到目标的可能性（结果中的 chance）；空则不比较可能性是否上升",
        "the chance of the goal as answered then (`chance` of the result); where it is left out, whether that rose is "
        "not told",
        default=None,
    )
    steps: list[LastStep] = about("各步，按顺序", "its steps in order", min_length=1, max_length=20)


class PathsRequest(Body):
    """职业路径：从现在到目标。 / Paths from now to a goal, for a list of officers."""

    officer_ids: list[OfficerId] = about(
        "民警编号，1 至 200 个，可重复；期限越长、目标岗位越多，每人所需时间越多，时限内答复不完时返回 "
        "too_much_at_once 并注明每次最多几人",
        "officer ids, 1 to 200, repeats allowed; the longer the horizon and the more posts count as the goal, the more "
        "time each takes: where they do not fit into the time of an answer, too_much_at_once says how many at most",
        min_length=1, max_length=MAX_OFFICERS,
    )  # fmt: skip
    goal: PathGoal | None = about(
        "目标；空为各人已登记的职业目标", "the goal, null for each officer's own stated one", default=None
    )
    as_of: Day | None = about(
        "记录截止日期；空为今天", "day of the records, null for today", default=None, strict=False
    )
    horizon_months: Whole | None = about(
        "期限（月）；空为已登记目标的期限，否则为政策默认值",
        "months to get there in, null for those of the stated goal, else for what policy says", default=None, ge=1,
        le=MAX_HORIZON_MONTHS,
    )  # fmt: skip
    top: Whole = about("路径条数，1 至 10", "paths for each officer, 1 to 10", default=5, ge=1, le=MAX_PATHS)
    last_plans: dict[OfficerId, LastPlan] = about(
        "各人上次的路径，用以判断进度；空为系统留存的上次路径",
        "the last plan of each officer, to judge progress by; where it is left out, the one that was kept", default={},
    )  # fmt: skip
    retires_on: dict[OfficerId, Annotated[Day, Field(strict=False)]] = about(
        "各人的退休日期，由人事系统给出；路径止于此日，不留存，不入模型；空为未知",
        "day of retirement of each officer, from the personnel system; paths end there. It is not kept and feeds no "
        "model; where it is left out, it is unknown", default={},
    )  # fmt: skip

    @model_validator(mode="after")
    def _of_those_asked(self) -> Self:
        asked = set(self.officer_ids)
        for name in ("last_plans", "retires_on"):
            for place, one in enumerate(getattr(self, name), start=1):
                if one not in asked:
                    raise told(
                        f"{name} 第{place}项的民警不在 officer_ids 中；请更正编号、加入 officer_ids，或删去此项",
                        f"{name}, entry {place}: an officer who is not in officer_ids; correct the id, add it there, "
                        "or leave the entry out",
                    )
        return self


class Gap(Answer):
    """能力差距。 / A competency below the standard of the post."""

    competency: str = about("能力代码", "code of the competency")
    name: Text = about("能力名称", "name of the competency")
    level: float | None = about(
        "届时水平：现测评加之前各步课程预计所补；空为未测",
        "level at the step: as assessed now, with what the courses of earlier steps are thought to add; null when "
        "never assessed",
    )
    standard: float = about(
        "岗位标准；规则要求更高时为规则所定水平",
        "standard of the post, or the level that a rule asks for where that is higher",
    )
    rule: Text | None = about(
        "要求此水平的规则；空为岗位标准",
        "the rule that asks for this level; null where it is the standard of the post", default=None,
    )  # fmt: skip
    note: Text | None = about(
        "该步课程为何不能或不能完全弥补；空为可弥补",
        "why the courses of the step do not close it, or not wholly; null where they do", default=None,
    )  # fmt: skip


class CourseForStep(Answer):
    """为该步准备的课程。 / A course that prepares the step."""

    course_id: str = about("课程编号", "id of the course")
    name: Text = about("课程名称", "name of the course")
    hours: float | None = about("学时；空为不详", "hours of study, null when unknown")
    closes: list[str] = about("弥补的能力差距", "competencies it closes", default=[])
    take_by: Day | None = about(
        "开设至此日止，早于该步预计日期，须在此日前（含）完成；空为届时仍开设，或规则要求更早完成（见 due_on）",
        "last day of its offer, before the step is expected: it must be taken by then; null where it is still on offer "
        "when the step comes, or where a rule asks for it by then or sooner (`due_on`)", default=None,
    )  # fmt: skip
    required: bool = about(
        "规则现在即要求学习，与路径无关；同 /v1/courses 的 required",
        "whether rules require it now, whatever the path: what /v1/courses calls required", default=False,
    )  # fmt: skip
    due_on: Day | None = about(
        "规则要求的到期日，与 /v1/courses 相同；空为规则未要求或未定日期",
        "day it was or will be due by rule, the same as in /v1/courses; null where no rule asks for it or gives a day",
        default=None,
    )


class PathStep(Answer):
    """路径中的一步。 / One step of a path."""

    post_id: str = about("岗位（或职级）编号", "id of the post or rank step")
    name: Text = about("名称", "its name")
    chance: Probability = about(
        "若届时调动（晋升），去往此处的可能性", "if a move or promotion comes then, the chance that it goes here"
    )
    months: float = about(
        "距今预计月数（中位数）：在期限内（退休之前）恰好沿此路径到达目标的情形中，按以往在前一岗位的任职时间，且不早于规则允许"
        "之日；期限越长、其后步骤越少，则越晚",
        "months from now until it, median of the cases in which this very path gets to the goal within the horizon and "
        "before service ends: by how long people stay in the post before, and not before rules allow it. A longer "
        "horizon, or fewer steps after it, put it off",
    )
    low_months: float = about("80% 区间下限（月）", "low end of the 80 % interval, in months")
    high_months: float = about("80% 区间上限（月）", "high end of the 80 % interval, in months")
    expected_on: Day = about("预计日期", "day it is expected on")
    low_on: Day = about("80% 区间下限（日期）", "low end of the interval as a day")
    high_on: Day = about("80% 区间上限（日期）", "high end of the interval as a day")
    gaps: list[Gap] = about("能力差距", "competencies below the standard", default=[])
    courses: list[CourseForStep] = about("可弥补差距的课程", "courses that close the gaps", default=[])
    points: float | None = about(
        "该步可得积分：走与不走该步（含其课程），在该步满一年之日的总分之差，上限与到期均按当日；课程按满分通过计，成绩不达规则"
        "要求者得不到；空为无规则",
        "points the step earns: how far the total a full year after it would be above that without it and its courses, "
        "with caps and expiry as on that day; courses are taken to be passed with full marks, and earn less where a "
        "rule asks for more than was reached; null where no rule speaks",
        default=None,
    )
    blocked_by: list[BlockedBy] = about(
        "第一步：现在尚不满足的规则；以后各步：按路径所带来的任职、时间与课程，届时仍不满足的规则",
        "of the first step the rules not met now; of a later one those that will not be met then, with the posts, the "
        "time and the courses that the path itself brings", default=[],
    )  # fmt: skip


class PathChange(Answer):
    """最有帮助的一项改变。 / The single change that would help most."""

    text: Text = about("改变的文字", "the change in words")
    course_id: str | None = about(
        "所涉课程的编号；空为非课程", "id of the course it asks for, null where it is none", default=None
    )
    chance: Probability = about("改变后的可能性", "chance of the goal with it")
    before: Probability = about("现在的可能性", "chance of the goal now")


class CareerPath(Answer):
    """一条路径。 / One path."""

    path_id: str = about(
        "路径代号，反馈时作为 item（item_kind 为 path）", "code of the path, the item of feedback of the kind path"
    )
    chance: Probability = about("期限内沿此路径到达的可能性", "chance of arriving this way within the horizon")
    months: float = about(
        "在期限内沿此路径到达目标的，预计月数（中位数）",
        "months until the goal, median of the cases in which this path gets there within the horizon",
    )
    low_months: float = about("80% 区间下限（月）", "low end of the 80 % interval")
    high_months: float = about("80% 区间上限（月）", "high end of the 80 % interval")
    steps: list[PathStep] = about("各步，按顺序", "its steps in order")


class PlanReason(Answer):
    """自上次以来获知的情况，或计划的理由。 / What became known since the last plan, or why it is what it is."""

    code: str = about("固定代码", "stable code")
    text: Text = about("原因的文字", "the reason in words")
    since: Day | None = about("所依据之事的日期", "day of what it rests on", default=None)
    count: Whole = about("所含同类情况的件数", "how many alike it tells of, the last of them by name", default=1, ge=1)


class Progress(Answer):
    """与上次路径相比的进度。 / Progress against the last plan."""

    status: Literal["first", "on_track", "ahead", "off_track", "reached", "no_path"] = about(
        "首次为该目标制定、按计划、提前、偏离、已达到或无路径；走上所列任一路径均为按计划；目标的预计日期比首次告知时早、超过宽限"
        "月数且可能性未下降者为提前；偏离指现任岗位不在所列任一路径上或路径已不可行、且目标的可能性未上升（只告知一次，此后以重订的"
        "计划衡量），或步骤已逾期（直至完成或不再是第一步），或目标的预计日期晚于首次告知的区间，或目标的期限已届满、按此路径要在"
        "届满之后才能达到（首次制定时亦然；期限内曾达到、其后离开者除外）；推迟而仍在首次告知的区间之内者为按计划",
        "the first plan for this goal, on track, ahead, off track, reached, or no path; a step of any path told is on "
        "track; ahead where the goal is expected earlier than was told first, by more than the months of grace, and "
        "its chance did not fall; off track where the present post is on none of the paths told or the path is no "
        "longer open, and the chance of the goal did not rise (once: the plan made then counts after it), or where a "
        "step is late (until it is done or no longer comes first), or the goal is expected after the interval that was "
        "told of it first, or the goal's term is over or ends before the day on which this path gets there (of a first "
        "plan too, but not where the goal was reached within its term and left since); later, but within the interval "
        "told first, is on track",
    )  # fmt: skip
    changed: bool = about(
        "路径是否改变；此前未制定过路径的为否，更换目标的为是，达到目标仅首次为是",
        "whether the path is another one now; false where none was told before, true of a goal that took the place of "
        "another, and of a goal reached true once",
    )
    why: list[PlanReason] = about("原因", "why")


class Retirement(Answer):
    """所知的退休日期，路径止于此日。 / What is known of the day of retirement, where paths end."""

    basis: Literal["given", "latest", "unknown"] = about(
        "由请求给出、按入警日期推定最晚日期，或未知",
        "given with the request, the latest that the day of joining allows, or unknown",
    )
    on: Day | None = about("日期；空为未知", "the day, null when unknown", default=None)
    text: Text = about("说明", "the same in words")


class GoalTerm(Answer):
    """所登记目标的期限；计划总是自今日起计算。 / The term of the goal on record; plans count from today."""

    stated_on: Day = about("提出日期", "the day on which the goal was stated")
    horizon_months: int = about("提出的期限（月）", "the months that were stated")
    ends_on: Day = about("期限的最后一天", "the last day of the term")
    over: bool = about(
        "期限是否已过；已过的须重新登记", "whether that day is past; then the goal has to be stated again"
    )
    text: Text = about(
        "何时届满，计划按多少个月、自何时起计算，如何补救", "when it ends, what the plan counts instead, and the remedy"
    )


class ChancesExplained(Answer):
    """各项可能性的含义。 / What each chance in the answer is a chance of."""

    goal: Text = about("目标可能性的含义", "what the chance of the goal is")
    path: Text = about("路径可能性的含义", "what the chance of a path is")
    step: Text = about("步骤可能性的含义", "what the chance of a step is, and how it differs from that of a next post")
    days: Text = about("预计日期与区间的含义", "of which cases the expected days and intervals are")


class PathsFound(Answer):
    """有路径的民警。 / An officer with paths."""

    officer_id: str = about("民警编号，与请求一致", "the officer id as it was asked")
    status: Literal["scored"] = about("固定为 scored", "always scored", default="scored")
    start: Text = about(
        "现任岗位或职级的名称；现无任职的，为最近一次任职的岗位",
        "name of the post or rank step held now; of an officer who holds no post, the post held last",
    )
    start_ended_on: Day | None = about(
        "最近一次任职的结束日期；现有任职时为空",
        "the day on which the post held last ended; null while a post is held",
        default=None,
    )
    goal: Text = about("目标名称", "name of the goal")
    goal_id: str | None = about(
        "目标编号，即 last_plans 中的 goal", "id of the goal, what last_plans calls goal", default=None
    )
    horizon_months: int = about("期限（月）", "months to get there in")
    chance: Probability = about(
        "期限内以任一路径到达的可能性", "chance of the goal within the horizon, by any way found"
    )
    chance_without_declined: Probability | None = about(
        "只计本人未表示不感兴趣的路径时，期限内到达的可能性；没有此类路径则空",
        "the same by the ways that the officer has not declined; null where none of them was declined",
        default=None,
    )
    chances: ChancesExplained = about("各项可能性的含义", "what each chance is a chance of")
    paths: list[CareerPath] = about(
        "路径；现行路径在前，其余按可能性", "paths, the one that holds first, then by chance"
    )
    change: PathChange | None = about(
        "最有帮助的一项改变；其课程按以往调入者学过的课程统计选出，不按能力差距，课程建议（/v1/courses）未必列出",
        "the single change that would help most; its course is chosen by what those who moved there had taken, not by "
        "gaps, so that the advice on courses (/v1/courses) need not list it",
        default=None,
    )
    progress: Progress = about("进度", "progress against the last plan")
    term: GoalTerm | None = about(
        "所登记目标的期限；所问并非所登记目标时为空",
        "the term of the goal on record, null where another goal was asked about",
        default=None,
    )
    declined: list[Declined] = about(
        "因本人不感兴趣而未列出的路径、岗位和课程",
        "paths, posts and courses left out because the officer declined them",
        default=[],
    )
    retirement: Retirement = about("退休日期", "what is known of the day of retirement")


class GoalReached(Answer):
    """目标已达到的民警。 / An officer who has reached the goal."""

    officer_id: str = about("民警编号，与请求一致", "the officer id as it was asked")
    status: Literal["reached"] = about("固定为 reached", "always reached", default="reached")
    start: Text = about(
        "现任岗位或职级的名称；现无任职的，为最近一次任职的岗位",
        "name of the post or rank step held now; of an officer who holds no post, the post held last",
    )
    start_ended_on: Day | None = about(
        "最近一次任职的结束日期；现有任职时为空",
        "the day on which the post held last ended; null while a post is held",
        default=None,
    )
    goal: Text = about("目标名称", "name of the goal")
    since: Day = about("该任职或职级的起始日期", "day since which it is, or was, held")
    because: Because = about("依据", "what it rests on")
    progress: Progress | None = about("进度", "progress against the last plan", default=None)


class PathInstead(Answer):
    """没有路径时的一项改变，经推算。 / A change where there is no path, its chance by the same search."""

    kind: Literal["course", "rule", "horizon", "nearer_goal", "none"] = about(
        "课程、规则、更长期限、途中较近的目标；none 为没有单项改变可以带来路径",
        "a course, rules to meet, a longer time, or a nearer goal on the way; none: no single change brings a path",
    )
    text: Text = about("改变的文字", "the change in words")
    chance: Probability = about(
        "改变后到达目标的可能性；nearer_goal 为到达该较近目标的可能性",
        "chance of the goal with it; of a nearer goal, that of the nearer goal",
    )
    before: Probability | None = about(
        "现在达到所问目标的可能性；nearer_goal 为空，因其 chance 属于另一目标",
        "chance of the goal now; null for a nearer goal, whose chance is that of another goal",
    )
    course_id: str | None = about("课程编号；空为非课程", "id of the course, null where it is none", default=None)
    horizon_months: int | None = about(
        "所需期限（月）；空为期限不变", "months to allow, null where it is no longer time", default=None
    )
    goal_id: str | None = about("较近目标的编号；空为无", "id of the nearer goal, null where it is none", default=None)
    goal: Text | None = about("较近目标的名称；空为无", "name of the nearer goal, null where it is none", default=None)


class NoPathFound(Answer):
    """期限内没有路径及其原因；专业方向不因任职而达到，现任岗位已属于该方向时亦在此。 / No path within the horizon, and
    why; a talent field is not reached by a post, so whoever holds one of its posts is told so here.
    """

    officer_id: str = about("民警编号，与请求一致", "the officer id as it was asked")
    status: Literal["no_path"] = about("固定为 no_path", "always no_path", default="no_path")
    because: Because = about("没有路径的原因", "why there is no path")
    blocked_by: list[BlockedBy] = about("尚不满足的规则", "rules not met yet", default=[])
    change: PathInstead | None = about(
        "最有帮助的一项改变；空为未试：目标不详、均已表示不感兴趣，或现任岗位已属于目标领域（in_field）",
        "the single change that would help most; null where none was tried: the goal is unknown, all was declined, or "
        "the post held already belongs to the field that is aimed at (in_field)",
        default=None,
    )
    other_changes: list[PathInstead] = about("其他可以带来路径的改变", "other changes that bring a path", default=[])
    term: GoalTerm | None = about(
        "所登记目标的期限；所问并非所登记目标时为空",
        "the term of the goal on record, null where another goal was asked about",
        default=None,
    )
    progress: Progress | None = about(
        "进度；此前没有计划的为空，警衔不推算路径，也为空",
        "progress against the last plan; null without one, and of a police rank, to which no path is searched",
        default=None,
    )
    declined: list[Declined] = about(
        "因本人不感兴趣而未列出的路径、岗位和课程",
        "paths, posts and courses left out because the officer declined them",
        default=[],
    )
    retirement: Retirement = about("退休日期", "what is known of the day of retirement")


class PathsAnswer(Frame):
    """每个民警一项结果，顺序不变。 / One result for each officer, in order."""

    notices: list[Because] = about(
        "须知：如模型的训练截止日晚于所问日期（before_training）",
        "what to know, as that the model was trained as of a later day than the one asked about (before_training)",
        default=[],
    )
    results: list[PathsFound | GoalReached | NoPathFound | NotScored] = about(
        "每个民警一项，顺序与请求一致", "one for each officer, in the order asked"
    )
