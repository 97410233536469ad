"""From the raw files of a department to a first answer: every command of the page "own data in the first hour"."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

import pharos
from data_contracts.catalog import catalog
from data_contracts.settings import settings
from experiments.examples import department
from experiments.own_data import GuessExit
from features.history import History

PAGES = Path(department.__file__).parent
COMMANDS = re.compile(r"^\$ (.+)$", re.MULTILINE)
WANTED = {  # command -> its exit status and words that it must say
    "python -m": (0, "raw"),
    "pharos ingest --guess": (GuessExit.UNSURE, "不确定"),
    "pharos ingest --source": (0, "6 quarantined"),
    "pharos doctor": (None, "postings"),
    "pharos features": (0, "120"),
    "pharos materialize": (0, "moved forward"),
    "pharos recommend": (0, "积分：共"),
}
LEFT_OUT = ("姓名", "备注", "序号")


def commands(page: str) -> list[str]:
    return COMMANDS.findall((PAGES / page).read_text(encoding="utf-8"))


def test_both_pages_give_the_same_commands() -> None:
    assert commands("OWN_DATA.md") == commands("OWN_DATA.zh-CN.md")
    assert len(commands("OWN_DATA.md")) == 8


@pytest.mark.slow
def test_every_command_of_the_page_from_raw_files_to_a_first_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PHAROS_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("PHAROS_TODAY", "2026-01-01")
    settings.cache_clear()
    try:
        for command in commands("OWN_DATA.md"):
            status, words = next(wanted for begins, wanted in WANTED.items() if command.startswith(begins))
            assert words in _run(command, status, monkeypatch), command
        _check_mapping(tmp_path / "raw" / "mapping.toml")
        _check_history(settings().history_dir)
        _check_sent_back(tmp_path / "back")
    finally:
        settings.cache_clear()


def _run(command: str, status: int | None, monkeypatch: pytest.MonkeyPatch) -> str:
    program, *words = shlex.split(command)
    if program == "python":
        monkeypatch.setattr(sys, "argv", ["department", words[-1]])
        department.main()
        return " ".join(path.as_posix() for path in Path().rglob("raw/*"))
    result = CliRunner().invoke(pharos.app, words, env={"COLUMNS": "160"})
    if status is not None:
        assert result.exit_code == status, result.output
    return result.output


def _check_mapping(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("[[officers]]") == text.count("[[appraisals]]") == 2
    for line in text.splitlines():
        assert line.startswith("#") or not any(f'"{word}"' in line for word in LEFT_OUT), line


def _check_history(folder: Path) -> None:
    """As many officers as were simulated, every day as it was, and nothing forbidden outside the audited table."""
    history = History(folder)
    officers = history.frame("officers")
    assert len(officers) == 147
    moves = history.frame("postings").sort_values("started_on")
    assert moves["started_on"].dt.strftime("%F").iloc[-1] <= "2026-01-01"
    assert set(history.frame("honours")["level"]) <= set(catalog().table("honours").column("level").enum)
    assert history.frame("course_completions")["occurred_on"].between("1980-01-01", "2026-01-01").all()
    assert set(history.frame("protected_attributes")["sex"]) == {"男", "女"}
    for table in set(history.tables()) - {"protected_attributes"}:
        assert not set(history.frame(table).columns) & {"sex", "ethnicity", "birth_year"}


def _check_sent_back(folder: Path) -> None:
    books = sorted(folder.glob("*.xlsx"))
    assert len(books) == 5
    for path in books:
        book = load_workbook(path)
        assert book.worksheets[-1].title == "汇总 sum"
        assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)
    told = pd.read_excel(folder / "任免记录.csv.bad-rows.xlsx", sheet_name=0, dtype=object)
    assert told["原行号 row"].tolist() == [7, 11]
    assert told["任职时间"].tolist()[1] == "去年三月"
    assert "不是日期" in told["原因 reason：任职时间"].tolist()[1]


def test_a_mapping_that_is_there_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "任免.csv").write_text("警号,单位,任职时间\n1,一所,2020-01-01\n", encoding="utf-8")
    (tmp_path / "mapping.toml").write_text("mine", encoding="utf-8")
    refused = CliRunner().invoke(pharos.app, ["ingest", "--guess", str(tmp_path)])
    assert "may hold what people decided" in str(refused.exception)
    assert (tmp_path / "mapping.toml").read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "text", "status"),
    [
        ("任免.csv", "警号,单位,任职时间\n1,一所,2020-01-01\n", GuessExit.SURE),
        ("任免.csv", "警号,单位,任职时间\n1,一所,01/02/2020\n", GuessExit.UNSURE),
        ("任免.csv", "警号,单位\n1,一所\n", GuessExit.MISSING),
        ("立功受奖.csv", "警号,奖项,奖励时间\n1,嘉奖,2020-01-01\n", GuessExit.MISSING),
    ],
)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_exit_status_says_what_a_person_must_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str, status: GuessExit, language: str
) -> None:
    monkeypatch.setenv("PHAROS_STATE", str(tmp_path / "state"))
    settings.cache_clear()
    (tmp_path / name).write_text(text, encoding="utf-8")
    arguments = [
        "ingest",
        "--guess",
        str(tmp_path / name),
        "--language",
        language,
        "--mapping",
        str(tmp_path / "m.toml"),
    ]
    result = CliRunner().invoke(pharos.app, arguments)
    settings.cache_clear()
    assert result.exit_code == status, result.output
    assert (tmp_path / "m.toml").exists()
    assert not (tmp_path / "state").exists(), "a guess touches no state"
    tried = "accepted" in result.output
    assert tried or status is GuessExit.MISSING, "what would happen is told wherever a table is whole"
