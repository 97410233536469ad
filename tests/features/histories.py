"""Small random bureaus whose days crowd the edges of the windows, for hypothesis."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
from hypothesis import strategies as st

from data_contracts.catalog import catalog
from features.engine import DAY, NUMBER, READS, TEXT
from tests.features.oracle import CATEGORIES, FINDINGS, months_before

AS_OFS = (date(2020, 3, 1), date(2021, 1, 1), date(2024, 2, 29))
OFFICERS = ("a", "b", "c", "d", "e")
EVERYBODY = ("officers", "postings")
KEYLESS = ("force_reports", "honours")
CODES = {
    "officer_id": OFFICERS,
    "unit_id": ("u1", "u2"),
    "post_id": ("p1", "p2"),
    "shift": ("day", "night", None),
    "supervisor_id": ("a", "x", None),
    "complaint_id": ("k1", "k2", "k3"),
    "category": CATEGORIES[:3],
    "finding": (*FINDINGS[:3], None),
    "ladder": ("enforcement", "police_rank"),
    "rank_step": ("s1", "二级警员"),
    "track": ("technical", "enforcement", None),
    "education": ("college", None),
    "competency": ("law", "firearms"),
    "course_id": ("q1", "q2", "q3"),
    "level": ("commendation", "third_class", None),
    "grade": ("excellent", "not_competent"),
}
KINDS = {"promotions": ("entry", "step"), "appraisals": ("performance", "case_quality")}
EDGES = sorted(
    {
        (pd.Timestamp(edge) + pd.Timedelta(days=shift)).date()
        for as_of in AS_OFS
        for edge in (as_of, *(months_before(as_of, months) for months in (3, 12, 24, 60)))
        for shift in (-1, 0, 1)
    }
)
HAPPENED = {"officers": "entered_on", "postings": "started_on", "complaints": "opened_on", "duty_months": "month"}


def _values(table: str, column: str, kind: object) -> st.SearchStrategy[Any]:
    if column == "kind":
        return st.sampled_from(KINDS[table])
    if kind == TEXT:
        return st.sampled_from(CODES[column])
    if column == "overtime_hours":
        return st.sampled_from((None, 7.0, 59.5, 60.0, 61.25))
    if column == "valid_months":
        return st.sampled_from((None, 12.0, 24.0))
    if kind == NUMBER:
        return st.one_of(st.none(), st.integers(0, 9).map(float), st.just(2.125))
    if kind == DAY:
        return st.one_of(st.none(), st.sampled_from(EDGES)) if column.endswith("ed_on") else st.sampled_from(EDGES)
    return st.sampled_from((True, False, None))


@st.composite
def table_rows(draw: st.DrawFn, table: str, least: int = 2, most: int = 12) -> pd.DataFrame:
    """Accepted rows of one table with versions: a second row of a key is known later and supersedes the first."""
    happened = HAPPENED.get(table, "occurred_on")
    rows: list[dict[str, Any]] = []
    key, seen, same = catalog().table(table).key, set[tuple[Any, ...]](), ()
    for number in range(draw(st.integers(least, most))):
        row = {
            name: draw(_values(table, name, kind))
            for name, kind in READS[table].items()
            if name not in ("known_on", "superseded_on")
        }
        if table in EVERYBODY:  # or else few officers would be counted, and nobody would have others around
            row["officer_id"] = OFFICERS[number % len(OFFICERS)]
        if "left_on" in row and draw(st.integers(0, 3)):
            row["left_on"] = None
        if happened in row:
            row[happened] = draw(st.sampled_from(EDGES))
        if key and (same := tuple(row.get(name, len(rows)) for name in key)) in seen:
            continue
        seen.add(same)
        known = pd.Timestamp(row.get(happened, date(1900, 1, 1)))
        row["known_on"] = known + pd.Timedelta(days=draw(st.sampled_from((0, 0, 1, 200))))
        rows.append(row | {"superseded_on": pd.NaT})
        if draw(st.booleans()) and table not in KEYLESS:
            newer = row | {"known_on": row["known_on"] + pd.Timedelta(days=draw(st.sampled_from((1, 366))))}
            if "finding" in row:
                newer["finding"] = draw(st.sampled_from(CODES["finding"]))
            rows[-1]["superseded_on"] = newer["known_on"]
            rows.append(newer | {"superseded_on": pd.NaT})
    return framed(table, rows)


def framed(table: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Rows as a frame in the types that frames have behind the door."""
    dtypes = {TEXT: "string", NUMBER: "float64", DAY: "datetime64[us]"}
    frame = pd.DataFrame(rows, columns=list(READS[table]))
    return frame.astype({name: dtypes.get(kind, "boolean") for name, kind in READS[table].items()})


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame, one dict each."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


@st.composite
def bureaus(draw: st.DrawFn) -> dict[str, pd.DataFrame]:
    """Every table the features read, with at least one row each."""
    return {table: draw(table_rows(table, least=6 if table in EVERYBODY else 2)) for table in READS}
