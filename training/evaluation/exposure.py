"""Are suggestions as good, and of the same kinds, for every group? NDCG and exposure gaps with intervals.

Exposure follows Singh and Joachims (KDD 2018): an item shown at place r has 1 / log2(1 + r) of an officer's attention;
the exposure of a kind (a job family, the competency of courses) is its share of that. A gap is the mean inside a group
less that of everybody else. Groups come from protected attributes, which no ranking ever reads. Intervals draw
officers; the one that convicts holds for all groups and measures together (Bonferroni, on Student's quantiles with the
officers of the smaller side), as in `fairness.py`.

Groups that went different ways are shown different ways under any honest model, as flag rates differ where true rates
do; and careers of one group may be harder to foresee for anyone. So a gap is held against the usual one: of exposure,
the gap in the ways really taken; of quality, that of a plain peer on the same rows. Where the usual gap lies to the
same side and the lists go no further beyond it than the limit, a gap is not a fail but must be explained in writing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import t as student

from data_contracts.gating import GroupLimits, ListLimits
from data_contracts.vocabulary import Bilingual
from models.base import Numbers
from training.evaluation.bootstrap import OfficerDraws
from training.evaluation.fairness import Measured, Verdict
from training.evaluation.groups import Cells, cells_of
from training.evaluation.names import kind_named
from training.gate.group_lines import STATUS
from training.gate.lines import Line, Status

NDCG = "ndcg_at_10"
QUALITY: Mapping[str, str] = {NDCG: "NDCG@10", "ndcg_at_5": "NDCG@5"}


@dataclass(frozen=True)
class Gap:
    """One measure of one group: the difference to everybody else, and the `usual` one, NaN where there is none."""

    group: str
    measure: str
    officers: int
    measured: Measured
    usual: float = float("nan")

    def check(self, name: str) -> str:
        """The exact name of its check."""
        return f"{name}.{self.group}.{self.measure.replace('.', '_')}_gap"

    def band(self, limits: ListLimits) -> float:
        """How far it may lie from equality."""
        return limits.quality_gap_at_most if self.measure in QUALITY else limits.exposure_gap_at_most

    def suspect(self, limits: ListLimits) -> bool:
        """Whether its plain 95 % interval, had only this gap been asked, would have failed it: told, not decided by."""
        band = self.band(limits)
        off = self.measured.suspect(-band, band, 0.0) and self._beyond_usual() > band
        return off and self.status(limits) is Status.INCONCLUSIVE

    def status(self, limits: ListLimits) -> Status:
        """Pass inside the band; surely outside a fail, or unexplained where it goes no further than the usual one."""
        band = self.band(limits)
        verdict = self.measured.verdict(-band, band, 0.0)
        if verdict is Verdict.FAIL and self._beyond_usual() <= band:
            return Status.UNEXPLAINED
        return STATUS[verdict]

    def _beyond_usual(self) -> float:
        """How much further the lists go than usual, on the same side."""
        same_side = max(0.0, float(np.sign(self.measured.value)) * np.nan_to_num(self.usual))
        return abs(self.measured.value) - float(same_side)


@dataclass(frozen=True)
class Gaps:
    """Every gap of every group, and the groups too small to be judged."""

    gaps: tuple[Gap, ...]
    excused: tuple[str, ...] = ()


def exposure_shares(kinds: NDArray[Any], names: Sequence[str]) -> dict[str, Numbers]:
    """(n,) by kind: its share of the exposure of the items shown, which items of no kind have a part of too.

    kinds: (n, k) number of the kind of each item, best first, minus 1 for none.

    >>> shares = exposure_shares(np.array([[0, 1]]), ["patrol", "legal"])
    >>> round(float(shares["patrol"][0]), 3), round(float(shares["legal"][0]), 3)
    (0.613, 0.387)
    """
    attention = 1.0 / np.log2(2.0 + np.arange(kinds.shape[1]))
    return {name: ((kinds == code) * attention).sum(1) / attention.sum() for code, name in enumerate(names)}


def exposure_gaps(
    officers: NDArray[Any],
    values: Mapping[str, Numbers],
    audit: pd.DataFrame,
    limits: GroupLimits,
    seed: int,
    usual: Mapping[str, Numbers] | None = None,
) -> Gaps:
    """The gap of every measure for every group of every attribute and pair; none where nobody can be compared.

    values: (n,) by measure; audit: one text column an attribute, rows as in `values`, null where unknown; usual: (n,)
    by measure, what its gaps are held against.
    """
    codes = pd.factorize(officers)[0]
    partitions = [cells_of(audit, names, codes, limits.least_share)
                  for names in limits.partitions if set(names) <= set(audit)]  # fmt: skip
    several = [cells for cells, _ in partitions if len(cells.names) > 1]
    number = len(values) * sum(len(cells.names) for cells in several)
    draws = OfficerDraws([str(one) for one in officers], seed=seed)
    error = 1.0 - limits.confidence
    shown, held = ([_Sums.of(some, cells, draws.place) for cells in several] for some in (values, usual or {}))
    drawn: list[list[Numbers]] = [[] for _ in several]
    for times in draws.of_officers():
        for sums, parts in zip(shown, drawn, strict=True):
            parts.append(sums.gaps(times))
    errors = error, error / max(1, number)
    gaps = [
        gap
        for cells, sums, others, parts in zip(several, shown, held, drawn, strict=True)
        for gap in _of_cells(cells, _Compared(values, sums, np.concatenate(parts), others), errors)
    ]
    return Gaps(tuple(gaps), tuple(name for _, excused in partitions for name in excused))


def gap_lines(found: Sequence[Gap], limits: ListLimits, name: str = "next-post") -> list[Line]:
    """One line of the gate for each gap."""
    lines = []
    for gap in found:
        measured = gap.measured
        figures = (measured.value, measured.low, measured.high)
        words, must = _words(gap.measure, name), _must(gap.band(limits), gap.measure in QUALITY)
        line = Line(gap.check(name), name, gap.status(limits), words, must, *figures, group=gap.group)
        lines.append(replace(line, suspect=gap.suspect(limits)))
    return lines


def _words(measure: str, name: str) -> Bilingual:
    if measure in QUALITY:
        return Bilingual(f"{QUALITY[measure]} 与其余民警之差", f"{QUALITY[measure]} less that of the rest")
    kind = kind_named(measure, name)
    return Bilingual(f"“{kind.zh}”的曝光份额与其余民警之差", f"share of exposure of “{kind.en}” less that of the rest")


def _must(band: float, quality: bool) -> Bilingual:
    usual = ("简单模型的差距同样大", "a plain peer's gap is as wide") if quality else (
        "实际去向的差距同样大", "what was taken differs as much")  # fmt: skip
    return Bilingual(
        f"区间在 ±{band:g} 之内；{usual[0]}时可书面说明",
        f"within ±{band:g}, with its interval; or explained in writing where {usual[1]}",
    )


@dataclass(frozen=True)
class _Sums:
    """Rows and values summed by officer, so that a draw of officers is one product.

    count (officers, g), total (officers, m, g) over the rows inside each group; all_count (officers,), all_total
    (officers, m) over all rows; m measures by `names`.
    """

    names: tuple[str, ...]
    count: Numbers
    total: Numbers
    all_count: Numbers
    all_total: Numbers

    @classmethod
    def of(cls, values: Mapping[str, Numbers], cells: Cells, place: NDArray[np.intp]) -> _Sums:
        """place: (n,) the number of each row's officer."""
        groups, many = len(cells.names), int(place.max()) + 1
        key = place * (groups + 1) + cells.group  # the last group is that of rows in none

        def summed(weights: Numbers | None) -> Numbers:
            return np.bincount(key, weights, many * (groups + 1)).reshape(many, groups + 1).astype(np.float64)

        count = summed(None)
        total = np.stack([summed(value) for value in values.values()], 1) if values else np.zeros((many, 0, groups + 1))
        return cls(tuple(values), count[:, :-1], total[:, :, :-1], count.sum(1), total.sum(2))

    def gaps(self, times: NDArray[Any]) -> Numbers:
        """(draws, m, g) the mean inside each group less that outside; NaN where one is empty; times: (draws,
        officers)."""
        drawn = times.astype(np.float64)
        count, all_count = (drawn @ self.count)[:, None, :], (drawn @ self.all_count)[:, None, None]
        total = (drawn @ self.total.reshape(len(self.total), -1)).reshape(len(drawn), *self.total.shape[1:])
        others = all_count - count
        with np.errstate(divide="ignore", invalid="ignore"):
            gaps = total / count - ((drawn @ self.all_total)[:, :, None] - total) / others
        return np.asarray(np.where((count > 0) & (others > 0), gaps, np.nan))

    def exact(self) -> dict[str, Numbers]:
        """The gaps of everybody, each once, (g,) by measure."""
        return dict(zip(self.names, self.gaps(np.ones((1, len(self.all_count))))[0], strict=True))


