"""What an answer about risk costs over HTTP, beside what it cannot do without, in turns within one run.

    PHAROS_STATE=DIR python -m experiments.benchmarks.risk_answer [--times 200] [--out risk_answer.json]

One officer with reasons against the bare model call (chances, no reasons) plus the raw online read (Feast's own);
200 officers in one call against the batch path (the scorer of the night over their snapshot rows, checked). DIR is a
state that `pharos demo --no-serve` left.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.table import Table

from data_contracts.errors import NotReady
from data_contracts.settings import prepare_process, settings
from experiments.benchmarks.evidence import keep
from experiments.benchmarks.serving import START_SECONDS, asking, running
from serving.champions.canary import features_at_hand
from serving.risk.warn import RiskDesk

MANY = 200
MOST_TIMES, MOST_EXTRA_MS = 3.0, 1.0  # what may be asked for: times the bare work, milliseconds an officer


@dataclass(frozen=True)
class Cost:
    """Medians in milliseconds, and the two figures that are judged."""

    one_over_http: float
    bare_model: float
    model_with_reasons: float
    raw_read: float
    many_over_http: float
    many_in_batch: float

    @property
    def times_bare(self) -> float:
        """One officer over HTTP, in bare model calls plus raw reads."""
        return self.one_over_http / (self.bare_model + self.raw_read)

    @property
    def times_with_reasons(self) -> float:
        """The same, in model calls that give reasons plus raw reads: what the door and the grading add."""
        return self.one_over_http / (self.model_with_reasons + self.raw_read)

    @property
    def extra_per_officer(self) -> float:
        """Milliseconds an officer that the door costs when 200 are asked for in one call."""
        return (self.many_over_http - self.many_in_batch) / MANY


def main(
    times: Annotated[int, typer.Option(help="Rounds; each job once in each.")] = 200,
    out: Annotated[Path | None, typer.Option(help="Also write JSON.")] = None,
) -> None:
    """Measure and print; exit 1 where a figure is above what may be asked for."""
    prepare_process()
    console = Console()
    with asking() as headers, running(("pharos",)) as doors:
        port, _ = doors["pharos"]
        address = f"http://127.0.0.1:{port}"
        with httpx.Client(base_url=address, headers=headers, trust_env=False, timeout=60.0) as client:
            cost = measured(client, times)
    console.print(_table(cost))
    if out is not None:
        told = {**asdict(cost), "times_bare": cost.times_bare, "extra_per_officer": cost.extra_per_officer,
                "times_with_reasons": cost.times_with_reasons}  # fmt: skip
        keep(out, told, settings().state)
    raise typer.Exit(int(cost.times_bare > MOST_TIMES or cost.extra_per_officer > MOST_EXTRA_MS))


def measured(client: httpx.Client, times: int) -> Cost:
    """The jobs in turns, so that a slow moment of the machine hits all of them."""
    from serving.night.results import checked_results, latest_run
    from serving.service import opened_desks

    desk = opened_desks().risk
    if not isinstance(desk, RiskDesk):
        raise NotReady("the state has no risk champion; run `pharos demo --no-serve` and name its folder")
    if desk.source.filled_as_of(desk.model.service) is None:
        raise NotReady("the online store was never filled; run `pharos materialize --as-of DATE`")
    ids = [str(one) for one in latest_run(settings()).officers(["officer_id"])["officer_id"].unique()][:MANY]
    one, many = features_at_hand(desk, ids[:1]), features_at_hand(desk, ids)
    chances: Callable[[Any], Any] = desk.scorer.chances  # type: ignore[attr-defined]  # the scorer of a signed bundle
    jobs: Mapping[str, Callable[[int], Any]] = {
        "one_over_http": lambda turn: _asked(client, [ids[turn % MANY]]),
        "bare_model": lambda _: chances(one),
        "model_with_reasons": lambda _: desk.scorer(one),
        "raw_read": lambda turn: desk.source.online([ids[turn % MANY]], desk.model.service),
        "many_over_http": lambda _: _asked(client, ids),
        "many_in_batch": lambda _: checked_results(desk.scorer(many), many, desk.scorer.answers),
    }
    _warmed(client, ids)
    took: dict[str, list[float]] = {name: [] for name in jobs}
    for turn in range(-5, times):  # the first five warm everything and do not count
        for name, job in jobs.items():
            if name.startswith("many") and turn % 5:
                continue  # a fifth of the rounds is enough for the long ones
            began = time.perf_counter()
            job(turn)
            if turn >= 0:
                took[name].append((time.perf_counter() - began) * 1000.0)
    return Cost(**{name: statistics.median(some) for name, some in took.items()})


def _asked(client: httpx.Client, ids: Sequence[str]) -> None:
    answer = client.post("/v1/risk", json={"officer_ids": list(ids)})
    answer.raise_for_status()


def _warmed(client: httpx.Client, ids: Sequence[str]) -> None:
    """Ask until the service has opened what it needs: on a busy machine its first answer may come too late (504)."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        answer = client.post("/v1/risk", json={"officer_ids": list(ids)})
        if answer.status_code not in (503, 504):
            break
        time.sleep(1.0)
    answer.raise_for_status()


def _table(cost: Cost) -> Table:
    table = Table(
        title="what an answer about risk costs, medians of turns", caption=f"{MANY} officers in the long jobs"
    )
    for name in ("job", "ms"):
        table.add_column(name, justify="left" if name == "job" else "right")
    for name, value in asdict(cost).items():
        table.add_row(name.replace("_", " "), f"{value:.2f}")
    table.add_row("one officer: times the bare work", f"{cost.times_bare:.2f} (at most {MOST_TIMES:g})")
    table.add_row("one officer: times model with reasons plus read", f"{cost.times_with_reasons:.2f}")
    extra = f"{cost.extra_per_officer:.3f} (at most {MOST_EXTRA_MS:g})"
    table.add_row("200 officers: ms an officer above the batch", extra)
    return table


if __name__ == "__main__":
    typer.run(main)
