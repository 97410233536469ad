"""Of two courses that reach the target on the same day, with all steps done by the same day, the shorter is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from models.points import combinations
from models.points.chances import Chance
from models.points.cheaper import _as_good
from models.points.plan import Plan
from models.points.ways import Reach
from tests.models.test_points_plan import plan, posted, taking

LONG = {"course_id": "long", "competency": "law", "hours": 40.0}
SHORT = {"course_id": "short", "competency": "law", "hours": 8.0, "valid_months": 12}
HELD = [{"officer_id": "a", "course_id": "short", "occurred_on": "2023-06-01", "score": 70.0}]
LINES = ("law_exam", "grassroots_years")


def asked(total: float, **tables: Any) -> Plan:
    """A law exam is missing, and a year of service that passes in January 2025; the short course is held until June."""
    told: dict[str, Any] = {"courses": [LONG, SHORT], "course_completions": HELD, "postings": posted("2023-01-01")}
    return plan(total, "2025-03-01", LINES, **{**told, **tables})


def test_a_shorter_course_takes_the_place_of_one_that_comes_sooner_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    found = asked(8.0)
    assert [course for course, _ in taking(found)] == ["short"]
    assert str(found.combinations[0].reached) == "2025-01-01"
    monkeypatch.setattr(combinations, "least_study", lambda *told: told[-1])
    soonest = asked(8.0)
    assert [course for course, _ in taking(soonest)] == ["long"]
    assert soonest.combinations[0].reached == found.combinations[0].reached
    assert soonest.combinations[0].gain == found.combinations[0].gain


def test_a_longer_course_stays_where_the_target_would_come_later() -> None:
    found = asked(6.0)
    assert [course for course, _ in taking(found)] == ["long"], "nothing else is waited for"


def test_one_course_is_named_once() -> None:
    found = asked(12.0)
    assert sorted(course for course, _ in taking(found)) == ["long", "short"]


def test_what_is_as_good_gives_as_much_in_time_and_no_later() -> None:
    best = asked(8.0).combinations[0]
    day = timedelta(days=1)
    (step,) = best.steps
    late = replace(step, chance=Chance(step.chance.earned + 30 * day, best.reached))
    patient, strict = (
        cast(Reach, SimpleNamespace(end=lambda _, last=last: last)) for last in (date.max, step.chance.earned)
    )
    assert _as_good(patient, replace(best, steps=(late,)), best)
    assert not _as_good(strict, replace(best, steps=(late,)), best), "its offer is over by then"
    assert not _as_good(patient, replace(best, gain=best.gain - 0.5), best)
    assert not _as_good(patient, replace(best, reached=best.reached + day), best)
    after = replace(step, chance=Chance(step.chance.earned, best.reached + day))
    assert not _as_good(patient, replace(best, steps=(after,)), best)


def test_years_of_a_transfer_that_is_made_anyway_take_the_place_of_courses_with_a_year_to_make_it_in() -> None:
    """Two steps would be one year and an exam; three years reach 6 points as soon, and ask for no study."""
    told: dict[str, Any] = {"postings": posted("2020-06-01", "b"), "courses": [LONG]}
    found = plan(6.0, "2030-09-01", LINES, **told).combinations[0]
    assert [step.rule.code for step in found.steps] == ["grassroots_years"] * 3
    assert {str(step.chance.transfer_by) for step in found.steps} == {"2027-09-01"}, "no more years than that takes"
    both = plan(10.0, "2029-09-01", LINES, **told).combinations[0]
    assert [step.rule.code for step in both.steps].count("grassroots_years") == 3
    assert [course for course, _ in taking(plan(10.0, "2029-09-01", LINES, **told))] == ["long"]
    soon = plan(6.0, "2027-09-01", LINES, **told).combinations[0]
    assert "law_exam" in [step.rule.code for step in soon.steps], "three years would need the transfer within months"
