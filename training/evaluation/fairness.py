"""Does a chance mean the same for every group? Calibration, alerts and misses by group, with intervals and verdicts.

Intervals are analytic and count officers, not rows: an officer judged at two as-ofs is one witness.

- Predicted over observed: Garwood's exact limits of a Poisson count (1936), on the effective number of events: the
  inverse of the linearised (infinitesimal jackknife) variance of the log ratio over officers, to which a label that
  is a chance adds y(1-y).
- Difference of two shares: Newcombe's square-and-add interval (1998) on Clopper and Pearson's exact limits (1934); on
  Wilson's, 6 % of fair forces of 5,000 a group were refused where 5 % were meant to be. Each share rests on the
  smallest of three numbers: of events, Kish's of officers, and the one that the linearised variance is worth (who is
  flagged twice tends to be who has two events, which Kish's does not know).
- Ratio of two shares: Katz's log interval (1978) on the same numbers.

A bootstrap over officers agrees with these where events are many. Where they are few it fails at the very place a gate
must hold: a group without a flagged event has no spread in any draw, and would be condemned for sure on three officers.

To pass, every group must pass, so each may be asked at 95 %: a model that is wrong for one group passes there in at
most 5 % of cases (intersection-union, Berger 1982). To fail, one is enough, and dozens are asked, so the interval that
convicts is widened until all of them hold together at 95 % (Bonferroni). Else chance alone would refuse most fair
models of a small force; `experiments/backtests/gate_power.py` shows both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.gating import GroupLimits
from models.base import Numbers
from training.evaluation.groups import Cells, cells_of
from training.evaluation.intervals import (
    Bounds,
    Share,
    count_ratio,
    share_difference,
    share_of,
    share_ratio,
)

Way = Callable[[Share, Share, float], Bounds]
MEASURES = 2  # of each group that can refuse a model: predicted over observed, and the gap in true positives


class Verdict(StrEnum):
    """What is known of a group; `inconclusive` is not a pass."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True)
class Judged:
    """What was said and what came, pooled over later as-ofs; all (n,); `y` and `flagged` lie in [0, 1]."""

    officers: NDArray[Any]
    y: Numbers
    chances: Numbers
    flagged: Numbers


@dataclass(frozen=True)
class Measured:
    """A figure, its 95 % interval, and the wide one that holds for all groups at once; NaN where undefined."""

    value: float
    low: float
    high: float
    wide_low: float
    wide_high: float

    def verdict(self, low: float, high: float, equal: float) -> Verdict:
        """Pass inside the band; fail where equality is excluded and the figure itself lies outside the band.

        >>> Measured(1.5, 1.3, 1.7, 1.2, 1.9).verdict(0.8, 1.25, 1.0).value
        'fail'
        >>> Measured(1.5, 0.9, 2.6, 0.7, 3.1).verdict(0.8, 1.25, 1.0).value
        'inconclusive'
        """
        if self.low >= low and self.high <= high:
            return Verdict.PASS
        return Verdict.FAIL if self._off(self.wide_low, self.wide_high, low, high, equal) else Verdict.INCONCLUSIVE

    def suspect(self, low: float, high: float, equal: float) -> bool:
        """Whether the plain 95 % interval, had only this group been asked, would have failed it."""
        return self._off(self.low, self.high, low, high, equal)

    def _off(self, least: float, most: float, low: float, high: float, equal: float) -> bool:
        outside = self.value < low or self.value > high
        return outside and (least > equal or most < equal)


@dataclass(frozen=True)
class Group:
    """One group: who, how many, and the four measures."""

    name: str
    officers: int
    rows: int
    positives: float
    predicted_ratio: Measured
    true_positive_gap: Measured
    flag_ratio: Measured
    false_positive_ratio: Measured

    def calibration_verdict(self, limits: GroupLimits) -> Verdict:
        """Of predicted over observed events."""
        return self.predicted_ratio.verdict(limits.ratio_low, limits.ratio_high, 1.0)

    def gap_verdict(self, limits: GroupLimits) -> Verdict:
        """Of the share of later events that was flagged, less that of everybody else."""
        return self.true_positive_gap.verdict(-limits.gap_at_most, limits.gap_at_most, 0.0)

    def suspect(self, limits: GroupLimits) -> bool:
        """Whether plain 95 % intervals, had only this group been asked, would have failed it: told, not decided by."""
        return self.suspect_ratio(limits) or self.suspect_gap(limits)

    def suspect_ratio(self, limits: GroupLimits) -> bool:
        """The same of predicted over observed events."""
        return self.predicted_ratio.suspect(limits.ratio_low, limits.ratio_high, 1.0)

    def suspect_gap(self, limits: GroupLimits) -> bool:
        """The same of the gap in true positives."""
        return self.true_positive_gap.suspect(-limits.gap_at_most, limits.gap_at_most, 0.0)


