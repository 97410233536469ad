"""A chain of its own for a test, in a database that the test may spoil."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from data_contracts.audit.begun import Begun
from data_contracts.audit.chain import METADATA, Action, AuditChain, Entry, lines
from data_contracts.audit.heads import Head
from data_contracts.database import Database

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
NOW = datetime(2026, 3, 1, 9)


def begun_in(folder: Path) -> Begun:
    """The mark of a chain whose files lie in one folder."""
    return Begun(folder / "audit.begun", folder / "erasures")


def entry(number: int) -> Entry:
    """One read."""
    return Entry(NOW, "key:a", Action.RISK_READ, f"r-{number}", (f"p-{number}",), {"officers": number})


@dataclass
class Room:
    """The chain at an address, its head in a folder."""

    folder: Path
    url: str
    _opened: dict[str, Database] = field(default_factory=dict)

    @classmethod
    def at(cls, folder: Path) -> Room:
        """On SQLite."""
        return cls(folder, f"sqlite:///{folder / 'audit.db'}")

    @property
    def head_file(self) -> Path:
        """Where the head lies."""
        return self.folder / "audit.head"

    def database(self) -> Database:
        """The database at the address that stands now."""
        return self._opened.setdefault(self.url, Database(self.url, "the audit chain"))

    def close(self) -> None:
        """Let every connection go."""
        for database in self._opened.values():
            database.close()

    def chain(self) -> AuditChain:
        """Opened anew."""
        return AuditChain(self.database(), self.head_file, KEY, begun_in(self.folder))

    def fill(self, many: int, first: int = 0) -> Head:
        """Add lines; the last head."""
        made = self.chain()
        return [made.append(entry(first + number)) for number in range(many)][-1]

    def head(self) -> Head:
        """What the file says."""
        return Head.from_json(self.head_file.read_text())

    def rows(self) -> list[dict[str, Any]]:
        """Every line."""
        return [dict(row) for row in lines(self.database())]

    def sql(self, words: str) -> None:
        """Spoil something."""
        with self.database().writing(METADATA) as connection:
            connection.execute(sa.text(words))  # words of ours
