"""What is known of officers beside the posts they held: courses, honours, appraisals, their unit, and the stated goal.

Training asks on the day of each move, a request on one day for everybody; both count with the code that stands here.
A row counts when it happened before the day asked about and was known by `known_until`, in the version valid then.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Frames = Mapping[str, pd.DataFrame]
Days = NDArray[np.int64]  # since 1970
Figures = NDArray[np.float64]
TABLES = ("course_completions", "honours", "appraisals", "career_goals")
COLUMNS = (
    "officer_id", "day", "courses", "honours", "appraisal", "headcount", "outflow", "goal_kind", "goal",
)  # fmt: skip
HONOUR_YEARS, APPRAISAL_YEARS, OUTFLOW_DAYS = 3, 2, 365
YEAR = 365.25


@dataclass(frozen=True)
class UnitMoves:
    """The days, in order, on which officers were known to come to each unit and to go from it to another."""

    came: Mapping[object, Days]
    went: Mapping[object, Days]

    @classmethod
    def of(cls, steps: pd.DataFrame) -> UnitMoves:
        """From posting sequences of everybody (features/sequences.py); a step counts once it began and was known."""
        told = _days(steps[["started_on", "known_on"]].max(axis=1))
        unit, officer = steps["unit_id"].to_numpy(object), steps["officer_id"].to_numpy(object)
        same = np.append(officer[1:] == officer[:-1], False)
        moved = np.flatnonzero(same & np.append(unit[1:] != unit[:-1], False))
        starts = np.flatnonzero(~np.insert(same[:-1] & (unit[1:] == unit[:-1]), 0, False)) if len(unit) else moved
        return cls(
            {one: np.sort(told[starts][place]) for one, place in _places(unit[starts]).items()},
            {one: np.sort(told[moved + 1][place]) for one, place in _places(unit[moved]).items()},
        )

    def at(self, units: NDArray[np.object_], days: Days, known_until: Days) -> tuple[Figures, Figures]:
        """(n,) officers of each unit as known on `known_until`, and the share of them that left it in the year before
        the day; zeros for a null or unheard unit."""
        headcount, outflow = np.zeros(len(units)), np.zeros(len(units))
        none = np.zeros(0, np.int64)
        for one, rows in _places(units).items():
            went, until = self.went.get(one, none), known_until[rows] + 1
            left = np.searchsorted(went, until)
            here = np.maximum(np.searchsorted(self.came.get(one, none), until) - left, 0)
            year = left - np.searchsorted(went, days[rows] - OUTFLOW_DAYS)
            headcount[rows], outflow[rows] = here, year / np.maximum(here, 1)
        return headcount, outflow


def background_frame(
    frames: Frames, asked: pd.DataFrame, moves: UnitMoves, courses: Collection[str] | None = None
) -> pd.DataFrame:
    """One row for each row of `asked`, in its order, with COLUMNS.

    asked: officer_id, day, known_until, unit_id (where the officer is, null unknown); courses: the only ones to tell.
    `courses` are lists of ids, each once, the newest first; `honours` of three years; `appraisal` the mean score of
    two, NaN unknown; `headcount` and `outflow` of the unit; `goal_kind` and `goal` stated last, None where none was.

    >>> day = pd.Timestamp("2020-01-01")
    >>> taken = pd.DataFrame({"officer_id": ["a", "a"], "course_id": ["law", "late"],
    ...     "occurred_on": [day] * 2, "known_on": [day, day + pd.DateOffset(years=9)]})
    >>> asked = pd.DataFrame({"officer_id": ["a", "b"], "day": [pd.Timestamp("2021-01-01")] * 2,
    ...     "known_until": [pd.Timestamp("2021-01-01")] * 2, "unit_id": [None, None]})
    >>> background_frame({"course_completions": taken}, asked, UnitMoves({}, {}))["courses"].tolist()
    [['law'], []]
    """
    spine = pd.DataFrame(
        {
            "officer_id": asked["officer_id"].to_numpy(object),
            "row": np.arange(len(asked)),
            "day": asked["day"].to_numpy("datetime64[us]"),
            "known_until": asked["known_until"].to_numpy("datetime64[us]"),
        }
    )
    honours = _standing(frames, "honours", spine, HONOUR_YEARS * YEAR)
    kinds, goals = _goals(frames, spine)
    units = asked["unit_id"].astype(object)
    headcount, outflow = moves.at(
        units.where(units.notna(), None).to_numpy(object), _days(spine["day"]), _days(spine["known_until"])
    )
    return pd.DataFrame(
        {
            "officer_id": spine["officer_id"],
            "day": spine["day"],
            "courses": pd.Series(_courses(frames, spine, courses), dtype=object),
            "honours": np.bincount(honours["row"], minlength=len(spine)),
            "appraisal": _appraisal(frames, spine),
            "headcount": headcount,
            "outflow": outflow,
            "goal_kind": pd.Series(kinds, dtype=object),
            "goal": pd.Series(goals, dtype=object),
        }
    )


def _standing(frames: Frames, table: str, spine: pd.DataFrame, days: float | None = None) -> pd.DataFrame:
    """Rows of a table for each row of the spine that stood on its day and, with `days`, are no older than that."""
    rows = frames.get(table)
    if rows is None or rows.empty:
        return pd.DataFrame({"row": pd.Series(dtype="int64")})
    joined = rows.merge(spine, on="officer_id")
    standing = (joined["occurred_on"] < joined["day"]) & (joined["known_on"] <= joined["known_until"])
    if "superseded_on" in joined:
        standing &= joined["superseded_on"].isna() | (joined["superseded_on"] > joined["known_until"])
    if days is not None:
        standing &= (joined["day"] - joined["occurred_on"]).dt.days <= days
    return joined[standing]


def _appraisal(frames: Frames, spine: pd.DataFrame) -> Figures:
    score = np.full(len(spine), np.nan)
    rows = _standing(frames, "appraisals", spine, APPRAISAL_YEARS * YEAR)
    if len(rows):
        means = rows.groupby("row")["score"].mean().astype("float64")
        score[means.index.to_numpy()] = means.to_numpy()
    return score


def _courses(frames: Frames, spine: pd.DataFrame, known: Collection[str] | None) -> list[list[str]]:
    """Distinct courses of each row, the newest first, of one day in order of id."""
    if known is not None and "course_completions" in frames:
        rows = frames["course_completions"]
        frames = {"course_completions": rows[rows["course_id"].isin(list(known)).to_numpy(bool)]}
    rows = _standing(frames, "course_completions", spine)
    if rows.empty:
        return [[] for _ in range(len(spine))]
    rows = rows.assign(course_id=rows["course_id"].astype(str))
    rows = rows.sort_values(["row", "occurred_on", "course_id"], ascending=[True, False, True], kind="stable")
    rows = rows.drop_duplicates(["row", "course_id"])
    bounds = np.searchsorted(rows["row"].to_numpy(), np.arange(len(spine) + 1))
    names = rows["course_id"].tolist()
    return [names[begin:end] for begin, end in pairwise(bounds)]


def _goals(frames: Frames, spine: pd.DataFrame) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """(n,) kind and code of the goal stated last; of several of one day the one known, then delivered, last."""
    kinds, goals = np.full(len(spine), None, object), np.full(len(spine), None, object)
    rows = _standing(frames, "career_goals", spine)
    if len(rows):
        ordered = rows.sort_values(["row", "occurred_on", "known_on"], kind="stable")
        last = ordered.drop_duplicates("row", keep="last")
        kinds[last["row"].to_numpy()] = last["goal_kind"].astype(str).to_numpy(object)
        goals[last["row"].to_numpy()] = last["goal"].astype(str).to_numpy(object)
    return kinds, goals


def _days(dates: pd.Series) -> Days:
    return dates.to_numpy("datetime64[D]").astype(np.int64)


def _places(values: NDArray[np.object_]) -> dict[object, NDArray[np.int64]]:
    """The rows of each value that is not null."""
    codes, names = pd.factorize(values)
    order = np.argsort(codes, kind="stable")
    bounds = np.searchsorted(codes[order], np.arange(len(names) + 1))
    return {name: order[bounds[code] : bounds[code + 1]] for code, name in enumerate(names)}
