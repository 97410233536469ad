"""What `pharos database move` does: keys, opt-outs, cases, audit lines and the table of nights, whole, from the
database that a state was kept in to the one that the settings name, and back.

The chain gets its last line there, one that tells of the move, and one transaction of the target takes all rows or
none. Before it ends, counts and contents of every table are compared and the chain is walked there against its kept
head. Killed at any moment it is run again: either nothing stands there, or all does, and then only the place is
written down.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from data_contracts.audit.chain import LINES, Action, Entry, rows_of
from data_contracts.audit.chain import METADATA as AUDIT
from data_contracts.audit.verdict import verified
from data_contracts.database import Database
from data_contracts.errors import InvalidInput, NotReady, Refused
from data_contracts.migrations import METADATA as VERSIONS
from data_contracts.places import HERE, SERVICE, plain, remember, remembered, service_place
from data_contracts.settings import Settings
from models import keys
from models.audit import chain_in, newest_head, operator
from serving.access.api_keys import METADATA as KEYS
from serving.night.run_table import METADATA as RUNS
from serving.review.tables import METADATA as REVIEW
from serving.upgrading.quiet import nobody_else
from serving.upgrading.table_copy import Held, all_held, copy_rows

MOVED = (AUDIT, KEYS, REVIEW, RUNS)
TABLES = tuple(table for metadata in MOVED for table in metadata.sorted_tables)
NOT_MOVED = {*VERSIONS.tables, "sqlite_sequence"}  # made anew at the target


@dataclass(frozen=True)
class Moved:
    """From where to where, how many rows of each table, and where an SQLite file that was left is kept; `rows` is
    empty where the state was there already.
    """

    source: str
    target: str
    rows: Mapping[str, int]
    kept: Path | None = None

    @property
    def sentences(self) -> Iterator[str]:
        """For people."""
        if not self.rows:
            yield f"the state is kept in {self.target} already"
        else:
            told = ", ".join(f"{count:,} of {name}" for name, count in self.rows.items())
            yield f"from {self.source} to {self.target}: {told}"
            yield "every row was compared, and the audit chain stands there as it was"
        if self.kept is not None:
            yield f"what was before is kept as a copy, {self.kept}; it ends as copies of upgrades do"
        elif self.rows and self.source != HERE:
            yield (
                f"the rows in {self.source} were left as they are, and erasure does not reach them there: have them "
                "dropped by the server's keeper"
            )


def move(settings: Settings, moment: datetime, source_address: str | None = None) -> Moved:
    """Move what the state's database holds to the one that the settings name.

    `source_address` is the present place with a password, where it needs one. Raises Refused where rows stand there
    already or a chain is not good, InvalidInput where the state is kept elsewhere, LockHeld while somebody uses it,
    NotReady where a database cannot be used; nothing was moved then.
    """
    target, own = service_place(settings), settings.model_copy(update={"database_url": ""})
    named = HERE if source_address is None else plain(source_address, settings.state)
    told = remembered(settings.state).get(SERVICE, named)
    if told == target:
        return Moved(told, target, {}, _set_aside(own, moment) if target != HERE else None)
    if source_address is not None and named != told:
        raise InvalidInput(
            f"this state is kept in {told}, and --from names {named}; name the first, or leave --from out"
        )
    address = source_address or (
        own.service_url if told == HERE else told.replace("postgresql:", "postgresql+psycopg:", 1)
    )
    before = settings.model_copy(update={"database_url": address})
    if not Database(address, told).exists:
        raise NotReady(f"there is nothing to move from {told}: PHAROS_DATABASE_URL may name {target} as it is")
    with nobody_else(before), _both(before, settings) as (source, there):
        if not _arrived(source, there):
            details = {"what": "service database", "from": told, "to": target}
            chain_in(settings, source).append(Entry(moment, operator(), Action.EXPORTED, details=details))
        rows = _copied(settings, source, there)
    remember(settings.state, SERVICE, target)
    return Moved(told, target, rows, _set_aside(own, moment) if told == HERE else None)


@contextmanager
def _both(before: Settings, after: Settings) -> Iterator[tuple[Database, Database]]:
    """The two databases with all tables of ours."""
    both = tuple(Database(one.service_url, f"the database in {service_place(one)}") for one in (before, after))
    try:
        for database in both:
            for metadata in MOVED:
                database.make(metadata)
        yield both[0], both[1]
    finally:
        for database in both:
            database.close()


def _arrived(source: Database, target: Database) -> bool:
    """Whether an earlier run, killed before it could say so, moved everything; raises Refused where other rows stand
    in the target.
    """
    with source.reading(AUDIT) as theirs, target.reading(AUDIT) as ours:
        _check_known(theirs)
        wanted, found = all_held(theirs, TABLES), all_held(ours, TABLES)
    if found == wanted and any(held.rows for held in wanted.values()):
        return True
    _check_empty(found, target.name)
    return False


def _copied(settings: Settings, source: Database, target: Database) -> dict[str, int]:
    """All rows in one transaction of the target, or none; the source is read while nobody can write to it."""
    with source.writing(AUDIT) as theirs, target.writing(AUDIT) as ours:
        _hold(theirs)
        wanted, found = all_held(theirs, TABLES), all_held(ours, TABLES)
        if found != wanted:
            _check_empty(found, target.name)
            copy_rows(theirs, ours, TABLES)
            found = all_held(ours, TABLES)
        for name, held in wanted.items():
            if found[name] != held:
                arrived = f"{found[name].rows:,} like them arrived"
                raise NotReady(f"{name}: {held.rows:,} rows went out and {arrived}; nothing was moved, run it again")
        _check_chain(settings, ours)
    return {name: held.rows for name, held in wanted.items()}


def _hold(connection: sa.Connection) -> None:
    """Nobody changes the source meanwhile; SQLite's transaction holds it already."""
    if connection.dialect.name == "postgresql":
        names = ", ".join(f'"{table.name}"' for table in TABLES)
        connection.exec_driver_sql(f"LOCK TABLE {names} IN SHARE MODE")


