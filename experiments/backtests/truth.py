"""`pharos backtest truth`: how near the risk model comes to someone who knows the planted hazards."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from data_contracts.errors import MissingTable
from data_contracts.policy import policy
from data_contracts.simulator.write import TRUTH
from experiments.backtests.planted_recorded import RECORDED, recorded
from experiments.backtests.planted_truth import Asked, age_blind, foresight, hazard_alone, oracle
from experiments.backtests.reporting import check_writable, file_hashes, peak_memory_mib, write_report
from experiments.backtests.truth_curve import learning_curve
from experiments.progress import steps
from features.declared import declared_features
from features.ingest import Delivered, delivery_of, versioned
from models.base import Numbers
from models.risk.baselines import count_rule
from training.evaluation.bootstrap import DRAWS, SEED, OfficerDraws, weighted_precisions
from training.evaluation.risk_metrics import average_precision
from training.risk.askable import Asking, check_horizon, looking
from training.risk.counted import first_learnable
from training.risk.dataset import Lesson, RiskRows, as_ofs_needed, lesson_of, rows_from_tables
from training.risk.fit import FitSettings, Origins, fit_outcome
from training.risk.outcomes import Question, labels
from training.risk.train import service_of
from training.splits import Split, days_asked, rolling_origin

ORACLES = {"oracle": oracle, "oracle_age_blind": age_blind, "planted_hazard": hazard_alone, "foresight": foresight}
PHAROS, POOLED = "pharos", "pooled"
READER = "recorded"  # knows what is planted, and of the officers what the tables tell
FEW_EVENTS = 50  # under so many, an interval is told and nobody should judge by it
TOO_FEW = {
    "en": f"under {FEW_EVENTS} events: too few to judge by; pool more test days or a larger bureau",
    "zh": f"事件不足{FEW_EVENTS}起，不足以据此判断；请合并更多测试日或使用更大的模拟队伍",
}
SHOWN = {"oracle": "oracle", "planted_hazard": "hazard", PHAROS: PHAROS}  # in the table; the JSON has all
Say = Callable[[str], None]


@dataclass(frozen=True)
class TruthBacktest:
    """What is asked: the simulator's folder with its truth, test days, outcomes, months ahead, and whether also what
    more officers would give (`curve`, at the last test day)."""

    data: Path
    as_ofs: Sequence[str]
    outcomes: Sequence[str]
    horizon_months: int = 12
    step_months: int = 12
    fit: FitSettings | None = None
    curve: bool = False


@dataclass(frozen=True)
class Measured:
    """Records by outcome and as-of, and the learning curves that were asked for."""

    records: list[dict[str, Any]]
    curve: list[dict[str, Any]]


@dataclass(frozen=True)
class Compared:
    """Scores by name on the officers of one outcome and as-of, and what came, (n,) each."""

    outcome: str
    as_of: date
    officers: list[str]
    y: Numbers
    scores: Mapping[str, Numbers]


def read_truth(folder: Path) -> pd.DataFrame:
    """The planted hazards (officer_id, month, ...); raises MissingTable where the folder has none."""
    path = folder / TRUTH / f"{TRUTH}.parquet"
    if not path.is_file():
        raise MissingTable(f"no planted truth lies in {folder}; give a folder that `pharos simulate` wrote")
    return pd.read_parquet(path)


def backtest_truth(asked: TruthBacktest, say: Say = lambda _: None) -> Measured:
    """Records by outcome and as-of, and pooled: average precision of each, and their ratio with its interval."""
    days, outcomes = days_asked(asked.as_ofs), list(dict.fromkeys(asked.outcomes))
    check_horizon(outcomes, asked.horizon_months)
    truth, delivered = read_truth(asked.data), Delivered("simulator", asked.data)
    say("reading")
    asking = Asking(outcomes, days, asked.horizon_months, asked.step_months)
    tables = versioned(delivery_of(delivered, looking(asking, delivered.where)))
    months, step = asked.horizon_months, asked.step_months
    splits = {(name, day): rolling_origin(day, months, first_learnable(tables, name, day), step)
              for name in outcomes for day in days}  # fmt: skip
    say("features")
    rows = rows_from_tables(tables, as_ofs_needed(list(splits.values())))
    records, curve = list[dict[str, Any]](), list[dict[str, Any]]()
    for name in outcomes:
        compared, origins = list[Compared](), Origins(asked.fit)
        for day in days:
            say(f"{name} {day}")
            compared.append(compare(rows, truth, name, splits[name, day], origins))
        groups = [*((str(one.as_of), [one]) for one in compared), (POOLED, compared)]
        records += [_record(label, group, asked.horizon_months) for label, group in groups]
        if asked.curve:
            say(f"{name} learning curve")
            curve += curve_of(rows, splits[name, days[-1]], compared[-1])
    return Measured(records, curve)


def curve_of(rows: RiskRows, split: Split, came: Compared) -> list[dict[str, Any]]:
    """What more officers give on the test day of `came`, against those who know more."""
    lesson = _lesson(rows, came.outcome, split)
    ceilings = {name: came.scores[name] for name in ("oracle", READER) if name in came.scores}
    return learning_curve(lesson, lesson.design.matrix(rows.at([split.test])), came.y, ceilings)


def _lesson(rows: RiskRows, outcome: str, split: Split) -> Lesson:
    columns = [name for name in declared_features().service(service_of([outcome])).chosen if name in rows.frame]
    return lesson_of(rows, outcome, split, columns)


def compare(rows: RiskRows, truth: pd.DataFrame, outcome: str, split: Split, origins: Origins) -> Compared:
    """Fit as `pharos train risk` does, and let everybody rank the officers of the test day."""
    test = rows.at([split.test])
    lesson = _lesson(rows, outcome, split)
    y = labels(rows.tables, test[["officer_id", "as_of"]], Question(outcome, split.horizon_months, None))
    asked = Asked(test["officer_id"], split.test, split.horizon_months)
    scores = {name: ranks(outcome, truth, rows.tables, asked) for name, ranks in ORACLES.items()}
    if outcome in RECORDED:
        scores[READER] = recorded(outcome, rows.tables, asked)
    scores |= {
        PHAROS: fit_outcome(lesson, origins=origins).predict(lesson.design.matrix(test)),
        "count_rule": count_rule(test),
    }
    return Compared(outcome, split.test, test["officer_id"].tolist(), y, scores)


def _record(label: str, group: Sequence[Compared], months: int) -> dict[str, Any]:
    y = np.concatenate([one.y for one in group])
    scores = {name: np.concatenate([one.scores[name] for one in group]) for name in group[0].scores}
    exact = {name: average_precision(y, score) for name, score in scores.items()}
    drawn = OfficerDraws([name for one in group for name in one.officers]).each(
        lambda times: weighted_precisions(y, scores, times)
    )
    ratios = {f"{PHAROS}_over_{name}": _ratio(exact, drawn, name) for name in (*ORACLES, READER) if name in exact}
    events = int(y.sum())
    return {"outcome": group[0].outcome, "as_of": label, "horizon_months": months, "n_test": len(y),
            "positives": events, "caution": TOO_FEW if events < FEW_EVENTS else None, "average_precision": exact,
            **ratios}  # fmt: skip


def _ratio(exact: Mapping[str, float], drawn: Mapping[str, Numbers], name: str) -> dict[str, float]:
    low, high = np.nanpercentile(drawn[PHAROS] / drawn[name], [2.5, 97.5])
    return {"ratio": exact[PHAROS] / exact[name], "low": float(low), "high": float(high)}


def as_table(records: Sequence[Mapping[str, Any]]) -> Table:
    """The records for people; it fits a terminal of 80 columns, and the JSON has the rest."""
    caption = "n: events; ratio: pharos over oracle (95 %)"
    if any(one["caution"] for one in records):
        caption += f"\n* {TOO_FEW['en']}"
    table = Table(title="average precision against the planted truth", caption=caption, pad_edge=False)
    for name in ("outcome", "as of", "n", *SHOWN.values(), "ratio"):
        table.add_column(name, justify="left" if name in ("outcome", "as of") else "right", no_wrap=True)
    for one in records:
        figures = [f"{one['average_precision'][name]:.3f}" for name in SHOWN]
        ratio = one[f"{PHAROS}_over_oracle"]
        told = f"{ratio['ratio']:.2f} [{ratio['low']:.2f}, {ratio['high']:.2f}]"
        events = f"{one['positives']}{'*' if one['caution'] else ''}"
        table.add_row(one["outcome"], one["as_of"], events, *figures, told)
    return table


def curve_table(curve: Sequence[Mapping[str, Any]]) -> Table:
    """The learning curves for people."""
    table = Table(title="shallow trees by officers learned from", caption="ratios of average precision", pad_edge=False)
    columns = ("outcome", "as of", "officers", "events", "precision", "over oracle", "over reader")
    for place, name in enumerate(columns):
        table.add_column(name, justify="left" if place < 2 else "right", no_wrap=True)
    for one in curve:
        ratios = [f"{one[key]:.2f}" if key in one else "" for key in ("over_oracle", f"over_{READER}")]
        counts = [f"{one['officers']:,}", f"{one['events']:,.0f}"]
        table.add_row(one["outcome"], one["as_of"], *counts, f"{one['average_precision']:.3f}", *ratios)
    return table


def run_backtest(asked: TruthBacktest, out: Path, console: Console) -> None:
    """Run, write, print; what the command does."""
    check_writable(out)
    for outcome in asked.outcomes:
        policy().outcome(outcome)
    started = time.perf_counter()
    rounds = len(set(asked.outcomes)) * (len(set(asked.as_ofs)) + asked.curve)
    with steps(console, "backtest truth", 2 + rounds) as bar:
        measured = backtest_truth(asked, bar.say)
    cost = {"seconds": round(time.perf_counter() - started, 1), "peak_memory_mib": round(peak_memory_mib())}
    bootstrap = {"draws": DRAWS, "seed": SEED, "over": "officers", "interval": 0.95}
    write_report(out, {"hashes": file_hashes(asked.data), "bootstrap": bootstrap, "cost": cost}, measured.records, [],
                 {"learning_curve": measured.curve} if asked.curve else None)  # fmt: skip
    console.print(as_table(measured.records))
    if asked.curve:
        console.print(curve_table(measured.curve))
    console.print(f"{cost['seconds']:.0f} s, peak memory {cost['peak_memory_mib']:,} MiB, written to {out}")
