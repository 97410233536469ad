"""Leaderboards as pictures: the ranking figure by test day, the distance from the reference, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from data_contracts.vocabulary import Bilingual
from experiments.studies.board_words import DIFFERENCE, FIT, POOLED, SIZE, model_named, part_named, size_told
from experiments.studies.leaderboard import Board, Standing
from experiments.studies.leaderboard import Figure as Figure95
from models.base import Numbers
from training.evaluation.plots import blank_figure, in_words, legend_below

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARKERS = "osD^vPX*<>hp"  # colour is never alone
GREY = "grey"
LEAST_AREA, MOST_AREA = 30.0, 400.0


def board_figure(board: Board, *, english: bool = False) -> Figure:
    """Lines over test days with the 95 % interval of each figure, beside the differences from the reference."""
    title = Bilingual.joined([part_named(board), board.kind.measures[board.kind.measure]], ("：", ": "))
    with blank_figure(_both(title), 11.0, 1.6 + 0.42 * max(8, len(board.standings)), english=english) as (
        figure,
        chinese,
    ):
        left, right = figure.subplots(1, 2, width_ratios=(1.2, 1.0))
        _by_day(left, board, chinese)
        _differences(right, board, chinese)
        legend_below(figure, left)
    return figure


def cost_figure(board: Board, *, english: bool = False) -> Figure:
    """The ranking figure against CPU seconds of the fit; marks grow with the size of a model's files."""
    title = Bilingual.joined([part_named(board), Bilingual("代价", "cost")], ("：", ": "))
    with blank_figure(_both(title), 7.5, 4.4, english=english) as (figure, chinese):
        axes = figure.subplots()
        for number, one in enumerate(board.standings):
            seconds = max(one.cost.fit_cpu_seconds, 1e-3)
            axes.scatter(
                [seconds], [one.figures[board.kind.measure].value], s=_area(one, board.standings),
                marker=_marker(number), alpha=0.75, label=_cost_label(one, board, chinese),
            )  # fmt: skip
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:g}")  # powers are drawn with a minus that Chinese fonts lack
        axes.xaxis.set_minor_formatter("")
        axes.set_xlabel(in_words(_both(FIT), chinese))
        axes.set_ylabel(in_words(_both(board.kind.measures[board.kind.measure]), chinese))
        legend_below(figure, axes)
    return figure


def model_figure(board: Board, name: str, *, english: bool = False) -> Figure:
    """One model of a board: its ranking figure by test day with 95 % intervals, beside all its figures pooled.

    The reference stands grey beside it, and the axes are those of every model of the board, so that pictures of
    several models may be laid side by side.
    """
    place, one = next((place, one) for place, one in enumerate(board.standings) if one.name == name)
    other = next((found for found in board.standings if found.name == board.reference), one)
    title = Bilingual.joined([part_named(board), model_named(name, board.kind.ranks)], ("：", ": "))
    with blank_figure(_both(title), 10.0, 4.2, english=english) as (figure, chinese):
        left, right = figure.subplots(1, 2, width_ratios=(1.2, 1.0))
        beside = [] if other is one else [(other, GREY, "|")]
        for standing, colour, marker in (*beside, (one, "C0", _marker(place))):
            looks: dict[str, Any] = {"color": colour, "marker": marker}
            _line(left, standing, board, chinese, looks)
            _bars(right, standing, board, looks)
        highs = [found.high for each in board.standings for found in (*each.by_day.values(), *each.figures.values())]
        top = 1.05 * max((high for high in highs if np.isfinite(high)), default=1.0)
        left.set_xticks(range(len(board.days)), list(board.days))
        left.set_ylim(0, top)
        left.set_ylabel(in_words(_both(board.kind.measures[board.kind.measure]), chinese))
        right.set_xlim(0, top)
        right.set_yticks(range(len(board.kind.measures)), [in_words(told, chinese) for told in
                                                           board.kind.measures.values()])  # fmt: skip
        right.set_ylim(len(board.kind.measures) - 0.5, -0.5)
        right.set_xlabel(in_words(_both(POOLED), chinese))
        legend_below(figure, left)
    return figure


