"""Whom an officer was accused with: complaints that several officers share by `complaint_id`."""

from __future__ import annotations

from ibis.expr.types import Table

from features.asof_join import KEYS, month_start, standing_rows, stood
from features.measures import WINDOWS

CO_ACCUSED = tuple(f"co_accused_{window.suffix}" for window in WINDOWS)
NETWORK_COLUMNS = (*CO_ACCUSED, "co_accused_complaints_mean", "co_accused_sustained_mean")


def co_accused(days: Table, complaints: Table) -> Table:
    """Distinct co-accused in every window, and how many complaints they had themselves by `as_of`, on average.

    An officer is a co-accused of a window when the last complaint shared was opened in it; the shared ones count
    among the other's complaints too.
    """
    pairs = _pairs(days, complaints)
    pasts = _pasts(pairs, complaints)
    joined = pairs.inner_join(pasts, [pairs.other_id == pasts.officer_id, pairs.as_of == pasts.past_as_of]).select(
        *pairs.columns, "past_complaints", "past_sustained"
    )
    within = {
        f"co_accused_{window.suffix}": joined.count(
            where=joined.last_opened_on >= month_start(joined.as_of, window.months) if window.months else None
        )
        for window in WINDOWS
    }
    return joined.group_by(*KEYS).aggregate(
        **within,
        co_accused_complaints_mean=joined.past_complaints.mean(),
        co_accused_sustained_mean=joined.past_sustained.mean(),
    )


def _pairs(days: Table, complaints: Table) -> Table:
    """(officer_id, as_of, other_id) with the last day they were accused together."""
    own = standing_rows(days, complaints, "opened_on", keep=("complaint_id", "opened_on"))
    theirs = complaints.select(
        "known_on", "superseded_on", other_id="officer_id", shared_id="complaint_id", opened_with="opened_on"
    )
    together = own.inner_join(
        theirs,
        [
            own.complaint_id == theirs.shared_id,
            own.officer_id != theirs.other_id,
            stood(theirs, own.as_of, "opened_with"),
        ],
    )
    return together.group_by(*KEYS, "other_id").aggregate(last_opened_on=together.opened_on.max())


def _pasts(pairs: Table, complaints: Table) -> Table:
    others = pairs.select("as_of", officer_id="other_id").distinct()
    rows = standing_rows(others, complaints, "opened_on", keep=("finding",))
    return rows.group_by(rows.officer_id, past_as_of=rows.as_of).aggregate(
        past_complaints=rows.count(),
        past_sustained=(rows.finding == "sustained").fill_null(False).cast("int64").sum(),
    )
