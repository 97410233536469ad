"""`pharos backtest paths`: plain peers and `pharos` on the goals that officers reached, as `protocols.md` says.

Goals are posts and rank steps together; `data.by_stratum` tells them, and short and long paths, apart. The same report
has the concordance of the times to the next move with those that a Cox model on the same covariates orders.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from data_contracts.asof import DAYS_A_MONTH, AsOf
from data_contracts.errors import InvalidInput, MissingTable
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
from experiments.progress import steps
from features.ingest import Delivered, delivery_of, versioned
from models.paths.baselines import MarkovShortest, MostFrequent
from models.paths.dwell import QUARTER_MONTHS
from models.paths.finding import PathFinder
from models.paths.search import PathModel
from models.posts.histories import Array
from training.evaluation.bootstrap import DRAWS, SEED, OfficerDraws, difference, weighted_means
from training.evaluation.path_metrics import Concordance, case_metrics, concordance, path_record
from training.paths.data import KINDS, PathCases, path_cases, states_at
from training.paths.dwell_data import times_to_move
from training.paths.fit import CoxPeer, PathTraining, fit_paths, path_training
from training.posts.data import Frames

PHAROS = "pharos"
PEERS = ("markov_shortest", "most_frequent")
COMPARED = ("path_hit_at_5", "step_hr_at_5")
STEPS = len(("reading", "intervals")) + len(KINDS) * 4
Say = Callable[[str], None]


@dataclass(frozen=True)
class PathBacktest:
    """What is asked: data and the two cuts; the horizon is the window."""

    source: str
    data: Path
    train_until: str
    test_until: str
    mapping: Path | None = None
    seed: int = SEED


@dataclass(frozen=True)
class KindResult:
    """One kind of goal: its cases, each model's values by metric (cases,), and the times to the next move."""

    cases: PathCases
    values: Mapping[str, Mapping[str, Array]]
    seconds: Mapping[str, float]
    moving: Mapping[str, Concordance]


@dataclass(frozen=True)
class Pooled:
    """All kinds together: officer, kind and number of steps of each case, and the values of each model."""

    officers: list[str]
    kinds: Array
    lengths: Array
    values: Mapping[str, Mapping[str, Array]]

    def strata(self) -> dict[str, Array]:
        """Rows of each stratum by name."""
        by_kind = {kind: self.kinds == kind for kind in KINDS}
        lengths = {"one_step": self.lengths == 1, "two_steps": self.lengths == 2, "longer": self.lengths > 2}
        return {"all": np.ones(len(self.kinds), bool), **by_kind, **lengths}


def backtest_paths(asked: PathBacktest, say: Say = lambda _: None) -> Report:
    """Run it; raises InvalidInput or MissingTable in one sentence when there is nothing to test."""
    after, until = AsOf.parse(asked.train_until).day, AsOf.parse(asked.test_until).day
    if until <= after:
        raise InvalidInput(f"test-until {until} is not after train-until {after}; the test window must follow training")
    say("reading")
    delivery = delivery_of(Delivered(asked.source, asked.data, asked.mapping))
    frames = versioned(delivery)
    results, skipped = {}, {}
    for kind in KINDS:
        try:
            results[kind] = tested_kind(frames, kind, (after, until), asked.seed, say)
        except (InvalidInput, MissingTable) as nothing:
            skipped[kind] = str(nothing)
    if not results:
        raise InvalidInput("; ".join(skipped.values()))
    say("intervals")
    pooled = _pooled(results)
    about = _about(asked, frames, (after, until), pooled) | {"skipped": skipped} | account_of(delivery)
    report = Report(about | {"time_to_next_move": _moving(results, asked.seed)})
    report.records.extend(_records(pooled, results))
    report.comparisons.extend(_comparisons(pooled, after, asked.seed))
    report.comparisons.extend(_moving_comparisons(report.data["time_to_next_move"], after))
    return report


