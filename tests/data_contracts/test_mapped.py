"""Any set by a mapping file: every format, every fallback, and an error that says file, table, column and remedy."""

from __future__ import annotations

import gzip
import sqlite3
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from data_contracts.errors import ContractViolation, InvalidInput, MissingTable, UnknownTable
from data_contracts.intake import take_in_all
from data_contracts.sources import read_source
from data_contracts.sources.mapped import NUMBER_DAYS, read
from data_contracts.sources.mapping import NUMBER_FORMATS
from data_contracts.sources.templates import read as read_templates

POSTINGS = """
[postings]
file = "careers.csv"
[postings.columns]
officer_id = "player"
unit_id = "club"
started_on = {column = "season", format = "%Y"}
"""
CAREERS = "player,club,season\n1,A,2015\n1,B,2016.0\n2,A,soon\n"


def write(folder: Path, mapping: str, **files: str) -> Path:
    """Write a mapping and CSV files; gives the mapping's path."""
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    path = folder / "my.toml"
    path.write_text(mapping, encoding="utf-8")
    return path


def accepted(mapping: Path, data: Path, table: str) -> pd.DataFrame:
    """Accepted rows of one table."""
    return take_in_all(read(mapping, data).tables, required=()).intakes[table].accepted


def test_postings_alone_are_enough(tmp_path: Path) -> None:
    mapping = write(tmp_path, POSTINGS, careers=CAREERS)
    delivery = take_in_all(read_source("mapped", tmp_path, mapping).tables)
    postings = delivery.frames["postings"]
    assert postings["started_on"].dt.strftime("%F").tolist() == ["2015-01-01", "2016-01-01"]
    assert postings["post_id"].tolist() == ["A", "B"]
    assert postings["known_on"].tolist() == postings["started_on"].tolist()
    assert delivery.intakes["postings"].faults["row"].unique().tolist() == [2]
    assert delivery.registered["officers"]["officer_id"].tolist() == ["1"]


def test_another_file_can_stand_for_the_tables_own(tmp_path: Path) -> None:
    mapping = write(tmp_path, POSTINGS, careers=CAREERS, test="player,club,season\n7,C,2020\n")
    tables = read(mapping, tmp_path, {"postings": tmp_path / "test.csv"}).tables
    assert tables["postings"]["officer_id"].tolist() == ["7"]
    without = write(tmp_path, POSTINGS.replace('file = "careers.csv"', ""))
    assert len(read(without, tmp_path / "careers.csv").tables["postings"]) == 3
    assert len(read(without, tmp_path, {"postings": tmp_path / "test.csv"}).tables["postings"]) == 1
    with pytest.raises(ContractViolation, match=r"my.toml: \[postings\]: no `file`"):
        read(without, tmp_path)


def test_codes_constants_and_wildcards(tmp_path: Path) -> None:
    mapping = write(
        tmp_path,
        POSTINGS
        + """
occasion = "how"
shift = {value = "day"}
rank_step = {column = "grade", codes = {"1" = "low", "-" = ""}}
[postings.constants]
supervisor_id = "boss"
[postings.codes.occasion]
loan = "secondment"
"*" = "unknown"
[postings.codes.nothing]
a = "b"
""",
        careers="player,club,season,how,grade,more\n1,A,2015,loan,1,x\n1,B,2016,sale,-,x\n1,C,2017,,2,x\n",
    )
    reading = read(mapping, tmp_path)
    rows = take_in_all(reading.tables).intakes["postings"].accepted
    assert rows["occasion"].tolist() == ["secondment", "unknown", pd.NA]
    assert rows["rank_step"].tolist() == ["low", pd.NA, "2"]
    assert set(rows["shift"]) | set(rows["supervisor_id"]) == {"day", "boss"}
    notes = "\n".join(reading.notes)
    assert "codes for 'nothing' fit no column" in notes
    assert "ignored: more" in notes


