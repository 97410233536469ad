"""Import templates: for each table a CSV header, and a workbook with a sheet to fill in and a sheet that explains."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import datetime

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from data_contracts.catalog import Column, Table
from data_contracts.dictionary import WORDINGS, range_of, values_of

BYTE_ORDER_MARK = "\ufeff"
EXPLAINED = "说明 description"
LAST_ROW = 10_000
HEADS = (
    "column 列",
    "名称",
    "name",
    "类型 type",
    "必填 required",
    "取值 allowed",
    "说明",
    "meaning",
    "示例 example",
)
FORMATS = {"date": "yyyy-mm-dd", "string": "@", "integer": "0", "number": "General", "boolean": "General"}
WRITTEN_ON = datetime(2026, 1, 1)
DROPDOWN_LIMIT = 255
REQUIRED_FILL = PatternFill("solid", fgColor="FFF2CC")


def csv_header(table: Table) -> str:
    """The header line; the byte-order mark makes spreadsheets read and save the file as UTF-8."""
    return BYTE_ORDER_MARK + ",".join(table.column_names) + "\n"


def workbook(table: Table) -> bytes:
    """The .xlsx template; the same contract gives the same bytes."""
    book = Workbook()
    form = book.active
    form.title = table.name
    _fill_form(form, table)
    explained = book.create_sheet(EXPLAINED)
    for row in explanation(table):
        explained.append(row)
    _dress(explained)
    book.properties.creator = "pharos"
    book.properties.created = book.properties.modified = WRITTEN_ON
    return _without_times(book)


def explanation(table: Table) -> Iterator[tuple[str, ...]]:
    """The rows of the description sheet."""
    yield f"{table.name_zh} {table.name}", table.description_zh, table.description_en
    yield "主键 key", ", ".join(table.key) or WORDINGS["zh"].no_key, "" if table.key else WORDINGS["en"].no_key
    yield HEADS
    for column in table.columns:
        yield _explained(column)


def cells_of(content: bytes) -> dict[str, list[tuple[str, ...]]]:
    """Every cell of a workbook as text, by sheet; two templates are equal when these are.

    >>> from data_contracts.catalog import catalog
    >>> cells_of(workbook(catalog().table("courses")))["courses"][0][:2]
    ('course_id', 'name_zh')
    """
    book = load_workbook(io.BytesIO(content), read_only=True)
    try:
        return {
            sheet.title: [tuple("" if v is None else str(v) for v in row) for row in sheet.iter_rows(values_only=True)]
            for sheet in book.worksheets
        }
    finally:
        book.close()


def _fill_form(form: Worksheet, table: Table) -> None:
    form.append(list(table.column_names))
    form.freeze_panes = "A2"
    for number, column in enumerate(table.columns, start=1):
        letter = get_column_letter(number)
        head = form.cell(row=1, column=number)
        head.font = Font(bold=True)
        if column.required:
            head.fill = REQUIRED_FILL
        form.column_dimensions[letter].width = max(12, len(column.name) + 4)
        form.column_dimensions[letter].number_format = FORMATS[column.kind]
        _restrict(form, letter, column)


def _restrict(form: Worksheet, letter: str, column: Column) -> None:
    codes = [code for code, _ in values_of(column, "zh")]
    listed = ",".join(["TRUE", "FALSE"] if column.kind == "boolean" else codes)
    if listed and len(listed) <= DROPDOWN_LIMIT:
        choice = DataValidation(type="list", formula1=f'"{listed}"', allow_blank=not column.required)
        form.add_data_validation(choice)
        choice.add(f"{letter}2:{letter}{LAST_ROW}")


def _explained(column: Column) -> tuple[str, ...]:
    zh, en = WORDINGS["zh"], WORDINGS["en"]
    pairs = zip(values_of(column, "zh"), values_of(column, "en"), strict=True)
    values = "; ".join(f"{code} = {name_zh} {name_en}" for (code, name_zh), (_, name_en) in pairs)
    return (
        column.name,
        column.name_zh,
        column.name_en,
        f"{zh.kinds[column.kind]} {en.kinds[column.kind]}",
        f"{zh.yes} {en.yes}" if column.required else f"{zh.no} {en.no}",
        values or range_of(column),
        column.description_zh,
        column.description_en,
        column.example,
    )


def _dress(sheet: Worksheet) -> None:
    for number, width in enumerate((24, 18, 22, 20, 14, 48, 48, 56, 22), start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    for cell in (*sheet[1], *sheet[3]):
        cell.font = Font(bold=True)
    sheet.freeze_panes = "B4"


def _without_times(book: Workbook) -> bytes:
    """The archive with one fixed time for every member, so that building twice changes nothing."""
    first, second = io.BytesIO(), io.BytesIO()
    book.save(first)
    with zipfile.ZipFile(first) as source, zipfile.ZipFile(second, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":
                content = _fixed_core(content)
            target.writestr(zipfile.ZipInfo(name, WRITTEN_ON.timetuple()[:6]), content, zipfile.ZIP_DEFLATED)
    return second.getvalue()


def _fixed_core(content: bytes) -> bytes:
    """openpyxl stamps the moment of saving over the `modified` that was set."""
    stamp = WRITTEN_ON.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    return re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp, content)
