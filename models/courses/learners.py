"""From the records of officers, as known on a day, to what advice on courses looks at.

`records` are contract tables that hold only what was known on the day and of events before it; any may be absent.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

from data_contracts.naming import quoted
from data_contracts.vocabulary import Bilingual
from models.courses.advice import Learner
from models.courses.goals import Goal, GoalPosts
from models.courses.rules import OfferedCourse, PostNeed, Standing

Records = Mapping[str, pd.DataFrame]


def offered_courses(records: Records) -> list[OfferedCourse]:
    """The catalogue, by course id; of a course without a name the id is quoted."""
    table = records.get("courses")
    if table is None:
        return []
    newest = table.sort_values("known_on", kind="stable").drop_duplicates("course_id", keep="last")
    return sorted((_course(row) for row in newest.to_dict("records")), key=lambda one: one.course_id)


def learner_of(goals: GoalPosts, officer_id: str, as_of: date, goal: Goal | None = None) -> Learner:
    """One officer of the records of `goals`; where a table is absent what it would tell is unknown.

    Without a `goal` the stated one counts.
    """
    records = goals.records
    taken = _of(records, "course_completions", officer_id, "occurred_on")
    post = _present_post(records, officer_id)
    aim = goal or _stated(records, officer_id)
    aimed = goals.of(aim, post)
    month = taken[taken["occurred_on"] >= pd.Timestamp(as_of.replace(day=1))] if len(taken) else taken
    return Learner(
        officer_id,
        Standing(as_of, _track(records, officer_id), _last_taken(taken), goals.policy.training),
        post=None if post is None else _need(records, post),
        aim=aim,
        aims=_aims(records, aimed),
        levels=_levels(records, officer_id),
        present=None if post is None else _standards(records, [post]),
        goal=_standards(records, aimed),
        hours_this_month=_hours(records, month),
    )


def _of(records: Records, table: str, officer_id: str, event: str) -> pd.DataFrame:
    """The officer's rows in order; an empty frame without the table."""
    rows = records.get(table)
    if rows is None:
        return pd.DataFrame()
    return rows[rows["officer_id"] == officer_id].sort_values([event, "known_on"], kind="stable")


def _last_taken(taken: pd.DataFrame) -> dict[str, date]:
    if taken.empty:
        return {}
    last = taken.groupby("course_id")["occurred_on"].max()
    return {str(course): day.date() for course, day in last.items()}


def _hours(records: Records, taken: pd.DataFrame) -> float:
    """Hours of the completions, those of the catalogue where a row does not say."""
    if taken.empty:
        return 0.0
    usual = {course.course_id: course.hours for course in offered_courses(records)}
    told = taken["hours"] if "hours" in taken else pd.Series(float("nan"), index=taken.index)
    known = told.astype("float64").fillna(taken["course_id"].map(usual).astype("float64"))
    return float(known.fillna(0.0).sum())


def _track(records: Records, officer_id: str) -> str | None:
    rows = _of(records, "officers", officer_id, "known_on")
    known = rows["track"].dropna() if "track" in rows else rows
    return str(known.iloc[-1]) if len(known) else None


def _present_post(records: Records, officer_id: str) -> str | None:
    rows = _of(records, "postings", officer_id, "started_on")
    return str(rows["post_id"].iloc[-1]) if len(rows) else None


def _need(records: Records, post_id: str) -> PostNeed | None:
    """The course a post requires, None where it requires none."""
    posts = records.get("posts")
    if posts is None or "required_course_id" not in posts:
        return None
    rows = posts[(posts["post_id"] == post_id)].sort_values("known_on", kind="stable")
    if rows.empty or pd.isna(rows["required_course_id"].iloc[-1]):
        return None
    row = rows.iloc[-1]
    return PostNeed(_name(row.to_dict(), post_id), str(row["required_course_id"]))


def _aims(records: Records, goal: list[str]) -> tuple[PostNeed, ...]:
    """The courses that posts require, each once, for the first of them."""
    needs = [need for one in goal if (need := _need(records, one)) is not None]
    return tuple({need.course_id: need for need in reversed(needs)}.values())[::-1]


def _levels(records: Records, officer_id: str) -> dict[str, float]:
    rows = _of(records, "competency_assessments", officer_id, "occurred_on")
    if rows.empty:
        return {}
    last = rows.drop_duplicates("competency", keep="last")
    return {str(name): float(level) for name, level in zip(last["competency"], last["level"], strict=True)}


def _stated(records: Records, officer_id: str) -> Goal | None:
    """The goal stated last, None where none was."""
    rows = _of(records, "career_goals", officer_id, "occurred_on")
    return None if rows.empty else (str(rows["goal_kind"].iloc[-1]), str(rows["goal"].iloc[-1]))


def _standards(records: Records, posts: list[str]) -> dict[str, float]:
    """The standard of each competency; of several posts the lowest, which is where one enters."""
    table = records.get("competency_standards")
    if table is None or not posts:
        return {}
    newest = table.sort_values("known_on", kind="stable").drop_duplicates(["post_id", "competency"], keep="last")
    own = newest[newest["post_id"].isin(posts)].groupby("competency")["standard_level"].min()
    return {str(name): float(level) for name, level in own.items()}


def _course(row: Mapping[Any, Any]) -> OfferedCourse:
    code = str(row["course_id"])
    told = {name: row.get(name) for name in ("competency", "mandated", "hours", "issued_on", "valid_months")}
    known = {name: None if pd.isna(value) else value for name, value in told.items()}
    return OfferedCourse(
        code,
        _name(row, code),
        None if known["competency"] is None else str(known["competency"]),
        bool(known["mandated"]),
        None if known["hours"] is None else float(known["hours"]),
        None if known["issued_on"] is None else known["issued_on"].date(),
        None if known["valid_months"] is None else int(known["valid_months"]),
    )


def _name(row: Mapping[Any, Any], code: str) -> Bilingual:
    known = [str(row[name]) for name in ("name_zh", "name_en") if not pd.isna(row.get(name))]
    return Bilingual(known[0], known[-1]) if known else quoted(code)
