"""Any set of histories, by a mapping file that is all it needs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from data_contracts.coercion import (
    NO_VALUE_WORDS,
    Unread,
    booleans,
    dates,
    integers,
    strings,
    typed_empty,
    without_open,
    years_alone,
    years_of,
)
from data_contracts.errors import InvalidInput
from data_contracts.intake import DELIVERED_ROW
from data_contracts.sources.mapping import (
    YEAR_END,
    YEAR_FIRST,
    YEAR_OF,
    ColumnSource,
    Mapper,
    TableMapping,
    nearest,
    read_mapping,
)
from data_contracts.sources.reading import FROM_THE_BEGINNING, Origin, Reading, complaint_versions, known_from
from data_contracts.sources.tabular import Place, open_place
from data_contracts.vocabulary import Refusal

ORDER_BEGINS = "2000-01-01"
LONGEST_ORDER = 60_000
ORDER_ENDS = date(2000, 1, 1) + timedelta(days=LONGEST_ORDER)
"""The last day that an order can stand for: no day that anything was known on, so none after which nothing is."""
EXCEL_SERIALS = (10_959, 73_415)
"""Numbers that stand for a day of somebody's career in a spreadsheet: 1930 to the last day that a contract admits.
Smaller ones are rather years, counts and slips of the pen."""
OLD_SERIALS = (2, 73_415)
"""From 1 January 1900, which spreadsheets number 1 and the count of later days numbers 2."""
LEAP_DAY_THAT_WAS_NOT = 60
"""Spreadsheets number a 29 February 1900, so that earlier numbers stand a day further on than later ones say."""
EARLIEST, LATEST = pd.Timestamp.min.timestamp(), pd.Timestamp.max.timestamp()
"""Seconds since 1970 that can be told at all: 1677 to 2262."""
NOT_KEPT = "-"
"""Stands for a day of which no year could be taken: such a cell is refused, and its text goes no further."""
CLOCK_WORDS = ("now", "today")
"""Words that pandas reads as the day of reading, whatever the format."""


def read(mapping: Path, data: Path | str, files: Mapping[str, Path] | None = None) -> Reading:
    """Every table that the mapping names, in contract shape.

    `data` is the folder that relative file names start from, or the one file of a mapping that names none, or a
    database address (SQLAlchemy URL) that tables without a `file` of their own are read from. `files`
    puts other files in the place of a table's own, as for the test part of a published set.
    Raises ContractViolation or InvalidInput naming file, table, column and remedy.
    """
    reading = Reading()
    tables: dict[str, list[pd.DataFrame]] = {}
    wanted, instead = read_mapping(mapping), files or {}
    for table in wanted:
        name, mapper = table.table.name, Mapper(mapping.name, table.table)
        delivered = _rows(table, mapper, data, instead.get(name))
        before = sum(origin.rows for origin in reading.origins.get(name, ()))
        columns = {ours: source.column for ours, source in table.columns.items() if source.column is not None}
        reading.origins.setdefault(name, []).extend(replace(origin, columns=columns) for origin in delivered.origins)
        tables.setdefault(name, []).append(_numbered_from(before, shaped(table, mapper, delivered.frame)))
        if "known_on" not in table.columns:
            reading.assumed.add(name)
        reading.notes.extend(table.notes)
        place = table.places, instead.get(name)
        used = _columns_of(one for one in wanted if (one.places, instead.get(one.table.name)) == place)
        if unused := sorted(str(theirs) for theirs in delivered.frame.columns if str(theirs) not in used):
            reading.notes.append(f"{name}: columns the mapping does not use were ignored: {', '.join(unused)}")
    for name, parts in tables.items():
        whole = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]
        reading.tables[name] = whole if name == "complaints" else whole.drop(columns=DELIVERED_ROW)
    return reading


def _columns_of(tables: Iterable[TableMapping]) -> set[str]:
    """Every delivered column that some tables read: one sheet may feed several."""
    return {one.column for table in tables for one in table.columns.values() if one.column is not None}


@dataclass(frozen=True)
class _Delivered:
    """Rows as they came, and where each part of them lies."""

    frame: pd.DataFrame
    origins: tuple[Origin, ...]


def _numbered_from(before: int, frame: pd.DataFrame) -> pd.DataFrame:
    """The frame, its delivered rows counted after those of the parts before it."""
    rows = frame[DELIVERED_ROW] if DELIVERED_ROW in frame else np.arange(len(frame))
    return frame.assign(**{DELIVERED_ROW: rows + before})


def _rows(table: TableMapping, mapper: Mapper, data: Path | str, instead: Path | None) -> _Delivered:
    if isinstance(data, str):
        return _opened(_at(data, table), Path(), mapper)
    places, folder = table.places, data if data.is_dir() else data.parent
    if instead is not None:
        own = places[0] if places else Place("")
        there = str(instead.absolute())
        places = (Place(there, sheet=own.sheet, encoding=own.encoding, header_row=own.header_row),)
    elif not places and data.is_file():
        places = (Place(data.name),)
    if not all(place.address for place in places) or not places:
        raise mapper.wrong(
            None, 'no `file`; add file = "name.csv", or give the file or the database address on the command line'
        )
    return _opened(places, folder, mapper)


def _at(url: str, table: TableMapping) -> tuple[Place, ...]:
    """The places of a table, those without an address at `url`; a table's name there is ours unless it says other."""
    named = table.places or (Place(""),)
    at = [replace(place, address=url) if not place.address else place for place in named]
    return tuple(
        replace(place, table=table.table.name) if place.address == url and not (place.table or place.query) else place
        for place in at
    )


