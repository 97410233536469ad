"""What each table is worth to the warnings: features built, learned from and tested again without it, simulated.

    python -m experiments.benchmarks.missing_tables --out experiments/benchmarks/results/missing_tables.json

For each table the features are built as a department without it would have them, boosted trees learn from them, and
the average precision on the year after is set against that with every table; labels always come from all tables, so
that the question is how well one can warn, not what happened. The interval of the loss is a paired bootstrap over
officers. `pharos doctor` tells a loss where its interval lies above zero.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from data_contracts.catalog import catalog
from data_contracts.policy import policy
from data_contracts.simulator.simulation import simulate
from experiments.benchmarks.evidence import keep
from features.measures import EVENT_TABLES
from features.snapshots import eligible_officers, officer_frame
from features.versions import with_superseded_on
from features.windows import FEATURE_COLUMNS
from models.base import Numbers
from models.risk.boosting import Boosted
from models.risk.design_matrix import Design
from training.evaluation.bootstrap import OfficerDraws, difference, weighted_precisions
from training.evaluation.risk_metrics import average_precision
from training.risk.dataset import RiskRows
from training.risk.outcomes import Question, exposed, labels

END = date(2026, 1, 1)
TEST = date(2025, 1, 1)
READ = frozenset({"officers", "promotions", "rank_steps", "courses", *(events.table for events in EVENT_TABLES)})
"""Tables that features are made of, beside postings, without which there are none."""
HORIZON, DRAWS, LEAST_EVENTS = 12, 400, 20


@dataclass(frozen=True)
class Force:
    """The simulated tables, the days learned from, and the day tested."""

    tables: Mapping[str, pd.DataFrame]
    days: tuple[date, ...]

    def rows(self, without: str | None = None) -> RiskRows:
        """Features of everybody in service as they are without a table."""
        kept = {name: frame for name, frame in self.tables.items() if name != without}
        spine = eligible_officers(self.tables, [*self.days, TEST])
        return RiskRows(officer_frame(kept, spine), self.tables, tuple(FEATURE_COLUMNS))


def run(officers: int, years: int, seed: int) -> dict[str, Any]:
    """The figures: by table, how many features stay empty, and by outcome the precision with and without it."""
    simulated = simulate(officers, years, seed, END)
    tables = {name: with_superseded_on(catalog().table(name), frame)
              for name, frame in simulated.items() if name in catalog().tables}  # fmt: skip
    days = tuple(date(year, 1, 1) for year in range(END.year - years + 1, TEST.year))
    force = Force(tables, days)
    whole = force.rows()
    with_all = {outcome: chances(whole, force, outcome) for outcome in policy().served_outcomes}
    told = {}
    for name in sorted(READ & set(tables)):
        less = force.rows(name)
        empty = [
            column
            for column in whole.columns
            if less.frame[column].isna().all() and not whole.frame[column].isna().all()
        ]
        changed = any(not less.frame[column].equals(whole.frame[column]) for column in whole.columns)
        told[name] = {"features": len(empty), "outcomes": _losses(name, with_all, less, force) if changed else {}}
    return {"officers": officers, "years": years, "seed": seed, "test": TEST.isoformat(), "tables": told}


def _losses(name: str, with_all: Mapping[str, Any], less: RiskRows, force: Force) -> dict[str, Any]:
    told = {}
    for outcome, (officers, y, scores) in with_all.items():
        if name in policy().outcome(outcome).needs_tables or y.sum() < LEAST_EVENTS:
            continue
        both = {"with": scores, "without": chances(less, force, outcome)[2]}
        drawn = OfficerDraws(officers, DRAWS).each(partial(weighted_precisions, y, both))
        exact = (average_precision(y, both["with"]), average_precision(y, both["without"]))
        loss = difference(exact, (drawn["with"], drawn["without"]))
        told[outcome] = {
            "ap": exact[0],
            "ap_without": exact[1],
            "low": loss.low,
            "high": loss.high,
            "events": int(y.sum()),
        }
    return told


def chances(rows: RiskRows, force: Force, outcome: str) -> tuple[list[str], Numbers, Numbers]:
    """Who was tested, what happened to them, (n,), and the chances that trees of the years before give, (n,)."""
    learned, y = _asked(rows, Question(outcome, HORIZON, TEST), force.days)
    tested, y_test = _asked(rows, Question(outcome, HORIZON, None), (TEST,))
    design = Design.of(learned, rows.columns, least=20)
    trees = Boosted(seed=0).fit(design.matrix(learned), y, design.names)
    return tested["officer_id"].astype(str).tolist(), y_test, trees.predict(design.matrix(tested))


def _asked(rows: RiskRows, question: Question, days: Sequence[date]) -> tuple[pd.DataFrame, Numbers]:
    """The rows of those exposed at these days, and their labels."""
    frame = rows.at(days)
    frame = frame[exposed(rows.tables, frame, question)].reset_index(drop=True)
    return frame, labels(rows.tables, frame, question)


def main() -> None:
    """Run, and keep what was seen."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--officers", type=int, default=1000)
    asked.add_argument("--years", type=int, default=6)
    asked.add_argument("--seed", type=int, default=23)
    asked.add_argument("--out", type=Path, required=True)
    words = asked.parse_args()
    keep(words.out, run(words.officers, words.years, words.seed))


if __name__ == "__main__":
    main()
