"""What our guard costs: the same mix of requests through our service, through BentoML as it comes, and through FastAPI.

    PHAROS_STATE=DIR python -m experiments.benchmarks.serving [--seconds 20] [--soak-minutes 30] [--out serving.json]

DIR is a state that `pharos demo --no-serve` left. The doors take turns, so that a slow minute of the machine hits all
of them; ratios are of medians over rounds. `--soak-minutes` adds a long run at 70 % of capacity, and then five times
capacity for a short while.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from data_contracts.settings import prepare_process, settings
from experiments.benchmarks.evidence import keep
from experiments.benchmarks.load import Question, Seen, closed_loop, open_loop, overload
from experiments.own_key import own_key
from serving.access.credential import AccessScope
from serving.service import KEEP_ALIVE_SECONDS

DOORS = ("pharos", "bentoml", "fastapi")
CALLERS, ROUNDS = 4, 3
START_SECONDS = 120.0
SOAK_SHARE, OVERLOAD, OVERLOAD_SECONDS = 0.7, 5.0, 10.0
CROWD = 64  # callers at once before the soak, as many as it may use
ALLOWED = (200, 429, 503)


@dataclass(frozen=True)
class Measured:
    """One door: medians over the rounds, and how they stand to raw BentoML's (ours over theirs)."""

    door: str
    p50_ms: float
    p99_ms: float
    per_second: float
    errors: int
    p50_ratio: float | None = None
    throughput_ratio: float | None = None


@dataclass(frozen=True)
class Door:
    """A server that runs."""

    name: str
    port: int
    process: int


@dataclass(frozen=True)
class Soak:
    """A long run at a share of capacity, then far above it."""

    minutes: float
    rate: float
    answers: int
    errors: int
    rss_growth: float
    descriptors: tuple[int, int]
    statuses: Mapping[int, int]
    overload: Mapping[int, int]
    overload_without_retry_after: int
    usual_again_seconds: float


def main(
    seconds: Annotated[float, typer.Option(help="Of each door and round.")] = 20.0,
    soak_minutes: Annotated[float, typer.Option(help="0 leaves the long run out.")] = 0.0,
    out: Annotated[Path | None, typer.Option(help="Also write JSON.")] = None,
) -> None:
    """Run the doors in turns and print medians and ratios."""
    prepare_process()
    console = Console()
    with asking() as headers, running(DOORS) as running_at:
        wires = [question.wire(headers) for question in mix()]
        ports = {door: port for door, (port, _) in running_at.items()}
        found = [_measured(door, seen) for door, seen in _rounds(ports, wires, seconds, console).items()]
        raw = next(one for one in found if one.door == "bentoml")
        told = [_against(one, raw) for one in found]
        console.print(as_table(told))
        soak = None
        if soak_minutes:
            ours = next(one for one in told if one.door == "pharos")
            soak = soaked(Door("pharos", *running_at["pharos"]), wires, ours.per_second, soak_minutes, console)
            console.print_json(json.dumps(asdict(soak)))
    if out is not None:
        keep(
            out,
            {"own_protocol": True, "doors": [asdict(one) for one in told], "soak": soak and asdict(soak)},
            settings().state,
        )


def mix() -> list[Question]:
    """Ten questions as they come: seven risks of one officer, two next posts of one, one risk of twenty."""
    from serving.night.results import latest_run

    ids = [str(one) for one in latest_run(settings()).officers(["officer_id"])["officer_id"]][:200]

    def risk(some: Sequence[str]) -> Question:
        return Question("/v1/risk", json.dumps({"officer_ids": list(some)}).encode())

    posts = [Question("/v1/next_posts", json.dumps({"officer_ids": [one]}).encode()) for one in ids[:2]]
    return [*(risk([one]) for one in ids[10:17]), *posts, risk(ids[20:40])]


def asking() -> AbstractContextManager[Mapping[str, str]]:
    """The headers that go with every question: a key of this run's own where the state lets nobody in without one."""
    return own_key(settings(), "benchmark", AccessScope.RISK_READ, AccessScope.RECOMMEND_READ)


