"""Time in the simulator: whole months counted from the first simulated one; days as numbers since 1970-01-01.

Months before the first one are negative: careers begin before the records that the simulator writes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

NO_DAY = -(2**31)
"""What stands for a date that is not known."""


@dataclass(frozen=True)
class Calendar:
    """`months` whole months that end with the month before `end` (or with the one that `end` cuts).

    >>> calendar = Calendar(date(2026, 1, 1), 24)
    >>> calendar.month_of(0), calendar.month_of(23), calendar.month_of(-1)
    (datetime.date(2024, 1, 1), datetime.date(2025, 12, 1), datetime.date(2023, 12, 1))
    """

    end: date
    months: int

    @property
    def _first(self) -> np.datetime64:
        return np.datetime64(self.end - timedelta(days=1), "M") + 1 - self.months

    @property
    def end_day(self) -> int:
        """The last day whose news is written, as a day number."""
        return int(np.datetime64(self.end, "D").astype(np.int64))

    def month_of(self, month: int) -> date:
        """The first day of a month."""
        day: date = (self._first + month).astype("datetime64[D]").item()
        return day

    def start(self, month: int) -> int:
        """The first day of a month as a day number."""
        return int((self._first + month).astype("datetime64[D]").astype(np.int64))

    def days(self, month: int, rng: np.random.Generator, count: int) -> IntArray:
        """`count` random days of a month as day numbers."""
        return self.start(month) + rng.integers(0, 28, count)
