"""The bars of the risk report: each can be met, each can be missed, and figures of another horizon are held to none."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from experiments.reports.bars import bars_of, bars_sheet

Told = dict[str, Any]
DAYS = ("2012-01-01", "2013-01-01", "pooled")


def _record(model: str, as_of: str, precision: float) -> Told:
    graded = {"order": "strict", "poor_over_excellent": 8.8, "poor_over_excellent_told": "8.8"}
    return {"outcome": "conduct", "horizon_months": 24, "model": model, "as_of": as_of, "average_precision": precision,
            "ece": 0.004, "mean_predicted": 0.05, "base_rate": 0.05, "grades": graded}  # fmt: skip


def _ahead(versus: str, metric: str = "average_precision") -> Told:
    return {"outcome": "conduct", "as_of": "pooled", "metric": metric, "versus": versus, "difference": 0.02,
            "low": 0.01, "high": 0.03}  # fmt: skip


def report() -> Told:
    """A report in which every bar of conduct is met."""
    models = {"pharos": 0.104, "random_forest": 0.08, "logistic": 0.07, "count_rule": 0.06}
    compared = [_ahead("random_forest"), _ahead("logistic"), _ahead("logistic_eventual"),
                _ahead("count_rule", "precision_at_5pct")]  # fmt: skip
    units = {"outcome": "conduct", "as_of": "pooled", "units": 30, "difference": 0.149, "low": 0.018, "high": 0.241}
    records = [_record(model, day, precision) for day in DAYS for model, precision in models.items()]
    return {"records": records, "comparisons": compared, "units": [units]}


def ours(told: Told, day: str) -> Told:
    """The record of pharos at a day."""
    found: Told = next(one for one in told["records"] if one["model"] == "pharos" and one["as_of"] == day)
    return found


def met(told: Told) -> dict[str, bool]:
    """By what was asked."""
    return {bar.asked.en: bar.met for bar in bars_of(told["records"], told["comparisons"], told["units"])}


def test_every_bar_is_met_and_seen() -> None:
    told = report()
    assert len(met(told)) == 8
    assert set(met(told).values()) == {True}
    rows = bars_sheet(bars_of(told["records"], told["comparisons"], told["units"])).rows
    assert "1.300 times" in str(rows[0].cells[2])
    assert {row.mark for row in rows} == {""}


@pytest.mark.parametrize(
    ("asked", "spoil"),
    [
        ("1.15 times", lambda told: ours(told, "pooled").update(average_precision=0.0919)),
        ("1.15 times", lambda told: told["comparisons"][0].update(low=-0.001)),
        ("later findings", lambda told: told["comparisons"][2].update(low=0.0)),
        ("count rule", lambda told: told["comparisons"][3].update(low=0.0)),
        ("calibration error", lambda told: ours(told, "pooled").update(ece=0.0101)),
        ("predicted over observed", lambda told: ours(told, DAYS[0]).update(mean_predicted=0.0626)),
        ("strictly ordered", lambda told: ours(told, DAYS[1])["grades"].update(order="level")),
        ("times excellent", lambda told: ours(told, DAYS[1])["grades"].update(poor_over_excellent=4.99)),
        ("times excellent", lambda told: ours(told, DAYS[1])["grades"].update(poor_over_excellent=None)),
        ("units", lambda told: told["units"][0].update(low=-0.01)),
        ("units", lambda told: told["units"][0].update(units=4)),
    ],
)
def test_what_is_missed_says_so_and_nothing_else_does(asked: str, spoil: Callable[[Told], None]) -> None:
    told = deepcopy(report())
    spoil(told)
    missed = [words for words, held in met(told).items() if not held]
    assert len(missed) == 1
    assert asked in missed[0]
    marks = [row.mark for row in bars_sheet(bars_of(told["records"], told["comparisons"], told["units"])).rows]
    assert marks.count("warning") == 1


def test_conduct_is_held_to_its_level_on_the_first_day_alone() -> None:
    told = report()
    ours(told, DAYS[1]).update(mean_predicted=0.0735)
    assert set(met(told).values()) == {True}, "findings of later windows are still open"


def test_another_horizon_is_held_to_no_bar() -> None:
    told = report()
    assert bars_of([{**one, "horizon_months": 12} for one in told["records"]], told["comparisons"], told["units"]) == []


def test_units_are_held_to_last_period_where_it_was_asked() -> None:
    """Of departure nothing can precede: who left is in no unit any more."""
    told = report()
    left = [{**one, "outcome": "departure"} for one in told["records"]]
    nothing = {**told["units"][0], "outcome": "departure", "low": float("nan")}
    assert [bar for bar in bars_of(left, [], [nothing]) if "units" in bar.asked.en] == []
