"""Exports that come again: what a row tells now, where its source does not say since when.

A department exports its tables anew each month, and most systems do not say when a row was changed. The first time
a row comes it counts as known on the day of its event. When it comes again with other values, the change is known from
the end date that it fills in (an end is known on its day, as everywhere), or else from the day of the delivery, never
earlier. A row that tells what some earlier version already told changes nothing, so that a file may come again on any
day, and an old file never turns the history back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from data_contracts.catalog import Table
from data_contracts.intake import Intake, declared

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Retold:
    """The accepted rows of a delivery beside what the history holds; flags by row.

    `frame`: the rows, changed ones with the day they are known from. `told`: rows that add nothing. `changed`: rows
    that correct what is in force. `turned_back`: rows that tell a version which was corrected since.
    """

    frame: pd.DataFrame
    told: Flags
    changed: Flags
    turned_back: Flags


def retold(taken: Intake, known: pd.DataFrame, delivered_on: date) -> Retold:
    """Set `known_on` of rows whose source does not say it; `known` are all versions in the history of that table.

    >>> from data_contracts.catalog import catalog
    >>> from data_contracts.intake import take_in
    >>> postings = catalog().table("postings")
    >>> row = {name: ["a"] for name in postings.key} | {"started_on": "2020-01-01", "known_on": "2020-01-01"}
    >>> before = take_in(postings, pd.DataFrame(row)).accepted
    >>> ended = take_in(postings, pd.DataFrame({**row, "ended_on": "2020-06-30"}))
    >>> retold(ended, before, date(2020, 7, 5)).frame["known_on"].dt.strftime("%F").tolist()
    ['2020-06-30']
    """
    table, frame = taken.table, taken.accepted
    known = declared(known)
    in_force = _in_force(table, known, frame, delivered_on)
    again = in_force["known_on"].notna().to_numpy()
    told = already_told(table, known, frame)
    newest = _newest_of_each_row(taken)
    changed = again & newest & ~told
    kept, ends = _compared(table, in_force, frame)
    since = _known_since(in_force["known_on"], kept, ends, delivered_on)
    told_now = already_told(table, in_force[again], frame)
    return Retold(
        frame=frame.assign(known_on=frame["known_on"].mask(changed, since)),
        told=told | (again & ~newest),
        changed=changed,
        turned_back=told & again & newest & ~told_now,
    )


def _in_force(table: Table, known: pd.DataFrame, frame: pd.DataFrame, day: date) -> pd.DataFrame:
    """The version of each row's key that was in force on a day, in the frame's rows; nulls where there is none."""
    key = list(table.key)
    past = known[known["known_on"] <= pd.Timestamp(day)].sort_values("known_on", kind="stable")
    newest = past.drop_duplicates(key, keep="last")[list(table.column_names)]
    return frame[key].merge(newest, on=key, how="left")


def already_told(table: Table, known: pd.DataFrame, frame: pd.DataFrame) -> Flags:
    """Where (bool, by row) a row's content, but for `known_on`, is among the known ones."""
    content = [name for name in table.column_names if name != "known_on"]
    both = pd.concat([known[content], frame[content]], ignore_index=True)
    return both.duplicated().to_numpy()[len(known) :]


def _newest_of_each_row(taken: Intake) -> Flags:
    """The last version of each delivered row; none of a row that was refused in part, since its last may be missing."""
    known_on = taken.accepted["known_on"]
    last = (known_on == known_on.groupby(taken.rows).transform("max")).to_numpy(dtype=bool)
    return last & ~np.isin(taken.rows, taken.faults["row"])


def _compared(table: Table, before: pd.DataFrame, now: pd.DataFrame) -> tuple[Flags, pd.Series]:
    """Where every value that was there is still there, and the latest end date that was filled in (null for none)."""
    kept = np.ones(len(now), dtype=bool)
    ends = pd.Series(np.datetime64("NaT", "us"), index=now.index, dtype="datetime64[us]")
    end_columns = {rule.column for rule in table.rules}
    for name in table.column_names:
        was, is_now = before[name].set_axis(now.index), now[name]
        if name != "known_on":
            kept &= (was.isna() | (was == is_now).fillna(False)).to_numpy(dtype=bool)
        if name in end_columns:
            ends = pd.concat([ends, is_now.where(was.isna())], axis=1).max(axis=1)
    return kept, ends


def _known_since(before: pd.Series, kept: Flags, ends: pd.Series, day: date) -> pd.Series:
    """The end's day where a row only tells more, lies after what was known and has come; else the delivery's day."""
    delivered = pd.Timestamp(day)
    at_its_end = kept & (ends > before.set_axis(ends.index)) & (ends <= delivered)
    return ends.where(at_its_end, delivered).astype("datetime64[us]")
