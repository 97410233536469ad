"""Nobody else at work: neither a night nor an ingest nor a service, of this version or an earlier one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from data_contracts.errors import LockHeld
from data_contracts.in_use import held_alone
from data_contracts.settings import Settings
from features.history import History
from serving.night.pointer import one_at_a_time
from serving.night.results import results_root
from serving.upgrading.backup import changed_files

PROCESSES = Path("/proc")


@contextmanager
def nobody_else(settings: Settings) -> Iterator[None]:
    """Hold every lock of a state folder. Raises LockHeld or NotReady naming who holds one."""
    with ExitStack() as held:
        held.enter_context(held_alone(settings.state))
        if results_root(settings).is_dir():
            held.enter_context(one_at_a_time(results_root(settings)))
        if settings.history_dir.is_dir():
            held.enter_context(History(settings.history_dir).alone(wait_seconds=0.0))
        if others := opened_by(changed_files(settings)):
            told = ", ".join(map(str, others))
            raise LockHeld(f"process {told} has a database of {settings.state} open; stop it, then upgrade")
        yield


def opened_by(files: list[Path]) -> list[int]:
    """Other processes that have one of these files open: services of versions that held no lock are found by it.

    Only processes that this user may look at are seen, and none where there is no `/proc`.
    """
    wanted = {str(path.resolve()) for path in files}
    return sorted(
        int(process.name)
        for process in PROCESSES.glob("[0-9]*")
        if int(process.name) != os.getpid() and wanted & _opened(process)
    )


def _opened(process: Path) -> set[str]:
    found: set[str] = set()
    try:
        for one in (process / "fd").iterdir():
            found.add(str(one.readlink()))
    except OSError:  # it ended meanwhile, or belongs to somebody else
        return found
    return found
