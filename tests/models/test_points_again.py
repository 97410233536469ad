"""A course whose certificate lapses gives its points each time it is taken again, once the time before has lapsed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from models.points import combinations
from models.points.cheaper import _shorter
from models.points.plan import Plan
from models.points.shelf import CourseWill, Offer
from models.points.step_words import step_text
from models.points.way_words import way_text
from models.points.ways import Way, last_turns
from models.points.words import Records
from tests.models.records import framed
from tests.models.test_points_plan import plan, posted, taking

YEARLY: dict[str, Any] = {"course_id": "k", "competency": "law", "hours": 6.0, "valid_months": 12, "name_en": "K"}
BOTH = ("law_exam", "training_passed")


def asked(total: float, deadline: str, *courses: dict[str, Any], only: tuple[str, ...] = BOTH, **more: Any) -> Plan:
    """Six hours are a week: a first exam today is passed on 8 March 2024."""
    return plan(total, deadline, only, courses=list(courses or [YEARLY]), **more)


def times(found: Plan) -> list[tuple[str, int, str]]:
    """Of each course of the first combination for which time it is taken, and on which day it is completed."""
    steps = [step for step in found.combinations[0].steps if step.offer is not None]
    return [(*step.offer.key, str(step.chance.earned)) for step in steps if step.offer is not None]


def test_an_exam_of_every_year_gives_its_points_every_year() -> None:
    found = asked(12.0, "2026-03-11", only=("law_exam",))
    assert (found.status, found.most) == ("possible", 12.0)
    assert times(found) == [("k", 1, "2024-03-08"), ("k", 2, "2025-03-09"), ("k", 3, "2026-03-10")]
    assert found.combinations[0].reached == date(2026, 3, 11)
    short = asked(12.0, "2026-03-10", only=("law_exam",))
    assert (short.status, short.most) == ("not_within_deadline", 8.0), "a day before the third could count"
    assert "at most 2 more for 4, 4 points" in way_text(short.ways[0]).en
    once = asked(12.0, "2026-03-11", YEARLY | {"valid_months": None}, only=("law_exam",))
    assert (once.status, once.most) == ("not_within_deadline", 4.0), "what never lapses is passed once"


def test_the_text_says_that_it_is_once_more() -> None:
    first, second, _ = asked(12.0, "2026-03-11", only=("law_exam",)).combinations[0].steps
    records = Records({"courses": framed("courses", [YEARLY | {"name_zh": "法"}])})
    assert "such as “K” of 6 hours: 4 points" in step_text(first, records).en
    told = step_text(second, records)
    assert "of 6 hours once more, its certificate having lapsed by then: 4 points from 2025-03-10" in told.en
    assert "如培训“法”6学时（证书到期后再次参加），最早2025-03-10起计4分" in told.zh


def test_no_time_comes_after_the_last_day_of_the_offer_and_what_is_overdue_is_so_once() -> None:
    issued = YEARLY | {"issued_on": "2023-06-01"}  # on offer for two years
    found = asked(8.0, "2026-12-01", issued, only=("law_exam",), will=CourseWill(overdue=frozenset({"k"})))
    assert times(found) == [("k", 1, "2024-03-08"), ("k", 2, "2025-03-09")]
    assert [step.offer.overdue for step in found.combinations[0].steps if step.offer] == [True, False]
    assert asked(12.0, "2026-12-01", issued, only=("law_exam",)).status == "not_within_deadline"


def test_a_time_that_must_wait_puts_off_the_next() -> None:
    """As training the exams count for two years: the first has to wait until it stands at the deadline, so does the
    second for it."""
    found = asked(9.0, "2026-06-01")
    assert times(found) == [("k", 1, "2024-06-02"), ("k", 2, "2025-06-03")]
    assert found.combinations[0].gain == 9.0
    soon = asked(8.5, "2026-06-01")
    assert times(soon) == [("k", 1, "2024-03-08"), ("k", 2, "2025-03-09")], "the second stands as training too"


def test_what_is_said_to_be_reached_is_worked_through_to_the_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three exams pass in time one by one, but then the first lapses as training; waiting for it, the third is late."""
    found = asked(13.5, "2026-06-01")
    assert (found.status, found.most) == ("not_within_deadline", 13.0)
    reached = asked(13.0, "2026-06-01")
    assert (reached.status, reached.combinations[0].gain) == ("possible", 13.0)
    monkeypatch.setattr(combinations, "_gained", lambda reach, *told: reach.then.total + told[-1])
    assert asked(13.5, "2026-06-01").most == 13.5, "what is said of it without the days"


