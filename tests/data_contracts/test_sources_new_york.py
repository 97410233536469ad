"""New York's export in contract shape: a small one written by hand, and the real one where it is there."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from data_contracts.errors import MissingTable
from data_contracts.intake import take_in_all
from data_contracts.sources.new_york import read


def day(*texts: str | None) -> pd.Series:
    """Dates as the export has them."""
    return pd.Series(pd.DatetimeIndex(texts).as_unit("ms"))


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """A small export with each of the known faults."""
    pd.DataFrame(
        {"officer_id": ["N1", "N2"], "appt_date": day("2004-01-01", None), "ethnicity": ["WHITE", " Asian "]}
    ).to_parquet(tmp_path / "officers.parquet")
    pd.DataFrame(
        {
            "officer_id": ["N1", "N1", "N8"],
            "command": ["030 PRECINCT", "TRANSIT DISTRICT 2", "030 PRECINCT"],
            "assignment_date": day("2022-06-20", "2022-06-20", "2015-01-01"),
            "rank": ["POLICE OFFICER", "POLICE OFFICER", "SERGEANT"],
            "first_seen": ["2022-06-27", "2022-07-01", None],
        }
    ).to_parquet(tmp_path / "assignments.parquet")
    pd.DataFrame(
        {"officer_id": ["N1", "N1"], "rank": ["police officer", "SERGEANT"], "date": day("2004-07-01", "2010-01-01")}
    ).to_parquet(tmp_path / "rank_history.parquet")
    pd.DataFrame(
        {"officer_id": "N1", "award": "MEDAL", "date": day("2010-01-01", "2010-01-01", "1969-01-01")}
    ).to_parquet(tmp_path / "awards.parquet")
    pd.DataFrame(
        {"officer_id": ["N1", "N9"], "course": "DRIVING", "date": day("2011-01-01", "2011-01-01"),
         "observed_through": "2021-06-30"}
    ).to_parquet(tmp_path / "training.parquet")  # fmt: skip
    return tmp_path


def test_a_posting_is_known_when_first_seen_and_days_are_shared(export: Path) -> None:
    postings = take_in_all(read(export).tables).frames["postings"]
    assert postings["known_on"].dt.strftime("%F").tolist() == ["2022-06-27", "2022-07-01", "2015-01-01"]
    assert len(postings) == 3
    assert postings["post_id"].tolist() == postings["unit_id"].tolist()


def test_officers_that_the_list_lacks_are_registered_not_refused(export: Path) -> None:
    delivery = take_in_all(read(export).tables)
    assert delivery.registered["officers"]["officer_id"].tolist() == ["N8", "N9"]
    assert delivery.registered["officers"]["entered_on"].isna().all()
    assert delivery.intakes["course_completions"].quarantined == 0
    assert delivery.frames["protected_attributes"]["ethnicity"].tolist() == ["white", "asian"]


def test_twins_of_an_award_stay_and_a_wrong_date_is_refused(export: Path) -> None:
    honours = take_in_all(read(export).tables).intakes["honours"]
    assert (honours.rows_in, len(honours.accepted), honours.twins, honours.quarantined) == (3, 2, 1, 1)
    assert honours.faults["reason"].tolist() == ["long_before_joining"]


def test_ranks_have_places_and_entry_is_an_entry(export: Path) -> None:
    tables = read(export).tables
    assert tables["promotions"]["kind"].tolist() == ["entry", "step"]
    steps = tables["rank_steps"].set_index("rank_step")["position"]
    assert steps["POLICE OFFICER"] < steps["SERGEANT"] < steps["LIEUTENANT"] < steps["CHIEF OF DEPARTMENT"]


def test_a_command_is_known_from_its_first_sight(export: Path) -> None:
    units = read(export).tables["units"].set_index("unit_id")["known_on"]
    assert units["030 PRECINCT"] == pd.Timestamp("2015-01-01")
    assert units["TRANSIT DISTRICT 2"] == pd.Timestamp("2022-07-01")


def test_training_alone_is_enough_where_that_is_asked(export: Path) -> None:
    for path in export.glob("*.parquet"):
        if path.stem != "training":
            path.unlink()
    tables = read(export).tables
    assert set(tables) == {"course_completions"}
    assert len(take_in_all(tables, required=("course_completions",)).frames["officers"]) == 2
    with pytest.raises(MissingTable, match="'postings' was not delivered"):
        take_in_all(tables)


@pytest.mark.cities
def test_the_real_export_loses_nothing(shared_data: Path) -> None:
    delivery = take_in_all(read(shared_data / "new_york").tables)
    for taken in delivery.intakes.values():
        assert taken.rows_in == taken.taken + taken.quarantined + taken.duplicates
    accepted = {name: len(taken.accepted) for name, taken in delivery.intakes.items()}
    assert (accepted["postings"], accepted["course_completions"]) == (56_898, 856_768)
    assert (delivery.intakes["honours"].twins, delivery.intakes["honours"].quarantined) == (4_191, 1)
    shared_day = delivery.frames["postings"].duplicated(["officer_id", "started_on"], keep=False)
    assert int(shared_day.sum()) == 4_762
    assert len(delivery.registered["officers"]) == 3_347
