"""What a night knows of officers as learners: what each took and until when it counts, post, rank, and open gaps."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from data_contracts.policy import policy
from features.history import History
from models.holding import held_postings
from models.risk.course_book import Learner, OpenGap, Taking

TAKEN = pa.schema(
    [("officer_id", pa.string()), ("course_id", pa.string()), ("taken_on", pa.date32()), ("lapses_on", pa.date32())]
)
GAPS = ("competency", "level", "standard")
KNOWN = pa.schema(
    [
        ("officer_id", pa.string()),
        ("job_family", pa.string()),
        ("track", pa.string()),
        ("step", pa.int16()),
        ("gaps", pa.list_(pa.struct([(GAPS[0], pa.string()), (GAPS[1], pa.float64()), (GAPS[2], pa.float64())]))),
    ]
)


class Learners:
    """Two tables in order of officer, asked one officer at a time."""

    def __init__(self, taken: pa.Table, known: pa.Table) -> None:
        """Of `TAKEN` and `KNOWN`; of a run from before lapses were published every pair is still held."""
        missing = [one for one in TAKEN if one.name not in taken.column_names]
        for one in missing:
            taken = taken.append_column(one, pa.nulls(len(taken), one.type))
        self.taken = taken.sort_by([("officer_id", "ascending"), ("course_id", "ascending")])
        self.known = known.sort_by("officer_id")
        self._taken_of, self._known_of = (
            one["officer_id"].to_numpy(zero_copy_only=False) for one in (self.taken, self.known)
        )

    def __call__(self, officer_id: str) -> Learner:
        """What is known of an officer; of who is not in the tables nothing."""
        taken = {row["course_id"]: Taking(row["taken_on"], row["lapses_on"])
                 for row in _rows(self.taken, self._taken_of, officer_id)}  # fmt: skip
        for row in _rows(self.known, self._known_of, officer_id):
            gaps = {gap["competency"]: OpenGap(gap["level"], gap["standard"]) for gap in row["gaps"] or ()}
            return Learner(row["job_family"], row["track"], row["step"], gaps, taken)
        return Learner(taken=taken)


def _rows(table: pa.Table, officers: Any, officer_id: str) -> list[dict[str, Any]]:
    first, last = (int(np.searchsorted(officers, officer_id, side)) for side in ("left", "right"))
    rows: list[dict[str, Any]] = table.slice(first, last - first).to_pylist() if last > first else []
    return rows


def standing(history: History, table: str, columns: list[str], as_of: date) -> pd.DataFrame:
    """The rows of a table that stood at a day (design.md: as-of truth); none of a table that there is not."""
    if table not in history.tables():
        return pd.DataFrame({name: pd.Series(dtype=object) for name in columns})
    rows, day = history.frame(table, columns), pd.Timestamp(as_of)
    there = (rows["known_on"] <= day) & (rows["superseded_on"].isna() | (rows["superseded_on"] > day))
    for event in ("occurred_on", "started_on"):
        if event in rows.columns:
            there &= rows[event] < day
    found: pd.DataFrame = rows[there]
    return found


def taken_table(taken: pd.DataFrame, courses: pd.DataFrame) -> pa.Table:
    """`TAKEN` of completions (officer_id, course_id, occurred_on): the last of each, and the day it lapses."""
    if taken.empty:
        return TAKEN.empty_table()
    last = taken.groupby(["officer_id", "course_id"], as_index=False, observed=True)["occurred_on"].max()
    months = last["course_id"].map(courses.set_index("course_id")["valid_months"].astype("Float64"))
    lapses = pd.Series(pd.NaT, index=last.index, dtype="datetime64[us]")
    for length in months.dropna().unique():
        own = (months == length).fillna(False).to_numpy(bool)
        lapses[own] = last.loc[own, "occurred_on"] + pd.DateOffset(months=int(length))
    columns = {
        "officer_id": last["officer_id"].astype(object),
        "course_id": last["course_id"].astype(object),
        "taken_on": last["occurred_on"].dt.date,
        "lapses_on": lapses.dt.date,
    }
    arrays = {one.name: pa.array(columns[one.name], one.type, from_pandas=True) for one in TAKEN}
    return pa.table(arrays)


def present_posts(history: History, as_of: date) -> pd.DataFrame:
    """The newest post of each officer that has not ended: officer_id, post_id, rank_step, job_family, track, ..."""
    columns = ["officer_id", "post_id", "rank_step", "started_on", "ended_on", "known_on"]
    rows = standing(history, "postings", columns, as_of)
    if rows.empty:
        return rows.assign(job_family=pd.Series(dtype=object), track=pd.Series(dtype=object))
    return held_postings(rows, as_of).drop(columns="known_on").merge(posts_at(history, as_of), on="post_id", how="left")


def posts_at(history: History, as_of: date) -> pd.DataFrame:
    """post_id, job_family, track, min_rank_step, required_course_id of each post."""
    columns = ["post_id", "job_family", "track", "min_rank_step", "required_course_id", "known_on"]
    rows = standing(history, "posts", columns, as_of).sort_values("known_on", kind="stable")
    return rows.drop_duplicates("post_id", keep="last")[columns[:-1]]


def known_table(history: History, posts: pd.DataFrame, as_of: date) -> pa.Table:
    """`KNOWN` of the officers that hold a post."""
    gaps = _open_gaps(history, posts, as_of)
    rows = [
        {
            "officer_id": str(row.officer_id),
            "job_family": _text(row.job_family),
            "track": _text(row.track),
            "step": step_of(_text(row.track), _text(row.rank_step)),
            "gaps": gaps.get(str(row.officer_id), []),
        }
        for row in posts.itertuples()
    ]
    return pa.Table.from_pylist(rows, KNOWN)


def step_of(track: str | None, step: str | None) -> int | None:
    """The place of a step on the ladder of its track, from 0; None where either is not policy's.

    >>> step_of("enforcement", "四级警长"), step_of("enforcement", "SERGEANT"), step_of(None, None)
    (2, None, None)
    """
    if track is None or step is None or policy().step(track, step) is None:
        return None
    return policy().ladder(track).position(step)


def _open_gaps(history: History, posts: pd.DataFrame, as_of: date) -> dict[str, list[dict[str, Any]]]:
    """By officer, the competencies whose last level lies below the standard of the present post, by policy's least."""
    levels = standing(
        history, "competency_assessments", ["officer_id", "competency", "occurred_on", "level", "known_on"], as_of
    )
    standards = standing(history, "competency_standards", ["post_id", *GAPS[:1], "standard_level", "known_on"], as_of)
    if levels.empty or standards.empty or posts.empty:
        return {}
    last = levels.sort_values(["occurred_on", "known_on"], kind="stable").drop_duplicates(
        ["officer_id", "competency"], keep="last"
    )
    newest = standards.sort_values("known_on", kind="stable").drop_duplicates(["post_id", "competency"], keep="last")
    both = (
        last[["officer_id", "competency", "level"]]
        .merge(posts[["officer_id", "post_id"]], on="officer_id")
        .merge(newest[["post_id", "competency", "standard_level"]], on=["post_id", "competency"])
    )
    short = both["standard_level"] - both["level"] >= policy().courses.gap.least_gap - 1e-9
    found: dict[str, list[dict[str, Any]]] = {}
    for row in both[short].sort_values(["officer_id", "competency"]).to_dict("records"):
        gap = dict(zip(GAPS, (str(row["competency"]), float(row["level"]), float(row["standard_level"])), strict=True))
        found.setdefault(str(row["officer_id"]), []).append(gap)
    return found


def _text(value: Any) -> str | None:
    return None if pd.isna(value) else str(value)
