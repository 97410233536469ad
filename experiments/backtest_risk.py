"""`pharos backtest risk`: peers and `pharos` at each as-of and pooled, exactly as `protocols.md` says."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console

from data_contracts.asof import add_months
from data_contracts.errors import InvalidInput, NotReady
from data_contracts.policy import policy
from data_contracts.vocabulary import Labels
from experiments.progress import steps
from experiments.reporting import (
    Report,
    account_of,
    file_hashes,
    intake_lines,
    known_until,
    peak_memory_mib,
    write_report,
)
from experiments.risk_tables import POOLED, as_table, comparison_table
from features.declared import declared_features
from features.ingest import Delivered, delivery_of, versioned
from features.windows import PLAIN_PEER_COLUMNS
from models.base import Numbers, RiskModel
from models.baselines import PEERS, count_rule
from training.dataset import (
    Lesson,
    RiskRows,
    as_ofs_needed,
    check_learnable,
    lesson_of,
    level_drift,
    rows_from_tables,
)
from training.evaluation.bootstrap import DRAWS, SEED, OfficerDraws, difference, weighted_precisions
from training.evaluation.risk_metrics import average_precision, brier, ece, ranking_figures
from training.fit_risk import fit_outcome
from training.outcomes import Question, first_as_of, labels
from training.splits import Split, days_asked, rolling_origin

SERVICE = "risk_v1"
PHAROS, COUNT_RULE = "pharos", "count_rule"
MODELS = (COUNT_RULE, *PEERS, PHAROS)
Say = Callable[[str], None]


@dataclass(frozen=True)
class RiskBacktest:
    """What is asked: data, test as-ofs, horizon, outcomes, and what training may know."""

    source: str
    data: Path
    as_ofs: Sequence[str]
    outcomes: Sequence[str]
    horizon_months: int = 24
    labels: str = Labels.MATURE.value
    mapping: Path | None = None
    seed: int = SEED


@dataclass(frozen=True)
class Tested:
    """Every model's scores on the test officers of one outcome and as-of, and the size of each one's unit."""

    outcome: str
    as_of: date
    n_train: int
    officers: pd.Series
    y: Numbers
    scores: Mapping[str, Numbers]
    seconds: Mapping[str, float]
    unit_sizes: pd.Series | None = None


def backtest_risk(
    asked: RiskBacktest, say: Say = lambda _: None, seen: Callable[[Tested], None] = lambda _: None
) -> Report:
    """Run it; `seen` gets the scores of every test, for curves.

    Raises InvalidInput or NotReady in one sentence when there is nothing to test.
    """
    tests = days_asked(asked.as_ofs)
    outcomes = list(dict.fromkeys(asked.outcomes))
    for outcome in outcomes:
        policy().outcome(outcome)
    if asked.labels not in list(Labels):
        raise InvalidInput(f"labels {asked.labels!r} are unknown; use one of {', '.join(Labels)}")
    say("reading")
    delivery = delivery_of(Delivered(asked.source, asked.data, asked.mapping))
    frames = versioned(delivery)
    splits = {(name, day): rolling_origin(day, asked.horizon_months, first_as_of(frames, name))
              for name in outcomes for day in tests}  # fmt: skip
    say("features")
    rows = rows_from_tables(frames, as_ofs_needed(list(splits.values())))
    _check_splits(rows, splits)
    report = Report(_about(asked, frames, tests) | account_of(delivery))
    for outcome in outcomes:
        tested = [_test(rows, outcome, splits[outcome, day], asked.labels, say) for day in tests]
        for one in tested:
            seen(one)
        _report(report, tested, asked, say)
    return report


def steps_of(asked: RiskBacktest) -> int:
    """How many steps will be named: reading, features, every fit, and the intervals of each outcome."""
    fits = len(set(asked.as_ofs)) * len(MODELS[1:])
    return 2 + len(set(asked.outcomes)) * (fits + 1)


def _about(asked: RiskBacktest, frames: Mapping[str, pd.DataFrame], tests: Sequence[date]) -> dict[str, Any]:
    until = known_until(frames)
    ends = {day: add_months(day, asked.horizon_months) for day in tests}
    return {
        "source": asked.source,
        "hashes": file_hashes(asked.data) | (file_hashes(asked.mapping) if asked.mapping else {}),
        "rows": {name: len(frame) for name, frame in sorted(frames.items())},
        "cuts": {"known_until": until, "tests": {str(day): {"until": end} for day, end in ends.items()}},
        "open_tests": [str(day) for day, end in ends.items() if until is not None and end > add_months(until, 1)],
        "bootstrap": {"draws": DRAWS, "seed": asked.seed, "over": "officers", "interval": 0.95},
    }


def _check_splits(rows: RiskRows, splits: Mapping[tuple[str, date], Split]) -> None:
    """Before hours of fitting: raise NotReady when one of the splits has nobody to test or to learn from."""
    for (outcome, day), split in splits.items():
        if rows.at([day]).empty:
            raise NotReady(f"nobody is counted at {day}; use an --as-of inside the history")
        check_learnable(rows, outcome, split)


def _test(rows: RiskRows, outcome: str, split: Split, kind: str, say: Say) -> Tested:
    """Fit every model on the split's training rows and score its test officers."""
    test = rows.at([split.test])
    y = labels(rows.tables, test[["officer_id", "as_of"]], Question(outcome, split.horizon_months, None))
    started = time.perf_counter()
    scores, seconds = {COUNT_RULE: count_rule(test)}, {COUNT_RULE: time.perf_counter() - started}
    plain = lesson_of(rows, outcome, split, _present(rows, PLAIN_PEER_COLUMNS), kind)
    for name, make in PEERS.items():
        say(f"{outcome} {split.test} {name}")
        scores[name], seconds[name] = _timed(partial(_peer, make(), plain, test))
    say(f"{outcome} {split.test} {PHAROS}")
    scores[PHAROS], seconds[PHAROS] = _timed(partial(pharos_chances, rows, outcome, split, kind, test))
    return Tested(outcome, split.test, len(plain.x), test["officer_id"], y, scores, seconds, test.get("unit_size"))


