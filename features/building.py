"""Builds every snapshot that the store reads, month by month, and says what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn
from rich.table import Table

from data_contracts.asof import AsOf
from data_contracts.errors import InvalidInput
from data_contracts.settings import Settings
from features.careers import write_careers
from features.history import History
from features.snapshots import Written, month_starts, write_snapshots


def asked_days(first: str | None, last: str | None, as_of: Sequence[str]) -> list[date]:
    """The as-of days a person asked for: months from first to last (YYYY-MM), single days, or both.

    >>> asked_days("2023-12", "2024-01", ["2024-03-05"])
    [datetime.date(2023, 12, 1), datetime.date(2024, 1, 1), datetime.date(2024, 3, 5)]
    """
    if (first is None) != (last is None):
        raise InvalidInput(
            "--from and --to belong together; give both as YYYY-MM, for example --from 2020-01 --to 2024-12"
        )
    days = {AsOf.parse(day).day for day in as_of}
    if first is not None and last is not None:
        days.update(month_starts(AsOf.parse(f"{first}-01").day, AsOf.parse(f"{last}-01").day))
    if not days:
        raise InvalidInput("no day was asked for; give --as-of YYYY-MM-DD, or --from YYYY-MM and --to YYYY-MM")
    return sorted(days)


def build_features(where: Settings, days: Sequence[date], console: Console | None = None) -> list[Written]:
    """Write officer, unit and career snapshots of each day under the state folder, with a bar if there is a console.

    Raises MissingTable when nothing has been ingested.
    """
    history = History(where.history_dir)
    bar = Progress(*Progress.get_default_columns(), MofNCompleteColumn(), TimeElapsedColumn(), console=console)
    bar.disable = console is None
    with bar:
        task = bar.add_task("snapshots", total=len(days))
        done = []
        for written in write_snapshots(history, where.snapshot_dir, days):
            bar.advance(task)
            done.append(written)
    write_careers({"postings": history.frame("postings")}, where.snapshot_dir, days)
    return sorted(done, key=lambda written: written.as_of)


def as_table(done: Sequence[Written]) -> Table:
    """What was built, one line a day."""
    table = Table("as of", "officers", "units", "", title="snapshots")
    for written in done:
        state = "written" if written.fresh else "already there"
        table.add_row(str(written.as_of), f"{written.officers:,}", f"{written.units:,}", state)
    return table
