"""Simulate to a folder with a progress bar, and say what was written; the rim of the simulator."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from data_contracts.asof import AsOf
from data_contracts.simulator.simulation import Plan
from data_contracts.simulator.write import write_simulation


def simulate_to(
    folder: Path, officers: int, years: int, seed: int, end: str, *, with_bad_rows: bool, console: Console
) -> Table:
    """Write the simulation and return the rows of each table as a printable table."""
    plan = Plan(officers, years, seed, AsOf.parse(end).day)
    bar = Progress(TextColumn("simulating"), BarColumn(), TextColumn("{task.percentage:.0f} %"), TimeElapsedColumn(),
                   console=console)  # fmt: skip
    with bar:
        task = bar.add_task("months", total=plan.ticks())
        counts = write_simulation(plan, folder, with_bad_rows=with_bad_rows, tick=lambda: bar.advance(task))
    result = Table(title=f"{officers:,} officers, {years} years, seed {seed}, in {folder}")
    result.add_column("table")
    result.add_column("rows", justify="right")
    for name, rows in counts.items():
        result.add_row(name, f"{rows:,}")
    return result