def _check_known(connection: sa.Connection) -> None:
    """A file of ours holds our tables alone: one that this version does not know would be left behind."""
    if connection.dialect.name != "sqlite":
        return
    strange = set(sa.inspect(connection).get_table_names()) - {table.name for table in TABLES} - NOT_MOVED
    if strange:
        raise Refused(f"table {min(strange)} is none of this version's; move with the version that made it")


def _check_empty(found: Mapping[str, Held], name: str) -> None:
    for table, held in found.items():
        if held.rows:
            raise Refused(
                f"{name} holds {held.rows:,} rows in {table} already, and two states never become one: name an empty "
                "database, or have it emptied by its keeper; nothing was moved"
            )


def _check_chain(settings: Settings, connection: sa.Connection) -> None:
    if not settings.audit_head.is_file() and connection.execute(sa.select(LINES.c.number).limit(1)).first() is None:
        return
    with closing(rows_of(connection)) as rows:
        verdict = verified(rows, keys.public_key(settings.keys_dir), (), newest_head(settings))
    if not verdict.good:
        raise Refused(
            f"line {verdict.first_bad:,} of the audit chain is not what was written ({verdict.why}), and a chain that "
            "does not stand is not moved; find out with `pharos audit verify`, nothing was moved"
        )


def _set_aside(own: Settings, moment: datetime) -> Path | None:
    """The file that was left becomes a copy: retention ends it and erasure reaches it (copies.py)."""
    database = Database(own.service_url, "the file that was left")
    file = database.file
    if file is None or not file.is_file():
        return None
    kept = file.with_name(f"{file.name}.before-move-{moment:%Y%m%dT%H%M%S}")
    database.compact()  # what stands in the log beside the file is written into it
    database.close()
    file.replace(kept)
    for end in ("-wal", "-shm"):
        file.with_name(file.name + end).unlink(missing_ok=True)  # they belong to no file any more
    kept.touch()
    return kept
