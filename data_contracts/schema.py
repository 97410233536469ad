"""A contract as a pandera schema, and what a frame's cells say against it.

Cells are coerced first (`coercion.py`) and then validated, because pandera's own coercion of a dirty column costs a
millisecond a row. A refusal names table, row key, column, reason and the class of the value, never the value.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from data_contracts.catalog import Column, Kind, Table
from data_contracts.coercion import coerce, typed_empty, unreadable
from data_contracts.policy import policy
from data_contracts.vocabulary import Refusal, ValueClass

FAILURE_COLUMNS = ("table", "row", "row_key", "column", "reason", "value_class")
UNREADABLE: dict[Kind, Refusal] = {
    "date": Refusal.NOT_A_DATE,
    "number": Refusal.NOT_A_NUMBER,
    "integer": Refusal.NOT_WHOLE,
    "boolean": Refusal.NOT_TRUE_OR_FALSE,
    "string": Refusal.NOT_IN_LIST,
}
_DATE = re.compile(r"^\s*\d{4}[-/.年]\d{1,2}")
_NUMBER = re.compile(r"^\s*[+-]?\d+\s*$|^\s*[+-]?\d*\.\d+([eE][+-]?\d+)?\s*$")
SHORT_TEXT = 20


@dataclass(frozen=True)
class Checked:
    """A frame in the contract's columns and dtypes (all rows, numbered from 0), and what is wrong with it.

    `failures` has one row a wrong cell: table, row, row_key, column, reason, value_class.
    """

    frame: pd.DataFrame
    failures: pd.DataFrame

    @property
    def good(self) -> npt.NDArray[np.bool_]:
        """Which rows have no failure, shape (rows,)."""
        mask = np.ones(len(self.frame), dtype=bool)
        mask[self.failures["row"].to_numpy(dtype=np.int64)] = False
        return mask


def check(table: Table, raw: pd.DataFrame) -> Checked:
    """Coerce and validate a frame as it comes; columns of no contract are left out, absent ones are null.

    >>> from data_contracts.catalog import catalog
    >>> raw = pd.DataFrame({"officer_id": ["o-1"], "entered_on": ["someday"], "known_on": ["2024-01-01"]})
    >>> check(catalog().table("officers"), raw).failures[["row_key", "column", "reason", "value_class"]].values.tolist()
    [['o-1', 'entered_on', 'not_a_date', 'short_text']]
    """
    raw = raw.reset_index(drop=True)
    frame, unread = _typed(table, raw)
    found = pd.concat([unread, _refused(table, frame), _wrong_order(table, frame)], ignore_index=True)
    found = found.drop_duplicates(["row", "column"]).sort_values(["row", "column"], ignore_index=True)
    return Checked(frame, _described(table, frame, raw, found))


@cache
def schema_of(table: Table) -> pa.DataFrameSchema:
    """The pandera schema of a contract: dtypes, nulls, enumerations, ranges and lengths; other columns refused."""
    return pa.DataFrameSchema({column.name: _pandera_column(column) for column in table.columns}, strict=True)


def allowed_values(column: Column) -> tuple[str, ...]:
    """Codes the column may hold, from the contract or from the policy list it names; empty where any may."""
    return column.enum if column.policy_list is None else policy().values(column.policy_list)


def _pandera_column(column: Column) -> pa.Column:
    checks = []
    if values := allowed_values(column):
        checks.append(pa.Check.isin(values, error=Refusal.NOT_IN_LIST.value))
    if column.minimum is not None:
        checks.append(pa.Check.ge(_limit(column.minimum), error=Refusal.BELOW_MINIMUM.value))
    if column.maximum is not None:
        checks.append(pa.Check.le(_limit(column.maximum), error=Refusal.ABOVE_MAXIMUM.value))
    if column.max_length is not None:
        checks.append(pa.Check.str_length(max_value=column.max_length, error=Refusal.TOO_LONG.value))
    return pa.Column(column.dtype, checks, nullable=not column.required)


def _limit(bound: object) -> object:
    return bound if isinstance(bound, float) else pd.Timestamp(str(bound))


def _typed(table: Table, raw: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    columns, unread = {}, [_cells(np.array([], dtype=np.int64), "", "")]
    for column in table.columns:
        if column.name not in raw.columns:
            columns[column.name] = typed_empty(column.kind, raw.index)
            continue
        typed = coerce(column.kind, raw[column.name])
        rows = np.flatnonzero(unreadable(raw[column.name], typed).to_numpy())
        unread.append(_cells(rows, column.name, UNREADABLE[column.kind]))
        columns[column.name] = _codes(column, typed)
    return pd.DataFrame(columns, index=raw.index), pd.concat(unread, ignore_index=True)


def _codes(column: Column, typed: pd.Series) -> pd.Series:
    """Labels that people write (查实, Sustained) become the contract's codes."""
    values = allowed_values(column)
    if not values:
        return typed
    other = typed.notna() & ~typed.isin(values)
    if other.any():
        words = {**column.codes_by_label, **policy().codes_by_label(column.policy_list)}
        words |= {code.casefold(): code for code in values}
        written = typed[other].str.strip()
        typed = typed.copy()
        typed[other] = written.str.casefold().map(words).astype("string").fillna(written)
    return typed


