"""How an outcome shows in one table: each sign of policy/outcomes.toml as a chance for each officer.

A sign looks at the version of each row that was in force on the day it is asked on, and at nothing later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from data_contracts.asof import DAYS_A_MONTH
from data_contracts.decisions import Sign
from data_contracts.policy import policy
from models.base import Numbers
from training.risk.maturity import sustained_chance

OTHERWISE: Mapping[str, float] = {"without": 1.0, "no_growth": float("nan")}  # of officers the rows do not speak of


@dataclass(frozen=True)
class Window:
    """From `start` on and before `end`."""

    start: pd.Timestamp
    end: pd.Timestamp

    def holds(self, days: pd.Series) -> pd.Series:
        """Whether each day lies inside."""
        return (days >= self.start) & (days < self.end)


@dataclass(frozen=True)
class Looked:
    """Who is asked about (officer ids, n), in which window, and what is known: up to a day, or (None) everything."""

    officers: pd.Series
    window: Window
    known_at: date | None


def versions_at(rows: pd.DataFrame, known_at: date | None) -> pd.DataFrame:
    """The version of each row that was in force at `known_at`; the newest of all for None."""
    if known_at is None:
        return rows[rows["superseded_on"].isna()]
    moment = pd.Timestamp(known_at)
    return rows[(rows["known_on"] <= moment) & ~(rows["superseded_on"] <= moment)]


def shown(sign: Sign, table: pd.DataFrame, looked: Looked) -> Numbers:
    """1 where the sign shows, 0 where it does not, NaN where it cannot be judged, (n,)."""
    rows = versions_at(table, looked.known_at)
    values = HOW[sign.how](sign, rows[matches(sign, rows)], looked.window)
    return _of_officers(values, looked.officers, OTHERWISE.get(sign.how, 0.0))


def chance_of_finding(sign: Sign, table: pd.DataFrame, looked: Looked) -> Numbers:
    """One minus the chance that none of the window's complaints is sustained, as known on the day, (n,)."""
    if looked.known_at is None:
        return shown(sign, table, looked)
    rows = versions_at(table, looked.known_at)
    rows = rows[rows[sign.date] < pd.Timestamp(looked.known_at)]
    inside = looked.window.holds(rows[sign.date]).to_numpy(bool)
    chance = pd.Series(1.0 - sustained_chance(rows, looked.known_at)[inside])
    none = chance.groupby(rows.loc[inside, "officer_id"].to_numpy()).prod()
    return _of_officers(1.0 - none, looked.officers, 0.0)


def _of_officers(values: pd.Series, officers: pd.Series, otherwise: float) -> Numbers:
    return np.asarray(officers.map(values).astype("float64").fillna(otherwise), dtype=np.float64)


def matches(sign: Sign, rows: pd.DataFrame) -> pd.Series:
    """Which rows have one of the values of `where`, none of `unless`, and the numbers of `at_least`."""
    keep = pd.Series(data=True, index=rows.index)
    for name, values in sign.where.items():
        recorded = name in rows and rows[name].notna().any()
        if recorded or sign.unrecorded == "nothing":
            keep &= rows[name].isin(values).fillna(False).astype(bool) if name in rows else False
    for name, values in sign.unless.items():
        keep &= ~rows[name].isin(values).fillna(False).astype(bool)
    if sign.how != "run":
        keep &= _reaches(sign, rows)
    return keep


def _reaches(sign: Sign, rows: pd.DataFrame) -> pd.Series:
    enough = pd.Series(data=True, index=rows.index)
    for name, least in sign.at_least.items():
        enough &= (rows[name] >= least).fillna(False).astype(bool)
    return enough


def _row(sign: Sign, rows: pd.DataFrame, window: Window) -> pd.Series:
    inside = window.holds(rows[sign.date]).fillna(False).astype(bool)
    return _ones(rows.loc[inside, "officer_id"])


def _run(sign: Sign, rows: pd.DataFrame, window: Window) -> pd.Series:
    """`in_a_row` rows of an officer one after another, all of them in the window."""
    rows = rows[window.holds(rows[sign.date])].sort_values(["officer_id", sign.date])
    officers, row = rows["officer_id"].to_numpy(object), sign.in_a_row
    so_far = np.concatenate([[0], np.cumsum(_reaches(sign, rows).to_numpy(bool))])  # rows over, before each row
    runs = max(0, len(rows) - row + 1)  # (runs,): each of as many rows in a row, the last of them told
    whole = (so_far[row:][:runs] - so_far[:runs] == row) & (officers[:runs] == officers[row - 1 :][:runs])
    return _ones(rows["officer_id"].iloc[np.flatnonzero(whole) + row - 1])


def _past_minimum(sign: Sign, rows: pd.DataFrame, window: Window) -> pd.Series:
    rows = rows[rows[sign.date] < window.end].sort_values(sign.date, kind="stable")
    last = rows.drop_duplicates("officer_id", keep="last")
    pairs = zip(last["ladder"].astype(str), last["rank_step"].astype(str), strict=True)
    needed = np.array([_minimum_months(*pair) + (sign.months or 0) for pair in pairs], dtype=np.float64)
    held = ((window.end - last[sign.date]).dt.days / DAYS_A_MONTH).to_numpy(np.float64)
    return _ones(last.loc[held >= needed, "officer_id"])


def _minimum_months(ladder: str, step: str) -> float:
    """The least time before the next step; never over where there is no next by time, or the ladder is unknown."""
    known = policy().step(ladder, step)
    return float("inf") if known is None or known.minimum_years is None else 12.0 * known.minimum_years


def _without(sign: Sign, rows: pd.DataFrame, window: Window) -> pd.Series:
    """Zero for each officer with such a row; it shows for everybody else (`OTHERWISE`)."""
    since = window.end - pd.DateOffset(months=sign.months or 0)
    some = rows[(rows[sign.date] >= since) & (rows[sign.date] < window.end)]
    return _ones(some["officer_id"]) * 0.0


def _no_growth(sign: Sign, rows: pd.DataFrame, window: Window) -> pd.Series:
    """1 or 0 for each officer measured by the end and `months` before it."""
    level, keys = str(sign.level), ["officer_id", str(sign.each)]
    before = rows[rows[sign.date] < window.end].sort_values(sign.date, kind="stable")
    earlier = before[before[sign.date] < window.end - pd.DateOffset(months=sign.months or 0)]
    now, then = (some.groupby(keys)[level].last() for some in (before, earlier))
    grown = (now.reindex(then.index) - then).groupby(level=0).mean().dropna()
    return (grown <= sign.growth).astype("float64")


def _ones(officers: pd.Series) -> pd.Series:
    return pd.Series(1.0, index=pd.Index(officers.unique(), name="officer_id"), dtype="float64")


HOW: Mapping[str, Callable[[Sign, pd.DataFrame, Window], pd.Series]] = {
    "row": _row,
    "run": _run,
    "past_minimum": _past_minimum,
    "without": _without,
    "no_growth": _no_growth,
}
