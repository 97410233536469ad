"""A process of its own that runs the night of a state folder, and kills itself at its n-th step where asked to.

A step is a call of the scorer, a rename or removal, a transaction, or a line of the audit chain: between any two of
them the disk or a database looks different.
"""

from __future__ import annotations

import fcntl
import io
import multiprocessing
import os
import shutil
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from rich.console import Console

from data_contracts.audit.chain import AuditChain
from data_contracts.database import Database
from data_contracts.errors import NotReady, PharosError
from data_contracts.settings import Settings
from experiments.benchmarks.night_stand_in import AS_OF, DECLARED, CountScorer
from features import store
from serving.loading import Builders, Loaded
from serving.night import results_database
from serving.night.exits import exit_of
from serving.night.nightly import NightAsked, score_night
from serving.night.results import results_root

STEPS, SAID, HOLDER = "steps", "said", "holder"
CHUNK = 20
SECONDS = 120.0


@dataclass(frozen=True)
class Asked:
    """A night to run: the state folder, the day, whose chance is no number, where results also go."""

    state: Path
    as_of: date | None = AS_OF
    nan_for: str = ""
    results_url: str = ""

    @property
    def settings(self) -> Settings:
        """Those of the process; its clock stands on the day that the force was made for."""
        return Settings(state=self.state, results_url=self.results_url, database_url="", today=AS_OF)


def started(asked: Asked, die_at: int = 0, *, holding: bool = False) -> ForkServerProcess:
    """Start the night in a new process, which kills itself at step `die_at` (0: never).

    With `holding` only the process that holds the lock of the results dies, at that step or at its first one after.
    """
    context = multiprocessing.get_context("forkserver")  # imports once: a process costs milliseconds, not seconds
    context.set_forkserver_preload([__name__])
    process = context.Process(target=_main, args=(asked, die_at, holding))
    process.start()
    return process


def ended(process: ForkServerProcess) -> int:
    """The exit status of a process, negative for a signal."""
    process.join(timeout=SECONDS)
    code = process.exitcode
    process.close()
    return -1000 if code is None else code


def night(asked: Asked, die_at: int = 0) -> int:
    """Run a night to its end, whichever that is."""
    return ended(started(asked, die_at))


def steps_of(state: Path) -> int:
    """How many steps the last run that lived took."""
    return int((state / STEPS).read_text("utf-8"))


def holder(state: Path) -> int:
    """The process that took the lock of the results last; 0 where none did."""
    path = state / HOLDER
    return int(path.read_text("utf-8") or 0) if path.exists() else 0


def said(state: Path) -> str:
    """What the last run that lived printed, and its error."""
    return (state / SAID).read_text("utf-8")


def _no_model(_: Loaded) -> Any:
    raise NotReady("the stand-in has no model")


def _main(asked: Asked, die_at: int, holding: bool) -> None:
    steps, holds, flock = 0, False, fcntl.flock
    lock = str(results_root(asked.settings) / ".lock")

    def locked(handle: Any, operation: int) -> None:
        nonlocal holds
        flock(handle, operation)
        if getattr(handle, "name", "") == lock:
            holds = True
            _leave(asked.state / HOLDER, str(os.getpid()))

    def deadly(call: Callable[..., Any]) -> Callable[..., Any]:
        def step(*given: Any, **named: Any) -> Any:
            nonlocal steps
            steps += 1
            if steps == die_at if not holding else holds and steps >= die_at > 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*given, **named)

        return step

    places: tuple[tuple[Any, str], ...] = (
        (Path, "replace"), (Path, "rename"), (shutil, "rmtree"), (CountScorer, "__call__"), (Database, "writing"),
        (AuditChain, "append"), (results_database, "_copy"), (results_database, "_move"),
    )  # fmt: skip
    vars(fcntl)["flock"] = locked
    for place, name in places:
        setattr(place, name, deadly(getattr(place, name)))
    vars(store)["declared_features"] = lambda: DECLARED
    console = Console(file=io.StringIO(), record=True, width=200)
    try:
        night = NightAsked(asked.as_of, chunk_officers=CHUNK)
        builders = Builders(risk=_no_model, careers=_no_model, courses=_no_model)
        scorer = CountScorer(nan_for=asked.nan_for)
        ended_as, words = exit_of(score_night(night, asked.settings, builders, console, scorer)), ""
    except PharosError as error:
        ended_as, words = exit_of(error), f"{error.code}: {error}"
    for name, content in ((STEPS, str(steps)), (SAID, console.export_text() + words)):
        _leave(asked.state / name, content)
    sys.exit(ended_as)


def _leave(path: Path, content: str) -> None:
    """What the parent reads; a full disk takes no more of it."""
    try:
        path.write_text(content, "utf-8")
    except OSError:
        return
