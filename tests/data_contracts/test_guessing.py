"""A mapping proposed for files that nobody described: what is found, what is unsure, what never becomes a feature."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from itertools import product
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from openpyxl import Workbook

from data_contracts.catalog import catalog
from data_contracts.coercion import dates
from data_contracts.errors import ContractViolation, InvalidInput
from data_contracts.guessing import columns as guessed
from data_contracts.guessing.as_toml import as_toml
from data_contracts.guessing.codes import coding
from data_contracts.guessing.columns import SURE, forbidden, looks_of
from data_contracts.guessing.days import EITHER_ORDER, ONLY_YEARS, TENTHS, written
from data_contracts.guessing.proposal import Proposal, propose
from data_contracts.guessing.sheets import header_of, sheets_of
from data_contracts.guessing.words import likeness, plain
from data_contracts.intake import take_in_all
from data_contracts.policy import policy
from data_contracts.sources.mapped import read
from tests.data_contracts.layouts import LAYOUTS

MOVES = "警号,单位,岗位,任职时间,免职时间\n010001,一所,社区民警,2020年3月5日,\n010002,二所,刑警,2021.4,2023-05-06\n"
CHINESE_DIGITS = "〇一二三四五六七八九"


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_text(text, encoding=encoding)
    return path


def found(proposal: Proposal, table: str) -> dict[str, str]:
    """Ours by theirs, over all sections of a table."""
    return {g.column.name: g.header for s in proposal.sections if s.table.name == table for g in s.guesses}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_text_of_every_encoding_and_cut_is_proposed_and_read(tmp_path: Path, encoding: str, delimiter: str) -> None:
    write(tmp_path / "任免.csv", "某局任免情况\n" + MOVES.replace(",", delimiter), encoding)
    proposal = propose(tmp_path)
    wanted = {
        "officer_id": "警号",
        "unit_id": "单位",
        "post_id": "岗位",
        "started_on": "任职时间",
        "ended_on": "免职时间",
    }
    assert found(proposal, "postings") == wanted
    assert (proposal.lacks_required, proposal.unsure) == (False, False)
    mapping = write(tmp_path / "m.toml", as_toml(proposal))
    rows = take_in_all(read(mapping, tmp_path).tables).intakes["postings"]
    assert rows.accepted["started_on"].dt.strftime("%F").tolist() == ["2020-03-05", "2021-04-01"]
    assert rows.quarantined == 0


def test_a_workbook_with_titles_merged_cells_and_several_layouts(tmp_path: Path) -> None:
    book = Workbook()
    first, second = book.active, book.create_sheet("乙")
    first.title = "甲"
    first.append(["某局干警任职情况表"])
    first.merge_cells("A1:D1")
    first.append(["警 号（必填）", "所在单位", "职务", "任职起始日期"])
    for badge in ("010001", "010002"):
        first.append([badge, "一所", "民警", datetime(2020, 1, 2)])
    first.merge_cells("B3:B4")
    second.append(["人员编号", "部门", "岗位名称", "到任日期"])
    second.append(["010003", "二所", "民警", 20210304])
    book.save(tmp_path / "任职.xlsx")
    proposal = propose(tmp_path / "任职.xlsx")
    assert [s.sheet.place.header_row for s in proposal.sections] == [2, 1]
    mapping = write(tmp_path / "m.toml", as_toml(proposal))
    assert mapping.read_text().count("[[postings]]") == 2
    rows = take_in_all(read(mapping, tmp_path).tables).frames["postings"].set_index("officer_id")
    assert rows["unit_id"].to_dict() == {"010001": "一所", "010002": "一所", "010003": "二所"}
    assert rows["started_on"].dt.strftime("%F").tolist() == ["2020-01-02", "2020-01-02", "2021-03-04"]


def test_english_headers_are_known_too(tmp_path: Path) -> None:
    text = "Badge No.,Department,Job Title,Start Date,End Date\n1,A,x,31/12/2020,\n2,B,y,01/02/2021,13/02/2022\n"
    proposal = propose(write(tmp_path / "transfers.csv", text))
    section = proposal.sections[0]
    assert section.table.name == "postings"
    assert {g.column.name: g.formats for g in section.guesses if g.formats} == {
        "started_on": ("%d/%m/%Y",), "ended_on": ("%d/%m/%Y",),
    }  # fmt: skip


@pytest.fixture
def looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds of columns hold the same few values: what stands in them is looked at once, not under each word."""
    honest, seen = guessed._looks, dict[tuple[object, ...], guessed.Looks]()

    def looks(header: str, values: pd.Series) -> guessed.Looks:
        key = (values.dtype, *values)
        if key not in seen:
            seen[key] = honest(header, values)
        return replace(seen[key], header=header)

    monkeypatch.setattr(guessed, "_looks", looks)


