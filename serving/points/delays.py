"""How long appraisals take to come out, from the history of the whole force: the same for whoever is asked about."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds

from features.history import History, as_pandas
from models.points.appraisals import APPRAISALS, KEY, NOTHING_LEARNT, Delays, delays_between

MOST_DAYS = 32  # remembered; each is some kilobytes


class AppraisalDelays:
    """Asked as of a day; each day is read once for each state of the files."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._learnt = lru_cache(MOST_DAYS)(self._read)

    def __call__(self, as_of: date) -> Delays:
        """What was known by the day."""
        return self._learnt(as_of, tuple(self._history.files(APPRAISALS)))

    def _read(self, as_of: date, files: tuple[Path, ...]) -> Delays:
        if not files:
            return NOTHING_LEARNT
        days = (*delays_between(as_of), as_of)
        first, last, known = (pa.scalar(pd.Timestamp(day), pa.timestamp("us")) for day in days)
        ended = ds.field("occurred_on")
        asked = (ended >= first) & (ended <= last) & (ds.field("known_on") <= known)
        rows = self._history.dataset(APPRAISALS).to_table(columns=[*KEY, "known_on"], filter=asked)
        return Delays.of(as_pandas(rows), as_of)
