"""An export that comes again each month, from a source that does not say when a row was changed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console
from typer.testing import CliRunner

from data_contracts.settings import Settings
from features.history import History
from features.ingest import Delivered, ingest
from features.ingest_report import IngestReport
from pharos import app

MARCH, JULY, AUGUST, MAY = date(2020, 3, 1), date(2020, 7, 5), date(2020, 8, 5), date(2021, 5, 5)
MAPPING = """
[postings]
file = "moves.csv"
[postings.columns]
officer_id = "o"
unit_id = "u"
started_on = "s"
ended_on = "e"
shift = "h"
"""
COMPLAINTS = """
[complaints]
file = "complaints.csv"
[complaints.columns]
complaint_id = "k"
officer_id = "o"
opened_on = "s"
closed_on = "e"
finding = "f"
category = "c"
"""
MOVES = "o,u,s,e,h\n"
HEAD = "k,o,s,e,f,c\n"


def deliver(state: Settings, folder: Path, day: date, moves: str, complaints: str = "") -> IngestReport:
    """Ingest an export of a day."""
    (folder / "my.toml").write_text(MAPPING + (COMPLAINTS if complaints else ""), encoding="utf-8")
    (folder / "moves.csv").write_text(MOVES + moves, encoding="utf-8")
    (folder / "complaints.csv").write_text(HEAD + complaints, encoding="utf-8")
    return ingest(Delivered("mapped", folder, folder / "my.toml"), state, today=day)


def counts(report: IngestReport, table: str = "postings") -> tuple[int, int, int, int, int]:
    """Rows in, accepted, quarantined, duplicates, versions of one table."""
    line = next(line for line in report.tables if line.table == table)
    assert line.balanced
    return line.rows_in, line.accepted, line.quarantined, line.duplicates, line.versions


def versions(state: Settings, table: str, *columns: str) -> list[list[object]]:
    """All versions of a table in the order of their days, dates as text."""
    frame = History(state.history_dir).frame(table).sort_values("known_on")[["known_on", *columns]]
    texts = frame.apply(
        lambda values: values.dt.strftime("%F") if values.dtype.kind == "M" else values.astype("string")
    )
    told: list[list[object]] = texts.astype(object).where(texts.notna(), None).values.tolist()
    return told


def test_an_end_that_is_filled_in_is_known_on_its_day(state: Settings, tmp_path: Path) -> None:
    deliver(state, tmp_path, MARCH, "A,p1,2020-01-01,,\nB,p1,2020-01-01,,\n")
    report = deliver(state, tmp_path, JULY, "A,p1,2020-01-01,2020-06-30,\nB,p1,2020-01-01,2020-12-31,\n")
    assert counts(report) == (2, 2, 0, 0, 2)
    assert any("2 rows tell otherwise or more" in note for note in report.notes)
    of_a = History(state.history_dir).frame("postings").query("officer_id == 'A'").sort_values("known_on")
    assert of_a["known_on"].dt.strftime("%F").tolist() == ["2020-01-01", "2020-06-30"]
    assert of_a["superseded_on"].dt.strftime("%F").tolist()[0] == "2020-06-30"
    assert of_a["ended_on"].notna().tolist() == [False, True]
    of_b = History(state.history_dir).frame("postings").query("officer_id == 'B'")["known_on"]
    assert of_b.max() == pd.Timestamp(JULY), "an end still to come is known from the delivery"


def test_another_value_is_known_from_the_delivery_and_files_may_come_again(state: Settings, tmp_path: Path) -> None:
    first, second = "A,p1,2020-01-01,,day\n", "A,p1,2020-01-01,2020-02-01,night\n"
    deliver(state, tmp_path, MARCH, first)
    assert counts(deliver(state, tmp_path, JULY, second)) == (1, 1, 0, 0, 1)
    want = [["2020-01-01", "day", None], ["2020-07-05", "night", "2020-02-01"]]
    assert versions(state, "postings", "shift", "ended_on") == want
    before = History(state.history_dir).fingerprint()
    for day in (JULY, AUGUST):
        assert counts(deliver(state, tmp_path, day, second)) == (1, 0, 0, 1, 0)
    old = deliver(state, tmp_path, AUGUST, first)
    assert counts(old) == (1, 0, 0, 1, 0)
    assert any("1 rows tell what was corrected since" in note for note in old.notes)
    assert History(state.history_dir).fingerprint() == before


def test_two_corrections_of_one_day_contradict_each_other(state: Settings, tmp_path: Path) -> None:
    for shift in ("day", "night"):
        deliver(state, tmp_path, JULY, f"A,p1,2020-01-01,,{shift}\n")
    report = deliver(state, tmp_path, JULY, "A,p1,2020-01-01,,late\n")
    assert counts(report) == (1, 0, 1, 0, 0)
    assert report.faults[0].reason == "conflict"
    assert counts(deliver(state, tmp_path, AUGUST, "A,p1,2020-01-01,,late\n")) == (1, 1, 0, 0, 1)


def test_a_source_that_says_since_when_is_taken_at_its_word(state: Settings, tmp_path: Path) -> None:
    said = "A,p1,2020-01-01,,{},2020-01-01\n"
    mapping = tmp_path / "my.toml"
    mapping.write_text(MAPPING + 'known_on = "n"\n')
    for shift, want in (("day", (1, 1, 0, 0, 1)), ("night", (1, 0, 1, 0, 0))):
        (tmp_path / "moves.csv").write_text(MOVES.replace("h", "h,n") + said.format(shift))
        assert counts(ingest(Delivered("mapped", tmp_path, mapping), state, today=JULY)) == want


@pytest.mark.parametrize(
    ("table", "columns", "first", "second", "want"),
    [
        ("officers", "officer_id,entered_on,left_on", "a,2010-01-01,", "a,2010-01-01,2020-06-01", "2020-06-01"),
        ("officers", "officer_id,entered_on,left_on", "a,2010-01-01,", "a,2011-01-01,", "2020-07-05"),
        ("units", "unit_id,name_en,closed_on", "p,one,", "p,one,2020-05-05", "2020-05-05"),
        ("units", "unit_id,name_en,closed_on", "p,one,", "p,two,2020-05-05", "2020-07-05"),
        ("concerns", "concern_id,officer_id,raised_by,channel,raised_on,acknowledged_on,resolved_on",
         "k,a,officer,online,2020-01-01,2020-01-02,", "k,a,officer,online,2020-01-01,2020-01-02,2020-04-01",
         "2020-04-01"),
    ],
)  # fmt: skip
def test_every_table_with_an_end_follows(
    state: Settings, tmp_path: Path, table: str, columns: str, first: str, second: str, want: str
) -> None:
    (tmp_path / "postings.csv").write_text("officer_id,unit_id,started_on\na,p,2010-01-01\n")
    for day, row in ((MARCH, first), (JULY, second), (AUGUST, second)):
        (tmp_path / f"{table}.csv").write_text(f"{columns}\n{row}\n")
        report = ingest(Delivered("templates", tmp_path), state, today=day)
        assert report.totals["quarantined"] == 0
    assert [row[0] for row in versions(state, table)][-1] == want
    assert report.totals["accepted"] == 0


def test_complaints_close_are_corrected_and_are_counted_as_delivered(state: Settings, tmp_path: Path) -> None:
    move = "A,p1,2020-01-01,,\n"
    opened, closed = "k1,A,2020-01-05,,,crime\n", "k1,A,2020-01-05,2020-06-01,sustained,crime\n"
    corrected = "k1,A,2020-01-05,2020-06-01,not_sustained,traffic\n"
    reopened = "k1,A,2020-01-05,soon,,traffic\n"
    got = [
        counts(deliver(state, tmp_path, day, move, text), "complaints")
        for day, text in ((MARCH, opened), (JULY, closed), (AUGUST, corrected), (AUGUST, corrected), (MAY, reopened))
    ]
    assert got == [(1, 1, 0, 0, 1), (1, 1, 0, 0, 1), (1, 1, 0, 0, 1), (1, 0, 0, 1, 0), (1, 0, 1, 0, 0)]
    assert versions(state, "complaints", "finding", "category") == [
        ["2020-01-05", None, "crime"], ["2020-06-01", "sustained", "crime"], ["2020-08-05", "not_sustained", "traffic"]
    ]  # fmt: skip


def test_rows_are_counted_and_numbered_as_they_were_delivered(state: Settings, tmp_path: Path) -> None:
    good = [f"k{n},A,2020-01-0{n},2020-02-0{n},sustained,crime\n" for n in range(1, 6)]
    rows = [*good, good[0], "k7,A,2020-01-07,2020-02-07,martian,crime\n", "k8,A,2020-01-08,soon,,martian\n"]
    report = deliver(state, tmp_path, JULY, "A,p1,2020-01-01,,\n", "".join(rows))
    assert counts(report, "complaints") == (8, 5, 2, 1, 11)
    assert {(line.column, line.cells, line.first_row) for line in report.faults} == {
        ("finding", 1, 7), ("category", 1, 8), ("closed_on", 1, 8)
    }  # fmt: skip
    assert report.totals["rows_in"] == 9
    console = Console(width=80)
    with console.capture() as shown:
        console.print(report.as_table())
    assert "complaints: 8 rows delivered; 11 versions entered the history" in shown.get()
    assert "registered because others refer to them: 1 officers, 1 posts, 1 units" in shown.get()
    assert "…" not in shown.get()
    again = deliver(state, tmp_path, JULY, "A,p1,2020-01-01,,\n", "".join(rows))
    assert counts(again, "complaints") == (8, 0, 2, 6, 0)


def test_the_command_takes_the_day_of_the_delivery(state: Settings, tmp_path: Path) -> None:
    deliver(state, tmp_path, MARCH, "A,p1,2020-01-01,,day\n")
    (tmp_path / "moves.csv").write_text(MOVES + "A,p1,2020-01-01,,night\n")
    command = ["ingest", "--source", "mapped", "--mapping", str(tmp_path / "my.toml"), str(tmp_path), "--delivered-on"]
    result = CliRunner().invoke(app, [*command, "2020-04-01"])
    assert result.exit_code == 0, result.output
    assert [row[0] for row in versions(state, "postings")] == ["2020-01-01", "2020-04-01"]
    assert "has not come yet" in str(CliRunner().invoke(app, [*command, "2999-01-01"]).exception)
