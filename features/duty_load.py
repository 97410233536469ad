"""The running load of duty: what the newest months weigh, each fading into the next, and the newest months themselves.

Sums over a year tell last month from last spring as little as an average does; strain follows the months just behind.
"""

from __future__ import annotations

import ibis
from ibis.expr.types import IntegerValue, Table

from data_contracts.running_load import LOADED, MEMORY, MONTHS_APART, load_name, month_name
from features.asof_join import KEYS, standing_rows
from features.measures import THOUSANDTHS

LOAD_COLUMNS = tuple(load_name(measure) for measure in LOADED)
MONTH_COLUMNS = tuple(month_name(measure, ago) for measure in LOADED for ago in range(1, MONTHS_APART + 1))


def duty_load(days: Table, duty_months: Table) -> Table:
    """One row for each of `days` (officer_id, as_of) with at least one standing duty month: both groups of columns.

    A load is the sum of a measure over all months, each weighed by `weight_of` (data_contracts/running_load.py) and
    rounded to thousandths, so that the order of rows cannot move the last digit;
    a month of which nothing is recorded adds nothing to it, and is null by itself.
    """
    rows = standing_rows(days, duty_months, "month", keep=("month", *LOADED))
    rows = rows.mutate(ago=_months_ago(rows))
    weight = (1.0 - MEMORY) * ibis.literal(MEMORY) ** (rows.ago - 1).cast("float64")
    totals = {}
    for measure in LOADED:
        weighed = (rows[measure] * weight * THOUSANDTHS).round().cast("int64")
        totals[load_name(measure)] = weighed.sum().fill_null(0).cast("float64") / THOUSANDTHS
        whole = (rows[measure] * THOUSANDTHS).round().cast("int64")
        for ago in range(1, MONTHS_APART + 1):
            totals[month_name(measure, ago)] = whole.sum(where=rows.ago == ago).cast("float64") / THOUSANDTHS
    return rows.group_by(*KEYS).aggregate(**totals)


def _months_ago(rows: Table) -> IntegerValue:
    """1 for what began in the month before as-of, 2 for the one before that; as the windows count."""
    month, day = rows.month, rows.as_of
    apart = (day.year() - month.year()) * 12 + day.month() - month.month()
    return apart + ibis.ifelse(day.day() > month.day(), 1, 0)
