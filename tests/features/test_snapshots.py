"""Snapshots: who is in them, that they are written once, and that the files say what memory says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from data_contracts.catalog import catalog
from data_contracts.errors import InvalidInput, MissingTable
from data_contracts.settings import Settings
from features.building import as_table, asked_days, build_features
from features.history import History
from features.ingest import frames_of
from features.snapshots import eligible_officers, officer_frame, write_snapshots
from features.unit_rows import unit_frame
from features.versions import with_superseded_on

DAYS = [date(2021, 1, 1), date(2021, 2, 1)]


def contract_frame(table: str, rows: list[dict[str, object]]) -> pd.DataFrame:
    """Rows of a table as they come through the door."""
    columns = catalog().table(table).columns
    frame = pd.DataFrame(rows, columns=[column.name for column in columns])
    return frame.astype({column.name: column.dtype for column in columns})


def bureau() -> dict[str, pd.DataFrame]:
    """Four officers in two stations of one bureau; `gone` has left, `later` is posted only afterwards."""
    day = pd.Timestamp
    officers = [("a", None), ("b", None), ("gone", day("2021-01-01")), ("later", None)]
    places = [("a", "s1", "2019-01-01"), ("b", "s2", "2019-01-01"), ("gone", "s1", "2019-01-01")]
    return {
        "officers": contract_frame(
            "officers",
            [{"officer_id": name, "left_on": left, "known_on": day("1900-01-01")} for name, left in officers],
        ),
        "units": contract_frame(
            "units",
            [
                {"unit_id": unit, "parent_unit_id": above, "known_on": day("1900-01-01")}
                for unit, above in (("bureau", None), ("s1", "bureau"), ("s2", "bureau"))
            ],
        ),
        "postings": contract_frame(
            "postings",
            [
                {"officer_id": who, "post_id": "p", "unit_id": unit, "started_on": day(start), "known_on": day(start)}
                for who, unit, start in [*places, ("later", "s2", "2021-01-15")]
            ],
        ),
        "complaints": contract_frame(
            "complaints",
            [
                {"complaint_id": "k", "officer_id": "a", "opened_on": day("2020-06-01"), "known_on": day("2020-06-01")},
                {
                    "complaint_id": "k",
                    "officer_id": "a",
                    "opened_on": day("2020-06-01"),
                    "finding": "sustained",
                    "known_on": day("2021-01-20"),
                },
            ],
        ),
    }


@pytest.fixture
def history(tmp_path: Path) -> History:
    """The bureau's history on disk."""
    kept = History(tmp_path / "history")
    kept.append_all(bureau(), "test")
    return kept


