"""Refused rows go back as they were sent, the reason beside each cell, and nothing in them ever runs."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from data_contracts.catalog import catalog
from data_contracts.errors import InvalidInput
from data_contracts.intake import take_in_all
from data_contracts.remedies import REMEDIES, remedy
from data_contracts.sources import read_source
from data_contracts.sources.bad_rows import BAD, MOST_COMMENTS, SUMMED, harmless, write_bad_rows
from data_contracts.sources.reading import Origin
from data_contracts.sources.tabular import Place
from data_contracts.vocabulary import Refusal

MAPPING = """
[[postings]]
file = "a.csv"
header_row = 2
[postings.columns]
officer_id = "警号"
unit_id = "单位"
started_on = "任职时间"
[[postings]]
file = "b.xlsx"
[postings.columns]
officer_id = "badge"
unit_id = "unit"
started_on = "from"
"""


@pytest.fixture
def sent(tmp_path: Path) -> Path:
    """Two files of different layouts; record 2 of the one and record 1 of the other are wrong."""
    text = '某局任免\n警号,备注,单位,任职时间\n1,"a\nb",一所,2020-01-01\n\n2,=1+1,一所,某天\n,x,一所,2020-01-01\n'
    (tmp_path / "a.csv").write_text(text, encoding="gb18030")
    book = Workbook()
    book.active.append(["badge", "unit", "from", "free"])
    book.active.append(["3", "二所", "soon", "@SUM(A1)"])
    book.active.append(["4", "二所", "2021-01-01", "-5"])
    book.save(tmp_path / "b.xlsx")
    (tmp_path / "m.toml").write_text(MAPPING, encoding="utf-8")
    return tmp_path


def back(folder: Path, source: str = "mapped") -> list[Path]:
    """What goes back of a folder."""
    reading = read_source(source, folder, folder / "m.toml" if source == "mapped" else None)
    faults = {name: taken.faults for name, taken in take_in_all(reading.tables).intakes.items()}
    return write_bad_rows(reading.origins, faults, folder / "back")


def rows(path: Path, sheet: int = 0) -> list[tuple[object, ...]]:
    return list(load_workbook(path).worksheets[sheet].iter_rows(values_only=True))


def test_rows_go_back_in_their_own_layout_with_their_own_numbers(sent: Path) -> None:
    text, book = back(sent)
    assert (text.name, book.name) == ("a.csv.bad-rows.xlsx", "b.xlsx.bad-rows.xlsx")
    told = rows(text)
    assert told[0][1] == "某局任免"
    heads = ["原行号 row", "警号", "原因 reason：警号", "备注", "单位", "任职时间", "原因 reason：任职时间"]
    assert list(told[1])[:7] == heads
    assert [row[0] for row in told[2:]] == [5, 6], "a line break inside a cell and a blank line count as sheets do"
    assert told[2][3] == "'=1+1"
    assert "不是日期" in str(told[2][6])
    assert "not a date" in str(told[2][6])
    assert "请补填" in str(told[3][2])
    assert told[3][6] is None
    assert rows(book)[1][:4] == (2, "3", "二所", "soon")
    assert rows(book)[1][5] == "'@SUM(A1)"


def test_the_bad_cell_is_marked_and_the_sum_stands_at_the_end(sent: Path) -> None:
    path = back(sent)[0]
    book = load_workbook(path)
    assert book.sheetnames[-1] == SUMMED
    cell = book.worksheets[0].cell(3, 6)
    assert (cell.value, cell.fill.fgColor.rgb) == ("某天", "00" + BAD.fgColor.rgb[2:])
    assert cell.comment is not None
    assert "不是日期" in cell.comment.text
    assert book.worksheets[0].cell(3, 2).comment is None
    summed = [row for row in rows(path, -1) if row[2] == "postings.started_on"]
    assert summed[0][1] == "任职时间"
    assert summed[0][5] == 1
    assert "退回 2 行" in str(rows(path, -1)[0][0])


def test_templates_go_back_too_and_other_sources_do_not(tmp_path: Path) -> None:
    (tmp_path / "postings.csv").write_text("officer_id,unit_id,post_id,started_on\n1,u,p,soon\n", encoding="utf-8")
    assert rows(back(tmp_path, "templates")[0])[1][:5] == (2, "1", "u", "p", "soon")
    with pytest.raises(InvalidInput, match="came from no file of a sender"):
        write_bad_rows({}, {"postings": pd.DataFrame({"row": [0], "column": ["a"], "reason": ["missing"]})}, tmp_path)


def test_nothing_is_written_where_nothing_was_refused(tmp_path: Path) -> None:
    (tmp_path / "postings.csv").write_text(
        "officer_id,unit_id,post_id,started_on\n1,u,p,2020-01-01\n", encoding="utf-8"
    )
    assert back(tmp_path, "templates") == []
    assert not (tmp_path / "back").exists()


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3+cmd", "@SUM(1)", "\t=1", "\r=1", " =1", "＝1+1", "\t5", "-inf"]
)
def test_a_text_that_a_spreadsheet_would_calculate_is_kept_as_text(text: str) -> None:
    cell = harmless(Workbook(write_only=True).create_sheet(), text)
    assert cell.data_type == "s"
    assert str(cell.value).startswith("'")


@given(st.one_of(st.text(max_size=30), st.floats(), st.integers(), st.none(), st.booleans()))
@hypothesis_settings(max_examples=200, deadline=None)
def test_no_value_whatever_becomes_a_formula_or_breaks_a_workbook(value: object) -> None:
    cell = harmless(Workbook(write_only=True).create_sheet(), value)
    assert cell.data_type != "f"
    assert not isinstance(cell.value, str) or not cell.value.startswith(("=", "@", "\t", "\r"))


@pytest.mark.parametrize("value", ["-5", "+3.5", "-1e3", "010001", "文字"])
def test_numbers_and_ordinary_words_go_back_as_they_came(value: str) -> None:
    assert harmless(Workbook(write_only=True).create_sheet(), value).value == value


def test_every_reason_has_a_remedy_in_both_languages() -> None:
    assert set(REMEDIES) == set(Refusal)
    for reason in Refusal:
        words = remedy(reason, catalog().table("appraisals"), "score")
        assert words.zh
        assert words.en
    assert "0 – 100" in remedy(Refusal.ABOVE_MAXIMUM, catalog().table("appraisals"), "score").en
    assert remedy(Refusal.CONFLICT, catalog().table("honours"), "nowhere") == REMEDIES[Refusal.CONFLICT]


@pytest.mark.slow
def test_very_many_bad_rows_are_written_as_they_are_read(tmp_path: Path) -> None:
    many = 100_000 if "PHAROS_LONG" in os.environ else 20_000
    lines = "\n".join(f"{n},一所,某天" for n in range(many))
    (tmp_path / "big.csv").write_text(f"警号,单位,任职时间\n{lines}\n", encoding="utf-8")
    origin = Origin(Place("big.csv"), tmp_path, many, {"officer_id": "警号", "started_on": "任职时间"})
    faults = pd.DataFrame({"row": range(many), "column": "started_on", "reason": "not_a_date"})
    (path,) = write_bad_rows({"postings": [origin]}, {"postings": faults}, tmp_path / "back")
    book = load_workbook(path, read_only=True)
    numbers = [row[0] for row in book.worksheets[0].iter_rows(max_col=1, values_only=True)]
    book.close()
    assert numbers == ["原行号 row", *range(2, many + 2)]
    assert many > MOST_COMMENTS
