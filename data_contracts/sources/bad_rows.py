"""Refused rows as a workbook for whoever sent them: their own layout, the bad cells marked, the reason beside each.

One workbook for each file of theirs. It holds what they sent and nothing else, so it may go back to them and to
nobody else; it lies where it was asked for, outside the state, and is theirs to delete.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from math import isfinite
from pathlib import Path

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from data_contracts.catalog import catalog
from data_contracts.errors import InvalidInput
from data_contracts.remedies import remedy
from data_contracts.sources.reading import Origin
from data_contracts.sources.tabular import column_names, raw_rows
from data_contracts.vocabulary import Bilingual, Refusal

BAD, REASON = PatternFill("solid", fgColor="FFC7CE"), PatternFill("solid", fgColor="FFF2CC")
BOLD = Font(bold=True)
WRAPPED = Alignment(wrap_text=True, vertical="top")
ROW_HEAD = "原行号 row"
WHOLE_ROW = "整行 whole row"
MOST_COMMENTS = 500
"""Comments are kept in memory until a workbook is saved; the reason stands beside every cell all the same."""
MOST_TEXT = 32_000
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""Beginnings of formulas; spreadsheets in Chinese take the wide ones too."""
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
SUMMED = "汇总 sum"
Why = tuple[str, str, str]  # table and column of ours, and the reason
FORBIDDEN_IN_TITLES = str.maketrans(dict.fromkeys("[]:*?/\\", "_"))


@dataclass
class _Part:
    """What is wrong in one sheet of one file: reasons by record (from 0) and their column; None is the whole row."""

    origin: Origin
    wrong: dict[int, dict[str | None, list[Why]]] = field(default_factory=lambda: defaultdict(dict))


def write_bad_rows(
    origins: Mapping[str, Sequence[Origin]], faults: Mapping[str, pd.DataFrame], folder: Path
) -> list[Path]:
    """Write a workbook for each file with refused rows; `faults` has table, `row` (as delivered), `column`, `reason`.

    Nothing is written where nothing was refused. Raises InvalidInput for a source that keeps no files of the sender.
    """
    refused = {table: lines for table, lines in faults.items() if len(lines)}
    if unknown := sorted(set(refused) - set(origins)):
        raise InvalidInput(
            f"the rows of {unknown[0]!r} came from no file of a sender; --send-back is for templates and mapped files"
        )
    parts: dict[tuple[str, str | None, int], _Part] = {}
    for table, lines in refused.items():
        _sort(table, origins[table], lines, parts)
    for part in parts.values():
        for cells in part.wrong.values():
            if len(cells) > 1:
                cells.pop(None, None)  # what follows from a bad cell, as a day that nobody wrote, needs no saying
    by_file: dict[str, list[_Part]] = defaultdict(list)
    for part in parts.values():
        by_file[part.origin.place.address].append(part)
    return [_write(file, some, folder) for file, some in sorted(by_file.items())]


def _sort(
    table: str, origins: Sequence[Origin], lines: pd.DataFrame, parts: dict[tuple[str, str | None, int], _Part]
) -> None:
    """Put each fault to the sheet and the record it is about."""
    starts = [sum(origin.rows for origin in origins[:place]) for place in range(len(origins))]
    told = (
        lines["row"].astype(int).tolist(),
        lines["column"].astype(str).tolist(),
        lines["reason"].astype(str).tolist(),
    )
    for row, column, reason in zip(*told, strict=True):
        place = max(place for place, start in enumerate(starts) if start <= row)
        origin = origins[place]
        if origin.place.is_database:
            continue
        key = (origin.place.address, origin.place.sheet, origin.place.header_row)
        part = parts.setdefault(key, _Part(origin))
        part.wrong[row - starts[place]].setdefault(origin.columns.get(column), []).append((table, column, reason))


def reason_of(table: str, column: str, reason: str) -> Bilingual:
    """Why a cell was refused and what to do, in one line for each language."""
    told, contract = Refusal(reason), catalog().table(table)
    do = remedy(told, contract, column)
    return Bilingual(f"{told.zh}；{do.zh}", f"{told.en}; {do.en}")


