"""Pictures of a model card: said against seen, precision by alert budget, and groups with their intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from data_contracts.gating import GroupLimits
from models.base import Numbers
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
