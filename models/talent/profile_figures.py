"""The figures of a profile, for the whole force at once: work done, competency, growth, learning."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from data_contracts.asof import DAYS_A_MONTH, AsOf, add_months
from data_contracts.vocabulary import Bilingual
from models.peers import Frames, Peers

YEAR, GROWTH_MONTHS = 12, 24
STILL_NEW = 9  # a level this near to the day, in months, may end the growth of two years, and no later one may begin it


@dataclass(frozen=True)
class FigureKind:
    """A figure's theme (activity, competency, growth, learning), name and unit."""

    theme: str
    name: Bilingual
    unit: Bilingual


def _kind(theme: str, zh: str, en: str, unit_zh: str = "", unit_en: str = "") -> FigureKind:
    return FigureKind(theme, Bilingual(zh, en), Bilingual(unit_zh, unit_en))


FIGURES = {
    "duty_hours_12m": _kind("activity", "近一年月均勤务时长", "duty hours a month, last year", "小时", "hours"),
    "overtime_hours_12m": _kind("activity", "近一年月均加班", "overtime a month, last year", "小时", "hours"),
    "performance": _kind("activity", "最近三年工作绩效考核均分", "performance appraisals, three years", "分", ""),
    "case_quality": _kind("activity", "最近三年执法质量考核均分", "case quality appraisals, three years", "分", ""),
    "honours_60m": _kind("activity", "近五年表彰奖励", "honours, five years", "次", ""),
    "at_standard": _kind("competency", "达到岗位标准的能力占比", "competencies at the post's standard", "%", "%"),
    "mean_gap": _kind("competency", "能力与岗位标准平均差", "mean level above the post's standard", "级", "levels"),
    "growth_24m": _kind("growth", "近两年能力等级变化", "change of measured levels, two years", "级", "levels"),
    "courses_12m": _kind("learning", "近一年完成课程", "courses completed, last year", "门", ""),
    "course_hours_12m": _kind("learning", "近一年学时", "hours of courses, last year", "学时", "hours"),
    "months_since_course": _kind("learning", "距上次培训", "months since the last course", "个月", "months"),
}  # fmt: skip


def figure_values(frames: Frames, peers: Peers, gaps: pd.DataFrame, as_of: AsOf) -> dict[str, pd.Series]:
    """Each figure by officer_id, null where nothing is known; a figure whose table is absent is left out.

    Where a table is there, no row is none done: 0 honours, 0 courses; no duty month, appraisal or level is unknown.
    """
    everybody = peers.places.index
    found: dict[str, pd.Series] = {}
    if "duty_months" in frames:
        by = _since(frames["duty_months"], "month", YEAR, as_of).groupby("officer_id")
        found["duty_hours_12m"] = by["hours"].mean()
        found["overtime_hours_12m"] = by["overtime_hours"].mean()
    if "appraisals" in frames:
        rows = _since(frames["appraisals"], "occurred_on", 3 * YEAR, as_of)
        for kind in ("performance", "case_quality"):
            found[kind] = rows[rows["kind"] == kind].groupby("officer_id")["score"].mean()
    if "honours" in frames:
        number = _since(frames["honours"], "occurred_on", 5 * YEAR, as_of).groupby("officer_id").size()
        found["honours_60m"] = number.reindex(everybody, fill_value=0)
    if "competency_assessments" in frames:
        measured = gaps.dropna(subset=["gap"]).groupby("officer_id")["gap"]
        if len(gaps):
            found["at_standard"] = 100.0 * measured.agg(lambda gap: float((gap >= 0).mean()))
            found["mean_gap"] = measured.mean()
        found["growth_24m"] = growth(frames["competency_assessments"], as_of)
    if "course_completions" in frames:
        found |= _learning(frames["course_completions"], everybody, as_of)
    return {code: column.astype("float64") for code, column in found.items()}


