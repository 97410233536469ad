"""Time served: calendar months by the day, and stretches of postings in which no day counts twice."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Days = NDArray[np.datetime64]  # (n,) of datetime64[D], NaT where unknown
Counts = NDArray[np.int64]
GRASS_ROOTS = ("station", "community")
OPEN_END = np.timedelta64(1, "D")  # a day between two postings (an end given as the last day) is no break


def as_days(values: pd.Series) -> Days:
    """A column of dates, (n,)."""
    return values.to_numpy(dtype="datetime64[D]")


def months_later(days: Days, months: Counts | int) -> Days:
    """The same day so many months later, or the last day of a shorter month (data_contracts/asof.py add_months).

    >>> months_later(np.array(["2024-02-29", "2024-01-31"], "datetime64[D]"), np.array([12, 1])).astype(str).tolist()
    ['2025-02-28', '2024-02-29']
    """
    month = days.astype("datetime64[M]")
    day = days - month.astype("datetime64[D]")
    goal = month + np.asarray(months).astype("timedelta64[M]")
    last = (goal + np.timedelta64(1, "M")).astype("datetime64[D]") - np.timedelta64(1, "D")
    result: Days = np.minimum(goal.astype("datetime64[D]") + day, last)
    return result


def full_months(start: Days, end: Days) -> Counts:
    """Whole months from each start to each end, 0 where the end is no later or either is unknown.

    >>> day = np.array(["2024-01-31"], "datetime64[D]")
    >>> full_months(day, np.array(["2024-02-29"], "datetime64[D]")).tolist(), full_months(day, day).tolist()
    ([1], [0])
    """
    known = ~(np.isnat(start) | np.isnat(end))
    begin = np.where(known, start, np.datetime64("2000-01-01", "D"))
    until = np.where(known, end, begin)
    months = (until.astype("datetime64[M]") - begin.astype("datetime64[M]")).astype(np.int64)
    months -= months_later(begin, months) > until
    whole: Counts = np.maximum(months, 0)
    return whole


def stretches(postings: pd.DataFrame, as_of: np.datetime64) -> pd.DataFrame:
    """Unbroken stretches of some postings: overlapping ones and those that follow within a day are one.

    `postings` has officer_id, started_on and ended_on; an open one lasts until `as_of`, a later end too. Returns
    officer_id, started_on, ended_on (the first day that no longer counts, at most `as_of`) and `open` (whether it
    lasts at `as_of`), in order.

    >>> day = pd.Timestamp
    >>> rows = pd.DataFrame({"officer_id": ["a"] * 3,
    ...     "started_on": [day("2020-01-01"), day("2020-06-01"), day("2023-01-01")],
    ...     "ended_on": [day("2021-01-01"), day("2020-09-01"), pd.NaT]})
    >>> found = stretches(rows, np.datetime64("2024-01-01"))
    >>> found["started_on"].dt.year.tolist(), found["ended_on"].dt.year.tolist(), found["open"].tolist()
    ([2020, 2023], [2021, 2024], [False, True])
    """
    moment = as_of.astype("datetime64[D]")
    start, ended = as_days(postings["started_on"]), as_days(postings["ended_on"])
    lasts = np.isnat(ended) | (ended > moment)
    end = np.where(lasts, moment, ended)
    officers = postings["officer_id"].to_numpy(object)
    rows = pd.DataFrame({"officer_id": officers, "started_on": start, "ended_on": end, "open": lasts})
    rows = rows[start < end].sort_values(["officer_id", "started_on", "ended_on"], kind="stable")
    number = rows["ended_on"].to_numpy("datetime64[D]").astype(np.int64)
    reached = pd.Series(number, index=rows.index).groupby(rows["officer_id"], sort=False)
    before = reached.cummax().groupby(rows["officer_id"], sort=False).shift().to_numpy(np.float64)
    begins = rows["started_on"].to_numpy("datetime64[D]").astype(np.int64)
    new = np.isnan(before) | (begins > before + OPEN_END.astype(np.int64))
    merged = rows.groupby(np.cumsum(new), sort=False).agg(
        officer_id=("officer_id", "first"),
        started_on=("started_on", "min"),
        ended_on=("ended_on", "max"),
        open=("open", "max"),
    )
    return merged.reset_index(drop=True)


def grass_roots(postings: pd.DataFrame, units: pd.DataFrame | None) -> pd.DataFrame:
    """The postings in stations and communities; none where units are not known."""
    if units is None:
        return postings.iloc[:0]
    level = postings["unit_id"].map(units.drop_duplicates("unit_id").set_index("unit_id")["unit_level"])
    return postings[level.isin(GRASS_ROOTS).to_numpy(bool)]
