"""The ways in which an officer could still earn points by a deadline: how many steps, from which day, what each gives.

A step is one more merit of a rule: an award, an appraisal, a course passed, a full year served. What is possible is
policy (policy/earning.toml). A merit of a row counts from the day after, so the last useful day is the one before
the deadline; where merits expire, only those count that are earned late enough to last until it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.asof import add_months
from data_contracts.decisions import PointsRule
from data_contracts.earning import EarnedBy, EarningPolicy
from models.courses.offers import held_courses, on_offer
from models.points.lines import Account, Frames

ONE_DAY = timedelta(days=1)
NEARLY = 1e-9


@dataclass(frozen=True)
class Offer:
    """A course that would give a merit, and the hours it needs."""

    course_id: str
    hours: float


@dataclass(frozen=True)
class Shelf:
    """The courses that match each rule of study, shortest first, and the course of each completion, by row."""

    offers: Mapping[str, tuple[Offer, ...]]
    taken: Sequence[str]
    held: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, frames: Frames, rules: Sequence[PointsRule], earning: EarningPolicy, as_of: date) -> Self:
        """From records, courses that are over on the day left out; empty where there is no table of courses."""
        courses, rows = frames.get("courses"), frames.get("course_completions")
        taken = [] if rows is None else [str(course) for course in rows["course_id"]]
        if courses is None:
            return cls({}, taken, {})
        hours = courses["hours"].fillna(earning.hours_of_unknown_course)
        ordered = courses.assign(hours=hours)[on_offer(courses, as_of)].sort_values(
            ["hours", "course_id"], kind="stable"
        )
        offers = {
            rule.code: tuple(
                Offer(str(course), float(long))
                for course, long, fits in zip(ordered["course_id"], ordered["hours"], _fits(ordered, rule), strict=True)
                if fits
            )
            for rule in rules
            if earning.earned_by(rule) == "study"
        }
        held = {} if rows is None else held_courses(courses, rows, as_of)
        return cls(offers, taken, held)


def _fits(courses: pd.DataFrame, rule: PointsRule) -> NDArray[np.bool_]:
    """Which courses a completion must be of to match the rule, (courses,)."""
    fits = np.ones(len(courses), dtype=bool)
    for name, allowed in rule.where.items():
        owner, _, column = name.rpartition(".")
        if owner == "courses" or column == "course_id":
            fits &= courses[column].isin(allowed).to_numpy(bool)
    return fits


@dataclass(frozen=True)
class Way:
    """A rule with what could still be earned on it by the deadline.

    `room` is what the cap leaves at the deadline once that day's own merits are counted; `days` are the earliest
    days on which one, two, ... more merits could count; `by_itself` are the anniversaries that pass while the present
    posting lasts (already in the points expected at the deadline). `offers` are the courses, shortest first.
    """

    rule: PointsRule
    earned_by: EarnedBy
    room: float
    days: tuple[date, ...]
    by_itself: tuple[date, ...] = ()
    offers: tuple[Offer, ...] = ()

    @property
    def steps(self) -> int:
        """How many more merits could still give points."""
        return min(len(self.days), ceil(self.room / self.rule.points - NEARLY))

    @property
    def most(self) -> float:
        """The most points that they can give."""
        return min(self.room, self.steps * self.rule.points)

    def gives(self) -> tuple[float, ...]:
        """What each step gives; the last one may give the rest of the room."""
        points = self.rule.points
        return tuple(min(points, self.room - number * points) for number in range(self.steps))


@dataclass(frozen=True)
class Reach:
    """What is asked for one officer: the account today and at the deadline, the courses, the policy of earning.

    `serving` are the rules by years whose next year is running.
    """

    shelf: Shelf
    now: Account
    then: Account
    serving: frozenset[str]
    earning: EarningPolicy

    @property
    def start(self) -> date:
        """Today."""
        return self.now.as_of

    @property
    def deadline(self) -> date:
        """The day on which the points are asked for."""
        return self.then.as_of

    @property
    def study_hours(self) -> float:
        """The hours of study until the day before the deadline."""
        return max((self.deadline - ONE_DAY - self.start).days, 0) * self.earning.study_hours_a_week / 7.0

    def study_days(self, hours: float) -> int:
        """How many days it takes to find so many hours, at least one."""
        return max(ceil(hours * 7.0 / self.earning.study_hours_a_week - NEARLY), 1)


def ways_of(reach: Reach) -> tuple[Way, ...]:
    """Every rule in the order of the table, with what could still be earned on it."""
    offers = _offers(reach)
    ways = []
    for number, line in enumerate(reach.then.lines):
        rule, kind = line.rule, reach.earning.earned_by(line.rule)
        room = max(rule.cap - line.points, 0.0)
        known = {merit.earned_on for merit in reach.now.lines[number].merits}
        passing = tuple(merit.earned_on for merit in line.merits if rule.per == "year" and merit.earned_on not in known)
        since = max(reach.start, lasting_from(rule, reach.deadline) or reach.start)
        own = offers.get(rule.code, ())
        days = _days(reach, rule, kind, since, own)
        ways.append(Way(rule, kind, room, days, passing, own if kind == "study" else ()))
    return tuple(ways)


def lasting_from(rule: PointsRule, deadline: date) -> date | None:
    """The first day on which a merit would still count at the deadline; None where merits never expire.

    >>> from data_contracts.policy import policy
    >>> commendation = next(rule for rule in policy().points if rule.code == "commendation")
    >>> lasting_from(commendation, date(2027, 2, 28))
    datetime.date(2024, 3, 1)
    """
    if rule.expires_months is None:
        return None
    day = add_months(deadline, -rule.expires_months)
    while add_months(day, rule.expires_months) <= deadline:
        day += ONE_DAY
    return day


def implied(rule: PointsRule, other: PointsRule) -> bool:
    """Whether every merit of `rule` is one of `other` too: a law exam passed is also training passed.

    >>> from data_contracts.policy import policy
    >>> law, training = (rule for rule in policy().points if rule.table == "course_completions")
    >>> implied(law, training), implied(training, law)
    (True, False)
    """
    if (rule.table, rule.date, rule.per) != (other.table, other.date, other.per):
        return False
    within = all(
        set(rule.where.get(name, ())) <= set(values) and name in rule.where for name, values in other.where.items()
    )
    return within and all(rule.at_least.get(name, -np.inf) >= least for name, least in other.at_least.items())


def _days(reach: Reach, rule: PointsRule, kind: EarnedBy, since: date, offers: Sequence[Offer]) -> tuple[date, ...]:
    """The earliest days on which one, two, ... merits would count, all by the deadline."""
    if kind == "service":
        return () if rule.per != "year" or rule.code in reach.serving else _years(reach, rule)
    if kind == "study":
        hours = np.cumsum([offer.hours for offer in offers]) if offers else ()
        found = [max(since, reach.start + timedelta(days=reach.study_days(float(h)))) for h in hours]
    elif kind == "appraisal":
        found = _appraisals(reach, rule, since)
    else:
        apart = 12 / reach.earning.awards_a_year
        found, number = [], 0
        while (day := add_months(since, round(number * apart))) < reach.deadline:
            found.append(day)
            number += 1
    return tuple(day + ONE_DAY for day in found if day < reach.deadline)


def _appraisals(reach: Reach, rule: PointsRule, since: date) -> list[date]:
    """The last day of the month of appraisal of each year, once for each appraisal then."""
    month = reach.earning.appraisal_month
    ends = [add_months(date(year, month, 1), 1) - ONE_DAY for year in range(since.year, reach.deadline.year + 1)]
    each = min(reach.earning.appraisals_each, len(rule.where.get("kind", ())) or reach.earning.appraisals_each)
    return [day for day in ends if since <= day < reach.deadline for _ in range(each)]


def _years(reach: Reach, rule: PointsRule) -> tuple[date, ...]:
    """The anniversaries of a posting that would start today."""
    since, found, number = lasting_from(rule, reach.deadline) or reach.start, [], 1
    while (day := add_months(reach.start, 12 * number)) <= reach.deadline:
        found += [day] if day >= since else []
        number += 1
    return tuple(found)


def _offers(reach: Reach) -> Mapping[str, tuple[Offer, ...]]:
    """The courses of each rule of study, shortest first, each given to one rule: the one that is worth most.

    A course that already gives a merit at the deadline, or still holds, is not taken twice, and a line without
    room claims none.
    """
    lines = [line for line in reach.then.lines if line.rule.code in reach.shelf.offers and line.points < line.rule.cap]
    taken = {
        reach.shelf.taken[merit.row]
        for line in reach.then.lines
        if line.rule.table == "course_completions"
        for merit in line.merits
        if not merit.expired
    } | reach.shelf.held.get(reach.now.officer_id, frozenset())
    found = {}
    for line in sorted(lines, key=lambda line: -line.rule.points):
        free = [offer for offer in reach.shelf.offers[line.rule.code] if offer.course_id not in taken]
        found[line.rule.code] = tuple(free[: ceil(line.rule.cap / line.rule.points - NEARLY)])
        taken |= {offer.course_id for offer in found[line.rule.code]}
    return found
