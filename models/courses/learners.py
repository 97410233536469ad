"""From the records of officers, as known on a day, to what advice on courses looks at.

`records` are contract tables that hold only what was known on the day and of events before it; any may be absent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from data_contracts.asof import last_known
from data_contracts.remembering import of_tables
from models.courses.advice import Learner
from models.courses.aims import GoalReadings, KnownLifts, name_of, nobody_tells, post_needs, standards_of
from models.courses.goals import Goal, GoalPosts
from models.courses.rules import Due, OfferedCourse, PostNeed, Standing, due_courses
from models.courses.ways import WentOn
from models.holding import held_postings, track_of, tracks_of_posts
from models.service_end import service_end
from models.stated_goals import StatedGoal, stated_goals

Records = Mapping[str, pd.DataFrame]


def offered_courses(records: Records) -> list[OfferedCourse]:
    """The catalogue, by course id; of a course without a name the id is quoted."""
    return list(_catalogue(records))


@of_tables("courses")
def _catalogue(records: Records) -> tuple[OfferedCourse, ...]:
    table = records.get("courses")
    if table is None:
        return ()
    newest = last_known(table, "course_id")
    return tuple(sorted((_course(row) for row in newest.to_dict("records")), key=lambda one: one.course_id))


ORDERS = {
    "course_completions": "occurred_on", "officers": "known_on", "competency_assessments": "occurred_on",
}  # fmt: skip


@dataclass(frozen=True)
class Readings:
    """The records of the officers of one request, sorted once and cut by officer."""

    goals: GoalPosts
    went_on: Callable[[], WentOn | None] = nobody_tells
    lifts: KnownLifts | None = None

    def learner(self, officer_id: str, as_of: date, goal: Goal | None = None) -> Learner:
        """One officer; where a table is absent what it would tell is unknown.

        Without a `goal` the stated one counts, until its term is over.
        """
        records = self.goals.records
        taken = self._of("course_completions", officer_id)
        post = self._posts_held(as_of).get(officer_id)
        stated = None if goal else self._goals.get(officer_id)
        lapsed = stated if stated is not None and stated.over(as_of) else None
        aim = goal if stated is None else None if lapsed else stated.code
        aimed = self._aimed.aimed(officer_id, as_of, aim, post, self._until(officer_id, as_of, stated))
        month = taken[taken["occurred_on"] >= pd.Timestamp(as_of.replace(day=1))] if len(taken) else taken
        return Learner(
            officer_id,
            self._standing(officer_id, as_of),
            post=self._post_need(officer_id, as_of),
            aim=aim,
            lapsed=lapsed,
            barred=aimed.barred,
            way=aimed.way,
            evidence=aimed.evidence,
            opening=aimed.opening,
            aims=aimed.aims,
            levels=self._levels(officer_id),
            present=None if post is None else standards_of(records, [post]),
            goal=aimed.goal,
            ruled=aimed.ruled,
            hours_this_month=_hours(records, month),
        )

    @cached_property
    def _aimed(self) -> GoalReadings:
        return GoalReadings(self.goals, self.went_on, self.lifts)

    def _until(self, officer_id: str, as_of: date, stated: StatedGoal | None) -> date | None:
        """By when a goal is to be reached: the end of its term where it is on record, and of service at the latest."""
        end = service_end(None, self.entered_on(officer_id), self.goals.policy.paths).on
        days = [day for day in (end, None if stated is None else stated.ends_on) if day is not None and day >= as_of]
        return min(days, default=None)

    def due(self, officer_id: str, as_of: date) -> list[Due]:
        """What rules require of one officer now, as advice on courses has it: the longest overdue first."""
        standing, post = self._standing(officer_id, as_of), self._post_need(officer_id, as_of)
        return due_courses(standing, offered_courses(self.goals.records), post, self.goals.policy.courses)

    def _standing(self, officer_id: str, as_of: date) -> Standing:
        return Standing(
            as_of,
            self._track(officer_id, self._posts_held(as_of).get(officer_id)),
            _last_taken(self._of("course_completions", officer_id)),
            self.goals.policy.training,
            self.entered_on(officer_id),
        )

    def _post_need(self, officer_id: str, as_of: date) -> PostNeed | None:
        post = self._posts_held(as_of).get(officer_id)
        return None if post is None else post_needs(self.goals.records).get(post)

    @cached_property
    def _rows(self) -> Mapping[str, tuple[pd.DataFrame, Mapping[str, slice]]]:
        """Each table of officers in order, and where the rows of each officer stand."""
        found = {}
        for table, event in ORDERS.items():
            if table in self.goals.records:
                rows = self.goals.records[table].sort_values(["officer_id", event, "known_on"], kind="stable")
                ids = rows["officer_id"].astype(str).to_numpy(object)
                starts = np.flatnonzero(np.append(True, ids[1:] != ids[:-1])) if len(ids) else np.array([], int)
                ends = np.append(starts[1:], len(ids))
                found[table] = rows, {str(ids[a]): slice(int(a), int(b)) for a, b in zip(starts, ends, strict=False)}
        return found

    def _of(self, table: str, officer_id: str) -> pd.DataFrame:
        """The officer's rows in order; an empty frame without the table."""
        if table not in self._rows:
            return pd.DataFrame()
        rows, places = self._rows[table]
        return rows.iloc[places.get(officer_id, slice(0, 0))]

    def _track(self, officer_id: str, post: str | None) -> str | None:
        known = self._officer(officer_id, "track")
        recorded = str(known.iloc[-1]) if len(known) else None
        return track_of(post, recorded, tracks_of_posts(self.goals.records))

    def entered_on(self, officer_id: str) -> date | None:
        """The day of joining as last known, None where it is not."""
        known = self._officer(officer_id, "entered_on")
        return pd.Timestamp(known.iloc[-1]).date() if len(known) else None

    def _officer(self, officer_id: str, column: str) -> pd.Series:
        """What is known of an officer in a column, in order; empty where it is not kept."""
        rows = self._of("officers", officer_id)
        return rows[column].dropna() if column in rows else pd.Series(dtype=object)

    def _posts_held(self, as_of: date) -> Mapping[str, str]:
        """The post that each officer holds on a day; those who hold none are left out."""
        if as_of not in self._held and "postings" in self.goals.records:
            rows = held_postings(self.goals.records["postings"], as_of)
            self._held[as_of] = dict(zip(rows["officer_id"].astype(str), rows["post_id"].astype(str), strict=True))
        return self._held.get(as_of, {})

    @cached_property
    def _held(self) -> dict[date, Mapping[str, str]]:
        """By day, worked out once for many officers."""
        return {}

    def _levels(self, officer_id: str) -> dict[str, float]:
        rows = self._of("competency_assessments", officer_id)
        if rows.empty:
            return {}
        last = rows.drop_duplicates("competency", keep="last")
        return {str(name): float(level) for name, level in zip(last["competency"], last["level"], strict=True)}

    @cached_property
    def _goals(self) -> Mapping[str, StatedGoal]:
        """By officer, whether its term is over or not."""
        return stated_goals(self.goals.records.get("career_goals", pd.DataFrame()))


