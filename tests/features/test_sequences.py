"""Posts in order, courses in order, and the counts published with the two cities' data."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from features.ingest import frames_of
from features.sequences import COURSE_COLUMNS, POSTING_COLUMNS, course_sequences, posting_sequences


def postings(*rows: tuple[str, str, str, str]) -> pd.DataFrame:
    """officer, post, started, known."""
    frame = pd.DataFrame(rows, columns=["officer_id", "post_id", "started_on", "known_on"]).astype("string")
    frame = frame.astype({"started_on": "datetime64[us]", "known_on": "datetime64[us]"})
    return frame.assign(unit_id="u", superseded_on=pd.Series(pd.NaT, index=frame.index, dtype="datetime64[us]"))


def steps(frame: pd.DataFrame, as_of: date | None = None) -> list[list[object]]:
    """(officer, post, position) of the sequences."""
    return posting_sequences(frame, as_of)[["officer_id", "post_id", "position"]].values.tolist()


def test_two_officers_keep_their_own_sequences_in_time_order() -> None:
    frame = postings(
        ("b", "q", "2021-01-01", "2021-01-01"),
        ("a", "p", "2020-01-01", "2020-01-01"),
        ("a", "p", "2020-06-01", "2020-06-01"),
        ("b", "p", "2019-01-01", "2019-01-01"),
        ("a", "q", "2021-01-01", "2021-01-01"),
        ("a", "p", "2022-01-01", "2022-01-01"),
    )
    assert steps(frame) == [["a", "p", 0], ["a", "q", 1], ["a", "p", 2], ["b", "p", 0], ["b", "q", 1]]
    assert tuple(posting_sequences(frame).columns) == POSTING_COLUMNS


def test_of_several_rows_on_one_day_the_last_known_is_where_the_officer_stays() -> None:
    frame = postings(
        ("a", "z", "2021-01-01", "2021-03-01"),
        ("a", "y", "2021-01-01", "2021-02-01"),
        ("a", "p", "2020-01-01", "2020-01-01"),
    )
    assert steps(frame)[-1] == ["a", "z", 2]
    assert steps(frame, date(2021, 2, 15)) == [["a", "p", 0], ["a", "y", 1]]


def test_a_corrected_posting_is_seen_from_the_day_it_is_known() -> None:
    frame = postings(("a", "p", "2020-01-01", "2020-01-01"), ("a", "q", "2020-01-01", "2021-01-01"))
    frame.loc[0, "superseded_on"] = pd.Timestamp("2021-01-01")
    assert steps(frame) == [["a", "q", 0]]
    assert steps(frame, date(2020, 6, 1)) == [["a", "p", 0]]
    assert steps(frame, date(2021, 1, 1)) == [["a", "q", 0]]


def test_nobody_has_a_sequence_before_the_first_posting() -> None:
    assert steps(postings(("a", "p", "2020-01-01", "2020-01-01")), date(2020, 1, 1)) == []


def test_courses_first_taken_on_one_day_are_one_set_and_repeats_are_none() -> None:
    day = pd.Timestamp
    rows = pd.DataFrame(
        {
            "officer_id": ["a", "a", "a", "b", "a"],
            "course_id": ["y", "x", "x", "x", "z"],
            "occurred_on": [day("2020-01-01")] * 2 + [day("2020-05-01")] * 3,
            "known_on": [day("2020-01-02"), day("2020-01-09"), *[day("2020-05-01")] * 3],
        }
    )
    sets = course_sequences(rows)
    assert tuple(sets.columns) == COURSE_COLUMNS
    assert sets[["officer_id", "course_ids", "position"]].values.tolist() == [
        ["a", ("x", "y"), 0],
        ["a", ("z",), 1],
        ["b", ("x",), 0],
    ]
    assert sets.loc[0, "known_on"] == day("2020-01-09")
    assert course_sequences(rows, date(2020, 1, 3))["course_ids"].tolist() == [("y",)]


@pytest.mark.cities
@pytest.mark.parametrize(
    ("city", "train_until", "test_until", "counts"),
    [
        ("new_york", "2022-12-31", "2023-06-30", (13_390, 840, 5_509, 4_457, 527)),
        ("chicago", "2012-12-31", "2016-12-31", (68_167, 211, 5_986, 5_390, 159)),
    ],
)
def test_the_cities_have_the_published_numbers_of_moves(
    shared_data: Path, city: str, train_until: str, test_until: str, counts: tuple[int, ...]
) -> None:
    sequences = posting_sequences(frames_of(city, shared_data / city)["postings"])
    before = sequences["started_on"] <= train_until
    tested = sequences[~before & (sequences["started_on"] <= test_until) & (sequences["position"] > 0)]
    held = sequences.duplicated(["officer_id", "post_id"])
    posts = set(sequences.loc[before, "post_id"])
    found = (
        int((before & (sequences["position"] > 0)).sum()),
        len(posts),
        len(tested),
        int((~held[tested.index]).sum()),
        int((~tested["post_id"].isin(posts)).sum()),
    )
    assert found == counts
