"""Reasons: what columns add to the log-odds, summed by theme, told in words with numbers, peers and dates.

A theme is told from one column that carries it, never from the model's inside: what a person reads can be
checked against the record.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.base import Numbers

SMALLEST = 0.02  # log-odds; less than two per cent either way is no reason
DAYS_PER_YEAR = 365.25


@dataclass(frozen=True)
class Theme:
    """`covers` are the beginnings of column names; `shown` is the column whose value is told.

    `since` is a column of days since it last happened; `scale` divides the value for people (days to years).
    """

    code: str
    covers: tuple[str, ...]
    shown: str
    zh: str
    en: str
    since: str | None = None
    scale: float = 1.0


THEMES: tuple[Theme, ...] = (
    Theme(
        "sustained_complaints",
        ("complaints_sustained", "days_since_complaints_sustained"),
        "complaints_sustained_60m",
        "近五年查实投诉 {value} 件（同期全员平均 {peers}）",
        "{value} sustained complaints in the last five years (average of all officers {peers})",
        "days_since_complaints_sustained",
    ),
    Theme(
        "force_complaints",
        ("complaints_use_of_force", "days_since_complaints_use_of_force"),
        "complaints_use_of_force_24m",
        "近两年使用武力类投诉 {value} 件（平均 {peers}）；投诉不等于查实",
        "{value} use-of-force complaints in the last two years (average {peers}); an allegation is no finding",
        "days_since_complaints_use_of_force",
    ),
    Theme(
        "co_accused",
        ("co_accused",),
        "co_accused_24m",
        "近两年与 {value} 名同事同案被投诉（平均 {peers}）",
        "named together with {value} colleagues in complaints of the last two years (average {peers})",
    ),
    Theme(
        "unit_context",
        ("unit_others_mean", "unit_size", "days_in_unit"),
        "unit_others_mean_complaints_24m",
        "所在单位其他民警近两年人均投诉 {value} 件（各单位平均 {peers}）",
        "others of the unit had {value} complaints each in the last two years (average of all units {peers})",
    ),
    Theme(
        "post_peers",
        (
            "post_size",
            "complaints_24m_minus",
            "complaints_24m_over",
            "complaints_sustained_60m_minus",
            "complaints_sustained_60m_over",
            "force_reports_24m_minus",
            "force_reports_24m_over",
        ),
        "complaints_24m_minus_post_others",
        "近两年投诉件数减去同岗位其他人的平均数为 {value}（全员平均 {peers}）",
        "complaints of the last two years less the mean of others in the same post: {value} (average {peers})",
    ),
    Theme(
        "complaints",
        ("complaints", "days_since_complaints"),
        "complaints_24m",
        "近两年收到投诉 {value} 件（平均 {peers}）；投诉不等于查实",
        "{value} complaints in the last two years (average {peers}); a complaint is no finding",
        "days_since_complaints",
    ),
    Theme(
        "force_reports",
        ("force_reports", "days_since_force_reports"),
        "force_reports_24m",
        "近两年使用武力报告 {value} 次（平均 {peers}）",
        "{value} reports of force used in the last two years (average {peers})",
        "days_since_force_reports",
    ),
    Theme(
        "workload",
        ("overtime_hours", "nights", "duty_", "exposure_hours", "leave_days", "sick_days"),
        "overtime_hours_per_duty_month_12m",
        "近一年每月加班 {value} 小时（平均 {peers}）",
        "{value} hours of overtime a month in the last year (average {peers})",
    ),
    Theme(
        "training",
        ("courses", "course_", "days_since_courses", "competency", "days_since_competency"),
        "courses_24m",
        "近两年完成培训 {value} 门（平均 {peers}）",
        "{value} courses completed in the last two years (average {peers})",
        "days_since_courses",
    ),
    Theme(
        "appraisals",
        ("appraisal", "days_since_appraisals"),
        "appraisal_performance_score_mean_12m",
        "近一年工作绩效考核 {value} 分（平均 {peers}）",
        "performance appraisal of {value} in the last year (average {peers})",
    ),
    Theme(
        "honours",
        ("honours", "days_since_honours"),
        "honours_60m",
        "近五年受表彰 {value} 次（平均 {peers}）",
        "{value} honours in the last five years (average {peers})",
        "days_since_honours",
    ),
    Theme(
        "career_stage",
        ("tenure_days", "rank_", "days_in_rank", "rank_steps", "days_since_rank_steps", "track", "education"),
        "tenure_days",
        "从警 {value} 年（平均 {peers} 年）",
        "{value} years of service (average {peers})",
        scale=DAYS_PER_YEAR,
    ),
    Theme(
        "moves",
        ("moves", "days_in_post", "days_since_first_posting", "posting_ended"),
        "moves_60m",
        "近五年调动 {value} 次（平均 {peers}）",
        "{value} moves in the last five years (average {peers})",
    ),
)
OTHER = "other"


def theme_of(column: str) -> str:
    """The code of a column's theme; codes of text columns (`rank_code=...`) follow their column.

    >>> theme_of("complaints_sustained_24m"), theme_of("complaints_24m"), theme_of("rank_code=SERGEANT")
    ('sustained_complaints', 'complaints', 'career_stage')
    """
    return next((theme.code for theme in THEMES if column.startswith(theme.covers)), OTHER)


@dataclass(frozen=True)
class Told:
    """The words for the rows of one frame; means are of everybody the model was trained on last."""

    themes: tuple[Theme, ...]
    means: Mapping[str, float]

    def reasons(self, frame: pd.DataFrame, by_theme: NDArray[np.float64], top: int) -> list[str]:
        """JSON for each row: at most `top` themes that raise the chance, strongest first.

        `by_theme` (n, len(themes)) holds log-odds. A theme without a known value is not told.
        """
        order = np.argsort(-by_theme, axis=1, kind="stable")
        days = pd.to_datetime(frame["as_of"]).dt.date.to_list()
        columns = {name: frame[name].to_numpy(np.float64, na_value=np.nan) for name in self._wanted(frame)}
        return [self._row(row, order[row], by_theme[row], columns, days[row], top) for row in range(len(frame))]

    def _wanted(self, frame: pd.DataFrame) -> set[str]:
        names = {name for theme in self.themes for name in (theme.shown, theme.since or "")}
        return names & set(frame.columns)

    def _row(
        self, row: int, order: NDArray[np.intp], strength: Numbers, columns: Mapping[str, Numbers], day: date, top: int
    ) -> str:
        told: list[dict[str, Any]] = []
        for place in order.tolist():
            if len(told) == top or strength[place] < SMALLEST:
                break
            reason = self._sentence(self.themes[place], row, columns, day)
            if reason is not None:
                told.append(reason)
        return json.dumps(told, ensure_ascii=False)

    def _sentence(self, theme: Theme, row: int, columns: Mapping[str, Numbers], day: date) -> dict[str, Any] | None:
        shown = theme.shown
        if shown not in columns or np.isnan(columns[shown][row]):
            return None
        numbers = {
            "value": _number(columns[shown][row] / theme.scale),
            "peers": _number(self.means.get(shown, float("nan")) / theme.scale),
        }
        since = _day(columns, theme.since, row, day)
        last = {"zh": f"；最近一次 {since}", "en": f"; the last on {since}"} if since else {"zh": "", "en": ""}
        text = {"zh": theme.zh.format(**numbers) + last["zh"], "en": theme.en.format(**numbers) + last["en"]}
        return {"theme": theme.code, "text": text, "since": since}


def _day(columns: Mapping[str, Numbers], since: str | None, row: int, day: date) -> str | None:
    if since is None or since not in columns or np.isnan(columns[since][row]):
        return None
    return date.fromordinal(day.toordinal() - int(columns[since][row])).isoformat()


def _number(value: float) -> str:
    """Short for people: whole numbers whole, others with one or two digits.

    >>> _number(3.0), _number(0.128), _number(11.46), _number(-0.001)
    ('3', '0.13', '11.5', '0.00')
    """
    if float(value).is_integer():
        return str(int(value))
    told = f"{value:.2f}" if abs(value) < 1 else f"{value:.1f}"
    return told.removeprefix("-") if float(told) == 0 else told


def theme_sums(contributions: Numbers, names: Sequence[str], themes: Sequence[Theme]) -> NDArray[np.float64]:
    """(n, f + 1) contributions to (n, themes): the base and columns of no theme are left out."""
    codes = [theme.code for theme in themes]
    spread = np.zeros((len(names) + 1, len(codes)))
    for place, name in enumerate(names):
        code = theme_of(name)
        if code in codes:
            spread[place, codes.index(code)] = 1.0
    return contributions @ spread
