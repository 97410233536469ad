"""Features of single officers as of now: the same window code over the whole history, asked for few officers, and put
into the online store before the night comes.

The engine stays open between events: its tables are filled again only where the history grew, and the features, which
take seconds to compile, are compiled once. Everybody counted on the day is read, since an officer's row tells of those
around; only the officers asked for are brought forward, the others wait for the night.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Collection, Mapping
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa

from data_contracts.catalog import catalog
from data_contracts.errors import MissingTable
from features.careers import career_frame
from features.engine import DAY, READS, TEXT, connect_history, fill_again
from features.history import History
from features.officer_rows import SPINE, OfficerRows, as_frame
from features.versions import with_superseded_on

PREPARED = "pharos_live_features"
COSTLY = "projection_pullup"  # DuckDB plans anew at each EXECUTE; this rule takes a quarter of it and changes no row


class LiveFeatures:
    """Rows of the sources `officers` and `careers` for few officers at a day; one question at a time."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._lock = threading.Lock()
        self._rows: OfficerRows | None = None
        self._files: Mapping[str, tuple[Path, ...]] = {}

    def warm(self) -> None:
        """Read the history and compile the features, so that the first event need not wait for it."""
        with self._lock:
            self._current()

    def rows(self, officer_ids: Collection[str], as_of: date) -> Mapping[str, pd.DataFrame]:
        """By source, a row for each officer; the columns are those of the snapshots (features/snapshots.py).

        Officers of whom nothing is known get a row of `officers` and none of `careers`. Raises MissingTable when the
        history has no postings.
        """
        ids = sorted(set(officer_ids))
        spine = pa.table({"officer_id": pa.array(ids, TEXT), "as_of": pa.array([as_of] * len(ids), DAY)})
        with self._lock:
            features = as_frame(_asked(self._current(), spine))
        own = self._history.of_officers("postings", ids)
        careers = career_frame({"postings": with_superseded_on(catalog().table("postings"), own)}, as_of)
        return {"officers": features, "careers": careers}

    def close(self) -> None:
        """Give the engine's memory back; the next question opens it again."""
        with self._lock:
            if self._rows is not None:
                self._rows.close()
            self._rows, self._files = None, {}

    def _current(self) -> OfficerRows:
        """The engine with the history as it is now."""
        files = {name: tuple(self._history.files(name)) for name in READS if self._history.rows(name)}
        if "postings" not in files:
            raise MissingTable("table 'postings' is absent or empty; features need it: ingest postings first")
        if self._rows is None or set(files) != set(self._files):  # the compiled features depend on which tables exist
            if self._rows is not None:
                self._rows.close()
            self._rows = OfficerRows(connect_history(self._history))
            self._rows.backend.con.execute(f"SET disabled_optimizers = '{COSTLY}'")
            self._rows.backend.con.execute(f"PREPARE {PREPARED} AS {self._rows.sql}")
        for name in (name for name in self._files if files.get(name) != self._files[name]):
            fill_again(self._rows.backend, name, self._history)
        self._files = files
        return self._rows


def _asked(rows: OfficerRows, spine: pa.Table) -> pa.Table:
    """The prepared features over a spine; its table is refilled, for with a new one they would be parsed again."""
    engine = rows.backend.con
    engine.execute("DELETE FROM spine")
    engine.register("live_spine", spine.select(SPINE.names).cast(SPINE))
    engine.execute("INSERT INTO spine SELECT * FROM live_spine")
    engine.unregister("live_spine")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Arrow output on a DB-API result", UserWarning)  # few rows: no matter
        found: pa.Table = engine.execute(f"EXECUTE {PREPARED}").to_arrow_table()
    return found