def tested_kind(frames: Frames, kind: str, window: tuple[date, date], seed: int, say: Say) -> KindResult:
    """Fit the peers and `pharos` on what was known at train-until and find the paths of every case of the window."""
    after, until = window
    training = path_training(frames, kind, after)
    states = states_at(training.frames, after, *training.known)
    cases = path_cases(training.frames, states, training.data.catalogue, after, until)
    horizon = (until - after).days / DAYS_A_MONTH
    data = training.data
    fits: dict[str, Callable[[], PathFinder]] = {
        PEERS[0]: lambda: MarkovShortest.fit(data.moves, data.catalogue),
        PEERS[1]: lambda: MostFrequent.fit(data.moves, data.catalogue, horizon),
        PHAROS: lambda: fit_paths(training, seed),
    }
    values, seconds, models = {}, {}, {}
    for name, fit in fits.items():
        say(f"{name} {kind}")
        started = time.perf_counter()
        models[name] = fit()
        seconds[name] = time.perf_counter() - started
        values[name] = case_metrics(models[name].find(cases.asked(horizon)), cases.paths, cases.months)
    say(f"cox {kind}")
    moving = _times_to_next_move(training, models[PHAROS], cases, window)
    return KindResult(cases, values, seconds, moving)


def _times_to_next_move(
    training: PathTraining, model: PathFinder, cases: PathCases, window: tuple[date, date]
) -> dict[str, Concordance]:
    """C-index parts of `pharos` and Cox over everybody in service, those who did not move among them."""
    if not isinstance(model, PathModel):
        raise TypeError("times to the next move are those of the path model")
    histories = cases.states.histories
    months, seen = times_to_move(training.frames, cases.states, *window)
    quarters = int(np.ceil(months.max() / QUARTER_MONTHS))
    cox = CoxPeer.fit(training, model.dwell.turnover)
    risk = {PHAROS: model.dwell.order(histories, quarters), "cox": cox.risk(histories)}
    return {name: concordance(months, seen, values) for name, values in risk.items()}


def _pooled(results: Mapping[str, KindResult]) -> Pooled:
    parts = list(results.values())
    names = parts[0].values
    return Pooled(
        officers=[officer for part in parts for officer in part.cases.officers],
        kinds=np.concatenate([np.full(len(part.cases), kind, object) for kind, part in results.items()]),
        lengths=np.concatenate([[len(path) for path in part.cases.paths] for part in parts]),
        values={
            name: {metric: np.concatenate([part.values[name][metric] for part in parts]) for metric in names[name]}
            for name in names
        },
    )


def _records(pooled: Pooled, results: Mapping[str, KindResult]) -> list[dict[str, Any]]:
    seconds = {name: sum(part.seconds[name] for part in results.values()) for name in pooled.values}
    return [
        {"model": name, "cases": len(pooled.kinds), **path_record(values), "fit_seconds": round(seconds[name], 3)}
        for name, values in pooled.values.items()
    ]


def _comparisons(pooled: Pooled, after: date, seed: int) -> list[dict[str, Any]]:
    """`pharos` against each peer, officers drawn with replacement, the same draws for all."""
    draws = OfficerDraws(pooled.officers, seed=seed)
    found = []
    for metric in COMPARED:
        items = {name: pooled.values[name][metric] for name in (PHAROS, *PEERS)}
        drawn = draws.each(partial(weighted_means, items))
        for versus in PEERS:
            one = difference((float(items[PHAROS].mean()), float(items[versus].mean())), (drawn[PHAROS], drawn[versus]))
            found.append({"stratum": "all", "as_of": str(after), "metric": metric, "model": PHAROS, "versus": versus,
                          "difference": one.difference, "low": one.low, "high": one.high})  # fmt: skip
    return found


