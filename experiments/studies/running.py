"""Run a study in one go: search, test, train, compare, put on record; whatever is done already is not done again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from experiments.progress import Steps as Bar
from experiments.progress import steps as progress
from experiments.studies.config import Training
from experiments.studies.kind import Loaded
from experiments.studies.run import TUNE, Asked, Run, Tested, every_test
from experiments.studies.steps import Steps, write_whole

STUDY = "study.json"
TRAIN = "train"
SUMMARY_STEPS = 2  # comparing, recording


def run_study(asked: Asked, console: Console) -> Path:
    """Do what is left of a study and print the leaderboard; returns the page that shows it.

    Raises InvalidInput or NotReady in one sentence; what was done until then is kept.
    """
    from experiments.studies.comparing import Wanted, compared, show
    from experiments.studies.record import check_record, record_study

    study = asked.study
    check_record(asked)
    with Steps(asked.folder).alone():
        with progress(console, f"study {study.name}") as bar:
            bar.prepare("records")
            run = Run(asked)
            _check_training(run)
            left = _left(run)
            _tell_kept(run, left, console)
            if left:
                _load(run, bar)
            bar.plan(len(left) + _trials(run) + SUMMARY_STEPS + int(study.train is not None))
            params = _searched(run, bar)
            made = {one.step: _tested(run, one, params, bar) for one in every_test(study)}
            _keep(run, params, made)
            version = _trained(run, params, bar)
            bar.say("comparing")
            found = compared(Wanted(asked.settings, (study.name,)))
            bar.say("recording")
            record_study(run, found, {"params": params, "trained": version})
        show(found, console)
    return found.page


def _load(run: Run, bar: Bar) -> Loaded:
    """Read records and features before the first step: once a study, and often longer than any step after it."""
    bar.prepare("features")
    return run.loaded


def _left(run: Run) -> list[Tested]:
    """Tests that are not done yet; all of them while settings are still searched."""
    params, every = run.kept_params(), every_test(run.asked.study)
    if params is None:
        return every
    return [one for one in every if run.ground.steps.made(one.step, run.about(one, params)) is None]


def _trials(run: Run) -> int:
    """Steps of the search that are left at most."""
    return run.tune.trials if run.tune is not None and run.kept_params() is None else 0


def _tell_kept(run: Run, left: list[Tested], console: Console) -> None:
    every = len(every_test(run.asked.study))
    kept = every - len(left)
    if kept:
        console.print(f"{kept} of {every} tests stand from an earlier run, {len(left)} are left", highlight=False)


def _searched(run: Run, bar: Bar) -> Mapping[str, Any]:
    """Settings found, by an earlier run or by this one; a search that was killed goes on at its next trial."""
    from experiments.studies.record import record_tuning

    tune, kept = run.tune, run.kept_params()
    if tune is None or kept is not None:
        return kept or {}

    def heard(done: int, value: float | None) -> None:
        told = "" if value is None else f", best {value:.4f}"
        if done < tune.trials:
            bar.say(f"trial {done + 1} of {tune.trials}{told}")

    def work() -> Mapping[str, Any]:
        bar.say(f"trial 1 of {tune.trials}")
        found = record_tuning(run, tune, run.search(tune, heard))
        counts = {name: getattr(found, name) for name in ("value", "judged", "pruned", "failed")}
        return {"params": found.params, **counts, "trials": [asdict(one) for one in found.trials]}

    return dict(run.ground.steps.do(TUNE, run.about_search(tune), work)["params"])


def _tested(run: Run, one: Tested, params: Mapping[str, Any], bar: Bar) -> Mapping[str, Any]:
    about = run.about(one, params)
    if not one.path(run.asked.folder).is_file():
        run.ground.steps.forget(one.step)
    elif (kept := run.ground.steps.made(one.step, about)) is not None:
        return kept
    bar.say(f"{one.model} at {one.exam.name}")
    return run.ground.steps.do(one.step, about, partial(run.score, one, params))


def _keep(run: Run, params: Mapping[str, Any], made: Mapping[str, Mapping[str, Any]]) -> None:
    """What is known of the scores, for whoever compares them later: the study may have been changed by then."""
    study = run.asked.study
    tests = [{"day": str(one.exam.day), "outcome": one.exam.outcome, "model": one.model, **made[one.step]}
             for one in every_test(study)]  # fmt: skip
    told = {"study": asdict(study), "data_hash": run.ground.data_hash, "features_hash": run.kind.features_hash(),
            "params": dict(params), "tests": tests}  # fmt: skip
    text = json.dumps(told, ensure_ascii=False, indent=1, default=str)
    write_whole(run.asked.folder / STUDY, text.encode())


def _check_training(run: Run) -> None:
    """Refuse at the start what the training would refuse at the end; a training that is done asks for nothing."""
    from experiments.studies.training import check_training

    asked, params = run.asked.study.train, run.kept_params()
    if asked is None:
        return
    if params is not None and run.ground.steps.made(TRAIN, _about_training(run, asked, params)) is not None:
        return
    check_training(run)


def _about_training(run: Run, asked: Training, params: Mapping[str, Any]) -> dict[str, Any]:
    """What a training is made of."""
    return {**run.common, "train": asdict(asked), "way": repr(run.way(asked.candidate, params))}


def _trained(run: Run, params: Mapping[str, Any], bar: Bar) -> str | None:
    """The version that was registered; None where the study trains nothing."""
    from experiments.studies.training import train

    asked = run.asked.study.train
    if asked is None:
        return None
    bar.say(f"training {asked.candidate}")
    done = run.ground.steps.do(TRAIN, _about_training(run, asked, params), partial(train, run, params))
    return str(done["version"])
