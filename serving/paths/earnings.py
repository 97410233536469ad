"""Points that steps would earn: the published rules on the records as they would be a full year after each step.

A step stands on the path before it: on its own expected day, after the courses and the years in post of the earlier
steps, with every cap and expiry as it is then. All ways of a request are counted together: an officer stands there
once with a step and once without it, under numbers of their own, so that the rules are read once for all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from data_contracts.asof import add_months
from data_contracts.decisions import PointsRule
from models.eligibility.rules import Post
from models.points.lines import tables_needed, totals_on
from serving.paths.record import Frames

PASSED = 100.0  # a course on a path is thought to be passed


@dataclass(frozen=True)
class EarningStep:
    """A post is taken up on the day, after the courses that the step asks for: on that day, or on the day by which one
    must be taken (`by`) where that is earlier."""

    post: Post
    courses: tuple[str, ...]
    on: date
    by: tuple[tuple[str, date], ...] = ()

    def taken_on(self, course: str) -> date:
        """The day on which a course of the step is thought to be taken."""
        return min(self.on, dict(self.by).get(course, self.on))


@dataclass(frozen=True)
class EarningWay:
    """The steps of an officer's path up to one of them, in order: it is the last that is counted."""

    officer_id: str
    steps: tuple[EarningStep, ...]


@dataclass(frozen=True)
class _Then:
    """An officer under a number of its own, after some steps; `until` is when the last post is left, None if never."""

    key: str
    officer_id: str
    steps: tuple[EarningStep, ...]
    leaves: date  # what is held today
    until: date | None = None

    @property
    def ends(self) -> tuple[date | None, ...]:
        """When each of the steps ends: the next one begins."""
        return (*(step.on for step in self.steps[1:]), self.until)


def earned(frames: Frames, ways: Sequence[EarningWay], rules: Sequence[PointsRule]) -> list[float]:
    """Points of the last step of each way, in order: what a year in its post and its courses add by rule to what the
    way has earned by then, not less than none."""
    if not ways:
        return []
    known = {name: frames[name] for name in tables_needed(rules) if name in frames}
    after = {place: add_months(way.steps[-1].on, 12) + timedelta(days=1) for place, way in enumerate(ways)}
    standing = [then for place, way in enumerate(ways) for then in _with_and_without(place, way)]
    days = {then.key: after[int(then.key.rstrip("-"))] for then in standing}
    total = totals_on(_as_they_would_be(known, standing), days, rules)
    return [max(0.0, round(total[f"{place}"] - total[f"{place}-"], 2)) for place in range(len(ways))]


def _with_and_without(place: int, way: EarningWay) -> tuple[_Then, _Then]:
    """The officer who takes the last step, and who leaves the post before on that day and takes none."""
    first, last = way.steps[0].on, way.steps[-1].on
    return (
        _Then(f"{place}", way.officer_id, way.steps, first),
        _Then(f"{place}-", way.officer_id, way.steps[:-1], first, last),
    )


def _as_they_would_be(frames: Frames, standing: Sequence[_Then]) -> Mapping[str, pd.DataFrame]:
    """The records of each officer under its number, with the steps taken."""
    asked = pd.DataFrame({"officer_id": [one.officer_id for one in standing]}).astype("string")
    asked["key"] = pd.Series([one.key for one in standing], dtype="string")
    asked["leaves"] = pd.to_datetime([one.leaves for one in standing])
    rows = frames.get("postings")
    if rows is not None and not rows.empty:
        frames = {**frames, "postings": rows.assign(still=rows["ended_on"].isna())}
    found = {name: _copied(some, asked) for name, some in frames.items()}
    if rows is None or rows.empty:
        return found
    last = rows.drop_duplicates("officer_id", keep="last").set_index("officer_id")
    moving = [one for one in standing if one.officer_id in last.index and one.steps]
    found["postings"] = _more(found["postings"], _postings(last, moving, frames.get("units")))
    if "course_completions" in found:
        found["course_completions"] = _more(found["course_completions"], _completions(moving))
    return found


def _copied(rows: pd.DataFrame, asked: pd.DataFrame) -> pd.DataFrame:
    """The rows of an officer for each number, open postings ended on the day of the first step."""
    if "officer_id" not in rows:
        return rows
    both = asked.merge(rows, on="officer_id", sort=False)
    both = both.drop(columns="officer_id").rename(columns={"key": "officer_id"})
    if "still" not in both:
        return both[list(rows.columns)]
    ended = both["ended_on"].mask(both["still"], both["leaves"].astype(both["ended_on"].dtype))
    return both.assign(ended_on=ended)[[name for name in rows.columns if name != "still"]]


def _postings(last: pd.DataFrame, moving: Sequence[_Then], units: pd.DataFrame | None) -> pd.DataFrame:
    """The postings of the steps, in a unit of the level of each post, everything else as in the last one."""
    steps = [(one, step, end) for one in moving for step, end in zip(one.steps, one.ends, strict=True)]
    rows = last.loc[[one.officer_id for one, _, _ in steps]].reset_index(drop=True)
    levels = {} if units is None else units.drop_duplicates("unit_level").set_index("unit_level")["unit_id"].to_dict()
    rows["officer_id"] = [one.key for one, _, _ in steps]
    rows["post_id"] = [step.post.post_id for _, step, _ in steps]
    rows["unit_id"] = [levels.get(step.post.unit_level) for _, step, _ in steps]
    rows["started_on"] = pd.to_datetime([step.on for _, step, _ in steps])
    rows["ended_on"] = pd.to_datetime(pd.Series([end for _, _, end in steps], dtype=object))
    return rows


def _completions(moving: Sequence[_Then]) -> pd.DataFrame:
    """The courses of each step, on the day that it is expected or the last of their offer."""
    taken = [
        (one.key, course, step.taken_on(course)) for one in moving for step in one.steps for course in step.courses
    ]
    rows = pd.DataFrame(taken, columns=["officer_id", "course_id", "occurred_on"])
    days = pd.to_datetime(rows["occurred_on"])
    return rows.assign(occurred_on=days, known_on=days, score=PASSED)


def _more(rows: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    if new.empty:
        return rows
    return pd.concat([rows, new.reindex(columns=rows.columns).astype(rows.dtypes)], ignore_index=True)
