"""The part of the oracle that reads policy: months over the limit, running loads, least times, training owed.

It shares no code with the features either; the numbers of policy are read from its files, not through its classes.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Protocol

Row = Mapping[str, Any]
DAYS_PER_MONTH = 30.4375


class Standing(Protocol):
    """What is asked of an oracle."""

    @property
    def tables(self) -> Mapping[str, list[dict[str, Any]]]:
        """Rows by table."""

    def stood(self, table: str, day: date, happened: str | None, officer: str | None = None) -> list[Row]:
        """The rows that stood at a day."""


@cache
def told(name: str) -> dict[str, Any]:
    """A file of policy as it is written."""
    return tomllib.loads((files("data_contracts") / "policy" / f"{name}.toml").read_text("utf-8"))


def over_limit(row: Row) -> bool | None:
    """Whether a duty month has as much overtime as strain takes."""
    strain = next(outcome for outcome in told("outcomes")["outcome"] if outcome["name"] == "strain")
    limit = next(sign["at_least"]["overtime_hours"] for sign in strain["signs"] if sign["how"] == "run")
    return None if row["overtime_hours"] is None else bool(row["overtime_hours"] >= limit)


def past_least_time(ladder: str, step: str, days: int) -> float | None:
    """Months past the least time in a step."""
    for known in told("ladders")["ladder"]:
        for one in known["steps"]:
            if (known["code"], one["code"]) == (ladder, step) and "minimum_years" in one:
                return float(days / DAYS_PER_MONTH - 12.0 * one["minimum_years"])
    return None


def duty_load(oracle: Standing, officer: str, day: date) -> dict[str, float | None]:
    """Running loads, and the last three months one by one."""
    answer: dict[str, float | None] = {}
    rows = oracle.stood("duty_months", day, "month", officer)
    for column, load in (("overtime_hours", "overtime_load"), ("nights", "nights_load")):
        known = [(_ago(row["month"], day), row[column]) for row in rows if row[column] is not None]
        total = sum(math.floor(value * 250.0 * 0.75 ** (ago - 1) + 0.5) / 1000.0 for ago, value in known)
        answer[load] = total if "duty_months" in oracle.tables else None
        for month in (1, 2, 3):
            inside = [value for ago, value in known if ago == month]
            answer[f"{column}_{month}_months_ago"] = sum(inside) if inside else None
    return answer


def _ago(month: date, day: date) -> int:
    """How many months back one has to go from `day` to be at `month` or before it."""
    ago = 0
    while (day.year * 12 + day.month - ago, day.day) > (month.year * 12 + month.month, month.day):
        ago += 1
    return ago


def mandated_training(oracle: Standing, officer: str, day: date, track: object) -> dict[str, float | None]:
    """What is lacking, lapsed and overdue of what must be taken."""
    names = (
        "mandated_courses_lacking mandated_courses_overdue mandated_lapse_days days_since_mandated_course "
        "training_rules_overdue"
    )
    if not {"courses", "course_completions"} <= set(oracle.tables):
        return dict.fromkeys(names.split())
    courses = {row["course_id"]: row for row in oracle.stood("courses", day, None)}
    last: dict[str, date] = {}
    for row in oracle.stood("course_completions", day, "occurred_on", officer):
        last[row["course_id"]] = max(last.get(row["course_id"], date.min), row["occurred_on"])
    last = {course: when for course, when in last.items() if course in courses}
    owed = {course: row["valid_months"] * DAYS_PER_MONTH for course, row in courses.items() if _is_owed(row, track)}
    late = [(day - last[course]).days - valid for course, valid in owed.items() if course in last]
    mandated = [when for course, when in last.items() if courses[course]["mandated"]]
    return {
        "mandated_courses_lacking": float(len(owed) - sum(lapse <= 0 for lapse in late)),
        "mandated_courses_overdue": float(len(owed) - sum(lapse <= 60 for lapse in late)),
        "mandated_lapse_days": max(late, default=None),
        "days_since_mandated_course": float((day - max(mandated)).days) if mandated else None,
        "training_rules_overdue": _overdue(courses, last, day, track),
    }


def _is_owed(course: Row, track: object) -> bool:
    rules = [rule for rule in told("training")["rule"] if rule["competency"] == course["competency"]]
    mine = track is None or not rules or any(track in rule["tracks"] for rule in rules)
    return bool(course["mandated"]) and course["valid_months"] is not None and mine


def _overdue(courses: Mapping[str, Row], last: Mapping[str, date], day: date, track: object) -> float | None:
    if track is None:
        return None
    count = 0
    for rule in told("training")["rule"]:
        days = [when for course, when in last.items() if courses[course]["competency"] == rule["competency"]]
        grace = rule["every_months"] * DAYS_PER_MONTH + rule["grace_days"]
        count += track in rule["tracks"] and (not days or (day - max(days)).days > grace)
    return float(count)