def test_a_column_that_another_table_of_the_same_file_takes_was_not_ignored(tmp_path: Path) -> None:
    people = '[officers]\nfile = "careers.csv"\n[officers.columns]\nofficer_id = "player"\nentered_on = "since"\n'
    careers = "player,club,season,since,mood\n1,A,2015,2014-01-01,x\n"
    notes = "\n".join(read(write(tmp_path, POSTINGS + people, careers=careers), tmp_path).notes)
    assert "postings: columns the mapping does not use were ignored: mood" in notes
    assert "officers: columns the mapping does not use were ignored: mood" in notes
    elsewhere = people.replace("careers.csv", "people.csv")
    mapping = write(tmp_path, POSTINGS + elsewhere, careers=careers, people="player,since,club\n1,2014-01-01,B\n")
    notes = "\n".join(read(mapping, tmp_path).notes)
    assert "postings: columns the mapping does not use were ignored: mood, since" in notes
    assert "officers: columns the mapping does not use were ignored: club" in notes, "of another file it is"


def test_codes_may_go_by_their_column_and_unknown_columns_of_ours_are_noted(tmp_path: Path) -> None:
    mapping = write(
        tmp_path,
        POSTINGS + 'occasion = "how"\nmanner = "how"\nocasion = "how"\n[postings.codes.how]\nloan = "secondment"\n',
        careers="player,club,season,how\n1,A,2015,loan\n",
    )
    reading = read(mapping, tmp_path)
    assert reading.tables["postings"]["occasion"].tolist() == ["secondment"]
    assert any("'manner'" in note for note in reading.notes)
    assert any("did you mean 'occasion'" in note for note in reading.notes)


@pytest.mark.parametrize(
    ("form", "value", "want"),
    [
        ("order", "31", "2000-02-01"),
        ("unix", "1700000000", "2023-11-14"),
        ("unix_ms", "1700000000000", "2023-11-14"),
        ("excel", "45352", "2024-03-01"),
        ("%d.%m.%Y", "01.03.2024", "2024-03-01"),
        ("%Y年%m月", "2024年03月", "2024-03-01"),
    ],
)
def test_date_formats(tmp_path: Path, form: str, value: str, want: str) -> None:
    mapping = write(
        tmp_path,
        f"""[course_completions]
file = "done.csv"
[course_completions.columns]
officer_id = "o"
course_id = "c"
occurred_on = {{column = "n", format = "{form}"}}
""",
        done=f"o,c,n\n1,a,{value}\n1,b,never\n1,c,\n",
    )
    delivery = take_in_all(read(mapping, tmp_path).tables, required=("course_completions",))
    taken = delivery.intakes["course_completions"]
    assert taken.accepted["occurred_on"].dt.strftime("%F").tolist() == [want]
    assert taken.faults[taken.faults["column"] == "occurred_on"]["reason"].tolist() == ["not_as_declared", "missing"]


COURSES = """[course_completions]
file = "done.csv"
[course_completions.columns]
officer_id = "o"
course_id = "c"
occurred_on = {column = "d", format = "%d/%m/%Y"}
"""


@pytest.mark.parametrize(
    "text", ["01/02/2020 00:00", "03/13/2020", "2020-02-01", "2020年2月1日", "20200201", "now", "today"]
)
def test_a_declared_date_format_is_the_only_one_that_counts(tmp_path: Path, text: str) -> None:
    mapping = write(tmp_path, COURSES, done=f"o,c,d\n1,a,01/02/2020\n2,a,{text}\n3,a,NULL\n")
    taken = take_in_all(read(mapping, tmp_path).tables, required=()).intakes["course_completions"]
    assert taken.accepted["occurred_on"].dt.strftime("%F").tolist() == ["2020-02-01"]
    refused = taken.faults[taken.faults["column"] == "occurred_on"]
    assert refused[["row", "reason"]].values.tolist() == [[1, "not_as_declared"], [2, "missing"]]
    assert f'"{text}"' not in taken.faults.to_json(force_ascii=False)


def test_a_cell_that_is_a_date_needs_no_format(tmp_path: Path) -> None:
    days: list[object] = [datetime(2020, 2, 1, 9), "01/02/2020", "1 February"]
    path = write(tmp_path, COURSES.replace("done.csv", "done.xlsx"))
    frame = pd.DataFrame({"o": [1, 2, 3], "c": "a", "d": days})
    frame.to_excel(tmp_path / "done.xlsx", engine="openpyxl", index=False)
    read_days = accepted(path, tmp_path, "course_completions")["occurred_on"]
    assert read_days.dt.strftime("%F").tolist() == ["2020-02-01", "2020-02-01"]
    frame.iloc[:1].assign(d=pd.to_datetime(["2020-02-01"])).to_parquet(tmp_path / "done.parquet")
    path.write_text(COURSES.replace("done.csv", "done.parquet"))
    assert accepted(path, tmp_path, "course_completions")["occurred_on"].tolist() == [pd.Timestamp("2020-02-01")]


