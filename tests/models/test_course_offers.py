"""What can still be taken is one rule, for one course and for a table; what is due says its grace."""

from __future__ import annotations

from datetime import date

import pytest

from data_contracts.policy import policy
from models.courses.learners import offered_courses
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
    assert on_offer(frames["courses"], date(2026, 1, 1)).tolist() == [offered]


def test_certificates_hold_for_calendar_months_and_say_their_grace() -> None:
    (course,) = offered_courses(record(courses=[{"course_id": "k", "mandated": True, "valid_months": 24}]))
    taken = date(2023, 12, 20)
    assert course.lapses_on(taken) == date(2025, 12, 20)
    asked = Standing(date(2025, 12, 25), None, {"k": taken}, policy().training)
    (due,) = due_courses(asked, [course], None, policy().courses)
    assert not due.overdue
    assert [reason.code for reason in due.reasons] == ["due_since", "within_grace"]
