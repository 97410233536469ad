"""Pictures of a model card: said against seen, precision by alert budget, and groups with their intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import numpy as np

from data_contracts.gating import GroupLimits, ListLimits
from data_contracts.vocabulary import Bilingual
from models.base import Numbers
from models.groups import attributes_of, group_named, group_order
from training.evaluation.exposure import QUALITY, Gap
from training.evaluation.fairness import Group, Measured, Verdict
from training.evaluation.names import kind_named, method_named
from training.evaluation.plots import blank_figure, chinese_font, drawn_calibration, in_words, legend_below
from training.gate.lines import Status

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Shade = Verdict | Literal["suspect", "unexplained"]
Judgement = tuple[Measured, Shade]
BUDGETS = np.array([0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2])
SUSPECT: Literal["suspect"] = "suspect"
UNEXPLAINED: Literal["unexplained"] = "unexplained"  # only of lists
COLOURS: Mapping[Shade, str] = {
    Verdict.PASS: "#2c7a4b",
    Verdict.INCONCLUSIVE: "#8a8a8a",
    SUSPECT: "#d9822b",
    UNEXPLAINED: "#7a5c99",
    Verdict.FAIL: "#b3261e",
}
RATIO_TICKS = (0.2, 0.5, 0.8, 1.0, 1.25, 2.0, 5.0)  # what is further out leaves the picture, not the table
NOTHING = ("事件太少，未测", "too few events")
VERDICTS: Mapping[Shade, tuple[str, str]] = {
    Verdict.PASS: ("通过", "pass"),
    Verdict.INCONCLUSIVE: ("无法判定", "inconclusive"),
    SUSPECT: ("† 无法判定，但单看该组会判不通过", "† inconclusive, but its own interval would fail it"),
    UNEXPLAINED: ("须书面说明：通常的差距同样大", "to be explained: the usual gap is as wide"),
    Verdict.FAIL: ("不通过", "fail"),
}
WORDS = {
    "budget": ("预警预算（占民警比例）", "alert budget (share of officers)"),
    "precision": ("精确率", "precision"),
    "ratio": ("预测与实际发生数之比", "predicted over observed events"),
    "quality": ("{measure} 与其余民警之差", "{measure} less that of the rest"),
    "exposure": ("曝光份额之差最大的一类", "share of exposure: the kind with the largest gap"),
    "gap": ("检出率与其余民警之差", "true-positive rate less that of the rest"),
}


def outcome_figure(
    title: str | Bilingual,
    y: Numbers,
    chances: Numbers,
    spent: Mapping[str, Sequence[Numbers]],
    *,
    english: bool = False,
) -> Figure:
    """Calibration of the chances (n,) beside precision by budget; `spent` has flags (n,) by model and budget."""
    with blank_figure(title, 10, english=english) as (figure, chinese):
        left, right = figure.subplots(1, 2)
        drawn_calibration(left, y, chances, chinese)
        for name, flags in spent.items():
            precisions = [float(flag @ y / flag.sum()) if flag.sum() > 0 else np.nan for flag in flags]
            right.plot(
                BUDGETS,
                precisions,
                marker="o",
                markersize=3,
                linewidth=1.2,
                label=in_words(method_named(name), chinese),
            )
        right.axhline(float(y.mean()), color="grey", linewidth=0.8, linestyle=":")
        right.set_xlabel(WORDS["budget"][not chinese])
        right.set_ylabel(WORDS["precision"][not chinese])
        legend_below(figure, left, right)
    return figure


def groups_figure(
    title: str | Bilingual, groups: Sequence[Group], limits: GroupLimits, *, english: bool = False
) -> Figure:
    """Every group's two measures with intervals, the allowed band shaded: by attribute, then by value as people count.

    A line parts one attribute from the next; what the colours mean stands below.
    """
    shown = sorted(groups, key=lambda group: group_order(group.name))
    with blank_figure(title, 11, 2.2 + 0.22 * len(shown), english=english) as (figure, chinese):
        left, right = figure.subplots(1, 2, sharey=True)
        ratios = [(group.predicted_ratio, _shade(group.calibration_verdict(limits), group.suspect_ratio(limits)))
                  for group in shown]  # fmt: skip
        gaps = [(group.true_positive_gap, _shade(group.gap_verdict(limits), group.suspect_gap(limits)))
                for group in shown]  # fmt: skip
        nothing = NOTHING[not chinese]
        _forest(left, ratios, (limits.ratio_low, 1.0, limits.ratio_high), nothing)
        left.set_xscale("log")
        left.set_xlim(RATIO_TICKS[0], RATIO_TICKS[-1])
        left.set_xticks(RATIO_TICKS, [f"{tick:g}" for tick in RATIO_TICKS])
        left.minorticks_off()
        _forest(right, gaps, (-limits.gap_at_most, 0.0, limits.gap_at_most), nothing)
        names = [drawable(in_words(group_named(group.name), chinese)) for group in shown]
        named_rows((left, right), names, [group.name for group in shown])
        left.set_xlabel(WORDS["ratio"][not chinese])
        right.set_xlabel(WORDS["gap"][not chinese])
        _verdicts(figure, [shade for shade in COLOURS if shade != UNEXPLAINED], chinese)
    return figure


def gaps_figure(
    title: str | Bilingual, groups: Sequence[Sequence[Gap]], limits: ListLimits, lists: str, *, english: bool = False
) -> Figure:
    """Of each group the gap in quality and the largest gap in exposure, the allowed bands shaded; gaps by group.
    `lists` is the recommender, by which kinds are named."""
    shown = sorted(groups, key=lambda gaps: group_order(gaps[0].group))
    with blank_figure(title, 11, 2.2 + 0.22 * len(shown), english=english) as (figure, chinese):
        left, right = figure.subplots(1, 2, sharey=True)
        quality = [gap for gaps in shown for gap in gaps if gap.measure in QUALITY]
        exposed = [max(kinds, key=lambda gap: abs(gap.measured.value)) for gaps in shown
                   if (kinds := [gap for gap in gaps if gap.measure not in QUALITY])]  # fmt: skip
        bands = limits.quality_gap_at_most, limits.exposure_gap_at_most
        for axes, some, band in ((left, quality, bands[0]), (right, exposed, bands[1])):
            rows = [(gap.measured, _gap_shade(gap, limits)) for gap in some]
            _forest(axes, rows, (-band, 0.0, band), NOTHING[not chinese])
        for place, gap in enumerate(exposed):
            right.annotate(
                drawable(in_words(kind_named(gap.measure, lists), chinese)),
                (1.01, place),
                xycoords=("axes fraction", "data"),
                fontsize=6,
            )
        names = [drawable(in_words(group_named(gaps[0].group), chinese)) for gaps in shown]
        named_rows((left, right), names, [gaps[0].group for gaps in shown])
        left.set_xlabel(WORDS["quality"][not chinese].format(measure=QUALITY[quality[0].measure]))
        right.set_xlabel(WORDS["exposure"][not chinese])
        _verdicts(figure, list(COLOURS), chinese)
    return figure


def _gap_shade(gap: Gap, limits: ListLimits) -> Shade:
    """As the gate says of it: where the usual gap is as wide, a fail waits for a justification and is none."""
    if gap.suspect(limits):
        return SUSPECT
    status, band = gap.status(limits), gap.band(limits)
    return UNEXPLAINED if status is Status.UNEXPLAINED else gap.measured.verdict(-band, band, 0.0)


def _shade(verdict: Verdict, suspect: bool) -> Shade:
    return SUSPECT if suspect and verdict is Verdict.INCONCLUSIVE else verdict


def named_rows(both: Sequence[Axes], names: Sequence[str], groups: Sequence[str]) -> None:
    """The names of the rows, first on top, and a line where another attribute begins."""
    both[0].set_yticks(range(len(names)), names, fontsize=8)
    both[0].set_ylim(len(names) - 0.5, -0.5)
    for place in _edges(groups):
        for axes in both:
            axes.axhline(place, color="#b0b8c1", linewidth=0.6)


def _edges(names: Sequence[str]) -> list[float]:
    """Between which rows another attribute begins."""
    kinds = [attributes_of(name) for name in names]
    return [place + 0.5 for place, (one, other) in enumerate(pairwise(kinds)) if one != other]


def _verdicts(figure: Figure, shades: Sequence[Shade], chinese: bool) -> None:
    from matplotlib.lines import Line2D

    marks = [
        Line2D([], [], color=colour, marker="o", markersize=3, linewidth=1)
        for colour in map(COLOURS.__getitem__, shades)
    ]
    names = [VERDICTS[verdict][not chinese] for verdict in shades]
    figure.legend(marks, names, loc="outside lower center", ncols=len(names), fontsize=8, frameon=False)


def _forest(axes: Axes, rows: Sequence[Judgement], band: tuple[float, float, float], nothing: str) -> None:
    low, equal, high = band
    axes.axvspan(low, high, color="#dbe9f4", zorder=0)
    axes.axvline(equal, color="grey", linewidth=0.8, linestyle=":")
    figures = np.array([(one.value, one.low, one.high) for one, _ in rows]).reshape(-1, 3)
    told = np.isfinite(figures).all(1)
    for shade in dict.fromkeys(shade for _, shade in rows):  # one drawing a colour: a card has hundreds of rows
        places = np.array([place for place, (_, own) in enumerate(rows) if own == shade and told[place]], np.intp)
        if len(places):
            value, least, most = figures[places].T
            axes.errorbar(value, places, xerr=[value - least, most - value], fmt="o", markersize=3, capsize=2,
                          linewidth=1, color=COLOURS[shade])  # fmt: skip
    for place in np.flatnonzero(~told):
        axes.text(equal, float(place), nothing, ha="center", va="center", fontsize=7, color="grey")


def drawable(name: str) -> str:
    """The name, or as much of it as can be drawn where no font has Chinese characters."""
    return name if chinese_font() else name.encode("ascii", "replace").decode()
