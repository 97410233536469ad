"""Values of every kind become the contract's dtypes, or are marked and never guessed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

import pandas as pd
import pytest

from data_contracts.catalog import DTYPES, Kind
from data_contracts.coercion import booleans, coerce, dates, integers, numbers, strings, typed_empty, unreadable

DAY = datetime(2024, 3, 1)


@pytest.mark.parametrize(
    "value",
    [
        "2024年3月1日",
        "2024-03-01",
        "2024/3/1",
        "2024.3.1",
        "20240301",
        20240301,
        20240301.0,
        " 2024-03-01T23:59:00 ",
        "2024-03-01 05:06:07.123",
        "2024年3月",
        "2024-03",
        date(2024, 3, 1),
        datetime(2024, 3, 1, 13, 5),
        pd.Timestamp("2024-03-01 08:00"),
    ],
)
def test_dates_of_every_form_are_one_midnight(value: object) -> None:
    read = dates(pd.Series([value], dtype=object))
    assert read.dtype == "datetime64[us]"
    assert read.tolist() == [DAY]


@pytest.mark.parametrize(
    "value", ["2024-02-30", "2024-13-01", "tomorrow", "1/2/24", 7, "2024", True, "3/1/2024", "25/12/2024", "03-04-2024"]
)
def test_what_is_no_date_is_marked(value: object) -> None:
    raw = pd.Series([value], dtype=object)
    read = dates(raw)
    assert read.isna().all()
    assert unreadable(raw, read).all()


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "Asia/Shanghai"])
def test_dates_of_every_dtype_lose_their_hour_and_zone(unit: Literal["s", "ms", "us", "ns"], zone: str | None) -> None:
    read = dates(pd.Series(pd.DatetimeIndex(["2024-03-01 22:00"]).as_unit(unit).tz_localize(zone)))
    assert read.dtype == "datetime64[us]"
    assert read.tolist() == [DAY]


def test_text_is_trimmed_and_whole_floats_are_ids() -> None:
    assert strings(pd.Series([" a ", "", None])).tolist() == ["a", pd.NA, pd.NA]
    assert strings(pd.Series([24.0, None])).tolist() == ["24", pd.NA]
    assert strings(pd.Series([24.5, 24.0])).tolist() == ["24.5", "24"]
    assert strings(pd.Series([24.0, "x", date(2024, 3, 1)], dtype=object)).tolist() == ["24", "x", "2024-03-01"]
    assert strings(pd.Series(["a", "b"], dtype="category")).tolist() == ["a", "b"]
    assert strings(pd.Series([7, 8])).tolist() == ["7", "8"]


def test_numbers_are_finite_and_integers_whole() -> None:
    raw = pd.Series([" 1.5 ", "1e999", "x", "2"])
    assert numbers(raw).tolist()[::3] == [1.5, 2.0]
    assert unreadable(raw, numbers(raw)).tolist() == [False, True, True, False]
    assert integers(raw).tolist() == [pd.NA, pd.NA, pd.NA, 2]
    assert integers(pd.Series([3, 4])).tolist() == [3, 4]


def test_true_and_false_in_two_languages() -> None:
    assert booleans(pd.Series(["是", "No", 1, 0.0, "maybe"], dtype=object)).tolist() == [
        True,
        False,
        True,
        False,
        pd.NA,
    ]
    assert booleans(pd.Series([True, False])).dtype == "boolean"


@pytest.mark.parametrize("word", ["", " ", "nan", "NULL", "None", "<NA>"])
def test_words_for_nothing_are_not_unreadable(word: str) -> None:
    raw = pd.Series([word], dtype="string")
    assert not unreadable(raw, dates(raw)).any()


@pytest.mark.parametrize("kind", ["string", "integer", "number", "boolean", "date"])
def test_every_kind_has_its_dtype_even_when_empty(kind: Kind) -> None:
    assert str(typed_empty(kind, pd.RangeIndex(2)).dtype) == DTYPES[kind]
    assert str(coerce(kind, pd.Series([None, None], dtype=object)).dtype) == DTYPES[kind]
    assert str(coerce(kind, pd.Series([], dtype=object)).dtype) == DTYPES[kind]
