"""A search over settings of a model, judged on validation time only; killed at any point, it goes on where it was.

Trials lie in an Optuna journal under the state folder. A study belongs to one model and one `context` (which data,
which features, which validation dates), so figures of different data never meet in one study.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, Trial, TrialState

from data_contracts.errors import InvalidInput, NotReady
from data_contracts.settings import Settings

STARTUP_TRIALS = 8
GIVEN = "given"
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
    """What is searched: the model's name, the data it is judged on, and the space.

    `starts` (the defaults, and what is in force) are judged before anything else, so the best is never worse than
    they are. `about` says in words what `context` stands for; it is written down beside the best.
    """

    name: str
    context: str
    space: Space
    starts: tuple[Mapping[str, Any], ...] = ()
    seed: int = 7
    about: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Tried:
    """One trial: how it ended (complete, pruned, fail), its figure, whether it was given or drawn."""

    number: int
    state: str
    value: float | None
    params: Mapping[str, Any]
    seconds: float
    given: bool = False


@dataclass(frozen=True)
class Found:
    """The best settings so far, their figure, how many trials were judged, pruned or failed, and every one of them."""

    params: dict[str, Any]
    value: float
    judged: int
    pruned: int
    failed: int
    trials: tuple[Tried, ...] = ()
    picture: Path | None = None


@dataclass(frozen=True)
class Best:
    """What the last search wrote down: settings, and what they were found on; both empty before any search."""

    params: Mapping[str, Any]
    about: Mapping[str, str]


def search(
    what: Search,
    objective: Objective,
    *,
    trials: int,
    settings: Settings,
    progress: Callable[[int, float | None], None] | None = None,
) -> Found:
    """Judge settings until the study holds `trials` of them (those of earlier calls count), and write the best down.

    `progress` hears how many are judged of those asked for, at once where earlier calls judged some.
    A trial that raises InvalidInput (settings that cannot be fitted) is recorded as failed and the search goes on.
    """
    if trials < 1:
        raise InvalidInput(f"{trials} trials find nothing; give --trials 1 or more")
    with _journal(settings) as storage:
        study = _study(what, storage)
        failed_before = _count(study, TrialState.FAIL)  # of an earlier call; what was wrong then may be mended
        if progress is not None and (done := _count(study, *JUDGED)):
            progress(min(done, trials), _best_value(study))
        while (done := _count(study, *JUDGED)) < trials or _count(study, TrialState.WAITING):
            if _count(study, TrialState.FAIL) - failed_before >= trials:
                raise NotReady(f"{trials} trials of {what.name} failed; look at the log of the first one")
            study.optimize(_judge(what, objective), n_trials=1, catch=(InvalidInput,))
            if progress is not None:
                progress(min(done + 1, trials), _best_value(study))
        found = _found(study)
    _write_best(settings, what, found)
    return found


def best(settings: Settings, name: str) -> Best:
    """What the last search of `name` wrote down, or nothing, when nobody has searched yet."""
    path = settings.tuning_dir / f"{name}.best.json"
    if not path.is_file():
        return Best({}, {})
    told = json.loads(path.read_text(encoding="utf-8"))
    return Best(told["params"], told.get("about", {}))


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
    _give(study, what.starts)
    return study


def _give(study: optuna.Study, starts: Sequence[Mapping[str, Any]]) -> None:
    """Queue what was never judged; Optuna's own check would also skip a trial that a kill left half done."""
    kept = study.get_trials(deepcopy=False, states=(*JUDGED, TrialState.WAITING))
    seen = [trial.system_attrs.get("fixed_params", trial.params) for trial in kept]
    for start in map(dict, starts):
        if start not in seen:
            study.enqueue_trial(start, user_attrs={GIVEN: True})
            seen.append(start)


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
    ended = study.get_trials(deepcopy=False, states=(*JUDGED, TrialState.FAIL))
    tried = tuple(_tried(trial) for trial in ended)
    return Found(dict(study.best_params), float(study.best_value), _count(study, *JUDGED), pruned, failed, tried)


def _tried(trial: FrozenTrial) -> Tried:
    """A pruned trial has the figure of its last report."""
    seconds = 0.0 if trial.duration is None else trial.duration.total_seconds()
    value = None if trial.value is None else float(trial.value)
    given = bool(trial.user_attrs.get(GIVEN, False))
    return Tried(trial.number, trial.state.name.lower(), value, dict(trial.params), seconds, given)


def _write_best(settings: Settings, what: Search, found: Found) -> None:
    """In one step, so that a training run never reads half of it."""
    path = settings.tuning_dir / f"{what.name}.best.json"
    told = {"value": found.value, "judged": found.judged, "params": found.params}
    content = {"context": what.context, "about": dict(what.about), **told}
    draft = path.with_suffix(f".{os.getpid()}.draft")
    draft.write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")
    draft.replace(path)
