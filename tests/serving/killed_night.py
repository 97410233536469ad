"""Run as a program: score the night of a state folder, and kill this process at its n-th step.

A step is a call of the scorer, a rename or a removal: between any two of them the disk looks different.
Arguments: state folder, step to die at (0: live). Prints the number of steps of a run that lived.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from data_contracts.settings import Settings
from serving.batch import score
from tests.serving.night_force import AS_OF, PARENTS, RULES, CountScorer, reader


def main(state: Path, die_at: int) -> None:
    """Score, dying on the way if asked."""
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
    sys.stdout.write(f"{steps}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
