"""Every feature of an officer at a day, as one Ibis expression: written once, run on DuckDB or Spark.

Absent tables: a count or sum of a table that the department does not have is null, not zero; of a table it
has, zero means none. Days since, means and rates are null where there is nothing to measure from.
"""

from __future__ import annotations

from collections.abc import Mapping

import ibis
from ibis.expr.types import Table

from data_contracts.errors import MissingTable
from features.asof_join import KEYS, add_columns, officer_days
from features.event_windows import event_windows
from features.exposure import DUTY_RATE_COLUMNS, EXPOSURE_COLUMNS, RATE_COLUMNS, with_exposure, with_rates
from features.measures import COMPLAINTS, DUTY, EVENT_TABLES, FORCE_REPORTS, EventTable
from features.network import NETWORK_COLUMNS, co_accused
from features.standing import POSTING_COLUMNS, RANK_COLUMNS, population, postings_at, rank_at, tenure_at
from features.surroundings import POST_COLUMNS, UNIT_COLUMNS, UNIT_MEASURES, with_surroundings

TEXT_COLUMNS = ("unit_id", "post_id", "rank_code", "track", "education")
FEATURE_GROUPS: Mapping[str, tuple[str, ...]] = {
    "standing": (*POSTING_COLUMNS, "tenure_days", *RANK_COLUMNS, "track", "education"),
    **{events.table: events.columns for events in EVENT_TABLES},
    "network": NETWORK_COLUMNS,
    "exposure": (*EXPOSURE_COLUMNS, *RATE_COLUMNS),
    "duty_rates": DUTY_RATE_COLUMNS,
    "unit_context": UNIT_COLUMNS,
    "post_peers": POST_COLUMNS,
}
FEATURE_COLUMNS = tuple(name for names in FEATURE_GROUPS.values() for name in names)
NUMBER_COLUMNS = tuple(name for name in FEATURE_COLUMNS if name not in TEXT_COLUMNS)
PLAIN_PEER_COLUMNS = (
    *(name for name in COMPLAINTS.columns if not name.endswith("_3m")),
    *(name for name in FORCE_REPORTS.columns if not name.endswith("_3m")),
    "tenure_days",
    *UNIT_COLUMNS,
    "days_in_unit",
    "moves_24m",
    "moves_60m",
    "rank_code",
)


def officer_features(tables: Mapping[str, Table], spine: Table) -> Table:
    """One row for each distinct (officer_id, as_of) of the spine, with FEATURE_COLUMNS.

    `tables` are contract tables with `known_on` and `superseded_on` (features/engine.py: connect); only
    postings must be there. Numbers are float64, `as_of` a date. Raises MissingTable without postings.
    """
    if "postings" not in tables:
        raise MissingTable("table 'postings' is absent or empty; features need it: ingest postings first")
    asked = officer_days(spine)
    counted = population(asked.select("as_of").distinct(), tables)
    wide = _with_counted(asked.union(counted, distinct=True), counted)
    wide = _with_standing(wide, tables)
    for events in EVENT_TABLES:
        wide = _with_events(wide, tables, events)
    has_duty = DUTY.table in tables
    wide = with_rates(with_exposure(wide, has_duty), has_duty)
    wide = with_surroundings(wide)
    typed = {name: wide[name].cast("float64") for name in NUMBER_COLUMNS}
    typed |= {name: wide[name].cast("string") for name in TEXT_COLUMNS}
    features = wide.select(*KEYS, **{name: typed[name] for name in FEATURE_COLUMNS})
    return add_columns(asked, features)


def _with_counted(days: Table, counted: Table) -> Table:
    marked = add_columns(days, counted.mutate(counted=ibis.literal(True)), ["counted"])
    return marked.mutate(counted=marked.counted.fill_null(False))


def _with_standing(wide: Table, tables: Mapping[str, Table]) -> Table:
    days = wide.select(*KEYS)
    wide = add_columns(wide, postings_at(days, tables["postings"]))
    if "officers" in tables:
        wide = add_columns(wide, tenure_at(days, tables["officers"]), ["entered_on", "track", "education"])
    else:
        wide = _with_nulls(wide, {"entered_on": "date", "track": "string", "education": "string"})
    if "promotions" in tables:
        wide = add_columns(wide, rank_at(days, tables["promotions"], tables.get("rank_steps")), RANK_COLUMNS)
    else:
        wide = _with_nulls(wide, {"rank_code": "string", "rank_position": "float64", "days_in_rank": "float64"})
    joined = wide.as_of.delta(wide.entered_on, unit="day")
    return wide.mutate(
        tenure_days=ibis.coalesce(joined, wide.days_since_first_posting),
        rank_code=ibis.coalesce(wide.rank_code, wide.posting_rank_step),
    )


def _with_events(wide: Table, tables: Mapping[str, Table], events: EventTable) -> Table:
    network = NETWORK_COLUMNS if events is COMPLAINTS else ()
    if events.table not in tables:
        return _with_nulls(wide, dict.fromkeys((*events.columns, *network), "float64"))
    rows, days = tables[events.table], wide.select(*KEYS)
    wide = _none_is_zero(add_columns(wide, event_windows(days, rows, events), events.columns), events)
    if not network:
        return wide
    wide = add_columns(wide, co_accused(days, rows), network)
    return wide.mutate(
        co_accused_24m=wide.co_accused_24m.fill_null(0), co_accused_ever=wide.co_accused_ever.fill_null(0)
    )


def _none_is_zero(wide: Table, events: EventTable) -> Table:
    """A count or sum over a table that exists is 0 for an officer without rows."""
    totals = [
        f"{measure.name}_{window.suffix}"
        for measure in events.measures
        if measure.kind != "mean"
        for window in measure.windows
    ]
    return wide.mutate(**{name: wide[name].fill_null(0.0) for name in totals})


def _with_nulls(wide: Table, types: Mapping[str, str]) -> Table:
    return wide.mutate(**{name: ibis.null(kind) for name, kind in types.items()})


__all__ = ["FEATURE_COLUMNS", "FEATURE_GROUPS", "PLAIN_PEER_COLUMNS", "UNIT_MEASURES", "officer_features"]
