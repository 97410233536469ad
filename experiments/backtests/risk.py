"""`pharos backtest risk`: peers and `pharos` at each as-of and pooled, exactly as `protocols.md` says."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console

from data_contracts.asof import add_months
from data_contracts.errors import InvalidInput, NotReady
from data_contracts.intake import Delivery
from data_contracts.vocabulary import Labels
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
from experiments.backtests.risk_figures import comparisons_of, records_of
from experiments.backtests.risk_models import (
    COUNT_RULE,
    MODELS,
    PHAROS,
    SERVICE,
    Exam,
    Say,
    Tested,
    pharos_chances,
    take,
    waits,
)
from experiments.backtests.risk_tables import POOLED, as_table, comparison_table
from experiments.progress import steps
from features.ingest import Delivered, delivery_of, versioned
from models.risk.baselines import PEERS
from training.evaluation.bootstrap import DRAWS, SEED
from training.risk.askable import Asking, check_horizon, looking
from training.risk.counted import first_learnable
from training.risk.dataset import RiskRows, as_ofs_needed, check_learnable, rows_from_tables
from training.risk.fit import Origins
from training.risk.open_findings import OpenFindings, open_findings
from training.splits import Split, days_asked, rolling_origin

__all__ = [
    "COUNT_RULE", "MODELS", "PHAROS", "POOLED", "SERVICE", "Exam", "RiskBacktest", "Say", "Tested", "backtest_risk",
    "pharos_chances", "run_backtest", "steps_of",
]  # fmt: skip


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
    with_eventual: bool = False


def backtest_risk(
    asked: RiskBacktest,
    say: Say = lambda _: None,
    seen: Callable[[Exam, Tested], None] = lambda *_: None,
    delivery: Delivery | None = None,
) -> Report:
    """Run it; `seen` gets every exam with its scores, for curves; `delivery` is what was read already.

    Raises InvalidInput or NotReady in one sentence when there is nothing to test.
    """
    tests = days_asked(asked.as_ofs)
    outcomes = list(dict.fromkeys(asked.outcomes))
    check_horizon(outcomes, asked.horizon_months)
    if asked.labels not in list(Labels):
        raise InvalidInput(f"labels {asked.labels!r} are unknown; use one of {', '.join(Labels)}")
    say("reading")
    delivered = Delivered(asked.source, asked.data, asked.mapping)
    asking = Asking(outcomes, tests, asked.horizon_months)
    delivery = delivery or delivery_of(delivered, looking(asking, delivered.where))
    frames = versioned(delivery)
    splits = {(name, day): rolling_origin(day, asked.horizon_months, first_learnable(frames, name))
              for name in outcomes for day in tests}  # fmt: skip
    say("features")
    rows = rows_from_tables(frames, as_ofs_needed(list(splits.values())))
    _check_splits(rows, splits)
    report = Report(_about(asked, frames, tests) | account_of(delivery))
    report.more["open_findings"] = [one.as_record() for one in _still_open(rows, asked, tests)]
    for outcome in outcomes:
        origins = Origins()
        exams = [Exam(rows, outcome, splits[outcome, day], asked.labels, asked.with_eventual, origins)
                 for day in tests]  # fmt: skip
        tested = [take(exam, say) for exam in exams]
        for exam, one in zip(exams, tested, strict=True):
            seen(exam, one)
        say(f"{outcome} intervals")
        about = {"horizon_months": asked.horizon_months, "labels": asked.labels}
        report.records.extend(records_of(tested, about))
        report.comparisons.extend(comparisons_of(tested, asked.seed))
    return report


def steps_of(asked: RiskBacktest) -> int:
    """How many steps will be named: reading, features, every fit, and the intervals of each outcome."""
    fits = [len(PEERS) * (2 if asked.with_eventual and waits(outcome) else 1) + 2 for outcome in set(asked.outcomes)]
    return 2 + sum(len(set(asked.as_ofs)) * some + 1 for some in fits)


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


def _still_open(rows: RiskRows, asked: RiskBacktest, tests: Sequence[date]) -> list[OpenFindings]:
    """What of each judged window is undecided when the records end."""
    spine = rows.spine(tests)
    outcomes = dict.fromkeys(asked.outcomes)
    return [one for name in outcomes for one in open_findings(rows.tables, name, spine, asked.horizon_months)]


def _check_splits(rows: RiskRows, splits: Mapping[tuple[str, date], Split]) -> None:
    """Before hours of fitting: raise NotReady when one of the splits has nobody to test or to learn from."""
    for (outcome, day), split in splits.items():
        if rows.at([day]).empty:
            raise NotReady(f"nobody is counted at {day}; use an --as-of inside the history")
        check_learnable(rows, outcome, split)


def run_backtest(asked: RiskBacktest, out: Path, console: Console) -> None:
    """Run, write, print; what the command does."""
    check_writable(out)
    started = time.perf_counter()
    with steps(console, "backtest risk", steps_of(asked)) as bar:
        report = backtest_risk(asked, bar.say)
    seconds, memory = time.perf_counter() - started, peak_memory_mib()
    report.data["cost"] = {"seconds": round(seconds, 1), "peak_memory_mib": round(memory)}
    write_report(out, report.data, report.records, report.comparisons, report.more)
    console.print(as_table(report.records), comparison_table(report.comparisons))
    for line in intake_lines(report.data["intake"]):
        console.print(line, highlight=False)
    for day in report.data["open_tests"]:
        console.print(f"note: the data set ends before {day} plus {asked.horizon_months} months; outcomes are partial")
    for one in report.more["open_findings"]:
        console.print(one["told"]["en"], highlight=False, soft_wrap=True)
    console.print(f"{seconds:.0f} s, peak memory {memory:,.0f} MiB, written to {out}", highlight=False)