def _line(axes: Axes, one: Standing, board: Board, chinese: bool, looks: Mapping[str, Any]) -> None:
    found = [one.by_day[day] for day in board.days]
    axes.errorbar(
        np.arange(len(found)), [figure.value for figure in found], yerr=_ends(found), capsize=2, elinewidth=0.7,
        markersize=6, label=_name(one.name, board, chinese), linewidth=1.6, **looks,
    )  # fmt: skip


def _bars(axes: Axes, one: Standing, board: Board, looks: Mapping[str, Any]) -> None:
    found = [one.figures[name] for name in board.kind.measures]
    axes.errorbar([figure.value for figure in found], np.arange(len(found)), xerr=_ends(found), capsize=3,
                  linestyle="none", markersize=7, **looks)  # fmt: skip


def _ends(found: Sequence[Figure95]) -> Numbers:
    """Down to and up from each value, (2, n), as matplotlib draws intervals."""
    ends = np.array([[one.value - one.low, one.high - one.value] for one in found]).T
    shown: Numbers = np.maximum(np.nan_to_num(ends), 0.0)
    return shown


def _by_day(axes: Axes, board: Board, chinese: bool) -> None:
    places = np.arange(len(board.days), dtype=np.float64)
    spread = np.linspace(-0.12, 0.12, len(board.standings)) if len(board.standings) > 1 else np.zeros(1)
    for number, one in enumerate(board.standings):
        found = [one.by_day[day] for day in board.days]
        values = np.array([figure.value for figure in found])
        width = 2.2 if one.name == board.reference else 1.2
        axes.errorbar(
            places + spread[number], values, yerr=_ends(found), capsize=2, elinewidth=0.7,
            marker=_marker(number), markersize=5, label=_name(one.name, board, chinese), linewidth=width,
        )  # fmt: skip
    axes.set_xticks(places, list(board.days))
    axes.set_ylim(bottom=0)
    axes.set_ylabel(in_words(_both(board.kind.measures[board.kind.measure]), chinese))


def _differences(axes: Axes, board: Board, chinese: bool) -> None:
    """One line a model, best on top; those whose interval leaves out zero are filled."""
    axes.axvline(0.0, color=GREY, linewidth=0.8, linestyle=":")
    names = []
    for place, one in enumerate(reversed(board.standings)):
        names.append(_name(one.name, board, chinese))
        if one.behind is None:
            axes.plot([0.0], [place], marker="|", markersize=14, color="black")
            continue
        ends = np.maximum([[one.behind.difference - one.behind.low], [one.behind.high - one.behind.difference]], 0.0)
        axes.errorbar(
            [one.behind.difference], [place], xerr=np.nan_to_num(ends), fmt="o", capsize=3, color="black",
            markerfacecolor="black" if one.sure else "white",
        )  # fmt: skip
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel(in_words(_both(DIFFERENCE), chinese))


def _both(words: Bilingual) -> Bilingual:
    """Titles and axes are read by people of both languages; without a Chinese font, or where English was asked for,
    they stay English."""
    return words if words.zh == words.en else Bilingual(f"{words.zh} · {words.en}", words.en)


def _area(one: Standing, every: Sequence[Standing]) -> float:
    most = max((other.cost.bytes or 0 for other in every), default=0)
    share = (one.cost.bytes or 0) / most if most else 0.0
    return LEAST_AREA + (MOST_AREA - LEAST_AREA) * share


def _cost_label(one: Standing, board: Board, chinese: bool) -> str:
    return f"{_name(one.name, board, chinese)} ({in_words(SIZE, chinese)} {size_told(one.cost.bytes)})"


def _name(name: str, board: Board, chinese: bool) -> str:
    return in_words(model_named(name, board.kind.ranks), chinese)


def _marker(number: int) -> str:
    return MARKERS[number % len(MARKERS)]
