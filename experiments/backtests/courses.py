"""`pharos backtest courses`: plain peers and `pharos` on the next new courses, exactly as `protocols.md` says.

An item is the set of courses that an officer took for the first time on one day. In a stratum only the answers that
belong to it are asked for; the ranking stays the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from data_contracts.asof import AsOf
from data_contracts.errors import InvalidInput
from data_contracts.intake import Delivery
from data_contracts.sources.mapped import ORDER_ENDS
from data_contracts.sources.mapping import read_mapping
from experiments.backtests.course_tables import PHAROS, as_table, gain_line
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
from experiments.progress import Steps, steps
from features.ingest import Delivered, delivery_of, versioned
from models.courses.baselines import COURSE_PEERS, CourseScorer
from models.courses.histories import Array
from models.courses.record import WEEK, CourseHistory, Frames, course_history, day_number
from training.courses.data import STRATA, CourseWeek, window_weeks, with_test_part
from training.courses.fit import CourseFit, fit_courses
from training.courses.ranking import week_places
from training.evaluation.bootstrap import DRAWS, SEED, OfficerDraws, difference
from training.evaluation.set_metrics import SET_METRICS, set_metrics, sums_by_officer

COMPARED = ("hr_at_10", "ndcg_at_10", "recall_at_10")
COMPLETIONS = "course_completions"
Say = Callable[[str], None]


@dataclass(frozen=True)
class CourseBacktest:
    """What is asked: data and the two cuts, or data with the test part that was published with it."""

    source: str
    data: Path
    train_until: str | None = None
    test_until: str | None = None
    mapping: Path | None = None
    test_file: Path | None = None
    seed: int = SEED
    fit: CourseFit = field(default_factory=CourseFit)


@dataclass(frozen=True)
class Asked:
    """The data and the window under test."""

    history: CourseHistory
    after: date
    until: date
    weeks: list[CourseWeek]
    frames: Frames
    delivery: Delivery


@dataclass(frozen=True)
class Ranked:
    """Where the right answers of every item stood: by model, one array a week in the order of its sets."""

    places: Mapping[str, list[Array]]
    seconds: Mapping[str, float]


def backtest_courses(asked: CourseBacktest, bar: Steps | None = None) -> Report:
    """Run it; raises InvalidInput or MissingTable in one sentence when there is nothing to test."""
    say: Say = bar.say if bar else lambda _: None
    say("reading")
    window = asked_window(asked)
    if bar:
        bar.plan(3 + len(COURSE_PEERS) + len(window.weeks))
    found = ranked(window, replace(asked.fit, seed=asked.seed), say)
    say("intervals")
    report = Report(_about(asked, window) | account_of(window.delivery))
    for stratum in STRATA:
        values, officers, takings = stratum_values(window.weeks, found, stratum)
        about = {
            "stratum": stratum, "train_until": str(window.after), "test_until": str(window.until),
            "officers": len(np.unique(officers)), "items": len(officers), "takings": takings,
        }  # fmt: skip
        records, comparisons = _judged(values, officers, asked.seed)
        for record in records:
            seconds = round(found.seconds[record["model"]], 3)
            report.records.append({"model": record["model"], **about, **record, "fit_seconds": seconds})
        day = {"stratum": stratum, "as_of": str(window.after)}
        report.comparisons.extend({**day, **comparison} for comparison in comparisons)
    return report


def asked_window(asked: CourseBacktest) -> Asked:
    """Read the data and lay out the items; with a test file the window is what that file holds."""
    if asked.test_file is not None and asked.mapping is None:
        raise InvalidInput("--test-file takes the place of a mapped table; give --source mapped and --mapping")
    delivered = Delivered(asked.source, asked.data, asked.mapping)
    in_order = _step(asked.mapping) == 1
    today = ORDER_ENDS if in_order else None  # a place in an order does not lie in the future
    delivery = delivery_of(delivered, required=(COMPLETIONS,), today=today)
    frames: Frames = versioned(delivery)
    if asked.test_file is not None:
        part = replace(delivered, files={COMPLETIONS: asked.test_file})
        test = versioned(delivery_of(part, required=(COMPLETIONS,), today=today))
        frames, after, until = with_test_part(frames, test, in_order=in_order)
    else:
        after, until = _cuts(asked)
    history = course_history(frames, _step(asked.mapping))
    frozen = asked.test_file is not None
    weeks = window_weeks(history, day_number(after), day_number(until), frozen=frozen)
    return Asked(history, after, until, weeks, frames, delivery)


def _cuts(asked: CourseBacktest) -> tuple[date, date]:
    if asked.train_until is None or asked.test_until is None:
        raise InvalidInput("give --train-until and --test-until, or the published test part with --test-file")
    after, until = AsOf.parse(asked.train_until).day, AsOf.parse(asked.test_until).day
    if until <= after:
        raise InvalidInput(f"test-until {until} is not after train-until {after}; the test window must follow training")
    return after, until


def _step(mapping: Path | None) -> int:
    """Days between two refreshes: a week, but one step where an integer order stands for the date."""
    tables = [] if mapping is None else read_mapping(mapping)
    formats = [form for one in tables if one.table.name == COMPLETIONS for form in one.columns["occurred_on"].formats]
    return 1 if "order" in formats else WEEK


def ranked(window: Asked, settings: CourseFit, say: Say) -> Ranked:
    """Fit every model on what was known at train-until and rank every item, week by week."""
    models: dict[str, CourseScorer] = {}
    seconds: dict[str, float] = {}
    after = day_number(window.after)
    frozen = window.history.state(after)
    fits: dict[str, Callable[[], CourseScorer]] = {name: partial(fit, frozen) for name, fit in COURSE_PEERS.items()}
    fits[PHAROS] = lambda: fit_courses(window.history, after, settings)
    for name, fit in fits.items():
        say(name)
        started = time.perf_counter()
        models[name] = fit()
        seconds[name] = time.perf_counter() - started
    places: dict[str, list[Array]] = {name: [] for name in models}
    states = window.history.states([week.cut for week in window.weeks])
    for week, state in zip(window.weeks, states, strict=True):
        say(f"ranking with what was known on {np.datetime64(week.cut, 'D')}")
        for name, model in models.items():
            places[name].append(week_places(model, state, week))
    return Ranked(places, seconds)


def stratum_values(
    weeks: list[CourseWeek], found: Ranked, stratum: str
) -> tuple[dict[str, dict[str, Array]], Array, int]:
    """Values by model and metric, one an item that has an answer in the stratum; its officers; how many answers."""
    chosen = [_chosen(week, stratum) for week in weeks]
    counts = np.concatenate([count for _, count in chosen])
    officers = np.concatenate([week.asked.officers for week in weeks])[counts > 0]
    values = {}
    for name, places in found.places.items():
        kept = np.concatenate([place[rows] for place, (rows, _) in zip(places, chosen, strict=True)])
        values[name] = set_metrics(kept, counts[counts > 0])
    return values, officers, int(counts.sum())


def _chosen(week: CourseWeek, stratum: str) -> tuple[Array, Array]:
    """Which answers of a week belong to a stratum, and how many of each item."""
    answers = week.answers(stratum)
    row = np.repeat(np.arange(week.sets.shape[0]), np.diff(week.sets.indptr))
    belongs = np.asarray(answers[row, week.sets.indices]).ravel() > 0
    return belongs, np.bincount(row[belongs], minlength=week.sets.shape[0])


def _judged(
    values: Mapping[str, Mapping[str, Array]], officers: Array, seed: int
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Means with intervals, and `pharos` against every peer: the same officers drawn for all."""
    if not len(officers):
        empty = dict.fromkeys((*SET_METRICS, "ndcg_at_10_low", "ndcg_at_10_high"))
        return [{"model": name, **empty} for name in values], []
    flat = {f"{name}/{metric}": one for name, metrics in values.items() for metric, one in metrics.items()}
    sums = sums_by_officer(flat, officers)
    draws = OfficerDraws([str(code) for code in range(len(sums["items"]))], seed=seed)
    drawn = draws.each(lambda times: {name: times @ sums[name] / (times @ sums["items"]) for name in flat})
    exact = {name: float(one.mean()) for name, one in flat.items()}
    records = []
    for name in values:
        low, high = np.quantile(drawn[f"{name}/ndcg_at_10"], [0.025, 0.975])
        means = {metric: exact[f"{name}/{metric}"] for metric in SET_METRICS}
        records.append({"model": name, **means, "ndcg_at_10_low": float(low), "ndcg_at_10_high": float(high)})
    return records, [
        _compared(metric, versus, exact, drawn) for metric in COMPARED for versus in values if versus != PHAROS
    ]


