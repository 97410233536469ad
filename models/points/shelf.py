"""The courses that would give an officer a merit of study, each with the days between which it can be completed.

One rule with the advice on courses: what is over cannot be taken any more (`OfferedCourse.offered_until`), what is held
need not be taken again before its certificate lapses, and what a rule requires now can be taken now, even if declined.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.asof import add_months, last_known
from data_contracts.decisions import PointsRule
from data_contracts.earning import EarningPolicy
from data_contracts.policy import policy
from models.courses.learners import offered_courses
from models.courses.rules import OfferedCourse
from models.points.lines import Frames
from models.points.timeline import ONE_DAY


@dataclass(frozen=True)
class Offer:
    """A course that would give a merit, and the hours it needs.

    It is completed on `first` at the earliest (None: on any day; the hours may be studied before), and on `last` at the
    latest, the last day of its offer (None: it stays on offer). Completed from `whole` on (None: from `first` on), its
    merit stands at the deadline on every line that it can. `overdue` says that a rule has asked for it too long.
    Its certificate holds for `valid_months` (None: for good); once it has lapsed the course gives its merit again, in
    its second `turn`, its third and so on.
    """

    course_id: str
    hours: float
    first: date | None = None
    last: date | None = None
    whole: date | None = None
    overdue: bool = False
    valid_months: int | None = None
    turn: int = 1

    @property
    def key(self) -> tuple[str, int]:
        """Which course it is, for which time."""
        return self.course_id, self.turn

    def follows(self, used: Collection[tuple[str, int]]) -> bool:
        """Whether it is the first time, or the one after a time that is among these."""
        return self.turn == 1 or (self.course_id, self.turn - 1) in used

    def again_from(self, completed: date) -> date:
        """The first day on which it gives its merit again, completed on a day; only of one that lapses."""
        return add_months(completed, self.valid_months or 0) + ONE_DAY


@dataclass(frozen=True)
class CourseWill:
    """Of one officer: the courses that rules require now, which of them are overdue, and those that the officer
    declined for now.
    """

    required: frozenset[str] = frozenset()
    declined: frozenset[str] = frozenset()
    overdue: frozenset[str] = frozenset()

    def wanted(self, course_id: str) -> bool:
        """Whether it may be named at all: what is required is, whatever was said of it."""
        return course_id in self.required or course_id not in self.declined


@dataclass(frozen=True)
class Shelf:
    """The courses that match each rule of study by its code, and the last day on which each officer took each course.

    `hours` are those of each course, of one without hours what policy takes it to need.
    """

    as_of: date
    courses: Mapping[str, tuple[OfferedCourse, ...]]
    hours: Mapping[str, float]
    taken: Mapping[str, Mapping[str, date]]

    @classmethod
    def of(cls, frames: Frames, rules: Sequence[PointsRule], earning: EarningPolicy, as_of: date) -> Self:
        """From records; empty where there is no table of courses."""
        table = frames.get("courses")
        if table is None:
            return cls(as_of, {}, {}, {})
        told = offered_courses(frames)
        rows = last_known(table, "course_id").set_index("course_id", drop=False)
        rows = rows.loc[[one.course_id for one in told]]
        fitting = {
            rule.code: tuple(one for one, fits in zip(told, _fits(rows, rule), strict=True) if fits)
            for rule in rules
            if earning.earned_by(rule) == "study"
        }
        unknown = earning.hours_of_unknown_course
        hours = {one.course_id: unknown if one.hours is None else one.hours for one in told}
        return cls(as_of, fitting, hours, _last_taken(frames.get("course_completions")))

    def offers(self, rule: PointsRule, officer_id: str, will: CourseWill) -> tuple[Offer, ...]:
        """What the officer could take for a rule, by id."""
        found = (self._offer(course, officer_id, will) for course in self.courses.get(rule.code, ()))
        return tuple(offer for offer in found if offer is not None)

    def _offer(self, course: OfferedCourse, officer_id: str, will: CourseWill) -> Offer | None:
        required, code = course.course_id in will.required, course.course_id
        if not will.wanted(code) or (course.issued_on is not None and course.issued_on > self.as_of):
            return None
        last = course.offered_until(policy().courses)
        if last is not None and last < self.as_of:
            if not required:
                return None
            last = None  # the rule asks for it all the same
        taken = self.taken.get(officer_id, {}).get(code)
        offer = Offer(code, self.hours[code], None, last, valid_months=course.valid_months)
        if taken is None or required:
            return replace(offer, overdue=code in will.overdue)
        return None if course.valid_months is None else replace(offer, first=offer.again_from(taken))


def _fits(courses: pd.DataFrame, rule: PointsRule) -> NDArray[np.bool_]:
    """Which courses a completion must be of to match the rule, (courses,)."""
    fits = np.ones(len(courses), dtype=bool)
    for name, allowed in rule.where.items():
        owner, _, column = name.rpartition(".")
        if owner == "courses" or column == "course_id":
            fits &= courses[column].isin(allowed).to_numpy(bool)
    return fits


def _last_taken(completions: pd.DataFrame | None) -> Mapping[str, Mapping[str, date]]:
    found: dict[str, dict[str, date]] = {}
    if completions is not None and len(completions):
        last = completions.groupby(["officer_id", "course_id"])["occurred_on"].max()
        for officer_id, course_id, day in last.reset_index().itertuples(index=False):
            found.setdefault(str(officer_id), {})[str(course_id)] = day.date()
    return found
