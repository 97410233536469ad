"""A contract as a pandera schema, and what a frame's cells say against it.

Cells are coerced first (`coercion.py`) and then validated, because pandera's own coercion of a dirty column costs a
millisecond a row. A refusal names table, row key, column, reason and the class of the value, never the value.
"""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from data_contracts.catalog import Column, Kind, Table
from data_contracts.coercion import Unread, coerce, typed_empty, unreadable, without_open, years_alone
from data_contracts.decisions import Named
from data_contracts.policy import policy
from data_contracts.vocabulary import Refusal, ValueClass

UNREADABLE: dict[Kind, Refusal] = {
    "date": Refusal.NOT_A_DATE,
    "number": Refusal.NOT_A_NUMBER,
    "integer": Refusal.NOT_WHOLE,
    "boolean": Refusal.NOT_TRUE_OR_FALSE,
}
SHORT_TEXT = 20
_DATE = re.compile(r"^\s*\d{4}[-/.年]\d{1,2}")
_NUMBER = re.compile(r"^\s*[+-]?(\d+|\d*\.\d+([eE][+-]?\d+)?)\s*$")


@cache
def schema_of(table: Table) -> pa.DataFrameSchema:
    """The pandera schema of a contract: dtypes, nulls, enumerations, ranges and lengths; other columns refused."""
    return pa.DataFrameSchema({column.name: _pandera_column(column) for column in table.columns}, strict=True)


def allowed_values(column: Column) -> tuple[str, ...]:
    """Codes the column may hold, from the contract or from the policy list it names; empty where any may."""
    return column.enum if column.policy_list is None else tuple(one.code for one in _listed(column))


def _listed(column: Column) -> tuple[Named, ...]:
    return () if column.policy_list is None else policy().list_of(column.policy_list)


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


def typed_frame(table: Table, raw: pd.DataFrame) -> pd.DataFrame:
    """The frame in the contract's columns and dtypes, same index; unreadable cells and absent columns are null.

    Labels that people write (查实, Sustained) become the contract's codes; columns of no contract are left out.
    """
    columns = {column.name: _typed_column(column, raw) for column in table.columns}
    return pd.DataFrame(columns, index=raw.index)


def cell_faults(table: Table, raw: pd.DataFrame, typed: pd.DataFrame) -> pd.DataFrame:
    """What is wrong with each cell of a typed frame numbered from 0: row, column, reason, value_class.

    >>> from data_contracts.catalog import catalog
    >>> officers = catalog().table("officers")
    >>> raw = pd.DataFrame({"officer_id": ["o-1"], "entered_on": ["someday"], "known_on": ["2024-01-01"]})
    >>> cell_faults(officers, raw, typed_frame(officers, raw)).values.tolist()
    [[0, 'entered_on', 'not_a_date', 'short_text']]
    """
    found = pd.concat([_unread(table, raw, typed), _refused(table, typed), _wrong_order(table, typed)])
    found = found.drop_duplicates(["row", "column"]).sort_values(["row", "column"], ignore_index=True)
    return with_value_class(found, raw)


def cells(rows: npt.NDArray[np.int64], column: str, reason: Refusal) -> pd.DataFrame:
    """Cells of one column at fault for one reason: row, column, reason."""
    frame = pd.DataFrame({"row": pd.Series(rows, dtype="int64")})
    frame["column"] = pd.Series(column, index=frame.index, dtype="string")
    frame["reason"] = pd.Series(str(reason.value), index=frame.index, dtype="string")
    return frame


def no_faults() -> pd.DataFrame:
    """An empty list of faults."""
    return cells(np.array([], dtype=np.int64), "", Refusal.MISSING).assign(value_class=pd.Series(dtype="string"))


def with_value_class(found: pd.DataFrame, raw: pd.DataFrame) -> pd.DataFrame:
    """Faults with the class of the value that came in each cell; `raw` is numbered from 0."""
    classes = pd.Series(ValueClass.EMPTY.value, index=found.index, dtype="string")
    for name, part in found.groupby("column"):
        if name in raw.columns:
            classes[part.index] = value_classes(raw[name].iloc[part["row"]]).to_numpy()
    return found.assign(value_class=classes)


def _typed_column(column: Column, raw: pd.DataFrame) -> pd.Series:
    if column.name not in raw.columns:
        return typed_empty(column.kind, raw.index)
    return _codes(column, coerce(column.kind, _given(column, raw)))


def _given(column: Column, raw: pd.DataFrame) -> pd.Series:
    """A column as it came; "to date" in an end that may be empty says that it is."""
    values = raw[column.name]
    return without_open(values) if column.may_stay_open else values


def _codes(column: Column, typed: pd.Series) -> pd.Series:
    values = allowed_values(column)
    if not values:
        return typed
    other = typed.notna() & ~typed.isin(values)
    if other.any():
        words = {name.casefold(): one.code for one in _listed(column) for name in (one.name_zh, one.name_en)}
        words |= {**column.codes_by_label, **{code.casefold(): code for code in values}}
        written = typed[other]
        typed = typed.copy()
        typed[other] = written.str.casefold().map(words).astype("string").fillna(written)
    return typed


def _unread(table: Table, raw: pd.DataFrame, typed: pd.DataFrame) -> pd.DataFrame:
    found = [no_faults()[["row", "column", "reason"]]]
    for column in table.columns:
        if column.kind in UNREADABLE and column.name in raw.columns:
            rows = np.flatnonzero(unreadable(_given(column, raw), typed[column.name]).to_numpy())
            why = _why_unread(column.kind, raw[column.name].iloc[rows])
            found += [cells(rows[why == reason], column.name, reason) for reason in dict.fromkeys(why)]
    return pd.concat(found, ignore_index=True)


def _why_unread(kind: Kind, values: pd.Series) -> npt.NDArray[np.object_]:
    """Why each value could not be read: its own reason where a format was declared, else that of the kind."""
    plain = [UNREADABLE[kind]] * len(values)
    if kind == "date":
        plain = [
            Refusal.YEAR_ALONE if year else reason for year, reason in zip(years_alone(values), plain, strict=True)
        ]
    told = [value.reason if isinstance(value, Unread) else reason for value, reason in zip(values, plain, strict=True)]
    return np.array(told, dtype=object)


def _refused(table: Table, typed: pd.DataFrame) -> pd.DataFrame:
    try:
        schema_of(table).validate(typed, lazy=True)
    except SchemaErrors as errors:
        cases = errors.failure_cases
        reasons = cases["check"].replace("not_nullable", Refusal.MISSING.value)
        found = pd.DataFrame({"row": cases["index"].to_numpy(), "column": cases["column"], "reason": reasons})
        return found.astype({"row": "int64", "column": "string", "reason": "string"})
    return no_faults()[["row", "column", "reason"]]


def _wrong_order(table: Table, typed: pd.DataFrame) -> pd.DataFrame:
    found = [no_faults()[["row", "column", "reason"]]]
    for rule in table.rules:
        rows = np.flatnonzero((typed[rule.column] < typed[rule.earlier]).to_numpy())
        found.append(cells(rows, rule.column, Refusal.WRONG_ORDER))
    return pd.concat(found, ignore_index=True)


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
