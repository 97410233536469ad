"""Curves that people read: precision and recall, and said against seen. Chinese labels where a font has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_curve

from models.base import Numbers
from training.evaluation.risk_metrics import calibration_bins

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CHINESE_FONTS = ("Noto Sans CJK SC", "Noto Sans CJK JP", "Source Han Sans SC", "WenQuanYi Micro Hei")
WORDS: Mapping[str, tuple[str, str]] = {
    "recall": ("召回率", "recall"),
    "precision": ("精确率", "precision"),
    "said": ("预测概率", "predicted chance"),
    "seen": ("实际比例", "share that came true"),
    "ideal": ("理想", "ideal"),
}


def chinese_font() -> str | None:
    """The first installed font with Chinese characters, or None."""
    from matplotlib import font_manager

    installed = {font.name for font in font_manager.fontManager.ttflist}
    return next((name for name in CHINESE_FONTS if name in installed), None)


def risk_figure(title: str, y: Numbers, scores: Mapping[str, Numbers], chances: Numbers) -> Figure:
    """Precision-recall of each model's scores (n,) beside the calibration of one model's chances (n,).

    Made without pyplot, so that nothing global is kept and no display is needed.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    font = chinese_font()
    with rc_context({"font.family": [font, "DejaVu Sans"] if font else ["DejaVu Sans"]}):
        figure = Figure(figsize=(10, 4.2), layout="constrained")
        left, right = figure.subplots(1, 2)
        figure.suptitle(title)
        _precision_recall(left, y, scores, font is not None)
        _calibration(right, y, chances, font is not None)
    return figure


def _precision_recall(axes: Axes, y: Numbers, scores: Mapping[str, Numbers], chinese: bool) -> None:
    if y.sum() > 0:
        for name, score in scores.items():
            precision, recall, _ = precision_recall_curve(y, score)
            axes.step(recall, precision, where="post", label=name, linewidth=1.2)
        axes.axhline(float(y.mean()), color="grey", linewidth=0.8, linestyle=":")
        axes.legend(fontsize=8)
    axes.set_xlabel(_word("recall", chinese))
    axes.set_ylabel(_word("precision", chinese))


def _calibration(axes: Axes, y: Numbers, chances: Numbers, chinese: bool) -> None:
    said, seen, size = calibration_bins(y, chances)
    half: NDArray[np.float64] = 1.96 * np.sqrt(np.maximum(seen * (1 - seen), 0.0) / size)
    top = float(max(said.max(), (seen + half).max(), 1e-3)) * 1.05
    axes.plot([0, top], [0, top], color="grey", linewidth=0.8, linestyle=":", label=_word("ideal", chinese))
    axes.errorbar(said, seen, yerr=half, fmt="o", markersize=4, capsize=2, label="pharos")
    axes.set_xlabel(_word("said", chinese))
    axes.set_ylabel(_word("seen", chinese))
    axes.legend(fontsize=8)


def _word(name: str, chinese: bool) -> str:
    return WORDS[name][0 if chinese else 1]
