"""Paths as a picture: one line a path, each step where it is expected, with its 80 % interval and chance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from data_contracts.errors import InvalidInput
from data_contracts.vocabulary import Bilingual
from experiments.advice.words import share
from models.paths.telling import StepCourse, ToldPath
from training.evaluation.plots import blank_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = (".png", ".svg")
WIDTH = 9.5  # inches
STEP_ROOM, STEP_BELOW = 0.36, 0.26  # of the height of a path: what each further step needs, and what of it lies below
BEFORE, BEYOND = -0.03, 1.3  # ends of the axis, in times of the latest month drawn
LETTER, LATIN = 0.0058, 0x2E80  # share of the width that a letter takes; from there on letters are twice as wide
Name = Callable[[str], Bilingual]
TITLE = Bilingual("通往 {goal} 的路径", "paths to {goal}")
MONTHS = Bilingual("距今月数", "months from now")
START = Bilingual("起点 {post}", "from: {post}")
COURSES = Bilingual("课程：{courses}", "take: {courses}")
STEP = Bilingual("{post}（当时变动的 {chance}）", "{post} ({chance} of moves then)")
CHANCE = Bilingual("期限内沿全程到达 {chance}", "whole path in time {chance}")


def path_figure(paths: Sequence[ToldPath], start: str, goal: str, name: Name, language: str = "zh") -> Figure:
    """The paths, best on top; words are Chinese where they are asked for and a font has them, else English."""
    longest = max((len(path.steps) for path in paths), default=1)
    apart = 1.0 + STEP_ROOM * (longest - 1)  # between two paths: intervals, courses and names of near steps need room
    with blank_figure("", WIDTH, 1.2 + 0.8 * apart * max(len(paths), 1)) as (figure, font):
        chinese = font and language == "zh"

        def word(text: Bilingual) -> str:
            return text.zh if chinese else text.en

        figure.suptitle(word(TITLE).format(goal=word(name(goal))))
        axes = figure.subplots()
        latest = max((path.steps[-1].high_months for path in paths), default=1.0)
        for row, path in enumerate(paths):
            height = -apart * row
            step_word = word(STEP)
            labels = [
                (0.0, word(START).format(post=word(name(start)))),
                *(
                    (step.months, step_word.format(post=word(name(step.post)), chance=share(step.chance)))
                    for step in path.steps
                ),
            ]
            _drawn(axes, height, path)
            _courses(axes, height, path, lambda named: word(COURSES).format(courses=word(named)))
            for (months, text), line in zip(labels, _lines(labels, latest), strict=True):
                _label(axes, (months, height), text, line)
            axes.annotate(
                word(CHANCE).format(chance=share(path.chance)), (path.steps[-1].high_months, height), xytext=(6, -3),
                textcoords="offset points", fontsize=8, color="dimgrey",
            )  # fmt: skip
        axes.set_xlim(BEFORE * latest, BEYOND * latest)
        axes.set_ylim(-apart * (max(len(paths), 1) - 1) - 0.5 - STEP_BELOW * (longest - 1), 0.7 + 0.1 * (longest - 1))
        axes.set_yticks([])
        axes.set_xlabel(word(MONTHS))
        for side in ("left", "top", "right"):
            axes.spines[side].set_visible(False)
    return figure


def draw_paths(file: Path, paths: Sequence[ToldPath], words: tuple[str, str], name: Name, language: str = "zh") -> Path:
    """Write the picture to a .png or .svg; `words` are start and goal. Raises InvalidInput for another ending."""
    if file.suffix.lower() not in FORMATS:
        raise InvalidInput(f"cannot draw a picture as {file.suffix or 'a file without an ending'}; use .png or .svg")
    figure = path_figure(paths, *words, name, language)
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=130)
    return file


def _drawn(axes: Axes, height: float, path: ToldPath) -> None:
    months = [0.0, *(step.months for step in path.steps)]
    axes.plot(months, [height] * len(months), color="steelblue", linewidth=1.2, marker="o", markersize=5)
    for place, step in enumerate(path.steps):  # each interval on a line of its own, or two would look like one
        below = height - 0.12 - 0.1 * place
        axes.plot([step.low_months, step.high_months], [below] * 2, color="lightsteelblue", linewidth=3)


def _courses(axes: Axes, height: float, path: ToldPath, told: Callable[[Bilingual], str]) -> None:
    """What each step asks to take before it, from where the time for it begins: the first by name, of more how many.

    What has a last day hangs at the beginning of the path, for that day may come before the step before it.
    """
    begins = [0.0, *(step.months for step in path.steps)]
    for place, step in enumerate(path.steps):
        if step.courses:
            text, first = _first_named(step.courses), _first(step.courses)
            begin = begins[place] if first.last_day is None else 0.0
            below = height - 0.12 - 0.1 * (len(path.steps) - 1) - 0.14 * place
            axes.annotate(
                told(text), (begin, below), xytext=(0, -11), textcoords="offset points", fontsize=6.5,
                color="dimgrey",
            )  # fmt: skip


def _first(courses: Sequence[StepCourse]) -> StepCourse:
    """That with the earliest last day; where none has one, the first told."""
    return min(courses, key=lambda one: one.last_day.day if one.last_day else date.max)


def _first_named(courses: Sequence[StepCourse]) -> Bilingual:
    """The course with the earliest last day, due or of its offer, with that day, else the first told; and of how many
    it is one.

    >>> from dataclasses import replace
    >>> law, new = StepCourse("k", Bilingual("法律", "law")), StepCourse("n", Bilingual("新课", "new"))
    >>> ending = replace(new, take_by=date(2026, 5, 1))
    >>> _first_named([law, ending])
    Bilingual(zh='新课（2026-05-01 止） 等2门', en='new (by 2026-05-01) and 1 more')
    >>> _first_named([replace(ending, due_on=date(2026, 3, 1))])
    Bilingual(zh='新课（到期日 2026-03-01）', en='new (due date 2026-03-01)')
    """
    first = _first(courses)
    zh, en, last = first.name.zh, first.name.en, first.last_day
    if last is not None:
        zh = f"{zh}（到期日 {last.day}）" if last.due else f"{zh}（{last.day} 止）"
        en = f"{en} ({'due date' if last.due else 'by'} {last.day})"
    more = len(courses) - 1
    return Bilingual(f"{zh} 等{more + 1}门", f"{en} and {more} more") if more else Bilingual(zh, en)


def _lines(labels: Sequence[tuple[float, str]], latest: float) -> list[int]:
    """The line of each label above the path, 0 the lowest: one that would run into an earlier one goes above it.

    >>> _lines([(0.0, "now"), (3.0, "Criminal investigation"), (5.0, "Legal review"), (40.0, "Traffic")], 60.0)
    [0, 0, 1, 0]
    """
    ends, found = list[float](), list[int]()
    for months, text in labels:
        letters = sum(2 if ord(letter) > LATIN else 1 for letter in text)
        line = next((place for place, end in enumerate(ends) if months >= end), len(ends))
        ends[line:] = [months + letters * LETTER * (BEYOND - BEFORE) * latest, *ends[line + 1 :]]
        found.append(line)
    return found


def _label(axes: Axes, place: tuple[float, float], text: str, line: int) -> None:
    axes.annotate(text, place, xytext=(0, 7 + 10 * line), textcoords="offset points", fontsize=8, ha="left")
