"""Objectives that travel to the workers of a search, and a search that is killed from outside."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from data_contracts.errors import InvalidInput
from data_contracts.settings import Settings
from training.tuning.search import Held, Number, Objective, Report, Search, Space, search

SPACE: Space = {"rate": Number(1e-4, 1.0, log=True), "leaves": Number(2, 64, whole=True)}
SEARCH = Search("risk", "planted", SPACE, starts=({"rate": 0.1, "leaves": 30},))
TRIALS = 14


def planted(params: Mapping[str, Any], report: Report) -> float:
    """Best at 30 leaves and a rate of 0.1."""
    report(0, 0.5)
    return 1.0 - abs(float(params["leaves"]) - 30) / 64 - abs(float(params["rate"]) - 0.1)


def make(folder: Path, seconds: float = 0.05) -> Objective:
    """Leaves a file named after each process that judged a trial."""

    def objective(params: Mapping[str, Any], report: Report) -> float:
        (folder / str(os.getpid())).touch()
        time.sleep(seconds)
        return planted(params, report)

    return objective


def make_unfit() -> Objective:
    """Nothing can be fitted."""

    def objective(params: Mapping[str, Any], report: Report) -> float:
        raise InvalidInput("planted: these settings cannot be fitted")

    return objective


def make_nothing() -> Objective:
    """A worker that cannot begin."""
    raise InvalidInput("planted: no data for this worker")


def held(params: Mapping[str, Any], report: Report) -> Held:
    """Higher with more leaves, but more than 20 of them are unfair."""
    return Held(float(params["leaves"]), {"gap": float(params["leaves"]) - 20.0})


if __name__ == "__main__":  # killed within the trial whose number is given
    at = int(sys.argv[2])
    calls: list[int] = []

    def until_killed(params: Mapping[str, Any], report: Report) -> float:
        calls.append(1)
        if len(calls) == at:
            os.kill(os.getpid(), 9)
        return planted(params, report)

    search(SEARCH, until_killed, trials=TRIALS, settings=Settings(state=Path(sys.argv[1])))