def test_where_the_fewest_steps_are_too_late_others_are_looked_for() -> None:
    fitness = {"course_id": "fit", "competency": "fitness", "hours": 200.0}
    found = asked(13.5, "2026-06-01", YEARLY, fitness)
    assert (found.status, found.most) == ("possible", 13.5)
    assert [course for course, *_ in times(found)] == ["k", "fit", "k", "k"]
    assert found.combinations[0].gain == 13.5


def test_other_courses_come_before_another_year() -> None:
    law = {"course_id": "other", "competency": "law", "hours": 12.0}
    found = asked(12.0, "2026-06-01", YEARLY, law, only=("law_exam",))
    assert times(found) == [("k", 1, "2024-03-08"), ("other", 1, "2024-03-22"), ("k", 2, "2025-03-09")]


def test_another_time_takes_the_place_of_a_longer_course_where_nothing_comes_later_for_it() -> None:
    long = {"course_id": "long", "competency": "law", "hours": 40.0}
    waiting: dict[str, Any] = {"postings": posted("2023-06-01"), "only": ("law_exam", "grassroots_years")}
    found = asked(12.0, "2026-06-02", YEARLY, long, **waiting)
    assert times(found) == [("k", 1, "2024-03-08"), ("k", 2, "2025-03-09")]
    assert found.combinations[0].reached == date(2025, 6, 1), "when the second year of the posting is full"
    soon = asked(12.0, "2025-03-09", YEARLY, long, only=("law_exam",))
    assert soon.status == "not_within_deadline"
    apart = asked(8.0, "2025-03-09", YEARLY, long, only=("law_exam",))
    assert taking(apart) == [("k", "2024-03-09"), ("long", "2024-04-25")]


def test_what_comes_after_a_course_does_not_stay_without_it() -> None:
    """A shorter course is open only after the second time; the third year of the posting is waited for anyway."""
    short = {"course_id": "short", "competency": "law", "hours": 2.0, "valid_months": 14}
    held = [{"officer_id": "a", "course_id": "short", "occurred_on": "2024-02-20", "score": 90.0}]
    found = asked(
        16.0, "2026-06-02", YEARLY, short, only=("law_exam", "grassroots_years"),
        postings=posted("2023-06-01"), course_completions=held,
    )  # fmt: skip
    assert times(found) == [("k", 1, "2024-03-08"), ("short", 1, "2025-04-21")]
    rare, elsewhere = YEARLY | {"valid_months": 24}, posted("2020-06-01", "b")
    years = asked(10.0, "2029-09-01", rare, only=("law_exam", "grassroots_years"), postings=elsewhere)
    assert times(years) == [("k", 1, "2026-09-02")], "three years take the place of the second"


def test_a_second_time_is_no_shorter_course_without_the_first() -> None:
    long, first = Offer("long", 40.0), Offer("k", 6.0, valid_months=12)
    second = replace(first, turn=2)

    def instead(*used: Offer) -> list[Offer]:
        way = SimpleNamespace(offers=used, courses=(long, second))
        return _shorter([cast(Way, way)], [len(used)], 0, long)

    assert instead(long) == []
    assert instead(long, first) == [second]


def test_only_the_last_time_of_a_course_gives_way() -> None:
    first = Offer("k", 6.0, valid_months=12)
    second, other = replace(first, turn=2), Offer("j", 6.0)
    assert last_turns([first, other, second]) == [other, second]
    assert (first.follows(()), second.follows({first.key}), second.follows({other.key})) == (True, True, False)
    assert first.again_from(date(2024, 2, 29)) == date(2025, 2, 28) + timedelta(days=1)
