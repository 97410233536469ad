"""The windows by hand: literal days and the numbers a person would write down for them."""

from __future__ import annotations

import re
from datetime import date

import pandas as pd
import pytest

from data_contracts.catalog import catalog
from data_contracts.errors import MissingTable
from data_contracts.policy import check_features
from data_contracts.settings import Settings
from features.declared import declared_features
from features.engine import DAY, NUMBER, READS, TEXT, TRUTH, duckdb_backend
from features.snapshots import officer_frame
from features.windows import FEATURE_COLUMNS, FEATURE_GROUPS, PLAIN_PEER_COLUMNS
from tests.features.engines import compiled_features, seed_row, spine_of
from tests.features.histories import framed

AS_OF = date(2021, 1, 1)
WINDOWED = re.compile(r"(?P<measure>.*(?<!_trend))_(?P<window>3m|12m|24m|60m|ever)")


def complaint(officer: str, opened: str, known: str, **more: object) -> dict[str, object]:
    """One version of a complaint."""
    days = {"opened_on": pd.Timestamp(opened), "known_on": pd.Timestamp(known), "superseded_on": pd.NaT}
    return {"officer_id": officer, "complaint_id": f"{officer}{opened}", **days, **more}


def answer_about(complaints: list[dict[str, object]], officer: str = "a") -> dict[str, object]:
    """The features of an officer at AS_OF when only complaints matter."""
    frames = {table: seed_row(table) for table in READS} | {"complaints": framed("complaints", complaints)}
    answer = compiled_features().answer(frames, spine_of(["a", "b"], [AS_OF]))
    return {str(name): value for name, value in answer.iloc[["a", "b"].index(officer)].items()}


def test_a_window_starts_on_its_first_day_and_ends_before_as_of() -> None:
    days = ("2021-01-01", "2020-12-31", "2020-01-01", "2019-12-31", "2019-01-01", "2016-01-01", "2015-12-31")
    told = answer_about([complaint("a", day, day) for day in days] + [complaint("b", "2020-06-01", "2020-06-01")])
    counts = [told[f"complaints_{window}"] for window in ("3m", "12m", "24m", "60m", "ever")]
    assert counts == [1, 2, 4, 5, 6]
    assert told["days_since_complaints"] == 1


def test_a_finding_counts_from_the_day_it_is_known_and_is_pending_before() -> None:
    opened = complaint("a", "2020-06-01", "2020-06-01")
    early = complaint("a", "2020-06-01", "2021-01-01", finding="sustained")
    late = complaint("a", "2020-06-01", "2021-01-02", finding="sustained")
    closed = answer_about([{**opened, "superseded_on": early["known_on"]}, early])
    still_open = answer_about([{**opened, "superseded_on": late["known_on"]}, late])
    assert (closed["complaints_12m"], closed["complaints_sustained_12m"], closed["complaints_pending_12m"]) == (1, 1, 0)
    assert (still_open["complaints_sustained_12m"], still_open["complaints_pending_12m"]) == (0, 1)


def test_two_officers_of_one_complaint_are_each_others_co_accused() -> None:
    shared = {"complaint_id": "together"}
    rows = [
        {**complaint("a", "2020-06-01", "2020-06-01"), **shared},
        {**complaint("b", "2020-06-01", "2020-06-01"), **shared},
        complaint("b", "2015-06-01", "2015-06-01", finding="sustained"),
    ]
    about_a, about_b = answer_about(rows, "a"), answer_about(rows, "b")
    assert (about_a["co_accused_ever"], about_a["co_accused_complaints_mean"]) == (1, 2)
    assert (about_a["co_accused_sustained_mean"], about_b["co_accused_sustained_mean"]) == (1, 0)
    assert about_b["co_accused_complaints_mean"] == 1


