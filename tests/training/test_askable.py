"""What may be asked of some tables: outcomes that they can label, days that they cover, months that policy allows."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from data_contracts.errors import InvalidInput, MissingTable
from training.risk.askable import Asking, check_askable, check_tables

TODAY = date(2026, 1, 1)


def complaints(**changed: str | None) -> pd.DataFrame:
    """One a month from 2010 to 2015, dates as text, as a file may give them."""
    days = pd.date_range("2010-01-01", "2015-12-01", freq="MS") + pd.Timedelta(days=4)
    return pd.DataFrame({"opened_on": days.astype(str), "known_on": days.astype(str)}).assign(**changed)


def ask(day: str, months: int = 12, **changed: str | None) -> None:
    """Conduct at a day."""
    asking = Asking(["conduct"], [date.fromisoformat(day)], months)
    check_askable(asking, {"complaints": complaints(**changed)}, "chicago at data", TODAY)


def test_days_inside_the_records_may_be_asked() -> None:
    for day in ("2012-01-05", "2014-01-01", "2015-12-04"):  # the first as-of to learn from is 2011-01-05
        ask(day)


@pytest.mark.parametrize(("day", "why"), [("1990-01-01", "early"), ("2012-01-04", "early"), ("2015-12-05", "late")])
def test_days_outside_are_refused_with_the_range(day: str, why: str) -> None:
    with pytest.raises(InvalidInput, match=rf"--as-of {day} is too {why} for conduct at 12 months") as refused:
        ask(day)
    told = str(refused.value)
    assert "begin on 2011-01-05, and its records end on 2015-12-05" in told
    assert "use a day from 2012-01-05 to 2015-12-04 (up to 2014-12-06 all 12 months are recorded)" in told


@pytest.mark.parametrize(("day", "fits"), [("2013-12-31", False), ("2014-01-01", True), ("2014-07-01", True)])
def test_days_before_anybody_is_counted_and_learned_from_are_refused_at_once(day: str, fits: bool) -> None:
    """The roster begins a year after the complaints: the first officers are counted on 2013-01-01."""
    roster = pd.DataFrame({"officer_id": "o", "kind": "roster", "occurred_on": ["2012-12-31", "2013-12-31"]})
    slip = pd.DataFrame({"officer_id": "o", "kind": "promotion", "occurred_on": ["2001-12-31"]})
    joined = pd.DataFrame({"officer_id": ["o"], "entered_on": ["1990-05-01"]})
    tables = {"complaints": complaints(), "officers": joined, "promotions": pd.concat([slip, roster])}
    asking = Asking(["conduct"], [date.fromisoformat(day)], 12)
    if fits:
        check_askable(asking, tables, "here", TODAY)
        return
    with pytest.raises(InvalidInput, match="begin on 2013-01-01") as refused:
        check_askable(asking, tables, "here", TODAY)
    assert "use a day from 2014-01-01 to 2015-12-04" in str(refused.value)


def test_records_shorter_than_the_horizon_say_so() -> None:
    few = complaints().head(30)
    with pytest.raises(InvalidInput, match="too short for 24 months ahead; ask for fewer or bring more years"):
        check_askable(Asking(["conduct"], [date(2012, 1, 1)], 24), {"complaints": few}, "here", TODAY)


def test_a_slip_into_the_future_does_not_stretch_the_records() -> None:
    slipped = complaints()
    slipped.loc[len(slipped)] = ["2109-01-01", "2109-01-01"]
    with pytest.raises(InvalidInput, match="its records end on 2015-12-05"):
        check_askable(Asking(["conduct"], [date(2016, 1, 1)], 12), {"complaints": slipped}, "here", TODAY)


def test_what_happened_counts_as_known_where_no_day_is_given() -> None:
    bare = complaints().drop(columns="known_on")
    check_askable(Asking(["conduct"], [date(2014, 1, 1)], 12), {"complaints": bare}, "here", TODAY)
    with pytest.raises(InvalidInput, match="too late"):
        check_askable(Asking(["conduct"], [date(2020, 1, 1)], 12), {"complaints": bare}, "here", TODAY)


def test_outcomes_whose_tables_are_absent_or_without_dates_are_refused() -> None:
    with pytest.raises(MissingTable, match="which here does not have; its tables can label departure"):
        check_tables(["strain"], ["officers"], "here")
    with pytest.raises(MissingTable, match="no outcome can be labelled"):
        check_tables(["strain"], [], "here")
    with pytest.raises(MissingTable, match="needs rows in table 'complaints'"):
        ask("2014-01-01", opened_on="some day", known_on=None)


def test_months_that_policy_does_not_allow_are_refused() -> None:
    with pytest.raises(InvalidInput, match="conduct may not be asked for 7 months; policy allows 6, 12, 24"):
        ask("2014-01-01", 7)
