"""Who led an officer, as of a day: how often that changed, and since when it is as it is. Nobody is named outside."""

from __future__ import annotations

import ibis
from ibis.expr.types import Table

from features.asof_join import KEYS, month_start, standing_rows

CHANGE_MONTHS = (12, 24)
CHANGE_COLUMNS = tuple(f"supervisor_changes_{months}m" for months in CHANGE_MONTHS)
SUPERVISOR_COLUMNS = (*CHANGE_COLUMNS, "days_under_supervisor")


def supervisors_at(days: Table, postings: Table) -> Table:
    """One row for each of `days` (officer_id, as_of) with a standing posting that names a supervisor.

    A change is a posting under another supervisor than the last one named before it; a posting that names none is
    no change, it only says nothing. `supervisor_since` is the day on which the last one named began. A supervisor who
    changes while a posting goes on is a change where the department records it as a posting of its own; a
    newer version of the same posting (features/history.py) is a correction, and counts from the posting's start.
    """
    rows = standing_rows(days, postings.filter(postings.supervisor_id.notnull()), "started_on")
    order = ibis.window(group_by=KEYS, order_by=["started_on", "known_on", "post_id", "unit_id"])
    rows = rows.mutate(before=rows.supervisor_id.lag().over(order), step=ibis.row_number().over(order))
    changed = (rows.supervisor_id != rows.before).fill_null(False)
    rows = rows.mutate(changed=changed, begun=(rows.step == 0) | changed)
    changes = {
        f"supervisor_changes_{months}m": rows.count(
            where=rows.changed & (rows.started_on >= month_start(rows.as_of, months))
        )
        for months in CHANGE_MONTHS
    }
    return rows.group_by(*KEYS).aggregate(**changes, supervisor_since=rows.started_on.max(where=rows.begun))


def with_supervisor(wide: Table) -> Table:
    """`wide` (supervisor_id and supervisor_since) with `days_under_supervisor`; null where the present one is not
    named, for the last one named may have gone."""
    days = ibis.ifelse(
        wide.supervisor_id.notnull(), wide.as_of.delta(wide.supervisor_since, unit="day"), ibis.null("int64")
    )
    return wide.mutate(days_under_supervisor=days)
