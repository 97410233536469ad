"""Events that fade: each counts one on its day and half as much a half-life later, so order and bursts are felt.

Counts in windows forget all at once what lies a day too far; a fading count tells last month from last year.
"""

from __future__ import annotations

import math

import ibis
from ibis.expr.types import Table

from features.asof_join import KEYS, standing_rows
from features.measures import EventTable

HALF_LIVES = (6, 12, 24, 48)  # months
# asof.DAYS_A_MONTH, written out: what is written here names the features, and models are tied to that name
DAYS_PER_MONTH = 30.4375
MILLIONTHS = 1_000_000  # summed whole, so that the order of rows cannot move the last digit
FADING: dict[str, tuple[str, ...]] = {
    "complaints": (
        "complaints",
        "complaints_use_of_force",
        "complaints_sustained",
        "complaints_officer_filed",
        "complaints_pending",
    ),
    "force_reports": ("force_reports",),
}


def fading_columns(events: EventTable) -> tuple[str, ...]:
    """The feature names for one table; none for a table whose events do not fade.

    >>> from features.measures import FORCE_REPORTS
    >>> fading_columns(FORCE_REPORTS)[0]
    'force_reports_fading_6m'
    """
    return tuple(f"{name}_fading_{months}m" for name in FADING.get(events.table, ()) for months in HALF_LIVES)


def fading(days: Table, rows: Table, events: EventTable) -> Table:
    """One row for each of `days` (officer_id, as_of) with at least one standing row, the fading counts of `events`."""
    standing = standing_rows(days, rows, events.happened)
    age = standing.as_of.delta(standing[events.happened], unit="day").cast("float64")
    measures = {measure.name: measure.of(standing) for measure in events.measures}
    totals = {}
    for name in FADING[events.table]:
        for months in HALF_LIVES:
            left = (age * (-math.log(2.0) / (months * DAYS_PER_MONTH))).exp()
            kept = ibis.ifelse(measures[name].fill_null(False), (left * MILLIONTHS).round().cast("int64"), 0)
            totals[f"{name}_fading_{months}m"] = kept.sum().cast("float64") / MILLIONTHS
    return standing.group_by(*KEYS).aggregate(**totals)
