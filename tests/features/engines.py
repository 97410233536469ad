"""One compiled copy of the features over every table, so that a random bureau costs a query and not a compilation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache

import pandas as pd
import pyarrow as pa

from features.engine import READS, arrow_table, connect, load
from features.officer_rows import OfficerRows, as_frame
from tests.features.histories import AS_OFS, OFFICERS, framed


class CompiledFeatures:
    """DuckDB with all tables and `spine`; the tables' rows are exchanged between questions."""

    def __init__(self) -> None:
        rows = OfficerRows(connect({table: seed_row(table) for table in READS}))
        self.backend, self.sql = rows.backend, rows.sql

    def answer(self, frames: Mapping[str, pd.DataFrame], spine: pa.Table) -> pd.DataFrame:
        """The features of the spine, sorted by day and officer."""
        for table, frame in frames.items():
            load(self.backend, table, arrow_table(table, frame))
        load(self.backend, "spine", spine)
        rows = self.backend.con.sql(self.sql).to_arrow_table()
        return as_frame(rows.sort_by([("as_of", "ascending"), ("officer_id", "ascending")]))


@cache
def compiled_features() -> CompiledFeatures:
    """The one copy of this process."""
    return CompiledFeatures()


def seed_row(table: str) -> pd.DataFrame:
    """One row that only gives a table its columns."""
    return framed(table, [{"officer_id": "a", "known_on": pd.Timestamp("2020-01-01"), "superseded_on": pd.NaT}])


def spine_of(officers: Sequence[str] = OFFICERS, as_ofs: Sequence[date] = AS_OFS) -> pa.Table:
    """Every officer at every day."""
    pairs = [(officer, as_of) for as_of in as_ofs for officer in officers]
    return pa.table(
        {"officer_id": [officer for officer, _ in pairs], "as_of": pa.array([day for _, day in pairs], pa.date32())}
    )
