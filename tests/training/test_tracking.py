"""Runs, versions, aliases and the gate, on one real MLflow database in a folder of this module."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from data_contracts.errors import GateRefused, InvalidInput, NotReady, UntrustedArtifact
from data_contracts.settings import Settings
from models import artifacts, keys, registry
from models.artifacts import Parts
from models.registry import ResolvedModel
from tests.training.list_versions import Lists, fewer_draws, register
from training import tracking
from training.gate import verdict as gate

GOOD_RISK = {"ap_gain.conduct": 0.02}
GOOD_NEXT_POST = {"ndcg_gain": 0.01, "ndcg_gain_low": 0.004}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """One database for the module: making it costs MLflow seconds."""
    return Settings(state=tmp_path_factory.mktemp("a state") / "state")


def train(use: Settings, folder: Path, name: str, figures: dict[str, float]) -> ResolvedModel:
    """A run with one signed model and its gate figures."""
    with tracking.run(name, "tiny", data_hash="d1", feature_service="tiny_v1", use=use) as run:
        signed = artifacts.save(
            folder / "signed", Parts(json={"cut": 0.5}), {"name": name}, keys.signing_key(use.keys_dir)
        )
        run.gate(figures)
        model = run.model(signed, name)
    shutil.rmtree(signed)
    return model


def test_a_run_keeps_params_metrics_by_date_pictures_and_records(made: Settings) -> None:
    from matplotlib.figure import Figure

    with tracking.run("risk", "kept", data_hash="d1", feature_service="risk_v1", use=made) as run:
        run.params({"trees": 500, "long": "x" * 9000})
        run.metrics({"average_precision": 0.09}, date(2013, 1, 1))
        run.metrics({"average_precision": 0.10}, date(2014, 1, 1))
        run.tags({"horizon_months": "12"})
        place = run.picture(Figure(), "precision_recall")
        run.record({"records": [1]}, "evaluation")
    client = registry.client(made)
    kept = client.get_run(run.run_id)
    history = client.get_metric_history(run.run_id, "average_precision")
    assert kept.info.status == "FINISHED"
    assert kept.data.params["trees"] == "500"
    assert [(row.step, row.value) for row in history] == [(20130101, 0.09), (20140101, 0.10)]
    assert {name: kept.data.tags[name] for name in ("data_hash", "feature_service", "horizon_months")} == {
        "data_hash": "d1", "feature_service": "risk_v1", "horizon_months": "12",
    }  # fmt: skip
    logged = {item.path for item in client.list_artifacts(run.run_id)}
    assert logged == {"pictures", "evaluation.json"}
    assert [item.path for item in client.list_artifacts(run.run_id, "pictures")] == ["pictures/precision_recall.png"]
    assert place == made.pictures_dir / run.run_id / "precision_recall.png"
    with tracking.run("risk", "next", data_hash="d1", feature_service="risk_v1", use=made) as later:
        assert later.picture(Figure(), "precision_recall") != place  # an older version keeps its own
    assert place.read_bytes().startswith(b"\x89PNG")


def test_a_run_that_raises_is_marked_failed(made: Settings) -> None:
    with pytest.raises(KeyError), tracking.run("risk", "bad", data_hash="d", feature_service="s", use=made) as run:
        raise KeyError("planted")
    assert registry.client(made).get_run(run.run_id).info.status == "FAILED"


def test_only_a_signed_folder_becomes_a_version(made: Settings, tmp_path: Path) -> None:
    with tracking.run("risk", "x", data_hash="d", feature_service="s", use=made) as run, pytest.raises(InvalidInput):
        run.model(tmp_path, "risk")


def test_the_champion_moves_only_through_the_gate(made: Settings, tmp_path: Path) -> None:
    weak = train(made, tmp_path, "next-post", {"ndcg_gain": 0.01, "ndcg_gain_low": -0.002})
    with pytest.raises(GateRefused, match=r"is -0\.002, must be above 0 \(fail\).*\. No version answers yet"):
        gate.promote(made, "next-post")
    with pytest.raises(NotReady, match="pharos promote next-post"):
        registry.resolve(made, "next-post")
    listless = train(made, tmp_path, "next-post", GOOD_NEXT_POST)
    with pytest.raises(GateRefused, match=r"train again to keep them\) is not measured, must be kept \(fail\)"):
        gate.promote(made, "next-post", listless.version)
    Lists(4000).settle_in(made)
    good = register(made, "next-post", Lists(4000).shown())
    with fewer_draws():
        promoted = gate.promote(made, "next-post")
    assert promoted.model.version == good.version
    assert promoted.passed
    with pytest.raises(GateRefused, match=f"Version {good.version} goes on answering"):
        gate.promote(made, "next-post", weak.version)
    resolved = registry.resolve(made, "next-post")
    parts, metadata = artifacts.load(resolved.path, keys.public_key(made.keys_dir))
    assert (resolved.version, parts.json, metadata["as_of"]) == (good.version, {}, "2026-01-01")


def test_a_gain_that_nobody_measured_is_not_promoted(made: Settings, tmp_path: Path) -> None:
    silent = train(made, tmp_path, "next-post", {"ndcg_gain": float("nan")})
    with pytest.raises(GateRefused, match=r"ndcg_gain_low: .* is not measured, must be above 0"):
        gate.promote(made, "next-post", silent.version)


def test_a_tampered_model_is_not_promoted(made: Settings, tmp_path: Path) -> None:
    model = train(made, tmp_path, "risk", GOOD_RISK)
    (model.path / "values.json").write_text('{"cut": 0.9}')
    with pytest.raises(UntrustedArtifact, match=r"values\.json"):
        gate.promote(made, "risk", model.version)


def test_a_moved_state_folder_still_resolves(made: Settings, tmp_path: Path) -> None:
    model = train(made, tmp_path, "next-post", GOOD_NEXT_POST)
    moved = Settings(state=tmp_path / "moved")
    shutil.copytree(made.state, moved.state)
    found = registry.version_of(moved, "next-post", model.version)
    assert found.path.is_relative_to(moved.state)
    artifacts.load(found.path, keys.public_key(moved.keys_dir))


def test_unknown_names_and_versions_are_named(made: Settings, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no model is called 'risks'"):
        registry.versions(made, "risks")
    train(made, tmp_path, "risk", GOOD_RISK)
    with pytest.raises(InvalidInput, match="has no version '99'; registered: 1"):
        gate.promote(made, "risk", "99")


def test_nothing_registered_is_not_ready(tmp_path: Path) -> None:
    fresh = Settings(state=tmp_path / "none")
    with pytest.raises(NotReady, match="pharos train risk"):
        registry.resolve(fresh, "risk")
    assert not fresh.state.exists()


def test_a_promotion_without_any_version_is_not_ready(made: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "versions", lambda *_: [])
    with pytest.raises(NotReady, match="pharos train risk"):
        gate.promote(made, "risk")


def test_artefacts_elsewhere_are_refused_with_a_remedy() -> None:
    with pytest.raises(NotReady, match="s3://"):
        registry._local("s3://bucket/model")
