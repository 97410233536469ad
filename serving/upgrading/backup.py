"""A copy of everything that an upgrade changes, with the hash of each file; and the way back.

```
backups/<moment>/SHA256SUMS     as `sha256sum --check` reads it
backups/<moment>/<place>        each database and manifest at its place under the state folder
```
Rows of the history, results, keys and model files are not copied: an upgrade never touches them. How long a copy is
kept and how an officer leaves it stands in copies.py.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from data_contracts.database import Database
from data_contracts.errors import InvalidInput, NotReady
from data_contracts.settings import Settings
from serving.night.manifest import MANIFEST, file_hash, sync_folder, write_atomically
from serving.night.pointer import LATEST

SUMS = "SHA256SUMS"
LOCK = ".lock"
ROOM = 3  # a copy here, and a draft beside the registry's database while it is brought forward, with room to spare


def backups_dir(settings: Settings) -> Path:
    """Where copies lie."""
    return settings.state / "backups"


@contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """Nobody else makes, changes or deletes copies inside the block; another one is waited for."""
    folder = backups_dir(settings)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / LOCK).open("a", encoding="ascii") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def changed_files(settings: Settings) -> list[Path]:
    """Every file that there is of those that an upgrade may change, databases first.

    The head of the audit chain comes before its database: a line that is added between the two copies makes a head that
    lags, as after a crash, and never one that says that the chain was cut.
    """
    service = Database(settings.service_url, "service database").file
    log = settings.feedback_dir / "feedback.db"
    databases = [one for one in (settings.audit_head, service, log, settings.mlflow_database) if one is not None]
    manifests = [settings.history_dir / MANIFEST]
    nights = sorted(settings.results_dir.glob(f"*/as_of=*/*/{MANIFEST}")) + sorted(
        settings.results_dir.glob(f"*/{LATEST}")
    )
    root = settings.state.resolve()
    return [one for one in (*databases, *manifests, *nights) if one.is_file() and one.resolve().is_relative_to(root)]


def check_room(settings: Settings, free: Callable[[Path], int] | None = None) -> None:
    """Raise NotReady where the disk has less room than copies and drafts take."""
    needed = ROOM * sum(one.stat().st_size for one in changed_files(settings))
    there = (free or _free)(settings.state)
    if there < needed:
        raise NotReady(
            f"{settings.state} has {there / 1e6:,.0f} MB free and an upgrade takes {needed / 1e6:,.0f} MB for its "
            "copies; make room, then run it again"
        )


def copied(settings: Settings, moment: datetime) -> Path:
    """Copy what an upgrade may change and verify the copy; visible under its own name only when it is whole."""
    check_room(settings)
    with alone(settings):
        return _copied(settings, moment)


def _copied(settings: Settings, moment: datetime) -> Path:
    root, name = settings.state.resolve(), moment.strftime("%Y%m%dT%H%M%S")
    folder = backups_dir(settings) / name
    count = 1
    while folder.exists():
        count += 1
        folder = backups_dir(settings) / f"{name}-{count}"
    draft = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True, mode=0o700)
    for path in changed_files(settings):
        target = draft / path.resolve().relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        _copy(path, target)
    listed = sorted(one for one in draft.rglob("*") if one.is_file())
    sums = "".join(f"{file_hash(one)}  {one.relative_to(draft).as_posix()}\n" for one in listed)
    write_atomically(draft / SUMS, sums.encode())
    verified(draft)
    draft.rename(folder)
    sync_folder(folder.parent)
    return folder


def verified(folder: Path) -> list[PurePosixPath]:
    """The files of a copy, each with the hash that was written down; raises InvalidInput naming the first at fault."""
    for place, digests in sums_of(folder).items():
        path = folder / place
        if path.is_symlink() or not path.is_file() or file_hash(path) not in digests:
            raise InvalidInput(f"{path} is missing or not what was copied; take another copy")
        if path.suffix == ".db":
            _check_database(path)
    return [PurePosixPath(place) for place in sums_of(folder)]


def sums_of(folder: Path) -> dict[str, list[str]]:
    """The hashes that are listed of each place; two while an erasure puts one file in the place of another.

    Raises InvalidInput for a list that cannot be read or leads out of its folder.
    """
    try:
        lines = (folder / SUMS).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{folder} is no backup of an upgrade: {SUMS} cannot be read; name another") from error
    found: dict[str, list[str]] = {}
    for line in lines:
        digest, _, place = line.partition("  ")
        inside = PurePosixPath(place)
        if not place or inside.is_absolute() or ".." in inside.parts:
            raise InvalidInput(f"{folder / SUMS} lists {place!a}, which is no file of a backup; take another copy")
        found.setdefault(place, []).append(digest)
    return found


def folder_of(settings: Settings, name: str) -> Path:
    """The folder of a copy; raises InvalidInput for a name that leads elsewhere."""
    if not name or Path(name).name != name:
        raise InvalidInput(f"{name!a} is no backup; name a folder under {backups_dir(settings)}")
    return backups_dir(settings) / name


def restore(
    settings: Settings,
    name: str,
    left: Collection[PurePosixPath] = (),
    carry: Mapping[PurePosixPath, Callable[[Path, Path], None]] = MappingProxyType({}),
) -> list[PurePosixPath]:
    """Put a verified copy back, file by file in one step each; killed halfway, it is run again.

    The places in `left` stay as they are now. What `carry` has for a place is called with the draft that is about to
    stand there and the file that stands there now.
    """
    folder = folder_of(settings, name)
    places = verified(folder)
    for place in places:
        target = settings.state / place
        if place in left and target.is_file():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".{target.name}.restored")
        shutil.copy2(folder / place, draft)
        if place in carry and target.is_file():
            carry[place](draft, target)
        with draft.open("rb") as handle:
            os.fsync(handle.fileno())
        for end in ("-wal", "-shm", "-journal") if target.suffix == ".db" else ():
            target.with_name(target.name + end).unlink(missing_ok=True)  # of the database that goes
        draft.replace(target)
        sync_folder(target.parent)
    return places


def _copy(path: Path, target: Path) -> None:
    """A database with what stands in its log beside it, by SQLite itself; any other file as it lies."""
    if path.suffix != ".db":
        shutil.copy2(path, target)
    else:
        target.touch(mode=0o600)
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(target)) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, whatever lay beside the other
        target.chmod(path.stat().st_mode & 0o777)
    with target.open("rb") as handle:
        os.fsync(handle.fileno())


def _check_database(path: Path) -> None:
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as opened:
            sound = opened.execute("PRAGMA quick_check").fetchone() == ("ok",)
    except sqlite3.DatabaseError:
        sound = False
    if not sound:
        raise InvalidInput(f"{path} is no sound database; mend the original with its keeper, then copy again")


def _free(state: Path) -> int:
    return shutil.disk_usage(state).free