def _write(file: str, parts: Sequence[_Part], folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{Path(file).name}.bad-rows.xlsx"
    book = Workbook(write_only=True)
    counts: Counter[tuple[str, str, str, str, str]] = Counter()
    for part in parts:
        title = (part.origin.place.sheet or Path(file).stem).translate(FORBIDDEN_IN_TITLES)[:25]
        _Sheet(book.create_sheet(title or "rows"), part, counts).fill()
    _sum_up(book.create_sheet(SUMMED), counts, parts)
    book.save(path)
    return path


@dataclass
class _Sheet:
    """One sheet being written row by row."""

    sheet: WriteOnlyWorksheet
    part: _Part
    counts: Counter[tuple[str, str, str, str, str]]
    comments: int = 0

    def fill(self) -> None:
        """Titles and header as they were sent, then each refused row with the reasons beside its cells."""
        origin = self.part.origin
        heads, wrong = None, self.part.wrong
        at_fault = {theirs for cells in wrong.values() for theirs in cells}
        record = -1
        self.sheet.freeze_panes = f"B{1 + origin.place.header_row}"
        for number, cells in raw_rows(origin.place, origin.folder):
            if number < origin.place.header_row:
                once = [cell if place == 0 or cell != cells[place - 1] else None for place, cell in enumerate(cells)]
                self.sheet.append([None, *(self._cell(cell) for cell in once)])
            elif heads is None:
                heads = column_names(cells)
                self._widths(heads, at_fault)
                self.sheet.append(list(self._header(cells, heads, at_fault)))
            else:
                record += 1
                if record in wrong:
                    self.sheet.append(list(self._row(number, cells, heads, wrong[record], at_fault)))

    def _widths(self, heads: Sequence[str], at_fault: set[str | None]) -> None:
        place = 1
        for head in heads:
            place += 1
            if head in at_fault:
                place += 1
                self.sheet.column_dimensions[get_column_letter(place)].width = 46
        self.sheet.column_dimensions[get_column_letter(place + 1)].width = 46

    def _header(
        self, cells: Sequence[object], heads: Sequence[str], at_fault: set[str | None]
    ) -> Iterator[WriteOnlyCell]:
        yield self._bold(ROW_HEAD)
        for cell, head in zip(cells, heads, strict=True):
            yield self._bold(cell)
            if head in at_fault:
                yield self._bold(f"原因 reason：{head}")
        if None in at_fault:
            yield self._bold(f"原因 reason：{WHOLE_ROW}")

    def _row(
        self, number: int, cells: Sequence[object], heads: Sequence[str],
        wrong: Mapping[str | None, Sequence[Why]], at_fault: set[str | None],
    ) -> Iterator[WriteOnlyCell | int | None]:  # fmt: skip
        yield number
        padded = [*cells, *[None] * (len(heads) - len(cells))]
        for cell, head in zip(padded, heads, strict=False):
            yield self._cell(cell) if head not in wrong else self._bad(cell, wrong[head])
            if head in at_fault:
                yield self._reasons(head, wrong.get(head, ()))
        if None in at_fault:
            yield self._reasons(WHOLE_ROW, wrong.get(None, ()))

    def _bad(self, value: object, reasons: Sequence[Why]) -> WriteOnlyCell:
        cell = self._cell(value)
        cell.fill = BAD
        if self.comments < MOST_COMMENTS:
            self.comments += 1
            cell.comment = Comment(_both(reasons), "pharos", height=120, width=360)
        return cell

    def _reasons(self, theirs: str, reasons: Sequence[Why]) -> WriteOnlyCell | None:
        if not reasons:
            return None
        for why in reasons:
            self.counts[(str(self.sheet.title), theirs, *why)] += 1
        cell = WriteOnlyCell(self.sheet, value=_both(reasons))
        cell.fill, cell.alignment = REASON, WRAPPED
        return cell

    def _bold(self, value: object) -> WriteOnlyCell:
        cell = self._cell(value)
        cell.font = BOLD
        return cell

    def _cell(self, value: object) -> WriteOnlyCell:
        """The value as it was sent; a text that a spreadsheet would calculate stays a text."""
        return harmless(self.sheet, value)


def harmless(sheet: WriteOnlyWorksheet, value: object) -> WriteOnlyCell:
    """A cell that no spreadsheet calculates, now or after it is saved as text and opened again.

    A text that begins like a formula and is no plain number gets an apostrophe before it, and is kept as text.
    """
    if not isinstance(value, str):
        known = isinstance(value, int | bool | datetime | date | time | timedelta) or (
            isinstance(value, float) and isfinite(value)
        )
        return WriteOnlyCell(sheet, value=value if known else None)
    text = "".join(sign for sign in value if sign >= " " or sign in "\t\n\r")[:MOST_TEXT]
    dangerous = text.lstrip(" ").startswith(DANGEROUS) and not _NUMBER.fullmatch(text)
    cell = WriteOnlyCell(sheet, value=f"'{text}" if dangerous else text)
    if text:
        cell.data_type = "s"
    return cell


def _both(reasons: Sequence[Why]) -> str:
    told = [reason_of(*why) for why in reasons]
    distinct = list(dict.fromkeys((one.zh, one.en) for one in told))
    return "\n".join(f"{zh}\n{en}" for zh, en in distinct)


def _sum_up(sheet: WriteOnlyWorksheet, counts: Counter[tuple[str, str, str, str, str]], parts: Sequence[_Part]) -> None:
    """How many rows and cells were refused and why, with what to do."""
    sheet.column_dimensions["D"].width = sheet.column_dimensions["E"].width = 60
    refused = sum(len(part.wrong) for part in parts)
    sheet.append([f"退回 {refused} 行：改正标色的单元格后，请把整个文件重新报送"])
    sheet.append([f"rows that come back: {refused}; mend the coloured cells, then send the whole file again"])
    sheet.append(["单元格前的 ' 由本系统加上，以防公式运行 · an ' before a cell was put there so that no formula runs"])
    sheet.append([])
    sheet.append(
        [
            WriteOnlyCell(sheet, value=head)
            for head in (
                "表 sheet",
                "列 column",
                "我们的列 our column",
                "原因与办法",
                "reason and remedy",
                "单元格 cells",
            )
        ]
    )
    for (title, theirs, table, column, reason), many in sorted(counts.items()):
        told = reason_of(table, column, reason)
        sheet.append([harmless(sheet, title), harmless(sheet, theirs), f"{table}.{column}", told.zh, told.en, many])
