"""Points that steps would earn: the published rules on the records as they would be a full year after each step.

All steps of a request are counted together: an officer with one more posting stands there once for each step, under a
number of its own, so that the rules are read twice for the request and not twice for every step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from data_contracts.asof import add_months
from data_contracts.decisions import PointsRule
from models.eligibility.rules import Post
from models.points.lines import tables_needed, totals
from serving.paths.record import Frames

PASSED = 100.0  # a course on a path is thought to be passed


@dataclass(frozen=True)
class EarningStep:
    """An officer takes up a post on the day, after the courses that the step asks for."""

    officer_id: str
    post: Post
    courses: tuple[str, ...]


def earned(frames: Frames, steps: Sequence[EarningStep], rules: Sequence[PointsRule], start: date) -> list[float]:
    """Points of each step, in order: what a year in the post and its courses add by rule, not less than none."""
    if not steps:
        return []
    after = add_months(start, 12) + timedelta(days=1)
    known = _staying({name: frames[name] for name in tables_needed(rules) if name in frames}, start)
    officers = list(dict.fromkeys(step.officer_id for step in steps))
    before = totals(known, officers, rules, after)["total"]
    keys = [str(number) for number in range(len(steps))]
    then = totals(_with_steps(known, steps, start), keys, rules, after)["total"]
    return [
        max(0.0, round(float(then[key]) - float(before[step.officer_id]), 2))
        for key, step in zip(keys, steps, strict=True)
    ]


def _staying(frames: dict[str, pd.DataFrame], start: date) -> dict[str, pd.DataFrame]:
    """The records with every open posting ended on the day."""
    if "postings" in frames:
        rows = frames["postings"]
        frames["postings"] = rows.assign(ended_on=rows["ended_on"].mask(rows["ended_on"].isna(), pd.Timestamp(start)))
    return frames


def _with_steps(frames: Frames, steps: Sequence[EarningStep], start: date) -> Mapping[str, pd.DataFrame]:
    """The records of one officer for each step, under its number, as if it had been taken."""
    asked = pd.DataFrame({"officer_id": [step.officer_id for step in steps]}).astype("string")
    asked["key"] = pd.Series([str(number) for number in range(len(steps))], dtype="string")
    found = {name: _copied(rows, asked) for name, rows in frames.items()}
    rows = frames.get("postings")
    if rows is None or rows.empty:
        return found
    last = rows.drop_duplicates("officer_id", keep="last").set_index("officer_id")
    standing = [(number, step) for number, step in enumerate(steps) if step.officer_id in last.index]
    found["postings"] = _more(found["postings"], _postings(last, standing, frames.get("units"), start))
    if "course_completions" in found:
        found["course_completions"] = _more(found["course_completions"], _completions(standing, start))
    return found


def _copied(rows: pd.DataFrame, asked: pd.DataFrame) -> pd.DataFrame:
    if "officer_id" not in rows:
        return rows
    both = asked.merge(rows, on="officer_id", sort=False)
    return both.drop(columns="officer_id").rename(columns={"key": "officer_id"})[list(rows.columns)]


def _postings(
    last: pd.DataFrame, steps: Sequence[tuple[int, EarningStep]], units: pd.DataFrame | None, start: date
) -> pd.DataFrame:
    """The new posting of each step, in a unit of the level of its post, everything else as in the last one."""
    rows = last.loc[[step.officer_id for _, step in steps]].reset_index(drop=True)
    levels = {} if units is None else units.drop_duplicates("unit_level").set_index("unit_level")["unit_id"].to_dict()
    rows["officer_id"] = [str(number) for number, _ in steps]
    rows["post_id"] = [step.post.post_id for _, step in steps]
    rows["unit_id"] = [levels.get(step.post.unit_level) for _, step in steps]
    rows["started_on"], rows["ended_on"] = pd.Timestamp(start), pd.NaT
    return rows


def _completions(steps: Sequence[tuple[int, EarningStep]], start: date) -> pd.DataFrame:
    pairs = [(str(number), course) for number, step in steps for course in step.courses]
    rows = pd.DataFrame(pairs, columns=["officer_id", "course_id"])
    return rows.assign(occurred_on=pd.Timestamp(start), known_on=pd.Timestamp(start), score=PASSED)


def _more(rows: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    if new.empty:
        return rows
    return pd.concat([rows, new.reindex(columns=rows.columns).astype(rows.dtypes)], ignore_index=True)
