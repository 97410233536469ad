"""`pharos backtest units`: units graded by `pharos` against the share of the last period, as `protocols.md` says."""

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

from data_contracts.asof import add_months
from data_contracts.errors import NotReady
from data_contracts.figures import figure_told
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
from experiments.backtests.risk import SERVICE, Exam, Say, pharos_chances
from experiments.backtests.risk_tables import POOLED
from experiments.progress import steps
from features.declared import declared_features
from features.ingest import Delivered, delivery_of, versioned
from models.base import Numbers
from models.units.model import UnitRule, expected, moved_chances
from models.units.past import past_chances
from training.evaluation.bootstrap import DRAWS, SEED, difference
from training.evaluation.names import outcome_named
from training.evaluation.unit_metrics import UnitTest, interval, together, too_few_told
from training.evaluation.unit_plots import UnitsShown, units_figure
from training.risk.askable import Asking, check_horizon, looking
from training.risk.counted import first_learnable
from training.risk.dataset import RiskRows, as_ofs_needed, check_learnable, rows_from_tables
from training.risk.fit import Origins
from training.risk.outcomes import Question, labels
from training.splits import Split, days_asked, rolling_origin
from training.units.days import UnitLessons, earlier_splits, placed, roster_of, unit_parents

PHAROS, LAST_PERIOD = "pharos", "last_period"
OUTCOMES = ("conduct", "force", "any_complaint")
METHODS = (LAST_PERIOD, PHAROS)
LEAST_OFFICERS = 30  # of a unit that is tested; the share that came of a smaller one is mostly luck
Splits = Mapping[tuple[str, date], Split]


@dataclass(frozen=True)
class UnitsBacktest:
    """What is asked: data, test as-ofs, horizon and outcomes."""

    source: str
    data: Path
    as_ofs: Sequence[str]
    outcomes: Sequence[str]
    horizon_months: int = 24
    mapping: Path | None = None
    seed: int = SEED


@dataclass(frozen=True)
class Tested:
    """One outcome at one as-of: the test of its units, what the picture shows, and the rule that was learned."""

    as_of: date
    test: UnitTest
    shown: UnitsShown
    rule: UnitRule


@dataclass
class UnitsReport(Report):
    """The JSON, and for the pictures the units of each outcome by as-of."""

    shown: dict[str, dict[str, UnitsShown]] | None = None


def backtest_units(
    asked: UnitsBacktest,
    say: Say = lambda _: None,
    plan: Callable[[int], None] = lambda _: None,
    delivery: Delivery | None = None,
) -> UnitsReport:
    """Run it; `plan` hears how many steps `say` will name; `delivery` is what was read already.

    Raises InvalidInput or NotReady in one sentence when there is nothing to test.
    """
    tests, outcomes = days_asked(asked.as_ofs), list(dict.fromkeys(asked.outcomes))
    check_horizon(outcomes, asked.horizon_months)
    say("reading")
    delivered = Delivered(asked.source, asked.data, asked.mapping)
    asking = Asking(outcomes, tests, asked.horizon_months)
    delivery = delivery or delivery_of(delivered, looking(asking, delivered.where))
    frames = versioned(delivery)
    splits = {(name, day): rolling_origin(day, asked.horizon_months, first_learnable(frames, name))
              for name in outcomes for day in tests}  # fmt: skip
    say("features")
    earlier = {(name, one.test) for (name, _), split in splits.items() for one in earlier_splits(split)}
    plan(2 + len(earlier) + len(splits) + len(outcomes))
    needed = [one for split in splits.values() for one in (split, *earlier_splits(split))]
    rows = rows_from_tables(frames, as_ofs_needed(needed))
    _check_splits(rows, splits)
    report = UnitsReport(_about(asked, frames, tests) | account_of(delivery), shown={})
    for outcome in outcomes:
        _report(report, outcome, _tested(rows, outcome, [splits[outcome, day] for day in tests], say), asked, say)
    return report


def least_officers() -> int:
    """How large a unit must be to be tested; smaller ones are graded too, but their shares cannot be measured."""
    return LEAST_OFFICERS


def _about(asked: UnitsBacktest, frames: Mapping[str, pd.DataFrame], tests: Sequence[date]) -> dict[str, Any]:
    until = known_until(frames)
    ends = {day: add_months(day, asked.horizon_months) for day in tests}
    return {
        "source": asked.source,
        "hashes": file_hashes(asked.data) | (file_hashes(asked.mapping) if asked.mapping else {}),
        "rows": {name: len(frame) for name, frame in sorted(frames.items())},
        "cuts": {"known_until": until, "tests": {str(day): {"until": end} for day, end in ends.items()}},
        "open_tests": [str(day) for day, end in ends.items() if until is not None and end > add_months(until, 1)],
        "bootstrap": {"draws": DRAWS, "seed": asked.seed, "over": "officers", "interval": 0.95},
        "minimum_officers": least_officers(),
        "rules": [],
    }


def _check_splits(rows: RiskRows, splits: Splits) -> None:
    """Before any fit: raise NotReady where nobody can be tested or learned from, or no unit is large enough."""
    least = least_officers()
    for (outcome, day), split in splits.items():
        sizes = rows.at([day])["unit_id"].value_counts()
        if not (sizes >= least).any():
            raise NotReady(f"no unit has {least} officers at {day}; use an --as-of inside the history")
        check_learnable(rows, outcome, split)


def _tested(rows: RiskRows, outcome: str, splits: Sequence[Split], say: Say) -> list[Tested]:
    columns = [name for name in declared_features().service(SERVICE).chosen if name in rows.frame.columns]
    lessons, origins = UnitLessons(rows, outcome, columns), Origins()
    found = []
    for split in splits:
        for earlier in lessons.to_score(split):
            say(f"{outcome} {split.test} learning from units of {earlier.test}")
            lessons.score(earlier)
        rule = lessons.rule(split)
        say(f"{outcome} {split.test} {PHAROS}")
        found.append(_one_day(Exam(rows, outcome, split, Labels.MATURE.value, origins=origins), rule))
    return found


