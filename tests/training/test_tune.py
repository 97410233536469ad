"""The search finds a planted optimum, goes on after a kill, keeps studies apart and stops hopeless trials."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from data_contracts.errors import InvalidInput, NotReady
from data_contracts.settings import Settings
from training.tuning import search as tune
from training.tuning.search import Choice, Number, Report, Search, Space

SPACE: Space = {
    "rate": Number(1e-4, 1.0, log=True),
    "leaves": Number(2, 64, whole=True),
    "loss": Choice(("hard", "soft")),
}
SEARCH = Search("risk", "data-1", SPACE)


@pytest.fixture
def use(tmp_path: Path) -> Settings:
    return Settings(state=tmp_path / "state")


def planted(params: Mapping[str, Any], report: Report) -> float:
    """Best at 30 leaves with soft labels, whatever the rate."""
    return float(params["loss"] == "soft") - abs(float(params["leaves"]) - 30) / 64


def test_the_planted_optimum_is_found_and_written_down(use: Settings) -> None:
    seen: list[tuple[int, float | None]] = []
    found = tune.search(SEARCH, planted, trials=30, settings=use, progress=lambda *step: seen.append(step))
    assert found.params["loss"] == "soft"
    assert abs(found.params["leaves"] - 30) <= 6
    assert [count for count, _ in seen] == list(range(1, 31))
    assert seen[-1][1] == found.value
    assert tune.best(use, "risk").params == found.params
    assert tune.best(use, "next-post") == tune.Best({}, {})


def test_a_killed_search_goes_on_where_it_was(use: Settings) -> None:
    calls: list[float] = []

    def killed(params: Mapping[str, Any], report: Report) -> float:
        if len(calls) == 4:
            raise KeyboardInterrupt
        calls.append(params["rate"])
        return float(params["rate"])

    with pytest.raises(KeyboardInterrupt):
        tune.search(SEARCH, killed, trials=6, settings=use)
    before = list(calls)

    def resumed(params: Mapping[str, Any], report: Report) -> float:
        calls.append(params["rate"])
        return float(params["rate"])

    found = tune.search(SEARCH, resumed, trials=6, settings=use)
    assert (len(before), len(calls), found.judged) == (4, 6, 6)
    assert len(set(calls)) == 6, "a restart must not draw the first trials again"
    assert found.value == max(calls)
    assert tune.search(SEARCH, resumed, trials=6, settings=use) == found
    assert len(calls) == 6, "a finished search judges nothing more"


def test_other_data_is_another_study(use: Settings) -> None:
    tune.search(SEARCH, planted, trials=2, settings=use)
    other = tune.search(Search("risk", "data-2", SPACE), planted, trials=1, settings=use)
    assert other.judged == 1


def test_the_settings_in_force_are_judged_first(use: Settings) -> None:
    start = {"rate": 0.1, "leaves": 30, "loss": "soft"}
    found = tune.search(Search("risk", "d", SPACE, starts=(start,)), planted, trials=1, settings=use)
    assert (found.params, found.value) == (start, 1.0)
    assert [(one.given, one.state, one.value) for one in found.trials] == [(True, "complete", 1.0)]


def test_the_best_is_never_worse_than_the_defaults_even_of_a_search_that_had_ended_without_them(use: Settings) -> None:
    hidden, in_force = {"rate": 0.123, "leaves": 30, "loss": "hard"}, {"rate": 0.5, "leaves": 2, "loss": "hard"}
    judged: list[Mapping[str, Any]] = []

    def only_hidden(params: Mapping[str, Any], report: Report) -> float:
        judged.append(params)
        return float(params == hidden)

    assert tune.search(SEARCH, only_hidden, trials=3, settings=use).value == 0.0
    given = replace(SEARCH, starts=(hidden, in_force, dict(hidden)))
    found = tune.search(given, only_hidden, trials=3, settings=use)
    assert (found.params, found.value) == (hidden, 1.0)
    assert judged[3:] == [hidden, in_force]
    assert tune.search(given, only_hidden, trials=3, settings=use) == found
    assert len(judged) == 5, "what was given is judged once"


def test_a_default_that_a_kill_left_half_done_is_judged_again(use: Settings) -> None:
    start = {"rate": 0.1, "leaves": 30, "loss": "soft"}

    def killed(params: Mapping[str, Any], report: Report) -> float:
        raise KeyboardInterrupt

    given = replace(SEARCH, starts=(start,))
    with pytest.raises(KeyboardInterrupt):
        tune.search(given, killed, trials=1, settings=use)
    assert tune.search(given, planted, trials=1, settings=use).params == start


def test_a_resumed_search_tells_at_once_what_earlier_calls_judged(use: Settings) -> None:
    found = tune.search(SEARCH, planted, trials=3, settings=use)
    seen: list[tuple[int, float | None]] = []
    tune.search(SEARCH, planted, trials=3, settings=use, progress=lambda *step: seen.append(step))
    assert seen == [(3, found.value)]
    tune.search(SEARCH, planted, trials=4, settings=use, progress=lambda *step: seen.append(step))
    assert [count for count, _ in seen] == [3, 3, 4]


def test_a_hopeless_trial_is_stopped_early(use: Settings) -> None:
    steps: list[int] = []

    def objective(params: Mapping[str, Any], report: Report) -> float:
        value = -1.0 if len(steps) >= tune.STARTUP_TRIALS * 5 else 1.0
        for step in range(5):
            steps.append(step)
            report(step, value)
        return value

    found = tune.search(SEARCH, objective, trials=tune.STARTUP_TRIALS + 2, settings=use)
    assert found.pruned == 2
    assert found.value == 1.0


def test_settings_that_cannot_be_fitted_do_not_end_the_search(use: Settings) -> None:
    calls: list[int] = []

    def sometimes(params: Mapping[str, Any], report: Report) -> float:
        calls.append(1)
        if len(calls) == 1:
            raise InvalidInput("planted: these settings cannot be fitted")
        return 0.5

    found = tune.search(SEARCH, sometimes, trials=2, settings=use)
    assert (found.judged, found.failed) == (2, 1)


def test_when_nothing_can_be_fitted_it_says_so(use: Settings) -> None:
    def never(params: Mapping[str, Any], report: Report) -> float:
        raise InvalidInput("planted")

    with pytest.raises(NotReady, match="2 trials of risk failed"):
        tune.search(SEARCH, never, trials=2, settings=use)


def test_when_everything_is_pruned_it_says_so(use: Settings) -> None:
    import optuna

    def pruned(params: Mapping[str, Any], report: Report) -> float:
        raise optuna.TrialPruned

    with pytest.raises(NotReady, match="pruned"):
        tune.search(SEARCH, pruned, trials=2, settings=use)


def test_no_trials_is_refused(use: Settings) -> None:
    with pytest.raises(InvalidInput, match="--trials 1"):
        tune.search(SEARCH, planted, trials=0, settings=use)
