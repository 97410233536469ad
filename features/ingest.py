"""From a source to the history: read, pass the door, append, and say exactly what became of every row."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from rich.console import Console

from data_contracts.catalog import catalog
from data_contracts.errors import PharosError
from data_contracts.intake import Delivery, Intake, Known, conflict_lines, row_keys, take_in_all
from data_contracts.pseudonyms import Pseudonyms, pseudonyms
from data_contracts.settings import Settings
from data_contracts.sources import read_source
from features.history import AppendCounts, History
from features.ingest_report import IngestReport, TableLine, fault_lines, told_keys
from features.versions import with_superseded_on


@dataclass(frozen=True)
class Delivered:
    """Where a delivery lies: a source's name, its folder or file, and for `mapped` its mapping file.

    `files` puts other files in the place of a mapped table's own, as for the test part of a published set.
    """

    source: str
    path: Path
    mapping: Path | None = None
    files: Mapping[str, Path] | None = None


def frames_of(
    source: str,
    path: Path,
    mapping: Path | None = None,
    *,
    required: Sequence[str] = ("postings",),
    files: Mapping[str, Path] | None = None,
) -> dict[str, pd.DataFrame]:
    """Accepted rows of every table, with `superseded_on`, without touching the disk.

    `required` names the tables this use cannot do without. Raises MissingTable or InvalidInput in one sentence.
    """
    delivery = delivery_of(Delivered(source, path, mapping, files), required=required)
    return {name: with_superseded_on(catalog().table(name), frame) for name, frame in delivery.frames.items()}


def delivery_of(
    delivered: Delivered,
    *,
    known: Known | None = None,
    required: Sequence[str] = ("postings",),
    today: date | None = None,
) -> Delivery:
    """Read a source and pass the door, in memory; the delivery also tells what was refused and registered."""
    reading = read_source(delivered.source, delivered.path, delivered.mapping, delivered.files)
    return take_in_all(reading.tables, known=known, today=today, required=required, notes=reading.notes)


def ingest(delivered: Delivered, settings: Settings, *, today: date, dry_run: bool = False) -> IngestReport:
    """Take a delivery into the history and its refused rows into quarantine; `dry_run` only says what would happen.

    A second ingest of the same delivery changes nothing. Nobody can know a row after `today`.
    """
    history = History(settings.history_dir)
    delivery = delivery_of(delivered, known=history.known(), today=today)
    frames = delivery.frames
    if dry_run:
        counts = {name: _would_append(history, name, frame) for name, frame in frames.items()}
    else:
        counts = history.append_all(frames, delivered.source)
    names = pseudonyms(settings.keys_dir, make=not dry_run)
    faults = {name: _faults(taken, counts[name].conflicts, names) for name, taken in delivery.intakes.items()}
    quarantine = None if dry_run else _quarantine(delivered.source, faults, settings.quarantine_dir)
    report = _report(delivered.source, delivery, counts, faults, dry_run=dry_run, quarantine=quarantine)
    if not report.balanced:
        raise PharosError("the rows of this ingest do not add up; keep the files and report it as a fault of Pharos")
    return report


def ingest_with_progress(
    delivered: Delivered, settings: Settings, console: Console, *, dry_run: bool = False
) -> IngestReport:
    """`ingest` at the edge of a command: today is today (or the set clock when that is later), and a sign of life."""
    today = max(date.today(), settings.today or date.min)
    with console.status(f"reading {delivered.source} from {delivered.path}"):
        return ingest(delivered, settings, today=today, dry_run=dry_run)


def _would_append(history: History, table: str, frame: pd.DataFrame) -> AppendCounts:
    sifted = history.sifted(table, frame)
    return AppendCounts(len(sifted.new), len(sifted.duplicates), sifted.conflicts)


def _faults(taken: Intake, conflicts: npt.NDArray[np.intp], names: Pseudonyms) -> pd.DataFrame:
    """The door's faults and those of rows that contradict the history, with row keys that may be told."""
    rivals = conflicts[conflicts < len(taken.accepted)]
    late = conflict_lines(taken.rows[rivals]).assign(
        row_key=row_keys(taken.table, taken.accepted.iloc[rivals]).to_numpy()
    )
    faults = pd.concat([taken.faults, late], ignore_index=True).sort_values(["row", "column"], ignore_index=True)
    return faults.assign(row_key=told_keys(taken.table, faults["row_key"], names))


def _quarantine(source: str, faults: Mapping[str, pd.DataFrame], folder: Path) -> str | None:
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


def _report(
    source: str,
    delivery: Delivery,
    counts: Mapping[str, AppendCounts],
    faults: Mapping[str, pd.DataFrame],
    *,
    dry_run: bool,
    quarantine: str | None,
) -> IngestReport:
    lines = [_line(name, delivery, counts[name], faults.get(name)) for name in sorted(counts)]
    refused = [line for name, part in sorted(faults.items()) for line in fault_lines(name, part)]
    ignored = [
        f"{name}: columns of no contract were ignored: {', '.join(taken.ignored_columns)}"
        for name, taken in delivery.intakes.items()
        if taken.ignored_columns
    ]
    return IngestReport(source, dry_run, tuple(lines), tuple(refused), (*delivery.notes, *ignored), quarantine)


def _line(name: str, delivery: Delivery, counts: AppendCounts, faults: pd.DataFrame | None) -> TableLine:
    """Registered rows stand apart: they never came, so they are not among the rows that were accepted."""
    registered = len(delivery.registered.get(name, ()))
    taken = delivery.intakes.get(name)
    if taken is None or faults is None:
        return TableLine(name, 0, 0, 0, 0, 0, registered)
    return TableLine(
        table=name,
        rows_in=taken.rows_in,
        accepted=counts.appended - registered,
        quarantined=int(faults["row"].nunique()),
        duplicates=taken.duplicates + counts.duplicates,
        twins=taken.twins if counts.appended else 0,
        registered=registered,
    )
