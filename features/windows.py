"""Every feature of an officer at a day, as one Ibis expression: written once, run on DuckDB or Spark.

Absent tables: a count or sum of a table that the department does not have is null, not zero; of a table it
has, zero means none. Days since, means and rates are null where there is nothing to measure from.
"""

from __future__ import annotations

from collections.abc import Mapping

import ibis
from ibis.expr.types import Table

from data_contracts.errors import MissingTable
from features.asof_join import KEYS, officer_days, with_blocks
from features.duty_load import LOAD_COLUMNS, MONTH_COLUMNS, duty_load
from features.event_windows import event_windows
from features.exposure import DUTY_RATE_COLUMNS, EXPOSURE_COLUMNS, RATE_COLUMNS, with_exposure, with_rates
from features.growth import GROWTH_COLUMNS, with_growth
from features.mandated import MANDATED_COLUMNS, mandated_training
from features.measures import COMPLAINTS, COURSES, DUTY, EVENT_TABLES, FORCE_REPORTS
from features.network import CO_ACCUSED, NETWORK_COLUMNS, co_accused
from features.recency import FADING, fading, fading_columns
from features.standing import POSTING_COLUMNS, RANK_COLUMNS, population, postings_at, rank_at, tenure_at
from features.supervisors import SUPERVISOR_COLUMNS, supervisors_at, with_supervisor
from features.surroundings import (
    POST_COLUMNS,
    RECENT_UNIT_COLUMNS,
    SHIFT_COLUMNS,
    SPAN_COLUMNS,
    UNIT_COLUMNS,
    UNIT_MEASURES,
    with_surroundings,
)

TEXT_COLUMNS = ("unit_id", "post_id", "rank_code", "track", "education")
FEATURE_GROUPS: Mapping[str, tuple[str, ...]] = {
    "standing": (*POSTING_COLUMNS, "tenure_days", *RANK_COLUMNS, "track", "education"),
    **{events.table: events.columns for events in EVENT_TABLES},
    **{f"{events.table}_fading": fading_columns(events) for events in EVENT_TABLES if events.table in FADING},
    "network": NETWORK_COLUMNS,
    "exposure": (*EXPOSURE_COLUMNS, *RATE_COLUMNS),
    "duty_rates": DUTY_RATE_COLUMNS,
    "duty_load": (*LOAD_COLUMNS, *MONTH_COLUMNS),
    "mandated_training": MANDATED_COLUMNS,
    "growth": GROWTH_COLUMNS,
    "unit_context": (*UNIT_COLUMNS, *RECENT_UNIT_COLUMNS),
    "shift_context": SHIFT_COLUMNS,
    "supervisor": (*SUPERVISOR_COLUMNS, *SPAN_COLUMNS),
    "post_peers": POST_COLUMNS,
}
BLOCK_COLUMNS = (
    *RANK_COLUMNS,
    "track",
    "education",
    *NETWORK_COLUMNS,
    *LOAD_COLUMNS,
    *MONTH_COLUMNS,
    *MANDATED_COLUMNS,
    *(name for events in EVENT_TABLES for name in (*events.columns, *fading_columns(events))),
)
FEATURE_COLUMNS = tuple(name for names in FEATURE_GROUPS.values() for name in names)
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
    asked = officer_days(spine).mutate(asked=ibis.literal(True))
    counted = population(asked.select("as_of").distinct(), tables).mutate(counted=ibis.literal(True))
    days = asked.select(*KEYS).union(counted.select(*KEYS), distinct=True)
    wide = with_blocks(days, [asked, counted, *_blocks(days, tables)])
    wide = with_exposure(with_supervisor(_completed(wide, tables)), DUTY.table in tables)
    wide = with_surroundings(with_growth(with_rates(wide, DUTY.table in tables)))
    wide = wide.filter(wide.asked.fill_null(False))
    return wide.select(*KEYS, **{name: wide[name].cast(_kind(name)) for name in FEATURE_COLUMNS})


def _kind(name: str) -> str:
    return "string" if name in TEXT_COLUMNS else "float64"


def _blocks(days: Table, tables: Mapping[str, Table]) -> list[Table]:
    """What each table that exists has to say, at most one row for each of `days`."""
    blocks = [postings_at(days, tables["postings"]), supervisors_at(days, tables["postings"])]
    if "officers" in tables:
        blocks.append(tenure_at(days, tables["officers"]).drop("left"))
    if "promotions" in tables:
        blocks.append(rank_at(days, tables["promotions"], tables.get("rank_steps")))
    if COMPLAINTS.table in tables:
        blocks.append(co_accused(days, tables[COMPLAINTS.table]))
    if DUTY.table in tables:
        blocks.append(duty_load(days, tables[DUTY.table]))
    if COURSES.table in tables and "courses" in tables:
        taken, courses = tables[COURSES.table], tables["courses"]
        blocks.append(mandated_training(days, taken, courses, tables.get("officers")))
    there = [events for events in EVENT_TABLES if events.table in tables]
    blocks += [event_windows(days, tables[events.table], events) for events in there]
    blocks += [fading(days, tables[events.table], events) for events in there if events.table in FADING]
    return blocks


def _completed(wide: Table, tables: Mapping[str, Table]) -> Table:
    """Every column that absent tables would have given, zeros where a table exists but has no row, and tenure."""
    absent = {name: ibis.null(_kind(name)) for name in BLOCK_COLUMNS if name not in wide.columns}
    if "entered_on" not in wide.columns:
        absent["entered_on"] = ibis.null("date")
    there = [events for events in EVENT_TABLES if events.table in tables]
    totals = [name for events in there for name in (*events.totals, *fading_columns(events))]
    if COMPLAINTS.table in tables:
        totals += CO_ACCUSED
    if DUTY.table in tables:
        totals += LOAD_COLUMNS
    zeros = {name: wide[name].fill_null(0) for name in totals}
    wide = wide.mutate(counted=wide.counted.fill_null(False), **absent, **zeros)
    return wide.mutate(
        tenure_days=ibis.coalesce(wide.as_of.delta(wide.entered_on, unit="day"), wide.days_since_first_posting),
        rank_code=ibis.coalesce(wide.rank_code, wide.posting_rank_step),
    )


__all__ = ["FEATURE_COLUMNS", "FEATURE_GROUPS", "PLAIN_PEER_COLUMNS", "UNIT_MEASURES", "officer_features"]
