"""From accepted tables to weeks of sets of courses: what is known at each moment, and the items of a test window.

An item is the set of courses an officer took for the first time on one day. It is ranked as of the day before with
what was known by the last Sunday; where an integer order stands for the date, by the step before (`step=1`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
import scipy.sparse as sp

from data_contracts.errors import InvalidInput
from models.courses.histories import Array, Questions, Takings
from models.courses.record import WEEK, CourseHistory

Frames = Mapping[str, pd.DataFrame]
EPOCH_TO_SUNDAY = 4  # 1970-01-01 was a Thursday
AROUND_DAYS, WAVE_SHARE, ACTIVE_DAYS = 60, 0.2, 365
STRATA = ("all", "wave", "elective", "new_course")


@dataclass(frozen=True)
class CourseWeek:
    """The items ranked with what was known at the end of `cut`.

    sets: (n, courses) sparse ones for the right answers; wave, new: the same shape, ones for those answers that are
    part of a wave, or of a course that nobody had taken by train-until.
    """

    cut: int
    asked: Questions
    sets: sp.csr_matrix
    wave: sp.csr_matrix
    new: sp.csr_matrix

    def answers(self, stratum: str) -> sp.csr_matrix:
        """(n, courses) ones for the right answers of one stratum."""
        chosen = {"wave": self.wave, "elective": self.sets - self.wave, "new_course": self.new}
        found = sp.csr_matrix(chosen.get(stratum, self.sets))
        found.eliminate_zeros()
        return found


def last_refresh(days: Array, step: int = WEEK) -> Array:
    """The last Sunday before each day, which is the last one at the end of the day before; with step 1 that day.

    >>> last_refresh(np.array([18266, 18267, 18273])).tolist()
    [18259, 18266, 18266]
    >>> str(np.datetime64(18266, "D"))
    '2020-01-05'
    """
    if step == 1:
        return days - 1
    return np.asarray(days - 1 - (days - 1 + EPOCH_TO_SUNDAY) % WEEK)


def with_test_part(
    frames: Frames, test: Frames, *, in_order: bool = False
) -> tuple[dict[str, pd.DataFrame], date, date]:
    """A published set as one: its test part follows on its training part; with the last day of each.

    The test part keeps its order but starts the day after the training part ends: many sets number both from one. With
    `in_order` the days are no days but places in each officer's own sequence, which say nothing of another's: every
    officer's last place of the training part becomes its last day, the ones before count back from there and those of
    the test part on, so that one step before the end is the same for all, however they were numbered.
    """
    known, asked = frames["course_completions"], test["course_completions"]
    after = known["occurred_on"].max()
    if in_order:
        known = known.assign(occurred_on=after - _places(known, from_the_end=True))
        moved = asked.assign(occurred_on=after + pd.Timedelta(days=1) + _places(asked))
    else:
        shift = after + pd.Timedelta(days=1) - asked["occurred_on"].min()
        moved = asked.assign(occurred_on=asked["occurred_on"] + shift)
    both = [rows.assign(known_on=rows["occurred_on"]) for rows in (known, moved)]
    until = moved["occurred_on"].max()
    return {**frames, "course_completions": pd.concat(both, ignore_index=True)}, after.date(), until.date()


def _places(rows: pd.DataFrame, *, from_the_end: bool = False) -> pd.Series:
    """The place of each row among its officer's own, as days from 0; rows of one place are one set."""
    places = rows.groupby("officer_id")["occurred_on"].rank("dense", ascending=not from_the_end)
    return pd.to_timedelta(places - 1, unit="D")


def window_weeks(history: CourseHistory, after: int, until: int, *, frozen: bool = False) -> list[CourseWeek]:
    """Every set taken in (after, until], by refresh; raises InvalidInput when there is none.

    `frozen` ranks all of them with what was known at `after`, as sets published with their own test part are.
    """
    chosen = _taken_within(history, after, until)
    new = first_days(history.true_firsts, history.names.size) > after
    cuts = np.full(len(chosen), after) if frozen else last_refresh(chosen.days, history.step)
    days = np.unique(chosen.days)
    wave = waves(history, days)[np.searchsorted(days, chosen.days), chosen.courses]
    return [
        _week(history, int(cut), chosen.take(cuts == cut), wave[cuts == cut], new[chosen.courses[cuts == cut]])
        for cut in np.unique(cuts)
    ]


