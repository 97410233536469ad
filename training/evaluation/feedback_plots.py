"""The feedback loop as people see it: places by how they are looked at, items by appeal, rankings by worth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from training.evaluation.off_policy import Estimate
from training.evaluation.plots import blank_figure, legend_below
from training.feedback.examination import Examination

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_ITEMS = 12
WORDS: Mapping[str, tuple[str, str]] = {
    "place": ("位置", "place"),
    "looked": ("相对第一位的查看率", "looked at, first place 1"),
    "curve": ("曲线及 95% 区间", "curve, 95 % interval"),
    "found": ("采用值", "as used"),
    "appeal": ("受欢迎程度（1 为平均）及 90% 区间", "appeal, 1 is average, 90 % interval"),
    "worth": ("每次答复的价值及 95% 区间", "worth of an answer, 95 % interval"),
}


def feedback_figure(title: str, looked: Examination, lines: pd.DataFrame, worths: Mapping[str, Estimate]) -> Figure:
    """Places, the most and the least liked items (lines of `appeal.appeals`), and worths by name of the ranking."""
    with blank_figure(title, 14) as (figure, chinese):
        left, middle, right = figure.subplots(1, 3)
        _places(left, looked, chinese)
        legend_below(figure, left)
        shown = lines if len(lines) <= MOST_ITEMS else pd.concat([lines[: MOST_ITEMS // 2], lines[-MOST_ITEMS // 2 :]])
        shown = shown.iloc[::-1]
        _bars(middle, shown["item"].astype(str).tolist(), shown[["appeal", "low", "high"]].to_numpy(float))
        middle.axvline(1.0, color="grey", linewidth=0.8, linestyle=":")
        middle.set_xlabel(_word("appeal", chinese))
        rows = np.array([[one.value, one.low, one.high] for one in worths.values()]).reshape(-1, 3)
        _bars(right, list(worths), rows)
        right.set_xlabel(_word("worth", chinese))
    return figure


def _places(axes: Axes, looked: Examination, chinese: bool) -> None:
    places = np.arange(1, len(looked.chance) + 1, dtype=float)
    axes.fill_between(places, places**-looked.high, places ** -max(looked.low, 0.0), alpha=0.25)
    axes.plot(places, places**-looked.fall, label=_word("curve", chinese))
    axes.plot(places, looked.chance, "o", color="black", markersize=4, label=_word("found", chinese))
    axes.set_xticks(places)
    axes.set_ylim(0, 1.05)
    axes.set_xlabel(_word("place", chinese))
    axes.set_ylabel(_word("looked", chinese))


def _bars(axes: Axes, names: list[str], rows: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> None:
    """A point with its interval for each name; `rows` (names, 3) are value, low, high."""
    place = np.arange(len(names))
    errors = np.maximum(np.stack([rows[:, 0] - rows[:, 1], rows[:, 2] - rows[:, 0]]), 0.0)
    axes.errorbar(rows[:, 0], place, xerr=errors, fmt="o", markersize=4, capsize=2)
    axes.set_yticks(place, names, fontsize=8)


def _word(name: str, chinese: bool) -> str:
    return WORDS[name][0 if chinese else 1]
