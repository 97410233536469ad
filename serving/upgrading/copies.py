"""Copies that upgrades left in a state folder: which there are, on which day each ends, and how an officer leaves them.

A copy holds rows of people, so that it is kept as long as policy says and no longer; and who is erased is erased from
it too, or going back to it would bring them back.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

from data_contracts.audit.chain import METADATA, Action, Entry
from data_contracts.database import Database
from data_contracts.errors import InvalidInput, NotReady
from data_contracts.policy import Policy
from data_contracts.settings import Settings
from features.history import History, place_before_any
from models.audit import audit_chain, operator
from serving.night.erasing import run_after
from serving.night.manifest import MANIFEST, Manifest, bytes_hash, file_hash, write_atomically
from serving.night.pointer import LATEST, pointer_text, read_pointer, run_folder
from serving.upgrading.backup import LOCK, SUMS, alone, backups_dir, changed_files, sums_of, verified

MOMENT = re.compile(r"^\.?(\d{8})T\d{6}(-\d+)?(\.partial)?$")
LOOSE = "*.db.before-*"  # what `pharos database move` leaves, and `pharos database upgrade` once left


@dataclass(frozen=True)
class Copy:
    """A copy in a state folder; it is deleted on `ends_on`, by `pharos review retain` or the next upgrade."""

    place: Path
    name: str
    ends_on: date


@dataclass
class Reached:
    """What an erasure did to copies: rows erased by copy, and why it did not reach some, with the day they end."""

    erased: dict[str, int] = field(default_factory=dict)
    not_reached: dict[str, str] = field(default_factory=dict)


def copies(settings: Settings, rules: Policy) -> list[Copy]:
    """Every copy, in order of its name; whatever lies in `backups/` is one."""
    service = Database(settings.service_url, "service database").file
    beside = {settings.audit_head.parent, *(() if service is None else (service.parent,))}
    loose = sorted({one.resolve(): one for place in beside for one in place.glob(LOOSE)}.values())
    folder = backups_dir(settings)
    lain = sorted(one for one in folder.iterdir() if one.name != LOCK) if folder.is_dir() else []
    kept = timedelta(days=rules.retention.results.backups_days)
    return [Copy(one, _name(settings, one), made_on(one) + kept) for one in (*lain, *loose)]


def _name(settings: Settings, place: Path) -> str:
    inside = place.is_relative_to(settings.state)
    return place.relative_to(settings.state).as_posix() if inside else str(place)


def made_on(place: Path) -> date:
    """The day in a copy's name, or else that of its file.

    >>> made_on(Path("backups/20260102T030405-2"))
    datetime.date(2026, 1, 2)
    """
    told = MOMENT.match(place.name)
    if told is not None:
        return datetime.strptime(told[1], "%Y%m%d").date()
    return datetime.fromtimestamp(place.lstat().st_mtime).date()


def delete_ended(settings: Settings, rules: Policy, day: date, now: datetime) -> list[str]:
    """Delete the copies whose time is over on a day; their names, which an audit line tells.

    Raises NotReady where the line or a copy cannot be dealt with; run again, it goes on.
    """
    if not copies(settings, rules):
        return []
    with alone(settings):
        over = [one for one in copies(settings, rules) if one.ends_on <= day]
        if over:
            details = {"as_of": day.isoformat(), "copies": [one.name for one in over]}
            with audit_chain(settings).together(METADATA) as (_, write):
                write(Entry(now, operator(), Action.RETENTION_KEPT, details=details))
                for one in over:
                    _delete(one.place)
    return [one.name for one in over]


def erase_in_copies(settings: Settings, rules: Policy, officer_id: str, pseudonym: str = "") -> Reached:
    """Delete every row about an officer from every copy; one that is not what was copied is left alone and named.

    Where an erasure put other files of the history and other nights in the place of those that a copy lists, it lists
    those that are there now, so that going back to it neither fails nor brings the officer back.

    What a killed upgrade or restore left half done is deleted whole: nobody can go back to it.
    """
    found = Reached()
    if not copies(settings, rules):
        return found
    with alone(settings):
        for draft in _drafts(settings):
            _delete(draft)
        for one in copies(settings, rules):
            try:
                rows = _erased(one.place, officer_id)
                if one.place.is_dir():
                    follow(settings, one.place, pseudonym)
            except (InvalidInput, OSError, ValueError, KeyError, sqlite3.Error) as error:
                told = "it is not what was copied" if isinstance(error, InvalidInput) else type(error).__name__
                found.not_reached[one.name] = (
                    f"a copy that cannot be read ({told}); `pharos review retain` deletes it on {one.ends_on}"
                )
            else:
                found.erased |= {one.name: rows} if rows else {}
    return found


def _erased(place: Path, officer_id: str) -> int:
    """Rows that went from a copy; its list of hashes always tells what lies there, killed at any moment."""
    if not place.is_dir():
        return _swapped(place, officer_id)
    databases = [place / one for one in verified(place) if one.suffix == ".db"]
    rows = sum(_swapped(one, officer_id, place) for one in databases)
    if any(_held(one, officer_id) for one in databases):
        raise InvalidInput(f"{place} still holds rows about the officer; run the step again")
    return rows


def _swapped(database: Path, officer_id: str, folder: Path | None = None) -> int:
    """Put a database without the officer in the place of one with; between the two both hashes are listed."""
    rows = _held(database, officer_id)
    if not rows:
        return 0
    draft = database.with_name(f".{database.name}.erasing")
    try:
        shutil.copy2(database, draft)
        with closing(sqlite3.connect(draft, isolation_level=None)) as opened:
            opened.execute("PRAGMA journal_mode=DELETE")
            for table, where in _about(opened):
                opened.execute(f"DELETE FROM {table} WHERE {where}", (officer_id,))  # noqa: S608  # names of ours
            opened.execute("VACUUM")
        os.utime(draft, (database.stat().st_atime, database.stat().st_mtime))
        if folder is not None:
            both = {**sums_of(folder), database.relative_to(folder).as_posix(): [file_hash(database), file_hash(draft)]}
            _list(folder, both)
        draft.replace(database)
    finally:
        draft.unlink(missing_ok=True)
    if folder is not None:
        _list(folder, {**sums_of(folder), database.relative_to(folder).as_posix(): [file_hash(database)]})
    return rows


def _list(folder: Path, sums: dict[str, list[str]]) -> None:
    lines = "".join(f"{digest}  {place}\n" for place, digests in sorted(sums.items()) for digest in digests)
    write_atomically(folder / SUMS, lines.encode())


def _held(database: Path, officer_id: str) -> int:
    """How many rows of a database tell of an officer."""
    with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as opened:
        asked = [f"SELECT count(*) FROM {table} WHERE {where}" for table, where in _about(opened)]  # noqa: S608
        return sum(int(opened.execute(one, (officer_id,)).fetchone()[0]) for one in asked)


def _about(opened: sqlite3.Connection) -> list[tuple[str, str]]:
    """Tables that tell of officers, whatever version made them, and which rows; what hangs on others comes first."""
    tables = [row[0] for row in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    own = [name for name in tables if "officer_id" in {row[1] for row in opened.execute(f"PRAGMA table_info({name})")}]
    hanging = "case_id IN (SELECT case_id FROM cases WHERE officer_id = ?)"
    of_cases = [("case_events", hanging)] if {"cases", "case_events"} <= set(tables) else []
    return [*of_cases, *((name, "officer_id = ?") for name in own)]


def follow(settings: Settings, place: Path, pseudonym: str) -> None:
    """Let a copy list the files and nights that an erasure put in the place of those it lists."""
    if (manifest := place / "history" / MANIFEST).is_file():
        told, now = json.loads(manifest.read_bytes()), History(settings.history_dir)
        live = {place_before_any(path): entry for path, entry in now.listed().items()}
        for entry in (one for batch in told["batches"] for files in batch["tables"].values() for one in files):
            if not (settings.history_dir / entry["path"]).is_file():
                entry.update(live.get(place_before_any(entry["path"]), {}))
        _replaced(place, "history/" + MANIFEST, (json.dumps(told, indent=1) + "\n").encode())
    for listed in [one for one in sums_of(place) if one.startswith("results/")]:
        _follow_night(settings, place, listed, pseudonym)


def _follow_night(settings: Settings, place: Path, listed: str, pseudonym: str) -> None:
    """A pointer or a manifest of a night that another took the place of."""
    root = settings.state / Path(*Path(listed).parts[:2])
    if Path(listed).name == LATEST:
        held = read_pointer((place / listed).parent)
        run, day = ("", "") if held is None else (held.run, held.as_of)
    else:
        run, day = Path(listed).parts[-2], Path(listed).parts[-3].removeprefix("as_of=")
    after = run_folder(root, date.fromisoformat(day), run_after(run, pseudonym)) if run else root
    if not run or run_folder(root, date.fromisoformat(day), run).exists() or not (after / MANIFEST).is_file():
        return
    manifest = Manifest.read(after)
    if Path(listed).name == LATEST:
        _replaced(place, listed, pointer_text(manifest))
        return
    fresh = (Path(listed).parent.parent / after.name / MANIFEST).as_posix()
    (place / fresh).parent.mkdir(exist_ok=True)
    write_atomically(place / fresh, manifest.to_json().encode())
    _list(place, {name: sums for name, sums in sums_of(place).items() if name != listed}
          | {fresh: [file_hash(place / fresh)]})  # fmt: skip
    (place / listed).unlink()
    (place / listed).parent.rmdir()


def _replaced(folder: Path, name: str, content: bytes) -> None:
    """Put another content in the place of a listed file; between the two both hashes are listed."""
    path, digest = folder / name, bytes_hash(content)
    if file_hash(path) == digest:
        return
    _list(folder, {**sums_of(folder), name: [file_hash(path), digest]})
    write_atomically(path, content)
    _list(folder, {**sums_of(folder), name: [digest]})


def _drafts(settings: Settings) -> list[Path]:
    folder = backups_dir(settings)
    return [
        *(folder.glob(".*.partial") if folder.is_dir() else ()),
        *(folder.rglob(".*.erasing") if folder.is_dir() else ()),
        *(one for path in changed_files(settings) if (one := path.with_name(f".{path.name}.restored")).exists()),
    ]


def _delete(place: Path) -> None:
    try:
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)
    except OSError as error:
        raise NotReady(f"{place} cannot be deleted ({type(error).__name__}); look after its disk") from error
