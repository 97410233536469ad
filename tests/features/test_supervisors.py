"""Shift and supervisor by hand, against the oracle in crowded units, and where no source tells of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from features.declared import declared_features
from features.engine import READS
from features.supervisors import SUPERVISOR_COLUMNS
from features.surroundings import SHIFT_COLUMNS, SPAN_COLUMNS
from models.risk.design_matrix import Design
from tests.features.engines import compiled_features, seed_row, spine_of
from tests.features.histories import OFFICERS, bureaus, framed
from tests.features.oracle import Oracle
from tests.features.test_oracle import disagreements

AS_OF = date(2021, 1, 1)
NEW = (*SHIFT_COLUMNS, *SUPERVISOR_COLUMNS, *SPAN_COLUMNS)
FEW = settings(max_examples=3, deadline=None, phases=(Phase.explicit, Phase.generate),
               suppress_health_check=list(HealthCheck))  # fmt: skip


def posting(officer: str, started: str, shift: str | None, led_by: str | None, unit: str = "u1") -> dict[str, object]:
    """One posting, known when it started."""
    day = pd.Timestamp(started)
    row = {"officer_id": officer, "post_id": "p1", "unit_id": unit, "started_on": day, "ended_on": pd.NaT}
    return {**row, "rank_step": None, "shift": shift, "supervisor_id": led_by, "known_on": day, "superseded_on": pd.NaT}


def complaints(each: Mapping[str, int]) -> pd.DataFrame:
    """So many complaints of each officer, opened half a year before AS_OF."""
    day = pd.Timestamp("2020-06-01")
    named = [(who, f"{who}{number}") for who, many in each.items() for number in range(many)]
    return framed("complaints", [{"officer_id": who, "complaint_id": name, "opened_on": day, "known_on": day,
                                  "superseded_on": pd.NaT} for who, name in named])  # fmt: skip


def appointed(officers: Sequence[str]) -> pd.DataFrame:
    """Officers who entered long ago and have not left."""
    known = pd.Timestamp("2010-01-01")
    each = {"entered_on": known, "known_on": known, "superseded_on": pd.NaT}
    return framed("officers", [{"officer_id": who, **each} for who in officers])


def answer(postings: list[dict[str, object]], each: Mapping[str, int]) -> pd.DataFrame:
    """The features at AS_OF, by officer; nobody else is in the department."""
    frames = {table: seed_row(table).iloc[:0] for table in READS}
    frames["duty_months"] = framed("duty_months", [
        {"officer_id": who, "month": pd.Timestamp("2020-12-01"), "hours": 500.0, "known_on": pd.Timestamp("2020-12-31"),
         "superseded_on": pd.NaT} for who in OFFICERS])  # fmt: skip
    frames["officers"] = appointed(sorted({str(row["officer_id"]) for row in postings}))
    frames |= {"postings": framed("postings", postings), "complaints": complaints(each)}
    return compiled_features().answer(frames, spine_of(as_ofs=[AS_OF])).set_index("officer_id")


def test_peers_are_those_on_the_same_shift_of_the_same_unit() -> None:
    told = answer(
        [posting("a", "2020-01-01", "night", None), posting("b", "2020-01-01", "night", None),
         posting("c", "2020-01-01", "night", None), posting("d", "2020-01-01", "day", None),
         posting("e", "2020-01-01", "night", None, unit="u2")],
        {"a": 7, "b": 1, "c": 4, "d": 9, "e": 9},
    )  # fmt: skip
    assert told["shift_size"].tolist() == [3, 3, 3, 1, 1]
    assert told["shift_others_mean_complaints_24m"].tolist()[:3] == [2.5, 5.5, 4.0]
    assert told["shift_others_mean_complaints_12m"].isna().tolist() == [False, False, False, True, True]
    assert told["unit_others_mean_complaints_24m"]["a"] == pytest.approx(14 / 3)
    assert told[[*SUPERVISOR_COLUMNS, *SPAN_COLUMNS]].isna().to_numpy().all()


def test_a_shift_that_is_not_told_has_no_peers_and_the_present_posting_tells() -> None:
    told = answer([posting("a", "2019-01-01", "day", None), posting("a", "2020-06-01", None, None),
                   posting("b", "2019-01-01", "day", None), posting("c", "2019-01-01", "day", None)],
                  {"a": 5, "b": 2})  # fmt: skip
    assert told[list(SHIFT_COLUMNS)].isna().loc["a"].all()
    assert told["shift_others_mean_complaints_24m"]["c"] == 2
    assert told["shift_size"]["c"] == 2


def test_a_change_is_another_supervisor_than_the_last_one_named() -> None:
    told = answer(
        [posting("a", "2018-01-01", None, "x"), posting("a", "2019-06-01", None, "y"),
         posting("a", "2019-09-01", None, None), posting("a", "2019-12-01", None, "y"),
         posting("a", "2020-03-01", None, "x"), posting("b", "2020-12-30", None, "x"),
         posting("c", "2019-01-01", None, "x"), posting("c", "2020-02-01", None, None)],
        {},
    )  # fmt: skip
    assert told[list(SUPERVISOR_COLUMNS)].to_numpy().tolist()[:2] == [[1, 2, 306], [0, 0, 2]]
    assert told["supervisor_changes_24m"]["c"] == 0  # that nobody is named any more is no change ...
    assert told["days_under_supervisor"].isna()["c"]  # ... and nobody's time goes on
    assert told["span_size"].fillna(0).tolist()[:3] == [2, 2, 0]


def test_a_span_tells_of_the_others_under_one_supervisor_wherever_they_are() -> None:
    told = answer(
        [posting("a", "2020-01-01", None, "x"), posting("b", "2020-01-01", None, "x", unit="u2"),
         posting("c", "2020-01-01", None, "x"), posting("d", "2020-01-01", None, "y")],
        {"a": 8, "b": 1, "c": 2, "d": 5},
    )  # fmt: skip
    assert told["span_size"].tolist()[:4] == [3, 3, 3, 1]
    assert told["span_others_mean_complaints_24m"].tolist()[:3] == [1.5, 5.0, 4.5]
    rates = told["span_others_complaints_per_1000_hours_24m"]
    assert rates.tolist()[:3] == [3.0, 10.0, 9.0]  # of 500 hours each
    assert rates.isna()["d"]


@given(frames=bureaus())
@FEW
def test_crowded_shifts_and_spans_agree_with_plain_python(frames: Mapping[str, pd.DataFrame]) -> None:
    crowded = frames["postings"].assign(unit_id="u1", supervisor_id="x")
    crowded["shift"] = crowded["shift"].fillna("day")
    changed = {**frames, "postings": crowded, "officers": appointed(OFFICERS)}
    told = compiled_features().answer(changed, spine_of())
    assert told["shift_others_mean_complaints_24m"].notna().any()
    assert disagreements(told, Oracle(changed)) == []


def test_without_shift_and_supervisor_every_such_column_is_null_and_no_model_sees_it() -> None:
    bare = [posting(who, "2019-01-01", None, None, unit=unit) for who, unit in zip("abcd", ("u1", "u1", "u2", "u2"),
                                                                                  strict=True)]  # fmt: skip
    told = answer(bare, {"a": 3, "b": 1}).reset_index()
    assert told[list(NEW)].isna().to_numpy().all()
    for service in ("risk_v1", "strain_v1"):
        chosen = declared_features().service(service).chosen
        assert set(SPAN_COLUMNS) <= set(chosen)
        before = [name for name in chosen if name not in NEW]
        assert Design.of(told, chosen) == Design.of(told, before)


def test_who_may_read_of_shift_and_supervisor() -> None:
    read = {name for name in NEW if not name.endswith("_3m")}
    services = {service.name: set(service.chosen) for service in declared_features().services}
    assert {name: read & chosen for name, chosen in services.items()} == {
        "risk_v1": read, "strain_v1": read, "career_v1": set(), "unit_v1": set()}  # fmt: skip
    assert not any("supervisor_id" in chosen or "shift" in chosen for chosen in services.values())
