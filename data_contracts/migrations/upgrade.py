"""What `pharos database upgrade` does: bring the service's database to this checkout's shape, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from data_contracts.database import Database
from data_contracts.migrations import VERSION

CONNECTION = "connection"


@dataclass(frozen=True)
class Upgraded:
    """From which revision to which (None: there was none), and the copy that was made before, of an SQLite file."""

    before: str | None
    after: str
    copy: Path | None = None

    @property
    def sentence(self) -> str:
        """For people."""
        if self.before == self.after:
            return f"the service's database is at revision {self.after} already"
        kept = f"; what it was before is kept in {self.copy}" if self.copy else ""
        return f"the service's database went from revision {self.before or 'none'} to {self.after}{kept}"


def config() -> Config:
    """Alembic on our revisions; no ini file, no logging of its own."""
    made = Config()
    made.set_main_option("script_location", Path(__file__).parent.as_posix())
    made.set_main_option("version_table", VERSION.name)
    return made


def head() -> str:
    """The newest revision that is written down."""
    return str(ScriptDirectory.from_config(config()).get_current_head())


def upgrade(database: Database, copied: Callable[[], Path] | None = None) -> Upgraded:
    """Bring a database to the newest revision, in one transaction; `copied` copies an SQLite file before it is changed.

    A server's copy is its keeper's. Raises NotReady where it cannot be used; then it is as it was.
    """
    with database.migrating() as connection:
        before, empty = revision_of(connection), not sa.inspect(connection).get_table_names()
    if before == head():
        return Upgraded(before, before)
    copy = copied() if copied is not None and database.file is not None and not empty else None
    used = config()
    with database.migrating() as connection:
        used.attributes[CONNECTION] = connection
        command.upgrade(used, "head")
        after = revision_of(connection)
    return Upgraded(before, str(after), copy)


def revision_of(connection: sa.Connection) -> str | None:
    """Which revision a database says it has; None where it says nothing."""
    if not sa.inspect(connection).has_table(VERSION.name):
        return None
    found = connection.execute(sa.select(VERSION.c.version_num)).scalar_one_or_none()
    return None if found is None else str(found)
