"""Frames against contracts: every kind of fault is found, named, and never shows the value."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_contracts.catalog import Table, catalog
from data_contracts.coercion import typed_empty
from data_contracts.schema import allowed_values, cell_faults, schema_of, typed_frame, value_classes
from data_contracts.vocabulary import Refusal

TABLES = sorted(catalog().tables)


def example_frame(table: Table, rows: int = 3) -> pd.DataFrame:
    """Rows made of the examples that the contract itself gives."""
    return pd.DataFrame({column.name: [column.example] * rows for column in table.columns})


def faults(table: Table, raw: pd.DataFrame) -> pd.DataFrame:
    raw = raw.reset_index(drop=True)
    return cell_faults(table, raw, typed_frame(table, raw))


def told(table: str, column: str, value: object) -> list[list[str]]:
    """Reason and value class of the faults of one example row with one cell changed."""
    contract = catalog().table(table)
    raw = example_frame(contract, 1).astype(object)
    raw[column] = pd.Series([value], dtype=object)
    found = faults(contract, raw)
    assert (found["column"] == column).all()
    return found[["reason", "value_class"]].to_numpy().tolist()


@pytest.mark.parametrize("name", TABLES)
def test_the_examples_of_a_contract_satisfy_it(name: str) -> None:
    table = catalog().table(name)
    raw = example_frame(table)
    typed = typed_frame(table, raw)
    assert len(faults(table, raw)) == 0
    assert {column: str(dtype) for column, dtype in typed.dtypes.items()} == {c.name: c.dtype for c in table.columns}
    schema_of(table).validate(typed)


@pytest.mark.parametrize("name", TABLES)
def test_a_frame_without_rows_or_columns_is_typed_and_faultless(name: str) -> None:
    table = catalog().table(name)
    typed = typed_frame(table, pd.DataFrame())
    assert tuple(typed.columns) == table.column_names
    assert len(faults(table, pd.DataFrame())) == 0


@pytest.mark.parametrize("name", TABLES)
def test_every_required_column_left_empty_is_missed(name: str) -> None:
    table = catalog().table(name)
    raw = pd.DataFrame(index=range(2))
    found = faults(table, raw)
    required = sorted(column.name for column in table.columns if column.required)
    assert found["column"].tolist() == required * 2
    assert set(found["reason"]) == {"missing"}
    assert set(found["value_class"]) == {"empty"}


@pytest.mark.parametrize(
    ("table", "column", "value", "reason", "kind"),
    [
        ("officers", "entered_on", "soon", Refusal.NOT_A_DATE, "short_text"),
        ("officers", "entered_on", "1850-01-01", Refusal.BELOW_MINIMUM, "date"),
        ("officers", "known_on", "yesterday", Refusal.NOT_A_DATE, "short_text"),
        ("officers", "known_on", None, Refusal.MISSING, "empty"),
        ("officers", "officer_id", "  ", Refusal.MISSING, "empty"),
        ("officers", "officer_id", "x" * 65, Refusal.TOO_LONG, "long_text"),
        ("officers", "education", "kindergarten", Refusal.NOT_IN_LIST, "short_text"),
        ("officers", "left_on", "1999-12-31", Refusal.WRONG_ORDER, "date"),
        ("appraisals", "score", "ninety", Refusal.NOT_A_NUMBER, "short_text"),
        ("appraisals", "score", 101.5, Refusal.ABOVE_MAXIMUM, "number"),
        ("appraisals", "score", -1, Refusal.BELOW_MINIMUM, "whole_number"),
        ("appraisals", "score", float("inf"), Refusal.NOT_A_NUMBER, "short_text"),
        ("career_goals", "horizon_months", 2.5, Refusal.NOT_WHOLE, "number"),
        ("force_reports", "taser", "perhaps", Refusal.NOT_TRUE_OR_FALSE, "short_text"),
        ("honours", "level", True, Refusal.NOT_IN_LIST, "true_or_false"),
        ("concerns", "category", "weather", Refusal.NOT_IN_LIST, "short_text"),
        ("concerns", "subcategory", "rain", Refusal.NOT_IN_LIST, "short_text"),
        ("concerns", "resolved_on", "2001-01-01", Refusal.WRONG_ORDER, "date"),
    ],
)
def test_a_fault_is_named_by_reason_and_class(
    table: str, column: str, value: object, reason: Refusal, kind: str
) -> None:
    assert told(table, column, value) == [[reason.value, kind]]


@pytest.mark.parametrize("score", [0, 100, "0", "100.0"])
def test_both_ends_of_a_range_are_inside(score: object) -> None:
    assert told("appraisals", "score", score) == []
    assert told("officers", "officer_id", "x" * 64) == []
    assert told("officers", "entered_on", "1900-01-01") == []
    assert told("officers", "left_on", "2026-03-15") == []


@pytest.mark.parametrize(
    ("table", "column", "label", "code"),
    [
        ("complaints", "finding", "查实", "sustained"),
        ("complaints", "finding", " Not Sustained ", "not_sustained"),
        ("complaints", "finding", "SUSTAINED", "sustained"),
        ("concerns", "category", "岗位交流", "post_transfer"),
        ("concerns", "subcategory", "Pressure of work", "work_pressure"),
        ("concerns", "subcategory", "Annual leave", "annual_leave"),
    ],
)
def test_labels_that_people_write_become_codes(table: str, column: str, label: str, code: str) -> None:
    contract = catalog().table(table)
    typed = typed_frame(contract, pd.DataFrame({column: [label]}))
    assert typed[column].tolist() == [code]


def test_policy_lists_are_the_allowed_values() -> None:
    concerns = catalog().table("concerns")
    assert len(allowed_values(concerns.column("category"))) == 9
    assert len(allowed_values(concerns.column("subcategory"))) == 35
    assert allowed_values(concerns.column("text")) == ()


def test_an_unreadable_required_cell_is_told_once_and_rows_keep_their_numbers() -> None:
    table = catalog().table("postings")
    raw = example_frame(table, 4).astype(object)
    raw.loc[2, "started_on"] = "in spring"
    raw.loc[0, ["ended_on", "officer_id"]] = ["1990-01-01", None]
    found = faults(table, raw.set_axis([9, 9, 3, 1]))
    assert found[["row", "column", "reason"]].to_numpy().tolist() == [
        [0, "ended_on", "wrong_order"],
        [0, "officer_id", "missing"],
        [2, "started_on", "not_a_date"],
    ]


def test_the_text_of_a_concern_appears_nowhere_in_its_faults() -> None:
    table = catalog().table("concerns")
    secret = "my neighbour's secret " * 300
    found = faults(table, example_frame(table, 1).assign(text=secret))
    assert found["reason"].tolist() == ["too_long"]
    assert "neighbour" not in found.to_csv()


def test_columns_of_no_contract_are_left_out_and_input_is_untouched() -> None:
    table = catalog().table("officers")
    raw = example_frame(table).assign(badge="1234")
    before = raw.copy(deep=True)
    assert "badge" not in typed_frame(table, raw)
    pd.testing.assert_frame_equal(raw, before)


def test_value_classes_cover_what_may_come() -> None:
    came = [np.nan, "  ", np.bool_(True), "2024年3月", "1e3", "-4", ".5", pd.Timestamp("2024-01-01"), 7, "无" * 21]
    assert value_classes(pd.Series(came, dtype=object)).tolist() == [
        "empty",
        "empty",
        "true_or_false",
        "date",
        "short_text",
        "whole_number",
        "number",
        "date",
        "whole_number",
        "long_text",
    ]


CELLS = st.one_of(st.none(), st.text(max_size=6), st.integers(-5, 200), st.floats(), st.booleans(), st.dates())


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS, CELLS, CELLS), max_size=6))
def test_what_has_no_fault_satisfies_the_schema(rows: list[tuple[object, ...]]) -> None:
    table = catalog().table("appraisals")
    names = ["officer_id", "kind", "occurred_on", "score"]
    raw = pd.DataFrame(rows, columns=names, dtype=object).assign(known_on="2024-01-01")
    typed = typed_frame(table, raw)
    found = cell_faults(table, raw, typed)
    good = typed[~typed.index.isin(found["row"])]
    schema_of(table).validate(good)
    assert not found.duplicated(["row", "column"]).any()


def test_a_hundred_thousand_rows_are_checked_in_two_seconds() -> None:
    table = catalog().table("duty_months")
    draw = np.random.default_rng(0)
    rows = 100_000
    month = pd.Timestamp("2015-01-01") + pd.to_timedelta(draw.integers(0, 3000, rows), unit="D")
    raw = pd.DataFrame(
        {"officer_id": draw.integers(0, 3000, rows), "month": month, "hours": draw.uniform(0, 744, rows)}
    )
    raw["known_on"] = raw["month"]
    raw.loc[::10, "hours"] = 9999.0
    schema_of(table)
    began = time.process_time()
    found = faults(table, raw)
    assert len(found) == rows // 10
    assert time.process_time() - began < 2.0


def test_typed_empty_matches_the_contract() -> None:
    for table in catalog().tables.values():
        for column in table.columns:
            assert str(typed_empty(column.kind, pd.RangeIndex(1)).dtype) == column.dtype