@pytest.mark.usefixtures("looked_at_once")
def test_nothing_forbidden_or_personal_goes_where_models_learn(tmp_path: Path) -> None:
    """Every forbidden word over every kind of content, beside the columns of a roster."""
    contents = ["1985.3", "1985", "男", "本科", "110101198503071234", "13800138000", "文字"]
    learned = {c.name for t in catalog().tables.values() for c in t.columns if c.may_train}
    words = [word for group in policy().forbidden for word in group.headers]
    rosters = {"名册": ["警号", "入警时间"], "立功受奖": ["警号", "奖项"]}  # the second wants a day and has none
    for content, (name, heads) in product(contents, rosters.items()):
        text = ",".join([*heads, *words]) + "\n"
        text += "".join(",".join([f"01000{row}", "2011-07-01", *[content] * len(words)]) + "\n" for row in range(3))
        proposal = propose(write(tmp_path / f"{name}.csv", text))
        for section in proposal.sections:
            for guess in section.guesses:
                if guess.header in words:
                    assert section.table.name == "protected_attributes", (guess.header, guess.column.name, content)
                    assert guess.column.name not in learned
        assert {one.header for one in proposal.left} & set(words)


@pytest.mark.usefixtures("looked_at_once")
def test_a_forbidden_word_takes_no_column_whose_codes_stand_under_it(tmp_path: Path) -> None:
    """One such column alone in a roster: among many alike, none would be sure enough to be taken anyway."""
    for word in (word for group in policy().forbidden for word in group.headers):
        text = f"警号,入警时间,{word}\n" + "".join(f"01000{row},2011-07-01,本科\n" for row in range(3))
        proposal = propose(write(tmp_path / "名册.csv", text))
        taken = {(one.table.name, guess.header) for one in proposal.sections for guess in one.guesses}
        assert {table for table, header in taken if header == word} <= {"protected_attributes"}, word


def test_a_number_of_citizens_is_never_an_officer_id(tmp_path: Path) -> None:
    text = "人员编号,单位,岗位,任职时间\n" + "11010119850307123X,一所,民警,2020-01-01\n" * 2
    proposal = propose(write(tmp_path / "任职.csv", text))
    assert "officer_id" not in found(proposal, "postings")
    assert proposal.lacks_required
    assert any("证件号" in one.because.zh for one in proposal.left)


COMPLAINTS = "Complaint no,Badge no,Date received,Type of complaint,Finding\n"


@pytest.mark.parametrize(
    ("header", "known"),
    [("Type of complaint", "complaint type"), ("Date of the incident", "incident date"), ("no_of_hours", "hours no")],
)
def test_words_about_an_of_are_known_in_either_order(header: str, known: str) -> None:
    assert likeness(header, known) == likeness(known, header) == 1.0
    assert likeness("Type of complaint", "complaint date") < 1.0


@pytest.mark.parametrize(("kinds", "sure"), [(("verbal abuse", "operations"), True), (("Rudeness", "Absence"), False)])
def test_a_known_word_over_codes_of_their_own_is_unsure_and_not_left_out(
    tmp_path: Path, kinds: tuple[str, str], sure: bool
) -> None:
    rows = "".join(f"c-{n},0100{n},2024-01-0{n},{kinds[n % 2]},sustained\n" for n in range(1, 7))
    proposal = propose(write(tmp_path / "complaints.csv", COMPLAINTS + rows))
    guess = next(g for g in proposal.sections[0].guesses if g.column.name == "category")
    assert (guess.header, guess.sure, proposal.left) == ("Type of complaint", sure, ())
    assert ('# "Rudeness" = ?  # 不确定 UNSURE' in as_toml(proposal)) is not sure


