"""A record holds what stood on its day: later knowledge, the order of rows and other officers change nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from data_contracts.catalog import catalog
from data_contracts.errors import InvalidInput, UnknownTable
from data_contracts.simulator.simulation import simulate
from features.history import History
from features.record import records_at
from tests.features.histories import records

DAY = date(2021, 1, 1)
OWN = ("officers", "postings", "honours", "complaints", "appraisals", "course_completions")
WHOLE = ("posts", "units", "courses", "vacancies")


def framed(table: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Rows as the history takes them: all columns of the contract, in its types."""
    contract = catalog().table(table)
    return pd.DataFrame(rows, columns=list(contract.column_names)).astype({c.name: c.dtype for c in contract.columns})


def posting(officer: str = "a", started: str = "2020-01-01", known: str = "2020-01-01", **more: Any) -> dict[str, Any]:
    """One posting."""
    row = {"officer_id": officer, "post_id": "p", "unit_id": "u", "started_on": started, "known_on": known}
    return {name: pd.Timestamp(value) if name.endswith("_on") else value for name, value in {**row, **more}.items()}


def honour(officer: str = "a", on: str = "2020-05-01", known: str = "2020-05-02") -> dict[str, Any]:
    """One award."""
    days = {"occurred_on": pd.Timestamp(on), "known_on": pd.Timestamp(known)}
    return {"officer_id": officer, "honour": "x", "level": "commendation", **days}


def history_of(root: Path, **tables: list[dict[str, Any]]) -> History:
    """A history of these rows."""
    history = History(root)
    history.append_all({name: framed(name, rows) for name, rows in tables.items()}, "test")
    return history


@pytest.fixture(scope="module")
def bureau() -> Mapping[str, pd.DataFrame]:
    """A small simulated bureau."""
    frames = simulate(100, 5, 3, date(2023, 1, 1))
    return {name: framed(name, records(frames[name])) for name in (*OWN, *WHOLE)}


def test_only_what_stood_is_there_and_later_ends_are_null(tmp_path: Path) -> None:
    rows = [
        posting(ended_on="2021-01-01"),
        posting(started="2020-02-01", ended_on="2021-01-02", known="2020-12-01"),
        posting(started="2020-03-01", known="2021-01-02"),  # known too late
        posting(started="2021-01-01", known="2020-12-01"),  # has not happened yet
        posting(started="2020-04-01"),
        posting(started="2020-04-01", known="2021-01-01", ended_on="2020-06-01"),  # corrects the one before
        posting("b"),
    ]
    found = records_at(history_of(tmp_path, postings=rows), ["a", "a"], DAY, ["postings"])["postings"]
    assert found["started_on"].dt.strftime("%m-%d").tolist() == ["01-01", "02-01", "04-01"]
    assert found["ended_on"].dt.strftime("%Y-%m-%d").fillna("").tolist() == ["2021-01-01", "", "2020-06-01"]
    assert list(found.columns) == list(catalog().table("postings").column_names)
    assert found.dtypes.astype(str).tolist() == [column.dtype for column in catalog().table("postings").columns]


def test_what_an_end_tells_is_unknown_with_it(tmp_path: Path) -> None:
    known = {"known_on": pd.Timestamp("2020-06-01")}
    officer = {"officer_id": "a", "left_on": pd.Timestamp("2021-02-01"), "leave_kind": "resigned", **known}
    complaint = {"complaint_id": "k", "officer_id": "a", "opened_on": pd.Timestamp("2020-05-01"), **known}
    found = complaint | {"closed_on": pd.Timestamp("2021-01-01"), "finding": "sustained"}
    history = history_of(tmp_path, officers=[officer], complaints=[found])
    before, on = (records_at(history, ["a"], day, ["officers", "complaints"]) for day in (date(2020, 12, 31), DAY))
    assert before["complaints"][["closed_on", "finding"]].isna().all(axis=None)
    assert on["complaints"]["finding"].tolist() == ["sustained"]
    assert on["officers"][["left_on", "leave_kind"]].isna().all(axis=None)
    later = records_at(history, None, date(2021, 2, 1), ["officers"])["officers"]
    assert later["leave_kind"].tolist() == ["resigned"]


