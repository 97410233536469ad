"""Open what a department has: CSV in UTF-8 or GB18030, Parquet, Excel, or a query to a database, as one frame."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, cast

import pandas as pd

from data_contracts.errors import InvalidInput

ENCODINGS = ("utf-8-sig", "gb18030")
DELIMITERS = ",;\t|"


@dataclass(frozen=True)
class Place:
    """Where one table's rows are: a file, or a database address with a table or a query.

    `sheet` is for Excel, `encoding` and `delimiter` for CSV; left out, they are found by looking. `header_row` is the
    row with the names of the columns, from 1, where titles stand above it.
    """

    address: str
    table: str | None = None
    query: str | None = None
    sheet: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    header_row: int = 1

    @property
    def is_database(self) -> bool:
        """Whether the address is a SQLAlchemy URL."""
        return "://" in self.address


def open_place(place: Place, folder: Path) -> pd.DataFrame:
    """All rows of the place; a relative path starts at `folder`. Raises InvalidInput naming place and remedy."""
    if place.is_database:
        return _from_database(place, folder)
    path = folder / place.address
    if not path.is_file():
        raise InvalidInput(f"{path}: no such file; correct `file` in the mapping or the folder on the command line")
    reader = READERS.get(_suffix(path))
    if reader is None:
        raise InvalidInput(f"{path}: the ending is none of {', '.join(READERS)}; save it as one of these")
    try:
        return reader(path, place)
    except InvalidInput:
        raise
    except Exception as error:  # every reader has its own family of errors; the sentence is the same for all
        kind = type(error).__name__
        raise InvalidInput(f"{path}: cannot be read as {_suffix(path)} ({kind}); open it and save it again") from error


def raw_rows(place: Place, folder: Path) -> Iterator[tuple[int, list[object]]]:
    """Every row of a text or Excel file as a person sees it there: its number, from 1, and its cells.

    Rows above the header come too, blank lines of a text file do not; a cell that was merged holds what the whole
    holds. The rows after the header are those of `open_place`, in their order. Raises InvalidInput.
    """
    path = folder / place.address
    if READERS.get(_suffix(path)) is _excel:
        yield from enumerate(sheet_rows(path, place.sheet), start=1)
        return
    encoding = place.encoding or encoding_of(path)
    delimiter = place.delimiter or _delimiter(path, encoding, place.header_row)
    with io.TextIOWrapper(opened(path), encoding=encoding, newline="") as text:
        rows = enumerate(csv.reader(text, delimiter=delimiter), start=1)
        try:
            for number, row in rows:
                if row and (len(row) > 1 or row[0].strip()):
                    yield number, list(row)
        except (csv.Error, UnicodeDecodeError) as error:
            kind = type(error).__name__
            raise InvalidInput(f"{path}: cannot be read as text ({kind}); open it and save it again") from error


def encoding_of(path: Path) -> str:
    """The first of ENCODINGS that the whole file is text in; raises InvalidInput when there is none."""
    for encoding in ENCODINGS:
        try:
            with io.TextIOWrapper(opened(path), encoding=encoding, newline="") as text:
                for _ in text:
                    pass
        except UnicodeDecodeError:
            continue
        return encoding
    raise InvalidInput(f"{path}: is not text in {' or '.join(ENCODINGS)}; set `encoding` for it")


def opened(path: Path) -> io.BufferedReader:
    """The bytes of a text file, unpacked where it is packed."""
    return cast(io.BufferedReader, gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb"))


def _csv(path: Path, place: Place) -> pd.DataFrame:
    for encoding in [place.encoding] if place.encoding else ENCODINGS:
        try:
            delimiter = place.delimiter or _delimiter(path, encoding, place.header_row)
            return pd.read_csv(
                path, dtype="string", sep=delimiter, encoding=encoding, keep_default_na=False, na_values=[""],
                skiprows=place.header_row - 1,
            )  # fmt: skip
        except UnicodeDecodeError:
            continue
    raise InvalidInput(f"{path}: is not text in {place.encoding or ' or '.join(ENCODINGS)}; set `encoding` for it")


def _delimiter(path: Path, encoding: str, header_row: int = 1) -> str:
    with opened(path) as lines:
        for _ in range(header_row - 1):
            if not lines.readline():
                break
        header = lines.readline().decode(encoding, errors="replace")
    return max(DELIMITERS, key=header.count)


def _parquet(path: Path, _: Place) -> pd.DataFrame:
    return pd.read_parquet(path)


def _excel(path: Path, place: Place) -> pd.DataFrame:
    rows = sheet_rows(path, place.sheet)[place.header_row - 1 :]
    if not rows:
        return pd.DataFrame()
    return pd.DataFrame(rows[1:], columns=pd.Index(column_names(rows[0])), dtype=object)


def sheet_names(path: Path) -> list[str]:
    """The sheets of a workbook, in their order."""
    from python_calamine import CalamineWorkbook

    with CalamineWorkbook.from_path(path) as book:
        return [str(name) for name in book.sheet_names]


def sheet_rows(path: Path, sheet: str | None) -> list[list[object]]:
    """Every row of a sheet (None: the first); empty cells are None, each cell of a merge holds what the merge holds."""
    from python_calamine import CalamineWorkbook

    with CalamineWorkbook.from_path(path) as book:
        name = sheet or str(book.sheet_names[0])
        if name not in book.sheet_names:
            raise InvalidInput(f"{path}: no sheet {name!r}; there are {', '.join(map(str, book.sheet_names))}")
        found = book.get_sheet_by_name(name)
        rows = [[_cell(value) for value in row] for row in found.to_python(skip_empty_area=False)]
        for (top, left), (bottom, right) in found.merged_cell_ranges or ():
            whole = rows[top][left] if top < len(rows) and left < len(rows[top]) else None
            for row in rows[top : bottom + 1]:
                row[left : right + 1] = [whole] * len(row[left : right + 1])
    while rows and all(value is None for value in rows[-1]):
        rows.pop()
    return rows


def _cell(value: object) -> object:
    """A cell as pandas gives it: whole numbers as such, days as timestamps, nothing as None."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, date):
        return pd.Timestamp(value)
    return None if value == "" else value