@dataclass(frozen=True)
class Fairness:
    """Every group of every partition, and those too small to be judged."""

    groups: tuple[Group, ...]
    excused: tuple[str, ...]


def fairness(judged: Judged, audit: pd.DataFrame, limits: GroupLimits, outcomes: int = 1) -> Fairness:
    """All attributes and their pairs. `audit` has one text column an attribute, rows as in `judged`, null: unknown.

    `outcomes` is how many tables like this one decide together; the interval that convicts is wide enough for all.
    """
    officers = pd.factorize(judged.officers)[0]
    partitions = [cells_of(audit, names, officers, limits.least_share)
                  for names in limits.partitions if set(names) <= set(audit)]  # fmt: skip
    several = [cells for cells, _ in partitions if len(cells.names) > 1]
    number = MEASURES * outcomes * sum(len(cells.names) for cells in several)
    errors = 1.0 - limits.confidence, (1.0 - limits.confidence) / max(1, number)
    groups = [group for cells in several for group in measure(judged, cells, errors)]
    return Fairness(tuple(groups), tuple(name for _, excused in partitions for name in excused))


def measure(judged: Judged, cells: Cells, errors: tuple[float, float]) -> list[Group]:
    """The four measures of every group; `errors` of the interval of one group alone and of all together."""
    ones = np.ones(len(judged.y))
    ratio = _predicted_ratio(judged, cells, errors)
    gap = _compared(judged.y, judged.flagged, cells, errors, share_difference)
    flags = _compared(ones, judged.flagged, cells, errors, share_ratio)
    alarms = _compared(1.0 - judged.y, judged.flagged, cells, errors, share_ratio)
    rows, positives = cells.sums(ones), cells.sums(judged.y)
    return [
        Group(name, int(cells.officers[n]), int(rows[n]), float(positives[n]), ratio[n], gap[n], flags[n], alarms[n])
        for n, name in enumerate(cells.names)
    ]


def _predicted_ratio(judged: Judged, cells: Cells, errors: tuple[float, float]) -> list[Measured]:
    predicted, observed = cells.sums(judged.chances), cells.sums(judged.y)
    per_p, per_o = (np.divide(1.0, total, out=np.zeros_like(total), where=total > 0) for total in (predicted, observed))
    influence = judged.chances * cells.spread(per_p) - judged.y * cells.spread(per_o)
    doubt = cells.sums(judged.y * (1.0 - judged.y)) * per_o**2
    variance = cells.products(influence, influence) + doubt
    # without any spread (all had the event, all were told the same) the count itself is what there is to go by
    events = np.divide(1.0, variance, out=observed.copy(), where=(observed > 0) & (variance > 0))
    return _measured(*(count_ratio(predicted, observed, events, error) for error in errors))


def _compared(weight: Numbers, flagged: Numbers, cells: Cells, errors: tuple[float, float], way: Way) -> list[Measured]:
    """Of `weight` (n,) the share that was flagged, inside each group against outside of it."""
    hit = weight * flagged
    total, hits = cells.sums(weight), cells.sums(hit)
    pairs = ((hit, hit), (hit, weight), (weight, weight))
    inside = share_of(hits, total, *(cells.products(*pair) for pair in pairs))
    outside = share_of(hit.sum() - hits, weight.sum() - total, *(cells.products_of_rest(*pair) for pair in pairs))
    return _measured(*(way(inside, outside, error) for error in errors))


def _measured(alone: Bounds, together: Bounds) -> list[Measured]:
    columns = alone.value, alone.low, alone.high, together.low, together.high
    return [Measured(*map(float, row)) for row in zip(*columns, strict=True)]