@dataclass(frozen=True)
class _Compared:
    """What is compared: the values (n,) by measure, their sums, their gaps in every draw (draws, m, g), and the sums of
    what its gaps are held against."""

    values: Mapping[str, Numbers]
    shown: _Sums
    drawn: Numbers
    usual: _Sums


def _of_cells(cells: Cells, compared: _Compared, errors: tuple[float, float]) -> list[Gap]:
    exact, usual = compared.shown.exact(), compared.usual.exact()
    found, people = [], int(cells.officer.max()) + 1
    rows = np.bincount(cells.officer)
    spreads = {
        name: float((np.bincount(cells.officer, value) / rows).std()) for name, value in compared.values.items()
    }  # fmt: skip
    for place, group in enumerate(cells.names):
        sides = cells.officers[place], people - cells.officers[place]
        witnesses, scale = int(min(sides)), float(np.sqrt((1.0 / np.maximum(sides, 1)).sum()))
        for number, name in enumerate(compared.values):
            known = compared.drawn[:, number, place]
            known = known[~np.isnan(known)]
            value, spread = float(exact[name][place]), _Spread(spreads[name], witnesses, scale)
            figures = (value, *_alone(known, errors[0]), *_together(value, known, errors[1], spread))
            held = float(usual[name][place]) if name in usual else float("nan")
            found.append(Gap(group, name, int(cells.officers[place]), Measured(*figures), held))
    return found


def _alone(drawn: Numbers, error: float) -> tuple[float, float]:
    """The interval of one gap by itself: percentiles of the draws."""
    if not len(drawn):
        return np.nan, np.nan
    low, high = np.quantile(drawn, [error / 2, 1 - error / 2])
    return float(low), float(high)


@dataclass(frozen=True)
class _Spread:
    """What two equal groups would differ by: the spread between all officers, and how many there are on each side."""

    officers: float
    witnesses: int
    scale: float


def _together(value: float, drawn: Numbers, error: float, spread: _Spread) -> tuple[float, float]:
    """The one that holds for hundreds of gaps at once: Student's, on the spread of the draws or, if larger, on that of
    two equal groups.

    Percentiles cannot: a thousand draws end at their thousandth; and a dozen officers who happen to be alike have no
    spread in any draw.
    """
    if not len(drawn):
        return np.nan, np.nan
    error_of_gap = max(float(drawn.std()), spread.officers * spread.scale)
    far = float(student.ppf(1 - error / 2, max(1, spread.witnesses - 1))) * error_of_gap
    low, high = _alone(drawn, error)
    return min(value - far, low), max(value + far, high)
