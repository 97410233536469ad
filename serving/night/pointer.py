"""Which published run is in force: one small file, moved in one step; and the lock that lets one run at a time."""

from __future__ import annotations

import contextlib
import fcntl
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from enum import Enum
from pathlib import Path

from data_contracts.errors import LockHeld, NotReady
from serving.night.manifest import Manifest, write_atomically

LATEST = "LATEST"


@dataclass(frozen=True)
class Pointer:
    """The run in force: its as-of date, its run hash and the hash of everything it published."""

    as_of: str
    run: str
    output_hash: str

    def folder(self, root: Path) -> Path:
        """Where the run lies under the results root."""
        return run_folder(root, date.fromisoformat(self.as_of), self.run)


def run_folder(root: Path, as_of: date, run: str) -> Path:
    """The immutable partition of one run.

    >>> run_folder(Path("risk"), date(2013, 1, 1), "ab12").as_posix()
    'risk/as_of=2013-01-01/ab12'
    """
    return root / f"as_of={as_of.isoformat()}" / run


def read_pointer(root: Path) -> Pointer | None:
    """The run in force, None when nothing was ever published; raises NotReady when the file is damaged."""
    path = root / LATEST
    if not path.exists():
        return None
    try:
        held = Pointer(**json.loads(path.read_text("utf-8")))
        date.fromisoformat(held.as_of)
        if Path(held.run).name != held.run or not isinstance(held.output_hash, str):
            raise ValueError("no run that lies under the results")
        return held
    except (ValueError, TypeError, RecursionError) as error:
        raise NotReady(f"{path} cannot be read; remove it and run `pharos score` for the newest day again") from error


class Move(Enum):
    """What putting a run in force means for the pointer."""

    NEEDED = "needed"  # it names an older day, another run of the day, or nothing
    DONE = "done"  # it names this run
    NOT_WANTED = "not wanted"  # it names a later day


def move_for(root: Path, manifest: Manifest) -> Move:
    """Whether the pointer is to be moved to a run; raises NotReady when it cannot be read."""
    held = read_pointer(root)
    if held == _pointer_to(manifest):
        return Move.DONE
    later = held is not None and date.fromisoformat(held.as_of) > manifest.as_of
    return Move.NOT_WANTED if later else Move.NEEDED


def move_pointer(root: Path, manifest: Manifest) -> None:
    """Put a run in force."""
    write_atomically(root / LATEST, pointer_text(manifest))


def pointer_text(manifest: Manifest) -> bytes:
    """The small file that puts a run in force."""
    return (json.dumps(asdict(_pointer_to(manifest)), indent=1) + "\n").encode()


def _pointer_to(manifest: Manifest) -> Pointer:
    return Pointer(manifest.as_of.isoformat(), manifest.run, manifest.output_hash)


@contextlib.contextmanager
def one_at_a_time(root: Path) -> Iterator[None]:
    """Hold the lock of the results folder; a killed holder lets go of it. Raises LockHeld when it is held."""
    root.mkdir(parents=True, exist_ok=True)
    with (root / ".lock").open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LockHeld(f"another scoring run holds {root / '.lock'}; wait for it to end") from error
        yield
