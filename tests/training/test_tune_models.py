"""What the search asks of the fits, and what training takes from the search."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, cast

import pytest
from rich.console import Console

from data_contracts.errors import InvalidInput, NotReady
from data_contracts.settings import Settings
from models.boosting import DEFAULTS
from training import fit_next_post, fit_risk, tracking, tune, tune_models
from training.dataset import Lesson
from training.next_post_data import TrainingData
from training.tune import Found, Search

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


def test_risk_is_judged_on_every_outcome_that_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    figures: dict[str, float | None] = {"conduct": 0.1, "strain": None, "departure": 0.3}
    lessons = [cast(Lesson, name) for name in figures]
    reported: list[tuple[int, float]] = []
    monkeypatch.setattr(fit_risk, "validation_score", lambda lesson, _: figures[lesson])
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


def test_a_search_is_one_run_on_record(use: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: dict[str, Any] = {}

    class Run:
        def __enter__(self) -> Run:
            return self

        def __exit__(self, *_: object) -> None:
            kept["closed"] = True

        def params(self, values: Mapping[str, Any]) -> None:
            kept["params"] = dict(values)

        def metrics(self, values: Mapping[str, float], as_of: date) -> None:
            kept["metrics"] = dict(values)

    monkeypatch.setattr(tracking, "run", lambda *_, **__: Run())
    found = Found({"decay": 0.1}, 0.5, 3, 1, 0)
    tune_models._record(use, Search("next-post", "d", {}), found, "hash", "career_v1", date(2026, 1, 1))
    assert kept == {
        "params": {"decay": 0.1}, "metrics": {"validation": 0.5, "judged": 3, "pruned": 1}, "closed": True,
    }  # fmt: skip
