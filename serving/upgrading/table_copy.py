"""Rows of whole tables from one database into another, SQLite or PostgreSQL, and whether all of them arrived."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

CHUNK_ROWS = 1000
WHOLE = 2**256


@dataclass(frozen=True)
class Held:
    """What a table holds: how many rows, and the sum of their hashes, whatever their order."""

    rows: int
    sum: int


def held(connection: sa.Connection, table: sa.Table) -> Held:
    """What a table holds now; nothing where it is not there."""
    if not sa.inspect(connection).has_table(table.name):
        return Held(0, 0)
    count = total = 0
    for rows in _chunks(connection, table):
        count += len(rows)
        total += sum(_hash(table, row) for row in rows)
    return Held(count, total % WHOLE)


def all_held(connection: sa.Connection, tables: Iterable[sa.Table]) -> Mapping[str, Held]:
    """Of several tables, by name."""
    return {table.name: held(connection, table) for table in tables}


def copy_rows(source: sa.Connection, target: sa.Connection, tables: Sequence[sa.Table]) -> None:
    """Put the rows of each table into the one of the same name, which must be there and empty; a counter of numbers
    goes on after the last one.
    """
    for table in tables:
        if not sa.inspect(source).has_table(table.name):
            continue
        for rows in _chunks(source, table):
            target.execute(table.insert(), [dict(row) for row in rows])
        if target.dialect.name == "postgresql":
            _count_on(target, table)


def _count_on(target: sa.Connection, table: sa.Table) -> None:
    column = table.autoincrement_column
    if column is None:
        return
    last = target.execute(sa.select(sa.func.max(column))).scalar_one()
    counter = target.execute(sa.select(sa.func.pg_get_serial_sequence(table.name, column.name))).scalar_one()
    if last is not None and counter is not None:
        target.execute(sa.select(sa.func.setval(counter, last)))


def _chunks(connection: sa.Connection, table: sa.Table) -> Iterator[Sequence[Mapping[str, Any]]]:
    found = connection.execute(table.select(), execution_options={"yield_per": CHUNK_ROWS}).mappings()
    for rows in found.partitions(CHUNK_ROWS):
        yield [dict(row) for row in rows]


def _hash(table: sa.Table, row: Mapping[str, Any]) -> int:
    told = repr([row[column.name] for column in table.columns])
    return int.from_bytes(hashlib.sha256(told.encode()).digest())
