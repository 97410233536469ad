"""Who was erased: a signed tombstone for each, which keeps an old export from bringing the officer back.

A tombstone names the officer by keyed pseudonym only, with a mark of the key: under another key nobody can be let in,
for it might be one who was erased.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from data_contracts.errors import NotReady
from data_contracts.private import write_private
from data_contracts.pseudonyms import Pseudonyms

FILE = "tombstones.json"
WHOEVER = "whoever was erased"  # no id has a space: this marks the key
REMEDY = "restore it from a copy, since without it an old export would bring back who was erased"


@dataclass(frozen=True)
class Tombstone:
    """That an officer was erased: pseudonym, mark of its key, moment (UTC, ISO), and a signature over the three."""

    pseudonym: str
    key_mark: str
    at: str
    signature: str = ""

    @property
    def text(self) -> bytes:
        """What is signed: words of its own, so that no other signature of the key can stand here."""
        return b"pharos tombstone " + json.dumps([self.pseudonym, self.key_mark, self.at]).encode()


@dataclass(frozen=True)
class Erased:
    """The tombstones beside a history."""

    folder: Path
    names: Pseudonyms = field(repr=False)

    @property
    def file(self) -> Path:
        """Where they stand."""
        return self.folder / FILE

    def all(self) -> list[Tombstone]:
        """Every tombstone, oldest first; raises NotReady where they cannot be read."""
        try:
            told: list[dict[str, Any]] = json.loads(self.file.read_text("utf-8"))
            return [Tombstone(**one) for one in told]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, TypeError) as error:
            raise NotReady(f"{self.file} cannot be read ({type(error).__name__}); {REMEDY}") from error

    def among(self, officer_ids: Collection[str]) -> frozenset[str]:
        """Which of these officers were erased; raises NotReady where it cannot be told."""
        stones = self.all()
        if any(one.key_mark != self.names.of(WHOEVER) for one in stones):
            raise NotReady(
                f"{self.file} was written under another key of pseudonyms; restore that key: who was erased cannot be "
                "told, so no row is taken"
            )
        gone = {one.pseudonym for one in stones}
        return frozenset(one for one in officer_ids if self.names.of(one) in gone) if gone else frozenset()

    def unsigned(self, officer_id: str, at: str) -> Tombstone:
        """What is to be signed of an officer."""
        return Tombstone(self.names.of(officer_id), self.names.of(WHOEVER), at)

    def add(self, stone: Tombstone) -> None:
        """Set up a tombstone; one of the same officer that stands already stays as it is."""
        held = self.all()
        if any((one.pseudonym, one.key_mark) == (stone.pseudonym, stone.key_mark) for one in held):
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        scratch = self.file.with_suffix(".pending")
        scratch.unlink(missing_ok=True)
        write_private(scratch, [asdict(one) for one in (*held, stone)])
        scratch.replace(self.file)
