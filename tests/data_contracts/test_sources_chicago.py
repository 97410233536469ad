"""Chicago's export in contract shape: a small one written by hand, and the real one where it is there."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from data_contracts.errors import InvalidInput, MissingTable
from data_contracts.intake import take_in_all
from data_contracts.sources import read_source
from data_contracts.sources.chicago import read


def day(*texts: str | None) -> pd.Series:
    """Dates as the export has them."""
    return pd.Series(pd.DatetimeIndex(texts).as_unit("ms"))


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """A small export with each of the known faults."""
    pd.DataFrame(
        {
            "officer_id": ["C1", "C2", "C3"],
            "birth_year": [1970.0, 1980.0, None],
            "race": ["White", "WHITE", "Native American/Alaskan Native"],
            "gender": ["M", "FEMALE", None],
            "appointed_date": day("1999-12-01", "2005-01-01", None),
            "resignation_date": day(None, "2010-06-01", None),
            "shoe_size": 44,
        }
    ).to_parquet(tmp_path / "officers.parquet")
    pd.DataFrame(
        {"officer_id": ["C1", "C9"], "unit": [7, 24], "start_date": day("2000-01-01", "2001-01-01"),
         "end_date": day("2002-01-01", None)}
    ).to_parquet(tmp_path / "unit_history.parquet")  # fmt: skip
    pd.DataFrame(
        {
            "officer_id": "C1",
            "complaint_id": ["K1", "K2", "K3", "K4", "K5"],
            "incident_date": day("2001-01-01", None, None, None, None),
            "complaint_date": day("2001-01-02", "2002-01-02", "2003-01-02", "2004-01-02", "2005-01-02"),
            "closed_date": day("2003-01-02", None, "2003-01-02", "2003-12-30", "2006-01-01"),
            "category": ["use_of_force", None, "other", "other", "other"],
            "finding": ["SU", "SU", "NS", "UN", "AC"],
            "outcome": "none",
            "officer_filed": [False, True, None, False, False],
            "complainant_type": ["Civilian", "CPD EMPLOYEE", None, "CIVILIAN", "Martian"],
        }
    ).to_parquet(tmp_path / "complaints.parquet")
    pd.DataFrame(
        {"officer_id": ["C1", "C1"], "trr_date": day("2010-03-24", "2010-03-24"), "taser": [0, 0],
         "subject_injured": ["Yes", "Yes"], "officer_unit_id": [7.0, 7.0], "indoor_or_outdoor": ["Outdoor", "Outdoor"],
         "lighting_condition": ["DAWN", "STROBE"]}
    ).to_parquet(tmp_path / "use_of_force.parquet")  # fmt: skip
    pd.DataFrame({"officer_id": ["C1", "C1"], "year": [2002, 2003], "rank": ["POLICE OFFICER", "WIZARD"]}).to_parquet(
        tmp_path / "salary_rank.parquet"
    )
    (tmp_path / "unit_reference.csv").write_text("unit,unit_name,unit_name_pdf2016\n7,DISTRICT 007,\n24,,Area 24\n")
    return tmp_path


def test_a_complaint_is_opened_and_then_found(export: Path) -> None:
    complaints = read(export).tables["complaints"].sort_values(["complaint_id", "known_on"])
    assert complaints["complaint_id"].tolist() == ["K1", "K1", "K2", "K3", "K4", "K4", "K5", "K5"]
    opened, found = complaints.iloc[0], complaints.iloc[1]
    assert pd.isna(opened["finding"])
    assert pd.isna(opened["closed_on"])
    assert (found["finding"], found["known_on"]) == ("sustained", pd.Timestamp("2003-01-02"))
    assert complaints.set_index("complaint_id").loc["K2"][["finding", "closed_on"]].isna().all()


def test_only_the_version_at_fault_is_refused(export: Path) -> None:
    taken = take_in_all(read(export).tables).intakes["complaints"]
    assert taken.faults[["row_key", "column", "reason"]].values.tolist() == [
        ["K4|C1", "closed_on", "wrong_order"],
        ["K5|C1", "finding", "not_in_list"],
    ]
    assert set(taken.accepted["complaint_id"]) == {"K1", "K2", "K3", "K4", "K5"}
    assert taken.accepted["complainant_type"].dropna().unique().tolist() == ["civilian", "officer", "unknown"]


def test_spellings_become_one_code_and_unknown_light_is_said(export: Path) -> None:
    reading = read(export)
    protected = reading.tables["protected_attributes"]
    assert protected["ethnicity"].tolist() == ["white", "white", "native_american"]
    assert protected["sex"].tolist() == ["male", "female", pd.NA]
    assert reading.tables["force_reports"]["lighting"].tolist() == ["dusk", "unknown"]
    notes = "\n".join(reading.notes)
    for said in ("shoe_size", "lighting: 1 rows", "WIZARD", "outcome", "firearm_used"):
        assert said in notes


def test_an_unknown_category_is_another_one_and_none_stays_none(export: Path) -> None:
    complaints = pd.read_parquet(export / "complaints.parquet")
    complaints.loc[0, "category"] = "Drones"
    complaints.to_parquet(export / "complaints.parquet")
    reading = read_source("chicago", export)
    assert set(reading.tables["complaints"]["category"].dropna()) == {"other"}
    assert reading.tables["complaints"]["category"].isna().any()
    assert "complaints.category: 1 rows hold 1 unknown codes, read as other" in reading.notes
    assert "category" not in take_in_all(reading.tables).intakes["complaints"].faults["column"].tolist()


def test_post_is_unit_and_who_is_missing_is_registered(export: Path) -> None:
    delivery = take_in_all(read(export).tables)
    postings = delivery.frames["postings"]
    assert postings["post_id"].tolist() == postings["unit_id"].tolist() == ["7", "24"]
    assert postings["known_on"].tolist() == postings["started_on"].tolist()
    assert delivery.registered["officers"]["officer_id"].tolist() == ["C9"]
    assert "units" not in delivery.registered
    assert delivery.frames["units"]["name_en"].tolist() == ["DISTRICT 007", "Area 24"]


def test_a_salary_line_confirms_the_rank_at_the_years_end(export: Path) -> None:
    tables = read(export).tables
    assert tables["promotions"]["occurred_on"].tolist() == [pd.Timestamp("2002-12-31"), pd.Timestamp("2003-12-31")]
    assert set(tables["promotions"]["kind"]) == {"roster"}
    assert "WIZARD" not in set(tables["rank_steps"]["rank_step"])


def test_an_officer_is_known_from_the_joining_date_or_from_the_beginning(export: Path) -> None:
    officers = take_in_all(read(export).tables).frames["officers"]
    known = officers.set_index("officer_id")["known_on"].dt.year.to_dict()
    assert known == {"C1": 1999, "C2": 2005, "C3": 1900, "C9": 1899}


def test_absent_files_are_normal_and_a_missing_column_is_one_sentence(export: Path) -> None:
    for name in ("complaints", "use_of_force", "salary_rank"):
        (export / f"{name}.parquet").unlink()
    reading = read(export)
    assert "complaints" not in reading.tables
    assert any(note.startswith("complaints: no such file") for note in reading.notes)
    pd.DataFrame({"officer_id": ["C1"], "unit": [1]}).to_parquet(export / "unit_history.parquet")
    with pytest.raises(InvalidInput, match=r"unit_history\.parquet: column 'start_date' is missing"):
        read(export)
    (export / "unit_history.parquet").write_text("no parquet")
    with pytest.raises(InvalidInput, match="cannot be read as parquet"):
        read(export)


def test_csv_exports_and_text_dates_read_the_same(export: Path) -> None:
    want = take_in_all(read(export).tables).frames
    for path in export.glob("*.parquet"):
        pd.read_parquet(path).to_csv(path.with_suffix(".csv"), index=False)
        path.unlink()
    got = take_in_all(read(export).tables).frames
    for name, frame in want.items():
        pd.testing.assert_frame_equal(got[name], frame, obj=name)


def test_an_empty_folder_and_unknown_sources_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingTable, match="nothing there gives the table postings"):
        read_source("chicago", tmp_path)
    with pytest.raises(InvalidInput, match="no such folder"):
        read_source("chicago", tmp_path / "nowhere")
    with pytest.raises(InvalidInput, match="source 'paris' is unknown; there are chicago"):
        read_source("paris", tmp_path)


@pytest.mark.cities
def test_the_real_export_loses_nothing(shared_data: Path) -> None:
    delivery = take_in_all(read(shared_data / "chicago").tables)
    for taken in delivery.intakes.values():
        assert taken.rows_in == taken.taken + taken.quarantined + taken.duplicates
    refused = {name: taken.quarantined for name, taken in delivery.intakes.items() if taken.quarantined}
    assert refused == {"units": 14, "complaints": 19}
    assert len(delivery.intakes["postings"].accepted) == 107_359
    assert len(delivery.registered["officers"]) == 31
    complaints = delivery.frames["complaints"]
    assert complaints.groupby(["complaint_id", "officer_id"]).ngroups == 140_519
