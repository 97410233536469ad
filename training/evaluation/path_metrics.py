"""What a path backtest measures, one value a case, and the concordance of times to the next move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.base import Numbers
from models.paths.finding import FoundPaths, Path
from models.posts.histories import Array
from training.evaluation.bootstrap import OfficerDraws

MEANS = ("path_hit_at_5", "step_hr_at_5", "interval_coverage")
BLOCK = 512


def case_metrics(found: FoundPaths, paths: Sequence[Path], months: Array) -> dict[str, Array]:
    """(n,) each: path_hit_at_5, step_hr_at_5, absolute_time_error_months, interval_coverage.

    A hit is the true path among the first five, step by step. step_hr_at_5 is the share of the true path's steps that
    one of the five has at the same place. Without any path: no hit, and NaN for the time and its interval.

    >>> one = FoundPaths([[(1, 2), (2,)]], np.array([6.0]), np.array([3.0]), np.array([9.0]))
    >>> {name: values.tolist() for name, values in case_metrics(one, [(1, 3)], np.array([8.0])).items()}
    {'path_hit_at_5': [0.0], 'step_hr_at_5': [0.5], 'absolute_time_error_months': [2.0], 'interval_coverage': [1.0]}
    """
    known = ~np.isnan(found.months)
    inside = (months >= found.low) & (months <= found.high)
    return {
        "path_hit_at_5": np.array([float(true in five[:5]) for true, five in zip(paths, found.paths, strict=True)]),
        "step_hr_at_5": np.array([_steps(true, five[:5]) for true, five in zip(paths, found.paths, strict=True)]),
        "absolute_time_error_months": np.abs(found.months - months),
        "interval_coverage": np.where(known, inside.astype(float), np.nan),
    }


def path_record(values: Mapping[str, Array]) -> dict[str, float | None]:
    """The record of the protocol: means, and the median of the time error; None where nothing is known."""
    means = {name: _mean(values[name]) for name in MEANS}
    errors = values["absolute_time_error_months"]
    errors = errors[~np.isnan(errors)]
    median = float(np.median(errors)) if len(errors) else None
    return {**{name: means[name] for name in MEANS[:2]}, "median_absolute_time_error_months": median,
            "interval_coverage": means["interval_coverage"]}  # fmt: skip


@dataclass(frozen=True)
class Concordance:
    """Harrell's C in parts by officer: concordant and comparable pairs of each, (n,); ties count half."""

    concordant: Numbers
    comparable: Numbers

    @property
    def value(self) -> float:
        """The C-index, NaN without a comparable pair."""
        total = float(self.comparable.sum())
        return float(self.concordant.sum()) / total if total else float("nan")

    def drawn(self, draws: OfficerDraws) -> Numbers:
        """(draws,) the index of each draw to first order: pairs weighed by the draw of one of the two officers."""
        parts = [
            times.astype(float) @ self.concordant / (times.astype(float) @ self.comparable) for times in draws.blocks()
        ]
        return np.concatenate(parts)


def concordance(months: Array, seen: Array, risk: Array) -> Concordance:
    """Pairs in which one moved before the other's last known day: concordant where the first had the higher risk.

    months, risk: (n,); seen (n,) whether the move was seen (Harrell, Lee and Mark 1996).

    >>> concordance(np.array([1.0, 2.0, 3.0]), np.array([True, True, False]), np.array([3.0, 1.0, 2.0])).value
    0.6666666666666666
    """
    order = np.lexsort((~seen, months))
    time, event, score = months[order], seen[order], risk[order]
    concordant, comparable = np.zeros(len(time)), np.zeros(len(time))
    for start in range(0, len(time), BLOCK):
        rows = np.arange(start, min(start + BLOCK, len(time)))
        sooner, equal = time[rows, None] < time[None, :], time[rows, None] == time[None, :]
        pairs = event[rows, None] & (sooner | (equal & ~event[None, :]))
        won = pairs * (np.where(score[rows, None] > score, 1.0, 0.0) + 0.5 * (score[rows, None] == score))
        comparable[rows] += pairs.sum(1)
        comparable += pairs.sum(0)
        concordant[rows] += won.sum(1)
        concordant += won.sum(0)
    back = np.empty(len(order), dtype=np.int64)
    back[order] = np.arange(len(order))
    return Concordance(concordant[back], comparable[back])


def _steps(true: Path, five: Sequence[Path]) -> float:
    met = [any(place < len(path) and path[place] == post for path in five) for place, post in enumerate(true)]
    return sum(met) / len(met)


def _mean(values: Array) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else None
