"""Runs the window features: loads the tables once, asks them a few days at a time.

Compiling the expression takes seconds, whatever the rows are: it is done once in a process for each choice of tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property

import ibis
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from ibis.backends.duckdb import Backend

from features.definitions import policy_numbers
from features.engine import DAY, TEXT, connect, connect_history, load
from features.history import History
from features.standing import population
from features.windows import officer_features

ROWS_AT_ONCE = 100_000  # officers x days in one query: about 1 GB in DuckDB at its widest
SPINE = pa.schema([("officer_id", TEXT), ("as_of", DAY)])
COMPILED: dict[tuple[frozenset[str], str], str] = {}  # by the tables there are, and what policy says of features


class OfficerRows:
    """The features of officers as of days, over tables that an engine holds (features/engine.py).

    Raises MissingTable when there are no postings.
    """

    def __init__(self, connected: tuple[Backend, Mapping[str, ibis.Table]]) -> None:
        self.backend, self.tables = connected
        load(self.backend, "spine", SPINE.empty_table())

    @classmethod
    def of_frames(cls, frames: Mapping[str, pd.DataFrame]) -> OfficerRows:
        """Over frames of accepted rows with `superseded_on`."""
        return cls(connect(frames))

    @classmethod
    def of_history(cls, history: History) -> OfficerRows:
        """Over everything a history has committed."""
        return cls(connect_history(history))

    @cached_property
    def sql(self) -> str:
        """The compiled features over the table `spine`; columns and types are those of READS, so names are enough."""
        key = frozenset(self.tables), policy_numbers()
        if key not in COMPILED:
            wanted = officer_features(self.tables, self.backend.table("spine"))
            COMPILED[key] = str(ibis.to_sql(wanted, dialect="duckdb"))
        return COMPILED[key]

    @cached_property
    def days_at_once(self) -> int:
        """How many as-of days fit into one query: everybody is counted on each of them."""
        officers = self.tables["postings"].officer_id.nunique()
        return max(1, ROWS_AT_ONCE // max(1, int(self.backend.execute(officers))))

    def at(self, spine: pa.Table) -> pa.Table:
        """One row for each distinct (officer_id, as_of), sorted by both; `as_of` is a date."""
        load(self.backend, "spine", spine.select(SPINE.names).cast(SPINE))
        rows = self.backend.con.sql(self.sql).to_arrow_table()
        return rows.sort_by([("as_of", "ascending"), ("officer_id", "ascending")])

    def close(self) -> None:
        """Give the engine's memory back."""
        self.backend.disconnect()

    def in_chunks(self, spine: pa.Table) -> Iterator[pa.Table]:
        """`at` for a spine of any length, a few days at a time."""
        days = sorted(set(spine["as_of"].cast(DAY).to_pylist()))
        column = spine["as_of"].cast(DAY)
        for start in range(0, len(days), self.days_at_once):
            some = pa.array(days[start : start + self.days_at_once], DAY)
            yield self.at(spine.filter(pc.is_in(column, value_set=some)))

    def counted(self, days: Sequence[date]) -> pa.Table:
        """Who is counted at each day (features/standing.py: population), as a spine."""
        asked = load(self.backend, "asked_days", pa.table({"as_of": pa.array(days, DAY)}))
        rows = self.backend.to_pyarrow(population(asked, self.tables))
        return rows.select(SPINE.names).cast(SPINE).sort_by([("as_of", "ascending"), ("officer_id", "ascending")])


def as_frame(rows: pa.Table) -> pd.DataFrame:
    """Feature rows in the types of our frames: string, float64, and `as_of` as a naive midnight. Uses `rows` up."""
    text = [field.name for field in rows.schema if pa.types.is_string(field.type)]
    frame: pd.DataFrame = rows.to_pandas(date_as_object=False, split_blocks=True, self_destruct=True)
    return frame.astype({**dict.fromkeys(text, "string"), "as_of": "datetime64[us]"})
