"""The risk backtest's records as tables for people, narrow enough for a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from rich.table import Table

POOLED = "pooled"


def as_table(records: Sequence[Mapping[str, Any]]) -> Table:
    """The records for people, narrow enough for a terminal of 80 columns; the JSON has every figure."""
    table = Table(title="risk backtest")
    for name in ("outcome", "as of", "model"):
        table.add_column(name, no_wrap=True)
    for name in ("AUC", "AP", "P@5%", "ECE", "s"):
        table.add_column(name, justify="right", no_wrap=True)
    keys = ("roc_auc", "average_precision", "precision_at_5pct", "ece")
    for record in records:
        figures_told = [_short(record[name], 3) for name in keys]
        about = (record["outcome"], record["as_of"], record["model"])
        table.add_row(*about, *figures_told, f"{record['fit_seconds']:.0f}")
    return table


def comparison_table(comparisons: Sequence[Mapping[str, Any]]) -> Table:
    """How far `pharos` is ahead, pooled, with intervals."""
    table = Table(title="pharos, average precision, pooled over as-ofs (95 % over officers)")
    for name in ("outcome", "versus", "difference", "low", "high"):
        table.add_column(name, justify="left" if name in ("outcome", "versus") else "right")
    for one in comparisons:
        if one["as_of"] == POOLED and one["metric"] == "average_precision":
            table.add_row(one["outcome"], one["versus"], *(_short(one[name]) for name in ("difference", "low", "high")))
    return table


def _short(value: float | None, digits: int = 4) -> str:
    return "-" if value is None or np.isnan(value) else f"{value:.{digits}f}"
