"""Who answers from a state folder holds it together with others; who changes its shape holds it alone."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from data_contracts.errors import LockHeld, NotReady
from data_contracts.private import made_private

FILE = "in-use.lock"


def held_with_others(state: Path) -> IO[str] | None:
    """The held file, to be kept for as long as the folder is used; a killed holder lets go of it.

    None where the folder cannot be written: then nobody can change its shape either. Raises NotReady while an upgrade
    is at work on it.
    """
    try:
        made_private(state)
        held = (state / FILE).open("a", encoding="ascii")
    except OSError:
        return None
    try:
        fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError as error:
        held.close()
        raise NotReady(f"{state} is being upgraded; start again when `pharos upgrade` has ended") from error
    return held


@contextmanager
def held_alone(state: Path) -> Iterator[None]:
    """Nobody else uses the folder inside the block. Raises LockHeld while somebody does."""
    with (state / FILE).open("a", encoding="ascii") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LockHeld(f"a service or another upgrade uses {state}; stop it, then upgrade") from error
        yield
