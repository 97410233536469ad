"""Pictures of the drift watch: what moved, what was said then and now, calibration then and now, rates over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from models.base import Numbers
from training.evaluation.plots import blank_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Bins = Sequence[tuple[float, float, int]]  # mean chance, share seen, officers
MOST_BARS = 15
THEN, NOW = "#8aa4c8", "#c8553d"
LEVELS = (THEN, "#e0a63a", NOW)
WORDS: Mapping[str, tuple[str, str]] = {
    "times": ("PSI 与平常上限之比", "PSI over what is usual at most"),
    "usual": ("平常上限", "usual at most"),
    "then": ("训练时", "at training"),
    "now": ("现在", "now"),
    "chance": ("预测概率不超过", "chance up to"),
    "share": ("民警比例", "share of officers"),
    "said": ("预测概率", "predicted chance"),
    "seen": ("实际比例", "share that came true"),
    "ideal": ("理想", "ideal"),
    "mean": ("平均预测", "mean predicted"),
    "came": ("实际发生", "observed"),
    "night": ("预测日期", "day of the prediction"),
}


def drifting_figure(title: str, moved: Mapping[str, tuple[float, int]]) -> Figure:
    """The features that moved most: PSI over what is usual for each, and its level (0 quiet, 1 warning, 2 alert)."""
    most = sorted(moved.items(), key=lambda item: (-item[1][1], -item[1][0]))[:MOST_BARS][::-1]
    with blank_figure(title, 9, 1.6 + 0.3 * len(most)) as (figure, chinese):
        axes = figure.subplots()
        axes.barh([name for name, _ in most], [times for _, (times, _) in most],
                  color=[LEVELS[level] for _, (_, level) in most])  # fmt: skip
        axes.axvline(1.0, color="grey", linewidth=1, linestyle="--", label=_word("usual", chinese))
        axes.set_xlabel(_word("times", chinese))
        axes.tick_params(axis="y", labelsize=8)
        axes.legend(fontsize=8)
    return figure


def said_figure(title: str, edges: Sequence[float], then: Sequence[float], now: Sequence[float]) -> Figure:
    """Shares of officers by height of chance, over the bins of training."""
    with blank_figure(title, 7) as (figure, chinese):
        axes = figure.subplots()
        places = np.arange(len(then))
        for name, counts, shift, colour in (("then", then, -0.2, THEN), ("now", now, 0.2, NOW)):
            shares = np.array(counts) / max(1.0, float(np.sum(counts)))
            axes.bar(places + shift, shares, width=0.4, color=colour, label=_word(name, chinese))
        axes.set_xticks(places, [*(f"{edge:.3g}" for edge in edges), "1"], rotation=45, fontsize=8)
        axes.set_xlabel(_word("chance", chinese))
        axes.set_ylabel(_word("share", chinese))
        axes.legend(fontsize=8)
    return figure


def calibration_figure(title: str, then: Bins, now: Bins) -> Figure:
    """Said against seen, at training and now."""
    with blank_figure(title, 6) as (figure, chinese):
        axes = figure.subplots()
        for name, bins, colour in (("then", then, THEN), ("now", now, NOW)):
            if bins:
                _points(axes, bins, colour, _word(name, chinese))
        top = max((max(said, seen) for said, seen, _ in (*then, *now)), default=0.1) * 1.1
        axes.plot([0, top], [0, top], color="grey", linewidth=0.8, linestyle=":", label=_word("ideal", chinese))
        axes.set_xlabel(_word("said", chinese))
        axes.set_ylabel(_word("seen", chinese))
        axes.legend(fontsize=8)
    return figure


def rates_figure(title: str, days: Sequence[date], predicted: Sequence[float], observed: Sequence[float]) -> Figure:
    """Mean chance said at each night and what came of it."""
    with blank_figure(title, 7) as (figure, chinese):
        axes = figure.subplots()
        labels = [day.isoformat() for day in days]
        axes.plot(labels, predicted, marker="o", color=THEN, label=_word("mean", chinese))
        axes.plot(labels, observed, marker="s", color=NOW, label=_word("came", chinese))
        axes.set_ylim(0, 1.2 * max([*predicted, *observed, 1e-6]))  # a single night must not lie on the frame
        axes.tick_params(axis="x", rotation=45, labelsize=8)
        axes.set_xlabel(_word("night", chinese))
        axes.legend(fontsize=8)
    return figure


def _points(axes: Axes, bins: Bins, colour: str, label: str) -> None:
    said, seen, size = (np.array(part, dtype=np.float64) for part in zip(*bins, strict=True))
    half: Numbers = 1.96 * np.sqrt(np.maximum(seen * (1 - seen), 0.0) / size)
    axes.errorbar(said, seen, yerr=half, fmt="o", markersize=4, capsize=2, color=colour, label=label)


def _word(name: str, chinese: bool) -> str:
    return WORDS[name][0 if chinese else 1]
