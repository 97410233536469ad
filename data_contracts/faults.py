"""What is wrong with a row: every check of a contract as one vectorised mask, with a reason and never the value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import date

import pandas as pd

from data_contracts.catalog import Bound, Column, Table
from data_contracts.coercion import unreadable
from data_contracts.vocabulary import Refusal

FAULT_COLUMNS = ("row", "column", "reason", "value_class")
CAREER_YEARS = 20
UNREADABLE = {
    "date": Refusal.NOT_A_DATE,
    "number": Refusal.NOT_A_NUMBER,
    "integer": Refusal.NOT_WHOLE,
    "boolean": Refusal.NOT_TRUE_OR_FALSE,
}


@dataclass(frozen=True)
class Circumstances:
    """What the checks of one row need to know besides the row.

    `known_keys`: ids by table, for references into tables that were delivered; a table not listed is not checked.
    `joined`: joining date by officer. `today`: the day of the delivery, after which nothing can be known.
    """

    known_keys: Mapping[str, Set[str]]
    joined: pd.Series | None = None
    today: date | None = None


@dataclass(frozen=True)
class Fault:
    """Rows at fault (boolean, by row), the column they are at fault in, and why."""

    rows: pd.Series
    column: str
    reason: Refusal


def faults_of(table: Table, raw: pd.DataFrame, typed: pd.DataFrame, about: Circumstances) -> pd.DataFrame:
    """One line a fault: row number, column, reason and class of the value (row may appear more than once)."""
    found = [fault for fault in _all(table, raw, typed, about) if fault.rows.any()]
    lines = [_lines(fault, raw) for fault in found]
    return pd.concat(lines, ignore_index=True) if lines else no_faults()


def no_faults() -> pd.DataFrame:
    """An empty list of faults."""
    return pd.DataFrame({"row": pd.Series(dtype="int64"), **{c: pd.Series(dtype="string") for c in FAULT_COLUMNS[1:]}})


def value_class(values: pd.Series) -> pd.Series:
    """The class of each value, so that a person can guess the error without seeing the value.

    >>> value_class(pd.Series(["abc", 3, None, True, pd.Timestamp("2020-01-01")], dtype=object)).tolist()
    ['text', 'number', 'empty', 'true or false', 'date']
    """
    return values.astype(object).map(_class_of).astype("string")


def _class_of(value: object) -> str:
    if value is None or value is pd.NA or value is pd.NaT or value != value:
        return "empty"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, date):
        return "date"
    if isinstance(value, str):
        return "empty" if not value.strip() else "digits" if value.strip().isdigit() else "text"
    return "number"


def _all(table: Table, raw: pd.DataFrame, typed: pd.DataFrame, about: Circumstances) -> Iterator[Fault]:
    for column in table.columns:
        values = typed[column.name]
        misread = unreadable(raw[column.name], values) if column.name in raw else values.isna() & False
        if column.kind in UNREADABLE:
            yield Fault(misread, column.name, UNREADABLE[column.kind])
        if column.required:
            yield Fault(values.isna() & ~misread, column.name, Refusal.MISSING)
        yield from _limits(column, values)
        yield from _references(column, values, about)
    for rule in table.rules:
        yield Fault((typed[rule.column] < typed[rule.earlier]).fillna(False), rule.column, Refusal.WRONG_ORDER)
    yield from _times(table, typed, about)


def _limits(column: Column, values: pd.Series) -> Iterator[Fault]:
    given = values.notna()
    if column.enum:
        yield Fault(given & ~values.isin(column.enum), column.name, Refusal.NOT_IN_LIST)
    if column.minimum is not None:
        yield Fault(given & (values < _bound(column.minimum)).fillna(False), column.name, Refusal.BELOW_MINIMUM)
    if column.maximum is not None:
        yield Fault(given & (values > _bound(column.maximum)).fillna(False), column.name, Refusal.ABOVE_MAXIMUM)
    if column.max_length is not None and column.kind == "string":
        yield Fault((values.str.len() > column.max_length).fillna(False), column.name, Refusal.TOO_LONG)


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


def _bound(bound: Bound) -> float | pd.Timestamp:
    return pd.Timestamp(bound) if isinstance(bound, date) else bound


def _lines(fault: Fault, raw: pd.DataFrame) -> pd.DataFrame:
    rows = fault.rows[fault.rows.astype(bool)].index
    values = raw.loc[rows, fault.column] if fault.column in raw else pd.Series([None] * len(rows), dtype=object)
    return pd.DataFrame(
        {
            "row": rows.to_numpy(),
            "column": pd.array([fault.column] * len(rows), dtype="string"),
            "reason": pd.array([str(fault.reason.value)] * len(rows), dtype="string"),
            "value_class": value_class(values).to_numpy(),
        }
    )
