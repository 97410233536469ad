"""How much was open on the day that a concern was raised: in its unit, and on the desk that handles its category."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import pandas as pd

from models.base import Numbers

COLUMNS = ("unit_id", "category", "raised_on", "resolved_on")


class Workload:
    """Counts of open concerns by unit and by category, of a frame with COLUMNS."""

    def __init__(self, concerns: pd.DataFrame) -> None:
        self._days = {
            name: {key: (np.sort(_days(rows["raised_on"])), np.sort(_days(rows["resolved_on"].dropna())))
                   for key, rows in concerns.groupby(name)}
            for name in ("unit_id", "category")
        }  # fmt: skip

    def open_on(self, name: str, keys: pd.Series, days: pd.Series) -> Numbers:
        """(n,) how many of the same unit (or category) had been raised before each day and were not resolved by it."""
        return np.array([self._open(name, key, day) for key, day in zip(keys, _days(days), strict=True)], float)

    def _open(self, name: str, key: Hashable, day: int) -> int:
        raised, resolved = self._days[name].get(key, (EMPTY, EMPTY))
        return int(np.searchsorted(raised, day) - np.searchsorted(resolved, day, side="right"))


EMPTY = np.zeros(0, dtype=np.int64)


def _days(dates: pd.Series) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.asarray(pd.to_datetime(dates).to_numpy("datetime64[D]").astype(np.int64))
