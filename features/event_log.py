"""Which events were taken: their ids, each with the hash of what it said, so that a replay is known and a second
event under a known id is told apart from it. The rows themselves stand in the history."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from data_contracts import service_log
from data_contracts.errors import NotReady
from data_contracts.service_log import EVENTS
from data_contracts.settings import Settings

INSERTS: Mapping[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


@dataclass
class EventLog:
    """The ids at an address; the database is opened when it is first asked."""

    url: str
    _engine: sa.Engine | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def of(cls, settings: Settings) -> EventLog:
        """Of a deployment; nothing is opened yet."""
        return cls(settings.feedback_url)

    def known(self, event_ids: list[str]) -> dict[str, str]:
        """The digest of each of these events that was taken before."""
        asked = sa.select(EVENTS.c.event_id, EVENTS.c.digest).where(EVENTS.c.event_id.in_(event_ids))
        try:
            with self._opened().connect() as connection:
                return {str(row.event_id): str(row.digest) for row in connection.execute(asked)}
        except (sa.exc.DatabaseError, OSError) as error:
            raise _unusable(error) from error

    def keep(self, digests: Mapping[str, str], known_on: date) -> None:
        """Remember events whose rows stand in the history; one that is known already stays as it is."""
        rows = [{"event_id": one, "digest": digest, "known_on": known_on} for one, digest in digests.items()]
        if not rows:
            return
        try:
            engine = self._opened()
            with engine.begin() as connection:
                connection.execute(INSERTS[engine.dialect.name](EVENTS).on_conflict_do_nothing(), rows)
        except (sa.exc.DatabaseError, OSError) as error:
            raise _unusable(error) from error

    def close(self) -> None:
        """Let the connections go; the next call opens them again."""
        with self._lock:
            if self._engine is not None:
                self._engine.dispose()
            self._engine = None

    def _opened(self) -> sa.Engine:
        with self._lock:
            if self._engine is None:
                self._engine = service_log.opened(self.url, make=True)
            return self._engine


def _unusable(error: Exception) -> NotReady:
    cause = getattr(error, "orig", None) or error
    return NotReady(f"the log of events cannot be used ({type(cause).__name__}); look after its disk and its locks")
