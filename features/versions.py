"""Versions of a row: a correction or a later finding is a new row with the same key and a later `known_on`."""

from __future__ import annotations

from datetime import date

import numpy as np
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
