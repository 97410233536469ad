"""`pharos backtest next-post`: plain peers and `pharos` on one test window, exactly as `protocols.md` says.

`n_train` counts the moves that start by train-until, as the published counts do; `n_known` those of them that were
known by then, which are all that any model learns from.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from data_contracts.asof import AsOf
from data_contracts.errors import InvalidInput
from experiments.backtests.reporting import (
    Report,
    account_of,
    check_writable,
    file_hashes,
    intake_lines,
    known_until,
    peak_memory_mib,
    write_report,
)
from experiments.backtests.sasrec_peer import LEFT_OUT, NAME, TRIALS, run_sasrec
from experiments.progress import steps
from features.ingest import Delivered, delivery_of, versioned
from models.posts.baselines import BASELINES, PostScorer
from models.posts.histories import Array
from training.evaluation.bootstrap import DRAWS, SEED, Difference, OfficerDraws, difference, weighted_means
from training.evaluation.ranking_metrics import METRICS, item_metrics, mean_metrics
from training.posts.data import Frames, TrainingData, WindowItems, training_data, window_items
from training.posts.fit import FitSettings, choose_ease_weight, fit_pharos, target_places, tuned_baselines

PHAROS = "pharos"
STEPS = len(("reading", "validation", *BASELINES, PHAROS, NAME, "intervals"))
CHOOSING = (PHAROS, "markov_ease")  # the weight of EASE is chosen once for both, and timed with each
COMPARED = ("hr_at_10", "ndcg_at_10")
Say = Callable[[str], None]


@dataclass(frozen=True)
class NextPostBacktest:
    """What is asked: data and the two cuts."""

    source: str
    data: Path
    train_until: str
    test_until: str
    mapping: Path | None = None
    seed: int = SEED
    sasrec_python: Path | None = None
    sasrec_trials: int = TRIALS


@dataclass(frozen=True)
class Window:
    """The window under test with the values of every metric, by model and stratum, one value an item."""

    after: date
    until: date
    seed: int
    data: TrainingData
    items: WindowItems
    values: Mapping[str, Mapping[str, Mapping[str, Array]]]
    seconds: Mapping[str, float]
    told: Mapping[str, Any] = field(default_factory=dict)


def backtest_next_post(asked: NextPostBacktest, say: Say = lambda _: None) -> Report:
    """Run it; raises InvalidInput or MissingTable in one sentence when there is nothing to test."""
    after, until = AsOf.parse(asked.train_until).day, AsOf.parse(asked.test_until).day
    if until <= after:
        raise InvalidInput(f"test-until {until} is not after train-until {after}; the test window must follow training")
    say("reading")
    delivery = delivery_of(Delivered(asked.source, asked.data, asked.mapping))
    frames = versioned(delivery)
    window = tested_window(asked, frames, after, until, say)
    say("intervals")
    report = Report(_about(asked, frames, window) | account_of(delivery))
    for stratum, rows in window.items.strata().items():
        report.records.extend(_records(window, stratum, rows))
        report.comparisons.extend(_comparisons(window, stratum, rows))
    return report


def tested_window(asked: NextPostBacktest, frames: Frames, after: date, until: date, say: Say) -> Window:
    """Fit every model on what was known at train-until and rank every item of the window."""
    data = training_data(frames, after)
    items = window_items(frames, after, until, data)
    say("validation")
    settings, started = FitSettings(seed=asked.seed), time.perf_counter()
    weight = choose_ease_weight(data, settings)
    choosing = time.perf_counter() - started
    fits: dict[str, Callable[[], PostScorer]] = {
        **tuned_baselines(data, weight, settings),
        PHAROS: lambda: fit_pharos(data, settings, ease_weight=weight),
    }
    values, seconds, size = {}, {}, data.catalogue.size
    for name, fit in fits.items():
        say(name)
        started = time.perf_counter()
        model = fit()
        seconds[name] = time.perf_counter() - started + (choosing if name in CHOOSING else 0.0)
        values[name] = {
            key: item_metrics(target_places(model, items.moves.take(rows), key == "novel", size))
            for key, rows in items.strata().items()
        }
    told = {}
    if asked.sasrec_python is not None:
        say(NAME)
        found = run_sasrec(asked.sasrec_python, data, items, settings, range(asked.sasrec_trials))
        seconds[NAME], told = found.fit_seconds, {NAME: found.told}
        values[NAME] = {
            key: item_metrics(found.places(items, rows, key == "novel")) for key, rows in items.strata().items()
        }
    return Window(after, until, asked.seed, data, items, values, seconds, told)


def _about(asked: NextPostBacktest, frames: Frames, window: Window) -> dict[str, Any]:
    known = known_until(frames)
    return {
        "source": asked.source,
        "hashes": file_hashes(asked.data) | (file_hashes(asked.mapping) if asked.mapping else {}),
        "rows": {name: len(frame) for name, frame in sorted(frames.items())},
        "cuts": {"train_until": window.after, "test_until": window.until, "known_until": known},
        "posts": window.data.counted_posts,
        "posts_known": window.data.catalogue.size,
        "items": {name: int(rows.sum()) for name, rows in window.items.strata().items()},
        "peers": {NAME: window.told.get(NAME, LEFT_OUT)},
        "bootstrap": {"draws": DRAWS, "seed": asked.seed, "over": "officers", "interval": 0.95},
    }


def _records(window: Window, stratum: str, rows: Array) -> list[dict[str, Any]]:
    about = {
        "stratum": stratum, "train_until": str(window.after), "test_until": str(window.until),
        "n_train": window.data.counted, "n_known": len(window.data.moves), "n_test": len(window.items.moves),
        "items": int(rows.sum()),
    }  # fmt: skip
    return [
        {"model": name, **about, **mean_metrics(window.values[name][stratum]), "fit_seconds": round(seconds, 3)}
        for name, seconds in window.seconds.items()
    ]


def _comparisons(window: Window, stratum: str, rows: Array) -> list[dict[str, Any]]:
    """`pharos` against every peer, officers drawn with replacement, the same draws for all."""
    if not rows.any():
        return []
    draws = OfficerDraws(window.items.moves.officers[rows].tolist(), seed=window.seed)
    results = []
    for metric in COMPARED:
        items = {name: window.values[name][stratum][metric] for name in window.values}
        drawn = draws.each(partial(weighted_means, items))
        for versus in (name for name in items if name != PHAROS):
            found: Difference = difference(
                (float(items[PHAROS].mean()), float(items[versus].mean())), (drawn[PHAROS], drawn[versus])
            )
            results.append({"stratum": stratum, "as_of": str(window.after), "metric": metric, "model": PHAROS,
                            "versus": versus, "difference": found.difference, "low": found.low,
                            "high": found.high})  # fmt: skip
    return results


def as_table(report: Report) -> Table:
    """The records for people."""
    table = Table(title="next-post backtest, full catalogue")
    for name in ("stratum", "model"):
        table.add_column(name)
    for name in ("items", "HR@5", "HR@10", "NDCG@10", "MRR", "fit s"):
        table.add_column(name, justify="right")
    for record in report.records:
        table.add_row(
            record["stratum"], record["model"], f"{record['items']:,}",
            *(_short(record[metric]) for metric in METRICS), f"{record['fit_seconds']:.1f}",
        )  # fmt: skip
    return table


def comparison_table(report: Report) -> Table:
    """How far `pharos` is ahead, with intervals."""
    table = Table(title="pharos, NDCG@10 (95 % over officers)")
    for name in ("stratum", "versus", "difference", "low", "high"):
        table.add_column(name, justify="left" if name in ("stratum", "versus") else "right")
    for one in report.comparisons:
        if one["metric"] == "ndcg_at_10":
            table.add_row(one["stratum"], one["versus"], *(_short(one[name]) for name in ("difference", "low", "high")))
    return table


def _short(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def run_backtest(asked: NextPostBacktest, out: Path, console: Console) -> None:
    """Run, write, print; what the command does."""
    check_writable(out)
    started = time.perf_counter()
    with steps(console, "backtest next-post", STEPS) as bar:
        report = backtest_next_post(asked, bar.say)
    seconds, memory = time.perf_counter() - started, peak_memory_mib()
    report.data["cost"] = {"seconds": round(seconds, 1), "peak_memory_mib": round(memory)}
    write_report(out, report.data, report.records, report.comparisons)
    console.print(as_table(report), comparison_table(report))
    for line in intake_lines(report.data["intake"]):
        console.print(line, highlight=False)
    if asked.sasrec_python is None:
        console.print(LEFT_OUT, highlight=False)
    train, items = report.records[0], report.data["items"]
    console.print(
        f"{train['n_train']:,} train moves ({train['n_known']:,} known by then), {report.data['posts']:,} posts "
        f"({report.data['posts_known']:,} in the catalogue), "
        f"{items['all']:,} test moves, {items['novel']:,} novel, {items['cold']:,} cold", highlight=False,
    )  # fmt: skip
    console.print(f"{seconds:.0f} s, peak memory {memory:,.0f} MiB, written to {out}", highlight=False)
