"""Curves that people read: precision and recall, said against seen, hits by k. Chinese labels where a font has them."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_curve

from data_contracts.vocabulary import Bilingual
from models.base import Numbers
from training.evaluation.names import method_named
from training.evaluation.risk_metrics import both_ways, calibration_bins

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CHINESE_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
)
PROBE = "民"  # in every Chinese font, and in no other
LONGEST_LIST = 20  # recommendations; nobody reads further
WORDS: Mapping[str, tuple[str, str]] = {
    "recall": ("召回率", "recall"),
    "precision": ("精确率", "precision"),
    "said": ("预测概率", "predicted chance"),
    "seen": ("实际比例", "share that came true"),
    "ideal": ("理想", "ideal"),
    "places": ("推荐前 k 个岗位", "the first k posts"),
    "hits": ("命中率", "hit rate"),
}


@cache
def chinese_font() -> str | None:
    """The first installed font with Chinese characters, or None; one of those we know, else any that draws them."""
    from matplotlib import font_manager

    listed = {font.fname for font in font_manager.fontManager.ttflist}
    for file in font_manager.findSystemFonts():  # matplotlib keeps its list, and a font installed since is not on it
        if file not in listed:
            _add(file)
    installed = {font.name: font.fname for font in reversed(font_manager.fontManager.ttflist)}
    known = (name for name in CHINESE_FONTS if name in installed)
    return next(known, None) or next((name for name, file in sorted(installed.items()) if _draws_chinese(file)), None)


def _add(file: str) -> None:
    """Let matplotlib know of a font; one that it cannot read is passed over, as in its own list."""
    from matplotlib import font_manager

    try:
        font_manager.fontManager.addfont(file)
    except (OSError, RuntimeError):
        logging.getLogger("matplotlib.font_manager").debug("a font could not be read")


def _draws_chinese(file: str) -> bool:
    """Whether a font file has the probe; one that cannot be read has not.

    What matplotlib brings along does not count: its font of last resort has a box for every character.
    """
    from matplotlib import get_data_path
    from matplotlib.ft2font import FT2Font

    if file.startswith(get_data_path()):
        return False
    try:
        return bool(FT2Font(file).get_char_index(ord(PROBE)))
    except (OSError, RuntimeError):
        return False


@contextmanager
def blank_figure(
    title: str | Bilingual, width: float, height: float = 4.2, *, english: bool = False
) -> Iterator[tuple[Figure, bool]]:
    """A figure to draw on, and whether its words are Chinese: where a font has them and nobody asked for `english`.

    Made without pyplot, so that nothing global is kept and no display is needed.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    font = chinese_font()
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # a font of one weight only is no news
    with rc_context({"font.family": [font, "DejaVu Sans"] if font else ["DejaVu Sans"]}):
        figure = Figure(figsize=(width, height), layout="constrained")
        chinese = font is not None and not english
        figure.suptitle(in_words(title, chinese))
        yield figure, chinese


def risk_figure(title: str | Bilingual, y: Numbers, scores: Mapping[str, Numbers], chances: Numbers) -> Figure:
    """Precision-recall of each model's scores (n,) beside the calibration of one model's chances (n,).

    Labels `y` (n,) may be chances; hardened, the picture would say something else than the figures beside it.
    """
    with blank_figure(title, 10) as (figure, chinese):
        left, right = figure.subplots(1, 2)
        _precision_recall(left, y, scores, chinese)
        drawn_calibration(right, y, chances, chinese)
        legend_below(figure, left, right)
    return figure


def next_post_figure(title: str, places: Mapping[str, Numbers]) -> Figure:
    """Hit rate by k of each model; `places` (n,) say where the right post stood, 1 is best, infinite for a miss."""
    with blank_figure(title, 6) as (figure, chinese):
        axes = figure.subplots()
        first = np.arange(1, LONGEST_LIST + 1)
        for name, place in places.items():
            hits = (place[:, None] <= first).mean(axis=0)
            axes.plot(first, hits, marker="o", markersize=3, linewidth=1.2, label=name)
        axes.set_xticks([1, *range(5, LONGEST_LIST + 1, 5)])
        axes.set_ylim(bottom=0)
        axes.set_xlabel(_word("places", chinese))
        axes.set_ylabel(_word("hits", chinese))
        legend_below(figure, axes)
    return figure


def _precision_recall(axes: Axes, y: Numbers, scores: Mapping[str, Numbers], chinese: bool) -> None:
    if y.sum() > 0:
        for name, score in scores.items():
            truth, ranked, weight = both_ways(y, score)
            precision, recall, _ = precision_recall_curve(truth, ranked, sample_weight=weight)
            axes.step(recall, precision, where="post", label=in_words(method_named(name), chinese), linewidth=1.2)
        axes.axhline(float(y.mean()), color="grey", linewidth=0.8, linestyle=":")
    axes.set_xlabel(_word("recall", chinese))
    axes.set_ylabel(_word("precision", chinese))


def drawn_calibration(axes: Axes, y: Numbers, chances: Numbers, chinese: bool) -> None:
    """Said against seen in ten bins, each with the 95 % interval of its share."""
    said, seen, size = calibration_bins(y, chances)
    half: NDArray[np.float64] = 1.96 * np.sqrt(np.maximum(seen * (1 - seen), 0.0) / size)
    top = float(max(said.max(), (seen + half).max(), 1e-3)) * 1.05
    axes.plot([0, top], [0, top], color="grey", linewidth=0.8, linestyle=":", label=_word("ideal", chinese))
    axes.errorbar(said, seen, yerr=[np.minimum(half, seen), half], fmt="o", markersize=4, capsize=2, label="pharos")
    axes.set_xlabel(_word("said", chinese))
    axes.set_ylabel(_word("seen", chinese))


def legend_below(figure: Figure, *panels: Axes) -> None:
    """One legend under the panels, where it covers nothing; each name once."""
    named = {label: handle for axes in panels for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)}
    for columns in range(min(len(named), 5), 0, -1):  # fewer side by side where long names would leave the figure
        legend = figure.legend(list(named.values()), list(named), loc="outside lower center", ncols=columns,
                               fontsize=8, frameon=False)  # fmt: skip
        if columns == 1 or legend.get_window_extent().width <= figure.bbox.width:
            return
        legend.remove()


def in_words(text: str | Bilingual, chinese: bool) -> str:
    """A text as it can be drawn."""
    if isinstance(text, str):
        return text
    return text.zh if chinese else text.en


def _word(name: str, chinese: bool) -> str:
    return WORDS[name][0 if chinese else 1]
