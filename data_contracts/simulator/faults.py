"""Deliberately bad rows: a good row of each simulated table, spoilt once for each thing its contract forbids."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from data_contracts.catalog import Column, Kind, Table, catalog
from data_contracts.schema import allowed_values
from data_contracts.vocabulary import Refusal

UNREADABLE: dict[Kind, tuple[str, Refusal]] = {
    "date": ("2021-02-30", Refusal.NOT_A_DATE),
    "number": ("many", Refusal.NOT_A_NUMBER),
    "integer": ("2.5", Refusal.NOT_WHOLE),
    "boolean": ("perhaps", Refusal.NOT_TRUE_OR_FALSE),
}


@dataclass(frozen=True)
class Spoilt:
    """One cell's bad value and the reason for which the row must be refused."""

    column: str
    value: str
    reason: Refusal


def bad_rows(folder: Path) -> dict[str, pd.DataFrame]:
    """For each table of a simulated folder, its first row as text, once for each fault.

    Two columns that no contract knows, `spoilt_column` and `spoilt_reason`, say what must be found.
    """
    result = {}
    for name, table in catalog().tables.items():
        path = folder / f"{name}.parquet"
        if path.is_file() and (good := _first_row(path)) is not None:
            result[name] = spoil(table, good)
    return result


def spoil(table: Table, good: Mapping[str, str]) -> pd.DataFrame:
    """Copies of a good row (text by column), each with one fault.

    >>> good = {"officer_id": "o-1", "track": "general", "known_on": "2020-01-01"}
    >>> spoilt = spoil(catalog().table("officers"), good)
    >>> spoilt.query("spoilt_column == 'track'")[["track", "spoilt_reason"]].values.tolist()
    [['no-such-code', 'not_in_list']]
    """
    faults = [fault for column in table.columns for fault in _faults(column)]
    faults += [Spoilt(rule.column, "1900-01-01", Refusal.WRONG_ORDER) for rule in table.rules if good.get(rule.earlier)]
    rows = [{**good, fault.column: fault.value, "spoilt_column": fault.column, "spoilt_reason": str(fault.reason.value)}
            for fault in faults]  # fmt: skip
    return pd.DataFrame(rows, columns=[*(column.name for column in table.columns), "spoilt_column", "spoilt_reason"])


def _faults(column: Column) -> Iterator[Spoilt]:
    if column.required:
        yield Spoilt(column.name, "", Refusal.MISSING)
    if column.kind in UNREADABLE:
        yield Spoilt(column.name, *UNREADABLE[column.kind])
    if allowed_values(column):
        yield Spoilt(column.name, "no-such-code", Refusal.NOT_IN_LIST)
    if isinstance(column.minimum, float):
        yield Spoilt(column.name, f"{column.minimum - 1:.0f}", Refusal.BELOW_MINIMUM)
    if isinstance(column.maximum, float):
        yield Spoilt(column.name, f"{column.maximum + 1:.0f}", Refusal.ABOVE_MAXIMUM)
    if column.max_length is not None and not allowed_values(column):
        yield Spoilt(column.name, "长" * (column.max_length + 1), Refusal.TOO_LONG)


def _first_row(path: Path) -> dict[str, str] | None:
    """The first row as text, or None where there is none."""
    rows = pq.ParquetFile(path).read().slice(0, 1).to_pylist()
    return {name: _as_text(value) for name, value in rows[0].items()} if rows else None


def _as_text(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}"
    return "" if value is None else str(value)
