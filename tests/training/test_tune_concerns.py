"""Settings of the sorting of concerns are searched on held-out phrases, and the next training uses what was found."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

import pharos
from data_contracts.concern_phrases import PhraseBank, phrases
from data_contracts.settings import Settings
from models import registry
from training.concerns.challenger import NetFit
from training.concerns.corpus import Share, part_of
from training.concerns.fit import ConcernFit, worth_of_settings
from training.tuning import concerns
from training.tuning.record import experiment_of
from training.tuning.search import best

pytestmark = pytest.mark.slow
DAY = date(2026, 1, 1)


@pytest.fixture(scope="module")
def small() -> PhraseBank:
    """One phrase of eight of each subcategory, and all that stands around them."""
    return PhraseBank(part_of(phrases(), Share(0, 8, held=True)).subcategories, phrases().around)


@pytest.fixture(scope="module")
def use(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(state=tmp_path_factory.mktemp("tuned") / "state")


@pytest.fixture(autouse=True)
def of_few_phrases(small: PhraseBank, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(concerns, "phrases", lambda: small)


def test_the_best_is_kept_gone_on_with_and_used(use: Settings, small: PhraseBank) -> None:
    heard: list[tuple[int, float | None]] = []
    found = concerns.tune_concerns(use, DAY, 2, lambda done, value: heard.append((done, value)))
    assert (found.judged, found.failed) == (2, 0)
    assert found.trials[0].given, "the defaults are judged first"
    assert set(found.params) == set(concerns.LINEAR_SPACE)
    assert found.value == max(one.value or 0.0 for one in found.trials)
    assert heard[-1] == (2, found.value)
    usual = replace(ConcernFit(), variants=concerns.SEARCH_VARIANTS)
    assert found.trials[0].value == pytest.approx(worth_of_settings(small, usual, lambda *_: None))
    again = concerns.tune_concerns(use, DAY, 2)
    assert [one.params for one in again.trials[:2]] == [one.params for one in found.trials], "no trial is judged twice"
    words: list[str] = []
    fit = concerns.concern_fit(use, words.append)
    assert {name: getattr(fit, name) for name in found.params} == found.params
    assert fit.variants == ConcernFit().variants, "a training draws as many forms as ever"
    assert words == ["concerns: settings of the search as of 2026-01-01 are used"]
    assert found.picture is not None
    assert found.picture.is_file()


def test_phrases_that_changed_since_are_told_and_searched_anew(
    use: Settings, small: PhraseBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    concerns.tune_concerns(use, DAY, 1)
    taught = small.subcategories["housing"]
    more = {**small.subcategories, "housing": replace(taught, says=(*taught.says, "宿舍没有热水"))}
    monkeypatch.setattr(concerns, "phrases", lambda: PhraseBank(more, small.around))
    words: list[str] = []
    concerns.concern_fit(use, words.append)
    assert "the phrases changed since, so `pharos tune concerns` may find better ones" in words[0]
    found = concerns.tune_concerns(use, DAY, 1)
    assert all(one.given for one in found.trials), "figures of other phrases do not count; what is in force is judged"


def test_nobody_searched_yet(tmp_path: Path) -> None:
    words: list[str] = []
    assert concerns.concern_fit(Settings(state=tmp_path), words.append) == ConcernFit()
    assert words == []


def test_the_network_is_searched_by_the_command(use: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = NetFit(variants=1, epochs=2)
    monkeypatch.setattr(concerns, "NetFit", lambda: quick)
    monkeypatch.setattr("experiments.commands.edge.settings", lambda: use)
    asked = ["tune", "concerns", "--as-of", "2026-01-01", "--trials", "2", "--challenger"]
    told = CliRunner().invoke(pharos.app, asked)
    assert told.exit_code == 0, told.output
    assert "2 judged" in " ".join(told.output.split())
    assert set(best(use, concerns.CHALLENGER).params) == set(concerns.NET_SPACE)
    client = registry.client(use)
    experiment = client.get_experiment_by_name(experiment_of(concerns.CHALLENGER))
    (run,) = client.search_runs([experiment.experiment_id])
    (seen,) = run.inputs.dataset_inputs
    assert (seen.dataset.name, seen.dataset.digest) == ("phrases", run.data.tags["data_hash"][:36])
    assert float(run.data.params["learning_rate"]) == best(use, concerns.CHALLENGER).params["learning_rate"]
