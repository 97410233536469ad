"""Where an officer stands at `as_of`: present post and unit, time in them, moves, tenure, rank; and who is counted."""

from __future__ import annotations

from collections.abc import Mapping

import ibis
from ibis.expr.types import Table

from features.asof_join import KEYS, add_columns, later_is_unknown, month_start, standing_rows, stood
from features.least_time import months_past_least_time

POSTING_COLUMNS = (
    "unit_id",
    "post_id",
    "posting_ended",
    "days_in_unit",
    "days_in_post",
    "moves_3m",
    "moves_12m",
    "moves_24m",
    "moves_60m",
    "moves_ever",
    "days_since_first_posting",
)
RANK_COLUMNS = ("rank_code", "rank_position", "days_in_rank", "months_past_least_time")
MOVE_MONTHS = (3, 12, 24, 60)
POLICE_LADDER = "police_rank"


def postings_at(days: Table, postings: Table) -> Table:
    """Present post, unit, shift and supervisor, days in post and unit, and moves between units.

    The latest posting is the present one, also when it has ended and none has followed (`posting_ended`):
    a posting that starts on `as_of` is not seen yet, and nobody is without a unit on the day of a move.
    A move is a posting to another unit than the one before it; the first posting is none.
    """
    rows = standing_rows(days, postings, "started_on")
    order = ibis.window(group_by=KEYS, order_by=["started_on", "known_on", "post_id", "unit_id"])
    rows = rows.mutate(
        unit_before=rows.unit_id.lag().over(order),
        post_before=rows.post_id.lag().over(order),
        step=ibis.row_number().over(order),
    )
    rows = rows.mutate(
        new_unit=(rows.step == 0) | (rows.unit_id != rows.unit_before).fill_null(False),
        new_post=(rows.step == 0) | (rows.post_id != rows.post_before).fill_null(False),
    )
    return _present(rows, _times(rows))


def _times(rows: Table) -> Table:
    moved = rows.new_unit & (rows.step > 0)
    moves = {
        f"moves_{months}m": (moved & (rows.started_on >= month_start(rows.as_of, months))).cast("int64").sum()
        for months in MOVE_MONTHS
    }
    return rows.group_by(*KEYS).aggregate(
        **moves,
        moves_ever=moved.cast("int64").sum(),
        last_step=rows.step.max(),
        unit_since=rows.started_on.max(where=rows.new_unit),
        post_since=rows.started_on.max(where=rows.new_post),
        first_started_on=rows.started_on.min(),
    )


def _present(rows: Table, times: Table) -> Table:
    joined = add_columns(rows, times).filter(lambda row: row.step == row.last_step)
    return joined.select(
        *KEYS,
        "unit_id",
        "post_id",
        "shift",
        "supervisor_id",
        posting_rank_step=joined.rank_step,
        posting_ended=later_is_unknown(joined.ended_on, joined.as_of).notnull(),
        days_in_unit=joined.as_of.delta(joined.unit_since, unit="day"),
        days_in_post=joined.as_of.delta(joined.post_since, unit="day"),
        **{f"moves_{months}m": joined[f"moves_{months}m"] for months in MOVE_MONTHS},
        moves_ever=joined.moves_ever,
        days_since_first_posting=joined.as_of.delta(joined.first_started_on, unit="day"),
    )


