"""Pictures of the risk report: precision by alert budget, calibration by as-of, event rates by grade."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from data_contracts.vocabulary import Bilingual, Grade
from models.base import Numbers
from training.evaluation.grade_rates import GradeRates
from training.evaluation.names import method_named
from training.evaluation.plots import blank_figure, in_words, legend_below
from training.evaluation.risk_metrics import calibration_bins, precision_at

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BUDGETS = np.round(np.arange(0.005, 0.2001, 0.005), 4)  # shares of the officers
FIRST = "#c8553d"
WORDS: Mapping[str, tuple[str, str]] = {
    "budget": ("预警名额（占民警比例，%）", "alert budget, % of officers"),
    "precision": ("精确率", "precision"),
    "base": ("总体发生率", "base rate"),
    "said": ("预测概率", "predicted chance"),
    "seen": ("实际比例", "share that came true"),
    "ideal": ("理想", "ideal"),
    "learned": ("训练行数", "rows learned from"),
    "quality": ("平均精确率", "average precision"),
    "rate": ("发生率及 95% 区间", "event rate, 95 % interval"),
}


def budget_figure(title: str | Bilingual, y: Numbers, scores: Mapping[str, Numbers], leader: str) -> Figure:
    """Precision among the highest scores (n,) of each model, by how many may be flagged; the leader is drawn thick."""
    with blank_figure(title, 8) as (figure, chinese):
        axes = figure.subplots()
        for name, score in scores.items():
            precision = [precision_at(y, score, float(share)) for share in BUDGETS]
            style = {"color": "black", "linewidth": 2.4, "zorder": 3} if name == leader else {"linewidth": 1.1}
            axes.plot(100 * BUDGETS, precision, label=in_words(method_named(name), chinese), **style)
        axes.axhline(float(y.mean()), color="grey", linewidth=0.8, linestyle=":", label=_word("base", chinese))
        axes.set_xlabel(_word("budget", chinese))
        axes.set_ylabel(_word("precision", chinese))
        axes.set_ylim(bottom=0)
        legend_below(figure, axes)
    return figure


def calibrations_figure(title: str | Bilingual, days: Mapping[str, tuple[Numbers, Numbers]]) -> Figure:
    """What came (n,) and what was said (n,) at each as-of, side by side on one scale, ten bins each."""
    with blank_figure(title, 3.4 * len(days) + 0.8, 4.0) as (figure, chinese):
        panels = np.atleast_1d(figure.subplots(1, len(days), sharex=True, sharey=True))
        for axes, (day, (y, chances)) in zip(panels, days.items(), strict=True):
            said, seen, size = calibration_bins(y, chances)
            half: Numbers = 1.96 * np.sqrt(np.maximum(seen * (1 - seen), 0.0) / size)
            top = float(max(said.max(), seen.max(), 1e-3)) * 1.1
            axes.plot([0, top], [0, top], color="grey", linewidth=0.8, linestyle=":", label=_word("ideal", chinese))
            axes.errorbar(
                said,
                seen,
                yerr=[np.minimum(half, seen), half],
                fmt="o",
                markersize=4,
                capsize=2,
                color=FIRST,
                label="pharos",
            )
            axes.set_title(day, fontsize=9)
            axes.set_xlabel(_word("said", chinese))
        panels[0].set_ylabel(_word("seen", chinese))
        panels[0].set_ylim(bottom=0)
        legend_below(figure, *panels)
    return figure


def grades_figure(title: str | Bilingual, days: Mapping[str, GradeRates]) -> Figure:
    """Event rate of each grade, worst first, at each as-of."""
    with blank_figure(title, 8) as (figure, chinese):
        axes = figure.subplots()
        width = 0.8 / max(1, len(days))
        for number, (day, rates) in enumerate(days.items()):
            found = [rates[grade] for grade in Grade]
            low, rate, high = (np.nan_to_num([getattr(one, name) for one in found]) for name in ("low", "rate", "high"))
            places = np.arange(len(found)) + (number - (len(days) - 1) / 2) * width
            axes.bar(places, rate, width=0.9 * width, yerr=[rate - low, high - rate], capsize=2, label=day)
        names = [grade.zh if chinese else grade.en for grade in Grade]
        axes.set_xticks(np.arange(len(names)), names)
        axes.set_ylabel(_word("rate", chinese))
        legend_below(figure, axes)
    return figure


def learning_figure(curves: Mapping[Bilingual, Sequence[tuple[int, float]]]) -> Figure:
    """Average precision by the rows learned from, a panel each, for outcomes differ more than shares; rows on a log
    scale."""
    with blank_figure("", 3.1 * len(curves) + 0.9, 3.4) as (figure, chinese):
        panels = np.atleast_1d(figure.subplots(1, len(curves)))
        for axes, (name, spots) in zip(panels, curves.items(), strict=True):
            rows, quality = (np.array(part, dtype=np.float64) for part in zip(*spots, strict=True))
            axes.plot(rows, quality, marker="o", markersize=4, linewidth=1.2, color=FIRST)
            axes.set_xscale("log")
            axes.set_xticks(rows, [f"{number:,.0f}" for number in rows], fontsize=7, rotation=30)
            axes.minorticks_off()
            known = quality[np.isfinite(quality)]
            if len(known):
                axes.set_ylim(0.8 * known.min(), 1.1 * known.max())
            axes.set_title(in_words(name, chinese), fontsize=9)
            axes.set_xlabel(_word("learned", chinese))
        panels[0].set_ylabel(_word("quality", chinese))
    return figure


def _word(name: str, chinese: bool) -> str:
    return WORDS[name][0 if chinese else 1]
