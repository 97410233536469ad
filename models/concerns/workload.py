"""How much was open on the day that a concern was raised: in its unit, and on the desk that handles its category."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.base import Numbers

Days = NDArray[np.int64]
EMPTY: Days = np.zeros(0, dtype=np.int64)
COLUMNS = ("unit_id", "category", "raised_on", "resolved_on")


class Workload:
    """Counts of open concerns by unit and by category, of a frame with COLUMNS."""

    def __init__(self, concerns: pd.DataFrame) -> None:
        self._days: dict[str, dict[Any, tuple[Days, Days]]] = {
            name: {key: (np.sort(_days(rows["raised_on"])), np.sort(_days(rows["resolved_on"].dropna())))
                   for key, rows in concerns.groupby(name)}
            for name in ("unit_id", "category")
        }  # fmt: skip

    def open_on(self, name: str, keys: pd.Series, days: pd.Series) -> Numbers:
        """(n,) how many of the same unit (or category) had been raised before each day and were not resolved by it."""
        pairs = zip(keys.astype(object), _days(days).tolist(), strict=True)
        return np.array([float(self._open(name, key, day)) for key, day in pairs])

    def _open(self, name: str, key: Any, day: int) -> int:
        raised, resolved = self._days[name].get(key, (EMPTY, EMPTY))
        return int(np.searchsorted(raised, day) - np.searchsorted(resolved, day, side="right"))


def _days(dates: pd.Series) -> NDArray[np.int64]:
    return np.asarray(pd.to_datetime(dates).to_numpy("datetime64[D]").astype(np.int64))
