"""What changed in an officer's career that may bring a declined suggestion back: postings, goals, closed gaps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import pandas as pd
import pyarrow.compute as pc

from features.history import History

COLUMNS = ("officer_id", "cause", "since", "item")
TABLES = ("postings", "career_goals", "competency_assessments", "competency_standards")


def history_changes(history: History, officer_ids: Sequence[str], as_of: date) -> pd.DataFrame:
    """`changes` of the rows that the history holds of these officers."""
    there = [name for name in TABLES if name in history.tables()]
    return changes({name: _of(history, name, officer_ids) for name in there}, as_of)


def changes(frames: Mapping[str, pd.DataFrame], as_of: date) -> pd.DataFrame:
    """What changed and was known by `as_of`: officer_id, cause, the day since when it is known, and the item.

    `cause` is posting, goal or closed_gap; `item` is the post whose standard a competency has reached, null where the
    change is about all items. A table that is absent changes nothing.
    """
    parts = [
        _begun(frames.get("postings"), "posting", "started_on", as_of),
        _begun(frames.get("career_goals"), "goal", "occurred_on", as_of),
        _closed(frames.get("competency_assessments"), frames.get("competency_standards"), as_of),
    ]
    some = [part for part in parts if len(part)]
    return pd.concat(some, ignore_index=True) if some else pd.DataFrame(columns=list(COLUMNS))


def _begun(rows: pd.DataFrame | None, cause: str, day: str, as_of: date) -> pd.DataFrame:
    """One change for each thing that began: a row told again, corrected or ended later, is no second one."""
    if rows is None:
        return pd.DataFrame(columns=list(COLUMNS))
    begun = rows.assign(since=rows[[day, "known_on"]].max(axis=1))
    begun = begun[begun["since"] <= pd.Timestamp(as_of)].sort_values("since", kind="stable")
    what = [name for name in ("officer_id", day, "post_id", "unit_id", "goal_kind", "goal") if name in begun]
    return begun.drop_duplicates(what).assign(cause=cause, item=None)[list(COLUMNS)]


def _closed(levels: pd.DataFrame | None, standards: pd.DataFrame | None, as_of: date) -> pd.DataFrame:
    """A gap closes when an assessment reaches a post's standard that the one before did not."""
    if levels is None or standards is None:
        return pd.DataFrame(columns=list(COLUMNS))
    now = pd.Timestamp(as_of)
    asked = standards[standards["known_on"] <= now].sort_values("known_on", kind="stable")
    asked = asked.drop_duplicates(["post_id", "competency"], keep="last")[["post_id", "competency", "standard_level"]]
    told = levels.assign(since=levels[["occurred_on", "known_on"]].max(axis=1))
    told = told[told["since"] <= now].sort_values(["occurred_on", "known_on"], kind="stable")
    told = told.drop_duplicates(["officer_id", "competency", "occurred_on"], keep="last")
    told = told.assign(before=told.groupby(["officer_id", "competency"])["level"].shift())
    met = told.merge(asked, on="competency")
    met = met[(met["level"] >= met["standard_level"]) & (met["before"] < met["standard_level"])]
    return met.assign(cause="closed_gap", item=met["post_id"])[list(COLUMNS)]


def _of(history: History, table: str, officer_ids: Sequence[str]) -> pd.DataFrame:
    """Rows of these officers only, all versions; a table without officers whole."""
    rows = history.dataset(table)
    mine = pc.field("officer_id").isin(list(officer_ids)) if "officer_id" in rows.schema.names else None
    found: pd.DataFrame = rows.to_table(filter=mine).to_pandas()
    return found
