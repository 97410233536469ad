"""Whom an officer was accused with: complaints that several officers share by `complaint_id`."""

from __future__ import annotations

from ibis.expr.types import Table

from features.asof_join import KEYS, month_start, standing_rows, stood

NETWORK_COLUMNS = ("co_accused_24m", "co_accused_ever", "co_accused_complaints_mean", "co_accused_sustained_mean")


def co_accused(days: Table, complaints: Table) -> Table:
    """Distinct co-accused, and the mean number of complaints those had themselves by `as_of` (shared ones too)."""
    pairs = _pairs(days, complaints)
    pasts = _pasts(pairs, complaints)
    joined = pairs.inner_join(pasts, [pairs.other_id == pasts.officer_id, pairs.as_of == pasts.past_as_of]).select(
        *pairs.columns, "past_complaints", "past_sustained"
    )
    recent = joined.last_opened_on >= month_start(joined.as_of, 24)
    return joined.group_by(*KEYS).aggregate(
        co_accused_24m=recent.cast("int64").sum(),
        co_accused_ever=joined.count(),
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