def test_a_code_list_for_true_and_false_is_whole(tmp_path: Path) -> None:
    report = (
        "[force_reports]\nfile = 'f.csv'\n[force_reports.columns]\nofficer_id = 'o'\noccurred_on = 'd'\ntaser = 't'\n"
    )
    rows = "o,d,t\n1,2020-01-01,1\n2,2020-01-01,2\n3,2020-01-01,0\n4,2020-01-01,\n5,2020-01-01,-\n"
    path = write(tmp_path, report + "[force_reports.codes.taser]\n1 = 'false'\n2 = 'true'\n'-' = ''\n", f=rows)
    taken = take_in_all(read(path, tmp_path).tables, required=()).intakes["force_reports"]
    assert taken.accepted["taser"].tolist() == [False, True, pd.NA, pd.NA]
    assert taken.faults[["row", "column", "reason"]].values.tolist() == [[2, "taser", "not_as_declared"]]
    path = write(tmp_path, report + "[force_reports.codes.taser]\n'-' = ''\n2 = ''\n", f=rows)
    assert accepted(path, tmp_path, "force_reports")["taser"].tolist() == [True, pd.NA, False, pd.NA, pd.NA]


def test_complaints_in_one_row_do_not_tell_their_end_early(tmp_path: Path) -> None:
    mapping = write(
        tmp_path,
        """[complaints]
file = "投诉.csv"
[complaints.columns]
complaint_id = "编号"
officer_id = "警号"
opened_on = "受理"
closed_on = "办结"
finding = "结论"
[complaints.codes.finding]
"属实" = "sustained"
""",
    )
    text = "编号,警号,受理,办结,结论\nk1,1,2024年3月1日,2024年5月2日,属实\nk2,2,2024-03-01,,属实\n"
    (tmp_path / "投诉.csv").write_bytes(text.encode("gb18030"))
    rows = accepted(mapping, tmp_path, "complaints").sort_values(["complaint_id", "known_on"])
    assert rows["finding"].tolist() == [pd.NA, "sustained", pd.NA]
    assert rows["known_on"].dt.month.tolist() == [3, 5, 3]


@pytest.mark.parametrize(
    ("section", "row", "want"),
    [
        ('[duty_months.columns]\nofficer_id="o"\nmonth="d"\nhours={value=1}\nnights={value=1}\novertime_hours={value=1}\n'
         "leave_days={value=0}\nsick_days={value=0}", "a,2024-02-01", "2024-03-01"),
        ('[officers.columns]\nofficer_id="o"\nentered_on="d"', "a,2011-02-03", "2011-02-03"),
        ('[officers.columns]\nofficer_id="o"\nentered_on="d"', "a,", "1900-01-01"),
        ('[officers.columns]\nofficer_id="o"', "a,", "1900-01-01"),
        ('[units.columns]\nunit_id="o"\nknown_on="d"', "a,2001-01-01", "2001-01-01"),
    ],
)  # fmt: skip
def test_when_a_row_was_known_falls_back_to_what_is_safe(tmp_path: Path, section: str, row: str, want: str) -> None:
    table = section[1 : section.index(".")]
    mapping = write(tmp_path, f'[{table}]\nfile = "x.csv"\n{section}\n', x=f"o,d\n{row}\n")
    assert accepted(mapping, tmp_path, table)["known_on"].dt.strftime("%F").tolist() == [want]


def rows_of(folder: Path, place: str) -> list[str]:
    """Officer ids read from a place that holds player 1 and 2."""
    mapping = write(folder, POSTINGS.replace('file = "careers.csv"', place))
    return accepted(mapping, folder, "postings")["officer_id"].tolist()