def column_names(header: Sequence[object]) -> list[str]:
    """The names of columns as pandas makes them: one that comes again is numbered, one without is `Unnamed: n`.

    >>> column_names(["score", None, "score"])
    ['score', 'Unnamed: 1', 'score.1']
    """
    seen: dict[str, int] = {}
    names = []
    for place, cell in enumerate(header):
        name = f"Unnamed: {place}" if cell is None or not str(cell) else str(cell)
        again = seen.get(name, 0)
        seen[name] = again + 1
        names.append(f"{name}.{again}" if again else name)
    return names


def _from_database(place: Place, folder: Path) -> pd.DataFrame:
    import sqlalchemy as sa

    url = _anchored(sa.engine.make_url(place.address), folder)
    if (place.table is None) == (place.query is None):
        raise InvalidInput(f"{_shown(url)}: give either `table` or `query` beside this address")
    statement = sa.text(place.query) if place.query else sa.select(sa.text("*")).select_from(sa.table(str(place.table)))
    try:
        engine = sa.create_engine(url)
    except (sa.exc.SQLAlchemyError, ImportError) as error:
        kind = type(error).__name__
        raise InvalidInput(
            f"{_shown(url)}: no driver for this address ({kind}); install it or export a file"
        ) from error
    try:
        with engine.connect() as connection:
            return pd.read_sql_query(statement, connection)
    except sa.exc.SQLAlchemyError as error:
        what = f"query {place.query!r}" if place.query else f"table {place.table!r}"
        raise InvalidInput(f"{_shown(url)}: {what} failed ({type(error).__name__}); try it in the database") from error
    finally:
        engine.dispose()


def _anchored(url: Any, folder: Path) -> Any:
    """A SQLite file given by a relative path lies in the folder of the data; a new one is never made by reading."""
    if not url.drivername.startswith("sqlite") or url.database in (None, "", ":memory:"):
        return url
    path = folder / url.database
    if not path.is_file():
        raise InvalidInput(f"{path}: no such database file; correct the address in the mapping")
    return url.set(database=str(path))


def _shown(url: Any) -> str:
    return str(url.render_as_string(hide_password=True))


def _suffix(path: Path) -> str:
    return "".join(path.suffixes[-2:]).lower() if path.suffix == ".gz" else path.suffix.lower()


READERS: Mapping[str, Callable[[Path, Place], pd.DataFrame]] = {
    ".csv": _csv,
    ".csv.gz": _csv,
    ".tsv": _csv,
    ".txt": _csv,
    ".parquet": _parquet,
    ".xlsx": _excel,
    ".xls": _excel,
    ".xlsb": _excel,
    ".ods": _excel,
}
