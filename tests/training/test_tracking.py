"""Runs, versions, aliases and the gate, on one real MLflow database in a folder of this module."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest

from data_contracts.errors import GateRefused, InvalidInput, NotReady, RegistryDown, UntrustedArtifact
from data_contracts.settings import Settings
from models import artifacts, keys, registry, run_files
from models.artifacts import Parts
from models.registry import ResolvedModel
from tests.training.list_versions import Lists, fewer_draws, register
from training import tracking
from training.courses.train import train_courses
from training.feedback.train import train_feedback
from training.gate import verdict as gate
from training.paths.train import train_paths
from training.posts.train import train_next_post
from training.risk.train import RiskTraining, train_risk
from training.tuning.spaces import tune_next_post, tune_risk

DAY = date(2026, 1, 1)
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


@pytest.fixture
def moved(made: Settings, tmp_path: Path) -> Settings:
    """A copy of the module's state in another place, one version older than its next run."""
    train(made, tmp_path, "next-post", GOOD_NEXT_POST)
    shutil.copytree(made.state, tmp_path / "moved 副本")
    return Settings(state=tmp_path / "moved 副本")


def held(use: Settings) -> dict[str, object]:
    """What a state keeps: each database row by row, each other file by its digest.

    A database's own files change without a write: its last reader folds the write-ahead log into it, whenever that
    reader is collected.
    """
    kept: dict[str, object] = {}
    for path in use.state.rglob("*"):
        if path.suffix == ".db":
            with closing(sqlite3.connect(path)) as opened:
                kept[str(path)] = list(opened.iterdump())
        elif path.is_file() and path.suffix not in (".db-wal", ".db-shm"):
            kept[str(path)] = sha256(path.read_bytes()).hexdigest()
    return kept


def test_a_moved_state_folder_trains_and_gates_into_its_own_place(
    made: Settings, moved: Settings, tmp_path: Path
) -> None:
    before, older = held(made), registry.versions(moved, "next-post")[-1]
    trained = train(moved, tmp_path, "next-post", GOOD_NEXT_POST)
    assert trained.path.is_relative_to(moved.state.resolve())
    address = registry.client(moved).get_run(trained.run_id).info.artifact_uri
    assert trained.path == Path(unquote(urlparse(address).path)) / "model"
    with fewer_draws():
        _, card = gate.pass_gate(moved, "next-post", older.version)
    assert (card.is_relative_to(moved.state), card.name) == (True, "card")
    assert {"result.json"} <= {path.name for path in (card.parent / "gate").iterdir()}
    assert held(made) == before, "nothing went to the place it was copied from"
    again = Settings(state=tmp_path / "again")
    moved.state.rename(again.state)
    found = registry.version_of(again, "next-post", trained.version)
    assert artifacts.load(found.path, keys.public_key(again.keys_dir))[1]["name"] == "next-post"


@pytest.mark.parametrize(
    ("name", "trains"),
    [
        ("risk", lambda use: train_risk(use, RiskTraining(DAY))),
        ("next-post", lambda use: train_next_post(use, DAY)),
        ("courses", lambda use: train_courses(use, DAY)),
        ("paths", lambda use: train_paths(use, DAY)),
        ("feedback", lambda use: train_feedback(use, DAY)),
        ("risk-tuning", lambda use: tune_risk(use, DAY, 1)),
        ("next-post-tuning", lambda use: tune_next_post(use, DAY, 1)),
    ],
)
def test_what_cannot_be_kept_is_refused_before_anything_is_read(
    tmp_path: Path, name: str, trains: Callable[[Settings], object]
) -> None:
    use = Settings(state=tmp_path / "state")
    use.mlflow_dir.mkdir(parents=True)
    with closing(sqlite3.connect(use.mlflow_database)) as opened, opened:
        opened.execute("CREATE TABLE experiments (name TEXT, artifact_location TEXT)")
        opened.execute("INSERT INTO experiments VALUES (?, ?)", (name, f"s3://bucket/mlflow/artifacts/{name}"))
    with pytest.raises(NotReady, match=f"'{name}' whose files lie in s3://bucket.*PHAROS_MLFLOW_URL"):
        trains(use)


def test_a_registry_that_cannot_be_read_is_told_at_once(tmp_path: Path) -> None:
    use = Settings(state=tmp_path / "state")
    run_files.check(use, "risk")
    assert not use.state.exists(), "looking changes nothing"
    use.mlflow_dir.mkdir(parents=True)
    use.mlflow_database.write_bytes(b"no database" * 100)
    with pytest.raises(RegistryDown, match=r"mlflow\.db"):
        run_files.check(use, "risk")


def test_an_experiment_that_no_state_made_opens_no_run(moved: Settings) -> None:
    registry.client(moved).create_experiment("paths", artifact_location="s3://bucket/mlflow/artifacts/paths")
    with (
        pytest.raises(NotReady, match="bucket"),
        tracking.run("paths", "x", data_hash="d", feature_service="s", use=moved),
    ):
        raise AssertionError("it opened")


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


def test_a_run_that_another_state_led_away_meanwhile_is_refused(tmp_path: Path) -> None:
    use, other = Settings(state=tmp_path / "state"), Settings(state=tmp_path / "other")
    with pytest.raises(NotReady, match="another state uses this registry"):
        run_files.check_run(use, "risk", run_files.place_of(other, "risk").as_uri() + "/r/artifacts")
