"""One picture of the sorting of concerns: how right it is by how much of it is told, and by category."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from data_contracts.policy import policy
from models.concerns.text_model import TextModel, settled
from training.concerns.fit import Held, hits
from training.evaluation.plots import blank_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WORDS = {
    "told": ("作答比例", "share of texts told"),
    "right": ("首选正确率", "first answers right"),
    "in_force": ("现用界限", "where it speaks now"),
}


def concern_figure(title: str, model: TextModel, held: Held) -> Figure:
    """On phrases that were held out."""
    subcategory, _, _ = settled(held.scores, model.labels, model.settling)
    first, right = subcategory.max(axis=1), hits(subcategory, held.subcategory, 1)
    order = np.argsort(-first, kind="stable")
    told = np.arange(1, len(order) + 1) / len(order)
    names = {one.code: (one.name_zh, one.name_en) for one in policy().concerns}
    with blank_figure(title, 10.0) as (figure, chinese):
        word = 0 if chinese else 1
        left, bars = figure.subplots(1, 2)
        left.plot(told, np.cumsum(right[order]) / np.arange(1, len(order) + 1))
        left.axvline(float((first >= model.settling.tell_subcategory).mean()), linestyle="--",
                     label=WORDS["in_force"][word])  # fmt: skip
        left.set_xlabel(WORDS["told"][word])
        left.set_ylabel(WORDS["right"][word])
        left.legend()
        own = [right[model.labels.places[held.subcategory] == place] for place in range(len(model.labels.categories))]
        labels = [names.get(code, (code, code))[word] for code in model.labels.categories]
        bars.barh(labels, [float(some.mean()) if len(some) else 0.0 for some in own])
        bars.set_xlabel(WORDS["right"][word])
    return figure
