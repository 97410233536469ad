"""Leaderboards as tables: for a terminal of 80 columns, for a page, and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.table import Table

from data_contracts.figures import figure_told
from data_contracts.vocabulary import Bilingual
from experiments.reports.pages import Cell, Row, Sheet
from experiments.studies.board_words import (
    ANSWER,
    AS_OF,
    DIFFERENCE,
    FIT,
    MODEL,
    POOLED,
    REFERENCE,
    SIZE,
    about,
    model_named,
    part_named,
    size_told,
)
from experiments.studies.leaderboard import Board, Figure, Standing
from training.evaluation.bootstrap import Difference

SHORT = {
    "average_precision": "AP", "precision_at_5pct": "P@5%", "ndcg_at_10": "NDCG@10", "hr_at_10": "HR@10",
    "macro_first": "首选\ntop 1", "macro_among_3": "前三\ntop 3", "told": "作答\ntold",
    "urgent_precision": "急准\nurg P", "urgent_found": "急全\nurg R",
}  # fmt: skip
DISTANCES = ("差\ndiffers", "95 % 区间\ninterval", "拟合秒\nCPU s", "毫秒/次\nms each", "大小\nsize")
DAYS_WIDE = 4  # test days that have room in 80 columns
BESIDE = 3  # figures that have room beside the distances in 80 columns


def as_tables(board: Board) -> list[Table]:
    """One line a model, best first; figures and distances beside each other, or below where there are many figures."""
    figures = [SHORT.get(name, name) for name in board.kind.measures]
    if len(figures) <= BESIDE:
        return [_table(board, (*figures, *DISTANCES), _title(board), _caption(board))]
    return [
        _table(board, figures, _title(board)),
        _table(board, DISTANCES, caption=_caption(board), first=len(figures)),
    ]


def _table(board: Board, heads: Sequence[str], title: str = "", caption: str = "", first: int = 0) -> Table:
    """The columns of a board from the `first` on, as many as there are heads; both languages in them."""
    table = Table(title=title or None, caption=caption or None, box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("模型\nmodel", overflow="fold")
    for head in heads:
        table.add_column(head, justify="right", no_wrap=True)
    for one in board.standings:
        figures = [_short(one.figures[name].value, 3) for name in board.kind.measures]
        cells = [*figures, *_behind(one), *_cost(one)]
        table.add_row(_named(one.name, board), *cells[first : first + len(heads)])
    return table


def days_tables(board: Board) -> list[Table]:
    """The ranking figure of each test day with its interval below it, for a terminal: so many days a table as fit."""
    measure = board.kind.measures[board.kind.measure]
    named = measure.zh if measure.zh == measure.en else f"{measure.zh} · {measure.en}"
    tables = []
    for first in range(0, len(board.days), DAYS_WIDE):
        days = board.days[first : first + DAYS_WIDE]
        table = Table(title=None if first else f"{named} · {AS_OF.zh} {AS_OF.en}", box=SIMPLE_HEAD, pad_edge=False,
                      padding=(0, 1, 0, 0))  # fmt: skip
        table.add_column("模型\nmodel", overflow="fold")
        for day in days:
            table.add_column(day, justify="right", no_wrap=True)
        for one in board.standings:
            table.add_row(_named(one.name, board), *(_by_day(one.by_day[day]) for day in days))
        tables.append(table)
    return tables


def _by_day(one: Figure) -> str:
    return f"{_short(one.value, 3)}\n{_short(one.low, 3)}…{_short(one.high, 3)}"


def _title(board: Board) -> str:
    part = part_named(board)
    return part.zh if part.zh == part.en else f"{part.zh} · {part.en}"


def _caption(board: Board) -> str:
    told = about(board)
    return f"{told.zh}\n{told.en}"


def _named(name: str, board: Board) -> str:
    told = model_named(name, board.kind.ranks)
    return told.en if told.zh == told.en else f"{told.zh} {told.en}"


def _behind(one: Standing) -> tuple[str, str]:
    if one.behind is None:
        return REFERENCE.zh, REFERENCE.en
    low, high = _signed(one.behind.low, 3), _signed(one.behind.high, 3)
    return _signed(one.behind.difference, 3) + ("*" if one.sure else " "), f"{low}…{high}"


def _cost(one: Standing) -> tuple[str, str, str]:
    return f"{one.cost.fit_cpu_seconds:.1f}", f"{one.cost.answer_ms:.2f}", size_told(one.cost.bytes)


def pooled_sheet(board: Board) -> Sheet:
    """Every figure with its interval, for a page."""
    columns = (MODEL, *board.kind.measures.values(), DIFFERENCE, FIT, ANSWER, SIZE)
    rows = []
    for one in board.standings:
        figures: list[Cell] = [_interval(one.figures[name]) for name in board.kind.measures]
        behind: Cell = REFERENCE if one.behind is None else _distance(one)
        cost: list[Cell] = [one.cost.fit_cpu_seconds, one.cost.answer_ms, size_told(one.cost.bytes)]
        rows.append(Row((model_named(one.name, board.kind.ranks), *figures, behind, *cost)))
    return Sheet(POOLED, columns, rows)


def days_sheet(board: Board) -> Sheet:
    """The ranking figure of each test day, for a page."""
    columns = (MODEL, *(Bilingual(f"{AS_OF.zh} {day}", f"{AS_OF.en} {day}") for day in board.days))
    rows = [
        Row((model_named(one.name, board.kind.ranks), *(_interval(one.by_day[day]) for day in board.days)))
        for one in board.standings
    ]
    return Sheet(board.kind.measures[board.kind.measure], columns, rows)


def as_frame(board: Board) -> pd.DataFrame:
    """One row a model, best first, for a notebook."""
    measure = board.kind.measure
    rows = []
    for one in board.standings:
        behind = one.behind or Difference(np.nan, np.nan, np.nan)
        figures = {name: found.value for name, found in one.figures.items()}
        days = {f"{measure} {day}": found.value for day, found in one.by_day.items()}
        rows.append({"model": one.name, **figures, "difference": behind.difference, "low": behind.low,
                     "high": behind.high, **days, **vars(one.cost)})  # fmt: skip
    return pd.DataFrame(rows).set_index("model")


def as_record(board: Board) -> dict[str, Any]:
    """For the JSON."""
    return {
        "part": board.part, "kind": board.kind.name, "reference": board.reference, "officers": board.officers,
        "rows": board.rows, "events": board.events,
        "standings": [
            {
                "model": one.name,
                "figures": {name: vars(found) for name, found in one.figures.items()},
                "by_day": {day: vars(found) for day, found in one.by_day.items()},
                "behind": None if one.behind is None else vars(one.behind),
                "cost": vars(one.cost),
            }
            for one in board.standings
        ],
    }  # fmt: skip


def _interval(one: Figure) -> str:
    return f"{_short(one.value)} [{_short(one.low)}, {_short(one.high)}]"


def _distance(one: Standing) -> str:
    if one.behind is None:
        return ""
    return f"{_signed(one.behind.difference)} [{_signed(one.behind.low)}, {_signed(one.behind.high)}]"


def _short(value: float, digits: int = 4) -> str:
    return "–" if np.isnan(value) else f"{value:.{digits}f}"


def _signed(value: float, digits: int = 4) -> str:
    return "–" if np.isnan(value) else figure_told(value, digits, signed=True)