def _opened(places: Sequence[Place], folder: Path, mapper: Mapper) -> _Delivered:
    try:
        parts = [open_place(place, folder) for place in places]
    except InvalidInput as error:
        raise mapper.wrong(None, str(error)) from error
    whole = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]
    return _Delivered(
        whole, tuple(Origin(place, folder, len(part), {}) for place, part in zip(places, parts, strict=True))
    )


def shaped(table: TableMapping, mapper: Mapper, raw: pd.DataFrame) -> pd.DataFrame:
    """Rows as they came, under our names, with `known_on` and in versions where the source has neither."""
    _check_complete(table, mapper)
    columns = {name: _values(name, source, mapper, raw) for name, source in table.columns.items()}
    frame = pd.DataFrame(columns, index=raw.index)
    if "known_on" in frame:
        return frame
    if table.table.name == "complaints":
        return complaint_versions(frame)
    return frame.assign(known_on=_known_on(table, frame))


def _check_complete(table: TableMapping, mapper: Mapper) -> None:
    """Required columns must be mapped, but for those that follow from others."""
    given = set(table.columns) | {"known_on"}
    if table.table.name == "postings" and given & {"post_id", "unit_id"}:
        given |= {"post_id", "unit_id"}
    for column in table.table.columns:
        if column.required and column.name not in given:
            hints = ", ".join(note for note in table.notes if "did you mean" in note)
            raise mapper.wrong(
                column.name,
                f'is required and not mapped; add {column.name} = "their column" or {{value = ...}} under '
                f"[{table.table.name}.columns]" + (f" ({hints})" if hints else ""),
            )


def _known_on(table: TableMapping, frame: pd.DataFrame) -> pd.Series:
    """When nothing says when a row became known: its event date, the month's end for duty, the entry of an officer."""
    name, event = table.table.name, table.table.event_date
    if name == "duty_months":
        return dates(frame["month"]) + pd.offsets.MonthBegin(1)
    if event is not None:
        return frame[event]
    if name == "officers" and "entered_on" in frame:
        return known_from(dates(frame["entered_on"]))
    return pd.Series(FROM_THE_BEGINNING, index=frame.index)


def _values(name: str, source: ColumnSource, mapper: Mapper, raw: pd.DataFrame) -> pd.Series:
    if source.column is None:
        return pd.Series([source.value] * len(raw), index=raw.index, dtype=object)
    theirs = {str(column): column for column in raw.columns}
    if source.column not in theirs:
        raise mapper.wrong(name, f"the file has no column {source.column!r}{nearest(source.column, theirs)}")
    values = raw[theirs[source.column]]
    if mapper.table.column(name).may_stay_open:
        values = without_open(values)
    if source.codes:
        values = _coded(values, source.codes)
        if mapper.table.column(name).kind == "boolean" and any(source.codes.values()):
            return _only(booleans(values.where(values.isin(list(source.codes.values())))), values)
    if not source.formats:
        return values
    if YEAR_OF in source.formats:
        years = years_of(values)
        return _only(years, values.astype(object).where(years.notna() | ~_given(values), NOT_KEPT))
    typed = _typed_days(values)
    for form in source.formats:
        typed = typed.fillna(_days(name, form, mapper, values.mask(typed.notna())))
    _check_numbers(name, source.formats, mapper, values, typed)
    return _only(typed, values, source.formats)


def _check_numbers(name: str, formats: Sequence[str], mapper: Mapper, values: pd.Series, typed: pd.Series) -> None:
    """Where not one number of a column is such a day, the mapping is wrong; a few strange ones are rows at fault."""
    form = next((form for form in formats if form in NUMBER_DAYS and NUMBER_DAYS[form].instead), None)
    if form is not None and typed.isna().all() and integers(values).notna().any():
        raise mapper.wrong(name, f"format {form!r} does not fit these numbers: {NUMBER_DAYS[form].instead}")


