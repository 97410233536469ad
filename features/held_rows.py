"""Tables of the history kept in memory by officer, so that a request about one finds their rows without opening files.

A table is read once for each state of its files; when a delivery or an event adds a file, it is read again. Together
they take a fixed share of memory: a table that would not fit is read from its files as before.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from features.history import History

OFFICER = "officer_id"
MOST_BYTES = 1 << 30  # of all tables together
MOST_DAYS = 32  # tables as they stood on a day
BYTES_A_ROW = 400  # as they lie in memory, roughly; decides without reading whether a table can fit


@dataclass(frozen=True)
class HeldTable:
    """The rows of a table, by officer where it has officers; `spans` tells where each officer's rows begin and end."""

    rows: pa.Table
    spans: dict[str, tuple[int, int]] | None

    @classmethod
    def of(cls, rows: pa.Table) -> HeldTable:
        """Sort and index the rows of a table."""
        if OFFICER not in rows.column_names:
            return cls(rows.combine_chunks(), None)
        ordered = rows.sort_by(OFFICER).combine_chunks()
        officers, first = np.unique(ordered[OFFICER].to_numpy(zero_copy_only=False).astype(str), return_index=True)
        ends = np.append(first[1:], ordered.num_rows)
        return cls(ordered, dict(zip(officers.tolist(), zip(first.tolist(), ends.tolist(), strict=True), strict=True)))

    def of_officers(self, officer_ids: Sequence[str]) -> pa.Table:
        """The rows of these officers; all rows of a table without officers."""
        if self.spans is None:
            return self.rows
        spans = [self.spans[name] for name in officer_ids if name in self.spans]
        parts = [self.rows.slice(start, end - start) for start, end in spans]
        return pa.concat_tables(parts) if parts else self.rows.slice(0, 0)

    def told_by(self, day: datetime) -> bool:
        """Whether anything of the table was known by a day."""
        first = pc.min(self.rows["known_on"]).as_py()
        return first is not None and first <= day


class HeldRows:
    """The tables of one history that requests ask for, each held while its files stay what they are."""

    def __init__(self, history: History, most_bytes: int = MOST_BYTES) -> None:
        self._history = history
        self._most = most_bytes
        self._lock = threading.Lock()
        self._held: OrderedDict[str, tuple[tuple[Path, ...], HeldTable]] = OrderedDict()
        self._days: OrderedDict[tuple[str, date], tuple[tuple[Path, ...], pd.DataFrame | None]] = OrderedDict()

    def table(self, name: str) -> HeldTable | None:
        """A table in every version that its files tell; None where it is too large to be held."""
        files = tuple(self._history.files(name))
        with self._lock:
            held = self._held.get(name)
            if held is None or held[0] != files:
                if self._history.rows(name) * BYTES_A_ROW > self._most:
                    return None
                held = self._held[name] = (files, HeldTable.of(self._history.dataset(name).to_table()))
            self._held.move_to_end(name)
            while self.nbytes > self._most and len(self._held) > 1:
                self._held.popitem(last=False)
        return held[1]

    def day(self, name: str, as_of: date, made: Callable[[], pd.DataFrame | None]) -> pd.DataFrame | None:
        """A table without officers as it stood on a day: the same frame for whoever asks, until its files change."""
        files, key = tuple(self._history.files(name)), (name, as_of)
        with self._lock:
            known = self._days.get(key)
        if known is not None and known[0] == files:
            return known[1]
        frame = made()
        with self._lock:
            self._days[key] = files, frame
            while len(self._days) > MOST_DAYS:
                self._days.popitem(last=False)
        return frame

    @property
    def nbytes(self) -> int:
        """Bytes that the held tables take."""
        return sum(one.rows.nbytes for _, one in self._held.values())