def teaching_weeks(history: CourseHistory, after: int, until: int, most: int) -> list[CourseWeek]:
    """Like `window_weeks` without strata, at most `most` of them, evenly spread with the last among them."""
    chosen = _taken_within(history, after, until)
    cuts = last_refresh(chosen.days, history.step)
    every = np.unique(cuts)
    spread = every[np.unique(np.linspace(0, len(every) - 1, min(most, len(every))).round().astype(int))]
    return [_week(history, int(cut), chosen.take(cuts == cut), None, None) for cut in spread]


def _taken_within(history: CourseHistory, after: int, until: int) -> Takings:
    firsts = history.true_firsts
    chosen = firsts.take((firsts.days > after) & (firsts.days <= until))
    if not len(chosen):
        raise InvalidInput(
            f"no course is first taken after {_date(after)} and by {_date(until)}; choose a test window that has data"
        )
    return chosen


def first_days(firsts: Takings, courses: int) -> Array:
    """(courses,) the day each was first taken by anybody."""
    days = np.full(courses, np.iinfo(np.int32).max, np.int64)
    np.minimum.at(days, firsts.courses, firsts.days)
    return days


def _week(history: CourseHistory, cut: int, rows: Takings, wave: Array | None, new: Array | None) -> CourseWeek:
    size = history.names.size
    key, item = np.unique(rows.officers.astype(np.int64) * (1 << 32) + rows.days, return_inverse=True)
    officers, days = (key >> 32).astype(np.int64), (key & ((1 << 32) - 1)).astype(np.int64)

    def marked(chosen: Array | None) -> sp.csr_matrix:
        chosen = np.zeros(len(rows), bool) if chosen is None else chosen
        ones = np.ones(int(chosen.sum()), np.float32)
        return sp.csr_matrix((ones, (item[chosen], rows.courses[chosen])), shape=(len(key), size))

    asked = Questions(officers, days, already_taken(history.true_firsts, officers, days, size))
    everything = np.ones(len(rows), bool)
    return CourseWeek(cut, asked, marked(everything), marked(wave), marked(new))


def already_taken(firsts: Takings, officers: Array, days: Array, courses: int) -> Array:
    """(n, courses) True where an officer took a course before the day asked about; `firsts` in the order of days."""
    masked = np.zeros((len(officers), courses), bool)
    people, place = np.unique(officers, return_inverse=True)
    code = np.full(int(max(firsts.officers.max(initial=0), people.max(initial=0))) + 1, -1)
    code[people] = np.arange(len(people))
    own = firsts.take(code[firsts.officers] >= 0)
    when = np.full((len(people), courses), np.iinfo(np.int32).max, np.int32)
    when[code[own.officers], own.courses] = own.days
    np.less(when[place], days[:, None], out=masked)
    return masked


def waves(history: CourseHistory, days: Array) -> Array:
    """(days, courses) True where at least a fifth of the active officers took a course within 60 days around a day.

    Active is who took any course, a repeat too, within a year around the day (half before, half after).
    """
    firsts, every = history.true_firsts, history.takings
    found = np.zeros((len(days), history.names.size), bool)
    for row, day in enumerate(days):
        near = np.abs(firsts.days - day) <= AROUND_DAYS
        active = np.unique(every.officers[np.abs(every.days - day) <= ACTIVE_DAYS // 2])
        taken = np.bincount(firsts.courses[near], minlength=history.names.size)
        found[row] = taken >= WAVE_SHARE * max(1, len(active))
    return found


def _date(day: int) -> str:
    return str(np.datetime64(day, "D"))
