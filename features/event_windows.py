"""Events into windows: each row falls into one age band, bands are summed once, windows are sums of bands.

Summing bands first keeps the wide step small: an officer with 120 duty months gives five rows to spread
over windows, not 120.
"""

from __future__ import annotations

import ibis
from ibis.expr.types import IntegerColumn, IntegerScalar, Table

from data_contracts.asof import Lookback
from features.asof_join import KEYS, month_start, standing_rows
from features.measures import THOUSANDTHS, WINDOWS, EventTable, Measure


def event_windows(days: Table, rows: Table, events: EventTable) -> Table:
    """One row for each of `days` (officer_id, as_of) with at least one standing row, all columns of `events`."""
    starts = {f"from_{window.suffix}": month_start(days.as_of, window.months) for window in WINDOWS if window.months}
    standing = standing_rows(days.mutate(**starts), rows, events.happened)
    bands = _bands(standing.mutate(age_band=_age_band(standing, events.happened)), events)
    totals = {name: value for measure in events.measures for name, value in _windows(bands, measure).items()}
    lasts = {f"last_{measure.name}": bands[f"last_{measure.name}"].max() for measure in _dated(events)}
    wide = bands.group_by(*KEYS).aggregate(**totals, **lasts)
    since = {f"days_since_{m.name}": wide.as_of.delta(wide[f"last_{m.name}"], unit="day") for m in _dated(events)}
    return wide.mutate(**since).select(*KEYS, *events.columns)


def _dated(events: EventTable) -> list[Measure]:
    return [measure for measure in events.measures if measure.kind == "count" and measure.since]


def _age_band(standing: Table, happened: str) -> IntegerColumn:
    """0 for the youngest band of WINDOWS, and so on; the last holds what is older than all."""
    day = standing[happened]
    branches = [
        (day >= standing[f"from_{window.suffix}"], band) for band, window in enumerate(WINDOWS) if window.months
    ]
    return ibis.cases(*branches, else_=len(WINDOWS) - 1)


def _bands(standing: Table, events: EventTable) -> Table:
    """(officer, as_of, band) with each measure's sum, known values and last day."""
    sums = {}
    for measure in events.measures:
        of = measure.of(standing)
        if measure.kind == "count":
            sums[f"sum_{measure.name}"] = of.fill_null(False).cast("int64").sum()
        else:
            sums[f"sum_{measure.name}"] = (of * THOUSANDTHS).round().cast("int64").sum().cast("int64")
            sums[f"known_{measure.name}"] = of.count()
    lasts = {
        f"last_{measure.name}": standing[events.happened].max(where=measure.of(standing)) for measure in _dated(events)
    }
    return standing.group_by(*KEYS, "age_band").aggregate(**sums, **lasts)


def _windows(bands: Table, measure: Measure) -> dict[str, IntegerScalar]:
    return {f"{measure.name}_{window.suffix}": _window(bands, measure, window) for window in WINDOWS}


def _window(bands: Table, measure: Measure, window: Lookback) -> IntegerScalar:
    inside = bands.age_band <= WINDOWS.index(window)
    total = bands[f"sum_{measure.name}"].sum(where=inside).fill_null(0).cast("float64")
    if measure.kind == "count":
        return total
    if measure.kind == "sum":
        return total / THOUSANDTHS
    known = bands[f"known_{measure.name}"].sum(where=inside)
    return total / THOUSANDTHS / known.nullif(0)