def test_whatever_has_a_window_has_all_five() -> None:
    others = ("unit_others_", "shift_others_", "span_others_", "supervisor_changes_")
    counted = [name for name in FEATURE_COLUMNS if not name.startswith(others) and "_fading_" not in name]
    named = [WINDOWED.fullmatch(name) for name in counted]  # a half-life is no window
    windows: dict[str, set[str]] = {}
    for found in filter(None, named):
        windows.setdefault(found["measure"], set()).add(found["window"])
    assert {name: seen for name, seen in windows.items() if len(seen) < 5} == {}
    assert {"complaints_crime", "moves", "co_accused", "appraisal_supervision_score_mean"} < set(windows)
    assert {"exposure_hours", "complaints_sustained_per_1000_hours", "nights_per_duty_month"} < set(windows)


def test_a_model_reads_three_months_only_of_what_happens_often() -> None:
    often = ("complaints", "force_reports", "courses", "duty_months", "duty_hours", "exposure_hours")
    duty = ("nights", "overtime_hours", "leave_days")
    want = {f"{name}_3m" for name in (*often, *duty, "overtime_months_over_limit")}
    want |= {f"{name}_per_1000_hours_3m" for name in ("complaints", "force_reports")}
    want |= {f"{name}_per_duty_month_{ending}" for name in ("duty_hours", *duty) for ending in ("3m", "trend_3m")}
    chosen = declared_features().service("risk_v1").chosen
    assert {name for name in chosen if name.endswith("_3m")} == want
    assert not any(name.endswith(("_per_duty_month_60m", "_per_duty_month_ever", "co_accused_60m")) for name in chosen)
    assert set(FEATURE_COLUMNS) >= set(chosen)


def test_every_feature_the_plain_peers_may_see_exists_once() -> None:
    assert len(set(FEATURE_COLUMNS)) == len(FEATURE_COLUMNS) == sum(map(len, FEATURE_GROUPS.values()))
    assert set(PLAIN_PEER_COLUMNS) <= set(FEATURE_COLUMNS)
    assert len(PLAIN_PEER_COLUMNS) == len(set(PLAIN_PEER_COLUMNS)) == 21 * 5 + 6 * 5 + 1 + 5 + 4


def test_no_feature_is_forbidden_or_ends_as_feast_cannot_bear() -> None:
    duty = [name for name in FEATURE_COLUMNS if name.startswith("sick_days")]
    check_features(duty, outcome="strain")
    check_features([name for name in FEATURE_COLUMNS if name not in duty])
    assert [name for name in FEATURE_COLUMNS if name.endswith(("_y", "_x"))] == []


def test_what_the_features_read_stands_in_the_contracts_and_may_train() -> None:
    kinds = {"string": TEXT, "integer": NUMBER, "number": NUMBER, "boolean": TRUTH, "date": DAY}
    for name, columns in READS.items():
        table = catalog().table(name)
        told = {column: table.column(column) for column in columns if column != "superseded_on"}
        assert {column: kinds[found.kind] for column, found in told.items()} == {
            column: kind for column, kind in columns.items() if column in told
        }
        withheld = {column for column, found in told.items() if not found.may_train}
        assert withheld <= {"officer_id", "complaint_id", "known_on", "left_on"}, name


def test_without_postings_one_sentence_says_what_to_do() -> None:
    spine = pd.DataFrame({"officer_id": ["a"], "as_of": [pd.Timestamp(AS_OF)]})
    with pytest.raises(MissingTable, match=r"postings.*ingest"):
        officer_frame({"honours": seed_row("honours")}, spine)


def test_the_engine_keeps_to_the_settings(state: Settings) -> None:
    asked = "threads", "memory_limit", "asof_loop_join_threshold", "temp_directory", "enable_progress_bar"
    backend = duckdb_backend()
    told = [backend.con.execute("SELECT current_setting($1)", [name]).fetchall()[0][0] for name in asked]
    assert told == [state.threads, f"{state.duckdb_memory_gib} GiB", 0, str(state.state / "duckdb"), False]
    assert not state.state.exists()
