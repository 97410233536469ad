"""Numbers that stand for days: a spreadsheet's, a clock's; and numbers that do not, which are rows at fault."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

import pharos
from data_contracts.catalog import catalog
from data_contracts.errors import ContractViolation
from data_contracts.guessing.as_toml import as_toml
from data_contracts.guessing.proposal import propose
from data_contracts.intake import take_in, take_in_all
from data_contracts.settings import settings
from data_contracts.sources.mapped import read
from features.history import History

ROSTER = '[officers]\nfile = "f.{ending}"\n[officers.columns]\nofficer_id = "o"\nentered_on = {{column = "d", format = {form}}}\n'  # noqa: E501
MIXED = '["year_first", "excel"]'


def days(folder: Path, form: str, values: list[object], ending: str = "csv") -> list[str]:
    """What became of each cell of a column of joining days, by the door of a mapping: the day, or why it has none."""
    frame = pd.DataFrame({"o": [f"o-{place}" for place in range(len(values))], "d": pd.Series(values, dtype=object)})
    if ending == "csv":
        frame.to_csv(folder / "f.csv", index=False)
    else:
        frame.to_excel(folder / "f.xlsx", engine="openpyxl", index=False)
    mapping = folder / "my.toml"
    mapping.write_text(ROSTER.format(ending=ending, form=form), encoding="utf-8")
    taken = take_in_all(read(mapping, folder).tables, required=()).intakes["officers"]
    told = taken.faults[taken.faults["column"] == "entered_on"]
    assert taken.rows_in == len(taken.accepted) + taken.quarantined == len(values)
    found = {int(row): str(reason) for row, reason in zip(told["row"], told["reason"], strict=True)}
    entered = zip(taken.rows, taken.accepted["entered_on"].dt.strftime("%F"), strict=True)
    found |= {int(row): str(day) for row, day in entered}
    return [found[row] for row in range(len(values))]


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
@pytest.mark.parametrize("form", [MIXED, '"excel"'])
@pytest.mark.parametrize(
    ("value", "what"),
    [
        (40000, "2009-07-06"),
        (10959, "1930-01-01"),
        (73415, "2100-12-31"),
        (10958, "number_is_no_day"),
        (73416, "number_is_no_day"),
        (201203, "number_is_no_day"),
        (2958465, "number_is_no_day"),
        (10**15, "number_is_no_day"),
        (-1, "number_is_no_day"),
        (0, "number_is_no_day"),
        (1900, "year_alone"),
        (2010, "year_alone"),
        ("2011", "year_alone"),
        ("2012年", "year_alone"),
        ("２０１２年度", "year_alone"),
        (2100, "year_alone"),
        (2101, "number_is_no_day"),
        ("soon", "not_as_declared"),
    ],
)  # fmt: skip
def test_a_spreadsheets_number_is_a_day_of_a_career_or_a_row_at_fault(
    tmp_path: Path, form: str, ending: str, value: object, what: str
) -> None:
    assert days(tmp_path, form, [40000, value, "41000"], ending) == ["2009-07-06", what, "2012-04-01"]


def test_a_column_of_nothing_but_strange_numbers_is_rows_at_fault(tmp_path: Path) -> None:
    assert days(tmp_path, '"excel"', [201203, 2010]) == ["number_is_no_day", "year_alone"]


def test_a_year_is_no_day_where_nothing_is_declared_or_the_year_comes_first(tmp_path: Path) -> None:
    assert days(tmp_path, '"year_first"', ["2015-08-01", "2010"]) == ["2015-08-01", "year_alone"]
    frame = pd.DataFrame({"officer_id": ["a", "b"], "entered_on": [2010, 20110701], "known_on": ["2020-01-01"] * 2})
    taken = take_in(catalog().table("officers"), frame)
    assert taken.faults[["row", "column", "reason"]].values.tolist() == [[0, "entered_on", "year_alone"]]


@pytest.mark.parametrize(
    ("value", "what"),
    [(1, "1900-01-01"), (59, "1900-02-28"), (60, "number_is_no_day"), (61, "1900-03-01"), (2010, "1905-07-02"),
     (10958, "1929-12-31"), (0, "number_is_no_day"), (73416, "number_is_no_day")],
)  # fmt: skip
def test_early_numbers_are_days_where_the_mapping_says_so(tmp_path: Path, value: int, what: str) -> None:
    assert days(tmp_path, '"excel_old"', [value, 40000]) == [what, "2009-07-06"]


@pytest.mark.parametrize(
    ("form", "good", "day", "bad"),
    [
        ("unix", 1700000000, "2023-11-14", 10**13),
        ("unix_ms", 1700000000000, "2023-11-14", 10**15),
        ("order", 31, "2000-02-01", 60001),
    ],
)
def test_one_strange_number_is_a_row_and_a_column_of_them_is_a_wrong_mapping(
    tmp_path: Path, form: str, good: int, day: str, bad: int
) -> None:
    assert days(tmp_path, f'"{form}"', [good, bad]) == [day, "number_is_no_day"]
    with pytest.raises(ContractViolation, match=f"column 'entered_on': format '{form}' does not fit these numbers"):
        days(tmp_path, f'"{form}"', [bad, bad])


def test_a_year_alone_is_its_last_day_however_it_is_written(tmp_path: Path) -> None:
    written: list[object] = ["2010", "2010年", "2011年度", "二〇一二年", "2013.0", "2014-05", "3010"]
    ends = [f"{year}-12-31" for year in (2010, 2010, 2011, 2012, 2013)]
    assert days(tmp_path, '"year_end"', written) == [*ends, "not_as_declared", "not_as_declared"]


def test_a_year_is_no_second_of_a_clock(tmp_path: Path) -> None:
    assert days(tmp_path, '"unix"', [1700000000, 2010, 0]) == ["2023-11-14", "year_alone", "1970-01-01"]


def roster(folder: Path, values: list[object], ending: str) -> Path:
    """A department's own file of joining days."""
    frame = pd.DataFrame({"警号": [f"01000{n}" for n in range(len(values))], "文化程度": "本科",
                          "入警日期": pd.Series(values, dtype=object)})  # fmt: skip
    path = folder / f"花名册.{ending}"
    if ending == "csv":
        frame.to_csv(path, index=False)
    else:
        frame.to_excel(path, engine="openpyxl", index=False)
    return path


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
@pytest.mark.parametrize(
    ("values", "refused"),
    [
        (["2015-08-01", "2012年9月", "2010", 40000], {"2010": "只有年份"}),
        ([40000, 41000, 42000, 2010, "2011", 43000], {"2010": "a year alone is not a day", "2011": "write year"}),
        ([40000, 41000, 201203, 43000], {"201203": "this number is no likely day"}),
    ],
)  # fmt: skip
def test_from_the_guess_to_the_workbook_one_bad_day_costs_one_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str, values: list[object], refused: dict[str, str]
) -> None:
    """The guess, its dry run, the delivery, and the workbook that goes back."""
    monkeypatch.setenv("PHAROS_STATE", str(tmp_path / "state"))
    path = roster(tmp_path, values, ending)
    mapping, back = tmp_path / "m.toml", tmp_path / "back"
    settings.cache_clear()
    try:
        guessed = CliRunner().invoke(
            pharos.app, ["ingest", "--guess", str(path), "--mapping", str(mapping), "--language", "en"]
        )
        assert "could not be made" not in guessed.output
        assert "quarantined" in guessed.output, "the dry run was made"
        moves = tmp_path / "任免.csv"
        moves.write_text("警号,单位,任职时间\n010000,一所,2020-01-01\n", encoding="utf-8")
        text = mapping.read_text(encoding="utf-8") + (
            '[postings]\nfile = "任免.csv"\n[postings.columns]\nofficer_id = "警号"\nunit_id = "单位"\n'
            'started_on = "任职时间"\n'
        )
        mapping.write_text(text, encoding="utf-8")
        given = ["ingest", "--source", "mapped", "--mapping", str(mapping), "--send-back", str(back), str(tmp_path)]
        told = CliRunner().invoke(pharos.app, given)
        assert told.exit_code == 0, (told.output, told.exception)
        entered = History(settings().history_dir).frame("officers")["entered_on"].dropna()
    finally:
        settings.cache_clear()
    assert len(entered) == len(values) - len(refused)
    assert entered.min() >= pd.Timestamp("2009-01-01")
    sheet = load_workbook(back / f"{path.name}.bad-rows.xlsx").worksheets[0]
    heads, *lines = sheet.iter_rows(values_only=True)
    day, why = heads.index("入警日期"), heads.index("原因 reason：入警日期")
    assert {str(line[day]) for line in lines} == set(refused)
    for line in lines:
        assert refused[str(line[day])] in str(line[why])


def test_the_guess_of_days_and_serials_reads_what_it_proposes(tmp_path: Path) -> None:
    proposal = propose(roster(tmp_path, ["2015-08-01", "2012年9月", "2010", 40000], "xlsx"))
    assert 'format = ["year_first", "excel"]' in as_toml(proposal)
