"""What a source gives: contract-shaped frames, and notes on everything that was met on the way and not used."""

from __future__ import annotations

from collections import UserDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from data_contracts.asof import FIRST_DAY
from data_contracts.coercion import NO_VALUE_WORDS, dates, unreadable
from data_contracts.errors import InvalidInput, MissingTable
from data_contracts.intake import DELIVERED_ROW
from data_contracts.sources.tabular import Place

FROM_THE_BEGINNING = pd.Timestamp(FIRST_DAY)
SUFFIXES = (".parquet", ".csv")


class Tables(UserDict[str, pd.DataFrame]):
    """Frames by table name; one given as a function is read each time it is asked for, and never kept.

    >>> tables = Tables()
    >>> tables.later("officers", lambda: pd.DataFrame({"officer_id": ["a"]}))
    >>> len(tables["officers"]), list(tables)
    (1, ['officers'])
    """

    def __init__(self) -> None:
        """No table yet."""
        self._later: dict[str, Callable[[], pd.DataFrame]] = {}
        super().__init__()

    def later(self, name: str, read: Callable[[], pd.DataFrame]) -> None:
        """Read this table only when it is asked for."""
        self._later[name] = read
        self.data[name] = pd.DataFrame()

    def __getitem__(self, name: str) -> pd.DataFrame:
        """The table's rows."""
        read = self._later.get(name)
        return self.data[name] if read is None else read()


@dataclass(frozen=True)
class Origin:
    """Where some rows of a table lie in the sender's own files: `rows` of `place`, from `folder`, in their order.

    `columns` says which of their columns each of ours came from.
    """

    place: Place
    folder: Path
    rows: int
    columns: Mapping[str, str]


@dataclass
class Reading:
    """Frames by table name with raw values under contract names; `notes` are sentences for the report.

    `assumed` names the tables whose source does not say when a row became known, so that its `known_on` is assumed.
    `origins` tells by table where its rows lie, in the order of delivery; none for what is no file of theirs.
    """

    tables: Tables = field(default_factory=Tables)
    notes: list[str] = field(default_factory=list)
    assumed: set[str] = field(default_factory=set)
    origins: dict[str, list[Origin]] = field(default_factory=dict)


@dataclass(frozen=True)
class ExportFile:
    """One file of a city's export: the columns we cannot do without, those we use, those we know and leave."""

    stem: str
    needed: tuple[str, ...]
    used: tuple[str, ...] = ()
    left: tuple[str, ...] = ()

    def read(self, folder: Path, notes: list[str]) -> pd.DataFrame | None:
        """The file's columns as they lie there, used ones that are absent as nulls; None when there is no file."""
        path = self.find(folder)
        if path is None:
            notes.append(f"{self.stem}: no such file in this export; its tables stay empty")
            return None
        frame = _open(path)
        if missing := [name for name in self.needed if name not in frame]:
            raise InvalidInput(
                f"{path.name}: column {missing[0]!r} is missing; there are {', '.join(map(str, frame.columns))}. "
                "Export it under that name, or read the file with --source mapped and a mapping"
            )
        self._note_columns(frame, notes)
        return frame.reindex(columns=[*self.needed, *self.used])

    def find(self, folder: Path) -> Path | None:
        """Where the file lies, whatever of the known formats it has."""
        return next((path for suffix in SUFFIXES if (path := folder / f"{self.stem}{suffix}").is_file()), None)

    def _note_columns(self, frame: pd.DataFrame, notes: list[str]) -> None:
        known = {*self.needed, *self.used, *self.left}
        if extra := [str(name) for name in frame.columns if name not in known]:
            notes.append(f"{self.stem}: columns nobody asked for were ignored: {', '.join(sorted(extra))}")
        if absent := [name for name in self.used if name not in frame]:
            notes.append(f"{self.stem}: columns that are absent read as unknown: {', '.join(absent)}")
        if left := [name for name in self.left if name in frame]:
            notes.append(f"{self.stem}: no contract has a place for {', '.join(left)}; left where they are")


