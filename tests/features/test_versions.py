"""A correction supersedes without deleting; twins are counted, not merged."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_contracts.catalog import catalog
from data_contracts.intake import take_in
from features.versions import sift, valid_at, with_superseded_on

COMPLAINTS = catalog().table("complaints")
HONOURS = catalog().table("honours")


def complaints(*known_on: str, officer: str = "a") -> pd.DataFrame:
    """One complaint in as many versions."""
    frame = pd.DataFrame({"complaint_id": "k", "officer_id": officer, "opened_on": "2020-01-01", "known_on": known_on})
    return take_in(COMPLAINTS, frame).accepted


def honours(count: int) -> pd.DataFrame:
    """As many twins of one award."""
    award = {"officer_id": ["a"] * count, "honour": "merit", "occurred_on": "2020-01-01", "known_on": "2020-01-01"}
    return take_in(HONOURS, pd.DataFrame(award)).accepted


def test_each_version_ends_where_the_next_begins() -> None:
    rows = pd.concat([complaints("2021-01-01", "2020-01-01", "2022-01-01"), complaints("2020-05-01", officer="b")])
    rows.index = pd.Index([7, 3, 5, 1])
    ended = with_superseded_on(COMPLAINTS, rows)
    assert ended.index.tolist() == [7, 3, 5, 1]
    assert ended["superseded_on"].dt.year.tolist()[:2] == [2022, 2021]
    assert ended["superseded_on"].isna().tolist() == [False, False, True, True]
    assert ended["superseded_on"].dtype == "datetime64[us]"
    assert with_superseded_on(COMPLAINTS, rows.iloc[:0])["superseded_on"].dtype == "datetime64[us]"


def test_one_version_is_valid_at_each_moment() -> None:
    rows = with_superseded_on(COMPLAINTS, complaints("2020-01-01", "2021-01-01"))
    valid = {
        day: valid_at(rows, day)["known_on"].dt.year.tolist()
        for day in (date(2019, 1, 1), date(2020, 12, 31), date(2021, 1, 1))
    }
    assert list(valid.values()) == [[], [2020], [2021]]


def test_without_a_key_nothing_supersedes() -> None:
    assert with_superseded_on(HONOURS, honours(3))["superseded_on"].isna().all()


@pytest.mark.parametrize(("there", "came", "new"), [(0, 3, 3), (2, 3, 1), (3, 3, 0), (3, 1, 0)])
def test_of_twins_the_fuller_count_is_kept(there: int, came: int, new: int) -> None:
    sifted = sift(HONOURS, honours(there), honours(came))
    assert (len(sifted.new), len(sifted.duplicates), len(sifted.conflicts)) == (new, came - new, 0)


def test_another_content_known_on_the_same_day_is_a_conflict() -> None:
    rival = complaints("2020-01-01").assign(category=pd.array(["crime"], dtype="string"))
    sifted = sift(COMPLAINTS, complaints("2020-01-01"), pd.concat([complaints("2020-01-01", "2021-01-01"), rival]))
    assert [part.tolist() for part in (sifted.new, sifted.duplicates, sifted.conflicts)] == [[1], [0], [2]]


DAYS = st.lists(st.sampled_from(["2020-01-01", "2020-02-01", "2021-01-01"]), max_size=5)


@given(DAYS, DAYS, st.booleans())
@settings(max_examples=40, deadline=None)
def test_every_row_is_new_or_there_or_in_conflict(there: list[str], came: list[str], keyed: bool) -> None:
    table = COMPLAINTS if keyed else HONOURS
    old, new = ({c.name: pd.Series(dtype=c.dtype) for c in table.columns} for _ in range(2))
    old["known_on"], new["known_on"] = (pd.Series(pd.DatetimeIndex(days).as_unit("us")) for days in (there, came))
    sifted = sift(table, pd.DataFrame(old), pd.DataFrame(new))
    parts = [*sifted.new, *sifted.duplicates, *sifted.conflicts]
    assert sorted(parts) == list(range(len(came)))
