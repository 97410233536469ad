"""What an answer of `/v1/courses` must say beside its courses: a goal or spare hours that could not count, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from data_contracts.naming import quoted
from data_contracts.policy import Policy
from data_contracts.vocabulary import Bilingual, GoalKind
from models.courses.advice import COUNTS, FITS, Learner, fitting, without_room
from models.courses.gaps import GOAL, RULE, gaps_to, gaps_to_rules
from models.courses.goals import GoalPosts
from models.courses.months import REQUIRED, SuggestedCourse
from models.courses.rules import OfferedCourse, hours_en
from serving.courses.schemas import CoursesRequest
from serving.on_force import without_place
from serving.paths.goals import Goals
from serving.schemas import Because
from serving.words import because_of

# paths may name a course that those who moved there had taken, though nothing asks for it
ON_THE_WAY = Bilingual(
    "；他人沿途受益的课程（如有）见职业路径", "; courses that helped others on the way, if any, are told with the path"
)
BESIDE: Mapping[str, Bilingual] = {  # what the goal itself is, beyond its posts
    GoalKind.RANK_STEP: Bilingual(
        "（该级别本身能否按期晋升见职业路径）", " (whether the step itself comes in time is told with the path)"
    ),
    GoalKind.TALENT_FIELD: Bilingual(
        "（以上仅就该领域的岗位而言，人才名单另按其证据计分）",
        " (so far as its posts go: the short list counts evidence of its own)",
    ),
}
FOR_GOAL = ("required_by_goal", COUNTS, f"gap_{RULE}", f"gap_{GOAL}")


@dataclass(frozen=True)
class Notices:
    """What is the same for every officer of a request."""

    request: CoursesRequest
    goals: GoalPosts
    courses: Sequence[OfferedCourse]
    policy: Policy

    def of(self, learner: Learner, found: Sequence[SuggestedCourse], shown: Sequence[SuggestedCourse]) -> list[Because]:
        """For one officer; `found` is everything there was to suggest, `shown` what is answered."""
        told = [
            self._of_post(learner), self._of_term(learner), self._of_bars(learner),
            self._of_goal(learner, found, shown),
            self._of_load(learner, found), self._of_room(learner, found), self._of_hours(learner, found, shown),
        ]  # fmt: skip
        asked = (_still_required(one.course) for one in shown if one.course.course_id in learner.declined)
        return [*(one for one in told if one is not None), *asked]

    def _of_post(self, learner: Learner) -> Because | None:
        """Between two posts there is no post whose courses and standards could count, which is not that none lack."""
        why = self._without_place.get(learner.officer_id) if learner.present is None else None
        if why is None:
            return None
        words = Bilingual(
            f"{why.zh}：岗位要求的课程与岗位标准的差距均未计入",
            f"{why.en}: no course that a post requires and no gap to the standard of a post counts",
        )
        return because_of(why.code, words)

    @cached_property
    def _without_place(self) -> Mapping[str, Because]:
        """Why nothing of a post could count, of officers who hold none; where postings are not kept nobody knows."""
        if "postings" not in self.goals.records:
            return {}
        return {one: why for one, (_, why) in without_place(self.goals.records).items()}

    def _of_load(self, learner: Learner, found: Sequence[SuggestedCourse]) -> Because | None:
        """The first month that what is required fills beyond the load."""
        load = self.policy.courses.load
        hours = {0: learner.hours_this_month}
        for one in found:
            hours[one.month] = hours.get(one.month, 0.0) + load.hours_of(one.course.hours)
        required = {one.month for one in found if one.kind == REQUIRED}
        over = min((month for month in required if hours[month] > load.hours_a_month), default=None)
        if over is None:
            return None
        month = (Bilingual("本月", "this month"), Bilingual("下月", "next month"))[over] if over < 2 else Bilingual(
            f"{over}个月后", f"the month in {over} months")  # fmt: skip
        words = Bilingual(
            f"规则要求的课程使{month.zh}的学习量达到{hours[over]:g}学时，超过每月{load.hours_a_month:g}学时；规则要求的课程不受此限",
            f"what rules require fills {month.en} with {hours[over]:g} hours of study, more than the "
            f"{load.hours_a_month:g} of a month; what is required does not wait",
        )
        return because_of("over_load", words)

    def _of_room(self, learner: Learner, found: Sequence[SuggestedCourse]) -> Because | None:
        """The gaps that stay open only because a month bears no more."""
        short = without_room(learner, self.courses, found, self.policy.courses)
        if not short:
            return None
        names, months = _listed([self._competency(one) for one in short]), self.policy.courses.load.plan_months
        words = Bilingual(
            f"{names.zh}仍有差距，但{months}个月内的学习量已排不下相关课程，故未列出",
            f"{names.en}: a gap that no course listed closes, since those that would find no room in the load of the "
            f"next {months} months",
        )
        return because_of("no_room_for_gap", words)

    def _of_term(self, learner: Learner) -> Because | None:
        if learner.lapsed is None:
            return None
        goal, ended = self._names.on_record(learner.lapsed.code), learner.lapsed.ends_on
        words = Bilingual(
            f"登记的职业目标{goal.zh}的期限已于{ended}届满，不再据此选课；如仍有此目标，请重新登记目标及期限",
            f"the term of the stated goal {goal.en} ended on {ended}, so no course is chosen for it; where it is still "
            "the goal, state it again",
        )
        return because_of("goal_term_over", words)

    def _of_bars(self, learner: Learner) -> Because | None:
        """That rules leave no post of the goal open, which is known before any course towards it is taken."""
        if learner.aim is None or not learner.barred:
            return None
        goal, bars = self._names.on_record(learner.aim), {one.en: one for one in learner.barred}.values()
        zh, en = "；".join(one.zh for one in bars), "; ".join(one.en for one in bars)
        words = Bilingual(
            f"目标{goal.zh}之下的岗位，规则均不允许本人按期任职（{zh}）；以下仍列出有助于该目标的课程",
            f"rules let you into no post of the goal {goal.en} in time ({en}); courses towards it are listed all the "
            "same",
        )
        return because_of("goal_barred", words)

    def _of_goal(
        self, learner: Learner, found: Sequence[SuggestedCourse], shown: Sequence[SuggestedCourse]
    ) -> Because | None:
        goal = learner.aim
        if goal is None or any(_for_goal(one) for one in shown):
            return None
        name = self._by_way(self._names.on_record(goal), learner)
        if learner.goal or learner.aims or learner.ruled:
            return self._below_top(name) if any(_for_goal(one) for one in found) else self._adds_none(learner, name)
        if not self.goals.known(goal):
            words = Bilingual(
                f"登记的职业目标{name.zh}在记录与政策中均不存在，未予考虑；请更正目标",
                f"neither the records nor policy know the stated goal {name.en}, so it counts for nothing; correct it",
            )
            return because_of("goal_unknown", words)
        words = Bilingual(
            f"目标{name.zh}之下没有已登记能力标准或必修课程的岗位，无从据此选课{ON_THE_WAY.zh}",
            f"no post of the goal {name.en} has a standard or a required course on record to choose courses by"
            f"{ON_THE_WAY.en}",
        )
        return because_of("goal_without_standard", words)

    def _by_way(self, goal: Bilingual, learner: Learner) -> Bilingual:
        """The goal by the one of its job families whose posts counted, where there are several."""
        if learner.way is None:
            return goal
        family = self.policy.names.family_named(learner.way.to)
        return Bilingual(
            f"{goal.zh}（取同类岗位者多数去往的{family.zh}）",
            f"{goal.en} ({family.en}, where most from posts like yours went)",
        )

    def _below_top(self, goal: Bilingual) -> Because:
        words = Bilingual(
            f"有助于目标{goal.zh}的课程排在所列{self.request.top}门之后；请增大 top",
            f"courses towards the goal {goal.en} stand below the {self.request.top} listed; ask for a larger top",
        )
        return because_of("goal_below_top", words)

    def _adds_none(self, learner: Learner, goal: Bilingual) -> Because:
        """Why a goal with standards or required courses adds no course."""
        lacking = self._lacking(learner)
        declined = [one for one in learner.aims if one.course_id in learner.declined]
        if lacking.zh and declined:
            name = {course.course_id: course.name for course in self.courses}
            told = _listed([name.get(one.course_id, quoted(one.course_id)) for one in declined])
            words = Bilingual(
                f"距目标{goal.zh}尚缺{lacking.zh}；其中{told.zh}因本人不感兴趣或报告已完成而未列出（见 declined）",
                f"{lacking.en}: still lacking for the goal {goal.en}; {told.en} is left out because you declined it or "
                "reported it as done (see `declined`)",
            )
            return because_of("goal_without_course", words)
        if lacking.zh:
            words = Bilingual(
                f"距目标{goal.zh}尚缺{lacking.zh}，但所列课程均不能弥补：已学过、已谢绝、未开设、学习量已满，或现岗位的差距在先",
                f"{lacking.en}: still lacking for the goal {goal.en}, but no course listed makes up for it: such "
                "courses are taken, declined or not on offer, without room in the load, or after present gaps",
            )
            return because_of("goal_without_course", words)
        asked = dict.fromkeys((*(learner.goal or {}), *learner.ruled))
        step = BESIDE.get("" if learner.aim is None else learner.aim[0], Bilingual("", ""))
        unknown = _listed([self._competency(one) for one in asked if one not in (learner.levels or {})])
        if unknown.zh:
            words = Bilingual(
                f"目标{goal.zh}所要求的{unknown.zh}尚未测评，除此之外均已达到{step.zh}：该目标不再要求其他课程，也没有可弥补"
                f"已知差距的课程{ON_THE_WAY.zh}",
                f"of what the goal {goal.en} asks for, {unknown.en} was never assessed and all else is met{step.en}, "
                f"so it requires no further course and none closes a known gap{ON_THE_WAY.en}",
            )
            return because_of("goal_not_assessed", words)
        words = Bilingual(
            f"已达到目标{goal.zh}的全部要求（有多个岗位时取最低标准，去往较高岗位的路径可能另有差距）{step.zh}：该目标不再要求其他"
            f"课程，也没有需要弥补的差距{ON_THE_WAY.zh}",
            f"everything that the goal {goal.en} asks for is met (of several posts the lowest standard counts, and a "
            f"path to a higher one may list gaps){step.en}, so it requires no further course and there is no gap to "
            f"close{ON_THE_WAY.en}",
        )
        return because_of("goal_met", words)

    def _lacking(self, learner: Learner) -> Bilingual:
        """Competencies below the standard of the goal or a level of its rules, and courses it requires; empty where
        nothing is known to lack."""
        standards, least = learner.goal or {}, self.policy.courses.gap.least_gap
        levels = learner.levels or {}
        short = (*gaps_to_rules(levels, learner.ruled), *gaps_to(levels, standards, GOAL, least))
        gaps = [self._competency(one) for one in dict.fromkeys(gap.competency for gap in short)]
        told = {course.course_id: course for course in self.courses}
        required = [told.get(one.course_id) or OfferedCourse.unlisted(one.course_id) for one in learner.aims]
        if required and not any(learner.standing.holds(course) for course in required):
            names = [course.name for course in required]  # of which one is enough
            gaps.append(Bilingual("或".join(one.zh for one in names), " or ".join(one.en for one in names)))
        return _listed(gaps)

    def _competency(self, code: str) -> Bilingual:
        return self.policy.names.competency_named(code)

    @cached_property
    def _names(self) -> Goals:
        return Goals(self.goals.records, self.policy)

    def _of_hours(
        self, learner: Learner, found: Sequence[SuggestedCourse], shown: Sequence[SuggestedCourse]
    ) -> Because | None:
        hours = self.request.spare_hours
        if hours is None or any(_fits(one) for one in shown):
            return None
        if not fitting(learner, self.courses, self.policy.courses, hours):
            words = Bilingual(
                f"现开设的课程中，除已学过和已谢绝的外，没有{hours:g}小时内可完成的",
                f"but for those you have taken or declined, no course on offer fits into {hours_en(hours)}",
            )
            return because_of("no_small_course", words)
        if not any(_fits(one) for one in found):
            months = self.policy.courses.load.plan_months
            words = Bilingual(
                f"有{hours:g}小时内可完成的课程，但{months}个月内的学习量已满",
                f"courses fit into {hours_en(hours)}, but the load of the next {months} months leaves no room for them",
            )
            return because_of("no_room_for_small", words)
        words = Bilingual(
            f"有{hours:g}小时内可完成的课程，但排在所列{self.request.top}门之后；请增大 top",
            f"courses fit into {hours_en(hours)} but stand below the {self.request.top} listed; ask for a larger top",
        )
        return because_of("small_below_top", words)


def _still_required(course: OfferedCourse) -> Because:
    """Of a course that is listed though it was declined or reported as done."""
    words = Bilingual(
        f"您对{course.name.zh}表示不感兴趣或报告已完成，但规则要求此课程而记录中尚无，故仍列出",
        f"you declined {course.name.en} or reported it as done, and it stays listed: a rule requires it of you and no "
        "completion that counts is on record",
    )
    return because_of("required_all_the_same", words)


def _listed(names: Sequence[Bilingual]) -> Bilingual:
    return Bilingual("、".join(one.zh for one in names), ", ".join(one.en for one in names))


def _for_goal(one: SuggestedCourse) -> bool:
    return any(reason.code in FOR_GOAL for reason in one.reasons)


def _fits(one: SuggestedCourse) -> bool:
    return any(reason.code == FITS for reason in one.reasons)