def _present(rows: RiskRows, columns: Sequence[str]) -> list[str]:
    return [name for name in columns if name in rows.frame.columns]


def _timed(work: Callable[[], Numbers]) -> tuple[Numbers, float]:
    started = time.perf_counter()
    return work(), time.perf_counter() - started


def _peer(model: RiskModel, lesson: Lesson, test: pd.DataFrame) -> Numbers:
    """A plain peer learns from hard labels; with one class only, everybody gets its rate."""
    y = lesson.answers(np.ones(len(lesson.x), dtype=bool), lesson.split.test, soft=False)
    if y.min() == y.max():
        return np.full(len(test), float(y[0]))
    return model.fit(lesson.x, y, lesson.design.names).predict(lesson.design.matrix(test))


def pharos_chances(rows: RiskRows, outcome: str, split: Split, kind: str, test: pd.DataFrame) -> Numbers:
    """What would be promoted: the same columns, labels and fit as `pharos train risk`."""
    columns = _present(rows, declared_features().service(SERVICE).chosen)
    lesson = lesson_of(rows, outcome, split, columns, kind)
    drift = level_drift(rows, outcome, split) if kind == Labels.MATURE else 0.0
    model = fit_outcome(lesson.shifted(drift))
    return model.predict(lesson.design.matrix(test))


def _report(report: Report, tested: Sequence[Tested], asked: RiskBacktest, say: Say) -> None:
    say(f"{tested[0].outcome} intervals")
    for label, group in [*((str(one.as_of), [one]) for one in tested), (POOLED, list(tested))]:
        y = np.concatenate([one.y for one in group])
        officers = np.concatenate([one.officers.to_numpy(object) for one in group])
        scores = {name: np.concatenate([one.scores[name] for one in group]) for name in MODELS}
        about = {"outcome": tested[0].outcome, "as_of": label, "horizon_months": asked.horizon_months,
                 "labels": asked.labels}  # fmt: skip
        size = {"n_train": sum(one.n_train for one in group), "n_test": len(y), "positives": int(y.sum()),
                "base_rate": float(y.mean())}  # fmt: skip
        for name in MODELS:
            seconds = sum(one.seconds[name] for one in group)
            report.records.append({**about, "model": name, **size, **figures(name, y, scores[name]),
                                   "fit_seconds": round(seconds, 3)})  # fmt: skip
        report.comparisons.extend(_comparisons(about, y, scores, officers.tolist(), asked.seed))


def figures(model: str, y: Numbers, scores: Numbers) -> dict[str, float | None]:
    """All figures of a record; a count is no chance, so the count rule has no brier and no ece."""
    chances = model != COUNT_RULE
    return {
        **ranking_figures(y, scores),
        "brier": brier(y, scores) if chances else None,
        "ece": ece(y, scores) if chances else None,
    }


def _comparisons(
    about: Mapping[str, Any], y: Numbers, scores: Mapping[str, Numbers], officers: Sequence[str], seed: int
) -> list[dict[str, Any]]:
    exact = {name: average_precision(y, score) for name, score in scores.items()}
    drawn = OfficerDraws(officers, seed=seed).each(lambda times: weighted_precisions(y, scores, times))
    results = []
    for versus in (name for name in MODELS if name != PHAROS):
        found = difference((exact[PHAROS], exact[versus]), (drawn[PHAROS], drawn[versus]))
        results.append({"outcome": about["outcome"], "as_of": about["as_of"], "metric": "average_precision",
                        "model": PHAROS, "versus": versus, "difference": found.difference, "low": found.low,
                        "high": found.high})  # fmt: skip
    return results


def run_backtest(asked: RiskBacktest, out: Path, console: Console) -> None:
    """Run, write, print; what the command does."""
    started = time.perf_counter()
    with steps(console, "backtest risk", steps_of(asked)) as bar:
        report = backtest_risk(asked, bar.say)
    seconds, memory = time.perf_counter() - started, peak_memory_mib()
    report.data["cost"] = {"seconds": round(seconds, 1), "peak_memory_mib": round(memory)}
    write_report(out, report.data, report.records, report.comparisons)
    console.print(as_table(report.records), comparison_table(report.comparisons))
    for line in intake_lines(report.data["intake"]):
        console.print(line, highlight=False)
    for day in report.data["open_tests"]:
        console.print(f"note: the data set ends before {day} plus {asked.horizon_months} months; outcomes are partial")
    console.print(f"{seconds:.0f} s, peak memory {memory:,.0f} MiB, written to {out}", highlight=False)