def test_every_format_reads_the_same(tmp_path: Path) -> None:
    frame = pd.DataFrame({"player": [1, 2], "club": ["A", "B"], "season": [2015, 2016]})
    frame.to_parquet(tmp_path / "a.parquet")
    with pd.ExcelWriter(tmp_path / "a.xlsx", engine="openpyxl") as book:
        pd.DataFrame({"x": [1]}).to_excel(book, sheet_name="first", index=False)
        frame.to_excel(book, sheet_name="second", index=False)
    frame.to_csv(tmp_path / "a.csv", index=False, sep=";")
    frame.to_csv(tmp_path / "a.tsv", index=False, sep="\t")
    with gzip.open(tmp_path / "a.csv.gz", "wt") as out:
        frame.to_csv(out, index=False)
    with sqlite3.connect(tmp_path / "a.db") as base:
        frame.to_sql("t", base, index=False)
    base.close()
    for place in (
        'file = "a.parquet"',
        'file = "a.xlsx"\nsheet = "second"',
        'file = "a.csv"',
        'file = "a.csv"\nencoding = "utf-8"\ndelimiter = ";"',
        'file = "a.tsv"',
        'file = "a.csv.gz"',
        'file = "sqlite:///a.db"\ntable = "t"',
        'url = "sqlite:///a.db"\nquery = "select * from t"',
    ):
        assert rows_of(tmp_path, place) == ["1", "2"], place
    assert rows_of(tmp_path, 'file = ["a.csv", "a.parquet"]') == ["1", "2"]


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ('file = "no.csv"', "no.csv: no such file; correct `file`"),
        ('file = "my.toml"', "the ending is none of .csv"),
        ('file = "torn.parquet"', "cannot be read as .parquet"),
        ('file = "torn.csv"\nencoding = "ascii"', "is not text in ascii"),
        ('file = "book.xlsx"\nsheet = "March"', "no sheet 'March'; there are Sheet1"),
        ('file = "sqlite:///no.db"\ntable = "t"', "no such database file"),
        ('file = "sqlite:///a.db"', "give either `table` or `query`"),
        ('file = "sqlite:///a.db"\ntable = "nothing"', "table 'nothing' failed"),
        ('file = "sqlite:///a.db"\nquery = "select"', "query 'select' failed"),
        ('file = "nodriver://u:secret@h/d"\ntable = "t"', r"nodriver://u:\*\*\*@h/d: no driver"),
    ],
)
def test_places_that_cannot_be_read(tmp_path: Path, place: str, message: str) -> None:
    (tmp_path / "torn.parquet").write_text("torn")
    (tmp_path / "torn.csv").write_bytes("玩,家\n".encode("gb18030"))
    sqlite3.connect(tmp_path / "a.db").close()
    pd.DataFrame({"x": [1]}).to_excel(tmp_path / "book.xlsx", engine="openpyxl")
    with pytest.raises(ContractViolation, match=message) as caught:
        rows_of(tmp_path, place)
    assert str(caught.value).startswith("my.toml: [postings]: ")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ("nonsense", "is not a readable TOML file"),
        ("title = 'x'", "maps no table"),
        ("[postings]\nfiles = 'x'", r"\[postings\]: the word 'files' is unknown; did you mean 'file'"),
        ("[postings]\nfile = 'careers.csv'", r"no columns; add \[postings.columns\]"),
        ("[postings]\ncolumns = 'x'", "'columns' must be a table"),
        (POSTINGS + "shift = 3", "column 'shift': write it as"),
        (POSTINGS + "shift = {colum = 'x'}", "the word 'colum' is unknown; did you mean 'column'"),
        (POSTINGS + "shift = {format = 'x'}", "give either `column` or `value`"),
        (POSTINGS + "shift = {column = 'club', codes = 3}", "codes must be a table"),
        (
            POSTINGS + "shift = {column = 'x', order = true}",
            "'order' is a format, not a word; write format = .order",
        ),
        (POSTINGS + "shift = 'clubb'", "column 'shift': the file has no column 'clubb'; did you mean 'club'"),
        (POSTINGS.replace("officer_id", "oficer_id"), "column 'officer_id': is required and not mapped.*did you mean"),
        (POSTINGS.replace("unit_id", "shift"), "column 'post_id': is required"),
        (POSTINGS + "shift = {column = 'club', format = '%d'}", "column 'shift': `format` is for dates"),
        (POSTINGS + "ended_on = {column = 'big', format = 3}", "`format` must be a text"),
        (POSTINGS + "ended_on = {value = '1/2/2020', format = '%d/%m/%Y'}", "`format` and `codes` go with `column`"),
        (POSTINGS.replace("%Y", "%Y/%Y"), "format '%Y/%Y' is no date format"),
        (POSTINGS.replace("%Y", "order").replace("season", "big"), "column 'started_on': format 'order' does not fit"),
        (POSTINGS.replace("%Y", "unix").replace("season", "big"), "column 'started_on': format 'unix' does not fit"),
    ],
)
def test_a_wrong_mapping_says_where_and_what_to_do(tmp_path: Path, mapping: str, message: str) -> None:
    path = write(tmp_path, mapping, careers="player,club,season,big\n1,A,2015,999999999999\n")
    with pytest.raises(ContractViolation, match=message) as caught:
        read(path, tmp_path)
    assert "my.toml" in str(caught.value)


