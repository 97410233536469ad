"""What tells that a chain was begun, once its lines and its head are gone: a mark, and whatever comes with a line.

The mark lies apart from the chain, in the state folder itself, and is written after the first line that finds none.
Keys, cases, opt-outs, published nights and proofs of erasure come with lines too: each is written with one or after
it. Where none of it is there, a chain without lines and head is new. Where a mark is, somebody took the whole chain
away. Where rows are and no mark, they may also be of a version that kept no lines of them: somebody who knows says so.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from data_contracts.errors import NotReady

WITH_A_LINE: Mapping[str, tuple[str, str]] = {  # tables beside the lines: which rows, and how they are called
    "api_keys": ("", "API keys"),
    "cases": ("", "cases"),
    "case_events": ("", "steps in cases"),
    "case_nights": ("", "nights whose cases were opened"),
    "opt_outs": ("", "opt-outs"),
    "night_runs": ("WHERE state = 'published'", "published nights"),
}
PROOFS = "proofs of erasure"


@dataclass(frozen=True)
class Begun:
    """Where the mark of a chain lies, and the folder of the proofs that erasures left."""

    mark: Path
    proofs: Path

    @property
    def marked(self) -> bool:
        """Whether the mark is there; one that cannot be looked at counts as there."""
        return os.path.lexists(self.mark)

    def put(self, since: datetime) -> None:
        """Write the mark where there is none, with the moment of the first line; raises NotReady where it cannot be."""
        if self.marked:
            return
        draft = self.mark.with_name(f".{self.mark.name}.{os.getpid()}")
        try:
            with draft.open("w", encoding="ascii") as file:
                file.write(f"{since.isoformat()}\n")
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.mark)
        except OSError as error:
            raise NotReady(
                f"the mark of the audit chain, {self.mark}, cannot be written ({type(error).__name__}); look after its "
                "disk and its rights: without it nobody would notice that the whole chain is gone"
            ) from error

    def why_gone(self, connection: sa.Connection | None, head_file: Path) -> str:
        """Of a chain without lines and head, what tells that it had some; empty where it is new. No connection stands
        for a database that is not there.
        """
        told = ", ".join(f"{what} ({count:,})" for count, what in (*_rows(connection), self._proofs()) if count)
        if self.marked:
            with_lines = f", and {told} came with lines" if told else ""
            return (
                f"it has no lines and no head {head_file}, although its mark {self.mark} says that it was begun"
                f"{with_lines}: the whole chain was taken away"
            )
        if told:
            return (
                f"it has no lines, no head {head_file} and no mark {self.mark}, and {told} came with lines: chain and "
                "mark were taken away, or a version made them that kept no lines of them"
            )
        return ""

    def _proofs(self) -> tuple[int, str]:
        return sum(1 for _ in self.proofs.glob("*.json")) if self.proofs.is_dir() else 0, PROOFS


def _rows(connection: sa.Connection | None) -> Iterator[tuple[int, str]]:
    there = set() if connection is None else set(sa.inspect(connection).get_table_names())
    for table, (which, what) in WITH_A_LINE.items():
        if table in there and connection is not None:
            asked = sa.text(f"SELECT count(*) FROM {table} {which}")  # noqa: S608  # names of ours
            yield int(connection.execute(asked).scalar_one()), what