def test_nothing_kept_is_absent_and_nothing_recorded_is_empty(tmp_path: Path) -> None:
    history = history_of(tmp_path, postings=[posting()], honours=[honour("b")])
    found = records_at(history, ["a"], DAY, ["postings", "honours", "appraisals"])
    assert {name: len(rows) for name, rows in found.items()} == {"postings": 1, "honours": 0}
    earlier = records_at(history, ["a"], date(2020, 5, 1), ["honours", "postings"])
    assert list(earlier) == ["postings"]  # the first honour of anybody is known a day later


def test_twins_of_a_table_without_a_key_are_all_there(tmp_path: Path) -> None:
    history = history_of(tmp_path, honours=[honour(), honour(), honour("b")])
    assert len(records_at(history, ["a"], DAY, ["honours"])["honours"]) == 2


def test_a_vacancy_that_opens_tomorrow_is_known_today(tmp_path: Path) -> None:
    vacancy = {"vacancy_id": "v", "post_id": "p", "unit_id": "u", "places": 1}
    days = {"opened_on": pd.Timestamp("2021-01-02"), "closes_on": pd.Timestamp("2021-02-01")}
    row = vacancy | days | {"known_on": pd.Timestamp("2020-12-01")}
    found = records_at(history_of(tmp_path, vacancies=[row]), ["a"], DAY, ["vacancies"])["vacancies"]
    assert found["closes_on"].notna().all()
    assert len(found) == 1


def test_a_table_for_audits_and_one_without_contract_are_refused(tmp_path: Path) -> None:
    history = history_of(tmp_path, postings=[posting()])
    with pytest.raises(InvalidInput, match="for audits only"):
        records_at(history, ["a"], DAY, ["protected_attributes"])
    with pytest.raises(UnknownTable, match="did you mean 'postings'"):
        records_at(history, ["a"], DAY, ["posting"])


def test_rows_known_later_and_the_order_of_rows_change_nothing(
    tmp_path: Path, bureau: Mapping[str, pd.DataFrame]
) -> None:
    by_then = {name: rows[rows["known_on"] <= pd.Timestamp(DAY)] for name, rows in bureau.items()}
    short, mixed = History(tmp_path / "short"), History(tmp_path / "mixed")
    short.append_all(by_then, "by then")
    mixed.append_all({name: rows.sample(frac=1.0, random_state=2) for name, rows in bureau.items()}, "all")
    one, other = (records_at(history, None, DAY, [*OWN, *WHOLE]) for history in (short, mixed))
    assert list(one) == list(other)
    for name, rows in one.items():
        pd.testing.assert_frame_equal(rows, other[name], check_exact=True)


def test_plain_sql_agrees_and_officers_do_not_touch_each_other(
    tmp_path: Path, bureau: Mapping[str, pd.DataFrame]
) -> None:
    history = History(tmp_path)
    history.append_all(bureau, "all")
    everybody = records_at(history, None, DAY, [*OWN, *WHOLE])
    some = everybody["officers"]["officer_id"].tolist()[:7]
    asked = records_at(history, some, DAY, [*OWN, *WHOLE])
    for name in OWN:
        contract, rows = catalog().table(name), bureau[name]  # noqa: F841 (DuckDB reads `rows` by name)
        newer = " AND ".join(f"n.{key} = r.{key}" for key in contract.key)
        superseded = (
            f"AND NOT EXISTS (SELECT 1 FROM rows n WHERE {newer} AND n.known_on > r.known_on AND n.known_on <= $day)"
        )
        happened = f"AND r.{contract.event_date} < $day" if contract.event_date else ""
        sql = f"SELECT count(*) FROM rows r WHERE r.known_on <= $day {superseded if contract.key else ''} {happened}"
        told = duckdb.connect().execute(sql, {"day": DAY}).fetchall()
        assert told == [(len(everybody[name]),)], name
        of_some = everybody[name][everybody[name]["officer_id"].isin(some)].reset_index(drop=True)
        pd.testing.assert_frame_equal(asked[name], of_some, check_exact=True)
    for name in WHOLE:
        pd.testing.assert_frame_equal(asked[name], everybody[name])