def require_one_of(reading: Reading, tables: Sequence[str], folder: Path) -> None:
    """Raise MissingTable unless the reading holds one of the tables."""
    if not any(name in reading.tables for name in tables):
        raise MissingTable(f"{folder}: nothing there gives the table {' or '.join(tables)}; check the path")


def translated(values: pd.Series, codes: Mapping[str, str]) -> pd.Series:
    """Codes of ours for words of theirs, whatever their case and spaces; unknown words stay, for the door to refuse.

    >>> translated(pd.Series([" White", "WHITE", "martian", None]), {"white": "white"}).tolist()
    ['white', 'white', 'martian', <NA>]
    """
    text = values.astype("string").str.strip()
    return text.str.lower().map(dict(codes)).astype("string").fillna(text)


def translated_or_unknown(
    values: pd.Series, codes: Mapping[str, str], place: str, notes: list[str], unknown: str = "unknown"
) -> pd.Series:
    """As `translated`, but a word nobody knows reads `unknown`, and a note counts them; no word stays no word.

    For columns whose contract has that code: losing a whole row over how the light was described helps nobody.
    """
    read = translated(values, codes)
    read = read.mask(read.str.lower().isin(list(NO_VALUE_WORDS)))
    strange = read.notna() & ~read.isin(list(codes.values()))
    if strange.any():
        kinds = read[strange].nunique()
        notes.append(f"{place}: {int(strange.sum())} rows hold {kinds} unknown codes, read as {unknown}")
    return read.mask(strange, unknown)


def known_from(day: pd.Series) -> pd.Series:
    """The day itself, or the beginning of time where nobody knows it; master data is never known too late."""
    return day.fillna(FROM_THE_BEGINNING)


def ladder_steps(ladder: str, ranks: tuple[tuple[str, ...], ...], seen: pd.Series, notes: list[str]) -> pd.DataFrame:
    """The ladder, low to high, ranks of one height side by side; a rank outside it has no place, and a note says so."""
    place = {rank: position for position, names in enumerate(ranks) for rank in names}
    if strange := sorted(set(seen.dropna()) - set(place)):
        notes.append(f"rank_steps: {len(strange)} ranks have no place on the ladder {ladder!r}: {', '.join(strange)}")
    return pd.DataFrame(
        {"ladder": ladder, "rank_step": list(place), "position": list(place.values()), "name_en": list(place),
         "known_on": FROM_THE_BEGINNING}
    )  # fmt: skip


def complaint_versions(complaints: pd.DataFrame) -> pd.DataFrame:
    """Two versions of a complaint: as it was opened, and as it was found on the day it closed.

    One closed on the day it was opened was never known open: it has one version. One closed before it was opened, or
    on a day that cannot be read, keeps its opened version, and the door refuses the other. A finding without a
    closing date stays unknown. Both versions say which row they were, so that the door counts what was delivered.
    """
    complaints = complaints.reindex(columns=[*complaints.columns.union(["closed_on", "finding"], sort=False)])
    complaints = complaints.assign(**{DELIVERED_ROW: np.arange(len(complaints))})
    opened_on, closed_on = dates(complaints["opened_on"]), dates(complaints["closed_on"])
    opened = complaints[closed_on.isna() | (closed_on != opened_on)].drop(columns=["closed_on", "finding"])
    is_found = closed_on.notna() | unreadable(complaints["closed_on"], closed_on)
    found = complaints[is_found].assign(known_on=closed_on.fillna(opened_on)[is_found])
    versions = [opened.assign(known_on=opened["opened_on"]), found]
    return pd.concat(versions, ignore_index=True)


def _open(path: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, dtype="string")
    except (OSError, ValueError) as error:
        kind = type(error).__name__
        raise InvalidInput(f"{path}: cannot be read as {path.suffix[1:]} ({kind}); export it again") from error
