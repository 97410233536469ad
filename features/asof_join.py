"""The one join behind every feature: the rows of a table that stood on a day, for each officer and day asked.

A row stands at `as_of` when it happened before that day, was known by it, and no newer version of it was.
"""

from __future__ import annotations

from collections.abc import Sequence

import ibis
from ibis.expr.types import BooleanValue, DateValue, Table

KEYS = ("officer_id", "as_of")


def officer_days(spine: Table) -> Table:
    """The distinct (officer_id, as_of) of a spine, `as_of` as a date: what every block has one row for."""
    return spine.select("officer_id", as_of=spine.as_of.cast("date")).distinct()


def month_start(as_of: DateValue, months: int) -> DateValue:
    """The first day of a look-back of `months`; the last of February stands in for its missing days."""
    return (as_of - ibis.interval(months=months)).cast("date")


def stood(rows: Table, as_of: DateValue, happened: str | None) -> BooleanValue:
    """Whether each row stood at `as_of`; `happened` is None for rows that describe, not happen."""
    known = (rows.known_on <= as_of) & (rows.superseded_on.isnull() | (rows.superseded_on > as_of))
    return known if happened is None else known & (rows[happened] < as_of)


def standing_rows(days: Table, rows: Table, happened: str | None, keep: Sequence[str] = ()) -> Table:
    """Every row of an officer that stood at each of the days asked: columns of `days` and of `rows`.

    `days` holds officer_id, as_of and what a caller added; `keep` names the columns of `rows` wanted
    (all but the officer when empty).
    """
    wanted = tuple(keep) or tuple(name for name in rows.columns if name != "officer_id")
    theirs = rows.rename(row_officer_id="officer_id")
    joined = days.inner_join(theirs, [days.officer_id == theirs.row_officer_id, stood(theirs, days.as_of, happened)])
    return joined.select(*days.columns, *wanted)


def later_is_unknown(day: DateValue, as_of: DateValue) -> DateValue:
    """An end, a resignation or a resolution after `as_of` reads as null at `as_of`."""
    return ibis.ifelse(day <= as_of, day, ibis.null("date"))


def add_columns(days: Table, block: Table, columns: Sequence[str] | None = None) -> Table:
    """`days` with the columns of a block that has at most one row for each of them; null where it has none."""
    names = tuple(columns or [name for name in block.columns if name not in KEYS])
    theirs = block.rename(block_officer_id="officer_id", block_as_of="as_of")
    joined = days.left_join(theirs, [days.officer_id == theirs.block_officer_id, days.as_of == theirs.block_as_of])
    return joined.select(*days.columns, *names)


def with_blocks(days: Table, blocks: Sequence[Table]) -> Table:
    """`days` with the columns of every block, in one select: nesting a wide select a block makes planning slow."""
    joined, columns = days, list(days.columns)
    for number, block in enumerate(blocks):
        officer, day = f"block_{number}_officer_id", f"block_{number}_as_of"
        theirs = block.rename({officer: "officer_id", day: "as_of"})
        joined = joined.left_join(theirs, [days.officer_id == theirs[officer], days.as_of == theirs[day]])
        columns += [name for name in block.columns if name not in KEYS]
    return joined.select(*columns)