def learner_of(goals: GoalPosts, officer_id: str, as_of: date, goal: Goal | None = None) -> Learner:
    """One officer of the records of `goals`; of many, `Readings` is asked."""
    return Readings(goals).learner(officer_id, as_of, goal)


def _last_taken(taken: pd.DataFrame) -> dict[str, date]:
    """The last day of each course; rows are in the order of their days."""
    if taken.empty:
        return {}
    days = taken["occurred_on"].dt.date
    return dict(sorted((str(course), day) for course, day in dict(zip(taken["course_id"], days, strict=True)).items()))


def _hours(records: Records, taken: pd.DataFrame) -> float:
    """Hours of the completions, those of the catalogue where a row does not say."""
    if taken.empty:
        return 0.0
    usual = {course.course_id: course.hours for course in _catalogue(records)}
    told = taken["hours"] if "hours" in taken else pd.Series(float("nan"), index=taken.index)
    known = told.astype("float64").fillna(taken["course_id"].map(usual).astype("float64"))
    return float(known.fillna(0.0).sum())


def _course(row: Mapping[Any, Any]) -> OfferedCourse:
    code = str(row["course_id"])
    told = {name: row.get(name) for name in ("competency", "mandated", "hours", "issued_on", "valid_months")}
    known = {name: None if pd.isna(value) else value for name, value in told.items()}
    return OfferedCourse(
        code,
        name_of(row, code),
        None if known["competency"] is None else str(known["competency"]),
        bool(known["mandated"]),
        None if known["hours"] is None else float(known["hours"]),
        None if known["issued_on"] is None else known["issued_on"].date(),
        None if known["valid_months"] is None else int(known["valid_months"]),
    )
