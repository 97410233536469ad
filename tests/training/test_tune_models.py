"""What the search asks of the fits, and what training takes from the search."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from rich.console import Console

from data_contracts.errors import InvalidInput, NotReady
from data_contracts.settings import Settings
from features.history import History
from models import registry
from models.risk.boosting import DEFAULTS
from tests.training.careers import postings
from training.posts import fit as fit_next_post
from training.posts.data import TrainingData
from training.risk import fit as fit_risk
from training.risk import train as train_risk
from training.risk.dataset import Lesson
from training.risk.fit import Validated
from training.tuning import search as tune
from training.tuning import spaces as tune_models
from training.tuning.record import record_search
from training.tuning.search import Found, Number, Search, Space, Tried

PARAMS = {"rounds": 150, "num_leaves": 9, "penalty": 40.0}


@pytest.fixture
def use(tmp_path: Path) -> Settings:
    return Settings(state=tmp_path / "state")


def test_every_searched_setting_is_one_that_a_fit_takes() -> None:
    assert set(tune_models.RISK_SPACE) - {"penalty"} <= set(DEFAULTS)
    assert set(tune_models.NEXT_POST_SPACE) <= set(vars(fit_next_post.FitSettings()))


def test_training_takes_what_the_search_wrote_and_defaults_without_one(use: Settings) -> None:
    assert tune_models.risk_fit(use) == fit_risk.FitSettings()
    assert tune_models.next_post_fit(use) == fit_next_post.FitSettings()
    use.tuning_dir.mkdir(parents=True)
    tune._write_best(use, Search("risk", "d", {}), Found(dict(PARAMS), 0.1, 1, 0, 0))
    tune._write_best(use, Search("next-post", "d", {}), Found({"decay": 0.2}, 0.1, 1, 0, 0))
    assert tune_models.risk_fit(use).boosted == {"rounds": 150, "num_leaves": 9}
    assert tune_models.risk_fit(use).penalty == 40.0
    assert tune_models.next_post_fit(use).decay == 0.2


def said_of(quality: float | None) -> Validated | None:
    if quality is None:
        return None
    return Validated(date(2020, 1, 1), ["a", "b"], np.array([1.0, 0.0]), np.array([0.6, 0.4]), quality)


def test_risk_is_judged_on_every_outcome_that_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    figures: dict[str, float | None] = {"conduct": 0.1, "strain": None, "departure": 0.3}
    lessons = [cast(Lesson, SimpleNamespace(outcome=name)) for name in figures]
    reported: list[tuple[int, float]] = []
    monkeypatch.setattr(fit_risk, "validated", lambda lesson, _: said_of(figures[lesson.outcome]))
    judge = tune_models.risk_objective(lessons)
    assert judge(PARAMS, lambda *step: reported.append(step)) == pytest.approx(0.2)
    assert reported == [(0, 0.1), (2, pytest.approx(0.2))]
    with pytest.raises(InvalidInput, match="later --as-of"):
        tune_models.risk_objective(lessons[1:2])(PARAMS, lambda *_: None)


def test_next_post_is_judged_with_the_settings_of_the_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[fit_next_post.FitSettings] = []

    def figure(_: TrainingData, settings: fit_next_post.FitSettings) -> float:
        asked.append(settings)
        return 0.7

    monkeypatch.setattr(fit_next_post, "validation_score", figure)
    judge = tune_models.next_post_objective(cast(TrainingData, None))
    assert judge({"decay": 0.05}, lambda *_: None) == 0.7
    assert asked[0].decay == 0.05


def test_the_bar_shows_the_best_and_the_table_what_was_found(use: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def searched(settings: Settings, as_of: date, trials: int, progress: tune_models.Step) -> Found:
        progress(1, None)
        progress(trials, 0.25)
        return Found({"rounds": 150, "penalty": 40.5}, 0.25, trials, 1, 0)

    monkeypatch.setattr(tune_models, "tune_risk", searched)
    console = Console(record=True, width=100)
    console.print(tune_models.tune("risk", use, date(2026, 1, 1), 3, console))
    told = console.export_text()
    assert "best 0.2500" in told
    assert "risk: 0.2500" in told
    assert "3 judged" in told


def test_without_a_history_it_says_what_to_run(use: Settings) -> None:
    with pytest.raises(NotReady, match="pharos ingest"):
        tune_models.tune_next_post(use, date(2026, 1, 1), 1)


def test_a_search_is_one_run_with_every_trial_and_a_picture_on_record(
    use: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    space: Space = {"decay": Number(1e-4, 0.3, log=True), "passes": Number(1.0, 6.0)}
    about = {"data_hash": "rows", "service": "career_v1", "service_hash": "columns"}
    tried = (
        Tried(0, "complete", 0.4, {"decay": 0.01, "passes": 3.0}, 1.5, given=True),
        Tried(1, "pruned", 0.1, {"decay": 0.2, "passes": 1.0}, 0.5),
        Tried(2, "fail", None, {"decay": 0.3}, 0.1),
        Tried(3, "complete", 0.5, {"decay": 0.1, "passes": 2.0}, 1.0),
    )
    found = Found({"decay": 0.1, "passes": 2.0}, 0.5, 3, 1, 1, tried)
    told = record_search(use, Search("next-post", "d", space, about=about), found, date(2026, 1, 1))
    client = registry.client(use)
    (run,) = client.search_runs([client.get_experiment_by_name("next-post-tuning").experiment_id])
    assert run.data.tags["feature_service"] == "career_v1:columns"
    assert run.data.metrics == {"validation": 0.5, "judged": 3.0, "pruned": 1.0, "failed": 1.0}
    assert run.data.params == {"decay": "0.1", "passes": "2.0"}
    (seen,) = run.inputs.dataset_inputs
    assert (seen.dataset.name, seen.dataset.digest, seen.tags[0].value) == ("history", "rows", "validation")
    place = next(use.mlflow_dir.rglob("trials.json"))
    kept = json.loads(place.read_text("utf-8"))["trials"]
    assert [(one["state"], one["value"], one["given"]) for one in kept] == [
        ("complete", 0.4, True), ("pruned", 0.1, False), ("fail", None, False), ("complete", 0.5, False),
    ]  # fmt: skip
    assert told.picture == use.pictures_dir / run.info.run_id / "tune-next-post.png"
    assert told.picture is not None
    assert told.picture.stat().st_size > 10_000
    assert list(use.mlflow_dir.rglob("tune-next-post.png")) != []
    assert "glyph" not in caplog.text, "every letter of the picture is drawn"


@pytest.mark.parametrize("name", ["risk", "next-post"])
def test_the_defaults_and_what_is_in_force_are_judged_first(use: Settings, name: str) -> None:
    space, usual = tune_models.SPACES[name]
    asked = tune_models.search_of(use, name, "career_v1", date(2026, 1, 1))
    assert asked.starts[0] == asked.starts[1] == {setting: usual[setting] for setting in space}
    for setting, part in space.items():
        assert isinstance(part, Number)
        assert part.low <= usual[setting] <= part.high, f"the default {setting} lies outside of what is searched"
    first = next(iter(space))
    use.tuning_dir.mkdir(parents=True)
    low = space[first]
    assert isinstance(low, Number)
    tune._write_best(use, asked, Found({first: low.low}, 0.1, 1, 0, 0))
    again = tune_models.search_of(use, name, "career_v1", date(2026, 1, 1))
    assert (again.starts[0], again.starts[1][first]) == (asked.starts[0], low.low)


def test_both_commands_search_with_the_defaults_given(state: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Search] = []

    def searched(what: Search, *_: object, **__: object) -> Found:
        asked.append(what)
        return Found({}, 0.0, 1, 0, 0)

    monkeypatch.setattr(tune_models, "search", searched)
    monkeypatch.setattr(tune_models, "record_search", lambda *_: None)
    monkeypatch.setattr(train_risk, "material_of", lambda *_: None)
    for part in ("label_tables", "splits_of"):
        monkeypatch.setattr(train_risk, part, lambda *_: {})
    tune_models.tune_risk(state, date(2022, 1, 1), 1)
    rows = postings({"a": [("p", "2020-01-01"), ("q", "2020-06-01")]}).drop(columns="superseded_on")
    absent = ("ended_on", "shift", "supervisor_id", "occasion")
    History(state.history_dir).append("postings", rows.assign(**dict.fromkeys(absent)))
    tune_models.tune_next_post(state, date(2022, 1, 1), 1)
    assert [(what.name, what.starts[0]["learning_rate"]) for what in asked] == [("risk", 0.03), ("next-post", 3e-3)]
    assert [what.about["service"] for what in asked] == ["risk_v1", "career_v1"]
    assert all(what.about["service_hash"] in what.context for what in asked)


def test_settings_found_on_other_data_or_features_are_used_and_said_aloud(use: Settings) -> None:
    use.tuning_dir.mkdir(parents=True)
    told: list[str] = []
    now = tune_models.search_of(use, "next-post", "career_v1", date(2026, 1, 1))
    for changed in ({}, {"data_hash": "old"}, {"service_hash": "old"}):
        asked = replace(now, about={**now.about, **changed})
        tune._write_best(use, asked, Found({"decay": 0.2}, 0.1, 1, 0, 0))
        assert tune_models.next_post_fit(use, told.append).decay == 0.2
    assert told[0] == "next-post: settings of the search as of 2026-01-01 are used"
    assert "the history changed since" in told[1]
    assert "features changed since" in told[2]
    assert "pharos tune next-post" in told[2]
    tune_models.risk_fit(use, told.append)
    assert len(told) == 3, "defaults need no word"