def written_bytes(folder: Path) -> dict[str, bytes]:
    """Every file under a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def test_files_hold_what_frames_in_memory_give(history: History, tmp_path: Path) -> None:
    done = list(write_snapshots(history, tmp_path / "s", DAYS))
    assert [(item.officers, item.units, item.fresh) for item in done] == [(2, 3, True), (3, 3, True)]
    frames = history.frames()
    spine = eligible_officers(frames, DAYS)
    files = [tmp_path / "s" / "officers" / f"as_of={day}" / "part-0.parquet" for day in DAYS]
    stored = pd.concat([pq.read_table(file, partitioning=None).to_pandas() for file in files], ignore_index=True)
    asked = officer_frame(frames, spine)
    pd.testing.assert_frame_equal(stored.astype(asked.dtypes), asked, check_exact=True)
    assert stored["complaints_sustained_12m"].tolist() == [0.0, 0.0, 1.0, 0.0, 0.0]


def test_a_second_run_writes_nothing_and_a_new_row_writes_again(history: History, tmp_path: Path) -> None:
    first = list(write_snapshots(history, tmp_path / "s", DAYS[:1]))
    before = written_bytes(tmp_path / "s")
    assert [item.fresh for item in write_snapshots(history, tmp_path / "s", DAYS[:1])] == [False]
    assert written_bytes(tmp_path / "s") == before
    later = (
        bureau()["postings"].iloc[:1].assign(started_on=pd.Timestamp("2022-01-01"), known_on=pd.Timestamp("2022-01-01"))
    )
    history.append("postings", later)
    again = list(write_snapshots(history, tmp_path / "s", DAYS[:1]))
    assert [item.fresh for item in again] == [True]
    assert (again[0].officers, again[0].units) == (first[0].officers, first[0].units)


def test_a_history_without_postings_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(MissingTable, match="ingest postings first"):
        list(write_snapshots(History(tmp_path / "none"), tmp_path / "s", DAYS))
    assert not (tmp_path / "s").exists()


def test_the_command_builds_officers_units_and_careers(state: Settings) -> None:
    History(state.history_dir).append_all(bureau(), "test")
    done = build_features(state, DAYS[:1], Console(quiet=True))
    assert as_table(done).row_count == 1
    assert sorted(path.name for path in state.snapshot_dir.iterdir()) == ["careers", "officers", "units"]


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [(None, None, []), ("2020-01", None, []), ("2021-01", "2020-01", []), ("2020", "2021", []), (None, None, ["soon"])],
)
def test_days_that_cannot_be_meant_are_refused(first: str | None, last: str | None, days: list[str]) -> None:
    with pytest.raises(InvalidInput):
        asked_days(first, last, days)


def frames_with(**tables: pd.DataFrame) -> Mapping[str, pd.DataFrame]:
    """Frames as history gives them."""
    return {name: with_superseded_on(catalog().table(name), frame) for name, frame in tables.items()}


def test_a_roster_confirms_who_serves() -> None:
    rows = bureau()
    day = pd.Timestamp
    roster = contract_frame(
        "promotions",
        [
            {
                "officer_id": who,
                "ladder": "chicago",
                "rank_step": "officer",
                "occurred_on": day(known),
                "kind": "roster",
                "known_on": day(known),
            }
            for who, known in (("a", "2020-12-31"), ("b", "2019-12-31"), ("gone", "2020-12-31"))
        ],
    )
    frames = frames_with(officers=rows["officers"], postings=rows["postings"], promotions=roster)
    assert eligible_officers(frames, date(2021, 1, 1))["officer_id"].tolist() == ["a"]
    assert eligible_officers(frames, date(2020, 6, 1))["officer_id"].tolist() == ["b"]
    assert eligible_officers(frames_with(postings=rows["postings"]), date(2021, 1, 1))["officer_id"].tolist() == [
        "a",
        "b",
        "gone",
    ]


def test_units_roll_up_the_tree_and_a_loop_in_it_is_cut() -> None:
    rows = frames_with(**bureau())
    officers = officer_frame(rows, eligible_officers(rows, date(2021, 2, 1)))
    units = unit_frame(officers, rows["units"]).set_index("unit_id")
    assert units["officers"].to_dict() == {"bureau": 0.0, "s1": 1.0, "s2": 2.0}
    assert units["block_officers"].to_dict() == {"bureau": 3.0, "s1": 1.0, "s2": 2.0}
    assert units["block_complaints_12m"].to_dict() == {"bureau": 1.0, "s1": 1.0, "s2": 0.0}
    rate = "block_complaints_per_1000_hours_12m"
    assert units[f"{rate}_low"]["bureau"] < units[rate]["bureau"] < units[f"{rate}_high"]["bureau"]
    looped = rows["units"].assign(parent_unit_id=pd.Series(["s1", "bureau", "bureau"], dtype="string"))
    assert unit_frame(officers, looped).set_index("unit_id")["block_officers"].to_dict() == {
        "bureau": 3.0,
        "s1": 3.0,
        "s2": 2.0,
    }
    assert unit_frame(officers).set_index("unit_id")["block_officers"].to_dict() == {"s1": 1.0, "s2": 2.0}
    assert unit_frame(officers.iloc[:0]).empty


@pytest.mark.cities
def test_chicago_has_the_published_numbers_of_rows(shared_data: Path) -> None:
    frames = frames_of("chicago", shared_data / "chicago")
    rows = eligible_officers(frames, [date(year, 1, 1) for year in range(2000, 2015)]).groupby("as_of").size()
    tests = [rows[pd.Timestamp(year, 1, 1)] for year in (2012, 2013, 2014)]
    trains = [rows[rows.index <= pd.Timestamp(year - 2, 1, 1)].sum() for year in (2012, 2013, 2014)]
    assert tests == [11_994, 11_855, 12_154]
    assert trains == [105_924, 118_446, 130_440]
