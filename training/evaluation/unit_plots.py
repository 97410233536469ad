"""Units as people see them: what was expected of each, with its interval, beside what came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from data_contracts.vocabulary import Bilingual
from models.base import Numbers
from training.evaluation.plots import blank_figure, legend_below

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WORDS: Mapping[str, tuple[str, str]] = {
    "units": ("单位（按预期比例排列）", "units, by expected share"),
    "share": ("民警比例", "share of officers"),
    "expected": ("预期及 95% 区间", "expected, 95 % interval"),
    "seen": ("实际", "what came"),
    "before": ("上一期", "last period"),
}


@dataclass(frozen=True)
class UnitsShown:
    """Units of one as-of: expected share with its interval, what came, the last period's share; (units,) each."""

    share: Numbers
    low: Numbers
    high: Numbers
    seen: Numbers
    before: Numbers

    @property
    def covered(self) -> float:
        """The part of units whose share lay inside the interval; NaN without units."""
        return float(np.mean((self.seen >= self.low) & (self.seen <= self.high))) if len(self.seen) else float("nan")


def units_figure(title: str | Bilingual, days: Mapping[str, UnitsShown]) -> Figure:
    """A row for each as-of: units by expected share, with interval, last period's share and what came."""
    with blank_figure(title, 10, 3.2 * max(1, len(days)) + 0.6) as (figure, chinese):
        for axes, (day, shown) in zip(np.atleast_1d(figure.subplots(max(1, len(days)))), days.items(), strict=False):
            order = np.argsort(shown.share, kind="stable")
            place, half = np.arange(len(order)), (shown.share - shown.low, shown.high - shown.share)
            errors = np.maximum(np.stack([half[0][order], half[1][order]]), 0.0)
            axes.errorbar(place, shown.share[order], yerr=errors, fmt="_", color="tab:blue", elinewidth=3, alpha=0.45,
                          label=_word("expected", chinese))  # fmt: skip
            axes.plot(place, shown.before[order], ".", color="grey", markersize=4, label=_word("before", chinese))
            axes.plot(place, shown.seen[order], "o", color="black", markersize=4, label=_word("seen", chinese))
            axes.set_title(day, fontsize=9, loc="left")
            axes.set_ylim(bottom=0)
            axes.set_xticks([])
            axes.margins(x=0.03)
            axes.set_xlabel(_word("units", chinese))
            axes.set_ylabel(_word("share", chinese))
        legend_below(figure, *figure.axes[:1])
    return figure


def _word(name: str, chinese: bool) -> str:
    return WORDS[name][0 if chinese else 1]