def test_unknown_tables_and_missing_mappings_are_named(tmp_path: Path) -> None:
    path = write(tmp_path, POSTINGS.replace("[postings", "[posting"))
    with pytest.raises(UnknownTable, match="did you mean 'postings'"):
        read(path, tmp_path)
    with pytest.raises(ContractViolation, match=r"nowhere\.toml: is not a readable"):
        read(tmp_path / "nowhere.toml", tmp_path)
    with pytest.raises(InvalidInput, match="--mapping"):
        read_source("mapped", tmp_path)
    with pytest.raises(InvalidInput, match="no such file or folder"):
        read_source("mapped", tmp_path / "nowhere", path)


def test_a_folder_of_filled_templates_needs_no_mapping(tmp_path: Path) -> None:
    write(
        tmp_path,
        "",
        postings="officer_id,post_id,unit_id,started_on,mood\n1,p,u,2024-01-01,good\n",
        complaints="complaint_id,officer_id,opened_on,closed_on,finding\nk,1,2024-01-01,2024-03-01,查实\n",
    )
    reading = read_source("templates", tmp_path)
    delivery = take_in_all(reading.tables)
    assert delivery.intakes["complaints"].accepted["finding"].tolist() == [pd.NA, "sustained"]
    assert any(note.startswith("my.toml") for note in reading.notes)
    (tmp_path / "empty").mkdir()
    with pytest.raises(MissingTable, match="named after a table"):
        read_templates(tmp_path / "empty")
    write(tmp_path, "", postings="post_id,unit_id,started_on\np,u,2024-01-01\n")
    with pytest.raises(ContractViolation, match=r"postings.csv: \[postings\] column 'officer_id': is required"):
        read_templates(tmp_path)


def test_a_template_whose_known_on_nobody_filled_in_falls_back(tmp_path: Path) -> None:
    heads = "complaint_id,officer_id,opened_on,closed_on,finding,known_on\n"
    write(tmp_path, "", complaints=heads + "k,1,2024-01-01,2024-03-01,查实,\n")
    reading = read_source("templates", tmp_path)
    taken = take_in_all(reading.tables, required=()).intakes["complaints"]
    assert taken.accepted["known_on"].dt.month.tolist() == [1, 3]
    assert reading.assumed == {"complaints"}
    write(tmp_path, "", complaints=heads + "k,1,2024-01-01,2024-03-01,查实,\nj,1,2024-01-01,,,2024-02-01\n")
    reading = read_source("templates", tmp_path)
    half = take_in_all(reading.tables, required=()).intakes["complaints"]
    assert half.faults[["row", "column", "reason"]].values.tolist() == [[0, "known_on", "missing"]]
    assert reading.assumed == set()


def test_a_database_address_serves_every_table_without_a_file_of_its_own(tmp_path: Path) -> None:
    frame = pd.DataFrame({"officer": ["1", "2"], "club": ["a", "b"], "day": ["2020-01-01", "2020-02-01"]})
    with sqlite3.connect(tmp_path / "b.db") as base:
        frame.to_sql("postings", base, index=False)
        frame.to_sql("moves", base, index=False)
    base.close()
    columns = '[postings.columns]\nofficer_id = "officer"\npost_id = "club"\nstarted_on = "day"\n'
    mapping = tmp_path / "my.toml"
    url = f"sqlite:///{tmp_path / 'b.db'}"
    for place in ("", 'table = "moves"\n', 'query = "select * from moves"\n'):
        mapping.write_text(f"[postings]\n{place}{columns}", encoding="utf-8")
        assert read_source("mapped", url, mapping).tables["postings"]["officer_id"].tolist() == ["1", "2"], place
    with pytest.raises(ContractViolation, match="or the database address on the command line"):
        read_source("mapped", tmp_path, mapping)


def test_every_format_of_numbers_is_told_from_a_word() -> None:
    assert set(NUMBER_FORMATS) == set(NUMBER_DAYS)