def test_partly_true_is_for_a_person_to_decide(tmp_path: Path) -> None:
    rows = "".join(f"c-{n},0100{n},2024-01-0{n},{'部分属实' if n == 3 else '查证属实'}\n" for n in range(1, 7))
    proposal = propose(write(tmp_path / "信访投诉.csv", "投诉编号,警号,投诉日期,查证结果\n" + rows))
    guess = next(g for g in proposal.sections[0].guesses if g.column.name == "finding")
    assert (dict(guess.coding.sure), dict(guess.coding.perhaps)) == (
        {"查证属实": "sustained"}, {"部分属实": "sustained"},
    )  # fmt: skip
    assert not guess.sure
    assert proposal.unsure


BIRTHS = {
    "出生年月": ("1985年3月", "1990.10", "198807", "一九七九年五月"),
    "出生日期": ("1985-03-07", "19901031", "1988/7/1", "1979年5月2日"),
    "Date of birth": ("1985-03-07", "1990-10-31", "1988-07-01", "1979-05-02"),
    "出生年份": ("1985年", "1990年", "1988年", "1979年"),
}


@pytest.mark.parametrize("header", BIRTHS)
def test_of_a_day_of_birth_the_year_alone_goes_into_the_audit_table(tmp_path: Path, header: str) -> None:
    rows = "".join(f"01000{n},某,女,{day},2011-07-01,本科\n" for n, day in enumerate(BIRTHS[header]))
    proposal = propose(write(tmp_path / "花名册.csv", f"警号,姓名,性别,{header},入警时间,文化程度\n" + rows))
    holders = [s.table.name for s in proposal.sections for g in s.guesses if g.header == header]
    assert holders == ["protected_attributes"], "no other table ever has it"
    mapping = write(tmp_path / "m.toml", as_toml(proposal))
    assert f'birth_year = {{ column = "{header}", format = "year_of" }}' in mapping.read_text("utf-8")
    taken = read(mapping, tmp_path).tables
    assert take_in_all(taken, required=()).intakes["protected_attributes"].accepted["birth_year"].tolist() == [
        1985, 1990, 1988, 1979,
    ]  # fmt: skip
    for frame in taken.values():
        assert not frame.astype(str).isin(set(BIRTHS[header])).to_numpy().any(), "month and day are not read on"


def test_a_day_of_birth_that_cannot_be_read_is_refused_without_a_word_of_it(tmp_path: Path) -> None:
    write(tmp_path / "p.csv", "警号,出生年月\n1,1985.03\n2,7/3/85\n3,\n")
    text = '[protected_attributes]\nfile = "p.csv"\n[protected_attributes.columns]\nofficer_id = "警号"\n'
    mapping = write(tmp_path / "m.toml", text + 'birth_year = { column = "出生年月", format = "year_of" }\n')
    frame = read(mapping, tmp_path).tables["protected_attributes"]
    assert "85" not in str(frame["birth_year"].iloc[1])
    taken = take_in_all({"protected_attributes": frame}, required=()).intakes["protected_attributes"]
    assert taken.accepted["birth_year"].isna().tolist() == [False, True]
    assert taken.quarantined == 1
    days = mapping.read_text("utf-8").replace("birth_year", "known_on")
    with pytest.raises(ContractViolation, match="'year_of' takes a year and this column holds days"):
        read(write(tmp_path / "days.toml", days), tmp_path)


def test_what_is_required_and_missing_is_told(tmp_path: Path) -> None:
    proposal = propose(write(tmp_path / "表彰奖励.csv", "警号,奖项\n1,嘉奖\n2,标兵\n"))
    assert proposal.sections[0].missing == ("occurred_on",)
    assert proposal.missing_tables == ("postings",)
    assert "缺少必填列" in as_toml(proposal)
    assert propose(tmp_path, frozenset({"postings"})).missing_tables == ()


def test_a_section_without_a_required_column_does_not_spoil_the_others(tmp_path: Path) -> None:
    write(tmp_path / "表彰奖励.csv", "警号,奖项\n1,嘉奖\n2,标兵\n")
    write(tmp_path / "任免.csv", MOVES)
    mapping = write(tmp_path / "m.toml", as_toml(propose(tmp_path)))
    assert '# honour = "奖项"' in mapping.read_text()
    assert list(read(mapping, tmp_path).tables) == ["postings"]


def test_a_roster_also_gives_postings_and_protected_attributes(tmp_path: Path) -> None:
    text = "警号,姓名,性别,入警时间,文化程度,现单位,现任职务,任现职时间\n" + "".join(
        f"01000{n},某,女,2011-07-01,本科,一所,民警,2019-01-0{n}\n" for n in range(1, 5)
    )
    proposal = propose(write(tmp_path / "花名册.csv", text))
    assert [s.table.name for s in proposal.sections] == ["officers", "postings", "protected_attributes"]
    assert found(proposal, "postings")["started_on"] == "任现职时间"
    assert "只供公平性审计" in as_toml(proposal)


