"""Versions of a row: a correction or a later finding is a new row with the same key and a later `known_on`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from data_contracts.catalog import Table


def with_superseded_on(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with `superseded_on`: `known_on` of the next version of the same key, null while it is the newest.

    Index and order stay; rows of a table without a key never supersede each other.

    >>> from data_contracts.catalog import catalog
    >>> rows = pd.DataFrame({"officer_id": ["a", "a", "b"], "known_on": pd.to_datetime(
    ...     ["2021-01-01", "2020-01-01", "2020-01-01"])})
    >>> with_superseded_on(catalog().table("officers"), rows)["superseded_on"].dt.year.tolist()
    [nan, 2021.0, nan]
    """
    next_known = pd.Series(np.datetime64("NaT", "us"), index=frame.index, dtype="datetime64[us]")
    if table.key and len(frame):
        versions = frame[frame.duplicated(list(table.key), keep=False)]
        ordered = versions.sort_values([*table.key, "known_on"], kind="stable")
        following = ordered.groupby(list(table.key), sort=False, dropna=False)["known_on"].shift(-1)
        next_known.loc[following.index] = following.astype("datetime64[us]")
    return frame.assign(superseded_on=next_known)


def valid_at(frame: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """The rows known by `as_of` in the version then in force; needs `superseded_on`."""
    moment = pd.Timestamp(as_of)
    replaced = frame["superseded_on"].notna() & (frame["superseded_on"] <= moment)
    return frame[(frame["known_on"] <= moment) & ~replaced]


@dataclass(frozen=True)
class Sifted:
    """Which rows of a frame are new to a history, as positions in the frame; every row is in exactly one."""

    new: npt.NDArray[np.intp]
    duplicates: npt.NDArray[np.intp]
    conflicts: npt.NDArray[np.intp]


def sift(table: Table, existing: pd.DataFrame, frame: pd.DataFrame) -> Sifted:
    """Tell rows that are new from those already there and from those that contradict one that is there.

    A row of a table with a key is a duplicate when its whole content is there, and a conflict when another content
    is there for the same key and `known_on`: a correction must say that it came later. A table without a key keeps
    its twins: of each content as many rows as the fuller of the two has.
    """
    columns = list(table.column_names)
    old, came = existing[columns], frame[columns]
    if not table.key:
        old, came = _counted(old), _counted(came)
    both = pd.concat([old, came], ignore_index=True)
    seen = both.duplicated().to_numpy()[len(old) :]
    rival = np.zeros(len(came), dtype=bool)
    if table.key:
        rival = both.duplicated([*table.key, "known_on"]).to_numpy()[len(old) :] & ~seen
    return Sifted(*(np.flatnonzero(rows) for rows in (~seen & ~rival, seen, rival)))


def _counted(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with the number of each row among its twins, so that the second twin is not the first again."""
    return frame.assign(_twin=frame.groupby(list(frame.columns), dropna=False, sort=False).cumcount())
