"""`POST /v1/courses` without the web: officers in, courses with reasons out.

Rules and gaps are read from the officers' own records; what colleagues take comes from the crowd of the same day,
and where there is none the answer has everything but that and is marked `degraded`. What an officer declined stays
away and is listed as such, and chance may try the last place, but neither touches what is required.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from data_contracts.local_time import local_day
from data_contracts.policy import Policy
from data_contracts.vocabulary import Bilingual, ItemKind
from models.courses.advice import Crowd, Learner, advise_courses
from models.courses.aims import KnownLifts
from models.courses.goals import GoalPosts
from models.courses.learners import Readings, offered_courses
from models.courses.months import AIM, REQUIRED, SuggestedCourse
from models.courses.ways import WentOn
from serving.courses.notices import Notices
from serving.courses.schemas import CoursesAnswer, CoursesRequest, CoursesSuggested, CourseSuggestion
from serving.feedback.declines import declined_courses
from serving.feedback.suggesting import Asked, Away, Suggester
from serving.feedback.telling import told_courses
from serving.freshness import hours_since
from serving.night.manifest import ModelIdentity
from serving.on_force import UNKNOWN_OFFICER, left_by
from serving.paths.checking import check_goal
from serving.points.answers import RecordSource
from serving.schemas import Because, Declined, ModelName, NotScored, Reason
from serving.talent.records import day_asked
from serving.waiting import Waiting, while_wanted
from serving.words import text_of

TABLES = (
    "officers", "postings", "posts", "courses", "course_completions", "competency_assessments", "competency_standards",
    "career_goals", "units", "rank_steps", "promotions",
)  # fmt: skip
OWN = ("officers", "postings", "course_completions", "competency_assessments", "career_goals")
TOGETHER = 10  # officers between two looks at whether anybody still waits, and at the pace
OFFICERS = Bilingual("名民警", "officers")
Advice = Sequence[SuggestedCourse]
CrowdSource = Callable[[date], Crowd | None]
"""What all officers were taking on a day; None where nothing is at hand for it."""
WentOnSource = Callable[[date], WentOn | None]
"""Where all officers went on to, as known on a day; None where nothing tells."""


def nobody_went(_: date) -> None:
    """Where the history is not asked."""


@dataclass(frozen=True)
class CourseDesk:
    """Everything that `/v1/courses` needs, fixed at start; `model` is what ranks what the crowd takes next.

    `went_on` is asked where a goal has several job families; `lifts` are what the model of paths learned of courses,
    None without one.
    """

    model: ModelIdentity
    records: RecordSource
    crowd: CrowdSource
    suggester: Suggester
    policy: Policy
    went_on: WentOnSource = nobody_went
    lifts: KnownLifts | None = None

    def answer(
        self, request: CoursesRequest, request_id: str, now: datetime, waiting: Waiting | None = None
    ) -> CoursesAnswer:
        """One result for each officer, in order; what is shown is logged once it is settled that the answer leaves.

        Raises InvalidInput for a day that has not come yet and for a goal that nobody knows, NobodyWaits where the
        answer was given up, and TooMuchAtOnce where the officers are too many for the time there is.
        """
        waited = waiting or Waiting()
        as_of = day_asked(request.as_of, now)
        ids = list(dict.fromkeys(request.officer_ids))
        records = self.records(ids, as_of, TABLES)
        goals = GoalPosts(records, self.policy)
        check_goal(request.goal, goals, as_of)
        left = left_by(records, ids)
        told_of = {name: frozenset(records[name]["officer_id"].astype(str)) for name in OWN if name in records}
        known = [one for one in ids if one not in left and any(one in some for some in told_of.values())]
        crowd = self.crowd(as_of)
        asked = Asked(request_id, ItemKind.COURSE.value, self.model, as_of, now)
        told = self._told(request, goals, crowd, (asked, as_of), known, waited)
        return CoursesAnswer(
            request_id=request_id,
            model=ModelName(name=self.model.name, version=self.model.version, features=self.model.service),
            as_of=as_of,
            feature_age_hours=round(hours_since(as_of, now), 1),
            degraded=crowd is None,
            results=[
                told.get(one) or NotScored(officer_id=one, because=left.get(one, UNKNOWN_OFFICER))
                for one in request.officer_ids
            ],
        )

    def _told(
        self, request: CoursesRequest, goals: GoalPosts, crowd: Crowd | None, asked: tuple[Asked, date],
        officer_ids: Sequence[str], waited: Waiting,
    ) -> dict[str, CoursesSuggested]:  # fmt: skip
        """The answer to each officer; declined courses make room for others."""
        showing, as_of = asked
        goal = None if request.goal is None else (request.goal.kind, request.goal.goal)
        away = self.suggester.away_on(officer_ids, (as_of, local_day(showing.now)))
        courses = offered_courses(goals.records)
        readings = Readings(goals, lambda: self.went_on(as_of), self.lifts)
        learners, found = dict[str, Learner](), dict[str, Advice]()
        for one in while_wanted(one for part in waited.parts(officer_ids, TOGETHER, OFFICERS) for one in part):
            learner = replace(readings.learner(one, as_of, goal), declined=declined_courses(away.get(one, ())))
            learners[one] = learner
            found[one] = advise_courses(learner, courses, crowd, self.policy.courses, request.spare_hours)
        waited.leave()
        notices = Notices(request, goals, courses, self.policy)
        names = {course.course_id: course.name for course in courses}
        return {
            one: _suggested(
                learners[one],
                shown,
                told_courses(away.get(one, ()), _ids(shown), names.get, _ids(_required(found[one]))),
                notices.of(learners[one], found[one], shown),
            )
            for one, shown in self._shown(showing, found, request.top, away).items()
        }

    def _shown(self, asked: Asked, advice: Mapping[str, Advice], top: int, away: Away) -> dict[str, Advice]:
        """What is required, now or by the goal, stands first; what is shown of the rest goes through the suggester."""
        fixed = {name: _placed(_fixed(found, top)) for name, found in advice.items()}
        rest = {
            name: _placed([one for one in found if one.kind not in (REQUIRED, AIM)]) for name, found in advice.items()
        }
        shown: dict[str, Advice] = {}
        for officer_id, suggested in self.suggester.shown(asked, rest, top, away, fixed).items():
            by_id = {one.course.course_id: one for one in advice[officer_id]}
            shown[officer_id] = [by_id[one.item] for one in suggested.items]
        return shown


def _fixed(found: Advice, top: int) -> Advice:
    """Required ones, then those of the goal, for which room is left however many are required."""
    aims = [one for one in found if one.kind == AIM]
    required = _required(found)
    return [*required[: max(1, top - len(aims))], *aims]


def _required(found: Advice) -> Advice:
    return [one for one in found if one.kind == REQUIRED]


def _ids(found: Advice) -> list[str]:
    return [one.course.course_id for one in found]


def _placed(found: Advice) -> list[tuple[str, float]]:
    """Scores of different kinds do not compare, so places are logged."""
    return [(one.course.course_id, 1.0 / place) for place, one in enumerate(found, start=1)]


def _suggested(learner: Learner, found: Advice, declined: list[Declined], notices: list[Because]) -> CoursesSuggested:
    return CoursesSuggested(
        officer_id=learner.officer_id,
        cold_start=not learner.standing.last_taken,
        courses=[_told(one) for one in found],
        declined=declined,
        notices=notices,
    )


def _told(one: SuggestedCourse) -> CourseSuggestion:
    course = one.course
    reasons = [
        Reason(
            theme=reason.code,
            text=text_of(reason.text),
            since=reason.since.isoformat() if reason.since else None,
        )
        for reason in one.reasons
    ]
    return CourseSuggestion.model_validate(
        {
            "course_id": course.course_id, "name": text_of(course.name), "kind": one.kind,
            "score": round(one.score, 4), "overdue": one.overdue, "due_on": one.due_on, "hours": course.hours,
            "month": one.month, "take_by": one.take_by, "reasons": reasons,
        }
    )  # fmt: skip