def test_codes_are_sure_unsure_or_unknown() -> None:
    appraisals, postings = catalog().table("appraisals"), catalog().table("postings")
    grades = coding(appraisals.column("grade"), {"优秀": 5, "不合格": 1, "基本称职等": 1, "甚佳": 1})
    assert grades.sure == {"优秀": "excellent", "不合格": "not_competent"}
    assert grades.perhaps == {"基本称职等": "basic"}
    assert grades.unknown == ("甚佳",)
    ranks = coding(postings.column("rank_step"), {"1级警长": 1, "四级警长（执法）": 1, "自有职级": 1})
    assert ranks.sure == {"1级警长": "一级警长", "四级警长（执法）": "四级警长"}
    flags = coding(catalog().table("force_reports").column("taser"), {"√": 1, "否": 2})
    assert (flags.sure, flags.needed) == ({"√": "true", "否": "false"}, True)


def test_a_word_that_denies_is_never_the_word_that_does_not() -> None:
    table = catalog().table("appraisals")
    assert coding(table.column("grade"), {"不太称职": 1}).perhaps.get("不太称职") != "competent"


@pytest.mark.parametrize(
    ("values", "formats", "doubts"),
    [
        (["2023年3月5日", "2023.3", "20230305", "二〇二三年三月", "2023/3/5"], (), ()),
        (["45000", "44001"], ("excel",), ()),
        (["202301", 202312], ("%Y%m",), ()),
        (["5 March 2023"], ("%d %B %Y",), ()),
        (["2023-03-05", 45000], ("year_first", "excel"), ()),
        (["2023年度", "2024", "二〇二二年度"], ("year_end",), (ONLY_YEARS,)),
        (["03/04/2023", "05/06/2023"], ("%d/%m/%Y",), (EITHER_ORDER,)),
        (["03/14/2023"], ("%m/%d/%Y",), ()),
        (["2023.1", "2023.5"], (), (TENTHS,)),
        (["2023.1", "2023.10"], (), ()),
    ],
)
def test_how_dates_are_written(values: list[object], formats: tuple[str, ...], doubts: tuple[object, ...]) -> None:
    seen = written(pd.Series(values, dtype=object))
    assert (seen.formats, seen.share, seen.doubts) == (formats, 1.0, doubts)


def in_characters(number: int) -> str:
    tens, ones = divmod(number, 10)
    return ("" if tens < 2 else CHINESE_DIGITS[tens]) + ("十" if tens else "") + (CHINESE_DIGITS[ones] if ones else "")


FORMS = (
    lambda d: f"{d.year}年{d.month}月{d.day}日",
    lambda d: f"{d.year}.{d.month}.{d.day}",
    lambda d: f"{d:%Y%m%d}",
    lambda d: (
        "".join(CHINESE_DIGITS[int(n)] for n in str(d.year)) + f"年{in_characters(d.month)}月{in_characters(d.day)}日"
    ),
    lambda d: f"{d.year}／{d.month}／{d.day}".translate({ord(str(n)): 0xFF10 + n for n in range(10)}),
    lambda d: datetime(d.year, d.month, d.day),
)


@given(
    st.lists(st.tuples(st.dates(date(1950, 1, 1), date(2049, 12, 31)), st.sampled_from(FORMS)), min_size=1, max_size=20)
)
@hypothesis_settings(max_examples=80, deadline=None)
def test_every_chinese_form_of_a_day_is_read_as_that_day(days: list[tuple[date, object]]) -> None:
    values = pd.Series([form(day) for day, form in days], dtype=object)  # type: ignore[operator]
    assert dates(values).dt.date.tolist() == [day for day, _ in days]
    assert written(values).share == 1.0


@given(
    st.text(max_size=12), st.sampled_from([w for t in catalog().tables.values() for c in t.columns for w in c.called])
)
@hypothesis_settings(max_examples=150, deadline=None)
def test_words_are_compared_without_surprise(text: str, known: str) -> None:
    assert likeness(known, f" {known}（必填） ") == 1.0
    assert likeness(known, known.upper()) == 1.0
    assert 0.0 <= likeness(text, known) == likeness(text, known) <= 1.0
    assert plain(plain(text)) == plain(text) or not text.isascii()


