"""A search over settings of a model, judged on validation time only; killed at any point, it goes on where it was.

Trials lie in an Optuna journal under the state folder, or in PostgreSQL (`storing.py`). A study belongs to one model
and one `context` (which data, which features, which validation dates), so figures of different data never meet in one
study. What one worker draws depends on the trials before it alone: a search that was killed finds what it would have
found. Several workers draw as they come.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import optuna
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, Trial, TrialState

from data_contracts.errors import InvalidInput, NotReady
from data_contracts.settings import Settings
from training.tuning.storing import KILLED, WORKER, bury_the_dead, storage_of, worker
from training.tuning.ways import STARTUP_TRIALS, Crew, Ways

__all__ = ["STARTUP_TRIALS", "Best", "Choice", "Found", "Held", "Number", "Objective", "Report", "Search", "Space",
           "Step", "Tried", "best", "judge_one", "opened", "search"]  # fmt: skip
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
Step = Callable[[int, float | None], None]


@dataclass(frozen=True)
class Held:
    """A figure with what it must hold to: a trial whose `limits` are not all 0 or less is never the best."""

    value: float
    limits: Mapping[str, float]


class Objective(Protocol):
    """Fit with `params` and judge on validation time; higher is better.

    `report(step, value)` after each validation date (or epoch) lets a hopeless trial stop early.
    """

    def __call__(self, params: Mapping[str, Any], report: Report) -> float | Held:
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
    ways: Ways = field(default_factory=Ways)


@dataclass(frozen=True)
class Tried:
    """One trial: how it ended (complete, pruned, fail), its figure, whether it was given or drawn, and its limits
    (0 or less keeps one)."""

    number: int
    state: str
    value: float | None
    params: Mapping[str, Any]
    seconds: float
    given: bool = False
    limits: Mapping[str, float] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether it keeps every limit."""
        return all(value <= 0 for value in self.limits.values())


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
    progress: Step | None = None,
    crew: Crew | None = None,
) -> Found:
    """Judge settings until the study holds `trials` of them (those of earlier calls count), and write the best down.

    `progress` hears how many are judged of those asked for, at once where earlier calls judged some. With a `crew` of
    several workers they make their own objectives and `objective` is not called.
    A trial that raises InvalidInput (settings that cannot be fitted) is recorded as failed and the search goes on.
    """
    if trials < 1:
        raise InvalidInput(f"{trials} trials find nothing; give --trials 1 or more")
    heard = progress or (lambda *_: None)
    with storage_of(settings) as storage:
        study = opened(what, storage)
        failed_before = count(study, TrialState.FAIL)  # of an earlier call; what was wrong then may be mended
        if done := count(study, *JUDGED):
            heard(min(done, trials), best_value(study))
        if crew is not None and crew.workers > 1:
            from training.tuning.crew import work_together

            work_together(what, crew, study, trials, settings, heard)
        else:
            while (done := count(study, *JUDGED)) < trials or count(study, TrialState.WAITING):
                refuse_failing(what, study, failed_before, trials)
                judge_one(what, study, objective)
                heard(min(done + 1, trials), best_value(study))
        found = _found(what, study)
    _write_best(settings, what, found)
    return found


def refuse_failing(what: Search, study: optuna.Study, before: int, trials: int) -> None:
    """Raise NotReady where as many trials failed as were to be judged."""
    if count(study, TrialState.FAIL) - before >= trials:
        raise NotReady(f"{trials} trials of {what.name} failed; look at the log of the first one")


def judge_one(what: Search, study: optuna.Study, objective: Objective, salt: int = 0) -> None:
    """Draw settings and judge them. The seed moves on with the trials before it: whoever goes on draws what would have
    been drawn; `salt` keeps workers apart."""
    study.sampler = what.ways.sampling.sampler(what.seed + 10_007 * salt + _drawn(study))
    study.optimize(_judge(what, objective), n_trials=1, catch=(InvalidInput,))


def best(settings: Settings, name: str) -> Best:
    """What the last search of `name` wrote down, or nothing, when nobody has searched yet."""
    path = settings.tuning_dir / f"{name}.best.json"
    if not path.is_file():
        return Best({}, {})
    told = json.loads(path.read_text(encoding="utf-8"))
    return Best(told["params"], told.get("about", {}))


