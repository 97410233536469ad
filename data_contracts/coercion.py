"""Values as they come, made into the dtypes of the contracts; what cannot be read is marked, never guessed.

Every reader of this module returns the typed column; a value that was there and could not be read is null in it,
and `unreadable` finds those. Distinct values are read once, so a column of a million dates costs little.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import pandas as pd

from data_contracts.catalog import DTYPES, Kind
from data_contracts.chinese_days import in_digits
from data_contracts.vocabulary import Refusal

TRUE_WORDS = frozenset({"true", "t", "yes", "y", "1", "1.0", "是", "有", "真"})
FALSE_WORDS = frozenset({"false", "f", "no", "n", "0", "0.0", "否", "无", "假"})
NO_VALUE_WORDS = frozenset({"", "nan", "nat", "none", "null", "<na>"})
OPEN_WORDS = frozenset({
    "至今", "迄今", "到现在", "现任", "现职", "在任", "在职", "在岗", "目前", "至目前", "今", "今日",
    "present", "to present", "to date", "till date", "until now", "till now", "now", "current", "currently", "ongoing",
    "still in post", "open",
})  # fmt: skip
"""What stands in the place of an end that has not come."""
_PARTED_DATE = re.compile(
    r"^\s*(\d{4})\s*[年/.\-]\s*(\d{1,2})\s*(?:[月/.\-]\s*(\d{1,2})\s*日?|月?)\s*(?:[T ]\d{1,2}:\d{2}.*)?$"
)
JANUARY_OR_OCTOBER = 0.1
YEARS = (1900, 2100)
"""Numbers that people write for a year; as a spreadsheet's number such a one would be a day of 1905, silently."""
_YEAR_ALONE = re.compile(r"^\s*(\d{4})\s*(?:年|年度|\.0+)?\s*$")
_YEAR_FIRST = re.compile(r"^\s*(\d{4})(?:\d{2}(?:\d{2})?(?:\.0+)?\s*$|(?!\d))")
_PLAIN_DATE = re.compile(r"^\s*(\d{4})(\d{2})(\d{2})(?:\.0)?\s*$")


@dataclass(frozen=True)
class Unread:
    """A value that its declared format or code list does not know; no reader reads it, whatever else it looks like.

    `reason` is why, as it is told to the sender.

    >>> dates(pd.Series(["2020-01-02", Unread("2020-01-02")], dtype=object)).isna().tolist()
    [False, True]
    """

    value: object
    reason: Refusal = Refusal.NOT_AS_DECLARED

    def __str__(self) -> str:
        """The value's own text, for its class; it goes into no report."""
        return str(self.value)


def coerce(kind: Kind, values: pd.Series) -> pd.Series:
    """The column in the dtype of `kind`, same index; unreadable values are null.

    >>> coerce("date", pd.Series(["2024年3月1日", "2024-03-02", "soon"])).dt.day.tolist()
    [1.0, 2.0, nan]
    >>> coerce("boolean", pd.Series(["Yes", 0, "perhaps"])).tolist()
    [True, False, <NA>]
    """
    return READERS[kind](values)


def unreadable(raw: pd.Series, typed: pd.Series) -> pd.Series:
    """Where a value was given and could not be read (boolean, same index)."""
    suspects = raw.notna() & typed.isna()
    if suspects.any() and not pd.api.types.is_numeric_dtype(raw.dtype):
        words = raw[suspects].astype(str).str.strip().str.lower()
        suspects.loc[words.index] = ~words.isin(NO_VALUE_WORDS)
    return suspects.astype(bool)


def without_open(values: pd.Series) -> pd.Series:
    """A column of ends, what says "to date" made empty; the rest as it came.

    >>> without_open(pd.Series(["2024-03-01", "（至今）", "Present", "soon"])).tolist()
    ['2024-03-01', None, None, 'soon']
    """
    if not (values.dtype == object or pd.api.types.is_string_dtype(values.dtype)):
        return values
    open_ = is_open(values)
    return values.astype(object).mask(open_, None) if open_.any() else values


def is_open(values: pd.Series) -> pd.Series:
    """Which values say "to date" (boolean, same index)."""
    distinct = values.dropna().astype(object).unique()
    return values.isin([value for value in distinct if isinstance(value, str) and _says_open(value)])


def _says_open(value: str) -> bool:
    bare = unicodedata.normalize("NFKC", value).strip(" ()[]<>.。—-~").casefold()
    return " ".join(bare.split()) in OPEN_WORDS


def strings(values: pd.Series) -> pd.Series:
    """Trimmed text; empty text is null; whole floats lose their `.0`, since a CSV with gaps makes ids floats."""
    return _by_distinct(values, _text, "string")


