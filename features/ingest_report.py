"""What an ingest did with every row, as JSON and as a table to read; ids only as pseudonyms, values never."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd
from rich.console import Group
from rich.table import Table as RichTable
from rich.text import Text

from data_contracts.catalog import Table
from data_contracts.pseudonyms import Pseudonyms
from data_contracts.vocabulary import Refusal

OPEN_CLASSES = ("public", "internal")


@dataclass(frozen=True)
class TableLine:
    """One table's rows as delivered: came = accepted + quarantined + duplicates; twins are among the accepted.

    A row refused in part is quarantined. `versions` is how many rows entered the history: two for a complaint that
    came opened and found in one row.
    """

    table: str
    rows_in: int
    accepted: int
    quarantined: int
    duplicates: int
    twins: int
    registered: int
    versions: int = 0

    @property
    def balanced(self) -> bool:
        """Whether nothing was lost."""
        return self.rows_in == self.accepted + self.quarantined + self.duplicates


@dataclass(frozen=True)
class FaultLine:
    """How often one column was refused for one reason, and the first row that was."""

    table: str
    column: str
    reason: str
    value_class: str
    cells: int
    first_row: int
    first_row_key: str


@dataclass(frozen=True)
class IngestReport:
    """The whole account of one ingest."""

    source: str
    dry_run: bool
    tables: tuple[TableLine, ...]
    faults: tuple[FaultLine, ...]
    notes: tuple[str, ...]
    quarantine: str | None = None
    sent_back: tuple[str, ...] = ()

    @property
    def balanced(self) -> bool:
        """Whether rows in = accepted + quarantined + duplicates for every table."""
        return all(line.balanced for line in self.tables)

    def as_json(self) -> str:
        """Stable JSON: totals, tables, faults, notes."""
        content = {**asdict(self), "totals": self.totals, "balanced": self.balanced}
        return json.dumps(content, ensure_ascii=False, indent=2)

    def write(self, path: Path) -> None:
        """Write the JSON, making its folder."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.as_json() + "\n", encoding="utf-8")

    @property
    def totals(self) -> dict[str, int]:
        """The counts over all tables."""
        return {name: sum(getattr(line, name) for line in self.tables) for name in COUNTS}

    def as_table(self) -> Group:
        """Tables and notes for a terminal."""
        title = f"{self.source}: what would happen" if self.dry_run else f"{self.source}: what happened"
        parts: list[RichTable | Text] = [
            _rich(
                title,
                ("table", *(name.removeprefix("rows_") for name in SHOWN_COUNTS)),
                [_counts(line) for line in self.tables if line.rows_in],
            )
        ]
        parts.extend(Text(f"· {line}", style="dim") for line in self._beside())
        if self.faults:
            parts.append(_rich("quarantined", FAULT_HEADS, [_fault(line) for line in self.faults[:SHOWN_FAULTS]]))
            if (more := len(self.faults) - SHOWN_FAULTS) > 0:
                parts.append(Text(f"and {more} more kinds of fault; --out report.json has them all"))
            reasons = sorted({line.reason for line in self.faults})
            parts.extend(Text(f"· {reason}: {REASONS.get(reason, reason)}", style="dim") for reason in reasons)
            parts.append(Text("· row 1 is the first record under the header, as it was delivered", style="dim"))
        parts.extend(Text(f"· {note}", style="dim") for note in self.notes)
        parts.extend(Text(f"· to send back to whoever sent them: {file}") for file in self.sent_back)
        return Group(*parts, Text(self.sum_line()))

    def _beside(self) -> Iterator[str]:
        """What no row of the table says, in a width of 80: rows that became several, and rows that never came."""
        for line in self.tables:
            if line.versions > line.accepted:
                yield f"{line.table}: {line.rows_in:,} rows delivered; {line.versions:,} versions entered the history"
        if registered := [f"{line.registered:,} {line.table}" for line in self.tables if line.registered]:
            yield f"registered because others refer to them: {', '.join(registered)}"

    def sum_line(self) -> str:
        """The promise in figures."""
        t = self.totals
        parts = f"{t['accepted']:,} accepted + {t['quarantined']:,} quarantined + {t['duplicates']:,} duplicates"
        return f"{t['rows_in']:,} rows in = {parts}" + (f"; reasons in {self.quarantine}" if self.quarantine else "")


REASONS: Mapping[str, str] = {str(reason.value): reason.en for reason in Refusal}
COUNTS = ("rows_in", "accepted", "quarantined", "duplicates", "twins", "registered", "versions")
SHOWN_COUNTS = ("rows_in", "accepted", "quarantined", "duplicates", "twins")
FIGURE_HEADS = frozenset({*COUNTS, "in", "cells", "first row"})
SHOWN_FAULTS = 25
FAULT_HEADS = ("table", "column", "reason", "value", "cells", "first row")


def told_keys(table: Table, keys: pd.Series, names: Pseudonyms) -> pd.Series:
    """Row keys as they may be told: plain for units, posts and courses, pseudonyms where they name a person."""
    parts = table.key or tuple(n for n in ("officer_id", table.event_date) if n is not None)
    if all(table.column(name).classification in OPEN_CLASSES for name in parts):
        return keys.astype("string")
    distinct = {key: names.of(key) for key in keys.dropna().unique()}
    return keys.map(distinct).astype("string")


def fault_lines(table: str, faults: pd.DataFrame) -> list[FaultLine]:
    """Faults of one table counted by column, reason and value class; `faults` holds told row keys."""
    lines = []
    for _, part in faults.groupby(["column", "reason", "value_class"], sort=True):
        first = part.iloc[0]
        what = (str(first["column"]), str(first["reason"]), str(first["value_class"]))
        lines.append(FaultLine(table, *what, len(part), int(first["row"]) + 1, str(first["row_key"])))
    return lines


def _rich(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> RichTable:
    table = RichTable(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for head in heads:
        figures = head in FIGURE_HEADS
        table.add_column(head, no_wrap=figures, justify="right" if figures else "left")
    for row in rows:
        table.add_row(*row)
    return table


def _counts(line: TableLine) -> list[str]:
    return [line.table, *(f"{getattr(line, name):,}" for name in SHOWN_COUNTS)]


def _fault(line: FaultLine) -> list[str]:
    place = [line.table, line.column, line.reason, line.value_class]
    return [*place, f"{line.cells:,}", f"{line.first_row:,}"]
