"""Whether the database that a setting names is the one that the state was kept in.

It is where the place is the one written down; where it is not, the audit chain tells: a database that holds the line
of the kept head is the same one under another name, or a whole copy of it. Anything else is refused, before a table is
made in it.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from data_contracts.audit.heads import Head
from data_contracts.database import Database
from data_contracts.errors import InvalidInput, NotReady, OtherDatabase
from data_contracts.places import HERE, SERVICE, remember, remembered, service_place
from data_contracts.settings import Settings


@dataclass(frozen=True)
class Belonging:
    """The database of keys, audit lines, cases and rights, as its state folder knows it."""

    settings: Settings

    def check(self, connection: sa.Connection | None) -> None:
        """Raise OtherDatabase where the database is not the state's; None stands for a file that is not there."""
        told, here = remembered(self.settings.state).get(SERVICE), service_place(self.settings)
        if told == here or not self._anything_kept():
            return
        if told is None and here == HERE and self._file.is_file():
            return
        if connection is None or not self._holds_the_head(connection):
            raise OtherDatabase(_words(self._was(told), here))

    def keep(self) -> None:
        """Write down that the state is kept there from now on."""
        remember(self.settings.state, SERVICE, service_place(self.settings))

    def _was(self, told: str | None) -> str:
        if told is not None:
            return told
        return HERE if self._file.is_file() else "another database (an earlier version did not write down which)"

    def _anything_kept(self) -> bool:
        """Whether an audit line was ever written, or the folder's own database has a row."""
        return self.settings.audit_head.is_file() or (self._file.is_file() and _has_rows(self._file))

    @property
    def _file(self) -> Path:
        return self.settings.state / "service" / "service.db"

    def _holds_the_head(self, connection: sa.Connection) -> bool:
        try:
            head = Head.from_json(self.settings.audit_head.read_text("utf-8"))
        except (OSError, UnicodeDecodeError, InvalidInput):
            return False
        if not sa.inspect(connection).has_table("audit_lines"):
            return False
        asked = sa.text("SELECT hash FROM audit_lines WHERE number = :number")
        return connection.execute(asked, {"number": head.number}).scalar_one_or_none() == head.hash


def service_database(settings: Settings, name: str, seconds: int | None = None) -> Database:
    """The database of keys, audit lines, cases and rights; whoever uses it is refused where it is not the state's."""
    return Database(settings.service_url, name, seconds, Belonging(settings))


def check_service_database(settings: Settings) -> None:
    """Raise OtherDatabase at once, before anything is answered or scored; a database that is away is told later."""
    database = service_database(settings, "the service's database")
    try:
        if database.exists:
            with database.reading(sa.MetaData()):
                pass
    except OtherDatabase:
        raise
    except NotReady:
        return
    finally:
        database.close()


def _has_rows(file: Path) -> bool:
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as opened:
            names = [row[0] for row in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            ours = [name for name in names if name != "pharos_version" and not name.startswith("sqlite_")]
            return any(opened.execute(f'SELECT 1 FROM "{name}" LIMIT 1').fetchone() for name in ours)  # noqa: S608
    except sqlite3.Error:
        return True


def _words(was: str, here: str) -> str:
    back = "unset PHAROS_DATABASE_URL" if was == HERE else f"set PHAROS_DATABASE_URL to {was}"
    return (
        f"keys, opt-outs, cases and the audit chain of this state are kept in {was}, and PHAROS_DATABASE_URL now leads "
        f"to {here}, which does not hold them; run `pharos database move` to take them there, or {back}"
    )