def _refused(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    try:
        schema_of(table).validate(frame, lazy=True)
    except SchemaErrors as errors:
        cases = errors.failure_cases
        reasons = cases["check"].replace("not_nullable", Refusal.MISSING.value)
        rows = cases["index"].to_numpy(dtype=np.int64)
        return pd.DataFrame({"row": rows, "column": cases["column"].to_numpy(), "reason": reasons.to_numpy()})
    return _cells(np.array([], dtype=np.int64), "", "")


def _wrong_order(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    wrong = [_cells(np.array([], dtype=np.int64), "", "")]
    for rule in table.rules:
        rows = np.flatnonzero((frame[rule.column] < frame[rule.earlier]).to_numpy())
        wrong.append(_cells(rows, rule.column, Refusal.WRONG_ORDER))
    return pd.concat(wrong, ignore_index=True)


def _cells(rows: npt.NDArray[np.int64], column: str, reason: str) -> pd.DataFrame:
    cells = pd.DataFrame({"row": rows}, dtype="int64")
    return cells.assign(column=str(column), reason=str(reason))


def _described(table: Table, frame: pd.DataFrame, raw: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    classes = pd.Series(ValueClass.EMPTY.value, index=found.index, dtype="string")
    for name, part in found.groupby("column"):
        if name in raw.columns:
            classes[part.index] = value_classes(raw[name].iloc[part["row"]]).to_numpy()
    keys = row_keys(table, frame, found["row"].to_numpy())
    described = found.assign(table=table.name, row_key=keys, value_class=classes)
    return described[list(FAILURE_COLUMNS)].astype({"table": "string", "column": "string", "reason": "string"})


def row_keys(table: Table, frame: pd.DataFrame, rows: npt.NDArray[np.int64]) -> pd.Series:
    """What names each of some rows: key values joined by `|`, or the row's number, from 1, where there is no key."""
    if not table.key:
        return pd.Series([f"row {row + 1}" for row in rows], dtype="string")
    parts = frame.loc[rows, list(table.key)].reset_index(drop=True)
    joined = pd.Series("", index=parts.index, dtype="string")
    for number, name in enumerate(table.key):
        values = parts[name].dt.strftime("%Y-%m-%d") if table.column(name).kind == "date" else parts[name]
        joined += ("|" if number else "") + values.astype("string").fillna("?")
    return joined


def value_classes(values: pd.Series) -> pd.Series:
    """The class of each value, which may be told where the value may not.

    >>> value_classes(pd.Series([None, "12", 3.5, "2024-01-01", "a long and private story indeed"])).tolist()
    ['empty', 'whole_number', 'number', 'date', 'long_text']
    """
    codes, distinct = pd.factorize(values.astype(object))
    classes = np.array([*(_value_class(value) for value in distinct), ValueClass.EMPTY.value], dtype=object)
    return pd.Series(classes[codes], index=values.index, dtype="string")


def _value_class(value: object) -> str:
    if isinstance(value, bool | np.bool_):
        return ValueClass.TRUE_OR_FALSE.value
    text = str(value)
    if not text.strip():
        return ValueClass.EMPTY.value
    if _NUMBER.match(text):
        return ValueClass.NUMBER.value if "." in text else ValueClass.WHOLE_NUMBER.value
    if _DATE.match(text):
        return ValueClass.DATE.value
    return ValueClass.SHORT_TEXT.value if len(text) <= SHORT_TEXT else ValueClass.LONG_TEXT.value
