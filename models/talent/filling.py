"""What training would fill a competency of a unit: courses on offer, for those below the standard who can take them.

Who has a course and need not take it again is no taker of it: the rule is that of advice to the officers themselves
(`OfferedCourse.held_on`), so that a unit is not sent to a course that none of its people would be advised to take.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
import pandas as pd

from data_contracts.asof import AsOf
from data_contracts.figures import half_up
from data_contracts.policy import policy
from data_contracts.vocabulary import Bilingual
from models.base import Numbers
from models.courses.gaps import told_levels
from models.courses.learners import offered_courses
from models.courses.rules import OfferedCourse, hours_en
from models.peers import Frames
from models.units.tree import UnitTree

MOST_COURSES = 3
NEARLY_AS_MUCH = 0.8  # of the levels that the best closes: hundreds of hours are not asked for a last fifth
DIGITS = 6  # of sums of levels, so that equal ones are equal
TOLD_DIGITS = 4  # of levels, shares and gaps in the picture of a unit; its sentences round these


@dataclass(frozen=True)
class CourseFor:
    """A course that teaches a competency: `officers` of those below the standard can still take it, which closes
    `levels` of their gaps in all; `hours_in_all` are theirs together."""

    course_id: str
    name: Bilingual
    officers: int
    levels: float
    hours: float | None
    hours_in_all: float | None
    text: Bilingual


@dataclass(frozen=True)
class Filling:
    """One course up the tree, (units,): officers below the standard who can still take it, and the levels that it
    closes for them."""

    course: OfferedCourse
    officers: Numbers
    levels: Numbers


def fillings(below: pd.DataFrame, frames: Frames, tree: UnitTree, as_of: AsOf) -> dict[str, list[Filling]]:
    """By competency the courses that can be taken whole from the day on.

    `below` has a row for each officer and competency below the standard: `officer_id`, `unit_id`, `competency`, `gap`
    (level less standard, negative).
    """
    advice = policy().courses
    last = _last_taken(frames, as_of)
    by_competency = {str(name): rows for name, rows in below.groupby("competency")}
    found: dict[str, list[Filling]] = {}
    for course in offered_courses(frames):
        rows = by_competency.get(course.competency or "")
        if rows is None or not course.finishable_from(as_of.day, advice):
            continue
        takers = rows[~rows["officer_id"].astype(str).isin(_holders(course, last, as_of))]
        where = tree.places(takers["unit_id"].astype(str).tolist())
        most = advice.gap.added(advice.load.hours_of(course.hours))
        closed = np.minimum(-takers["gap"].to_numpy(np.float64), most)
        officers, levels = (tree.block(tree.own(where, each)) for each in (np.ones(len(takers)), closed))
        found.setdefault(str(course.competency), []).append(Filling(course, officers, levels))
    return found


def courses_for(found: Sequence[Filling], place: int, below: int) -> tuple[CourseFor, ...]:
    """For one unit: of those that close nearly as much as the best the one of fewest hours first, then what is left.

    `below` are below the standard there.
    """
    told = [_told(one, place, below) for one in found if one.officers[place] > 0]
    nearly = NEARLY_AS_MUCH * max((one.levels for one in told), default=0.0)

    def order(one: CourseFor) -> tuple[bool, float, float, float, str]:
        hours = inf if one.hours_in_all is None else one.hours_in_all
        return one.levels < nearly, hours if one.levels >= nearly else 0.0, -one.levels, hours, one.course_id

    return tuple(sorted(told, key=order)[:MOST_COURSES])


def _told(one: Filling, place: int, below: int) -> CourseFor:
    course, officers, levels = one.course, int(one.officers[place]), round(float(one.levels[place]), DIGITS)
    in_all = None if course.hours is None else course.hours * officers
    have = below - officers
    zh, en = f"{below}名未达标人员均可学", f"all {below} below the standard can take it"
    if below == 1:
        zh, en = "1名未达标人员可学", "the one below the standard can take it"
    if have:
        zh = f"{below}名未达标人员中{officers}人可学，其余{have}人已学过、无需重学"
        en = f"{officers} of the {below} below the standard can take it, {have} {'has' if have == 1 else 'have'} it"
        en = f"{en} already"
    if in_all is not None:
        zh, en = f"{zh}；共需{in_all:g}学时", f"{en}; {hours_en(in_all)} in all"
    closed = told_levels(half_up(half_up(levels, TOLD_DIGITS), 2))
    zh, en = f"{zh}，合计约可弥补{closed}级", f"{en}, which would close about {closed} levels of their gaps"
    return CourseFor(course.course_id, course.name, officers, levels, course.hours, in_all, Bilingual(zh, en))


def _last_taken(frames: Frames, as_of: AsOf) -> Mapping[str, pd.Series]:
    """By course the last day each officer took it, by officer_id."""
    rows = frames.get("course_completions")
    if rows is None:
        return {}
    before = rows[rows["occurred_on"] < as_of.timestamp].astype({"officer_id": str, "course_id": str})
    last = before.groupby(["course_id", "officer_id"])["occurred_on"].max()
    return {str(course): days.droplevel(0) for course, days in last.groupby(level=0)}


def _holders(course: OfferedCourse, last: Mapping[str, pd.Series], as_of: AsOf) -> list[str]:
    """The officers who need not take it again."""
    days = last.get(course.course_id)
    if days is None:
        return []
    held = {day: course.held_on(as_of.day, day.date()) for day in days.unique()}
    return days.index[days.map(held)].tolist()
