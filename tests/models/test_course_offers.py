"""What can still be taken is one rule, for one course and for a table; what is due says its grace."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from data_contracts.asof import add_months
from data_contracts.policy import policy
from models.courses.advice import Learner, advise_courses
from models.courses.learners import offered_courses
from models.courses.months import SuggestedCourse, planned
from models.courses.offers import on_offer
from models.courses.rules import Standing, due_courses
from tests.models.records import record


@pytest.mark.parametrize(
    ("issued", "mandated", "valid", "offered"),
    [
        ("2025-06-01", True, None, True),
        ("2024-03-01", True, None, False),  # last year's edition
        ("2024-03-01", False, None, True),
        ("2024-03-01", True, 12, True),  # taken again and again
        ("2023-03-01", False, None, False),
        (None, True, None, True),
    ],
)
def test_last_years_edition_is_over(issued: str | None, mandated: bool, valid: int | None, offered: bool) -> None:
    told = {"course_id": "m", "mandated": mandated, "issued_on": issued, "valid_months": valid}
    frames = record(courses=[{name: value for name, value in told.items() if value is not None}])
    (one,) = offered_courses(frames)
    assert one.offered_on(date(2026, 1, 1), policy().courses) is offered
    assert one.finishable_from(date(2026, 1, 1), policy().courses) is offered
    assert on_offer(frames["courses"], date(2026, 1, 1)).tolist() == [offered]


def test_what_cannot_be_finished_by_the_last_day_of_its_offer_is_not_taken_up() -> None:
    today, rules = date(2026, 1, 1), policy().courses
    for hours, days in ((None, 1), (4.0, 1), (8.0, 1), (9.0, 2), (24.0, 3), (200.0, 25)):
        for spare in (-1, 0, 1, 2, 24):
            issued = add_months(today + timedelta(days=spare), -rules.offered_months)
            told = {"course_id": "k", "issued_on": issued.isoformat(), "hours": hours}
            frames = record(courses=[{name: value for name, value in told.items() if value is not None}])
            (one,) = offered_courses(frames)
            assert one.offered_on(today, rules) is (spare >= 0)
            assert one.finishable_from(today, rules) is (days <= spare + 1), (hours, spare)
            assert on_offer(frames["courses"], today).tolist() == [days <= spare + 1], (hours, spare)


def test_nobody_is_advised_what_cannot_be_finished_nor_in_a_month_too_late_for_it() -> None:
    rules = policy().courses
    today, until = date(2026, 1, 10), date(2026, 2, 2)
    (long,) = offered_courses(
        record(courses=[{"course_id": "k", "competency": "law", "hours": 24.0,
                         "issued_on": add_months(until, -rules.offered_months).isoformat()}])
    )  # fmt: skip

    def advised(day: date, taken: float = 0.0) -> list[tuple[str, int]]:
        learner = Learner(
            "x", Standing(day, None, {}, ()), levels={"law": 1.0}, present={"law": 3.0}, hours_this_month=taken
        )
        return [(one.course.course_id, one.month) for one in advise_courses(learner, [long], None, rules)]

    assert advised(today) == [("k", 0)]
    assert advised(today, rules.load.hours_a_month) == [], "February begins two days before its end"
    assert [advised(until - timedelta(days=days)) for days in (2, 1, 0)] == [[("k", 0)], [], []]
    short = replace(long, hours=16.0)
    assert [one.month for one in planned([SuggestedCourse(short, "gap", ())], today, 40.0, rules)] == [1]


def test_certificates_hold_for_calendar_months_and_say_their_grace() -> None:
    (course,) = offered_courses(record(courses=[{"course_id": "k", "mandated": True, "valid_months": 24}]))
    taken = date(2023, 12, 20)
    assert course.lapses_on(taken) == date(2025, 12, 20)
    asked = Standing(date(2025, 12, 25), None, {"k": taken}, policy().training)
    (due,) = due_courses(asked, [course], None, policy().courses)
    assert not due.overdue
    assert [reason.code for reason in due.reasons] == ["due_since", "within_grace"]
