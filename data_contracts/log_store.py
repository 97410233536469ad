"""What every part of the service's own log shares: opened late, used by several threads, written in transactions."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from data_contracts import service_log
from data_contracts.errors import NotReady

INSERTS: Mapping[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


@dataclass
class LogStore:
    """One kind of rows in the log at an address; the database is opened at the first use. `holds` names the kind."""

    holds: ClassVar[str]

    url: str
    _engine: sa.Engine | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def close(self) -> None:
        """Let the connections go; the next call opens them again."""
        with self._lock:
            if self._engine is not None:
                self._engine.dispose()
            self._engine = None

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """A transaction; raises NotReady where the log cannot be used, and then nothing of it stands."""
        try:
            with self._opened().begin() as connection:
                yield connection
        except (sa.exc.DatabaseError, OSError) as error:
            cause = getattr(error, "orig", None) or error
            raise NotReady(
                f"the log of {self.holds} cannot be used ({type(cause).__name__}); look after its disk and its locks"
            ) from error

    def _opened(self) -> sa.Engine:
        with self._lock:
            if self._engine is None:
                self._engine = service_log.opened(self.url, make=True)
            return self._engine


def insert_new(connection: sa.Connection, table: sa.Table) -> Any:
    """An insert that leaves a row alone whose key is there already."""
    return INSERTS[connection.dialect.name](table).on_conflict_do_nothing()