@given(
    st.lists(st.lists(st.one_of(st.none(), st.text(max_size=6), st.integers(), st.floats()), max_size=5), max_size=8)
)
@hypothesis_settings(max_examples=150, deadline=None)
def test_any_rows_have_a_header_or_none(rows: list[list[object]]) -> None:
    header = header_of(rows)
    assert header is None or 0 <= header < len(rows) - 1


def test_every_word_of_the_contracts_finds_its_own_column_first() -> None:
    """Each synonym over a column, beside its table's other columns under their Chinese names."""
    wrong = []
    for table in catalog().tables.values():
        for column in table.columns:
            for word in column.synonyms[:4]:
                best = max(table.columns, key=lambda one: max(likeness(word, called) for called in one.called))
                wrong += [] if best is column else [(table.name, column.name, word, best.name)]
    assert wrong == []


def test_every_column_is_called_by_several_words_in_both_languages() -> None:
    for table in catalog().tables.values():
        assert len(table.synonyms) >= 4, table.name
        for column in table.columns:
            english = [word for word in column.synonyms if word.isascii()]
            assert len(english) >= 3, (table.name, column.name)
            assert len(column.synonyms) - len(english) >= 3, (table.name, column.name)


def test_a_word_that_names_two_columns_is_refused(tmp_path: Path) -> None:
    from data_contracts.catalog import TABLES_DIR, read_table

    text = (TABLES_DIR / "honours.odcs.yaml").read_text(encoding="utf-8").replace("奖励等级", "奖项")
    with pytest.raises(ContractViolation, match="both called '奖项'"):
        read_table(write(tmp_path / "honours.odcs.yaml", text))


def test_a_folder_without_tables_says_so(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="nothing there has a header"):
        propose(tmp_path)
    write(tmp_path / "photo.png", "x")
    write(tmp_path / "empty.csv", "")
    write(tmp_path / "numbers.csv", "1,2\n3,4\n")
    with pytest.raises(InvalidInput, match="nothing there has a header"):
        sheets_of(tmp_path)
    assert forbidden("警号") is None


@pytest.mark.parametrize(("name", "content"), [("任免.xlsx", b"no workbook"), ("任免.csv", b'a,b\n"' + b"x" * 200_000)])
def test_a_damaged_file_is_named_with_what_to_do(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidInput, match=f"{name}: cannot be read.*save it again"):
        propose(tmp_path)


def test_a_merge_below_the_last_row_is_no_row(tmp_path: Path) -> None:
    book = Workbook()
    for row in (line.split(",") for line in MOVES.splitlines()):
        book.active.append(row)
    book.active.merge_cells("A9:B12")
    book.save(tmp_path / "任免.xlsx")
    assert len(propose(tmp_path).sections[0].sheet.rows) == 2


def test_a_sheet_like_nothing_is_told_and_left(tmp_path: Path) -> None:
    write(tmp_path / "任免.csv", MOVES)
    write(tmp_path / "车辆.csv", "车牌,里程,油耗\n甲A1,100,8\n甲A2,200,9\n")
    proposal = propose(tmp_path)
    assert [sheet.name for sheet in proposal.unknown] == ["车辆.csv"]
    assert proposal.unsure


def test_what_stands_in_a_column_counts_where_its_word_says_nothing(tmp_path: Path) -> None:
    text = "警号,奖项,甲,乙\n" + "".join(f"{n},嘉奖,三等功,2020-01-0{n}\n" for n in range(1, 5))
    proposal = propose(write(tmp_path / "立功受奖.csv", text))
    section = proposal.sections[0]
    by_name = {guess.column.name: guess for guess in section.guesses}
    assert (by_name["level"].header, by_name["occurred_on"].header) == ("甲", "乙")
    assert by_name["level"].certainty < SURE
    assert "不确定" in as_toml(proposal)
    assert looks_of(section.sheet)["乙"].dates.share == 1.0


