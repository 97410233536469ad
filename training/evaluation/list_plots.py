"""Pictures of a recommender's card: its lists beside those of its peers, by stratum, and over the windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from data_contracts.vocabulary import Bilingual
from training.evaluation.list_quality import ListQuality, Mean
from training.evaluation.names import recommender_named, stratum_named
from training.evaluation.plots import blank_figure, in_words, legend_below

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = ("#1f5fa8", "#8a8a8a", "#d9822b", "#5b8c5a", "#7a5c99")
WORDS = {
    "peers": Bilingual("与各对照方法相比", "beside its peers"),
    "strata": Bilingual("按情形", "by stratum"),
    "windows": Bilingual("按时段", "over the windows"),
}


def quality_figure(title: str | Bilingual, measure: str, found: ListQuality, *, english: bool = False) -> Figure:
    """Means with 95 % intervals; own lists first and in the first colour. Panels without anything are left out."""
    panels = ["peers", *(name for name in ("strata", "windows") if len(getattr(found, name)) > 1)]
    with blank_figure(title, 4.2 * len(panels) + 0.6, 4.4, english=english) as (figure, chinese):
        for axes, name in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
            axes.set_title(in_words(WORDS[name], chinese), fontsize=10)
            axes.set_ylabel(measure)
            if name == "peers":
                _peers(axes, found.models, chinese)
            elif name == "strata":
                _strata(axes, found.strata, chinese)
            else:
                _windows(axes, found.windows, chinese)
            axes.set_ylim(bottom=0)
            axes.margins(x=0.08)
        legend_below(figure, *figure.axes[1:])
    return figure


def _peers(axes: Axes, models: Mapping[str, Mean], chinese: bool) -> None:
    for place, mean in enumerate(models.values()):
        _point(axes, place, mean, COLOURS[place % len(COLOURS)])
    names = [in_words(recommender_named(name), chinese) for name in models]
    axes.set_xticks(range(len(names)), [_broken(name) for name in names], fontsize=8)


def _strata(axes: Axes, strata: Mapping[str, Mapping[str, Mean]], chinese: bool) -> None:
    _beside(axes, list(strata.values()), chinese)
    names = [f"{in_words(stratum_named(name), chinese)}\nn={_rows(found):,}" for name, found in strata.items()]
    axes.set_xticks(range(len(names)), names, fontsize=8)


def _windows(axes: Axes, windows: Mapping[str, Mapping[str, Mean]], chinese: bool) -> None:
    _beside(axes, list(windows.values()), chinese)
    axes.set_xticks(range(len(windows)), [name[:7] for name in windows], fontsize=7, rotation=45)


def _beside(axes: Axes, found: Sequence[Mapping[str, Mean]], chinese: bool) -> None:
    """Models side by side at each place, an errorbar each."""
    names = list(found[0])
    for number, name in enumerate(names):
        shift = 0.5 * (number - (len(names) - 1) / 2) / len(names)
        colour, label = COLOURS[number % len(COLOURS)], in_words(recommender_named(name), chinese)
        for place, means in enumerate(found):
            _point(axes, place + shift, means[name], colour, label if place == 0 else None)


def _point(axes: Axes, place: float, mean: Mean, colour: str, label: str | None = None) -> None:
    known = np.isfinite([mean.low, mean.high]).all()
    error = [[mean.value - mean.low], [mean.high - mean.value]] if known else None
    axes.errorbar([place], [mean.value], yerr=error, fmt="o", markersize=4, capsize=3, linewidth=1.2, color=colour,
                  label=label)  # fmt: skip


def _rows(found: Mapping[str, Mean]) -> int:
    return next(iter(found.values())).rows


def _broken(name: str) -> str:
    """A long name over two lines, so that neighbours do not touch."""
    return name.replace(" ", "\n", 1) if len(name) > 10 else name