def _moving(results: Mapping[str, KindResult], seed: int) -> list[dict[str, Any]]:
    found = []
    for kind, part in results.items():
        draws = OfficerDraws([str(one) for one in part.cases.states.officers], seed=seed)
        ours, cox = part.moving[PHAROS], part.moving["cox"]
        ahead = difference((ours.value, cox.value), (ours.drawn(draws), cox.drawn(draws)))
        found.append({"kind": kind, "officers": len(part.cases.states), PHAROS: ours.value, "cox": cox.value,
                      "difference": ahead.difference, "low": ahead.low, "high": ahead.high})  # fmt: skip
    return found


def _moving_comparisons(moving: list[dict[str, Any]], after: date) -> list[dict[str, Any]]:
    return [
        {"stratum": one["kind"], "as_of": str(after), "metric": "c_index", "model": PHAROS, "versus": "cox",
         "difference": one["difference"], "low": one["low"], "high": one["high"]}
        for one in moving
    ]  # fmt: skip


def _about(asked: PathBacktest, frames: Frames, window: tuple[date, date], pooled: Pooled) -> dict[str, Any]:
    strata = pooled.strata()
    by_stratum = [
        {"stratum": stratum, "model": name, "cases": int(rows.sum()),
         **path_record({metric: value[rows] for metric, value in values.items()})}
        for stratum, rows in strata.items()
        for name, values in pooled.values.items()
    ]  # fmt: skip
    return {
        "source": asked.source,
        "hashes": file_hashes(asked.data) | (file_hashes(asked.mapping) if asked.mapping else {}),
        "rows": {name: len(frame) for name, frame in sorted(frames.items())},
        "cuts": {"train_until": window[0], "test_until": window[1], "known_until": known_until(frames)},
        "by_stratum": by_stratum,
        "bootstrap": {"draws": DRAWS, "seed": asked.seed, "over": "officers", "interval": 0.95},
    }


def as_table(report: Report) -> Table:
    """The figures by stratum, for people."""
    table = Table(title="path backtest")
    for name in ("stratum", "model"):
        table.add_column(name)
    for name in ("cases", "path hit@5", "step hit@5", "time error, months", "in the interval"):
        table.add_column(name, justify="right")
    metrics = ("path_hit_at_5", "step_hr_at_5", "median_absolute_time_error_months", "interval_coverage")
    for one in report.data["by_stratum"]:
        if one["cases"]:
            table.add_row(one["stratum"], one["model"], f"{one['cases']:,}", *(_short(one[name]) for name in metrics))
    return table


def comparison_table(report: Report) -> Table:
    """How far `pharos` is ahead, with intervals."""
    table = Table(title="pharos against its peers (95 % over officers)")
    for name in ("stratum", "metric", "versus", "difference", "low", "high"):
        table.add_column(name, justify="left" if name in ("stratum", "metric", "versus") else "right")
    for one in report.comparisons:
        told = (_short(one[name]) for name in ("difference", "low", "high"))
        table.add_row(one["stratum"], one["metric"], one["versus"], *told)
    return table


def _short(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def run_backtest(asked: PathBacktest, out: Path, console: Console) -> None:
    """Run, write, print; what the command does."""
    check_writable(out)
    started = time.perf_counter()
    with steps(console, "backtest paths", STEPS) as bar:
        report = backtest_paths(asked, bar.say)
    seconds, memory = time.perf_counter() - started, peak_memory_mib()
    report.data["cost"] = {"seconds": round(seconds, 1), "peak_memory_mib": round(memory)}
    write_report(out, report.data, report.records, report.comparisons)
    console.print(as_table(report), comparison_table(report))
    for line in [*intake_lines(report.data["intake"]), *report.data["skipped"].values()]:
        console.print(line, highlight=False)
    for one in report.data["time_to_next_move"]:
        line = f"time to the next {one['kind']}: C-index {one[PHAROS]:.4f}, Cox {one['cox']:.4f}"
        console.print(f"{line}, {one['officers']:,} officers", highlight=False)
    console.print(f"{seconds:.0f} s, peak memory {memory:,.0f} MiB, written to {out}", highlight=False)
