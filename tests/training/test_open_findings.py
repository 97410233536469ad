"""What of a judged window is undecided when the records end, on complaints written by hand."""

from __future__ import annotations

from datetime import date

import pandas as pd

from tests.training.risk_bureau import complaint, complaints, spine
from training.risk.open_findings import open_findings

YEAR = 12


def window_of_2014() -> dict[str, pd.DataFrame]:
    """Four complaints of 2014 about officers who are asked about, two of them open; and others that do not count."""
    return {
        "complaints": complaints(
            complaint(1, "a", "2014-02-01", "2014-08-01", "sustained"),
            complaint(2, "a", "2014-03-01", "2015-08-01", "unfounded"),
            complaint(3, "b", "2014-12-31"),
            complaint(4, "c", "2014-05-01"),
            complaint(5, "b", "2015-01-01"),  # after the window
            complaint(6, "b", "2013-12-31"),  # before it
            complaint(7, "stranger", "2014-06-01"),  # nobody asked about
            complaint(8, "c", "2015-06-01", "2016-06-30", "sustained"),
        )
    }


def test_complaints_without_a_closing_are_counted_in_the_window_and_of_the_officers_judged() -> None:
    (found,) = open_findings(window_of_2014(), "conduct", spine(["a", "b", "c"], "2014-01-01"), YEAR)
    assert (found.complaints, found.open, found.sustained) == (4, 2, 1)
    assert (found.as_of, found.recorded_until) == (date(2014, 1, 1), date(2016, 6, 30))
    assert found.share == 0.5
    assert 0 < found.expected < 2
    assert "2 of 4 complaints" in found.told.en
    assert "4 件投诉中，2 件（50.0 %）" in found.told.zh
    assert found.as_record()["open_share"] == 0.5


def test_a_day_is_told_what_was_known_by_then() -> None:
    asked = spine(["a", "b", "c"], "2014-01-01")
    (found,) = open_findings(window_of_2014(), "conduct", asked, YEAR, known_at=date(2015, 1, 1))
    assert (found.complaints, found.open, found.sustained, found.recorded_until) == (4, 3, 1, date(2015, 1, 1))
    assert "3 of 4 complaints of the window (75.0 %) are still open; what came is 1 sustained" in found.counted.en
    assert "3 件（75.0 %）尚未办结；实际数为已查实 1 件" in found.counted.zh


def test_a_window_that_is_decided_is_said_to_be() -> None:
    frames = {"complaints": complaints(complaint(1, "a", "2014-02-01", "2014-08-01", "sustained"))}
    (found,) = open_findings(frames, "conduct", spine(["a"], "2014-01-01"), YEAR)
    assert (found.open, found.expected) == (0, 0.0)
    assert "all 1 complaints of the window are closed" in found.told.en
    assert "均已办结" in found.told.zh


def test_each_as_of_is_told_by_itself_and_facts_known_with_their_row_are_not_told() -> None:
    asked = pd.concat([spine(["a", "b", "c"], day) for day in ("2015-01-01", "2014-01-01")], ignore_index=True)
    found = open_findings(window_of_2014(), "conduct", asked, YEAR)
    assert [(one.as_of.year, one.open) for one in found] == [(2014, 2), (2015, 1)]
    assert open_findings(window_of_2014(), "any_complaint", asked, YEAR) == []


def test_nobody_complained_of_is_no_share() -> None:
    (found,) = open_findings(window_of_2014(), "conduct", spine(["nobody"], "2014-01-01"), YEAR)
    assert (found.complaints, found.share) == (0, 0.0)
