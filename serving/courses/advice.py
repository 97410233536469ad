"""`POST /v1/courses` without the web: officers in, courses with reasons out.

Rules and gaps are read from the officers' own records; what colleagues take comes from the crowd of the same day,
and where there is none the answer has everything but that and is marked `degraded`. What an officer declined stays
away and chance may try the last place, but neither touches what is required.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time

from data_contracts.errors import NotReady
from data_contracts.policy import Policy
from data_contracts.vocabulary import ItemKind
from models.courses.advice import REQUIRED, Crowd, SuggestedCourse, advise_courses
from models.courses.learners import Records, learner_of, offered_courses
from serving.courses.schemas import CoursesAnswer, CoursesRequest, CoursesSuggested, CourseSuggestion
from serving.feedback.suggesting import Asked, Suggester
from serving.freshness import UNKNOWN
from serving.night.manifest import ModelIdentity
from serving.points.answers import RecordSource
from serving.schemas import ModelName, NotScored, Reason, Text
from serving.talent.records import day_asked

TABLES = (
    "officers", "postings", "posts", "courses", "course_completions", "competency_assessments", "competency_standards",
    "career_goals",
)  # fmt: skip
OWN = ("officers", "postings", "course_completions", "competency_assessments", "career_goals")
Advice = Sequence[SuggestedCourse]
CrowdSource = Callable[[date], Crowd | None]
"""What all officers were taking on a day; None where nothing is at hand for it."""


@dataclass(frozen=True)
class CourseDesk:
    """Everything that `/v1/courses` needs, fixed at start; `model` is what ranks what the crowd takes next."""

    model: ModelIdentity
    records: RecordSource
    crowd: CrowdSource
    suggester: Suggester
    policy: Policy

    def answer(self, request: CoursesRequest, request_id: str, now: datetime) -> CoursesAnswer:
        """One result for each officer, in order; raises InvalidInput for a day that has not come yet."""
        as_of = day_asked(request.as_of, now)
        ids = list(dict.fromkeys(request.officer_ids))
        records = self.records(ids, as_of, TABLES)
        known = [one for one in ids if _tables_of(records, one)]
        crowd = self.crowd(as_of)
        asked = Asked(request_id, ItemKind.COURSE.value, self.model, as_of, now)
        advice = self._shown(asked, self._advice(request, records, known, crowd, asked), request.top)
        told = {one: _suggested(one, found, records) for one, found in advice.items()}
        return CoursesAnswer(
            request_id=request_id,
            model=ModelName(name=self.model.name, version=self.model.version, features=self.model.service),
            as_of=as_of,
            feature_age_hours=round((now - datetime.combine(as_of, time.min)).total_seconds() / 3600, 1),
            degraded=crowd is None,
            results=[told.get(one) or NotScored(officer_id=one, because=UNKNOWN) for one in request.officer_ids],
        )

    def _advice(
        self, request: CoursesRequest, records: Records, officer_ids: Sequence[str], crowd: Crowd | None, asked: Asked
    ) -> dict[str, Advice]:
        """Everything there is to suggest, whatever `top` is; declined courses make room for others."""
        courses, declined = offered_courses(records), self._declined(officer_ids, asked)
        found: dict[str, Advice] = {}
        for officer_id in officer_ids:
            learner = replace(
                learner_of(records, officer_id, asked.as_of or asked.now.date(), self.policy),
                declined=declined.get(officer_id, frozenset()),
            )
            found[officer_id] = advise_courses(learner, courses, crowd, self.policy.courses, request.spare_hours)
        return found

    def _declined(self, officer_ids: Sequence[str], asked: Asked) -> Mapping[str, frozenset[str]]:
        """Courses that officers do not want for now; none where the log of suggestions cannot be read."""
        try:
            away = self.suggester.book.away(officer_ids, asked.now.date())
        except NotReady:
            return {}
        return {
            name: frozenset(one.item for one in items if one.item_kind == asked.item_kind)
            for name, items in away.items()
        }

    def _shown(self, asked: Asked, advice: Mapping[str, Advice], top: int) -> dict[str, Advice]:
        """What is required stands first and for good; what is shown of the rest goes through the suggester."""
        shown: dict[str, list[SuggestedCourse]] = {
            officer_id: [one for one in found if one.kind == REQUIRED][:top] for officer_id, found in advice.items()
        }
        rooms: dict[int, dict[str, Advice]] = {}
        for officer_id, found in advice.items():
            rest = [one for one in found if one.kind != REQUIRED]
            rooms.setdefault(top - len(shown[officer_id]), {})[officer_id] = rest
        for room, rests in sorted(rooms.items()):
            for officer_id, chosen in self._chosen(asked, rests, room).items():
                shown[officer_id] += chosen
        return dict(shown)

    def _chosen(self, asked: Asked, rests: Mapping[str, Advice], room: int) -> dict[str, Advice]:
        """At most `room` of what is not required; scores of different kinds do not compare, so places are logged."""
        if room < 1:
            return {}
        ranked = {
            officer_id: [(one.course.course_id, 1.0 / place) for place, one in enumerate(rest, start=1)]
            for officer_id, rest in rests.items()
        }
        chosen: dict[str, Advice] = {}
        for officer_id, suggested in self.suggester.shown(asked, ranked, room).items():
            by_id = {one.course.course_id: one for one in rests[officer_id]}
            chosen[officer_id] = [by_id[one.item] for one in suggested.items]
        return chosen


def _tables_of(records: Records, officer_id: str) -> list[str]:
    """The tables that know anything of an officer."""
    return [name for name in OWN if name in records and (records[name]["officer_id"] == officer_id).any()]


def _suggested(officer_id: str, found: Advice, records: Records) -> CoursesSuggested:
    return CoursesSuggested(
        officer_id=officer_id,
        cold_start="course_completions" not in _tables_of(records, officer_id),
        courses=[_told(one) for one in found],
    )


def _told(one: SuggestedCourse) -> CourseSuggestion:
    course = one.course
    reasons = [
        Reason(
            theme=reason.code,
            text=Text(zh=reason.text.zh, en=reason.text.en),
            since=reason.since.isoformat() if reason.since else None,
        )
        for reason in one.reasons
    ]
    return CourseSuggestion.model_validate(
        {
            "course_id": course.course_id, "name": Text(zh=course.name.zh, en=course.name.en), "kind": one.kind,
            "score": one.score, "overdue": one.overdue, "due_on": one.due_on, "hours": course.hours,
            "month": one.month, "reasons": reasons,
        }
    )  # fmt: skip