def _reasons(values: pd.Series, formats: Sequence[str]) -> list[Refusal]:
    """Why each value that no declared form reads is refused."""
    by_number = any(form in NUMBER_DAYS for form in formats)
    numbers = integers(values).notna() if by_number else pd.Series(False, index=values.index)
    years = years_alone(values) if formats else pd.Series(False, index=values.index)
    return [Refusal.YEAR_ALONE if year else Refusal.NUMBER_IS_NO_DAY if number else Refusal.NOT_AS_DECLARED
            for year, number in zip(years, numbers, strict=True)]  # fmt: skip


def _only(read: pd.Series, values: pd.Series, formats: Sequence[str] = ()) -> pd.Series:
    """What was read, and whatever else was given marked as unread: a declared form is the only one that counts."""
    strange = _given(values) & read.isna()
    marked = read.astype(object).where(read.notna(), None)
    marked[strange] = [Unread(*one) for one in zip(values[strange], _reasons(values[strange], formats), strict=True)]
    return marked


def _given(values: pd.Series) -> pd.Series:
    """Where something stands (boolean, same index)."""
    return values.notna() & ~strings(values).str.lower().isin(list(NO_VALUE_WORDS)).fillna(False)


def _typed_days(values: pd.Series) -> pd.Series:
    """The cells that are dates already, as Excel, Parquet and databases give them; the others null."""
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return dates(values)
    if values.dtype != object:
        return typed_empty("date", values.index)
    is_day = np.array([isinstance(value, date) for value in values], dtype=bool)
    return dates(values.astype(object).where(is_day, None))


def _coded(values: pd.Series, codes: Mapping[str, str]) -> pd.Series:
    """Ours for theirs; `*` stands for every word that is not listed, and an empty code for nothing."""
    text = strings(values)
    coded = text.map(dict(codes)).astype("string")
    rest = text if "*" not in codes else pd.Series(codes["*"], index=text.index, dtype="string").where(text.notna())
    coded = coded.where(text.isin(list(codes)), rest)
    return coded.mask(coded == "")


def _days(name: str, form: str, mapper: Mapper, values: pd.Series) -> pd.Series:
    if form == YEAR_FIRST:
        return dates(values)
    if form == YEAR_END:
        years = years_of(values).where(years_alone(values)).astype("string")
        return dates((years + "-12-31").astype("string"))
    if form in NUMBER_DAYS:
        return NUMBER_DAYS[form].days(values)
    text = strings(values).str.removesuffix(".0")
    try:
        distinct = pd.Series(text.dropna().unique(), dtype="string")
        parsed = pd.to_datetime(distinct.mask(distinct.str.lower().isin(CLOCK_WORDS)), format=form, errors="coerce")
    except (ValueError, re.error) as error:
        raise mapper.wrong(name, f'format {form!r} is no date format; write it like "%Y-%m-%d"') from error
    return dates(text.map(dict(zip(distinct, parsed, strict=True))).astype("datetime64[us]"))


@dataclass(frozen=True)
class NumberDays:
    """Whole numbers that stand for days: those from `least` to `most` count from `start` in `unit`.

    `years`: whether a number that reads as a year is a count all the same. `instead`: what to do where not one number
    of a column fits; without it each is a row at fault.
    """

    start: str
    unit: Literal["D", "s", "ms"]
    least: float
    most: float
    years: bool = False
    instead: str = ""

    def days(self, values: pd.Series) -> pd.Series:
        """The days of a column, null for what is no such number."""
        counts = integers(values)
        fits = counts.between(self.least, self.most).fillna(False)
        if not self.years:
            fits &= ~years_alone(values)
        return dates(pd.to_datetime(counts.where(fits).astype("float64"), unit=self.unit, origin=self.start))


@dataclass(frozen=True)
class OldSerials(NumberDays):
    """Spreadsheets' numbers from 1900 on, with the day in them that never was."""

    def days(self, values: pd.Series) -> pd.Series:
        """As in `NumberDays`; 60 is no day."""
        counts = integers(values)
        shifted = counts + (counts < LEAP_DAY_THAT_WAS_NOT).astype("Int64")
        return super().days(shifted.mask(counts == LEAP_DAY_THAT_WAS_NOT))


_RENUMBER = f"an order may run to {LONGEST_ORDER}; use format 'unix' for seconds or renumber it"
_CLOCK = "they count {} since 1970; use format 'unix' for seconds and 'unix_ms' for milliseconds"
NUMBER_DAYS: Mapping[str, NumberDays] = {
    "order": NumberDays(ORDER_BEGINS, "D", -LONGEST_ORDER, LONGEST_ORDER, years=True, instead=_RENUMBER),
    "unix": NumberDays("1970-01-01", "s", EARLIEST, LATEST, instead=_CLOCK.format("seconds")),
    "unix_ms": NumberDays(
        "1970-01-01", "ms", 1000 * EARLIEST, 1000 * LATEST, instead=_CLOCK.format("thousandths of a second")
    ),
    "excel": NumberDays("1899-12-30", "D", *EXCEL_SERIALS),
    "excel_old": OldSerials("1899-12-30", "D", *OLD_SERIALS, years=True),
}
