"""The files of an invented department, as departments keep them: Excel and CSV, GB 18030 and UTF-8, Chinese dates.

    python -m experiments.examples.department raw

Yunting (云汀市公安局) does not exist; its people come from the simulator. A few rows are wrong on purpose.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
from openpyxl import Workbook

from data_contracts.catalog import catalog
from data_contracts.simulator.simulation import simulate

OFFICERS, YEARS, SEED, END = 120, 6, 11, date(2026, 1, 1)
TITLE = "云汀市公安局（虚构）"
FIRST_BADGE = 10_001
NUMERALS = "〇一二三四五六七八九"
EPOCH = pd.Timestamp("1899-12-30")
SEXES = {"male": "男", "female": "女"}
BAD = "甚佳"
Cells = Sequence[object]


def write_department(folder: Path, officers: int = OFFICERS) -> list[Path]:
    """Write the files of the department into a folder, making it; the same number gives the same cells."""
    folder.mkdir(parents=True, exist_ok=True)
    made = Department(simulate(officers, YEARS, SEED, END))
    writers = (
        made.roster,
        made.moves,
        made.units,
        made.posts,
        made.ranks,
        made.appraisals,
        made.duty,
        made.complaints,
        made.honours,
        made.training,
    )
    return [write(folder) for write in writers]


class Department:
    """The simulated tables under the words and in the layouts of a department."""

    def __init__(self, tables: dict[str, pd.DataFrame]) -> None:
        """`tables` as the simulator gives them; the newest version of each row is told."""
        self.tables = {name: _newest(name, frame) for name, frame in tables.items() if name in catalog().tables}
        ids = self.tables["officers"].sort_values(["entered_on", "officer_id"])["officer_id"]
        self.badges = {officer: f"{FIRST_BADGE + place:06d}" for place, officer in enumerate(ids)}

    def rows(self, table: str) -> Iterable[Any]:
        """The rows of a table, officers by their badge."""
        frame = self.tables[table]
        named = [name for name in frame if name in ("officer_id", "supervisor_id")]
        frame = frame.assign(**{name: frame[name].map(self.badges) for name in named}).astype(object)
        return frame.where(frame.notna(), None).itertuples(index=False)

    def roster(self, folder: Path) -> Path:
        """Serving and former officers on two sheets of different layout, each under a title over merged cells."""
        about = {row.officer_id: row for row in self.rows("protected_attributes")}
        serving: list[Cells] = []
        former: list[Cells] = []
        for number, row in enumerate(self.rows("officers"), start=1):
            who = about[row.officer_id]
            entered, left = row.entered_on, row.left_on
            head = [number, row.officer_id, f"民警{number:03d}", SEXES[who.sex], who.birth_year, _spoken(entered)]
            told = [_label("officers", "education", row.education), _label("officers", "track", row.track) + "类"]
            if left is None:
                serving.append([*head, *told, ""])
            else:
                former.append([*head, _spoken(left), _label("officers", "leave_kind", row.leave_kind)])
        serving[3] = [*serving[3][:5], "2023年13月", *serving[3][6:]]
        words = ["序号", "警 号", "姓名", "性别", "出生年份", "参加公安工作时间"]
        return _book(
            folder / "民警花名册.xlsx",
            {
                "在职": ([f"{TITLE}在职民警花名册"], [*words, "文化程度", "职务序列", "备注"], serving),
                "离队": ([f"{TITLE}离队人员名册", "2025年12月制"], [*words, "离队时间", "离队原因"], former),
            },
        )

    def moves(self, folder: Path) -> Path:
        """Postings as text in GB 18030, days as 2015年3月1日."""
        rows = [
            [
                r.officer_id,
                r.unit_id,
                r.post_id,
                _spoken(r.started_on),
                _spoken(r.ended_on),
                r.rank_step,
                r.supervisor_id,
                _label("postings", "occasion", r.occasion),
            ]
            for r in self.rows("postings")
        ]
        rows[5][0] = ""
        rows[9][3] = "去年三月"
        words = ["警号", "单位代码", "岗位代码", "任职时间", "免职时间", "当时职级", "直接上级警号", "调动原因"]
        return _text(folder / "任免记录.csv", words, rows, "gb18030")

    def units(self, folder: Path) -> Path:
        """The tree of units."""
        rows = [
            [r.unit_id, r.name_zh, r.parent_unit_id, _label("units", "unit_level", r.unit_level)]
            for r in self.rows("units")
        ]
        return _book(folder / "机构.xlsx", {"机构": ([], ["单位代码", "单位名称", "上级单位代码", "机构级别"], rows)})

    def posts(self, folder: Path) -> Path:
        """The posts as text in UTF-8, cut by semicolons."""
        rows = [
            [
                r.post_id,
                r.name_zh,
                r.job_family,
                _label("posts", "track", r.track),
                _label("posts", "unit_level", r.unit_level),
                r.min_rank_step,
                r.headcount_per_unit,
            ]
            for r in self.rows("posts")
        ]
        words = ["岗位代码", "岗位名称", "岗位类别", "职务序列", "层级", "最低职级要求", "编制数"]
        return _text(folder / "岗位设置.csv", words, rows, "utf-8", ";")

    def ranks(self, folder: Path) -> Path:
        """Steps of rank, days as numbers like 20230305."""
        ladders = {
            "enforcement": "执法勤务警员职级",
            "technical": "警务技术职级",
            "general": "综合管理职级",
            "police_rank": "警衔",
        }
        rows = [
            [
                r.officer_id,
                ladders[r.ladder],
                r.rank_step,
                int(f"{r.occurred_on:%Y%m%d}"),
                _label("promotions", "kind", r.kind),
            ]
            for r in self.rows("promotions")
        ]
        words = ["警号", "职级序列", "晋升后职级", "晋升时间", "变动类型"]
        return _book(folder / "职级晋升.xlsx", {"晋升": ([f"{TITLE}职级晋升情况"], words, rows)})

    def appraisals(self, folder: Path) -> Path:
        """Appraisals, a sheet for the older years and one for the newest, whose word for a grade is another."""
        told = [
            [
                r.officer_id,
                _label("appraisals", "kind", r.kind),
                f"{r.occurred_on.year}年度",
                r.score,
                _label("appraisals", "grade", r.grade),
            ]
            for r in self.rows("appraisals")
            if r.occurred_on.month == 12
        ]
        newest = [row for row in told if row[2] == max(str(row[2]) for row in told)]
        newest[0][4] = BAD
        older = [row for row in told if row not in newest]
        words = ["警号", "考核类型", "考核年度", "考核得分"]
        return _book(
            folder / "年度考核.xlsx",
            {
                "历年": ([f"{TITLE}历年考核"], [*words, "考核等次"], older),
                "本年": ([], [*words, "考核结果"], newest),
            },
        )

    def duty(self, folder: Path) -> Path:
        """Months of duty as text in UTF-8 with a byte-order mark, cut by tabs, months as 2025.03, units in brackets."""
        rows = [
            [f"{r.month:%Y.%m}", r.officer_id, r.hours, r.nights, r.overtime_hours, r.leave_days, r.sick_days]
            for r in self.rows("duty_months")
        ]
        rows[7][2] = "约一百八十"
        words = ["年月", "警号", "工作时长（小时）", "夜班次数", "加班时数（小时）", "休假天数", "病假天数"]
        return _text(folder / "考勤统计.csv", words, rows, "utf-8-sig", "\t")

    def complaints(self, folder: Path) -> Path:
        """Complaints, one row each, under two titles; days are days of the spreadsheet."""
        rows: list[list[object]] = [
            [
                r.complaint_id,
                r.officer_id,
                r.occurred_on,
                r.opened_on,
                r.closed_on,
                _label("complaints", "category", r.category),
                _label("complaints", "finding", r.finding),
                "是" if r.officer_filed else "否",
                _label("complaints", "complainant_type", r.complainant_type),
            ]
            for r in self.rows("complaints")
        ]
        rows[2][5] = '=HYPERLINK("http://example.invalid","态度")'
        words = [
            "投诉编号",
            "被投诉人警号",
            "事发时间",
            "受理时间",
            "办结时间",
            "投诉类别",
            "调查结论",
            "是否内部提出",
            "投诉人类型",
        ]
        return _book(folder / "投诉台账.xlsx", {"台账": ([f"{TITLE}投诉台账", "内部资料"], words, rows)})

    def honours(self, folder: Path) -> Path:
        """Awards as text in GB 18030, days in Chinese characters."""
        rows = [
            [r.officer_id, r.honour, _label("honours", "level", r.level), _in_characters(r.occurred_on)]
            for r in self.rows("honours")
        ]
        return _text(folder / "立功受奖.csv", ["警号", "奖项", "奖励等级", "奖励时间"], rows, "gb18030")

    def training(self, folder: Path) -> Path:
        """Courses taken, days as the numbers that spreadsheets make of them."""
        rows = [
            [
                r.officer_id,
                r.course_id,
                (r.occurred_on - EPOCH).days,
                None if r.score is None else round(r.score, 1),
                r.hours,
            ]
            for r in self.rows("course_completions")
        ]
        rows[4][2] = "2023-05"
        return _book(folder / "培训记录.xlsx", {"培训": ([], ["警号", "课程代码", "结业时间", "成绩", "学时"], rows)})


def _newest(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    key = list(catalog().table(name).key)
    return frame.sort_values("known_on", kind="stable").drop_duplicates(key, keep="last") if key else frame


def _label(table: str, column: str, code: object) -> str:
    return "" if code is None else catalog().table(table).column(column).labels_zh[str(code)]


def _spoken(day: object) -> str:
    return f"{day.year}年{day.month}月{day.day}日" if isinstance(day, date) else ""


def _in_characters(day: object) -> str:
    """A day as documents write it: 二〇二三年十二月五日."""
    if not isinstance(day, date):
        return ""
    year = "".join(NUMERALS[int(sign)] for sign in str(day.year))
    return f"{year}年{_count(day.month)}月{_count(day.day)}日"


def _count(number: int) -> str:
    tens, ones = divmod(number, 10)
    return ("" if tens < 2 else NUMERALS[tens]) + ("十" if tens else "") + (NUMERALS[ones] if ones else "")


def _text(path: Path, words: Cells, rows: Sequence[Cells], encoding: str, delimiter: str = ",") -> Path:
    frame = pd.DataFrame([list(row) for row in rows], columns=pd.Index(list(map(str, words))), dtype=object)
    frame.to_csv(path, index=False, encoding=encoding, sep=delimiter)
    return path


def _book(path: Path, sheets: dict[str, tuple[Cells, Cells, Sequence[Cells]]]) -> Path:
    book = Workbook()
    book.remove(book.active)
    for name, (titles, words, rows) in sheets.items():
        sheet = book.create_sheet(name)
        for title in titles:
            sheet.append([title])
            sheet.merge_cells(start_row=sheet.max_row, end_row=sheet.max_row, start_column=1, end_column=len(words))
        sheet.append(list(words))
        for row in rows:
            sheet.append([value.to_pydatetime() if isinstance(value, pd.Timestamp) else value for value in row])
        for cells in sheet.iter_rows(min_row=len(titles) + 2):
            for cell in cells:
                if cell.data_type == "f":
                    cell.data_type = "s"  # what somebody typed into the form, and no formula of ours
    book.save(path)
    return path


def main() -> None:
    """Write the department's files into the folder that the command line names."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "raw")
    officers = int(sys.argv[2]) if len(sys.argv) > 2 else OFFICERS
    for path in write_department(folder, officers):
        sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main()
