"""Matching against Gale-Shapley as textbooks write it, against a package, and the assignment by fit against SciPy's.

    python -m experiments.benchmarks.matching [--small] [--out matching.json]

Each job runs alone in a fresh process, from the same frames to the post of every officer, so that its peak memory is
its own; that includes the frames, the seconds do not. Ratios are of CPU seconds, which a busy machine bends less. What
is slow for others is asked at a part of the officers, and so is ours, for a ratio of like with like. Jobs of one work
and size must agree on one checksum. The package `matching` is not among our dependencies; where it is absent its line
says so.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from data_contracts.policy import policy
from data_contracts.settings import prepare_process
from experiments.benchmarks.evidence import keep

OURS = "pharos"
PLAN = (
    ("matching: pharos", 1),
    ("matching: textbook heaps", 1),
    ("matching: pharos", 1000),
    ("matching: package matching", 1000),  # it copies recursively: RecursionError at 2,000 officers
    ("by fit: pharos", 20),
    ("by fit: scipy", 20),
)


@dataclass(frozen=True)
class Measured:
    """One job's cost; `ratio` is its CPU seconds over ours for the same work at the same size."""

    job: str
    officers: int
    seconds: float
    cpu_seconds: float
    peak_mib: float
    checksum: float | None
    said: str
    ratio: float | None = None


def main(
    small: Annotated[bool, typer.Option("--small", help="1,000 officers: does it still run?")] = False,
    officers: int = 100_000,
    out: Annotated[Path | None, typer.Option(help="Also write JSON.")] = None,
) -> None:
    """Run every job and print seconds, peak memory and ratios."""
    officers = 1000 if small else officers
    done = [_alone(job, max(50, officers // part)) for job, part in PLAN]
    compared = [_with_ratio(item, done) for item in done]
    Console(width=150).print(_as_table(compared))
    if out is not None:
        keep(out, {"records": [asdict(item) for item in compared]})


def _alone(job: str, officers: int) -> Measured:
    """Run one job in a child process and read its one line of JSON."""
    code = f"from experiments.benchmarks.matching import child; child({job!r}, {officers})"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        last = (result.stderr.strip().splitlines() or ["no output"])[-1]
        nothing = float("nan")
        return Measured(job, officers, nothing, nothing, nothing, None, last[:200])
    return Measured(**json.loads(result.stdout.strip().splitlines()[-1]))


def child(job: str, officers: int) -> None:
    """What the child process runs: the job, then one line of JSON."""
    prepare_process()
    from experiments.benchmarks.matching_jobs import JOBS, random_input

    policy()  # read and checked before the clock starts
    given = random_input(officers)
    started, used = time.perf_counter(), time.process_time()
    checksum = JOBS[job](given)
    seconds, cpu = time.perf_counter() - started, time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(f"\n{json.dumps(asdict(Measured(job, officers, seconds, cpu, peak, checksum, 'ok')))}\n")


def _with_ratio(item: Measured, done: list[Measured]) -> Measured:
    work = item.job.split(":")[0]
    ours = next(other for other in done if other.job == f"{work}: {OURS}" and other.officers == item.officers)
    return Measured(**{**asdict(item), "ratio": item.cpu_seconds / ours.cpu_seconds})


def _as_table(done: list[Measured]) -> Table:
    table = Table(
        "job", "officers", "seconds", "of CPU", "peak MiB", "times ours", "checksum", "", title="matching, 20 wishes"
    )
    for item in done:
        checksum = "" if item.checksum is None else f"{item.checksum:,.1f}"
        cost = f"{item.seconds:,.2f}", f"{item.cpu_seconds:,.2f}", f"{item.peak_mib:,.0f}", f"{item.ratio or 0:,.2f}"
        table.add_row(item.job, f"{item.officers:,}", *cost, checksum, item.said)
    return table


if __name__ == "__main__":
    typer.run(main)