def opened(what: Search, storage: BaseStorage, *, give: bool = True) -> optuna.Study:
    """The study, new or as it was left: what a killed worker had begun is ended, and with `give` what must be judged is
    queued."""
    name = f"{what.name}:{what.context}"
    study = optuna.create_study(storage=storage, study_name=name, direction="maximize", load_if_exists=True)
    study.pruner = what.ways.pruning.pruner()
    bury_the_dead(study)
    if give:
        _give(study, what.starts)
    return study


def _give(study: optuna.Study, starts: Sequence[Mapping[str, Any]]) -> None:
    """Queue what was never judged; Optuna's own check would also skip a trial that a kill left half done."""
    kept = list(study.get_trials(deepcopy=False, states=(*JUDGED, TrialState.WAITING)))
    running = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
    kept += [trial for trial in running if WORKER in trial.user_attrs]
    seen = [trial.system_attrs.get("fixed_params", trial.params) for trial in kept]
    for start in map(dict, starts):
        if start not in seen:
            study.enqueue_trial(start, user_attrs={GIVEN: True})
            seen.append(start)


def _judge(what: Search, objective: Objective) -> Callable[[Trial], float]:
    def judge(trial: Trial) -> float:
        trial.set_user_attr(WORKER, worker())

        def report(step: int, value: float) -> None:
            trial.report(value, step)
            if trial.should_prune():
                raise optuna.TrialPruned

        found = objective({name: part.suggest(trial, name) for name, part in what.space.items()}, report)
        if not isinstance(found, Held):
            return found
        for name, value in found.limits.items():
            trial.set_constraint(name, float(value))
        return found.value

    return judge


def count(study: optuna.Study, *states: TrialState) -> int:
    """How many trials are in these states; those of killed workers are none."""
    return sum(KILLED not in one.user_attrs for one in study.get_trials(deepcopy=False, states=states))


def _drawn(study: optuna.Study) -> int:
    """How many were drawn before: all that ended, and those that others judge now."""
    return count(study, *JUDGED, TrialState.FAIL, TrialState.RUNNING)


def _complete(study: optuna.Study) -> list[FrozenTrial]:
    return list(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)))


def _best(study: optuna.Study) -> FrozenTrial | None:
    """The best of those that keep every limit; the first of equals."""
    kept = [one for one in _complete(study) if all(value <= 0 for value in one.constraints.values())]
    return max(kept, key=lambda one: (float(one.value or 0.0), -one.number), default=None)


def best_value(study: optuna.Study) -> float | None:
    """The best figure so far; None while there is none."""
    found = _best(study)
    return None if found is None else float(found.value or 0.0)


def _found(what: Search, study: optuna.Study) -> Found:
    whole, winner = _complete(study), _best(study)
    if not whole:
        raise NotReady("every trial was pruned or failed; widen the space or look at the log")
    if winner is None:
        raise NotReady(
            f"none of {len(whole)} settings of {what.name} keeps the limits "
            f"({', '.join(sorted(whole[0].constraints))}) on validation time; search with more --trials, or "
            "look at the groups that `pharos report risk` shows before anything is served"
        )
    ended = study.get_trials(deepcopy=False, states=(*JUDGED, TrialState.FAIL))
    tried = tuple(_tried(trial) for trial in ended if KILLED not in trial.user_attrs)
    counts = count(study, *JUDGED), count(study, TrialState.PRUNED), count(study, TrialState.FAIL)
    return Found(dict(winner.params), float(winner.value or 0.0), *counts, tried)


def _tried(trial: FrozenTrial) -> Tried:
    """A pruned trial has the figure of its last report."""
    seconds = 0.0 if trial.duration is None else trial.duration.total_seconds()
    value = None if trial.value is None else float(trial.value)
    given = bool(trial.user_attrs.get(GIVEN, False))
    limits = dict(trial.constraints)
    return Tried(trial.number, trial.state.name.lower(), value, dict(trial.params), seconds, given, limits)


def _write_best(settings: Settings, what: Search, found: Found) -> None:
    """In one step, so that a training run never reads half of it."""
    path = settings.tuning_dir / f"{what.name}.best.json"
    told = {"value": found.value, "judged": found.judged, "params": found.params}
    content = {"context": what.context, "about": dict(what.about), **told}
    draft = path.with_suffix(f".{os.getpid()}.draft")
    draft.write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")
    draft.replace(path)
