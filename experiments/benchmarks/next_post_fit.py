"""What a fit for next posts costs, ours against SASRec's with the settings that its tuning chose, in one run.

    python -m experiments.benchmarks.next_post_fit chicago new_york --data DIR --sasrec-python PYTHON [--out FILE]

DIR holds a folder for each city. Only the training time of the last window is read: nothing is ranked. Ours, with the
choice of its weight of EASE, is fitted before SASRec and after it, and the dearer of the two is what counts; the tuning
of SASRec (record 0018) is left out of its seconds. Ratios are of CPU seconds on one thread, which a busy machine bends
less; for seconds of the clock give the run real-time priority (`chrt -r 1`).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from data_contracts.asof import AsOf
from data_contracts.settings import prepare_process
from experiments.backtests.sasrec_peer import NAME, run_sasrec
from experiments.benchmarks.evidence import keep
from features.ingest import Delivered, delivery_of, versioned
from training.posts.data import TrainingData, WindowItems, training_data
from training.posts.fit import FitSettings, fit_pharos

OURS = "pharos"
FEW = 50  # histories that SASRec is asked for, since the adapter asks for some


@dataclass(frozen=True)
class City:
    """The end of its last training time, and the number of the settings that SASRec's tuning chose there."""

    train_until: str
    chosen: int


CITIES: Mapping[str, City] = {"chicago": City("2012-12-31", 3), "new_york": City("2022-12-31", 5)}


@dataclass(frozen=True)
class Fit:
    """One fit of a model: seconds of the clock and of the processor, and the settings where there was a choice."""

    city: str
    model: str
    moves: int
    seconds: float
    cpu_seconds: float
    settings: str = ""


def main(
    cities: Annotated[list[str], typer.Argument(help="chicago, new_york")],
    data: Annotated[Path, typer.Option(help="Folder with a folder for each city.")],
    sasrec_python: Annotated[Path, typer.Option(help="Interpreter of an environment that has RecTools.")],
    out: Annotated[Path | None, typer.Option(help="Also write JSON.")] = None,
) -> None:
    """Fit ours, SASRec, and ours again in each city, and print seconds and ratios."""
    prepare_process()
    done: list[Fit] = []
    for city in cities:
        known = versioned(delivery_of(Delivered(city, data / city, None)))
        learned = training_data(known, AsOf.parse(CITIES[city].train_until).day)
        done += [ours(city, learned), sasrec(city, learned, sasrec_python), ours(city, learned)]
    Console(width=120).print(_as_table(done))
    if out is not None:
        keep(out, {"records": [asdict(one) for one in done], "times": {city: times(done, city) for city in cities}})


def ours(city: str, data: TrainingData) -> Fit:
    """Our fit, the choice of the weight of EASE in it."""
    started, used = time.perf_counter(), time.process_time()
    fit_pharos(data, FitSettings())
    return Fit(city, OURS, len(data.moves), time.perf_counter() - started, time.process_time() - used)


def sasrec(city: str, data: TrainingData, python: Path) -> Fit:
    """SASRec's last fit alone."""
    chosen, some = CITIES[city].chosen, data.moves.take(np.arange(min(FEW, len(data.moves))))
    items = WindowItems(some, np.zeros(len(some), bool), np.zeros(len(some), bool), some.officers)
    told = run_sasrec(python, data, items, FitSettings(), range(chosen, chosen + 1)).told
    words = ", ".join(f"{name} {value}" for name, value in told["settings"].items())
    return Fit(city, NAME, len(data.moves), float(told["fit_seconds"]), float(told["fit_cpu_seconds"]), words)


def times(done: list[Fit], city: str) -> float:
    """How many times our dearer fit SASRec's costs, in CPU seconds."""
    cost = {
        model: [one.cpu_seconds for one in done if (one.city, one.model) == (city, model)] for model in (OURS, NAME)
    }
    return max(cost[NAME]) / max(cost[OURS])


def _as_table(done: list[Fit]) -> Table:
    table = Table("city", "model", "moves", "seconds", "of CPU", "times ours", "settings", title="a fit for next posts")
    for one in done:
        ratio = f"{times(done, one.city):.1f}" if one.model == NAME else ""
        cost = f"{one.seconds:,.1f}", f"{one.cpu_seconds:,.1f}"
        table.add_row(one.city, one.model, f"{one.moves:,}", *cost, ratio, one.settings)
    return table


if __name__ == "__main__":
    typer.run(main)