def _one_day(exam: Exam, rule: UnitRule) -> Tested:
    """Officers scored, moved by their unit's shift, and their units tested."""
    rows, outcome, split, frame = exam.rows, exam.outcome, exam.split, exam.test
    chances = pharos_chances(exam)
    past = past_chances(frame, outcome, split.horizon_months, rule.open_chance)
    roster = roster_of(frame, chances, unit_parents(rows.tables, split.test), past)
    own = expected(roster, moved_chances(roster, rule), rule)["own"]
    tested = np.flatnonzero(own.officers >= least_officers())
    inside = np.isin(roster.where, tested)
    where = np.searchsorted(tested, roster.where[inside])
    y, last = (values[placed(frame)][inside] for values in _labels(rows, frame, outcome, split))
    before = np.bincount(where, weights=last) / np.bincount(where)
    officers = frame.loc[placed(frame), "officer_id"].astype(str).to_numpy()[inside].tolist()
    test = UnitTest({LAST_PERIOD: before, PHAROS: own.share[tested]}, officers, where, y)
    shown = UnitsShown(own.share[tested], own.low[tested], own.high[tested], test.seen, before)
    return Tested(split.test, test, shown, rule)


def _labels(rows: RiskRows, frame: pd.DataFrame, outcome: str, split: Split) -> tuple[Numbers, Numbers]:
    """What came, as known in the end; and what had come in the last period, as known at the test; (n,) each."""
    spine, months = frame[["officer_id", "as_of"]], split.horizon_months
    before = spine.assign(as_of=pd.Timestamp(add_months(split.test, -months)))
    last = labels(rows.tables, before, Question(outcome, months, split.test, soft=False))
    return labels(rows.tables, spine, Question(outcome, months, None)), last


def _report(report: UnitsReport, outcome: str, tested: Sequence[Tested], asked: UnitsBacktest, say: Say) -> None:
    say(f"{outcome} intervals")
    for one in tested:
        told = {"outcome": outcome, "as_of": str(one.as_of), **one.rule.to_json(), "covered": one.shown.covered}
        report.data["rules"].append(told)
    if report.shown is not None:
        report.shown[outcome] = {str(one.as_of): one.shown for one in tested}
    for label, test in [*((str(one.as_of), one.test) for one in tested), (POOLED, together([t.test for t in tested]))]:
        exact, drawn = test.spearman(), test.draws(asked.seed)
        about = {"outcome": outcome, "as_of": label, "horizon_months": asked.horizon_months}
        for name in METHODS:
            low, high = interval(drawn[name])
            report.records.append({**about, "method": name, "units": test.units, "spearman": exact[name],
                                   "spearman_low": low, "spearman_high": high})  # fmt: skip
        found = difference((exact[PHAROS], exact[LAST_PERIOD]), (drawn[PHAROS], drawn[LAST_PERIOD]))
        report.comparisons.append({"outcome": outcome, "as_of": label, "metric": "spearman", "model": PHAROS,
                                   "versus": LAST_PERIOD, "units": test.units, "difference": found.difference,
                                   "low": found.low, "high": found.high})  # fmt: skip


def as_table(report: Report) -> Table:
    """Both methods side by side, with the interval of the difference; it fits a terminal of 80 columns."""
    table = Table(title="units: Spearman with what came (95 % over officers)")
    for name in ("outcome", "as of", "units", "last", "pharos", "difference (95 %)"):
        table.add_column(name, justify="left" if name in ("outcome", "as of") else "right", no_wrap=True)
    said = {(one["outcome"], one["as_of"], one["method"]): one for one in report.records}
    for one in report.comparisons:
        last, ours = (said[one["outcome"], one["as_of"], method] for method in METHODS)
        if (few := too_few_told(ours["units"])) is not None:
            table.add_row(one["outcome"], one["as_of"], str(ours["units"]), "-", "-", few.en)
            continue
        figures = (last["spearman"], ours["spearman"], one["difference"], one["low"], one["high"])
        told = ["-" if np.isnan(value) else figure_told(value) for value in figures]
        ahead = f"{told[2]} [{told[3]}, {told[4]}]"
        table.add_row(one["outcome"], one["as_of"], str(ours["units"]), *told[:2], ahead)
    return table


def run_backtest(asked: UnitsBacktest, out: Path, console: Console) -> None:
    """Run, write, draw, print; what the command does."""
    check_writable(out)
    started = time.perf_counter()
    with steps(console, "backtest units") as bar:
        report = backtest_units(asked, bar.say, bar.plan)
    seconds, memory = time.perf_counter() - started, peak_memory_mib()
    report.data["cost"] = {"seconds": round(seconds, 1), "peak_memory_mib": round(memory)}
    write_report(out, report.data, report.records, report.comparisons)
    console.print(as_table(report))
    for line in intake_lines(report.data["intake"]):
        console.print(line, highlight=False)
    for day in report.data["open_tests"]:
        console.print(f"note: the data set ends before {day} plus {asked.horizon_months} months; outcomes are partial")
    for outcome, days in (report.shown or {}).items():
        picture = out.with_name(f"{out.stem}-{outcome}.png")
        units_figure(outcome_named(f"{outcome}_{asked.horizon_months}m"), days).savefig(picture, dpi=120)
        console.print(f"picture {picture}", markup=False, highlight=False, soft_wrap=True)
    console.print(f"{seconds:.0f} s, peak memory {memory:,.0f} MiB, written to {out}", highlight=False)
