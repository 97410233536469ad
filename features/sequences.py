"""Ordered histories: the posts an officer held, and the courses taken day by day.

A sequence has one row a step. Every step carries `known_on`, so that a caller standing at `as_of` can keep
to what was known by then; nothing here looks at a later row to change an earlier one.
"""

from __future__ import annotations

from datetime import date

import pandas as pd

from features.versions import valid_at

POSTING_COLUMNS = ("officer_id", "post_id", "unit_id", "started_on", "known_on", "rank_step", "position")
COURSE_COLUMNS = ("officer_id", "occurred_on", "course_ids", "known_on", "position")


def posting_sequences(postings: pd.DataFrame, as_of: date | None = None) -> pd.DataFrame:
    """The posts of each officer in order, one row a step; `position` 0 is history, never a move.

    Rows are sorted by start, then `known_on`, then post, and consecutive equal posts are one step that
    starts with the first of them. Of several rows on one day each is a step, and the last known, being
    last, is the post the officer is left with: this is the reading that gives the counts published with
    the data (dropping the others would take 1,632 of New York's 13,390 training moves away).

    With `as_of`, only rows that had started before that day and were known by it, in the version then valid.

    >>> day = pd.Timestamp
    >>> rows = pd.DataFrame({"officer_id": ["a"] * 3, "post_id": ["p", "p", "q"], "unit_id": ["u"] * 3,
    ...     "started_on": [day("2020-01-01"), day("2021-01-01"), day("2022-01-01")],
    ...     "known_on": [day("2020-01-01"), day("2021-01-01"), day("2022-01-01")]})
    >>> posting_sequences(rows)[["post_id", "position"]].values.tolist()
    [['p', 0], ['q', 1]]
    >>> posting_sequences(rows, date(2022, 1, 1))["post_id"].tolist()
    ['p']
    """
    rows = _valid_versions(postings, "started_on", as_of)
    if "rank_step" not in rows:
        rows = rows.assign(rank_step=None)
    rows = rows.sort_values(["officer_id", "started_on", "known_on", "post_id", "unit_id"], kind="stable")
    before = rows.groupby("officer_id", sort=False)["post_id"].shift()
    steps = rows[before.isna() | (rows["post_id"] != before).fillna(True)].reset_index(drop=True)
    steps["position"] = steps.groupby("officer_id", sort=False).cumcount().astype("Int64")
    return steps[list(POSTING_COLUMNS)].astype({"rank_step": "string"})


def course_sequences(completions: pd.DataFrame, as_of: date | None = None) -> pd.DataFrame:
    """The sets of courses each officer took for the first time, one row a day; a repeat is not a step.

    `course_ids` is a sorted tuple, `known_on` the day the last of them became known.

    >>> day = pd.Timestamp("2020-01-01")
    >>> rows = pd.DataFrame({"officer_id": ["a"] * 3, "course_id": ["y", "x", "x"],
    ...     "occurred_on": [day, day, day + pd.DateOffset(years=1)], "known_on": [day] * 3})
    >>> course_sequences(rows)["course_ids"].tolist()
    [('x', 'y')]
    """
    rows = _valid_versions(completions, "occurred_on", as_of)
    rows = rows.sort_values(["officer_id", "occurred_on", "course_id", "known_on"], kind="stable")
    first = rows.drop_duplicates(["officer_id", "course_id"])
    days = first.groupby(["officer_id", "occurred_on"], sort=True, as_index=False).agg(
        course_ids=("course_id", tuple), known_on=("known_on", "max")
    )
    days["position"] = days.groupby("officer_id", sort=False).cumcount().astype("Int64")
    return days[list(COURSE_COLUMNS)]


def _valid_versions(rows: pd.DataFrame, event: str, as_of: date | None) -> pd.DataFrame:
    """The newest versions, or with `as_of` those valid then of events before it."""
    if "superseded_on" not in rows:
        rows = rows.assign(superseded_on=pd.Series(pd.NaT, index=rows.index, dtype="datetime64[us]"))
    if as_of is None:
        return rows[rows["superseded_on"].isna() & rows[event].notna()]
    return valid_at(rows[rows[event] < pd.Timestamp(as_of)], as_of)
