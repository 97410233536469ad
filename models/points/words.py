"""Points told to people: each merit and each line in Chinese and English, with days and numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from data_contracts.counting import noun
from data_contracts.decisions import PointsRule
from data_contracts.vocabulary import AppraisalGrade, AppraisalKind, Bilingual, HonourLevel
from models.points.lines import Frames, Line, Merit

Row = Mapping[str, Any]


def number(value: float) -> str:
    """Points as people write them.

    >>> number(12.0), number(0.5)
    ('12', '0.5')
    """
    return f"{value:.10g}"


class Records:
    """Records as people are told of them: rows by place and names by code, each table read once when it is needed."""

    def __init__(self, frames: Frames) -> None:
        self._frames = frames
        self._rows: dict[str, list[Row]] = {}
        self._names: dict[str, dict[str, Bilingual]] = {}

    def row(self, table: str, place: int) -> Row:
        """The row at a place of a table."""
        if table not in self._rows:
            records = self._frames[table].to_dict("records")
            self._rows[table] = [{str(name): value for name, value in row.items()} for row in records]
        return self._rows[table][place]

    def name(self, table: str, key: str, code: str) -> Bilingual:
        """The names that a reference table gives a code, the code itself where it gives none."""
        if table not in self._names:
            rows = self._frames[table].to_dict("records") if table in self._frames else []
            self._names[table] = {str(row[key]): _both(row["name_zh"], row["name_en"], str(row[key])) for row in rows}
        return self._names[table].get(code, Bilingual(code, code))


def _both(zh: Any, en: Any, code: str) -> Bilingual:
    return Bilingual(text(zh) or text(en) or code, text(en) or text(zh) or code)


def merit_text(records: Records, rule: PointsRule, merit: Merit) -> Bilingual:
    """What one piece of evidence is, what it is worth, and how long it counts."""
    what = what_text(records, rule, merit)
    zh, en = _worth(merit)
    until_zh, until_en = _until(merit)
    return Bilingual(
        f"{merit.earned_on}，{what.zh}，{zh}，{until_zh}", f"{merit.earned_on}: {what.en}, {en}, {until_en}"
    )


def what_text(records: Records, rule: PointsRule, merit: Merit) -> Bilingual:
    """What a merit rests on: the award, the course, the unit; the rule's own name where the table tells no more."""
    told = Bilingual(rule.name_zh, rule.name_en)
    if rule.table in _TOLD:
        told = _TOLD[rule.table](records, records.row(rule.table, merit.row))
    if merit.year is None:
        return told
    return Bilingual(f"{told.zh}，连续满第{merit.year}年", f"{told.en}, full year {merit.year} of the stretch")


def line_text(line: Line) -> Bilingual:
    """One line of the account with its cap."""
    rule, counted = line.rule, sum(not merit.expired for merit in line.merits)
    gone = len(line.merits) - counted
    cut = number(line.cut_off)
    expired_zh, expired_en = (f"，另有{gone}项已过期", f", {gone} more expired") if gone else ("", "")
    over_zh, over_en = (f"，超出上限的{cut}分不计", f", {cut} above the cap not counted") if line.cut_off else ("", "")
    points, cap = number(line.points), number(rule.cap)
    return Bilingual(
        f"{rule.name_zh}：{counted}项有效，计{points}分（上限{cap}分{over_zh}）{expired_zh}；依据：{rule.evidence_zh}",
        f"{rule.name_en}: {counted} in force, {points} {noun(points, 'point')} (cap {cap}{over_en}){expired_en}; "
        f"evidence: {rule.evidence_en}",
    )


def _worth(merit: Merit) -> tuple[str, str]:
    points, counted = number(merit.points), number(merit.counted)
    if merit.expired:
        return f"原计{points}分", f"was worth {points} {noun(points, 'point')}"
    if merit.counted == merit.points:
        return f"计{points}分", f"{points} {noun(points, 'point')}"
    return (
        f"{points}分中计{counted}分，其余超出上限",
        f"{counted} of {points} {noun(points, 'point')}, the rest is above the cap",
    )


def _until(merit: Merit) -> tuple[str, str]:
    if merit.expires_on is None:
        return "长期有效", "for good"
    if merit.expired:
        return f"自{merit.expires_on}起不再计分", f"no longer counted from {merit.expires_on}"
    return f"计分至{merit.expires_on}（当日起不再计）", f"until it expires on {merit.expires_on}"


def _honour(_: Records, row: Row) -> Bilingual:
    level, name = text(row["level"]), str(row["honour"])
    if level is None:
        return Bilingual(f"“{name}”", f"“{name}”")
    label = HonourLevel(level)
    return label.label if name in (label.zh, label.en) else Bilingual(f"{label.zh}“{name}”", f"{label.en} “{name}”")


def _completion(records: Records, row: Row) -> Bilingual:
    name, score = records.name("courses", "course_id", str(row["course_id"])), text(row["score"])
    if score is None:
        return Bilingual(f"培训“{name.zh}”", f"course “{name.en}”")
    of_it = number(round(float(score), 2))
    return Bilingual(f"培训“{name.zh}”成绩{of_it}分", f"course “{name.en}” with a score of {of_it}")


def _posting(records: Records, row: Row) -> Bilingual:
    unit = records.name("units", "unit_id", str(row["unit_id"]))
    return Bilingual(f"在“{unit.zh}”任职", f"posting in “{unit.en}”")


def _appraisal(_: Records, row: Row) -> Bilingual:
    kind, grade = AppraisalKind(row["kind"]), text(row["grade"])
    if grade is None:
        return Bilingual(f"{kind.zh}考核", f"appraisal of {kind.en}")
    label = AppraisalGrade(grade)
    return Bilingual(f"{kind.zh}考核{label.zh}", f"appraisal of {kind.en}: {label.en}")


_TOLD: Mapping[str, Callable[[Records, Row], Bilingual]] = {
    "honours": _honour,
    "course_completions": _completion,
    "postings": _posting,
    "appraisals": _appraisal,
}


def text(value: Any) -> str | None:
    """A cell that may be empty.

    >>> text(pd.NA) is None, text("x")
    (True, 'x')
    """
    return None if value is None or pd.isna(value) else str(value)