@contextmanager
def running(doors: Sequence[str]) -> Iterator[dict[str, tuple[int, int]]]:
    """Every door as a process of its own, by port and process id; ends them with the block."""
    processes: list[subprocess.Popen[bytes]] = []
    ports: dict[str, int] = {}
    try:
        for door in doors:
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                ports[door] = free.getsockname()[1]
            command = [sys.executable, "-m", "experiments.benchmarks.serving_peers", door, str(ports[door])]
            processes.append(subprocess.Popen(command, env={**os.environ}))
        for door in doors:
            _until_up(ports[door])
        yield {door: (ports[door], process.pid) for door, process in zip(doors, processes, strict=True)}
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(timeout=30)


def _until_up(port: int) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1.0).close()
            return
        except OSError:
            time.sleep(0.2)
    raise SystemExit(f"no server came up on port {port} within {START_SECONDS:.0f} s")


def _rounds(
    ports: Mapping[str, int], wires: Sequence[bytes], seconds: float, console: Console
) -> dict[str, list[Seen]]:
    found: dict[str, list[Seen]] = {door: [] for door in ports}
    for port in ports.values():
        asyncio.run(closed_loop(port, wires, CALLERS, min(seconds, 5.0)))  # warm: nothing of this counts
    for number in range(ROUNDS):
        for door, port in ports.items():
            seen = asyncio.run(closed_loop(port, wires, CALLERS, seconds))
            found[door].append(seen)
            told = f"{seen.throughput:.0f}/s, p50 {seen.percentile(0.5):.1f} ms, {dict(seen.statuses)}"
            console.print(f"round {number + 1}: {door}: {told}", highlight=False)
    return found


def _measured(door: str, rounds: Sequence[Seen]) -> Measured:
    return Measured(
        door,
        statistics.median(seen.percentile(0.5) for seen in rounds),
        statistics.median(seen.percentile(0.99) for seen in rounds),
        statistics.median(seen.throughput for seen in rounds),
        sum(many for seen in rounds for status, many in seen.statuses.items() if status != 200),
    )


def _against(one: Measured, raw: Measured) -> Measured:
    ratios = {"p50_ratio": one.p50_ms / raw.p50_ms, "throughput_ratio": one.per_second / raw.per_second}
    return Measured(**{**asdict(one), **ratios})


def as_table(found: Sequence[Measured]) -> Table:
    """Medians and ratios for people."""
    table = Table(title="one mix of requests through three doors, median of rounds", caption="ratios: over raw BentoML")
    for name in ("door", "p50 ms", "p99 ms", "a second", "errors", "p50 ratio", "throughput ratio"):
        table.add_column(name, justify="left" if name == "door" else "right")
    for one in found:
        table.add_row(
            one.door, f"{one.p50_ms:.1f}", f"{one.p99_ms:.1f}", f"{one.per_second:.0f}", str(one.errors),
            f"{one.p50_ratio:.2f}", f"{one.throughput_ratio:.2f}",
        )  # fmt: skip
    return table


def soaked(door: Door, wires: Sequence[bytes], capacity: float, minutes: float, console: Console) -> Soak:
    """A long run at 70 % of capacity, five times capacity for a while, and how long until it is normal again."""
    port, process, rate = door.port, door.process, SOAK_SHARE * capacity
    asyncio.run(closed_loop(port, wires, CROWD, 10.0))  # threads and pools are as many as they ever will be
    before = _cost_at_rest(process)
    console.print(f"{minutes:g} minutes at {rate:.0f} a second ...", highlight=False)
    calm = asyncio.run(open_loop(port, wires, rate, minutes * 60.0))
    after = _cost_at_rest(process)
    usual = calm.percentile(0.99) / 1000.0
    over, again = asyncio.run(overload(port, wires, OVERLOAD * capacity, OVERLOAD_SECONDS, usual))
    refused = sum(many for status, many in over.statuses.items() if status in (429, 503))
    return Soak(
        minutes, rate, calm.statuses[200], sum(calm.statuses.values()) - calm.statuses[200],
        after[0] / before[0] - 1.0, (before[1], after[1]), dict(calm.statuses), dict(over.statuses),
        refused - over.retry_after, round(again, 2),
    )  # fmt: skip


def _cost_at_rest(process: int) -> tuple[int, int]:
    """Resident pages and open descriptors of a process, once it has let go of connections that nobody uses."""
    time.sleep(KEEP_ALIVE_SECONDS + 2)
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages, len(list(Path(f"/proc/{process}/fd").iterdir()))


if __name__ == "__main__":
    typer.run(main)
