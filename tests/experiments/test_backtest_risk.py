"""The backtest on a simulated bureau: the JSON's shape, odd inputs, and the counts published for Chicago."""

from __future__ import annotations

import io
import json
import math
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from data_contracts.errors import InvalidInput, NotReady
from data_contracts.intake import Delivery
from data_contracts.simulator.simulation import Plan
from data_contracts.simulator.write import write_simulation
from experiments.backtests.reporting import file_hashes, known_until, without_nan
from experiments.backtests.risk import MODELS, RiskBacktest, backtest_risk, run_backtest
from experiments.backtests.risk_models import Exam
from experiments.backtests.risk_tables import comparison_table
from features.ingest import Delivered, delivery_of, frames_of, versioned
from features.snapshots import eligible_officers
from models.risk.boosting import DEFAULTS
from training.risk.dataset import RiskRows, rows_from_tables
from training.risk.outcomes import Question, labels
from training.splits import Split

RECORD = {
    "outcome", "as_of", "horizon_months", "labels", "model", "n_train", "n_test", "positives", "base_rate", "roc_auc",
    "average_precision", "precision_at_5pct", "recall_at_5pct", "recall_at_1pct", "lift_at_2pct", "brier", "ece",
    "mean_predicted", "fit_seconds",
}  # fmt: skip
COMPARISON = {"outcome", "as_of", "metric", "model", "versus", "difference", "low", "high"}


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small simulated bureau without force reports: an optional table that is not there."""
    folder = tmp_path_factory.mktemp("bureau")
    write_simulation(Plan(260, 7, 5, date(2026, 1, 1)), folder, with_bad_rows=False)
    (folder / "force_reports.parquet").unlink()
    return folder


@pytest.fixture(scope="module")
def delivery(bureau: Path) -> Delivery:
    """What the bureau delivers, read once."""
    return delivery_of(Delivered("simulator", bureau))


@pytest.fixture(scope="module")
def rows(delivery: Delivery) -> RiskRows:
    """Features of every day that a test here asks for, computed once."""
    days = [date(year, 7, 1) for year in range(2020, 2025)]
    return rows_from_tables(versioned(delivery), days)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch, delivery: Delivery, rows: RiskRows) -> None:
    monkeypatch.setattr("experiments.backtests.risk.delivery_of", lambda *_: delivery)
    monkeypatch.setattr("experiments.backtests.risk.rows_from_tables", lambda *_: rows)
    monkeypatch.setattr("models.risk.baselines.TREES", 15)
    few = {**DEFAULTS, "rounds": 20, "learning_rate": 0.1, "min_data_in_leaf": 20}
    monkeypatch.setattr("models.risk.boosting.DEFAULTS", few)
    monkeypatch.setattr("models.risk.glass_box.DEFAULTS", {"max_rounds": 5, "learning_rate": 0.1})
    monkeypatch.setattr("models.risk.event_sequence.EPOCHS", 1)


def asked(bureau: Path, **changes: object) -> RiskBacktest:
    plain = {"source": "simulator", "data": bureau, "as_ofs": ["2023-07-01", "2024-07-01"], "outcomes": ["conduct"]}
    return RiskBacktest(**{**plain, "horizon_months": 12, **changes})  # type: ignore[arg-type]  # a dict of its fields


def test_strain_alone_learns_from_sick_days(rows: RiskRows) -> None:
    split = Split((date(2021, 7, 1), date(2022, 7, 1)), date(2024, 7, 1), 12)
    read = {outcome: Exam(rows, outcome, split).own_lesson().design.columns for outcome in ("conduct", "strain")}
    assert "sick_days_12m" in read["strain"]
    assert not any("sick_days" in name for name in read["conduct"])


def test_the_json_has_the_shape_that_others_read(bureau: Path, tmp_path: Path) -> None:
    out, console = tmp_path / "deep" / "risk.json", Console(file=io.StringIO(), width=200)
    run_backtest(asked(bureau, outcomes=["conduct", "any_complaint"]), out, console)
    report = json.loads(out.read_text(encoding="utf-8"))
    assert report["protocol"] == 1
    assert len(report["records"]) == 2 * 3 * len(MODELS)
    own = [record for record in report["records"] if record["model"] == "pharos"]
    assert all(set(record) == RECORD | {"grades", "chosen", "conformal"} for record in own)
    assert all(set(record) == RECORD for record in report["records"] if record["model"] != "pharos")
    assert [rate["grade"] for rate in own[0]["grades"]["rates"]] == ["poor", "fair", "good", "excellent"]
    assert {one["versus"] for one in report["comparisons"] if one["metric"] == "precision_at_5pct"} == {"count_rule"}
    assert {record["as_of"] for record in report["records"]} == {"2023-07-01", "2024-07-01", "pooled"}
    assert {tuple(sorted(one)) for one in report["comparisons"]} == {tuple(sorted(COMPARISON))}
    assert report["data"]["bootstrap"]["draws"] == 1000
    assert report["data"]["hashes"]["complaints.parquet"]
    assert report["data"]["intake"]["complaints"]["accepted"] == report["data"]["rows"]["complaints"]
    count = [record for record in report["records"] if record["model"] == "count_rule"]
    assert all(record["brier"] is None and record["ece"] is None for record in count)
    pooled = [r for r in report["records"] if r["as_of"] == "pooled" and r["outcome"] == "conduct"]
    assert pooled[0]["n_test"] == sum(
        r["n_test"] for r in count if r["outcome"] == "conduct" and r["as_of"] != "pooled"
    )
    assert set(report) == {"protocol", "data", "records", "comparisons", "open_findings"}
    told = report["open_findings"]
    assert [(one["outcome"], one["as_of"]) for one in told] == [
        ("conduct", day) for day in ("2023-07-01", "2024-07-01")
    ]
    assert all(one["told"]["en"] in console.file.getvalue() for one in told)  # type: ignore[attr-defined]
    assert "peak memory" in console.file.getvalue()  # type: ignore[attr-defined]  # the StringIO above


def test_an_as_of_without_positives_is_null_and_no_crash(bureau: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from training.risk import outcomes

    monkeypatch.setattr(outcomes, "happened", lambda _, __, looked, **___: looked.officers.map(lambda _: 0.0))
    report = backtest_risk(asked(bureau, as_ofs=["2024-07-01"]))
    assert all(math.isnan(record["average_precision"]) for record in report.records)
    assert without_nan(report.records)[0]["average_precision"] is None
    assert all(record["positives"] == 0 for record in report.records)


def test_peers_may_be_told_what_became_known_later(bureau: Path) -> None:
    report = backtest_risk(asked(bureau, as_ofs=["2024-07-01"], with_eventual=True))
    versus = {one["versus"] for one in report.comparisons}
    assert {"logistic_eventual", "random_forest_eventual", "lightgbm_eventual"} <= versus
    assert {record["model"] for record in report.records} == set(MODELS)


def test_eventual_labels_are_a_flag(bureau: Path) -> None:
    report = backtest_risk(asked(bureau, as_ofs=["2024-07-01"], labels="eventual"))
    assert {record["labels"] for record in report.records} == {"eventual"}


def test_what_cannot_be_asked_is_told(bureau: Path) -> None:
    with pytest.raises(InvalidInput, match="outcome"):
        backtest_risk(asked(bureau, outcomes=["luck"]))
    with pytest.raises(InvalidInput, match="labels"):
        backtest_risk(asked(bureau, labels="best"))
    with pytest.raises(NotReady, match="too late"):
        backtest_risk(asked(bureau, as_ofs=["2020-07-01"]))
    with pytest.raises(NotReady, match="counted"):
        backtest_risk(asked(bureau, as_ofs=["2040-01-01"]))


def test_a_split_that_cannot_be_is_told_before_any_fit(bureau: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("experiments.backtests.risk.take", None)
    with pytest.raises(NotReady, match="too late"):
        backtest_risk(asked(bureau, as_ofs=["2020-07-01", "2024-07-01"]))
    with pytest.raises(NotReady, match="counted"):
        backtest_risk(asked(bureau, as_ofs=["2024-07-01", "2040-01-01"]))


def test_hashes_of_what_is_no_file_are_none(tmp_path: Path) -> None:
    assert file_hashes(tmp_path / "nothing") == {}
    (tmp_path / "one.csv").write_text("a")
    assert list(file_hashes(tmp_path / "one.csv")) == ["one.csv"]
    assert known_until({"complaints": pd.DataFrame({"known_on": []})}) is None


@pytest.mark.cities
@pytest.mark.slow
def test_chicago_counts_as_published(shared_data: Path) -> None:
    frames = frames_of("chicago", shared_data / "chicago", None)
    test = eligible_officers(frames, [date(2012, 1, 1)])
    assert len(test) == 11_994
    assert abs(labels(frames, test, Question("conduct", 24, None)).sum() - 658) <= 2


def test_what_cannot_be_written_or_asked_is_refused_before_the_work(bureau: Path, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x", "utf-8")
    asked = RiskBacktest("simulator", bureau, ["2024-07-01"], ["conduct"], 12)
    with pytest.raises(InvalidInput, match="nothing can be written there"):
        run_backtest(asked, file / "deep" / "risk.json", Console(quiet=True))
    with pytest.raises(InvalidInput, match="is a folder"):
        run_backtest(asked, tmp_path, Console(quiet=True))
    with pytest.raises(InvalidInput, match="conduct may not be asked for 7 months; policy allows 6, 12, 24"):
        backtest_risk(RiskBacktest("simulator", bureau, ["2024-07-01"], ["conduct"], 7))


def test_the_table_of_comparisons_tells_average_precision_only() -> None:
    one = {"outcome": "conduct", "as_of": "pooled", "versus": "count_rule", "difference": 0.1, "low": 0.0, "high": 0.2}
    both = [{**one, "metric": metric} for metric in ("average_precision", "precision_at_5pct")]
    assert comparison_table(both).row_count == 1
