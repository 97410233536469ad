"""What is wrong with a row: its cells against the contract, then what only its surroundings can tell."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from data_contracts.catalog import Column, Table
from data_contracts.schema import cell_faults, cells, with_value_class
from data_contracts.vocabulary import Refusal

CAREER_YEARS = 20
OFFICER, OFFICERS = "officer_id", "officers"
WhoErased = Callable[[Collection[str]], Set[str]]


@dataclass(frozen=True)
class Circumstances:
    """What the checks of one row need to know besides the row.

    `known_keys`: ids by table, for references into tables that were delivered; a table not listed is not checked.
    `joined`: joining date by officer. `today`: the day of the delivery, after which nothing can be known. `erased`:
    which of some officers were erased, so that no row of theirs comes in again.
    """

    known_keys: Mapping[str, Set[str]]
    joined: pd.Series | None = None
    today: date | None = None
    erased: WhoErased | None = None


@dataclass(frozen=True)
class Fault:
    """Rows at fault (boolean, by row), the column they are at fault in, and why."""

    rows: pd.Series
    column: str
    reason: Refusal


def faults_of(table: Table, raw: pd.DataFrame, typed: pd.DataFrame, about: Circumstances) -> pd.DataFrame:
    """One line a fault: row number, column, reason and class of the value (row may appear more than once)."""
    found = [cells(_numbers(fault.rows), fault.column, fault.reason) for fault in _surroundings(table, typed, about)]
    around = [with_value_class(part, raw) for part in found if len(part)]
    return pd.concat([cell_faults(table, raw, typed), *around], ignore_index=True)


def erased_cells(table: Table, typed: pd.DataFrame, about: Circumstances) -> dict[str, pd.Series]:
    """By column that names officers, where (bool, by row) it names one who was erased; none where nobody was."""
    named = [name for name in table.column_names if name == OFFICER or table.references.get(name) == OFFICERS]
    if about.erased is None or not named:
        return {}
    gone = about.erased(sorted({str(one) for name in named for one in typed[name].dropna().unique()}))
    return {name: typed[name].isin(gone) for name in named} if gone else {}


def _numbers(rows: pd.Series) -> npt.NDArray[np.int64]:
    return np.flatnonzero(rows.to_numpy(dtype=bool))


def _surroundings(table: Table, typed: pd.DataFrame, about: Circumstances) -> Iterator[Fault]:
    for column in table.columns:
        yield from _references(column, typed[column.name], about)
    for name, rows in erased_cells(table, typed, about).items():
        if name == OFFICER:
            yield Fault(rows, name, Refusal.ERASED)
    yield from _times(table, typed, about)


def _references(column: Column, values: pd.Series, about: Circumstances) -> Iterator[Fault]:
    if column.references is not None and (target := column.references.split(".")[0]) in about.known_keys:
        strange = values.notna() & ~values.isin(about.known_keys[target])
        yield Fault(strange, column.name, Refusal.UNKNOWN_REFERENCE)


def _times(table: Table, typed: pd.DataFrame, about: Circumstances) -> Iterator[Fault]:
    """A row known in the future, or a record of a service that lies a whole career before the officer joined."""
    if about.today is not None:
        yield Fault((typed["known_on"] > pd.Timestamp(about.today)).fillna(False), "known_on", Refusal.IN_FUTURE)
    if about.joined is not None and table.entity == "officer" and table.event_date and not table.required:
        joined = typed["officer_id"].map(about.joined)
        early = typed[table.event_date] < joined - pd.Timedelta(days=CAREER_YEARS * 365)
        yield Fault(early.fillna(False), table.event_date, Refusal.LONG_BEFORE_JOINING)
