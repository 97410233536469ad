"""What an alert that a limit is near was worth on the days a version is judged by, for its card.

A night follows who was near for as long as policy looks ahead and tells it in each alert (`serving/risk/flagging.py`).
Training has days a year apart and no night: it tells how many would have been alerted, and to how many the outcome
itself came, beside the others of the same grades.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data_contracts.decisions import GradePolicy
from data_contracts.policy import policy
from models.risk.evidence import Pooled
from models.risk.flags import LEAST_FOLLOWED, near_a_limit
from models.risk.grade_rate import GradeRate
from models.risk.grades import cut_offs, limits


@dataclass(frozen=True)
class AlertWorth:
    """Rows judged, and how often the outcome came to who was `near` a limit and to the `others` of those grades.

    `most` were near on one day: fewer than LEAST_FOLLOWED, and no night will tell what came of them.
    """

    rows: int
    near: GradeRate
    others: GradeRate
    most: int

    @property
    def ever_measured(self) -> bool:
        """Whether as many were near on a day as a night needs to tell how many crossed."""
        return self.most >= LEAST_FOLLOWED


def alert_worth(rows: Pooled, outcome: str, rules: GradePolicy) -> AlertWorth:
    """Each day is a force of its own, graded as a night would grade it; `outcome` is its name on records.

    >>> day, many = np.datetime64("2024-01-01"), 1000
    >>> chances = np.linspace(0.001, 0.2, many)
    >>> rows = Pooled(np.full(many, day), np.arange(many), (np.arange(many) % 10 == 0) * 1.0, chances, chances)
    >>> worth = alert_worth(rows, "conduct", policy().grades)
    >>> worth.rows, worth.near.n, round(worth.near.rate, 2), worth.most, worth.ever_measured
    (1000, 50, 0.08, 50, True)
    """
    asked = next((str(rule.name), months) for rule in policy().outcomes for months in rule.horizons_months
                 if rule.name_at(months) == outcome)  # fmt: skip
    near, within = np.zeros(len(rows.y), dtype=bool), np.zeros(len(rows.y), dtype=bool)
    for day in np.unique(rows.days):
        of_day = rows.days == day
        chances = rows.chances[of_day]
        least = limits(cut_offs(chances, rules), rules, *asked)
        near[of_day] = near_a_limit(chances, least, rules)
        within[of_day] = (chances >= least["good"]) & (chances < least["poor"])
    most = max((int(near[rows.days == day].sum()) for day in np.unique(rows.days)), default=0)
    return AlertWorth(len(rows.y), _rate(rows, near), _rate(rows, within & ~near), most)


def _rate(rows: Pooled, some: np.ndarray) -> GradeRate:
    return GradeRate.of(float(rows.y[some].sum()), int(some.sum()))
