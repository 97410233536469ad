"""The picture of a path model's test: how often each found the true path, and how far off the time was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from models.posts.histories import Array
from training.evaluation.plots import blank_figure, legend_below

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WORDS = {
    "steps": ("真实路径的步数", "steps of the true path"),
    "hits": ("真实路径在前五条之中的比例", "true path among the five best"),
    "months": ("到达时间误差（月）", "error of the time of arrival, months"),
    "share": ("误差不超过该值的比例", "share with at most this error"),
}
GROUPS = (("1", 1, 1), ("2", 2, 2), ("3+", 3, 10**6))


def paths_figure(title: str, values: Mapping[str, Mapping[str, Array]], lengths: Array) -> Figure:
    """Hits by the number of steps, and the cumulated error of the time; `values` as `case_metrics`, (n,) by model."""
    with blank_figure(title, 10) as (figure, chinese):
        left, right = figure.subplots(1, 2)
        _hits(left, values, lengths)
        for name, found in values.items():
            error = np.sort(found["absolute_time_error_months"][~np.isnan(found["absolute_time_error_months"])])
            right.step(error, np.arange(1, len(error) + 1) / max(len(error), 1), where="post", label=name)
        for axes, across, up in ((left, "steps", "hits"), (right, "months", "share")):
            axes.set_ylim(0, 1.02)
            axes.set_xlabel(WORDS[across][not chinese])
            axes.set_ylabel(WORDS[up][not chinese])
        legend_below(figure, left, right)
    return figure


def _hits(axes: Axes, values: Mapping[str, Mapping[str, Array]], lengths: Array) -> None:
    groups = [(name, (lengths >= low) & (lengths <= high)) for name, low, high in GROUPS]
    shown = [(f"{name}\n(n={rows.sum():,})", rows) for name, rows in groups if rows.any()]
    width = 0.8 / max(len(values), 1)
    for place, (name, found) in enumerate(values.items()):
        at = np.arange(len(shown)) + width * (place - (len(values) - 1) / 2)
        axes.bar(at, [found["path_hit_at_5"][rows].mean() for _, rows in shown], width, label=name)
    axes.set_xticks(range(len(shown)), [name for name, _ in shown])
