"""The whole record of officers as of a day: contract tables with only the rows that stood then.

What advises one officer reads that officer's rows, not the force's: the filter on `officer_id` and `known_on` runs
while the files of the history are read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import partial

import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds

from data_contracts.catalog import Table, catalog
from data_contracts.errors import InvalidInput
from features.held_rows import HeldRows
from features.history import History, as_pandas
from features.versions import valid_at, with_superseded_on

AUDIT_ONLY = "protected_attributes"
# what is known only once the end is: it reads as null together with it
TOLD_WITH: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("officers", "left_on"): ("leave_kind",),
    ("complaints", "closed_on"): ("finding",),
}


def records_at(
    history: History,
    officer_ids: Iterable[str] | None,
    as_of: date,
    tables: Sequence[str],
    held: HeldRows | None = None,
) -> Mapping[str, pd.DataFrame]:
    """The rows of these officers (None: of everybody) that stood at `as_of`, by table, in contract columns.

    A row stands when it happened before `as_of`, was known by it, and no newer version of it was; ends after `as_of`
    read as null. Tables without an officer (posts, units, courses, ...) come whole. A table of which nothing at all
    was known is absent; one that tells nothing of these officers is there without rows. Rows come in order of their
    contents, whatever the order of the files. `held` are the tables that a service keeps in memory for this; tables
    without an officer are then the same frames for all requests of a day, so nobody may change them.

    Raises UnknownTable for a table without contract and InvalidInput for the table that only audits may read.
    """
    asked = None if officer_ids is None else pa.array(dict.fromkeys(officer_ids), pa.string())
    found = {}
    for name in tables:
        contract = catalog().table(name)
        if name == AUDIT_ONLY:
            raise InvalidInput(f"table {name!r} is for audits only and no part of a record; take it out of the list")
        made = partial(_stood, history, contract, asked, as_of, held)
        shared = held is not None and asked is not None and "officer_id" not in contract.column_names
        rows = held.day(name, as_of, made) if shared and held is not None else made()
        if rows is not None:
            found[name] = rows
    return found


def _stood(
    history: History, contract: Table, asked: pa.Array | None, as_of: date, held: HeldRows | None
) -> pd.DataFrame | None:
    """What stood of a table on a day, None where it told nothing by then."""
    rows = _read(history, contract, asked, as_of, held)
    return None if rows is None else standing(contract, rows, as_of)


def standing(contract: Table, rows: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Of all versions of some rows of a table, those that stood at `as_of`, as they were known then.

    >>> day = pd.Timestamp
    >>> rows = pd.DataFrame({"officer_id": ["a", "a"], "post_id": ["p", "p"], "unit_id": ["u", "v"],
    ...     "started_on": [day("2020-01-01"), day("2021-01-01")], "ended_on": [day("2021-01-01"), pd.NaT],
    ...     "known_on": [day("2020-01-01"), day("2020-12-01")]})
    >>> standing(catalog().table("postings"), rows, date(2020, 12, 31))[["unit_id", "ended_on"]].values.tolist()
    [['u', NaT]]
    """
    moment = pd.Timestamp(as_of)
    known = valid_at(with_superseded_on(contract, rows[rows["known_on"] <= moment]), as_of)
    if happens(contract):
        known = known[known[contract.event_date] < moment]
    known = known.drop(columns="superseded_on").reset_index(drop=True)
    for end in contract.ends:
        later = known[end] > moment
        for name in (end, *TOLD_WITH.get((contract.name, end), ())):
            if name in known:
                known[name] = known[name].mask(later)
    return known


def happens(contract: Table) -> bool:
    """Whether its rows are events of officers, of which those of a day count from the next.

    A vacancy is none: it is an offer that stands from the day it opens, and one that opens tomorrow is known today.
    """
    return contract.event_date is not None and "officer_id" in contract.column_names


def _read(
    history: History, contract: Table, asked: pa.Array | None, as_of: date, held: HeldRows | None
) -> pd.DataFrame | None:
    """Every version known by `as_of` of the officers asked, in order; None where the table told nothing by then."""
    if not history.rows(contract.name):
        return None
    day = pd.Timestamp(as_of)
    known = ds.field("known_on") <= pa.scalar(day, pa.timestamp("us"))
    kept = held.table(contract.name) if held is not None and asked is not None else None
    if kept is not None and asked is not None:
        rows = kept.of_officers(asked.to_pylist()).filter(known)
        told = bool(rows.num_rows) or (kept.spans is not None and kept.told_by(day.to_pydatetime()))
    else:
        files, own = history.dataset(contract.name), asked is not None and "officer_id" in contract.column_names
        rows = files.to_table(filter=known & ds.field("officer_id").isin(asked) if own else known)
        told = bool(rows.num_rows) or (own and bool(files.head(1, columns=["known_on"], filter=known).num_rows))
    if not told:
        return None
    order = [*contract.key, "known_on"] if contract.key else list(contract.column_names)
    return as_pandas(rows.sort_by([(name, "ascending") for name in order]))
