"""A process of its own that scores the night of a state folder and kills itself at its n-th step.

A step is a call of the scorer, a rename or a removal: between any two of them the disk looks different.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from data_contracts.settings import Settings
from serving.night.batch import score
from tests.serving.night_force import AS_OF, PARENTS, RULES, CountScorer, reader

STEPS = "steps"


def night(state: Path, die_at: int) -> int:
    """Run the night in a new process; its exit code, negative for a signal. A run that lived leaves its steps."""
    context = multiprocessing.get_context("forkserver")  # imports once: a process costs milliseconds, not seconds
    context.set_forkserver_preload([__name__])
    process = context.Process(target=_main, args=(state, die_at))
    process.start()
    process.join(timeout=120)
    code = process.exitcode
    process.close()
    return -1000 if code is None else code


def steps_of(state: Path) -> int:
    """How many steps the last run that lived took."""
    return int((state / STEPS).read_text("utf-8"))


def _main(state: Path, die_at: int) -> None:
    steps = 0

    def deadly(call: Callable[..., Any]) -> Callable[..., Any]:
        def step(*given: Any, **named: Any) -> Any:
            nonlocal steps
            steps += 1
            if steps == die_at:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*given, **named)

        return step

    for place, name in ((Path, "replace"), (Path, "rename"), (shutil, "rmtree"), (CountScorer, "__call__")):
        setattr(place, name, deadly(getattr(place, name)))
    settings = Settings(state=state)
    score(AS_OF, settings, CountScorer(), rules=RULES, parents=PARENTS, reader=reader(settings), chunk_officers=20)
    (state / STEPS).write_text(str(steps), "utf-8")
