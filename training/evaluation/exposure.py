"""Are suggested posts as good, and of the same kinds, for every group? NDCG and exposure gaps with intervals.

Exposure follows Singh and Joachims (KDD 2018): a post shown at place r has 1 / log2(1 + r) of an officer's attention;
the exposure of a job family is its share of that. A gap is the mean inside a group less that of everybody else. Groups
come from protected attributes, which no ranking ever reads. Intervals draw officers; the one that convicts holds for
all groups and measures together (Bonferroni), as in `fairness.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.gating import GroupLimits
from data_contracts.vocabulary import Bilingual
from models.base import Numbers
from training.evaluation.bootstrap import OfficerDraws
from training.evaluation.fairness import Measured
from training.evaluation.groups import Cells, cells_of
from training.gate.group_lines import STATUS
from training.gate.lines import Line

NDCG = "ndcg_at_10"
WORDS: Mapping[str, Bilingual] = {
    "ndcg": Bilingual("NDCG@10 与其余民警之差", "NDCG@10 less that of the rest"),
    "exposure": Bilingual(
        "该职位类别的曝光份额与其余民警之差", "share of exposure of this job family less that of the rest"
    ),
}


@dataclass(frozen=True)
class Gap:
    """One measure of one group: the difference to everybody else."""

    group: str
    measure: str
    officers: int
    measured: Measured


def exposure_shares(best: NDArray[Any], families: NDArray[Any], names: Sequence[str]) -> dict[str, Numbers]:
    """(n,) by family: its share of the exposure of the posts shown, which a family without posts has none of.

    best: (n, k) numbers of posts, best first; families: (size,) number of each post's family, minus 1 for none.

    >>> shares = exposure_shares(np.array([[0, 1]]), np.array([0, 1]), ["patrol", "legal"])
    >>> round(float(shares["patrol"][0]), 3), round(float(shares["legal"][0]), 3)
    (0.613, 0.387)
    """
    attention = 1.0 / np.log2(2.0 + np.arange(best.shape[1]))
    shown = families[best]  # (n, k)
    return {name: ((shown == code) * attention).sum(1) / attention.sum() for code, name in enumerate(names)}


def exposure_gaps(
    officers: NDArray[Any], values: Mapping[str, Numbers], audit: pd.DataFrame, limits: GroupLimits, seed: int
) -> tuple[Gap, ...]:
    """The gap of every measure for every group of every attribute and pair; empty where nobody can be compared.

    values: (n,) by measure; audit: one text column an attribute, rows as in `values`, null where unknown.
    """
    codes = pd.factorize(officers)[0]
    partitions = [cells_of(audit, names, codes, limits.least_share)[0]
                  for names in limits.partitions if set(names) <= set(audit)]  # fmt: skip
    several = [cells for cells in partitions if len(cells.names) > 1]
    number = len(values) * sum(len(cells.names) for cells in several)
    draws = OfficerDraws([str(one) for one in officers], seed=seed)
    error = 1.0 - limits.confidence
    return tuple(gap for cells in several for gap in _of_cells(values, cells, draws, (error, error / max(1, number))))


def gap_lines(found: Sequence[Gap], limits: GroupLimits, name: str = "next-post") -> list[Line]:
    """One line of the gate for each gap: pass inside the band, fail for sure outside of it, else inconclusive."""
    band = limits.gap_at_most
    must = Bilingual(f"区间在 ±{band:g} 之内", f"within ±{band:g}, with its interval")
    lines = []
    for gap in found:
        verdict, measured = gap.measured.verdict(-band, band, 0.0), gap.measured
        words = WORDS["ndcg" if gap.measure == NDCG else "exposure"]
        check = f"{name}.{gap.group}.{gap.measure}_gap"
        figures = (measured.value, measured.low, measured.high)
        lines.append(Line(check, name, STATUS[verdict], words, must, *figures, group=gap.group))
    return lines


def _of_cells(
    values: Mapping[str, Numbers], cells: Cells, draws: OfficerDraws, errors: tuple[float, float]
) -> list[Gap]:
    inside = np.stack([cells.group == place for place in range(len(cells.names))]).astype(np.float64)  # (g, n)
    exact = {name: _gaps(np.ones((1, inside.shape[1])), inside, value)[0] for name, value in values.items()}
    drawn = draws.each(
        lambda times: {name: _gaps(times.astype(np.float64), inside, value) for name, value in values.items()}
    )
    found = []
    for place, group in enumerate(cells.names):
        for name in values:
            known = drawn[name][:, place]
            known = known[~np.isnan(known)]
            bounds = [
                np.quantile(known, [error / 2, 1 - error / 2]) if len(known) else (np.nan, np.nan) for error in errors
            ]
            figures = (float(exact[name][place]), *(float(limit) for pair in bounds for limit in pair))
            found.append(Gap(group, name, int(cells.officers[place]), Measured(*figures)))
    return found


def _gaps(times: Numbers, inside: Numbers, value: Numbers) -> Numbers:
    """(draws, groups) the mean inside each group less that outside, over the rows drawn; NaN where one is empty."""
    count, total = times @ inside.T, times @ (inside * value).T
    all_count, all_total = times.sum(1, keepdims=True), (times @ value)[:, None]
    others = all_count - count
    with np.errstate(divide="ignore", invalid="ignore"):
        gaps = total / count - (all_total - total) / others
    return np.asarray(np.where((count > 0) & (others > 0), gaps, np.nan))