def numbers(values: pd.Series) -> pd.Series:
    """Finite floats."""
    if not pd.api.types.is_numeric_dtype(values.dtype):
        values = values.astype("string").str.strip().astype(object)
    typed = pd.to_numeric(values, errors="coerce").astype("Float64").astype("float64")
    return typed.where(np.isfinite(typed))


def integers(values: pd.Series) -> pd.Series:
    """Whole numbers; 2.5 is unreadable."""
    if pd.api.types.is_integer_dtype(values.dtype):
        return values.astype("Int64")
    typed = numbers(values)
    return typed.where((typed == np.floor(typed)) & (typed.abs() < 2**53)).astype("Int64")


def booleans(values: pd.Series) -> pd.Series:
    """True and false, from 0/1, yes/no, true/false and 是/否."""
    if pd.api.types.is_bool_dtype(values.dtype):
        return values.astype("boolean")
    return _by_distinct(values, _truth, "boolean")


def dates(values: pd.Series) -> pd.Series:
    """Midnights without a zone, from dates of any dtype, text with the year first (ISO, Chinese) or 20240301.

    03/04/2024 may be either of two days: only a mapping that declares a format can say which. So may the number
    2023.1, which spreadsheets also make of 2023.10.
    """
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        values = values.dt.tz_localize(None)
    if pd.api.types.is_datetime64_dtype(values.dtype):
        return values.astype("datetime64[us]").dt.normalize()
    return _by_distinct(values, day_of, "datetime64[us]")


def day_of(value: object) -> object:
    """One value as a midnight `datetime`, or None when it is not a date."""
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    if isinstance(value, Unread):
        return None
    if isinstance(value, float) and round(value % 1, 4) == JANUARY_OR_OCTOBER:
        return None
    text = in_digits(str(value))
    found = _PARTED_DATE.match(text) or _PLAIN_DATE.match(text)
    return None if found is None else _midnight(*(int(part or 1) for part in found.groups()))


def years_alone(values: pd.Series) -> pd.Series:
    """Which values are a year and nothing more (boolean, same index).

    >>> years_alone(pd.Series([2010, "２０１０年", "1905.0", "201203", 40000, None])).tolist()
    [True, True, True, False, False, False]
    """
    return _by_distinct(values, _is_year_alone, "boolean").fillna(False).astype(bool)


def _is_year_alone(value: object) -> bool:
    found = _YEAR_ALONE.match(in_digits(str(value)))
    return found is not None and YEARS[0] <= int(found[1]) <= YEARS[1]


def years_of(values: pd.Series) -> pd.Series:
    """The year of each day, however much of the day is written (Int64, same index); nothing else of it is kept.

    >>> years_of(pd.Series(["1985年3月", 198503, "1985-03-07", 1985.1, "一九八五年三月", "7/3/85", None])).tolist()
    [1985, 1985, 1985, 1985, 1985, <NA>, <NA>]
    """
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        years: pd.Series = values.dt.year.astype("Int64")
        return years
    return _by_distinct(values, _year_of, "Int64")


def _year_of(value: object) -> int | None:
    if isinstance(value, date):
        return None if pd.isna(value) else value.year
    if value is None or isinstance(value, Unread):
        return None
    found = _YEAR_FIRST.match(in_digits(str(value)))
    year = int(found[1]) if found else 0
    return year if YEARS[0] <= year <= YEARS[1] else None


def _midnight(year: int, month: int, day: int) -> datetime | None:
    try:
        return datetime(year, month, day)
    except ValueError:
        return None


def _by_distinct(values: pd.Series, read: Callable[[object], object], dtype: str) -> pd.Series:
    codes, distinct = pd.factorize(values.astype(object))
    known = [*(read(value) for value in distinct), None]
    typed = pd.Series(np.array(known, dtype=dtype) if dtype == DTYPES["date"] else known, dtype=dtype)
    return typed.iloc[codes].set_axis(values.index)


def _truth(value: object) -> object:
    word = "" if isinstance(value, Unread) else str(value).strip().lower()
    return True if word in TRUE_WORDS else False if word in FALSE_WORDS else None


def _text(value: object) -> str | None:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = value.isoformat()[:10] if isinstance(value, date) else str(value).strip()
    return text or None


READERS: Mapping[Kind, Callable[[pd.Series], pd.Series]] = {
    "string": strings,
    "integer": integers,
    "number": numbers,
    "boolean": booleans,
    "date": dates,
}


def typed_empty(kind: Kind, index: pd.Index) -> pd.Series:
    """A column of nulls in the dtype of `kind`.

    >>> typed_empty("integer", pd.RangeIndex(2)).isna().all()
    np.True_
    """
    return pd.Series(index=index, dtype=DTYPES[kind])
