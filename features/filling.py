"""Fills the online store at the edge of a command, and says what became of each view."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rich.console import Console
from rich.table import Table

from data_contracts.settings import Settings
from features.store import FeatureReader, Materialized


def fill_online_store(settings: Settings, as_of: date, console: Console) -> list[Materialized]:
    """Register everything declared and bring the online store forward; raises NotReady without snapshots."""
    reader = FeatureReader(settings)
    with console.status("registering features"):
        reader.apply()
    with console.status(f"filling the online store as of {as_of}"):
        return reader.materialize(as_of)


def as_table(done: Sequence[Materialized]) -> Table:
    """One line a view."""
    table = Table("view", "as of", "rows", "", title="online store")
    for one in done:
        table.add_row(one.view, str(one.as_of), f"{one.rows:,}", one.because)
    return table