def _learning(rows: pd.DataFrame, everybody: pd.Index, as_of: AsOf) -> dict[str, pd.Series]:
    by = _since(rows, "occurred_on", YEAR, as_of).groupby("officer_id")
    before = rows[rows["occurred_on"] < as_of.timestamp]
    last = before.groupby("officer_id")["occurred_on"].max()
    return {
        "courses_12m": by.size().reindex(everybody, fill_value=0),
        "course_hours_12m": by["hours"].sum().reindex(everybody, fill_value=0.0),
        "months_since_course": (as_of.timestamp - last).dt.days / DAYS_A_MONTH,
    }


def growth(assessments: pd.DataFrame, as_of: AsOf) -> pd.Series:
    """The mean change over two years of the competencies measured then and since, by officer_id.

    From the last level known two years before to the last one of the last `STILL_NEW` months and more; a competency
    without both is left out, and an officer without any has no growth rather than none.
    """
    rows = assessments[assessments["occurred_on"] < as_of.timestamp].sort_values("occurred_on", kind="stable")
    then = pd.Timestamp(add_months(as_of.day, -GROWTH_MONTHS))
    lately = pd.Timestamp(add_months(as_of.day, -GROWTH_MONTHS + STILL_NEW))
    key = ["officer_id", "competency"]
    before = rows[rows["occurred_on"] < then].groupby(key)["level"].last()
    now = rows[rows["occurred_on"] >= lately].groupby(key)["level"].last()
    return (now - before).dropna().groupby(level=0).mean()


def last_levels(frames: Frames, as_of: AsOf) -> pd.DataFrame:
    """The last measured level of each officer and competency: `officer_id`, `competency`, `level`, `measured_on`."""
    columns = {"occurred_on": "measured_on"}
    names = ["officer_id", "competency", "level", "occurred_on"]
    if "competency_assessments" not in frames:
        empty = pd.DataFrame({name: pd.Series(dtype=object) for name in names})
        return empty.astype({"level": float, "occurred_on": "datetime64[us]"}).rename(columns=columns)
    rows = frames["competency_assessments"][names]
    rows = rows[rows["occurred_on"] < as_of.timestamp].sort_values("occurred_on", kind="stable")
    last = rows.drop_duplicates(["officer_id", "competency"], keep="last").astype(
        {"officer_id": object, "competency": object}
    )
    return last.rename(columns=columns).reset_index(drop=True)


def competency_gaps(frames: Frames, peers: Peers, as_of: AsOf) -> pd.DataFrame:
    """A row for each serving officer and competency that the post has a standard for.

    Columns `officer_id`, `unit_id`, `competency`, `standard`, `level`, `measured_on`, `gap` (level less standard); the
    last three are null where it was never measured. Without standards there are no rows.
    """
    columns = ["officer_id", "unit_id", "competency", "standard", "level", "measured_on", "gap"]
    if "competency_standards" not in frames:
        return pd.DataFrame({name: pd.Series(dtype=object) for name in columns}).astype({"gap": float, "level": float})
    standards = frames["competency_standards"][["post_id", "competency", "standard_level"]].astype(
        {"post_id": object, "competency": object}
    )
    standards = standards.drop_duplicates(["post_id", "competency"], keep="last")
    held = peers.places[["post", "unit_id"]].rename_axis("officer_id").reset_index()
    asked = held.merge(standards, left_on="post", right_on="post_id").rename(columns={"standard_level": "standard"})
    found = asked.merge(last_levels(frames, as_of), on=["officer_id", "competency"], how="left")
    found["gap"] = (found["level"] - found["standard"]).astype(np.float64).round(6)
    return found[columns]


def _since(rows: pd.DataFrame, date: str, months: int, as_of: AsOf) -> pd.DataFrame:
    since = pd.Timestamp(add_months(as_of.day, -months))
    return rows[(rows[date] >= since) & (rows[date] < as_of.timestamp)]
