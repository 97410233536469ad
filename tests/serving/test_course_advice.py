"""The courses desk without the web: order, refusals, ages, what it says, and strict bodies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import pandas as pd
import pytest
from pydantic import ValidationError

from data_contracts.policy import policy
from data_contracts.vocabulary import Bilingual
from models.course_crowd import CrowdCourse
from models.course_rules import CourseReason
from serving.course_advice import OWN, CourseDesk
from serving.course_schemas import CoursesAnswer, CoursesRequest, CoursesSuggested
from serving.manifest import ModelIdentity
from serving.schemas import NotScored
from tests.models.test_courses import records

DAY, NOW = date(2025, 6, 10), datetime(2025, 6, 10, 6)
MODEL = ModelIdentity("courses", "3", "0" * 64, "records_v1", "h")


class Source:
    """Records of two officers; remembers what was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[list[str], date]] = []

    def newest(self) -> date:
        return DAY

    def records(self, officer_ids: Sequence[str], as_of: date, tables: Sequence[str]) -> Mapping[str, pd.DataFrame]:
        self.asked.append((list(officer_ids), as_of))
        found = {name: frame for name, frame in records().items() if name in tables}
        return {name: frame[frame["officer_id"].isin(officer_ids)] if name in OWN else frame
                for name, frame in found.items()}  # fmt: skip


class Colleagues:
    """Everybody takes one course."""

    def likely(self, officer_id: str, most: int) -> list[CrowdCourse]:
        return []

    def waves(self, officer_id: str, most: int) -> list[CrowdCourse]:
        told = Bilingual("60人中有38人", "38 of 60")
        return [CrowdCourse("roll", 38 / 60, (CourseReason("wave_command", told),))]


def answer(body: dict[str, object], source: Source | None = None, crowd: Colleagues | None = None) -> CoursesAnswer:
    desk = CourseDesk(MODEL, source or Source(), lambda _: crowd, policy())
    return desk.answer(CoursesRequest.model_validate(body), "r-1", NOW)


def test_results_are_in_the_order_asked_with_repeats_and_read_once() -> None:
    source = Source()
    found = answer({"officer_ids": ["p", "nobody", "o", "p"]}, source, Colleagues())
    assert [one.officer_id for one in found.results] == ["p", "nobody", "o", "p"]
    assert [one.status for one in found.results] == ["scored", "not_scored", "scored", "scored"]
    assert source.asked == [(["p", "nobody", "o"], DAY)]
    refused = found.results[1]
    assert isinstance(refused, NotScored)
    assert refused.because.code == "unknown_officer"
    assert (found.request_id, found.model.name, found.model.version, found.model.features) == (
        "r-1", "courses", "3", "records_v1",
    )  # fmt: skip
    assert (found.as_of, found.feature_age_hours, found.degraded) == (DAY, 6.0, False)


def test_each_suggestion_says_its_kind_and_why() -> None:
    (one,) = answer({"officer_ids": ["o"]}, crowd=Colleagues()).results
    assert isinstance(one, CoursesSuggested)
    assert not one.cold_start
    told = [(course.kind, course.course_id, course.overdue, course.due_on, course.month) for course in one.courses]
    assert told == [("required", "need", True, None, 0), ("wave", "roll", False, None, 0)]
    assert one.courses[0].reasons[0].text.zh == "现岗位“刑侦”要求此课程"
    assert one.courses[1].reasons[0].text.en == "38 of 60"
    assert one.courses[0].name.en == "Needed"


def test_an_officer_without_completions_starts_cold_and_still_gets_the_rules() -> None:
    (one,) = answer({"officer_ids": ["p"]}, crowd=Colleagues()).results
    assert isinstance(one, CoursesSuggested)
    assert one.cold_start
    assert [course.kind for course in one.courses] == ["required", "wave"]
    assert one.courses[0].reasons[0].theme == "never_taken"


def test_top_cuts_the_list() -> None:
    (one,) = answer({"officer_ids": ["p"], "top": 1}, crowd=Colleagues()).results
    assert isinstance(one, CoursesSuggested)
    assert [course.kind for course in one.courses] == ["required"]


def test_without_the_crowd_the_answer_is_degraded_but_stands() -> None:
    found = answer({"officer_ids": ["o"]})
    assert found.degraded
    (one,) = found.results
    assert isinstance(one, CoursesSuggested)
    assert [course.kind for course in one.courses] == ["required"]


def test_old_records_are_degraded_unless_that_day_was_asked_for() -> None:
    desk = CourseDesk(MODEL, Source(), lambda _: Colleagues(), policy())
    later = datetime(2025, 6, 12, 6)
    assert desk.answer(CoursesRequest(officer_ids=["o"]), "r", later).degraded
    assert not desk.answer(CoursesRequest(officer_ids=["o"], as_of=DAY), "r", later).degraded


@pytest.mark.parametrize(
    "body",
    [
        {"officer_ids": []},
        {"officer_ids": ["o"], "top": 0},
        {"officer_ids": ["o"], "top": 31},
        {"officer_ids": ["o"], "spare_hours": 0},
        {"officer_ids": ["o"], "spare_hours": float("nan")},
        {"officer_ids": ["o"], "goal": "x"},
        {"officer_ids": ["o"] * 201},
    ],
)
def test_other_bodies_are_refused(body: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        CoursesRequest.model_validate(body)


def test_spare_time_asks_for_small_courses() -> None:
    (one,) = answer({"officer_ids": ["o"], "spare_hours": 20}).results
    assert isinstance(one, CoursesSuggested)
    assert "small" not in {course.kind for course in one.courses}  # the only course with hours was just taken
    (other,) = answer({"officer_ids": ["p"], "spare_hours": 20}).results
    assert isinstance(other, CoursesSuggested)
    assert other.courses[0].reasons[-1].text.en == "16 hours, fits into the 20 hours you have"
