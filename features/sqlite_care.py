"""How long a request waits for the online store, and what a connection needs so that it neither waits nor lies.

A store that failed is let alone for a second: those who queue behind the one that failed do not each wait in turn.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

READ_SECONDS = 0.1  # of the 200 ms that trust.md gives a request whose store is locked; the stand-in has the rest
WRITE_SECONDS = 5.0  # the night has time
REST_SECONDS = 1.0


class Rest:
    """Remembers that the store failed just now.

    >>> rest = Rest(clock=iter([0.0, 0.5, 1.5]).__next__)
    >>> rest.begin(); rest.over(), rest.over()
    (False, True)
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until = float("-inf")

    def begin(self) -> None:
        """It failed now."""
        self._until = self._clock() + REST_SECONDS

    def over(self) -> bool:
        """Whether it may be tried."""
        return self._clock() >= self._until


class PatientSqlite:
    """Feast's one SQLite connection of a process, kept on the file that is there now."""

    def __init__(self, feast: Any, seconds: float) -> None:
        """A store without a file (Redis) has its own limits, in its address."""
        self._store = feast._get_provider().online_store
        self._config = feast.config
        self._seconds = seconds

    def prepare(self) -> None:
        """Connect anew where the file is another than the one opened; raises FileNotFoundError where it is gone.

        Feast would go on reading a deleted file for ever, or make an empty one in its place.
        """
        if not hasattr(self._store, "_get_conn"):
            return
        place = Path(self._config.online_store.path)
        there = place.stat()
        if getattr(self._store, "_pharos_file", None) != (there.st_dev, there.st_ino):
            self.close()
        connection: sqlite3.Connection = self._store._get_conn(self._config)
        self._store._pharos_file = (there.st_dev, there.st_ino)
        connection.execute(f"PRAGMA busy_timeout = {round(self._seconds * 1000)}")

    def close(self) -> None:
        """Let the connection go: one that failed may hold pages of what is no longer there."""
        held = getattr(self._store, "_conn", None)
        if isinstance(held, sqlite3.Connection):
            held.close()
            self._store._conn = None
