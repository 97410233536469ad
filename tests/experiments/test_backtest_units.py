"""The units' backtest on a simulated bureau: the JSON's shape, pictures, and what cannot be asked."""

from __future__ import annotations

import io
import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from data_contracts.errors import NotReady
from data_contracts.intake import Delivery
from data_contracts.simulator.simulation import Plan
from data_contracts.simulator.write import write_simulation
from experiments.backtests import units as module
from experiments.backtests.reporting import Report
from experiments.backtests.risk import Exam
from experiments.backtests.units import METHODS, UnitsBacktest, as_table, backtest_units, run_backtest
from features.ingest import Delivered, delivery_of, versioned
from training.risk.dataset import RiskRows, rows_from_tables
from training.splits import Split
from training.units.days import earlier_splits, unit_parents

RECORD = {
    "outcome", "as_of", "horizon_months", "method", "units", "spearman", "spearman_low", "spearman_high",
}  # fmt: skip
COMPARISON = {"outcome", "as_of", "metric", "model", "versus", "units", "difference", "low", "high"}


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bureau")
    write_simulation(Plan(260, 7, 5, date(2026, 1, 1)), folder, with_bad_rows=False)
    return folder


@pytest.fixture(scope="module")
def delivery(bureau: Path) -> Delivery:
    return delivery_of(Delivered("simulator", bureau))


@pytest.fixture(scope="module")
def rows(delivery: Delivery) -> RiskRows:
    return rows_from_tables(versioned(delivery), [date(year, 7, 1) for year in range(2020, 2025)])


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch, delivery: Delivery, rows: RiskRows) -> None:
    """Units of five are large enough here, and officers are scored by a count."""

    def by_count(exam: Exam) -> np.ndarray:
        return np.asarray((exam.test["complaints_24m"].fillna(0.0) + 1.0) / 20.0).clip(0.01, 0.9)

    monkeypatch.setattr(module, "delivery_of", lambda *_: delivery)
    monkeypatch.setattr(module, "rows_from_tables", lambda *_: rows)
    monkeypatch.setattr(module, "pharos_chances", by_count)
    monkeypatch.setattr(module, "least_officers", lambda: 5)
    monkeypatch.setattr("training.units.days.LIGHT", {"rounds": 5})


def asked(bureau: Path, *as_ofs: str) -> UnitsBacktest:
    return UnitsBacktest("simulator", bureau, as_ofs or ("2023-07-01", "2024-07-01"), ["any_complaint"], 12)


def test_the_json_and_the_pictures_are_what_others_read(bureau: Path, tmp_path: Path) -> None:
    out, text = tmp_path / "deep" / "units.json", io.StringIO()
    run_backtest(asked(bureau), out, Console(file=text, width=200))
    report = json.loads(out.read_text(encoding="utf-8"))
    assert report["protocol"] == 1
    assert {tuple(sorted(record)) for record in report["records"]} == {tuple(sorted(RECORD))}
    told = [(record["as_of"], record["method"]) for record in report["records"]]
    assert told == [(day, method) for day in ("2023-07-01", "2024-07-01", "pooled") for method in METHODS]
    assert {tuple(sorted(one)) for one in report["comparisons"]} == {tuple(sorted(COMPARISON))}
    units = [record["units"] for record in report["records"][::2]]
    assert units[0] + units[1] == units[2]
    assert units[0] > 3
    assert [rule["as_of"] for rule in report["data"]["rules"]] == ["2023-07-01", "2024-07-01"]
    assert (tmp_path / "deep" / "units-any_complaint.png").stat().st_size > 1000
    assert "peak memory" in text.getvalue()


def test_last_period_is_the_share_known_at_the_day(bureau: Path, rows: RiskRows) -> None:
    report = backtest_units(asked(bureau, "2024-07-01"))
    assert report.shown is not None
    shown = report.shown["any_complaint"]["2024-07-01"]
    frame = rows.at([date(2024, 7, 1)])
    sizes = frame["unit_id"].value_counts()
    tested = sorted(sizes.index[sizes >= 5].astype(str), key=lambda name: name)
    had = (frame["complaints_12m"] > 0).groupby(frame["unit_id"].astype(object)).mean()
    assert sorted(shown.before.tolist()) == pytest.approx(sorted(had[tested].tolist()))


def test_the_table_says_of_how_few_units_a_rank_tells_nothing() -> None:
    about = {"outcome": "conduct", "as_of": "pooled"}
    for units, words in ((2, "of 2 units: says nothing"), (5, "-2 [-2, -2]")):
        report = Report({})
        report.records = [{**about, "method": name, "units": units, "spearman": 1.0} for name in METHODS]
        report.comparisons = [{**about, "units": units, "difference": -2.0, "low": -2.0, "high": -2.0}]
        text = io.StringIO()
        Console(file=text, width=120).print(as_table(report))
        assert words in text.getvalue()


def test_what_cannot_be_asked_is_told(bureau: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotReady, match="too late"):
        backtest_units(asked(bureau, "2020-07-01"))
    monkeypatch.setattr(module, "least_officers", lambda: 5000)
    with pytest.raises(NotReady, match="no unit has 5000 officers"):
        backtest_units(asked(bureau))


def test_earlier_days_end_by_the_test_and_trees_are_of_their_day(rows: RiskRows) -> None:
    days = tuple(date(year, 1, 1) for year in range(2005, 2011))
    for one in earlier_splits(Split(days, date(2012, 1, 1), 24)):
        assert one.test.year + 2 <= 2012
        assert max(one.train).year + 2 <= one.test.year
    assert unit_parents(rows.tables, date(2024, 7, 1))
    assert unit_parents({}, date(2024, 7, 1)) == {}
