"""`pharos backtest plans`: the plan study as a command; arms, how far the plan is ahead, and how often plans change."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from data_contracts.errors import InvalidInput
from experiments.backtests.plan_study import ARMS, Study, StudyResult, lines_of, run_study
from experiments.backtests.reporting import Report, check_writable, peak_memory_mib, write_report
from experiments.progress import steps
from training.evaluation.bootstrap import DRAWS

SIMULATOR = "simulator"
LEAST_AHEAD = 1.25  # times as many goals as with popularity, as the project promises
STEPS = len(("history", "models")) + len(ARMS)


@dataclass(frozen=True)
class PlanBacktest:
    """What is asked; see Study."""

    source: str = SIMULATOR
    officers: int = 1500
    history_months: int = 72
    horizon_months: int = 36
    advice_months: int = 6
    seed: int = 11

    @property
    def study(self) -> Study:
        """Raises InvalidInput for a source in which nobody can live twice, and for months that are none."""
        if self.source != SIMULATOR:
            raise InvalidInput(f"--source {self.source}: only a simulated bureau can live on twice; use {SIMULATOR}")
        return Study(self.officers, self.history_months, self.horizon_months, self.advice_months, self.seed)


def backtest_plans(asked: PlanBacktest, say: Callable[[str], None] = lambda _: None) -> tuple[Report, StudyResult]:
    """Run it: a record for each arm, a comparison of the plan with each other arm."""
    study = asked.study
    result = run_study(study, say)
    records = [
        {"model": name, "officers": result.followers, "reached": share, "mean_months": result.months[name]}
        for name, share in result.reached.items()
    ]
    comparisons = [
        {"metric": "reached", "model": "plan", "versus": name, **asdict(one)} for name, one in result.ahead.items()
    ]
    data: dict[str, Any] = {
        "source": asked.source,
        "study": asdict(study),
        "least_ahead": LEAST_AHEAD,
        "ahead_enough": result.ahead["popularity"].ratio >= LEAST_AHEAD,
        "plan_changes": [{"because": code, **asdict(one)} for code, one in result.looks.items()],
        "bootstrap": {"draws": DRAWS, "seed": study.seed, "over": "officers", "interval": 0.95},
    }
    return Report(data, records, comparisons), result


def run_backtest(asked: PlanBacktest, out: Path, console: Console) -> None:
    """Run, write, print; what the command does."""
    check_writable(out)
    started = time.perf_counter()
    with steps(console, "backtest plans", STEPS) as bar:
        report, result = backtest_plans(asked, bar.say)
    seconds, memory = time.perf_counter() - started, peak_memory_mib()
    report.data["cost"] = {"seconds": round(seconds, 1), "peak_memory_mib": round(memory)}
    write_report(out, report.data, report.records, report.comparisons)
    for line in lines_of(result):
        console.print(line, highlight=False)
    enough = "at least" if report.data["ahead_enough"] else "fewer than"
    console.print(f"{enough} {LEAST_AHEAD:g} times as many goals as with popularity", highlight=False)
    console.print(f"{seconds:.0f} s, peak memory {memory:,.0f} MiB, written to {out}", highlight=False)
