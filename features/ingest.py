"""From a source to the history: read, pass the door, append, and say exactly what became of every row."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from rich.console import Console

from data_contracts.catalog import catalog
from data_contracts.erased import Erased
from data_contracts.errors import InvalidInput, PharosError
from data_contracts.intake import Delivery, Door, Intake, conflict_lines, count_whole, row_keys, take_in_all
from data_contracts.local_time import local_day, utc_now
from data_contracts.pseudonyms import Pseudonyms, pseudonyms
from data_contracts.settings import Settings, settings
from data_contracts.sources import read_source
from data_contracts.sources.bad_rows import write_bad_rows
from features.history import AppendCounts, History
from features.ingest_report import IngestReport, TableLine, fault_lines, told_keys
from features.reexports import Retold, retold
from features.versions import with_superseded_on

Look = Callable[[Mapping[str, pd.DataFrame], date], None]
Append = Callable[[str, pd.DataFrame], AppendCounts]


@dataclass(frozen=True)
class Delivered:
    """Where a delivery lies: a source's name, its folder or file or database, and for `mapped` its mapping file.

    `files` puts other files in the place of a mapped table's own, as for the test part of a published set.
    """

    source: str
    path: Path | str
    mapping: Path | None = None
    files: Mapping[str, Path] | None = None

    @property
    def where(self) -> str:
        """What it is called in a sentence; never the address of a database, which may hold a password."""
        return self.source if "://" in str(self.path) else f"{self.source} at {self.path}"


def frames_of(
    source: str,
    path: Path | str,
    mapping: Path | None = None,
    *,
    required: Sequence[str] = ("postings",),
    files: Mapping[str, Path] | None = None,
) -> dict[str, pd.DataFrame]:
    """Accepted rows of every table, with `superseded_on`, without touching the disk.

    `required` names the tables this use cannot do without. Raises MissingTable or InvalidInput in one sentence.
    """
    return versioned(delivery_of(Delivered(source, path, mapping, files), required=required))


def versioned(delivery: Delivery) -> dict[str, pd.DataFrame]:
    """What a delivery brought, by table, each row with the day its next version superseded it."""
    return {name: with_superseded_on(catalog().table(name), frame) for name, frame in delivery.frames.items()}


def delivery_of(
    delivered: Delivered,
    look: Look = lambda *_: None,
    *,
    required: Sequence[str] = ("postings",),
    today: date | None = None,
) -> Delivery:
    """Read a source and pass the door, in memory; the delivery also tells what was refused and registered.

    The same door as for `ingest`: what would be known only after the service's day is refused here too. `look` sees
    the raw tables before the door, with the service's day, and may raise. `today` is given in its place where days are
    places in an order and not days.
    """
    day = today or service_day(settings())
    reading = read_source(delivered.source, delivered.path, delivered.mapping, delivered.files)
    look(reading.tables, day)
    return take_in_all(reading.tables, today=day, required=required, notes=reading.notes)


def service_day(configured: Settings) -> date:
    """The day it is for a command: the bureau's, or the set clock when that is later."""
    return max(local_day(utc_now()), configured.today or date.min)


def ingest(
    delivered: Delivered,
    settings: Settings,
    *,
    today: date,
    dry_run: bool = False,
    required: Sequence[str] = ("postings",),
    send_back: Path | None = None,
) -> IngestReport:
    """Take a delivery into the history and its refused rows into quarantine; `dry_run` only says what would happen.

    `required` names the tables this delivery or the history must have. With `send_back`, refused rows also go into a
    workbook there for each of the sender's files, as they were sent.

    A second ingest of the same delivery changes nothing. `today` is the day of the delivery: nobody can know a row
    after it, and where a source does not say when a row was changed, the change counts from then (`reexports.py`).
    """
    history = History(settings.history_dir)
    reading = read_source(delivered.source, delivered.path, delivered.mapping, delivered.files)
    names = pseudonyms(settings.keys_dir, make=not dry_run)
    erased = Erased(settings.history_dir, names).among
    door = Door(reading.tables, replace(history.known(), erased=erased), today)
    door.require(required)
    account = Account(names)
    with _batch(history, delivered.source, dry_run=dry_run) as append:
        for taken in door.intakes():
            again = taken.table.name in reading.assumed and history.rows(taken.table.name) > 0
            told = retold(taken, history.frame(taken.table.name), today) if again and taken.table.key else None
            account.take(taken, _append_told(taken, told, append), told)
        for name, rows in door.registered().items():
            account.register(name, append(name, rows).appended)
    quarantine = None if dry_run else write_quarantine(delivered.source, account.faults, settings.quarantine_dir)
    report = account.report(delivered.source, reading.notes, dry_run=dry_run, quarantine=quarantine)
    if not report.balanced:
        raise PharosError("the rows of this ingest do not add up; keep the files and report it as a fault of Pharos")
    if send_back is None:
        return report
    return replace(report, sent_back=tuple(map(str, write_bad_rows(reading.origins, account.faults, send_back))))


def ingest_with_progress(
    delivered: Delivered,
    settings: Settings,
    console: Console,
    *,
    dry_run: bool = False,
    delivered_on: date | None = None,
    required: Sequence[str] = ("postings",),
    send_back: Path | None = None,
) -> IngestReport:
    """`ingest` at the edge of a command, with a sign of life; the day of the delivery is today unless it is told.

    The report of what happened is kept under the state folder, one file for each ingest.
    """
    today = service_day(settings)
    if delivered_on is not None and delivered_on > today:
        raise InvalidInput(f"--delivered-on {delivered_on} has not come yet; it is {today} (PHAROS_TODAY sets it)")
    with console.status(f"reading {delivered.source}"):  # not from where: an address may hold a password
        report = ingest(
            delivered, settings, today=delivered_on or today, dry_run=dry_run, required=required, send_back=send_back
        )
    if not dry_run:
        number = len(list(settings.report_dir.glob("*.json"))) + 1
        report.write(settings.report_dir / f"{number:04d}-{delivered.source}.json")
    return report


