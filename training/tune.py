"""A search over settings of a model, judged on validation time only; killed at any point, it goes on where it was.

Trials lie in an Optuna journal under the state folder. A study belongs to one model and one `context` (which data,
which features, which validation dates), so figures of different data never meet in one study.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, Trial, TrialState

from data_contracts.errors import InvalidInput, NotReady
from data_contracts.settings import Settings

STARTUP_TRIALS = 8
JUDGED = (TrialState.COMPLETE, TrialState.PRUNED)


@dataclass(frozen=True)
class Number:
    """A number between two ends, both included; `log` spreads the search over orders of magnitude."""

    low: float
    high: float
    log: bool = False
    whole: bool = False

    def suggest(self, trial: Trial, name: str) -> float | int:
        """The trial's value."""
        if self.whole:
            return int(trial.suggest_int(name, int(self.low), int(self.high), log=self.log))
        return float(trial.suggest_float(name, self.low, self.high, log=self.log))


@dataclass(frozen=True)
class Choice:
    """One of a few values."""

    values: tuple[str | float | int | bool | None, ...]

    def suggest(self, trial: Trial, name: str) -> Any:
        """The trial's value."""
        return trial.suggest_categorical(name, self.values)


Space = Mapping[str, Number | Choice]
Report = Callable[[int, float], None]


class Objective(Protocol):
    """Fit with `params` and judge on validation time; higher is better.

    `report(step, value)` after each validation date (or epoch) lets a hopeless trial stop early.
    """

    def __call__(self, params: Mapping[str, Any], report: Report) -> float:
        """The figure that the search raises."""
        ...


@dataclass(frozen=True)
class Search:
    """What is searched: the model's name, the data it is judged on, the space, and the settings in force today."""

    name: str
    context: str
    space: Space
    start: Mapping[str, Any] | None = None
    seed: int = 7


@dataclass(frozen=True)
class Found:
    """The best settings so far, their figure, and how many trials were judged, pruned or failed."""

    params: dict[str, Any]
    value: float
    judged: int
    pruned: int
    failed: int


def search(
    what: Search,
    objective: Objective,
    *,
    trials: int,
    settings: Settings,
    progress: Callable[[int, float | None], None] | None = None,
) -> Found:
    """Judge settings until the study holds `trials` of them (those of earlier calls count), and write the best down.

    A trial that raises InvalidInput (settings that cannot be fitted) is recorded as failed and the search goes on.
    """
    if trials < 1:
        raise InvalidInput(f"{trials} trials find nothing; give --trials 1 or more")
    with _journal(settings) as storage:
        study = _study(what, storage)
        failed_before = _count(study, TrialState.FAIL)  # of an earlier call; what was wrong then may be mended
        while (done := _count(study, *JUDGED)) < trials:
            if _count(study, TrialState.FAIL) - failed_before >= trials:
                raise NotReady(f"{trials} trials of {what.name} failed; look at the log of the first one")
            study.optimize(_judge(what, objective), n_trials=1, catch=(InvalidInput,))
            if progress is not None:
                progress(min(done + 1, trials), _best_value(study))
        found = _found(study)
    _write_best(settings, what, found)
    return found


def best_params(settings: Settings, name: str) -> dict[str, Any]:
    """The settings that the last search of `name` wrote down, or none, when nobody has searched yet."""
    path = settings.tuning_dir / f"{name}.best.json"
    if not path.is_file():
        return {}
    params: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["params"]
    return params


@contextmanager
def _journal(settings: Settings) -> Iterator[JournalStorage]:
    """The journal, with Optuna's own chatter off while it is open."""
    settings.tuning_dir.mkdir(parents=True, exist_ok=True)
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(logging.ERROR)
    try:
        yield JournalStorage(JournalFileBackend(str(settings.tuning_dir / "journal.log")))
    finally:
        optuna.logging.set_verbosity(before)


def _study(what: Search, storage: JournalStorage) -> optuna.Study:
    """The study, new or as it was left."""
    name = f"{what.name}:{what.context}"
    study = optuna.create_study(storage=storage, study_name=name, direction="maximize", load_if_exists=True)
    # Named, since the defaults changed between Optuna 4 and 5. The seed moves on with the study: the same seed after
    # a restart would draw the first random trials again.
    study.sampler = optuna.samplers.TPESampler(
        n_startup_trials=STARTUP_TRIALS,
        n_ei_candidates=24,
        multivariate=True,
        group=False,
        constant_liar=True,
        seed=what.seed + len(study.trials),
    )
    study.pruner = optuna.pruners.MedianPruner(n_startup_trials=STARTUP_TRIALS, n_warmup_steps=1, interval_steps=1)
    if what.start is not None:
        study.enqueue_trial(dict(what.start), skip_if_exists=True)
    return study


def _judge(what: Search, objective: Objective) -> Callable[[Trial], float]:
    def judge(trial: Trial) -> float:
        def report(step: int, value: float) -> None:
            trial.report(value, step)
            if trial.should_prune():
                raise optuna.TrialPruned

        return objective({name: part.suggest(trial, name) for name, part in what.space.items()}, report)

    return judge


def _count(study: optuna.Study, *states: TrialState) -> int:
    return len(study.get_trials(deepcopy=False, states=states))


def _complete(study: optuna.Study) -> list[FrozenTrial]:
    return list(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)))


def _best_value(study: optuna.Study) -> float | None:
    return float(study.best_value) if _complete(study) else None


def _found(study: optuna.Study) -> Found:
    if not _complete(study):
        raise NotReady("every trial was pruned or failed; widen the space or look at the log")
    pruned, failed = _count(study, TrialState.PRUNED), _count(study, TrialState.FAIL)
    return Found(dict(study.best_params), float(study.best_value), _count(study, *JUDGED), pruned, failed)


def _write_best(settings: Settings, what: Search, found: Found) -> None:
    """Replace the file in one step, so that a training run never reads half of it."""
    path = settings.tuning_dir / f"{what.name}.best.json"
    content = {"context": what.context, "value": found.value, "judged": found.judged, "params": found.params}
    draft = path.with_suffix(f".{os.getpid()}.draft")
    draft.write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")
    draft.replace(path)
