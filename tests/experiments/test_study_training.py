"""The [train] step of a study: the candidate's own settings reach the training, and a version is registered."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from data_contracts.catalog import catalog
from data_contracts.errors import InvalidInput, NotReady
from data_contracts.settings import Settings
from data_contracts.simulator.simulation import simulate
from experiments.studies import running
from experiments.studies.config import Study
from experiments.studies.reading import read_study
from experiments.studies.run import Asked, Run
from experiments.studies.training import train
from features.history import History
from models import registry
from tests.experiments.study_room import TEXT, written
from training.risk.fit import FitSettings
from training.risk.train import RiskTraining

END = date(2026, 1, 1)
HEAD = """
title = { zh = "训练", en = "Training" }
data = { source = "history" }
train = { candidate = "small", as_of = 2026-01-01 }
"""
STUDIES = {
    "next-post": """
kind = "next-post"
baseline = "markov"
peers = ["markov"]
test = { as_ofs = [2025-01-01], months = 12 }
[[candidate]]
name = "small"
settings = { nets = 1, passes = 1.0, min_steps = 5, min_holdout = 5 }
""",
    "courses": """
kind = "courses"
baseline = "item_knn"
peers = ["item_knn"]
test = { as_ofs = [2025-07-01], months = 2 }
[[candidate]]
name = "small"
settings = { rounds = 9, days = 120, most_weeks = 4 }
""",
}


@pytest.fixture(scope="module")
def use(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The history of a simulated bureau."""
    made = Settings(state=tmp_path_factory.mktemp("training") / "state")
    frames = simulate(160, 6, 5, END)
    History(made.history_dir).append_all({name: frames[name] for name in catalog().tables}, "test")
    return made


def run_of(use: Settings, folder: Path, text: str) -> Run:
    return Run(Asked(read_study(str(written(folder, HEAD + text, "trained"))), use))


@pytest.mark.slow
@pytest.mark.parametrize("kind", STUDIES)
def test_a_candidate_is_trained_with_its_settings_and_registered(use: Settings, tmp_path: Path, kind: str) -> None:
    made = train(run_of(use, tmp_path, STUDIES[kind]), {})
    found = registry.version_of(use, kind, str(made["version"]))
    assert (found.name, found.run_id) == (made["name"], made["run_id"])
    params = registry.client(use).get_run(found.run_id).data.params
    told = {"next-post": ("passes", "1.0"), "courses": ("rounds", "9")}[kind]
    assert params[told[0]] == told[1]
    assert params["as_of"] == str(END)


RISK = TEXT.replace('source = "simulator"', 'source = "history"').replace(
    "bureau = { officers = 140, years = 6, seed = 5, end = 2026-01-01 }", ""
) + '\n[train]\ncandidate = "tuned"\nas_of = 2026-01-01\n'  # fmt: skip


def asked_of_risk(use: Settings, folder: Path, params: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch) -> Any:
    """What the training of risk is asked for; the training itself has tests of its own."""
    heard: list[RiskTraining] = []

    def taken(_: Settings, asked: RiskTraining) -> Any:
        heard.append(asked)
        return SimpleNamespace(model=SimpleNamespace(name="risk", version="7", run_id="r"))

    monkeypatch.setattr("training.risk.train.train_risk", taken)
    made = train(Run(Asked(read_study(str(written(folder, RISK))), use)), params)
    assert made == {"name": "risk", "version": "7", "run_id": "r"}
    return heard[0]


def test_risk_is_trained_on_the_outcomes_and_months_of_the_study_with_what_was_found(
    use: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = asked_of_risk(use, tmp_path, {"num_leaves": 9, "penalty": 41.0}, monkeypatch)
    assert (asked.as_of, asked.outcomes, asked.horizons) == (END, ("strain",), (12,))
    assert isinstance(asked.fit, FitSettings)
    assert asked.fit.boosted["num_leaves"] == 9, "what was found stands over the candidate's own 5"
    assert (asked.fit.penalty, asked.fit.members) == (41.0, ("boosted",))


def test_a_study_whose_training_has_no_snapshots_is_refused_before_any_work(use: Settings, tmp_path: Path) -> None:
    """A state after `pharos ingest` alone: the remedy comes at once, not after the search and the tests."""
    study = read_study(str(written(tmp_path, RISK)))
    with pytest.raises(NotReady, match=r"no snapshot to learn strain from at 2026-01-01; run `pharos features --as-of"):
        running.run_study(Asked(study, use), Console(file=io.StringIO()))
    log = use.experiments_dir / study.name / "steps.log"
    assert not log.exists() or log.read_text("utf-8") == "", "no step was begun"


def test_a_study_whose_training_is_done_needs_no_snapshot(
    use: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("experiments.studies.training.train", lambda *_: {"version": "3"})
    untuned = RISK.replace("tuned = true", "").replace(RISK[RISK.index("[tune]") : RISK.index("[[candidate]]")], "")
    run = Run(Asked(read_study(str(written(tmp_path, untuned, "done"))), use))
    run.asked.folder.mkdir(parents=True)
    with pytest.raises(NotReady):
        running._check_training(run)
    running._trained(run, {}, SimpleNamespace(say=lambda _: None))  # type: ignore[arg-type]
    running._check_training(run)


def test_a_study_that_trains_nothing_says_so(use: Settings, tmp_path: Path) -> None:
    text = HEAD.replace('train = { candidate = "small", as_of = 2026-01-01 }', "") + STUDIES["courses"]
    study = read_study(str(written(tmp_path, text)))
    with pytest.raises(InvalidInput, match=r"trains nothing; add \[train\]"):
        train(Run(Asked(study, use)), {})


def test_a_study_trains_once_and_again_where_the_settings_changed(
    use: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained: list[Study] = []

    def counted(run: Run, params: Mapping[str, Any]) -> Mapping[str, Any]:
        trained.append(run.asked.study)
        return {"name": "courses", "version": str(len(trained)), "run_id": "r", "params": dict(params)}

    monkeypatch.setattr("experiments.studies.training.train", counted)
    silent: Any = SimpleNamespace(say=lambda _: None)
    first = run_of(use, tmp_path, STUDIES["courses"])
    first.asked.folder.mkdir(parents=True)  # as the lock of a run does
    assert [running._trained(first, {}, silent) for _ in range(2)] == ["1", "1"]
    again = run_of(use, tmp_path, STUDIES["courses"].replace("rounds = 9", "rounds = 8"))
    assert running._trained(again, {}, silent) == "2"
