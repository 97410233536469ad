"""`POST /v1/courses` without the web: officers in, courses with reasons out.

Rules and gaps are read from the officers' own records; what colleagues take comes from the crowd of the same day,
and where there is none the answer has everything but that and is marked `degraded`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Protocol

import pandas as pd

from data_contracts.policy import Policy
from models.courses import Crowd, SuggestedCourse, advise_courses
from models.learners import Records, learner_of, offered_courses
from serving.course_schemas import CoursesAnswer, CoursesRequest, CoursesSuggested, CourseSuggestion
from serving.freshness import UNKNOWN, AgeLimits
from serving.manifest import ModelIdentity
from serving.schemas import ModelName, NotScored, Reason, Text

TABLES = (
    "officers", "postings", "posts", "courses", "course_completions", "competency_assessments", "competency_standards",
    "career_goals",
)  # fmt: skip
OWN = ("officers", "postings", "course_completions", "competency_assessments", "career_goals")


class RecordSource(Protocol):
    """Where records come from; `features.record.records_at` over the history is the real one."""

    def newest(self) -> date:
        """The last day that records are known of."""
        ...

    def records(self, officer_ids: Sequence[str], as_of: date, tables: Sequence[str]) -> Mapping[str, pd.DataFrame]:
        """Contract tables as known at `as_of`: rows of these officers, and whole catalogues."""
        ...


class CrowdSource(Protocol):
    """What all officers were taking on a day; None where nothing is at hand for it."""

    def __call__(self, as_of: date) -> Crowd | None:
        """The crowd of that day."""
        ...


@dataclass(frozen=True)
class CourseDesk:
    """Everything that `/v1/courses` needs, fixed at start."""

    model: ModelIdentity
    source: RecordSource
    crowd: CrowdSource
    policy: Policy

    def answer(self, request: CoursesRequest, request_id: str, now: datetime) -> CoursesAnswer:
        """One result for each officer, in order."""
        as_of = request.as_of or self.source.newest()
        asked = list(dict.fromkeys(request.officer_ids))
        records = self.source.records(asked, as_of, TABLES)
        crowd = self.crowd(as_of)
        results = {name: self._result(name, records, as_of, crowd, request) for name in asked}
        age = (now.replace(tzinfo=None) - datetime.combine(as_of, time.min)).total_seconds() / 3600
        return CoursesAnswer(
            request_id=request_id,
            model=ModelName(name=self.model.name, version=self.model.version, features=self.model.service),
            as_of=as_of,
            feature_age_hours=max(0.0, round(age, 1)),
            degraded=crowd is None or (request.as_of is None and age > AgeLimits.of(self.policy).flag_hours),
            results=[results[officer_id] for officer_id in request.officer_ids],
        )

    def _result(
        self, officer_id: str, records: Records, as_of: date, crowd: Crowd | None, request: CoursesRequest
    ) -> CoursesSuggested | NotScored:
        known = [name for name in OWN if name in records and (records[name]["officer_id"] == officer_id).any()]
        if not known:
            return NotScored(officer_id=officer_id, because=UNKNOWN)
        learner = learner_of(records, officer_id, as_of, self.policy)
        found = advise_courses(learner, offered_courses(records), crowd, self.policy.courses, request.spare_hours)
        return CoursesSuggested(
            officer_id=officer_id,
            cold_start="course_completions" not in known,
            courses=[_told(one) for one in found[: request.top]],
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
