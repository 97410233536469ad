"""A search that is killed finds what it would have found; limits bind; workers share a study on both storages."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from data_contracts.errors import InvalidInput, NotReady
from data_contracts.settings import Settings
from tests.postgres import postgresql
from tests.training import planted_search as planted
from training.tuning.search import Found, search
from training.tuning.ways import Crew, Pruning, Sampling, Stopping, Ways

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def use(tmp_path: Path) -> Settings:
    return Settings(state=tmp_path / "state")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with postgresql(tmp_path_factory.mktemp("server")) as url:
        yield url


def without_seconds(found: Found) -> Found:
    """Times differ, and a trial that was killed leaves a gap in the numbers."""
    told = tuple(replace(one, seconds=0.0, number=place) for place, one in enumerate(found.trials))
    return replace(found, trials=told)


def test_a_search_killed_within_a_trial_finds_what_it_would_have_found(tmp_path: Path) -> None:
    whole = search(planted.SEARCH, planted.planted, trials=planted.TRIALS, settings=Settings(state=tmp_path / "whole"))
    killed = tmp_path / "killed"
    command = [sys.executable, "-m", "tests.training.planted_search", str(killed), "11"]
    ended = subprocess.run(command, cwd=ROOT, check=False, timeout=60)
    assert ended.returncode == -signal.SIGKILL
    seen: list[int] = []
    resumed = search(
        planted.SEARCH, planted.planted, trials=planted.TRIALS, settings=Settings(state=killed),
        progress=lambda done, _: seen.append(done),
    )  # fmt: skip
    assert seen[0] == 10, "ten were judged before it was killed"
    assert without_seconds(resumed) == without_seconds(whole)
    assert resumed.failed == 0, "what was begun by the killed process counts as never drawn"


def test_settings_that_break_a_limit_are_never_the_best(use: Settings) -> None:
    found = search(planted.SEARCH, planted.held, trials=12, settings=use)
    assert found.params["leaves"] <= 20
    assert found.value == max(one.value or 0.0 for one in found.trials if one.holds)
    assert any(not one.holds for one in found.trials), "the default has 30 leaves"
    assert found.trials[0].limits == {"gap": 10.0}


def test_where_nothing_keeps_the_limits_it_says_so(use: Settings) -> None:
    with pytest.raises(NotReady, match=r"none of 1 settings of risk keeps the limits \(gap\)"):
        search(planted.SEARCH, planted.held, trials=1, settings=use)


def test_ways_are_named_and_pruning_can_be_off() -> None:
    ways = Ways(Sampling(startup_trials=3, candidates=5), Pruning(Stopping.NONE))
    sampler = ways.sampling.sampler(1)
    assert (sampler._n_startup_trials, sampler._n_ei_candidates, sampler._multivariate) == (3, 5, True)
    assert type(ways.pruning.pruner()).__name__ == "NopPruner"
    assert type(Pruning().pruner()).__name__ == "MedianPruner"


@pytest.mark.slow
def test_workers_share_a_journal(use: Settings, tmp_path: Path) -> None:
    _shared(use, tmp_path / "who")


@pytest.mark.slow
@pytest.mark.server
def test_workers_share_a_study_on_postgresql(server: str, tmp_path: Path) -> None:
    use = Settings(state=tmp_path / "state", tuning_url=server)
    _shared(use, tmp_path / "who")
    assert not (use.tuning_dir / "journal.log").exists()
    again = search(planted.SEARCH, planted.planted, trials=8, settings=use)
    assert again.judged == 8, "what is judged lies in the database"


def _shared(use: Settings, who: Path) -> None:
    who.mkdir()
    seen: list[int] = []
    found = search(
        planted.SEARCH, planted.planted, trials=8, settings=use, progress=lambda done, _: seen.append(done),
        crew=Crew(2, partial(planted.make, who)),
    )  # fmt: skip
    assert (found.judged, found.failed) == (8, 0)
    assert len(list(who.iterdir())) == 2, "both workers judged"
    assert str(os.getpid()) not in {one.name for one in who.iterdir()}
    assert sum(one.given for one in found.trials) == 1, "the defaults are judged once, whoever is first"
    assert seen == sorted(seen)
    assert seen[-1] == 8


@pytest.mark.slow
def test_workers_that_can_fit_nothing_end(use: Settings) -> None:
    with pytest.raises(NotReady, match="every trial was pruned or failed"):
        search(planted.SEARCH, planted.planted, trials=2, settings=use, crew=Crew(2, planted.make_unfit))


@pytest.mark.slow
def test_a_worker_that_cannot_begin_is_told(use: Settings, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(NotReady, match="ended with status 3"):
        search(planted.SEARCH, planted.planted, trials=4, settings=use, crew=Crew(2, planted.make_nothing))
    assert "planted: no data for this worker" in capfd.readouterr().err


def test_a_server_that_is_not_there_and_an_address_of_another_kind(tmp_path: Path) -> None:
    away = Settings(state=tmp_path, tuning_url="postgresql+psycopg://nobody:hidden-word@127.0.0.1:9/none")
    with pytest.raises(NotReady, match="PHAROS_TUNING_URL") as told:
        search(planted.SEARCH, planted.planted, trials=1, settings=away)
    assert "hidden-word" not in str(told.value)
    other = away.model_copy(update={"tuning_url": "mysql://u:hidden-word@x/y"})
    with pytest.raises(InvalidInput, match="PHAROS_TUNING_URL") as refused:
        search(planted.SEARCH, planted.planted, trials=1, settings=other)
    assert "hidden-word" not in str(refused.value)
