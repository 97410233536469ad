"""Every sheet of a file or a folder: where its header stands, and its rows as far as looking needs them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import pandas as pd

from data_contracts.errors import InvalidInput
from data_contracts.guessing.words import is_known
from data_contracts.sources.tabular import (
    DELIMITERS,
    ENCODINGS,
    READERS,
    Place,
    column_names,
    encoding_of,
    opened,
    raw_rows,
    sheet_names,
)

LOOKED_AT = 3_000
"""Rows of a sheet that are read for guessing; the dry run that follows reads all."""
HEADER_WITHIN = 20
WORKBOOKS = (".xlsx", ".xls", ".xlsb", ".ods")
TEXTS = (".csv", ".tsv", ".txt", ".csv.gz")


@dataclass(frozen=True)
class Sheet:
    """A sheet or text file: its place, the words over its columns, its first rows (object dtype), and its titles."""

    place: Place
    headers: tuple[str, ...]
    rows: pd.DataFrame
    titles: tuple[str, ...]

    @property
    def name(self) -> str:
        """What it is called in a sentence."""
        return self.place.address + ("" if self.place.sheet is None else f" [{self.place.sheet}]")

    @property
    def said(self) -> tuple[str, ...]:
        """The words that say what it is about: its sheet, the titles over its header, its file's name."""
        sheet = () if self.place.sheet is None else (self.place.sheet,)
        return (*sheet, *self.titles, Path(self.place.address).name.split(".")[0])


def sheets_of(path: Path) -> tuple[list[Sheet], list[str]]:
    """The sheets of a file, or of every file of a folder, and a note on each that holds no table.

    Raises InvalidInput when there is nothing to look at.
    """
    files = (
        [path] if path.is_file() else sorted(one for one in path.glob("*") if one.is_file()) if path.is_dir() else []
    )
    found: list[Sheet] = []
    notes: list[str] = []
    for file in files:
        if not file.name.lower().endswith((*WORKBOOKS, *TEXTS)) or file.name.startswith(("~$", ".")):
            notes += [] if file.suffix == ".toml" else [f"{file.name}: is no table and was left"]
            continue
        for place in _places(file):
            sheet = _looked_at(place, file.parent)
            if isinstance(sheet, Sheet):
                found.append(sheet)
            else:
                notes.append(sheet)
    if not found:
        raise InvalidInput(
            f"{path}: nothing there has a header and rows; give a file of {', '.join(READERS)} or a folder"
        )
    return found, notes


def _places(file: Path) -> Iterator[Place]:
    if file.name.lower().endswith(WORKBOOKS):
        try:
            names = sheet_names(file)
        except Exception as error:  # every kind of workbook has its own family of errors
            kind = type(error).__name__
            raise InvalidInput(f"{file}: cannot be read as a workbook ({kind}); open it and save it again") from error
        yield from (Place(file.name, sheet=name if len(names) > 1 else None) for name in names)
    else:
        encoding = encoding_of(file)
        delimiter = _delimiter(file, encoding)
        yield Place(
            file.name, encoding=None if encoding == ENCODINGS[0] else encoding,
            delimiter=None if delimiter == DELIMITERS[0] else delimiter,
        )  # fmt: skip


def _delimiter(file: Path, encoding: str) -> str:
    """The sign that the first lines are cut by, titles and all."""
    with opened(file) as lines:
        first = [line.decode(encoding, errors="replace") for line in islice(lines, HEADER_WITHIN)]
    return max(DELIMITERS, key=lambda sign: sum(line.count(sign) for line in first))


def _looked_at(place: Place, folder: Path) -> Sheet | str:
    """The sheet, or a note that says why it is none."""
    best = _numbered(place, folder)
    header = header_of([cells for _, cells in best])
    if header is None:
        return f"{Sheet(place, (), pd.DataFrame(), ()).name}: no row looks like a header, so it was left"
    number, names = best[header]
    rows = best[header + 1 :]
    width = max(len(names), max((len(cells) for _, cells in rows), default=0))
    frame = pd.DataFrame(
        [[*cells, *[None] * (width - len(cells))] for _, cells in rows],
        columns=pd.Index(column_names([*names, *[None] * (width - len(names))])),
        dtype=object,
    ).replace("", None)
    titles = tuple(dict.fromkeys(str(cell) for _, cells in best[:header] for cell in cells if cell not in (None, "")))
    place = replace(place, header_row=number)
    return Sheet(place, tuple(map(str, frame.columns)), frame, titles)


def _numbered(place: Place, folder: Path) -> list[tuple[int, list[object]]]:
    """The first rows with their numbers; raises InvalidInput for a file that is damaged."""
    try:
        return list(islice(raw_rows(place, folder), LOOKED_AT + HEADER_WITHIN))
    except InvalidInput:
        raise
    except Exception as error:  # every kind of workbook has its own family of errors
        kind = type(error).__name__
        raise InvalidInput(f"{folder / place.address}: cannot be read ({kind}); open it and save it again") from error


def header_of(rows: Sequence[Sequence[object]]) -> int | None:
    """The place of the row that names the columns: the one of the first that holds most known words and texts.

    >>> header_of([["某局花名册", "某局花名册"], ["警号", "入警时间"], ["010001", "2011-07-01"]])
    1
    """
    scores = [_as_header(rows, place) for place in range(min(len(rows), HEADER_WITHIN))]
    best = max(scores, default=0.0)
    return scores.index(best) if best > 0 else None


def _as_header(rows: Sequence[Sequence[object]], place: int) -> float:
    cells = [str(cell).strip() for cell in rows[place] if cell is not None and str(cell).strip()]
    texts = [cell for cell in cells if isinstance(cell, str) and not any(sign.isdigit() for sign in cell[:2])]
    distinct = set(texts)
    if not distinct or (len(distinct) == 1 and len(cells) > 1) or place + 1 >= len(rows):
        return 0.0
    width = max(len(row) for row in rows[place : place + 5])
    known = sum(is_known(text) for text in distinct)
    return known + len(distinct) / width - 0.5 * (len(cells) - len(distinct)) / max(1, len(cells)) - 0.01 * place
