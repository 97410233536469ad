"""Courses, honours, appraisals, unit and goal of each officer as known before the day of each question.

A row counts when it happened and was known before the day, in the version then valid.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd

from models.post_background import (
    APPRAISAL_YEARS,
    COURSES,
    HONOUR_YEARS,
    NO_GOAL,
    OUTFLOW_DAYS,
    Background,
    goal_code,
    numbers_of,
)
from models.post_histories import PADDING, Array, Catalogue

Frames = Mapping[str, pd.DataFrame]
TABLES = ("course_completions", "honours", "appraisals", "career_goals")
YEAR = 365.25


def course_codes(frames: Frames, until: date) -> dict[str, int]:
    """A number for each course that two officers or more had taken by a day, as known then."""
    rows = frames.get("course_completions")
    if rows is None or rows.empty:
        return {}
    known = rows[rows[["occurred_on", "known_on"]].max(axis=1) <= pd.Timestamp(until)]
    officers = known.groupby("course_id", observed=True)["officer_id"].nunique()
    return {str(name): code for code, name in enumerate(sorted(officers.index[officers >= 2]))}


def background_data(
    frames: Frames, asked: pd.DataFrame, steps: pd.DataFrame, courses: Mapping[str, int], catalogue: Catalogue
) -> Background:
    """One row for each of `asked` (officer_id, started_on: the day of the question, unit_id: where the officer is)."""
    spine = asked[["officer_id"]].assign(row=np.arange(len(asked)), day=asked["started_on"].astype("datetime64[us]"))
    honours = _before(frames, "honours", spine, HONOUR_YEARS * YEAR)
    appraisals = _before(frames, "appraisals", spine, APPRAISAL_YEARS * YEAR)
    count = np.bincount(honours["row"], minlength=len(spine)) if len(honours) else np.zeros(len(spine))
    headcount, outflow = _units(steps, asked["unit_id"], spine["day"])
    score = np.full(len(spine), np.nan)
    if len(appraisals):
        means = appraisals.groupby("row")["score"].mean().astype("float64")
        score[means.index.to_numpy()] = means.to_numpy()
    numbers = numbers_of(count, score, headcount, outflow)
    return Background(_courses(frames, spine, courses), numbers, _goals(frames, spine, catalogue))


def _before(frames: Frames, table: str, spine: pd.DataFrame, days: float | None = None) -> pd.DataFrame:
    """Rows of a table for each row of the spine, known before its day and, with `days`, no older than that."""
    rows = frames.get(table)
    if rows is None or rows.empty:
        return pd.DataFrame({"row": pd.Series(dtype="int64")})
    joined = rows.merge(spine, on="officer_id")
    standing = joined[["occurred_on", "known_on"]].max(axis=1) < joined["day"]
    if "superseded_on" in joined:
        standing &= joined["superseded_on"].isna() | (joined["superseded_on"] >= joined["day"])
    if days is not None:
        standing &= (joined["day"] - joined["occurred_on"]).dt.days <= days
    return joined[standing]


def _courses(frames: Frames, spine: pd.DataFrame, codes: Mapping[str, int]) -> Array:
    """(n, COURSES) the newest distinct courses, the newest first."""
    found = np.full((len(spine), COURSES), PADDING, np.int32)
    rows = _before(frames, "course_completions", spine)
    if rows.empty:
        return found
    rows = rows.assign(code=rows["course_id"].astype(str).map(codes)).dropna(subset=["code"])
    rows = rows.sort_values(["row", "occurred_on", "code"], ascending=[True, False, True], kind="stable")
    rows = rows.drop_duplicates(["row", "code"])
    place = rows.groupby("row").cumcount().to_numpy()
    kept = place < COURSES
    found[rows["row"].to_numpy()[kept], place[kept]] = rows["code"].to_numpy(np.int32)[kept]
    return found


def _goals(frames: Frames, spine: pd.DataFrame, catalogue: Catalogue) -> Array:
    """(n,) the goal stated last."""
    found = np.full(len(spine), NO_GOAL, np.int32)
    rows = _before(frames, "career_goals", spine)
    if rows.empty:
        return found
    last = rows.sort_values(["row", "occurred_on", "goal_kind", "goal"], kind="stable").drop_duplicates(
        "row", keep="last"
    )
    codes = [
        goal_code(str(kind), str(goal), catalogue) for kind, goal in zip(last["goal_kind"], last["goal"], strict=True)
    ]
    found[last["row"].to_numpy()] = codes
    return found


def _units(steps: pd.DataFrame, units: pd.Series, days: pd.Series) -> tuple[Array, Array]:
    """(n,) officers of each unit on the day before, and the share of them that left it in the year to then.

    steps: every posting known by now, with `known_on`; a step counts from the day after it was known.
    """
    told = steps[["started_on", "known_on"]].max(axis=1).to_numpy("datetime64[D]").astype(np.int64)
    unit, officer = steps["unit_id"].to_numpy(object), steps["officer_id"].to_numpy(object)
    same = np.append(officer[1:] == officer[:-1], False)
    moved = np.flatnonzero(same & np.append(unit[1:] != unit[:-1], False))
    starts = np.flatnonzero(~np.insert(same[:-1] & (unit[1:] == unit[:-1]), 0, False)) if len(unit) else moved
    came = {one: np.sort(told[starts][place]) for one, place in _places(unit[starts]).items()}
    went = {one: np.sort(told[moved + 1][place]) for one, place in _places(unit[moved]).items()}
    headcount, outflow, day = (
        np.zeros(len(units)),
        np.zeros(len(units)),
        days.to_numpy("datetime64[D]").astype(np.int64),
    )
    none = np.zeros(0, np.int64)
    for one, rows in _places(units.to_numpy(object)).items():
        left = np.searchsorted(went.get(one, none), day[rows])
        here = np.maximum(np.searchsorted(came.get(one, none), day[rows]) - left, 0)
        year = left - np.searchsorted(went.get(one, none), day[rows] - OUTFLOW_DAYS)
        headcount[rows], outflow[rows] = here, year / np.maximum(here, 1)
    return headcount, outflow


def _places(values: Array) -> dict[object, Array]:
    """The rows of each value that is not null."""
    codes, names = pd.factorize(values)
    order = np.argsort(codes, kind="stable")
    bounds = np.searchsorted(codes[order], np.arange(len(names) + 1))
    return {name: order[bounds[code] : bounds[code + 1]] for code, name in enumerate(names)}
