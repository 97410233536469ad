"""Short lists as a committee sees them: each group's share of a list over its share of those who could be listed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from data_contracts.gating import GroupLimits
from data_contracts.vocabulary import Bilingual
from models.groups import group_named, group_order
from models.talent.balance import ListBalance, State
from models.talent.balance_words import STATES
from training.evaluation.card_plots import drawable, named_rows
from training.evaluation.plots import blank_figure, in_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS: Mapping[State, str] = {"even": "#2c7a4b", "unclear": "#8a8a8a", "uneven": "#b3261e"}
TICKS = (0.2, 0.5, 1.0, 2.0, 5.0)  # what is further out leaves the picture, not the table
ACROSS, MOST_ACROSS = 3, 12.0
NONE_LISTED = Bilingual("名单上无人", "nobody listed")
RATIO = Bilingual("占名单的比例除以占可入选者的比例", "share of the list over share of those who could be listed")


def balance_figure(lists: Sequence[tuple[Bilingual, ListBalance]], limits: GroupLimits, *, english: bool) -> Figure:
    """A panel for each field: groups top to bottom with their intervals, the allowed band shaded."""
    groups = sorted({one.group for _, found in lists for one in found.groups}, key=group_order)
    rows = -(-len(lists) // ACROSS)
    title = Bilingual(f"人才名单的群体均衡情况：{RATIO.zh}", f"Balance of the short lists by group: {RATIO.en}")
    with blank_figure(title, MOST_ACROSS, rows * (1.4 + 0.24 * len(groups)) + 0.8, english=english) as (
        figure,
        chinese,
    ):
        panels = figure.subplots(rows, ACROSS, sharey=True, squeeze=False)
        for axes in panels.flat[len(lists) :]:
            axes.set_visible(False)
        for axes, (name, found) in zip(panels.flat, lists, strict=False):
            _panel(axes, found, groups, limits, chinese)
            axes.set_title(f"{in_words(name, chinese)} (n={found.listed})", fontsize=9, loc="left")
        names = [drawable(in_words(group_named(group), chinese)) for group in groups]
        for row in panels:
            named_rows(list(row), names, groups)
        _legend(figure, chinese)
    return figure


def _panel(axes: Axes, found: ListBalance, groups: Sequence[str], limits: GroupLimits, chinese: bool) -> None:
    axes.axvspan(limits.ratio_low, limits.ratio_high, color="#dbe9f4", zorder=0)
    axes.axvline(1.0, color="grey", linewidth=0.8, linestyle=":")
    axes.set_xscale("log")
    axes.set_xlim(TICKS[0], TICKS[-1])
    axes.set_xticks(TICKS, [f"{tick:g}" for tick in TICKS], fontsize=8)
    axes.minorticks_off()
    for one in found.groups:
        place = groups.index(one.group)
        if one.listed:
            span = np.array([[one.ratio - one.low], [one.high - one.ratio]])
            axes.errorbar(one.ratio, place, xerr=span, fmt="o", markersize=3, capsize=2, linewidth=1,
                          color=COLOURS[one.state])  # fmt: skip
        elif one.state != "nothing":  # nought cannot stand on a scale of ratios; its upper limit can
            axes.plot([TICKS[0], one.high], [place, place], color=COLOURS[one.state], linewidth=1)
            axes.text(
                TICKS[0] * 1.05, place - 0.18, in_words(NONE_LISTED, chinese), fontsize=6, color=COLOURS[one.state]
            )


def _legend(figure: Figure, chinese: bool) -> None:
    from matplotlib.lines import Line2D

    marks = [Line2D([], [], color=colour, marker="o", markersize=3, linewidth=1) for colour in COLOURS.values()]
    figure.legend(marks, [in_words(STATES[state], chinese) for state in COLOURS], loc="outside lower center",
                  ncols=len(marks), fontsize=8, frameon=False)  # fmt: skip
