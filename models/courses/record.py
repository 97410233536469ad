"""The record of all courses taken, as one thing that gives the state of any day.

Training, the night and requests build it from the same contract tables, so that they count alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import pandas as pd

from data_contracts.errors import MissingTable
from models.courses.histories import Array, CourseNames, Takings
from models.courses.peers import PeerTimeline
from models.courses.state import CourseState, StateMaker
from models.posts.histories import words_of

Frames = Mapping[str, pd.DataFrame]
WEEK = 7
EPOCH = date(1970, 1, 1)  # day 0


@dataclass(frozen=True)
class CourseHistory:
    """Everything a data set knows of courses: who, which, when; `step` is the days between two refreshes."""

    officers: tuple[str, ...]
    names: CourseNames
    takings: Takings
    peers: PeerTimeline
    step: int = WEEK

    @property
    def shape(self) -> tuple[int, int]:
        """(officers, courses)."""
        return len(self.officers), self.names.size

    @cached_property
    def true_firsts(self) -> Takings:
        """Each officer's first taking of each course by the day it happened, whenever it became known."""
        by_day = Takings.ordered(self.takings.officers, self.takings.courses, self.takings.days, self.takings.days)
        return by_day.firsts(self.names.size)

    def states(self, days: Sequence[int]) -> Iterator[CourseState]:
        """What was known at the end of each of `days`, which grow; use each before asking for the next."""
        maker = StateMaker(self.takings, len(self.officers), self.names, self.step)
        return maker.states(days, (self.peers.at(day) for day in days))

    def state(self, day: int) -> CourseState:
        """What was known at the end of one day."""
        return next(self.states([day]))


def day_number(day: date) -> int:
    """Days since EPOCH.

    >>> day_number(day_of(12_345))
    12345
    """
    return (day - EPOCH).days


def day_of(number: int) -> date:
    """The day so many days after EPOCH."""
    return EPOCH + timedelta(days=number)


def course_history(frames: Frames, step: int = WEEK) -> CourseHistory:
    """All takings with what else is known of the officers; raises MissingTable without completions."""
    table = frames.get("course_completions")
    if table is None or table.empty:
        raise MissingTable("courses need the table course_completions, and it is absent or empty; ingest it first")
    key = ["officer_id", "course_id", "occurred_on"]
    rows = table.dropna(subset=key).groupby(key, sort=True)["known_on"].min().reset_index()
    officer, officers = pd.factorize(rows["officer_id"].astype(str), sort=True)
    course, courses = pd.factorize(rows["course_id"].astype(str), sort=True)
    days = (_days(rows["occurred_on"]), _days(rows["known_on"]))
    takings = Takings.ordered(officer, course, *days)
    names = CourseNames(tuple(courses), _words(frames, tuple(courses)))
    return CourseHistory(tuple(officers), names, takings, PeerTimeline.of(frames, tuple(officers)), step)


def _words(frames: Frames, courses: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Words of the id and, where there is a catalogue, of the names and the competency."""
    texts: dict[str, list[str]] = {course: [course] for course in courses}
    table = frames.get("courses")
    if table is not None:
        columns = [name for name in ("name_zh", "name_en", "competency") if name in table]
        for course, *told in table[["course_id", *columns]].itertuples(index=False):
            texts.get(str(course), []).extend(text for text in told if isinstance(text, str))
    return tuple(words_of(*texts[course]) for course in courses)


def _days(dates: pd.Series) -> Array:
    return dates.to_numpy("datetime64[D]").astype(np.int64)
