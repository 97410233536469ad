"""Which courses of a table can still be taken whole from a day on: the rule of `OfferedCourse.finishable_from`."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.asof import add_months
from data_contracts.policy import policy


def on_offer(courses: pd.DataFrame, as_of: date) -> NDArray[np.bool_]:
    """Which courses are on offer and can be finished while they are, (courses,): an edition that everybody takes once
    is over sooner than others, and a long course is begun in time or not at all.
    """
    advice = policy().courses
    issued = courses["issued_on"]
    days = _days(courses)
    oldest = _issued_for(days, as_of, advice.offered_months)
    oldest_edition = _issued_for(days, as_of, advice.edition_months)
    if {"mandated", "valid_months"} <= set(courses.columns):
        edition = courses["mandated"].fillna(False).astype(bool) & courses["valid_months"].isna()
    else:
        edition = pd.Series(False, index=courses.index)
    out = issued <= pd.Timestamp(as_of)  # announced is not yet on offer
    return np.asarray(issued.isna() | (out & (issued >= oldest) & (~edition | (issued >= oldest_edition))), dtype=bool)


def _days(courses: pd.DataFrame) -> pd.Series:
    """The days that each course takes."""
    load = policy().courses.load
    if "hours" not in courses:
        return pd.Series(load.days_of(None), index=courses.index)
    return courses["hours"].map(lambda hours: load.days_of(None if pd.isna(hours) else float(hours))).astype(int)


def _issued_for(days: pd.Series, as_of: date, months: int) -> pd.Series:
    """The earliest issue of a course that is offered for so many months and must be on its last day of study."""
    return days.map(lambda each: pd.Timestamp(add_months(as_of + timedelta(days=each - 1), -months)))
