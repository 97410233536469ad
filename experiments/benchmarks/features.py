"""Snapshots and training frames against the same work in pandas and in Feast's default store.

    python -m experiments.benchmarks.features [--small] [--out features.json]

Each job runs alone in a fresh process, so that its peak memory is its own. The default store is asked at a tenth
of the officers, and so is ours, for a ratio of like with like. Jobs of one size must agree on one checksum.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from data_contracts.settings import prepare_process
from experiments.benchmarks.evidence import keep
from experiments.benchmarks.feature_data import write_tables

OURS = "pharos"
PLAN = (
    ("snapshots: pharos", 1),
    ("snapshots: pandas", 1),
    ("training frame: pharos", 1),
    ("training frame: pandas", 1),
    ("snapshots: pharos", 10),
    ("training frame: pharos", 10),
    ("training frame: feast default store", 10),
)


@dataclass(frozen=True)
class Measured:
    """One job's cost; `ratio` is its seconds over ours for the same work at the same size."""

    job: str
    officers: int
    months: int
    seconds: float
    peak_mib: float
    checksum: float | None
    said: str
    ratio: float | None = None


def main(
    small: Annotated[bool, typer.Option("--small", help="500 officers x 12 months: does it still run?")] = False,
    officers: int = 20_000,
    months: int = 60,
    out: Annotated[Path | None, typer.Option(help="Also write JSON.")] = None,
) -> None:
    """Run every job and print seconds, peak memory and ratios."""
    officers, months = (500, 12) if small else (officers, months)
    with tempfile.TemporaryDirectory() as folder:
        sizes = {part: Path(folder) / str(part) for _, part in PLAN}
        for part, place in sizes.items():
            write_tables(place, officers // part, months)
        done = [_alone(job, sizes[part], officers // part, months) for job, part in PLAN]
    compared = [_with_ratio(item, done) for item in done]
    Console(width=150).print(_as_table(compared))
    if out is not None:
        keep(out, {"records": [asdict(item) for item in compared]})


def _alone(job: str, folder: Path, officers: int, months: int) -> Measured:
    """Run one job in a child process and read its one line of JSON."""
    code = f"from experiments.benchmarks.features import child; child({job!r}, {str(folder)!r}, {officers}, {months})"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        last = (result.stderr.strip().splitlines() or ["no output"])[-1]
        return Measured(job, officers, months, float("nan"), float("nan"), None, last[:200])
    return Measured(**json.loads(result.stdout.strip().splitlines()[-1]))


def child(job: str, folder: str, officers: int, months: int) -> None:
    """What the child process runs: the job, then one line of JSON."""
    prepare_process()
    from experiments.benchmarks.feature_jobs import JOBS

    started = time.perf_counter()
    checksum = JOBS[job](Path(folder), officers, months)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(f"\n{json.dumps(asdict(Measured(job, officers, months, seconds, peak, checksum, 'ok')))}\n")


def _with_ratio(item: Measured, done: list[Measured]) -> Measured:
    work = item.job.split(":")[0]
    ours = next(other for other in done if other.job == f"{work}: {OURS}" and other.officers == item.officers)
    return Measured(**{**asdict(item), "ratio": item.seconds / ours.seconds})


def _as_table(done: list[Measured]) -> Table:
    table = Table("job", "officers x months", "seconds", "peak MiB", "times ours", "checksum", "", title="features")
    for item in done:
        size, checksum = f"{item.officers:,} x {item.months}", "" if item.checksum is None else f"{item.checksum:,.0f}"
        cost = f"{item.seconds:,.1f}", f"{item.peak_mib:,.0f}", f"{item.ratio or 0:,.2f}"
        table.add_row(item.job, size, *cost, checksum, item.said)
    return table


if __name__ == "__main__":
    typer.run(main)