def _compared(metric: str, versus: str, exact: Mapping[str, float], drawn: Mapping[str, Array]) -> dict[str, Any]:
    ours, theirs = f"{PHAROS}/{metric}", f"{versus}/{metric}"
    found = difference((exact[ours], exact[theirs]), (drawn[ours], drawn[theirs]))
    return {"metric": metric, "model": PHAROS, "versus": versus, "difference": found.difference, "low": found.low,
            "high": found.high}  # fmt: skip


def _about(asked: CourseBacktest, window: Asked) -> dict[str, Any]:
    files = [asked.data, *(path for path in (asked.mapping, asked.test_file) if path is not None)]
    weeks, history = window.weeks, window.history
    takings = sum(week.sets.nnz for week in weeks)
    return {
        "source": asked.source,
        "hashes": {name: code for path in files for name, code in file_hashes(path).items()},
        "rows": {name: len(frame) for name, frame in sorted(window.frames.items())},
        "cuts": {"train_until": window.after, "test_until": window.until, "known_until": known_until(window.frames)},
        "refreshed": "never" if asked.test_file else "weekly" if history.step == WEEK else "every step",
        "courses": history.names.size,
        "takings": takings,
        "takings_of_new_courses": sum(week.new.nnz for week in weeks),
        "officers": len(np.unique(np.concatenate([week.asked.officers for week in weeks]))),
        "bootstrap": {"draws": DRAWS, "seed": asked.seed, "over": "officers", "interval": 0.95},
    }


def run_backtest(asked: CourseBacktest, out: Path, console: Console) -> None:
    """Run, write, print; what the command does."""
    check_writable(out)
    started = time.perf_counter()
    with steps(console, "backtest courses") as bar:
        report = backtest_courses(asked, bar)
    seconds, memory = time.perf_counter() - started, peak_memory_mib()
    report.data["cost"] = {"seconds": round(seconds, 1), "peak_memory_mib": round(memory)}
    write_report(out, report.data, report.records, report.comparisons)
    console.print(as_table(report))
    for line in intake_lines(report.data["intake"]):
        console.print(line, highlight=False)
    _say_totals(report, console)
    console.print(f"{seconds:.0f} s, peak memory {memory:,.0f} MiB, written to {out}", highlight=False)


def _say_totals(report: Report, console: Console) -> None:
    told = report.data
    console.print(
        f"{told['takings']:,} courses newly taken by {told['officers']:,} officers, "
        f"{told['takings_of_new_courses']:,} of courses nobody had taken by {told['cuts']['train_until']}",
        highlight=False,
    )
    if (line := gain_line(report)) is not None:
        console.print(line, highlight=False)
