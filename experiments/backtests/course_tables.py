"""What the courses backtest says to people: its records as a table, and the figure the bar is set on."""

from __future__ import annotations

from rich.table import Table

from experiments.backtests.reporting import Report

PHAROS = "pharos"
POPULARITIES = ("recent_popularity_30d", "recent_popularity_90d")


def as_table(report: Report) -> Table:
    """The records for people."""
    table = Table(title="courses backtest, every course seen before the test moment")
    for name in ("stratum", "model"):
        table.add_column(name)
    for name in ("items", "HR@10", "NDCG@10", "95 %", "recall@10", "fit s"):
        table.add_column(name, justify="right")
    for one in report.records:
        interval = f"{_short(one['ndcg_at_10_low'])} to {_short(one['ndcg_at_10_high'])}"
        table.add_row(
            one["stratum"], one["model"], f"{one['items']:,}", _short(one["hr_at_10"]), _short(one["ndcg_at_10"]),
            interval, _short(one["recall_at_10"]), f"{one['fit_seconds']:.1f}",
        )  # fmt: skip
    return table


def gain_line(report: Report) -> str | None:
    """How many times the better of the two popularities `pharos` reaches, in `all`."""
    found = {one["model"]: one["ndcg_at_10"] for one in report.records if one["stratum"] == "all"}
    best = max((found[name] or 0.0, name) for name in POPULARITIES)
    if not best[0]:
        return None
    return f"pharos reaches {found[PHAROS] / best[0]:.3f} times the NDCG@10 of {best[1]} over all items"


def _short(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
