"""Open what a department has: CSV in UTF-8 or GB18030, Parquet, Excel, or a query to a database, as one frame."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from data_contracts.errors import InvalidInput

ENCODINGS = ("utf-8-sig", "gb18030")
DELIMITERS = ",;\t|"


@dataclass(frozen=True)
class Place:
    """Where one table's rows are: a file, or a database address with a table or a query.

    `sheet` is for Excel, `encoding` and `delimiter` for CSV; left out, they are found by looking.
    """

    address: str
    table: str | None = None
    query: str | None = None
    sheet: str | None = None
    encoding: str | None = None
    delimiter: str | None = None

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


def _csv(path: Path, place: Place) -> pd.DataFrame:
    for encoding in [place.encoding] if place.encoding else ENCODINGS:
        try:
            delimiter = place.delimiter or _delimiter(path, encoding)
            return pd.read_csv(
                path, dtype="string", sep=delimiter, encoding=encoding, keep_default_na=False, na_values=[""]
            )
        except UnicodeDecodeError:
            continue
    raise InvalidInput(f"{path}: is not text in {place.encoding or ' or '.join(ENCODINGS)}; set `encoding` for it")


def _delimiter(path: Path, encoding: str) -> str:
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as lines:
        header = lines.readline().decode(encoding, errors="replace")
    return max(DELIMITERS, key=header.count)


def _parquet(path: Path, _: Place) -> pd.DataFrame:
    return pd.read_parquet(path)


def _excel(path: Path, place: Place) -> pd.DataFrame:
    with pd.ExcelFile(path, engine="calamine") as book:
        sheet = place.sheet or str(book.sheet_names[0])
        if sheet not in book.sheet_names:
            raise InvalidInput(f"{path}: no sheet {sheet!r}; there are {', '.join(map(str, book.sheet_names))}")
        return book.parse(sheet, dtype=object, keep_default_na=False, na_values=[""])


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
