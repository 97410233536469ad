"""Which events were taken: their ids, each with the hash of what it said, so that a replay is known and a second
event under a known id is told apart from it. The rows themselves stand in the history.

An id is its sender's own: what is kept is a keyed hash of both (`Pseudonyms.own_id`), so that no caller can take
another's ids, or learn that they were used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from data_contracts.log_store import LogStore, insert_new
from data_contracts.service_log import EVENTS
from data_contracts.settings import Settings


@dataclass(frozen=True)
class Kept:
    """What is remembered of an event: the hash of what it said, and the pseudonym of whom it was about, if any."""

    digest: str
    about: str


@dataclass
class EventLog(LogStore):
    """The ids at an address; the database is opened when it is first asked."""

    holds = "events"

    @classmethod
    def of(cls, settings: Settings) -> EventLog:
        """Of a deployment; nothing is opened yet."""
        return cls(settings.feedback_url)

    def known(self, keys: list[str]) -> dict[str, str]:
        """The digest of each of the events under these keys that was taken before."""
        asked = sa.select(EVENTS.c.event_id, EVENTS.c.digest).where(EVENTS.c.event_id.in_(keys))
        with self.transaction() as connection:
            return {str(row.event_id): str(row.digest) for row in connection.execute(asked)}

    def keep(self, events: Mapping[str, Kept], known_on: date) -> None:
        """Remember events, by their keys, whose rows stand in the history; one that is known stays as it is."""
        rows = [
            {"event_id": key, "digest": one.digest, "known_on": known_on, "about": one.about}
            for key, one in events.items()
        ]
        if rows:
            with self.transaction() as connection:
                connection.execute(insert_new(connection, EVENTS), rows)
