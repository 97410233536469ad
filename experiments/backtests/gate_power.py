"""Does the gate refuse what is unfair and let fair models be? Asked of many simulated forces whose truth is known.

Each force has `people` officers in each of four groups, sexes and ages at random, a true chance for every officer
(mean `rate`, ROC AUC about 0.75), events drawn from it, and two as-ofs an officer. Said are the true chances: fair.
Then those of one group times `INFLATED`: unfair. A seed counts as failed when any group (or pair) of the fair force
fails, and as caught when the group that was inflated does.

`python -m experiments.backtests.gate_power --seeds 200` is the long form (minutes); the short one runs with the tests.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from data_contracts.policy import policy
from models.base import Numbers
from models.risk.grades import by_shares
from training.evaluation.fairness import Fairness, Judged, Verdict, fairness

INFLATED = 1.5
GROUPS = ("a", "b", "c", "d")
RATES = (0.05, 0.1)
PEOPLE = 5000  # of each group, as the promise is worded
FEW = 750  # of each group: the force of the demo
AS_OFS = 2
SPREAD = 1.1  # standard deviation of the true log-odds


@dataclass(frozen=True)
class Setting:
    """A kind of force: how many of each group, and how often the event comes."""

    people: int
    rate: float


@dataclass(frozen=True)
class Power:
    """Shares of seeds: a fair model refused (and how many would be by 95 % intervals of single groups), an unfair one
    caught; and the share of a fair force's groups that pass."""

    setting: Setting
    seeds: int
    fair_failed: float
    fair_failed_alone: float
    caught: float
    fair_passed: float


def power(setting: Setting, seeds: int) -> Power:
    """The gate's verdicts over seeds 0 .. seeds - 1."""
    found = np.array([_one(setting, seed) for seed in range(seeds)], dtype=np.float64)
    return Power(setting, seeds, *found.mean(axis=0).tolist())


def _one(setting: Setting, seed: int) -> tuple[bool, bool, bool, float]:
    fair, audit = force(setting, seed)
    unfair = _flagged(replace(fair, chances=_inflated(fair, audit)))
    limits = policy().gate.groups
    found, other = (fairness(judged, audit, limits) for judged in (_flagged(fair), unfair))
    worst = next(group for group in other.groups if group.name == f"ethnicity={GROUPS[-1]}")
    passed = [Verdict.PASS in both and len(both) == 1 for both in _verdicts(found)]
    failed = any(Verdict.FAIL in both for both in _verdicts(found))
    return failed, _failed_alone(found), worst.calibration_verdict(limits) is Verdict.FAIL, float(np.mean(passed))


def force(setting: Setting, seed: int) -> tuple[Judged, pd.DataFrame]:
    """True chances and events of a force (nobody flagged yet), and its audit table; rows are officers x as-ofs."""
    rng = np.random.default_rng([seed, setting.people, round(setting.rate * 1000)])
    officers = setting.people * len(GROUPS)
    log_odds = rng.normal(0.0, SPREAD, officers)
    chances = 1.0 / (1.0 + np.exp(-log_odds - _level(log_odds, setting.rate)))
    rows = np.tile(np.arange(officers), AS_OFS)
    y = (rng.random(len(rows)) < chances[rows]).astype(np.float64)
    sexes, ages = np.array(["female", "male"]), np.array(["20-29", "30-39", "40-49", "50-59"])
    audit = pd.DataFrame({
        "ethnicity": np.repeat(GROUPS, setting.people), "sex": sexes[(rng.random(officers) < 0.8).astype(int)],
        "age_band": ages[rng.integers(0, len(ages), officers)],
    }).iloc[rows]  # fmt: skip
    return Judged(rows, y, chances[rows], np.zeros(len(rows))), audit.reset_index(drop=True)


def _level(log_odds: Numbers, rate: float) -> float:
    """The shift at which the mean chance is `rate`, by halving."""
    low, high = -12.0, 12.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if (1 / (1 + np.exp(-log_odds - middle))).mean() < rate else (low, middle)
    return low


def _inflated(judged: Judged, audit: pd.DataFrame) -> Numbers:
    wrong = (audit["ethnicity"] == GROUPS[-1]).to_numpy()
    return np.where(wrong, np.minimum(judged.chances * INFLATED, 1.0), judged.chances)


def _flagged(judged: Judged) -> Judged:
    """With the alert budget spent at each as-of."""
    parts = np.split(judged.chances, AS_OFS)
    flagged = [by_shares(part, policy().grades.shares) == "poor" for part in parts]
    return replace(judged, flagged=np.concatenate(flagged).astype(np.float64))


def _verdicts(found: Fairness) -> list[set[Verdict]]:
    limits = policy().gate.groups
    return [{group.calibration_verdict(limits), group.gap_verdict(limits)} for group in found.groups]


def _failed_alone(found: Fairness) -> bool:
    limits = policy().gate.groups
    return any(group.suspect(limits) for group in found.groups)


def as_table(powers: Sequence[Power]) -> Table:
    """What people read."""
    table = Table(title=f"the gate on {powers[0].seeds} seeds; one group's chances times {INFLATED}")
    for name in ("a group", "rate", "caught", "fair refused", "by 95 % alone", "fair groups passed"):
        table.add_column(name, justify="right")
    for one in powers:
        shares = (one.caught, one.fair_failed, one.fair_failed_alone, one.fair_passed)
        table.add_row(f"{one.setting.people:,}", f"{one.setting.rate:g}", *(f"{share:.1%}" for share in shares))
    return table


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; exit status 1 when the promise at 5,000 officers a group does not hold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=200)
    seeds, started = parser.parse_args(arguments).seeds, time.perf_counter()
    powers = [power(Setting(people, rate), seeds) for people in (PEOPLE, FEW) for rate in RATES]
    console = Console()
    console.print(as_table(powers))
    console.print(f"{time.perf_counter() - started:.0f} s", highlight=False)
    return 0 if all(one.caught >= 0.95 and one.fair_failed <= 0.05 for one in powers[: len(RATES)]) else 1


if __name__ == "__main__":
    sys.exit(main())
