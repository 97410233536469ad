"""What an officer's own past says: the outcome's own events of the last two years, counted as known on the day.

For conduct that is nearly the count of past complaints; for strain it is the months of too much overtime or long
sickness, an opponent that a count of complaints is not. Where an outcome is a state and no event (stagnation), its
measure is how many of its signs show already. Of what happens once (departure) nobody in service has a past: all
are equal, and there is nothing to compare with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from data_contracts.asof import add_months
from data_contracts.decisions import Sign
from data_contracts.policy import policy
from models.base import Numbers
from training.risk.signs import Looked, Window, matches, shown, versions_at

PAST_MONTHS = 24
COUNTED = ("row", "run")  # signs that are events; a run is counted by the rows that reach its numbers


def persistence(frames: Mapping[str, pd.DataFrame], outcome: str, officers: pd.Series, as_of: date) -> Numbers:
    """The outcome's own past of each officer (n,) as known on `as_of`; 0 where the past holds nothing of it."""
    window = Window(pd.Timestamp(add_months(as_of, -PAST_MONTHS)), pd.Timestamp(as_of))
    looked = Looked(officers, window, as_of)
    total = np.zeros(len(officers))
    for sign in policy().outcome(outcome).signs:
        if sign.table in frames:
            total += _past(sign, frames[sign.table], looked)
    return total


def _past(sign: Sign, table: pd.DataFrame, looked: Looked) -> Numbers:
    if sign.how not in COUNTED:
        return np.nan_to_num(shown(sign, table, looked))
    rows = versions_at(table, looked.known_at)
    each = replace(sign, how="row")  # a single row of a run reaches its numbers by itself
    inside = looked.window.holds(rows[sign.date]).fillna(False).astype(bool) & matches(each, rows)
    counts = rows.loc[inside, "officer_id"].value_counts()
    return np.asarray(looked.officers.map(counts).astype("float64").fillna(0.0), dtype=np.float64)