def rank_at(days: Table, promotions: Table, rank_steps: Table | None) -> Table:
    """The latest rank known (police ranks apart), how long it has been held, its place on the ladder."""
    rows = standing_rows(days, promotions.filter(promotions.ladder != POLICE_LADDER), "occurred_on")
    order = ibis.window(group_by=KEYS, order_by=["occurred_on", "known_on", "ladder", "rank_step"])
    rows = rows.mutate(before=rows.rank_step.lag().over(order), step=ibis.row_number().over(order))
    rows = rows.mutate(changed=(rows.step == 0) | (rows.rank_step != rows.before).fill_null(False))
    ends = rows.group_by(*KEYS).aggregate(
        last_step=rows.step.max(), rank_since=rows.occurred_on.max(where=rows.changed)
    )
    latest = add_columns(rows, ends).filter(lambda row: row.step == row.last_step)
    latest = latest.select(
        *KEYS,
        "ladder",
        rank_code=latest.rank_step,
        days_in_rank=latest.as_of.delta(latest.rank_since, unit="day"),
    )
    latest = latest.mutate(months_past_least_time=months_past_least_time(latest))
    if rank_steps is None:
        return latest.mutate(rank_position=ibis.null("float64"))
    return add_columns(latest, _positions(latest, rank_steps))


def _positions(latest: Table, rank_steps: Table) -> Table:
    steps = rank_steps.rename(step_ladder="ladder")
    placed = latest.inner_join(
        steps,
        [
            latest.ladder == steps.step_ladder,
            latest.rank_code == steps.rank_step,
            stood(steps, latest.as_of, None),
        ],
    )
    return placed.group_by(*KEYS).aggregate(rank_position=placed.position.max())


def tenure_at(days: Table, officers: Table) -> Table:
    """Days since joining, and who has left: (officer_id, as_of, tenure_days, left, track, education)."""
    rows = standing_rows(days, officers, None)
    return rows.group_by(*KEYS).aggregate(
        entered_on=rows.entered_on.max(),
        left=later_is_unknown(rows.left_on, rows.as_of).notnull().max(),
        track=rows.track.max(),
        education=rows.education.max(),
    )


def population(as_ofs: Table, tables: Mapping[str, Table]) -> Table:
    """Who is counted at each as-of: appointed, not left, and on the roster where the source keeps one.

    Appointed: an officer on record (where there are such records) who joined before as-of or, where the
    joining date is unknown, was posted before it. Whoever
    leaves on as-of has left. Where promotions has roster rows, one of the calendar year before as-of must
    confirm the officer; before the first roster nobody is counted. (officer_id, as_of), one row each.
    """
    listed = tables["postings"].select("officer_id")
    if "officers" in tables:
        listed = listed.union(tables["officers"].select("officer_id"))
    days = listed.distinct().cross_join(as_ofs.select(as_of=as_ofs.as_of.cast("date")).distinct())
    days = add_columns(days, _first_posting(days, tables["postings"]))
    if "officers" in tables:
        days = add_columns(days, tenure_at(days.select(*KEYS), tables["officers"]))
    else:
        days = days.mutate(entered_on=ibis.null("date"), left=ibis.literal(False))
    appointed = ibis.ifelse(days.entered_on.isnull(), days.posted.notnull(), days.entered_on < days.as_of)
    there = days.filter(appointed.fill_null(False) & ~days.left.fill_null(True)).select(*KEYS)
    return _confirmed(there, tables["promotions"]) if "promotions" in tables else there


def _first_posting(days: Table, postings: Table) -> Table:
    rows = standing_rows(days, postings, "started_on", keep=("started_on",))
    return rows.group_by(*KEYS).aggregate(posted=rows.started_on.min())


def _confirmed(there: Table, promotions: Table) -> Table:
    """Keep those with a roster row of the year before; everybody where the source keeps no roster at all."""
    roster = promotions.filter(promotions.kind == "roster")
    keeps = roster.aggregate(roster_rows=roster.count())
    rows = standing_rows(there, roster, "occurred_on", keep=("occurred_on",))
    rows = rows.filter(rows.occurred_on.year() == rows.as_of.year() - 1)
    sworn = rows.select(*KEYS).distinct().mutate(sworn=ibis.literal(True))
    marked = add_columns(there, sworn, ["sworn"]).cross_join(keeps)
    return marked.filter(marked.sworn.fill_null(False) | (marked.roster_rows == 0)).select(*KEYS)
