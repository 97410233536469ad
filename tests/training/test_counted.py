"""The first day on which anybody is counted, told from the tables alone, is the first on which the features count."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import pandas as pd
import pytest

from features.snapshots import eligible_officers
from training.risk.counted import first_counted, first_learnable

OFFICERS = {"officer_id": ["a", "b"], "entered_on": ["2001-03-01", "2004-05-01"], "left_on": [None, None]}
POSTINGS = {"officer_id": ["a", "b"], "post_id": "p", "unit_id": "u", "started_on": ["2001-04-01", "2004-06-01"]}
ROSTER = {"officer_id": ["a", "a"], "ladder": "l", "rank_step": "1", "kind": "roster"}
UNKNOWN = {**OFFICERS, "entered_on": [None, None]}


def table(columns: Mapping[str, object], happened: str, known_on: list[str] | None = None) -> pd.DataFrame:
    frame = pd.DataFrame(dict(columns))
    frame["known_on"] = known_on or frame[happened].fillna("1900-01-01")
    for name in ("entered_on", "left_on", "started_on", "occurred_on", "ended_on", "known_on"):
        if name in frame:
            frame[name] = pd.to_datetime(frame[name]).astype("datetime64[us]")
    return frame.assign(superseded_on=pd.Series(pd.NaT, index=frame.index, dtype="datetime64[us]"))


def tables(**more: pd.DataFrame) -> dict[str, pd.DataFrame]:
    postings = table(POSTINGS, "started_on")
    for name in ("shift", "supervisor_id", "rank_step"):
        postings[name] = pd.Series(pd.NA, index=postings.index, dtype="string")
    postings["ended_on"] = pd.Series(pd.NaT, index=postings.index, dtype="datetime64[us]")
    officers = table(OFFICERS, "entered_on").assign(track=None, education=None)
    return {"postings": postings, "officers": officers, **more}


CASES = {
    "by joining": (tables(), date(2001, 3, 2)),
    "by what is known of it": (
        tables(officers=table(OFFICERS, "entered_on", ["2003-01-01", "2005-01-01"]).assign(track=None, education=None)),
        date(2003, 1, 1),
    ),
    "by posting": (
        tables(officers=table(UNKNOWN, "entered_on").assign(track=None, education=None)), date(2001, 4, 2),
    ),
    "by the roster": (
        tables(promotions=table({**ROSTER, "occurred_on": ["2002-12-31", "2003-12-31"]}, "occurred_on")),
        date(2003, 1, 1),
    ),
    "by a roster that came late": (
        tables(promotions=table({**ROSTER, "occurred_on": ["2002-12-31", "2003-12-31"]}, "occurred_on",
                                ["2004-02-01", "2004-03-01"])),
        date(2004, 3, 1),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_nobody_is_counted_before_that_day_and_somebody_on_it(case: str) -> None:
    frames, first = CASES[case]
    assert first_counted(frames) == first
    counted = eligible_officers(frames, [first - timedelta(days=1), first])
    assert set(counted["as_of"].dt.date) == {first}


def test_tables_that_do_not_tell_leave_it_to_the_records() -> None:
    complaints = table({"officer_id": ["a"], "opened_on": ["2010-01-05"]}, "opened_on")
    complaints["opened_on"] = pd.to_datetime(complaints["opened_on"])
    assert first_counted({"complaints": complaints}) is None
    assert first_learnable({"complaints": complaints}, "conduct") == date(2011, 1, 5)
    assert first_learnable({"complaints": complaints} | CASES["by joining"][0], "conduct") == date(2011, 1, 5)
    late = CASES["by joining"][0]["officers"].assign(entered_on=pd.Timestamp("2015-01-01"))
    assert first_learnable({"complaints": complaints, "officers": late}, "conduct") == date(2015, 1, 2)
