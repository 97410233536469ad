"""Several processes search one study: each draws, judges and writes by itself, and ends with who started it."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Sequence
from multiprocessing.process import BaseProcess
from typing import Any

import optuna
from optuna.trial import TrialState

from data_contracts.errors import NotReady, PharosError
from data_contracts.settings import Settings, prepare_process
from training.tuning.search import JUDGED, Search, Step, best_value, count, judge_one, opened
from training.tuning.storing import WORKER, storage_of, worker
from training.tuning.ways import Crew

LOOK_SECONDS = 0.2
JOIN_SECONDS = 10.0
REFUSED = 3  # exit status of a worker that raised one of our errors; its sentence stands on standard error


def work_together(
    what: Search, crew: Crew, study: optuna.Study, trials: int, settings: Settings, heard: Step
) -> None:  # fmt: skip
    """Let the crew judge what is left; raises NotReady where a worker failed, after all of them have ended."""
    left = max(trials - count(study, *JUDGED), count(study, TrialState.WAITING))
    if left <= 0:
        return
    way = multiprocessing.get_context("spawn")  # a fork would copy locks of threads that are not there
    tickets = way.Value("i", left)
    asked = (what, crew, trials, settings, tickets)
    workers: list[BaseProcess] = [
        way.Process(target=_work, args=(*asked, number), name=f"pharos-tuning-{number}", daemon=True)
        for number in range(min(crew.workers, left))
    ]
    for one in workers:
        one.start()
    try:
        _watch(workers, study, trials, heard)
    finally:
        bad = [one.exitcode for one in workers if one.exitcode]
        for one in workers:
            one.terminate()
            one.join(JOIN_SECONDS)
    heard(min(count(study, *JUDGED), trials), best_value(study))
    if bad:
        raise NotReady(f"a worker of the search of {what.name} ended with status {bad[0]}; what it said stands above")


def _watch(workers: Sequence[BaseProcess], study: optuna.Study, trials: int, heard: Step) -> None:
    """Until all have ended, or one has failed."""
    told = count(study, *JUDGED)
    while any(one.is_alive() for one in workers) and not any(one.exitcode for one in workers):
        time.sleep(LOOK_SECONDS)
        if (now := count(study, *JUDGED)) > told:
            told = now
            heard(min(now, trials), best_value(study))


def _work(what: Search, crew: Crew, trials: int, settings: Settings, tickets: Any, number: int) -> None:
    """One worker: a ticket for each trial, given back where the settings could not be fitted."""
    prepare_process(settings.threads)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        objective = crew.make()
        with storage_of(settings) as storage:
            study = opened(what, storage, give=False)
            failed = 0
            while failed < trials and _take(tickets):
                before = _failed_of_mine(study)
                judge_one(what, study, objective, salt=number)
                if _failed_of_mine(study) > before:
                    failed += 1
                    _give_back(tickets)
    except PharosError as error:
        os.write(2, f"{error.code}: {error}\n".encode())
        os._exit(REFUSED)


def _failed_of_mine(study: optuna.Study) -> int:
    mine = worker()
    failed = study.get_trials(deepcopy=False, states=(TrialState.FAIL,))
    return sum(one.user_attrs.get(WORKER) == mine for one in failed)


def _take(tickets: Any) -> bool:
    with tickets.get_lock():
        if tickets.value <= 0:
            return False
        tickets.value -= 1
        return True


def _give_back(tickets: Any) -> None:
    with tickets.get_lock():
        tickets.value += 1


def _end_with_parent() -> None:
    """A parent that is killed cannot end its workers, so each ends itself."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
