"""A mapping file: for each table of ours, where its rows are and which of their columns is which of ours.

[postings]
file = "careers.csv"
[postings.columns]
officer_id = "player"
unit_id = "club"
started_on = {column = "season", format = "%Y"}
shift = {value = "day"}
[postings.codes.occasion]
loan = "secondment"
"*" = "unknown"

A table whose rows lie in files of different layouts has a section for each: [[postings]], and [[postings]] again.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from data_contracts.catalog import Table, catalog
from data_contracts.errors import ContractViolation
from data_contracts.sources.tabular import Place

PLACE_WORDS = ("file", "url", "table", "query", "sheet", "encoding", "delimiter", "header_row")
COLUMN_WORDS = ("column", "format", "value", "codes")
YEAR_FIRST = "year_first"  # the format that dates without one are read by; for lists of formats
YEAR_END = "year_end"
"""2023, 2023年 and 2023年度 as the last day of the year: what is told of a year is known when it is over."""
YEAR_OF = "year_of"
"""Of a column of years: 1985-03-07, 1985年3月 and 198503 as 1985; the rest of the day is not read on."""
NUMBER_FORMATS = ("order", "unix", "unix_ms", "excel", "excel_old")  # formats of whole numbers that stand for days


@dataclass(frozen=True)
class ColumnSource:
    """Where one contract column comes from: a column of theirs, perhaps with a date format and codes, or a constant.

    `formats` are strptime's, or `order` (whole number n is the day 2000-01-01 + n), `unix`, `unix_ms`, `excel` (days of
    1930 to 2100), `excel_old` (days of 1900 too: then 2010 is a day of 1905 and no year), `year_first` or `year_end`
    (the last day of 2023年度); each is tried on what those before it left. Without any, the year must come first. A
    column of years has one format, `year_of`: it takes the year of a day and leaves the rest.
    """

    column: str | None = None
    formats: tuple[str, ...] = ()
    value: object = None
    codes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class TableMapping:
    """One table of the mapping; `places` is empty when the file is given on the command line."""

    table: Table
    places: tuple[Place, ...]
    columns: Mapping[str, ColumnSource]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mapper:
    """Reads one section and names file, table, column and remedy in every error."""

    file: str
    table: Table

    def wrong(self, column: str | None, what: str) -> ContractViolation:
        """The error to raise about a column of this section, or about the section."""
        place = f"{self.file}: [{self.table.name}]" + ("" if column is None else f" column {column!r}")
        return ContractViolation(f"{place}: {what}")

    def read(self, section: Mapping[str, Any]) -> TableMapping:
        """The section as objects; columns that the contract lacks are left out with a note."""
        self._check_words(section)
        given = {**self._dict(section, "columns"), **self._constants(section)}
        codes = self._dict(section, "codes")
        known = {name: spec for name, spec in given.items() if name in self.table.column_names}
        columns = {name: self._column(name, spec, codes) for name, spec in known.items()}
        notes = [self._unknown(name) for name in given if name not in known]
        theirs = {source.column for source in columns.values()}
        notes += [f"{self.table.name}: codes for {n!r} fit no column" for n in codes if n not in {*given, *theirs}]
        return TableMapping(self.table, self._places(section), columns, tuple(notes))

    def _check_words(self, section: Mapping[str, Any]) -> None:
        known = (*PLACE_WORDS, "columns", "codes", "constants")
        for word in section:
            if word not in known:
                raise self.wrong(None, f"the word {word!r} is unknown{nearest(word, known)}")
        if not self._dict(section, "columns"):
            raise self.wrong(None, f'no columns; add [{self.table.name}.columns] with ours = "theirs"')

    def _dict(self, section: Mapping[str, Any], word: str) -> dict[str, Any]:
        value = section.get(word, {})
        if not isinstance(value, dict):
            raise self.wrong(None, f"{word!r} must be a table; write it as [{self.table.name}.{word}]")
        return value

    def _constants(self, section: Mapping[str, Any]) -> dict[str, Any]:
        return {name: {"value": value} for name, value in self._dict(section, "constants").items()}

    def _column(self, name: str, spec: object, codes: Mapping[str, Any]) -> ColumnSource:
        if isinstance(spec, str):
            spec = {"column": spec}
        if not isinstance(spec, dict):
            raise self.wrong(name, 'write it as "theirs", {column = "theirs", format = "%Y"} or {value = ...}')
        if strange := [word for word in spec if word not in COLUMN_WORDS]:
            if strange[0] in NUMBER_FORMATS:
                raise self.wrong(name, f'{strange[0]!r} is a format, not a word; write format = "{strange[0]}"')
            raise self.wrong(name, f"the word {strange[0]!r} is unknown{nearest(strange[0], COLUMN_WORDS)}")
        if ("column" in spec) == ("value" in spec):
            raise self.wrong(name, "give either `column` or `value`")
        self._check_format(name, spec)
        own = spec.get("codes", codes.get(name, codes.get(str(spec.get("column")), {})))
        if not isinstance(own, dict):
            raise self.wrong(
                name, f'codes must be a table; write [{self.table.name}.codes.{name}] with "theirs" = "ours"'
            )
        texts = {str(theirs): str(ours) for theirs, ours in own.items()}
        column = None if "value" in spec else str(spec["column"])
        form = spec.get("format", ())
        return ColumnSource(column, (form,) if isinstance(form, str) else tuple(form), spec.get("value"), texts)

    def _check_format(self, name: str, spec: Mapping[str, Any]) -> None:
        """A word that would be passed over in silence is refused: the writer believes that it counts."""
        if "value" in spec and {"format", "codes"} & set(spec):
            raise self.wrong(name, "`format` and `codes` go with `column`; write a constant as it shall be read")
        is_year = self.table.column(name).kind == "integer" and spec.get("format") in (YEAR_OF, [YEAR_OF])
        if "format" in spec and self.table.column(name).kind != "date" and not is_year:
            raise self.wrong(name, "`format` is for dates and this column holds none; leave it out")
        form = spec.get("format", "")
        listed = form if isinstance(form, list) and form else [form]
        if not all(isinstance(one, str) for one in listed):
            raise self.wrong(name, '`format` must be a text like "%Y-%m-%d", or a list of such texts')
        if not is_year and YEAR_OF in listed:
            raise self.wrong(name, f"{YEAR_OF!r} takes a year and this column holds days; leave it out")

    def _places(self, section: Mapping[str, Any]) -> tuple[Place, ...]:
        header_row = section.get("header_row", 1)
        if not isinstance(header_row, int) or isinstance(header_row, bool) or header_row < 1:
            raise self.wrong(None, "'header_row' must be a whole number from 1; write header_row = 3")
        options = {word: section.get(word) for word in ("table", "query", "sheet", "encoding", "delimiter")}
        for word, value in options.items():
            if value is not None and (not isinstance(value, str) or not value):
                raise self.wrong(None, f'{word!r} must be a text that is not empty; write {word} = "..."')
        if options["delimiter"] is not None and len(str(options["delimiter"])) != 1:
            raise self.wrong(None, "'delimiter' must be one sign; write it like delimiter = \";\"")
        elsewhere = [""] if options["table"] or options["query"] else []  # the address comes on the command line
        files = section.get("file", section.get("url", elsewhere))
        files = [files] if isinstance(files, str) else files
        if not isinstance(files, list) or not all(isinstance(file, str) for file in files):
            raise self.wrong(None, 'a file is a text, several are a list of texts; write file = "name.csv"')
        if any("\0" in file for file in files):
            raise self.wrong(None, "a file's name holds a sign that no name can hold; write it again by hand")
        return tuple(Place(file, header_row=header_row, **options) for file in files)

    def _unknown(self, name: str) -> str:
        return f"{self.table.name}: our contract has no column {name!r}, so it was not read" + nearest(
            name, self.table.column_names
        )


def read_mapping(path: Path) -> list[TableMapping]:
    """The mapping file as objects; raises ContractViolation naming file, table, column and remedy."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ContractViolation(f"{path}: is not a readable TOML file ({error}); compare it with the README") from error
    sections = [
        (name, section)
        for name, given in content.items()
        for section in (given if isinstance(given, list) else [given])
        if isinstance(section, dict)
    ]
    if not sections:
        raise ContractViolation(f"{path}: maps no table; begin with [postings]")
    return [Mapper(path.name, catalog().table(name)).read(section) for name, section in sections]


def nearest(word: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown word.

    >>> nearest("colum", ["column", "value"])
    "; did you mean 'column'?"
    """
    names = list(known)
    near = difflib.get_close_matches(word, names, n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(names)}"
