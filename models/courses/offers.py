"""Which courses of a table can still be taken on a day, and which an officer need not take again: one rule for all.

The same as `OfferedCourse.offered_on` and `Standing.holds`, for whole tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.asof import add_months
from data_contracts.policy import policy


def on_offer(courses: pd.DataFrame, as_of: date) -> NDArray[np.bool_]:
    """Which courses are on offer, (courses,): an edition that everybody takes once is over sooner than others."""
    advice = policy().courses
    oldest = pd.Timestamp(add_months(as_of, -advice.offered_months))
    oldest_edition = pd.Timestamp(add_months(as_of, -advice.edition_months))
    issued = courses["issued_on"]
    if {"mandated", "valid_months"} <= set(courses.columns):
        edition = courses["mandated"].fillna(False).astype(bool) & courses["valid_months"].isna()
    else:
        edition = pd.Series(False, index=courses.index)
    out = issued <= pd.Timestamp(as_of)  # announced is not yet on offer
    return np.asarray(issued.isna() | (out & (issued >= oldest) & (~edition | (issued >= oldest_edition))), dtype=bool)


def held_courses(courses: pd.DataFrame, completions: pd.DataFrame, as_of: date) -> Mapping[str, frozenset[str]]:
    """The courses of each officer that never lapse or whose certificate still holds on the day."""
    last = completions.groupby(["officer_id", "course_id"], as_index=False)["occurred_on"].max()
    valid = courses.drop_duplicates("course_id", keep="last").set_index("course_id")["valid_months"]
    months = last["course_id"].map(valid)
    holds = months.isna().to_numpy(bool)
    for length in months.dropna().unique():
        own = (months == length).fillna(False).to_numpy(bool)
        lapses = last.loc[own, "occurred_on"] + pd.DateOffset(months=int(length))
        holds[own] = lapses.to_numpy() >= np.datetime64(as_of)
    kept = last[holds]
    return {str(name): frozenset(map(str, own)) for name, own in kept.groupby("officer_id")["course_id"]}
