"""Courses beside a training action: they address this officer's reasons, suit the person, and say why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pytest

from data_contracts.decisions import SupportAction
from data_contracts.policy import policy
from data_contracts.vocabulary import SupportKind
from models.risk.course_book import Course, CourseBook, Learner, OpenGap, Taking
from models.risk.support import NO_OFFER, NO_THEME, NONE_LEFT, Asked, support_of

DAY = date(2026, 1, 1)
NOBODY = Learner()
COURSES = (
    Course("law-long", "执法", "law at length", "law", True, 40.0),
    Course("law-short", "执法短课", "law in short", "law", False, 8.0),
    Course("law-open", "执法自学", "law without hours", "law", False, None),
    Course("lead", "指挥", "leadership", "leadership", True, 8.0),
    Course("talk", "沟通", "communication", "communication", False, 12.0),
    Course("cook", "烹饪", "cooking", "cooking", False, 4.0),
)


def told(
    learner: Learner = NOBODY,
    themes: Sequence[str] = ("complaints",),
    courses: tuple[Course, ...] = COURSES,
    **more: Any,
) -> Mapping[str, Any]:
    action = SupportAction(SupportKind.TRAINING, "培训", "training", 30, **more)
    book = CourseBook(courses, lambda _: learner)
    (one,) = support_of(Asked("a", "conduct", themes, DAY), [action], book, policy().course_themes)
    return one


def named(learner: Learner = NOBODY, themes: Sequence[str] = ("complaints",), **more: Any) -> list[str]:
    return [course["course_id"] for course in told(learner, themes, **more)["courses"]]


def test_an_action_names_courses_of_its_own_subject_number_and_length() -> None:
    assert named(competencies=("law",), courses_at_most=1, hours_at_most=16.0) == ["law-short"]
    assert named(competencies=("law",), courses_at_most=1) == ["law-long"]
    assert named(competencies=("law", "communication"), courses_at_most=2) == ["talk", "law-long"]
    assert named(competencies=("law",), courses_at_most=0) == []


def test_courses_address_the_reasons_told_to_the_officer_the_strongest_first() -> None:
    assert named(themes=["complaints"]) == ["talk", "law-long", "law-short"]
    assert named(themes=["sustained_complaints"]) == ["law-long", "law-short", "law-open"]
    assert named(themes=["career_stage", "complaints"]) == ["lead", "talk", "law-long"]
    (lead, *_) = told(themes=["career_stage"])["courses"]
    assert lead["reasons"][0] == {
        "theme": "theme",
        "text": {
            "zh": "针对原因“从警阶段”，培养组织领导",
            "en": "addresses “stage of the career”: it builds leadership",
        },
    }


def test_where_no_course_fits_the_action_says_why() -> None:
    assert told(themes=["workload"])["no_courses"]["en"] == NO_THEME.en
    assert told(competencies=("firearms",))["no_courses"]["en"] == NONE_LEFT.en
    assert told(courses=())["no_courses"]["en"] == NO_OFFER.en
    assert "no_courses" not in told()
    assert "no_courses" not in told(courses_at_most=0), "one's own choice lacks nothing"


def test_what_is_held_is_left_out_until_the_certificate_lapses() -> None:
    taken = {
        "talk": Taking(date(2020, 1, 1)),
        "law-long": Taking(date(2024, 12, 31), date(2025, 12, 31)),
        "law-short": Taking(date(2025, 1, 1), DAY),
    }
    assert named(Learner(taken=taken)) == ["law-long", "law-open"]
    (law, _) = told(Learner(taken=taken))["courses"]
    assert law["reasons"][-1]["text"]["en"] == "the certificate lapsed on 2025-12-31"


def test_a_gap_of_the_officers_own_comes_first_and_is_said() -> None:
    behind = Learner(gaps={"law": OpenGap(2.0, 3.0), "cooking": OpenGap(1.0, 3.0)})
    assert named(behind) == ["law-long", "law-short", "law-open"], "cooking is behind too, but addresses no complaint"
    assert named(behind, ["training"])[:2] == ["cook", "law-long"], "of training the largest gap speaks first"
    assert named(behind, ["workload"], gaps=True)[0] == "cook", "the action itself is about gaps"
    assert named(Learner(), ["workload"], gaps=True) == []
    reasons = told(behind, ["training"])["courses"][0]["reasons"]
    assert [one["theme"] for one in reasons] == ["theme", "gap"]
    assert "was assessed at level 1.0, the present post asks for 3.0" in reasons[1]["text"]["en"]


def test_courses_of_another_job_family_track_or_rank_are_left_out() -> None:
    lifts = {"patrol": 2.5, "legal": 0.9, "cyber": 1.1}
    courses = (
        Course("patrol", "巡逻", "patrol", "communication", False, 40.0, families=("patrol",)),
        Course("usual", "常修", "usual", "communication", False, 40.0, lifts=lifts),
        Course("heads", "队长", "heads", "communication", False, 40.0, ("patrol",), {"enforcement": 3}),
        Course("weapons", "武器", "weapons", "communication", True, 8.0, tracks=("enforcement",)),
    )  # fmt: skip

    def suits(**known: Any) -> list[str]:
        return sorted(named(Learner(**known), courses=courses, courses_at_most=3) if len(known) else [])

    assert suits(job_family="patrol", track="enforcement", step=1) == ["patrol", "usual", "weapons"]
    assert named(Learner(job_family="patrol", track="enforcement", step=1), courses=courses) == [
        "patrol", "usual", "weapons",
    ]  # fmt: skip
    ranked = Learner(job_family="patrol", track="enforcement", step=2, taken={"patrol": Taking()})
    assert named(ranked, courses=courses) == ["heads", "usual", "weapons"], "the next step is not too early"
    assert suits(job_family="legal", track="general") == [], "others take it as theirs, and legal less than all"
    assert suits(job_family="cyber", track="technical") == ["usual"]
    assert len(named(Learner(), courses=courses)) == 3, "what nobody knows speaks against nothing"


def test_what_policy_calls_short_or_one_course_is_so() -> None:
    rules = policy()
    for outcome, grade in (("conduct", "fair"), ("force", "fair")):
        (training,) = (one for one in rules.support_for(outcome, grade) if one.kind is SupportKind.TRAINING)
        assert training.courses_at_most == 1
        assert training.hours_at_most == 16.0
        assert training.competencies


@pytest.mark.parametrize("outcome", ["strain", "departure"])
@pytest.mark.parametrize("grade", ["poor", "fair", "good", "excellent"])
def test_an_action_fits_whatever_its_theme_is_told_of(outcome: str, grade: str) -> None:
    """Who is told of night shifts was offered a talk about overtime: words of one sentence stand with the others."""
    assert "workload" in policy().reasons.themes_of(outcome)
    for action in policy().support_for(outcome, grade):
        for text, hours, nights in ((action.en.lower(), ("overtime", "hours"), "night"),
                                    (action.zh, ("加班", "工时"), "夜班")):  # fmt: skip
            assert any(word in text for word in hours) == (nights in text), text
