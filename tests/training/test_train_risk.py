"""Training on a small simulated bureau through the feature store: checked, signed, registered, and it scores."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from data_contracts.errors import MissingTable, NotReady
from data_contracts.settings import Settings
from data_contracts.simulator.simulation import Plan
from data_contracts.simulator.write import write_simulation
from features.building import build_features
from features.history import History
from features.ingest import Delivered, ingest_with_progress
from features.store import FeatureReader
from models import artifacts, keys, registry
from models.risk import RiskBundle
from training.fit_risk import FitSettings
from training.risk_record import Later, as_table, check
from training.train_risk import RiskTraining, train_risk

DAY = date(2026, 1, 1)
FAST = FitSettings({"rounds": 25, "learning_rate": 0.1, "min_data_in_leaf": 20})


@pytest.fixture(scope="module")
def trained_state(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A bureau of 250 officers from the export to four yearly snapshots."""
    settings = Settings(state=tmp_path_factory.mktemp("state"))
    export = settings.state / "export"
    write_simulation(Plan(250, 6, 9, DAY), export, with_bad_rows=False)
    ingest_with_progress(Delivered("simulator", export, None), settings, Console(quiet=True), dry_run=False)
    build_features(settings, [date(year, 1, 1) for year in (2022, 2023, 2024, 2025, 2026)])
    return settings


def test_a_model_is_checked_signed_registered_and_scores(trained_state: Settings) -> None:
    trained = train_risk(trained_state, RiskTraining(DAY, ("conduct", "strain"), fit=FAST))
    parts, metadata = artifacts.load(trained.model.path, keys.public_key(trained_state.keys_dir))
    bundle = RiskBundle.from_parts(parts)
    reader = FeatureReader(trained_state)
    assert metadata["service_hash"] == reader.service_hash("risk_v1")
    assert set(bundle.outcomes) == set(trained.served)
    assert not any("sick_days" in name for name in bundle.columns)
    scored = bundle.score(reader.snapshot(DAY))
    assert scored["status"].isin(["scored", "not_scored"]).all()
    known = scored[scored["status"] == "scored"]
    assert known["probability"].between(0, 1).all()
    assert known["reasons"].str.contains("theme").any()
    assert {one.outcome for one in trained.checked} == {"conduct", "strain"}
    assert as_table(trained).row_count == 2
    assert str(trained_state.pictures_dir / "risk-conduct.png") in str(as_table(trained).caption)
    assert all(place.is_file() for place in trained.pictures)


def test_how_it_was_fitted_is_on_record(trained_state: Settings) -> None:
    trained = train_risk(trained_state, RiskTraining(DAY, ("conduct",), fit=FAST))
    params = registry.client(trained_state).get_run(trained.model.run_id).data.params
    assert params["boosted.rounds"] == str(FAST.boosted["rounds"])
    assert "rounds" in params["tuned"]
    assert float(params["penalty"]) == FAST.penalty
    assert params["seed"] == str(FAST.seed)
    assert "boosted" in params["blend.conduct"]


def test_days_without_snapshots_are_told(trained_state: Settings) -> None:
    with pytest.raises(NotReady, match="pharos features"):
        train_risk(trained_state, RiskTraining(date(2025, 6, 15), ("conduct",), fit=FAST))


def test_an_empty_history_is_told(tmp_path: Path) -> None:
    with pytest.raises(MissingTable, match="ingest"):
        train_risk(Settings(state=tmp_path), RiskTraining(DAY))
    assert History(tmp_path / "history").tables() == []


def later(quality: float, seed: int = 0) -> Later:
    rng = np.random.default_rng(seed)
    chances = rng.random(2000) * 0.4
    y = (rng.random(2000) < chances).astype(np.float64)
    counts = quality * chances + (1 - quality) * rng.random(2000)
    return Later(DAY, [f"o{n}" for n in range(2000)], y, chances, counts)


def test_only_what_beats_the_count_rule_for_sure_passes() -> None:
    assert check("conduct", [later(0.0)]).passes
    assert not check("conduct", [later(1.0)]).passes
    badly = Later(DAY, [f"o{n}" for n in range(2000)], later(0.0).y, later(0.0).chances + 0.3, later(0.0).counts)
    assert not check("conduct", [badly]).passes


def test_what_could_not_be_checked_does_not_pass() -> None:
    unknown = check("conduct", [])
    assert not unknown.passes
    assert unknown.rows == 0