def test_what_is_sure_is_right_on_layouts_that_nobody_wrote_synonyms_for(tmp_path: Path) -> None:
    """Of the columns said to be sure none is wrong; of all columns nine in ten are found; nothing personal is taken."""
    sure = wrong_though_sure = asked = right = 0
    for name, table, columns in LAYOUTS:
        cells = [",".join(word for word, _, _ in columns)]
        cells += [",".join(values[row] for _, values, _ in columns) for row in range(3)]
        section = propose(write(tmp_path / name, "\n".join(cells) + "\n", "gb18030")).sections[0]
        assert section.table.name == table, (name, section.table.name)
        truth = {word: ours for word, _, ours in columns}
        guessed = {one.header: one for one in section.guesses}
        for word, ours in truth.items():
            one = guessed.get(word)
            asked += ours is not None
            right += ours is not None and one is not None and one.column.name == ours
            if one is not None and one.sure:
                sure += 1
                wrong_though_sure += one.column.name != ours
            if ours is None:
                assert one is None, (name, word, one)
    assert (asked, sure > 0.5 * asked, wrong_though_sure) == (64, True, 0), (asked, sure, wrong_though_sure)
    assert right >= 0.9 * asked, right


ENDS = ("任职终止日", "任职结束", "免任日期", "离任时间", "止于", "终止日期", "任至", "Ended On", "Relieved on", "To")


@pytest.mark.parametrize("word", ENDS)
def test_an_end_of_a_posting_is_found_under_the_words_of_departments(tmp_path: Path, word: str) -> None:
    write(tmp_path / "任职.csv", MOVES.replace("免职时间", word))
    assert found(propose(tmp_path), "postings")["ended_on"] == word


@pytest.mark.parametrize("word", ["至今", "（至今）", "现任", "迄今", "to date", "Present"])
def test_an_end_that_says_to_date_is_still_open_and_elsewhere_it_is_a_bad_date(tmp_path: Path, word: str) -> None:
    text = MOVES.replace("2020年3月5日,", f"2020年3月5日,{word}") + f"010003,三所,民警,{word},\n"
    text += "".join(f"0101{row},四所,民警,2021-01-{row},\n" for row in range(10, 30))
    proposal = propose(write(tmp_path / "任免.csv", text))
    assert next(g for g in proposal.sections[0].guesses if g.column.name == "ended_on").sure
    mapping = write(tmp_path / "m.toml", as_toml(proposal))
    rows = take_in_all(read(mapping, tmp_path).tables).intakes["postings"]
    assert rows.accepted["ended_on"].isna().tolist() == [True, False, *[True] * 20]
    assert rows.quarantined == 1, "a beginning that says so is no day"


def test_to_date_is_open_under_a_declared_format_too(tmp_path: Path) -> None:
    text = (
        "警号,单位,岗位,任职时间,免职时间\n1,a,x,31/12/2020,至今\n2,b,y,13/02/2021,14/02/2022\n3,c,z,15/02/2021,soon\n"
    )
    mapping = write(tmp_path / "m.toml", as_toml(propose(write(tmp_path / "任免.csv", text))))
    assert '"%d/%m/%Y"' in mapping.read_text()
    rows = take_in_all(read(mapping, tmp_path).tables).intakes["postings"]
    assert (len(rows.accepted), rows.quarantined) == (2, 1)


def test_a_missing_column_of_codes_is_proposed_as_a_constant(tmp_path: Path) -> None:
    text = "诉求编号,渠道,诉求内容,提出日期\nn-1,网上,想休年假,2025-03-01\nn-2,热线,公租房,2025-04-01\n"
    proposal = propose(write(tmp_path / "诉求台账.csv", text))
    assert proposal.sections[0].missing == ("raised_by",)
    lines = as_toml(proposal).splitlines()
    (line,) = (line for line in lines if line.startswith("# raised_by"))
    assert "family 家属" in line
    begin = lines.index("# [concerns]")
    chosen = [one.removeprefix("# ").replace('"officer"', '"family"') if at >= begin else one
              for at, one in enumerate(lines)]  # fmt: skip
    mapping = write(tmp_path / "m.toml", "\n".join(chosen))
    taken = take_in_all(read(mapping, tmp_path).tables, required=()).intakes["concerns"]
    assert taken.accepted["raised_by"].tolist() == ["family"] * 2


def test_a_template_whose_end_says_to_date_is_read_too() -> None:
    row = {"officer_id": "o-1", "post_id": "p", "unit_id": "u", "started_on": "2020-01-01", "ended_on": "至今",
           "known_on": "2020-01-01"}  # fmt: skip
    frames = {"postings": pd.DataFrame([row, row | {"officer_id": "o-2", "started_on": "至今"}])}
    taken = take_in_all(frames).intakes["postings"]
    assert (taken.accepted["officer_id"].tolist(), taken.quarantined) == (["o-1"], 1)
