"""A search on record in MLflow: one run with every trial, and a picture of where the good settings lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from data_contracts.settings import Settings
from training import tracking
from training.evaluation.plots import blank_figure
from training.tuning.search import Found, Number, Search, Space, Tried

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WORDS: Mapping[str, tuple[str, str]] = {
    "complete": ("试过", "tried"),
    "pruned": ("提前停止", "stopped early"),
    "given": ("默认或现用设置", "defaults or in force"),
    "best": ("迄今最佳", "best so far"),
    "trial": ("第几次试验", "trial"),
    "value": ("验证期得分", "figure on validation time"),
}
ACROSS = 4  # pictures side by side


def record_search(settings: Settings, what: Search, found: Found, as_of: date, source: str = "history") -> Found:
    """The search as one run: the best settings, every trial as a JSON table, and the picture of the search.

    Returns what was found, with where the picture lies.

    `what.about` must hold `data_hash`, `service` and `service_hash`; `source` is what the data set is called by.
    """
    about = what.about
    service = f"{about['service']}:{about['service_hash']}"
    title = f"tune {what.name} {as_of}"
    with tracking.run(
        experiment_of(what.name), title, data_hash=about["data_hash"], feature_service=service, use=settings
    ) as run:
        run.dataset(tracking.Seen(source, about["data_hash"], f"{source} as of {as_of}"), "validation")
        run.params(found.params)
        figures = {"validation": found.value, "judged": found.judged, "pruned": found.pruned, "failed": found.failed}
        run.metrics(figures, as_of)
        run.record({"trials": [asdict(one) for one in found.trials]}, "trials")
        picture = run.picture(search_figure(title, found.trials, what.space), f"tune-{what.name}")
    return replace(found, picture=picture)


def experiment_of(name: str) -> str:
    """The experiment that searches for a model's settings stand under.

    >>> experiment_of("risk")
    'risk-tuning'
    """
    return f"{name}-tuning"


def search_figure(title: str, trials: Sequence[Tried], space: Space) -> Figure:
    """The figure of every trial in turn with the best so far, then against each setting; failed trials have none."""
    judged = [one for one in trials if one.value is not None]
    rows = -(-(len(space) + 1) // ACROSS)
    with blank_figure(title, 3.4 * ACROSS, 3.0 * rows) as (figure, chinese):
        places = np.ravel(figure.subplots(rows, ACROSS))
        _in_turn(places[0], judged, chinese)
        for axes, (name, part) in zip(places[1:], space.items(), strict=False):
            _dots(axes, [(one, one.params[name]) for one in judged if name in one.params], chinese)
            axes.set_xlabel(name)
            if isinstance(part, Number) and part.log:
                axes.set_xscale("log")
                axes.xaxis.set_major_formatter("{x:g}")  # powers are drawn with a minus that Chinese fonts lack
                axes.xaxis.set_minor_formatter("")
        for axes in places[len(space) + 1 :]:
            axes.set_axis_off()
    return figure


def _in_turn(axes: Axes, judged: Sequence[Tried], chinese: bool) -> None:
    _dots(axes, [(one, one.number) for one in judged], chinese)
    whole = [one for one in judged if one.state == "complete"]
    if whole:
        best = np.maximum.accumulate([float(one.value or 0.0) for one in whole])
        axes.step([one.number for one in whole], best, where="post", linewidth=1.2, label=_word("best", chinese))
    axes.set_xlabel(_word("trial", chinese))
    axes.set_ylabel(_word("value", chinese))
    axes.legend(fontsize=7)


def _dots(axes: Axes, at: Sequence[tuple[Tried, float | str]], chinese: bool) -> None:
    """Given settings stand out: what the search found is to be seen against them."""
    kinds = {"complete": "o", "pruned": "x", "given": "D"}
    for kind, marker in kinds.items():
        some = [(place, one) for one, place in at if ("given" if one.given else one.state) == kind]
        if some:
            places, values = [place for place, _ in some], [float(one.value or 0.0) for _, one in some]
            axes.scatter(places, values, marker=marker, s=18, label=_word(kind, chinese))


def _word(name: str, chinese: bool) -> str:
    return WORDS[name][0 if chinese else 1]
