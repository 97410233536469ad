"""The contracts: all of them there, valid against the standard, and refused with the place and the remedy."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import jsonschema_rs
import pytest
import yaml
from open_data_contract_standard.model import OpenDataContractStandard

from data_contracts.catalog import TABLES_DIR, Catalog, Table, catalog, read_catalog, read_table
from data_contracts.errors import ContractViolation, UnknownTable

TABLES = [
    "officers",
    "protected_attributes",
    "units",
    "posts",
    "postings",
    "rank_steps",
    "promotions",
    "courses",
    "course_completions",
    "competency_standards",
    "competency_assessments",
    "appraisals",
    "honours",
    "complaints",
    "force_reports",
    "duty_months",
    "concerns",
    "career_goals",
    "preferences",
    "vacancies",
    "self_nominations",
    "feedback",
]
NEVER_TRAIN = (
    "officers.officer_id",
    "officers.left_on",
    "officers.leave_kind",
    "protected_attributes.sex",
    "protected_attributes.ethnicity",
    "protected_attributes.birth_year",
    "complaints.complaint_id",
    "concerns.text",
    "feedback.reason",
)
STANDARD = json.loads((files("open_data_contract_standard") / "schema.json").read_text(encoding="utf-8"))
FILES = sorted(TABLES_DIR.glob("*.odcs.yaml"))
OFFICERS = (TABLES_DIR / "officers.odcs.yaml").read_text(encoding="utf-8")


def every_table() -> list[Table]:
    return list(catalog().tables.values())


def test_one_contract_for_every_table_of_the_domain() -> None:
    assert sorted(catalog().tables) == sorted(TABLES)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name.split(".")[0])
def test_each_contract_is_valid_against_the_standard(path: Path) -> None:
    contract = yaml.safe_load(path.read_text(encoding="utf-8"))
    validator = jsonschema_rs.validator_for(STANDARD)
    assert [error.message for error in validator.iter_errors(contract)] == []
    assert contract["apiVersion"] == "v3.2.0"
    OpenDataContractStandard(**contract)


def test_every_table_and_column_speaks_both_languages() -> None:
    for table in every_table():
        words = [table.name_zh, table.name_en, table.description_zh, table.description_en]
        for column in table.columns:
            words += [column.name_zh, column.name_en, column.description_zh, column.description_en, column.example]
            words += [column.labels_zh[code] for code in column.enum] + [column.labels_en[code] for code in column.enum]
        assert all(word.strip() for word in words), table.name


def test_what_describes_a_person_unjustly_never_trains() -> None:
    for place in NEVER_TRAIN:
        table, column = place.split(".")
        assert not catalog().table(table).column(column).may_train, place
    assert not any(column.may_train for column in catalog().table("protected_attributes").columns)
    assert catalog().table("protected_attributes").entity is None
    assert catalog().table("duty_months").column("sick_days").trains_only == ("strain",)


def test_known_on_is_required_and_never_trains_in_every_table() -> None:
    for table in every_table():
        known_on = table.column("known_on")
        assert (known_on.kind, known_on.required, known_on.may_train) == ("date", True, False), table.name


def test_key_and_event_columns_are_required_dates_and_codes() -> None:
    for table in every_table():
        assert all(table.column(name).required for name in table.key), table.name
        if table.event_date is not None:
            assert table.column(table.event_date).kind == "date"
            assert table.column(table.event_date).required
        assert all(table.column(name).kind == "date" and not table.column(name).required for name in table.ends)


def test_tables_without_a_key_are_those_that_keep_twins() -> None:
    assert {table.name for table in every_table() if not table.key} == {"honours", "force_reports"}


def test_postings_is_the_only_required_table_and_its_key_is_whole() -> None:
    assert catalog().required == ("postings",)
    assert catalog().table("postings").key == ("officer_id", "post_id", "unit_id", "started_on")
    assert catalog().table("complaints").key == ("complaint_id", "officer_id")
    assert catalog().table("complaints").event_date == "opened_on"


def test_end_dates_are_those_that_read_as_null_before_they_come() -> None:
    ends = {f"{table.name}.{name}" for table in every_table() for name in table.ends}
    assert ends == {
        "officers.left_on",
        "units.closed_on",
        "postings.ended_on",
        "complaints.closed_on",
        "concerns.acknowledged_on",
        "concerns.resolved_on",
    }


def test_references_lead_to_tables_that_are_registered_or_delivered() -> None:
    assert catalog().table("force_reports").references == {"officer_id": "officers", "unit_id": "units"}
    assert {table.name for table in every_table() if table.registered} == {"officers", "units", "posts", "courses"}
    assert "officer_id" not in catalog().table("officers").references


def test_an_unknown_table_or_column_names_the_nearest() -> None:
    with pytest.raises(UnknownTable, match="did you mean 'officers'"):
        catalog().table("officer")
    with pytest.raises(ContractViolation, match=r"no column 'entered'; did you mean 'entered_on'"):
        catalog().table("officers").column("entered")
    with pytest.raises(UnknownTable, match="known are units"):
        Catalog({"units": catalog().table("units")}).table("zzz")


def write(folder: Path, text: str, name: str = "officers.odcs.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("logicalType: date", "logicalType: timestamp", "logicalType 'timestamp' is none of string"),
        ("classification: confidential", "classification: secret", "classification 'secret' is none of public"),
        ("rule: notBefore", "rule: after", "is unknown; write {rule: notBefore"),
        ("earlier: entered_on", "earlier: joined_on", "'joined_on' is used by a key, a rule or eventDate"),
        ("      - name: left_on\n", "      - name: gone_on\n", "used by a key, a rule or eventDate but not described"),
        ("      - name: education", "      - name: track", "a column name appears twice"),
        ("property: nameZh", "property: nameChinese", "nameZh"),
        ("kind: DataContract", "kindness: DataContract", "Extra inputs are not permitted"),
        ("schema:", "schema: [", "parsing"),
        ("apiVersion: v3.2.0", "apiVersion: v3.2.0\nschema: []\nother:", "Extra inputs"),
    ],
)
def test_a_wrong_contract_is_refused_with_its_file_and_fault(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in OFFICERS
    with pytest.raises(ContractViolation) as refused:
        read_table(write(tmp_path, OFFICERS.replace(old, new, 1)))
    assert str(refused.value).startswith("officers.odcs.yaml: ")
    assert told in str(refused.value)


def test_a_contract_must_hold_one_table_and_be_named_after_it(tmp_path: Path) -> None:
    with pytest.raises(ContractViolation, match=r"0 schemas; one contract file describes one table"):
        read_table(write(tmp_path, "kind: DataContract\nschema: []\n"))
    with pytest.raises(ContractViolation, match=r"name the file officers\.odcs\.yaml"):
        read_table(write(tmp_path, OFFICERS, "people.odcs.yaml"))


def test_a_reference_to_nowhere_is_refused(tmp_path: Path) -> None:
    write(tmp_path, (TABLES_DIR / "honours.odcs.yaml").read_text(encoding="utf-8"), "honours.odcs.yaml")
    with pytest.raises(ContractViolation, match=r"honours\.odcs\.yaml: column 'officer_id' refers to 'officers"):
        read_catalog(tmp_path)
    write(tmp_path, OFFICERS)
    assert sorted(read_catalog(tmp_path).tables) == ["honours", "officers"]