@contextmanager
def _batch(history: History, source: str, *, dry_run: bool) -> Iterator[Append]:
    """A way to append, or to learn what appending would do."""
    if dry_run:
        yield lambda table, frame: _would_append(history, table, frame)
    else:
        with history.batch(source) as batch:
            yield batch.append


def _would_append(history: History, table: str, frame: pd.DataFrame) -> AppendCounts:
    sifted = history.sifted(table, frame)
    return AppendCounts(sifted.new, len(sifted.duplicates), sifted.conflicts)


def _append_told(taken: Intake, told: Retold | None, append: Append) -> AppendCounts:
    """Append what is news; positions are those of the accepted rows."""
    if told is None:
        return append(taken.table.name, taken.accepted)
    news = np.flatnonzero(~told.told)
    counts = append(taken.table.name, told.frame.iloc[news])
    return AppendCounts(news[counts.new], int(told.told.sum()) + counts.duplicates, news[counts.conflicts])


@dataclass
class Account:
    """What became of each row so far; keeps counts and faults, no rows."""

    names: Pseudonyms
    lines: dict[str, TableLine] = field(default_factory=dict)
    faults: dict[str, pd.DataFrame] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    ignored: dict[str, list[str]] = field(default_factory=dict)

    def take(self, taken: Intake, counts: AppendCounts, told: Retold | None = None) -> None:
        """Count one table by rows as they were delivered; rows that contradict the history join the refusals."""
        name = taken.table.name
        faults = self.faults[name] = told_faults(taken, counts.conflicts, self.names)
        accepted = count_whole(taken.rows[counts.new], faults["row"].to_numpy(np.intp), taken.rows_in)
        quarantined = int(faults["row"].nunique())
        self.lines[name] = TableLine(
            table=name,
            rows_in=taken.rows_in,
            accepted=accepted,
            quarantined=quarantined,
            duplicates=taken.rows_in - accepted - quarantined,
            twins=taken.twins if counts.appended else 0,
            registered=0,
            versions=counts.appended,
        )
        for column in taken.ignored_columns:
            self.ignored.setdefault(column, []).append(name)
        if told is not None:
            self.notes.extend(_retold_notes(name, told))

    def register(self, name: str, count: int) -> None:
        """Registered rows stand apart: they never came, so they are not among the rows that were accepted."""
        line = self.lines.get(name, TableLine(name, 0, 0, 0, 0, 0, 0))
        self.lines[name] = replace(line, registered=count)

    def report(self, source: str, notes: Sequence[str], *, dry_run: bool, quarantine: str | None) -> IngestReport:
        """The account, closed."""
        lines = tuple(self.lines[name] for name in sorted(self.lines))
        refused = tuple(line for name in sorted(self.faults) for line in fault_lines(name, self.faults[name]))
        spare = [
            f"{column}: no contract has this column, ignored in {_named(self.ignored[column])}"
            for column in sorted(self.ignored)
        ]
        return IngestReport(source, dry_run, lines, refused, (*notes, *spare, *self.notes), quarantine)


def _named(tables: Sequence[str]) -> str:
    return ", ".join(tables) if len(tables) < 4 else f"{len(tables)} tables"


def _retold_notes(name: str, told: Retold) -> Iterator[str]:
    if changed := int(told.changed.sum()):
        yield f"{name}: {changed} rows tell otherwise or more than before; known from their end date or this delivery"
    if back := int(told.turned_back.sum()):
        yield f"{name}: {back} rows tell what was corrected since and change nothing; map known_on where they are right"


def told_faults(taken: Intake, conflicts: npt.NDArray[np.intp], names: Pseudonyms) -> pd.DataFrame:
    """The door's faults and those of rows that contradict the history, with row keys that may be told."""
    rivals = conflicts[conflicts < len(taken.accepted)]
    late = conflict_lines(taken.rows[rivals]).assign(
        row_key=row_keys(taken.table, taken.accepted.iloc[rivals]).to_numpy()
    )
    faults = pd.concat([taken.faults, late], ignore_index=True).sort_values(["row", "column"], ignore_index=True)
    return faults.assign(row_key=told_keys(taken.table, faults["row_key"], names))


def write_quarantine(source: str, faults: Mapping[str, pd.DataFrame], folder: Path) -> str | None:
    """Write the faults as parquet and JSON under a name made of their content; None when there are none."""
    parts = [part.assign(table=name) for name, part in faults.items() if len(part)]
    if not parts:
        return None
    lines = pd.concat(parts, ignore_index=True)[["table", "row", "row_key", "column", "reason", "value_class"]]
    lines = lines.assign(row=lines["row"] + 1)
    content = json.dumps(lines.to_dict(orient="records"), ensure_ascii=False, indent=1)
    place = folder / f"{source}-{hashlib.sha256(content.encode()).hexdigest()[:12]}"
    place.mkdir(parents=True, exist_ok=True)
    lines.to_parquet(place / "faults.parquet", index=False)
    (place / "faults.json").write_text(content + "\n", encoding="utf-8")
    return str(place)
