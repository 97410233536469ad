"""The planted truth beside a simulated bureau: what the oracle knows, and how a model is measured against it."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from data_contracts.errors import MissingTable
from data_contracts.simulator.simulation import Plan
from data_contracts.simulator.write import TRUTH, write_simulation
from experiments.backtests import truth as backtest_truth
from experiments.backtests.planted_recorded import recorded
from experiments.backtests.planted_truth import Asked, age_blind, foresight, oracle
from experiments.backtests.truth import TruthBacktest, as_table, read_truth, run_backtest
from features.ingest import frames_of
from training.evaluation.risk_metrics import average_precision
from training.risk.dataset import RiskRows
from training.risk.fit import FitSettings
from training.risk.outcomes import Frames, Question, labels

END, DAY = date(2026, 1, 1), date(2025, 1, 1)
QUICK = FitSettings({"rounds": 20, "learning_rate": 0.1}, members=("boosted", "logistic"))


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("simulated")
    write_simulation(Plan(900, 6, 11, END), folder)
    return folder


@pytest.fixture(scope="module")
def tables(bureau: Path) -> Frames:
    return frames_of("simulator", bureau)


def everybody(truth: pd.DataFrame, day: date) -> pd.Series:
    return truth.loc[truth["month"] == pd.Timestamp(day), "officer_id"].astype("string").reset_index(drop=True)


def test_the_truth_is_no_table_and_lies_apart(bureau: Path, tables: Frames, tmp_path: Path) -> None:
    assert TRUTH not in tables
    assert not (bureau / f"{TRUTH}.parquet").exists()
    assert {"strain", "departure", "step", "courses"} <= set(read_truth(bureau))
    with pytest.raises(MissingTable, match="pharos simulate"):
        read_truth(tmp_path)


@pytest.mark.parametrize(("outcome", "times"), [("strain", 2.0), ("departure", 1.2), ("stagnation", 8.0)])
def test_who_knows_the_hazards_ranks_well(bureau: Path, tables: Frames, outcome: str, times: float) -> None:
    truth, came, said = read_truth(bureau), [], []
    for day in (date(2023, 1, 1), date(2024, 1, 1), DAY):
        asked = Asked(everybody(truth, day), day, 12)
        spine = pd.DataFrame({"officer_id": asked.officers, "as_of": pd.Timestamp(day).as_unit("us")})
        came.append(labels(tables, spine, Question(outcome, 12, None)))
        said.append(oracle(outcome, truth, tables, asked))
    y, chances = np.concatenate(came), np.concatenate(said)
    assert average_precision(y, chances) > times * y.mean()
    assert 0.6 < chances.sum() / y.sum() < 1.6


def test_the_oracle_knows_nothing_later_and_foresight_does(bureau: Path, tables: Frames) -> None:
    truth = read_truth(bureau)
    asked = Asked(everybody(truth, DAY), DAY, 12)
    early = truth[truth["month"] <= pd.Timestamp(DAY)]
    for outcome in ("conduct", "strain", "departure"):
        now = oracle(outcome, truth, tables, asked)
        assert np.array_equal(now, oracle(outcome, early, tables, asked))
        assert not np.array_equal(now, foresight(outcome, truth, tables, asked))
    stuck = [ranks("stagnation", truth, tables, asked) for ranks in (oracle, foresight)]
    assert np.array_equal(stuck[0], stuck[1])


def test_an_oracle_without_age_treats_old_and_young_alike(bureau: Path, tables: Frames) -> None:
    truth = read_truth(bureau)
    asked = Asked(everybody(truth, DAY), DAY, 12)
    same = truth.assign(strain=0.01, usual_overtime=1.0)
    born = tables["protected_attributes"].set_index("officer_id")["birth_year"]
    old = (DAY.year - asked.officers.map(born).astype("float64") > 50).to_numpy(bool)
    blind = age_blind("strain", same, tables, asked)
    assert blind[old].max() < blind[~old].min()  # the same hazard at fifty-five owes part of it to age
    assert np.array_equal(age_blind("departure", truth, tables, asked), oracle("departure", truth, tables, asked))


def by_hand(tables: Frames, days: Sequence[date]) -> RiskRows:
    """Two columns for whoever worked in the month before each day."""
    duty, parts = tables["duty_months"], []
    for day in map(pd.Timestamp, days):
        rows = duty[(duty["month"] >= day - pd.DateOffset(months=12)) & (duty["month"] < day)]
        sums = rows.groupby("officer_id", as_index=False)[["overtime_hours", "nights"]].sum()
        parts.append(sums.assign(as_of=day.as_unit("us"), complaints_24m=0.0))
    frame = pd.concat(parts, ignore_index=True)
    frame = frame.rename(columns={"overtime_hours": "overtime_hours_12m", "nights": "nights_12m"})
    return RiskRows(frame, tables, ("overtime_hours_12m", "nights_12m"))


def test_a_model_is_measured_against_the_oracle(bureau: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backtest_truth, "rows_from_tables", by_hand)
    out, said = tmp_path / "truth.json", io.StringIO()
    asked = TruthBacktest(bureau, ["2024-01-01", "2025-01-01"], ["strain"], fit=QUICK, curve=True)
    run_backtest(asked, out, Console(file=said, width=120))
    told = json.loads(out.read_text("utf-8"))
    records, curve = told["records"], told["learning_curve"]
    assert [one["share"] for one in curve] == [0.125, 0.25, 0.5, 1.0]
    assert [one["officers"] for one in curve] == sorted({one["officers"] for one in curve})
    assert all((one["caution"] is not None) == (one["positives"] < 50) for one in records)
    assert [record["as_of"] for record in records] == ["2024-01-01", "2025-01-01", "pooled"]
    pooled = records[-1]
    ratio, precision = pooled["pharos_over_oracle"], pooled["average_precision"]
    assert ratio["ratio"] == pytest.approx(precision["pharos"] / precision["oracle"])
    assert precision["oracle"] > precision["planted_hazard"]
    assert ratio["low"] < ratio["ratio"] < ratio["high"]
    assert precision["foresight"] > precision["pharos"] > 1.5 * pooled["positives"] / pooled["n_test"]
    assert "strain" in said.getvalue()


def test_the_table_fits_a_terminal_of_eighty_columns() -> None:
    ratio = {"ratio": 0.784, "low": 0.712, "high": 1.254}
    record = {"outcome": "stagnation", "as_of": "2025-01-01", "positives": 12345, "caution": None,
              "pharos_over_oracle": ratio,
              "average_precision": dict.fromkeys((*backtest_truth.ORACLES, backtest_truth.PHAROS), 0.25)}  # fmt: skip
    out = io.StringIO()
    Console(file=out, width=80).print(as_table([record]))
    assert "0.78 [0.71, 1.25]" in out.getvalue()
    assert "…" not in out.getvalue()
    assert "too few" not in out.getvalue()
    few = {**record, "positives": 26, "caution": backtest_truth.TOO_FEW}
    Console(file=out, width=80).print(as_table([record, few]))
    assert "26*" in out.getvalue()
    assert "too few to judge by" in out.getvalue()


def test_who_reads_the_tables_comes_near_the_oracle_and_knows_nothing_later(bureau: Path, tables: Frames) -> None:
    truth = read_truth(bureau)
    asked = Asked(everybody(truth, DAY), DAY, 12)
    early = {name: table[~(table["known_on"] > pd.Timestamp(DAY))] for name, table in tables.items()}
    for outcome, least in (("strain", 0.85), ("departure", 0.95)):
        read, best = recorded(outcome, tables, asked), oracle(outcome, truth, tables, asked)
        assert np.corrcoef(np.log(read), np.log(best))[0, 1] > least
        assert np.array_equal(read, recorded(outcome, early, asked))
