"""What can only be there where the chain has a line: each of these is written with one, or after it.

A chain without lines and without a head is new where none of it is there. Where any is, somebody took the whole chain
away, lines and head; so is a database from before there was a chain, and whoever knows that accepts it by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import sqlalchemy as sa

WITH_A_LINE: Mapping[str, tuple[str, str]] = {  # tables beside the lines: which rows, and how they are called
    "api_keys": ("", "API keys"),
    "cases": ("", "cases"),
    "case_events": ("", "steps in cases"),
    "case_nights": ("", "nights whose cases were opened"),
    "opt_outs": ("", "opt-outs"),
    "night_runs": ("WHERE state = 'published'", "published nights"),
}
PROOFS = "proofs of erasure"


def told_of_lines(connection: sa.Connection | None, proofs: Path | None = None) -> str:
    """What is there that came with lines, counted, in words; empty where nothing is. `proofs` is the folder of those
    that erasures left.
    """
    rows = () if connection is None else _rows(connection)
    return ", ".join(f"{what} ({count:,})" for count, what in (*rows, (_files(proofs), PROOFS)) if count)


def _rows(connection: sa.Connection) -> Iterator[tuple[int, str]]:
    there = set(sa.inspect(connection).get_table_names())
    for table, (which, what) in WITH_A_LINE.items():
        if table in there:
            asked = sa.text(f"SELECT count(*) FROM {table} {which}")  # noqa: S608  # names of ours
            yield int(connection.execute(asked).scalar_one()), what


def _files(folder: Path | None) -> int:
    return 0 if folder is None or not folder.is_dir() else sum(1 for _ in folder.glob("*.json"))
