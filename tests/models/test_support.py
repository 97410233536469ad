"""Courses beside a training action are those that the action means: its subject, its number, its length."""

from __future__ import annotations

from typing import Any

from data_contracts.decisions import SupportAction
from data_contracts.policy import policy
from data_contracts.vocabulary import SupportKind
from models.risk.support import Course, CourseBook, support_of

BOOK = CourseBook((
    Course("law-long", "执法", "law at length", "law", True, 40.0),
    Course("law-short", "执法短课", "law in short", "law", False, 8.0),
    Course("law-open", "执法自学", "law without hours", "law", False, None),
    Course("lead", "指挥", "leadership", "leadership", True, 8.0),
    Course("talk", "沟通", "communication", "communication", False, 12.0),
))  # fmt: skip


def named(*, book: CourseBook = BOOK, **more: Any) -> list[str]:
    action = SupportAction(SupportKind.TRAINING, "培训", "training", 30, **more)
    (told,) = support_of("a", "conduct", [action], ["workload"], book, policy().course_themes)
    return [course["course_id"] for course in told["courses"]]


def test_an_action_names_courses_of_its_own_subject_number_and_length() -> None:
    assert named(competencies=("law",), courses_at_most=1, hours_at_most=16.0) == ["law-short"]
    assert named(competencies=("law",), courses_at_most=1) == ["law-long"]
    assert named(competencies=("law", "communication"), courses_at_most=2) == ["law-long", "law-short"]
    assert named(competencies=("law",), courses_at_most=0) == []
    assert named(competencies=("firearms",)) == [], "none fits, and the action stands without"


def test_an_action_that_says_nothing_names_what_addresses_the_reasons() -> None:
    wanted = policy().course_themes.competencies_for(("workload",))
    subjects = {course.course_id: course.competency for course in BOOK.courses}
    assert {subjects[name] for name in named()} <= set(wanted)
    assert len(named()) <= policy().course_themes.most


def test_what_policy_calls_short_or_one_course_is_so() -> None:
    rules = policy()
    for outcome, grade in (("conduct", "fair"), ("force", "fair")):
        (training,) = (one for one in rules.support_for(outcome, grade) if one.kind is SupportKind.TRAINING)
        assert training.courses_at_most == 1
        assert training.hours_at_most == 16.0
        assert training.competencies
