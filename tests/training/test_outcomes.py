"""Labels on a bureau written by hand: what was known when, and the embargo."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from data_contracts.errors import InvalidInput, MissingTable
from tests.training.risk_bureau import complaint, complaints, days, spine
from training.risk.maturity import sustained_chance
from training.risk.outcomes import Question, exposed, first_as_of, labels
from training.risk.signs import versions_at

OFFICERS = ["sustained", "later", "open", "cleared", "force", "before", "none"]
TABLES = {
    "complaints": complaints(
        complaint(1, "sustained", "2010-03-01", "2010-09-01", "sustained"),
        complaint(2, "later", "2010-03-01", "2013-06-01", "sustained"),
        complaint(3, "open", "2010-12-31"),
        complaint(4, "cleared", "2010-01-01", "2010-09-01", "unfounded"),
        complaint(5, "force", "2010-05-01", "2010-09-01", "unfounded", "use_of_force"),
        complaint(6, "before", "2009-12-31", "2010-09-01", "sustained"),
        complaint(7, "before", "2011-01-01", "2011-09-01", "sustained"),
    )
}
AT = spine(OFFICERS, "2010-01-01")


def conduct(known_at: date | None, soft: bool = False) -> list[float]:
    return [float(value) for value in labels(TABLES, AT, Question("conduct", 12, known_at, soft))]


def test_conduct_counts_only_findings_known_by_then() -> None:
    assert conduct(date(2011, 1, 1)) == [1, 0, 0, 0, 0, 0, 0]
    assert conduct(date(2014, 1, 1)) == [1, 1, 0, 0, 0, 0, 0]
    assert conduct(None) == [1, 1, 0, 0, 0, 0, 0]


def test_the_window_starts_at_as_of_and_ends_before_the_horizon() -> None:
    assert labels(TABLES, AT, Question("any_complaint", 12, None)).tolist() == [1, 1, 1, 1, 1, 0, 0]
    assert labels(TABLES, AT, Question("force", 12, None)).tolist() == [0, 0, 0, 0, 1, 0, 0]
    assert labels(TABLES, AT, Question("any_complaint", 24, None)).tolist() == [1, 1, 1, 1, 1, 1, 0]


def test_an_open_complaint_has_a_chance_between_nothing_and_certainty() -> None:
    soft = conduct(date(2011, 1, 1), soft=True)
    assert soft[0] == 1.0
    assert 0 < soft[1] < 1
    assert 0 < soft[2] < 1
    assert soft[3:] == [0, 0, 0, 0]


def test_what_is_learned_after_the_training_day_changes_no_mature_label() -> None:
    later = complaint(8, "none", "2010-06-01", "2012-01-01", "sustained")
    for row in later:
        row["known_on"] = "2012-01-01"
    more = {"complaints": pd.concat([TABLES["complaints"], complaints(later)], ignore_index=True)}
    for soft in (False, True):
        asked = Question("conduct", 12, date(2011, 1, 1), soft)
        assert labels(more, AT, asked).tolist() == labels(TABLES, AT, asked).tolist()
    assert labels(more, AT, Question("conduct", 12, None))[-1] == 1


def test_a_horizon_past_the_training_day_is_refused() -> None:
    with pytest.raises(InvalidInput, match="embargo"):
        labels(TABLES, AT, Question("conduct", 24, date(2011, 12, 31)))


def test_unknown_outcomes_and_absent_tables_are_told() -> None:
    with pytest.raises(InvalidInput, match="unknown"):
        labels(TABLES, AT, Question("luck", 12, None))
    with pytest.raises(MissingTable, match="duty_months"):
        labels(TABLES, AT, Question("strain", 12, None))
    with pytest.raises(MissingTable, match="promotions"):
        first_as_of(TABLES, "stagnation")
    assert first_as_of(TABLES, "conduct") == date(2010, 12, 31)


def test_a_slip_of_the_pen_does_not_begin_the_record() -> None:
    """One complaint of 1901, whether in a small department or a large one, asks for no century of training."""
    slip, early = complaint(8, "none", "1901-01-01"), complaint(9, "none", "1998-01-01")
    small = {"complaints": pd.concat([TABLES["complaints"], complaints(slip)], ignore_index=True)}
    assert first_as_of(small, "conduct") == date(2010, 12, 31)
    rows = [complaint(n, "none", f"{2000 + n % 3}-05-01") for n in range(10, 2010)]
    assert first_as_of({"complaints": complaints(slip, early, *rows)}, "conduct") == date(2001, 5, 1)


def test_versions_at_gives_each_complaint_once() -> None:
    assert sorted(versions_at(TABLES["complaints"], date(2010, 4, 1))["complaint_id"]) == ["k1", "k2", "k4", "k6"]
    assert versions_at(TABLES["complaints"], None)["complaint_id"].is_unique


def known(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(known_on=days(["2000-01-01"] * len(frame)), superseded_on=days([None] * len(frame)))


def test_strain_is_overtime_for_months_on_end_or_a_long_sick_spell() -> None:
    months = ["2010-02-01", "2010-03-01", "2010-04-01"]
    rows = [("long", month, 70.0, 0) for month in months]
    rows += [("gap", month, hours, 0) for month, hours in zip(months, (70.0, 10.0, 70.0), strict=True)]
    rows += [("sick", "2010-05-01", 0.0, 12), ("well", "2010-05-01", 0.0, 3)]
    duty = pd.DataFrame(rows, columns=["officer_id", "month", "overtime_hours", "sick_days"])
    tables = {"duty_months": known(duty.assign(month=days(duty["month"].tolist())))}
    at = spine(["long", "gap", "sick", "well"], "2010-01-01")
    assert labels(tables, at, Question("strain", 12, None)).tolist() == [1, 0, 1, 0]


def test_departure_is_resigning_or_transferring_out_and_no_retirement() -> None:
    officers = pd.DataFrame({"officer_id": ["a", "b", "c"], "leave_kind": ["resigned", "retired", None]})
    tables = {"officers": known(officers.assign(left_on=days(["2010-06-01", "2010-06-01", None])))}
    at = spine(["a", "b", "c"], "2010-01-01")
    assert labels(tables, at, Question("departure", 12, None)).tolist() == [1, 0, 0]
    plain = {"officers": tables["officers"].drop(columns="leave_kind")}
    assert labels(plain, at, Question("departure", 12, None)).tolist() == [1, 1, 0]


def test_stagnation_is_no_step_and_no_course_for_long() -> None:
    steps = pd.DataFrame({"officer_id": ["stuck", "learner", "fresh", "own"], "kind": "step"})
    steps["ladder"] = ["enforcement"] * 3 + ["own"]
    steps["rank_step"] = "二级警员"
    steps["occurred_on"] = days(["2004-01-01", "2004-01-01", "2010-02-01", "2000-01-01"])
    courses = pd.DataFrame({"officer_id": ["learner"], "course_id": ["c"], "occurred_on": days(["2010-06-01"])})
    tables = {"promotions": known(steps), "course_completions": known(courses)}
    at = spine(["stuck", "learner", "fresh", "own"], "2010-01-01")
    assert labels(tables, at, Question("stagnation", 12, None)).tolist() == [1, 0, 0, 0]


def test_who_has_grown_in_competency_does_not_stagnate() -> None:
    officers = ["grown", "same", "never", "late"]
    steps = pd.DataFrame({"officer_id": officers, "kind": "step", "ladder": "enforcement", "rank_step": "二级警员"})
    steps["occurred_on"] = days(["2004-01-01"] * 4)
    courses = pd.DataFrame({"officer_id": ["x"], "course_id": ["c"], "occurred_on": days(["2010-06-01"])})
    tables = {"promotions": known(steps), "course_completions": known(courses)}
    at = spine(officers, "2010-01-01")
    assert labels(tables, at, Question("stagnation", 12, None)).tolist() == [1, 1, 1, 1]
    levels = [("grown", "2008-05-01", 2.0), ("grown", "2010-05-01", 2.5), ("same", "2008-05-01", 2.0)]
    levels += [("same", "2010-05-01", 2.0), ("late", "2010-05-01", 1.0)]
    measured = pd.DataFrame(levels, columns=["officer_id", "occurred_on", "level"]).assign(competency="law")
    measured["occurred_on"] = days(measured["occurred_on"].tolist())
    tables["competency_assessments"] = known(measured)
    assert labels(tables, at, Question("stagnation", 12, None)).tolist() == [0, 1, 1, 1]
    assert first_as_of(tables, "stagnation") == date(2011, 6, 1)


def test_only_who_worked_in_the_window_is_exposed_to_strain() -> None:
    months = pd.DataFrame({"officer_id": ["works", "gone"], "overtime_hours": 1.0, "sick_days": 0})
    tables = {"duty_months": known(months.assign(month=days(["2010-02-01", "2009-12-01"])))}
    at = spine(["works", "gone"], "2010-01-01")
    assert exposed(tables, at, Question("strain", 12, None)).tolist() == [True, False]
    assert exposed(TABLES, AT, Question("conduct", 12, None)).all()


def test_the_chance_is_learned_from_old_complaints_by_source_and_category() -> None:
    old = [
        complaint(number, f"o{number}", "2001-01-01", "2003-01-01", "sustained" if number % 2 else "unfounded", kind)
        for number, kind in enumerate(["traffic"] * 80)
    ]
    calm = [
        complaint(100 + number, "x", "2001-01-01", "2003-01-01", "unfounded", "verbal_abuse") for number in range(80)
    ]
    now = [
        complaint(300, "a", "2009-12-01", category="traffic"),
        complaint(301, "b", "2009-12-01", category="verbal_abuse"),
    ]
    table = complaints(*old, *calm, *now)
    chances = sustained_chance(versions_at(table, date(2010, 1, 1)), date(2010, 1, 1))
    traffic, verbal = chances[-2:]
    assert 0.35 < traffic < 0.6
    assert verbal < 0.1
    assert np.isin(chances[:-2], [0.0, 1.0]).all()
