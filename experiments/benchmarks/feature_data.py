"""Invented histories for the feature benchmark: the volumes of a real bureau, drawn at once with numpy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

FIRST = pd.Timestamp("2015-01-01")
CATEGORIES = ("use_of_force", "operations", "verbal_abuse", "other")
FINDINGS = ("sustained", "not_sustained", "unfounded")
YEARLY = {"complaints": 0.6, "force_reports": 0.4}


def month_days(months: int) -> list[date]:
    """The as-of days: the first of each of `months` months, from two years into the records on."""
    return [stamp.date() for stamp in pd.date_range(FIRST + pd.DateOffset(years=2), periods=months, freq="MS")]


def invented_tables(officers: int, months: int, seed: int = 1) -> dict[str, pd.DataFrame]:
    """complaints (opened and found), force_reports and duty_months, with `superseded_on`."""
    draw = np.random.default_rng(seed)
    days = int((pd.Timestamp(month_days(months)[-1]) - FIRST).days)
    return {
        "complaints": _complaints(draw, officers, days),
        "force_reports": _force_reports(draw, officers, days),
        "duty_months": _duty_months(draw, officers, months + 24),
    }


def write_tables(folder: Path, officers: int, months: int) -> None:
    """One parquet file a table."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in invented_tables(officers, months).items():
        frame.to_parquet(folder / f"{name}.parquet", index=False)


def read_tables(folder: Path) -> Mapping[str, pd.DataFrame]:
    """What `write_tables` wrote."""
    return {path.stem: pd.read_parquet(path) for path in sorted(folder.glob("*.parquet"))}


def officer_ids(numbers: np.ndarray) -> pd.Series:
    """Ids of officers by number."""
    return pd.Series(np.char.mod("o-%06d", numbers)).astype("string")


def _events(draw: np.random.Generator, table: str, officers: int, days: int) -> pd.DataFrame:
    rows = draw.poisson(YEARLY[table] * officers * days / 365.25)
    happened = FIRST + pd.to_timedelta(draw.integers(0, days, rows), unit="D")
    return pd.DataFrame({"officer_id": officer_ids(draw.integers(0, officers, rows)), "happened": happened})


def _complaints(draw: np.random.Generator, officers: int, days: int) -> pd.DataFrame:
    opened = _events(draw, "complaints", officers, days).rename(columns={"happened": "opened_on"})
    rows = len(opened)
    closed = opened["opened_on"] + pd.to_timedelta(draw.integers(30, 1500, rows), unit="D")
    opened = opened.assign(
        complaint_id=[f"c-{number}" for number in range(rows)],
        category=draw.choice(CATEGORIES, rows),
        officer_filed=draw.random(rows) < 0.1,
        finding=None,
        known_on=opened["opened_on"],
        superseded_on=closed,
    )
    found = opened.assign(finding=draw.choice(FINDINGS, rows, p=(0.05, 0.5, 0.45)), known_on=closed)
    both = pd.concat([opened.astype({"finding": "string"}), found.astype({"finding": "string"})], ignore_index=True)
    return both.assign(superseded_on=both["superseded_on"].where(both["finding"].isna()))


def _force_reports(draw: np.random.Generator, officers: int, days: int) -> pd.DataFrame:
    reports = _events(draw, "force_reports", officers, days).rename(columns={"happened": "occurred_on"})
    flags = ("taser", "firearm_used", "subject_injured", "officer_injured", "on_duty")
    told = {flag: draw.random(len(reports)) < 0.2 for flag in flags}
    return reports.assign(**told, known_on=reports["occurred_on"], superseded_on=pd.Series(pd.NaT, index=reports.index))


def _duty_months(draw: np.random.Generator, officers: int, months: int) -> pd.DataFrame:
    starts = pd.date_range(FIRST, periods=months + 1, freq="MS")
    rows = officers * months
    month = np.tile(np.arange(months), officers)
    return pd.DataFrame(
        {
            "officer_id": np.repeat(officer_ids(np.arange(officers)).to_numpy(), months),
            "month": starts[month],
            "hours": draw.integers(120, 220, rows).astype("float64"),
            "nights": draw.integers(0, 9, rows).astype("float64"),
            "overtime_hours": draw.integers(0, 60, rows).astype("float64"),
            "leave_days": draw.integers(0, 4, rows).astype("float64"),
            "sick_days": draw.integers(0, 3, rows).astype("float64"),
            "known_on": starts[month + 1],
            "superseded_on": pd.Series(pd.NaT, index=range(rows)),
        }
    )
