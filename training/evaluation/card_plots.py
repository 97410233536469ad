"""Pictures of a model card: said against seen, precision by alert budget, and groups with their intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from data_contracts.gating import GroupLimits, ListLimits
from models.base import Numbers
from training.evaluation.exposure import QUALITY, Gap
from training.evaluation.fairness import Group, Measured, Verdict
from training.evaluation.groups import PAIR
from training.evaluation.plots import blank_figure, drawn_calibration

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BUDGETS = np.array([0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2])
COLOURS = {Verdict.PASS: "#2c7a4b", Verdict.INCONCLUSIVE: "#8a8a8a", Verdict.FAIL: "#b3261e"}
RATIO_TICKS = (0.2, 0.5, 0.8, 1.0, 1.25, 2.0, 5.0)  # what is further out leaves the picture, not the table
MOST_GROUPS = 40  # in one picture; the table of the card has them all
WORDS = {
    "budget": ("预警预算（占民警比例）", "alert budget (share of officers)"),
    "precision": ("精确率", "precision"),
    "ratio": ("预测与实际发生数之比", "predicted over observed events"),
    "quality": ("{measure} 与其余民警之差", "{measure} less that of the rest"),
    "exposure": ("曝光份额之差最大的一类", "share of exposure: the kind with the largest gap"),
    "gap": ("检出率与其余民警之差", "true-positive rate less that of the rest"),
}


def outcome_figure(title: str, y: Numbers, chances: Numbers, spent: Mapping[str, Sequence[Numbers]]) -> Figure:
    """Calibration of the chances (n,) beside precision by budget; `spent` has flags (n,) by model and budget."""
    with blank_figure(title, 10) as (figure, chinese):
        left, right = figure.subplots(1, 2)
        drawn_calibration(left, y, chances, chinese)
        for name, flags in spent.items():
            precisions = [float(flag @ y / flag.sum()) if flag.sum() > 0 else np.nan for flag in flags]
            right.plot(BUDGETS, precisions, marker="o", markersize=3, linewidth=1.2, label=name)
        right.axhline(float(y.mean()), color="grey", linewidth=0.8, linestyle=":")
        right.set_xlabel(WORDS["budget"][not chinese])
        right.set_ylabel(WORDS["precision"][not chinese])
        right.legend(fontsize=8)
    return figure


def groups_figure(title: str, groups: Sequence[Group], limits: GroupLimits) -> Figure:
    """Each group's two measures with intervals, the allowed band shaded; what fails first, then single attributes."""
    shown = sorted(groups, key=lambda group: (not _fails(group, limits), PAIR in group.name))[:MOST_GROUPS]
    with blank_figure(title, 11, 1.8 + 0.22 * len(shown)) as (figure, chinese):
        left, right = figure.subplots(1, 2, sharey=True)
        ratios = [(group.predicted_ratio, group.calibration_verdict(limits)) for group in shown]
        gaps = [(group.true_positive_gap, group.gap_verdict(limits)) for group in shown]
        _forest(left, ratios, (limits.ratio_low, 1.0, limits.ratio_high))
        left.set_xscale("log")
        left.set_xlim(RATIO_TICKS[0], RATIO_TICKS[-1])
        left.set_xticks(RATIO_TICKS, [f"{tick:g}" for tick in RATIO_TICKS])
        left.minorticks_off()
        _forest(right, gaps, (-limits.gap_at_most, 0.0, limits.gap_at_most))
        left.set_yticks(range(len(shown)), [_drawable(group.name, chinese) for group in shown], fontsize=7)
        left.invert_yaxis()
        left.set_xlabel(WORDS["ratio"][not chinese])
        right.set_xlabel(WORDS["gap"][not chinese])
    return figure


def gaps_figure(title: str, groups: Sequence[Sequence[Gap]], limits: ListLimits) -> Figure:
    """Of each group the gap in quality and the largest gap in exposure, the allowed bands shaded; gaps by group."""
    shown = sorted(groups, key=lambda gaps: PAIR in gaps[0].group)[:MOST_GROUPS]
    with blank_figure(title, 11, 1.8 + 0.22 * len(shown)) as (figure, chinese):
        left, right = figure.subplots(1, 2, sharey=True)
        quality = [gap for gaps in shown for gap in gaps if gap.measure in QUALITY]
        exposed = [max(kinds, key=lambda gap: abs(gap.measured.value)) for gaps in shown
                   if (kinds := [gap for gap in gaps if gap.measure not in QUALITY])]  # fmt: skip
        bands = limits.quality_gap_at_most, limits.exposure_gap_at_most
        for axes, some, band in ((left, quality, bands[0]), (right, exposed, bands[1])):
            rows = [(gap.measured, gap.measured.verdict(-band, band, 0.0)) for gap in some]
            _forest(axes, rows, (-band, 0.0, band))
        for place, gap in enumerate(exposed):
            right.annotate(
                _drawable(gap.measure, chinese), (1.01, place), xycoords=("axes fraction", "data"), fontsize=6
            )
        left.set_yticks(range(len(shown)), [_drawable(gaps[0].group, chinese) for gaps in shown], fontsize=7)
        left.invert_yaxis()
        left.set_xlabel(WORDS["quality"][not chinese].format(measure=QUALITY[quality[0].measure]))
        right.set_xlabel(WORDS["exposure"][not chinese])
    return figure


def _forest(axes: Axes, rows: Sequence[tuple[Measured, Verdict]], band: tuple[float, float, float]) -> None:
    low, equal, high = band
    axes.axvspan(low, high, color="#dbe9f4", zorder=0)
    axes.axvline(equal, color="grey", linewidth=0.8, linestyle=":")
    for place, (measured, verdict) in enumerate(rows):
        values = np.array([measured.value, measured.low, measured.high])
        if np.isfinite(values).all():
            value, least, most = values
            axes.errorbar(value, place, xerr=[[value - least], [most - value]], fmt="o", markersize=3, capsize=2,
                          linewidth=1, color=COLOURS[verdict])  # fmt: skip


def _fails(group: Group, limits: GroupLimits) -> bool:
    return Verdict.FAIL in (group.calibration_verdict(limits), group.gap_verdict(limits))


def _drawable(name: str, chinese: bool) -> str:
    """The name, or as much of it as can be drawn where no font has Chinese characters."""
    return name if chinese else name.encode("ascii", "replace").decode()
