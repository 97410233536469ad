"""The same features told a second time, slowly, in plain Python: one officer, one day, one loop at a time.

It shares no code with the features; only the names agree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pandas as pd

from tests.features.oracle_of_supervisors import led_together, supervisors
from tests.features.oracle_of_work import duty_load, mandated_training, over_limit, past_least_time

Row = Mapping[str, Any]
Value = float | str | None
SUFFIXES: dict[str, int | None] = {"3m": 3, "12m": 12, "24m": 24, "60m": 60, "ever": None}
FINDINGS = ("sustained", "not_sustained", "unfounded", "exonerated", "no_affidavit")
CATEGORIES = [
    "use_of_force",
    "search_arrest_rights",
    "operations",
    "neglect_unbecoming",
    "verbal_abuse",
    "lockup",
    "off_duty_conduct",
    "civil_suit",
    "crime",
    "traffic",
    "substance",
    "other",
]


def months_before(day: date, months: int) -> date:
    """Calendar months back, clamped to the end of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    following = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    return date(year, month + 1, min(day.day, (following - timedelta(days=1)).day))


class Oracle:
    """Answers feature by feature from frames of accepted rows."""

    def __init__(self, frames: Mapping[str, pd.DataFrame]) -> None:
        self.tables = {name: [_plain(row) for row in frame.to_dict("records")] for name, frame in frames.items()}

    def stood(self, table: str, day: date, happened: str | None, officer: str | None = None) -> list[Row]:
        """The rows that stood at a day."""
        return [
            row
            for row in self.tables.get(table, [])
            if (officer is None or row["officer_id"] == officer)
            and (happened is None or (row[happened] is not None and row[happened] < day))
            and row["known_on"] <= day
            and (row["superseded_on"] is None or row["superseded_on"] > day)
        ]

    def counted(self, day: date) -> set[str]:
        """Who is counted."""
        everybody = {row["officer_id"] for name in ("officers", "postings") for row in self.tables.get(name, [])}
        keeps_roster = any(row["kind"] == "roster" for row in self.tables.get("promotions", []))
        there = set()
        for officer in everybody:
            own = self.stood("officers", day, None, officer)
            entered = max((row["entered_on"] for row in own if row["entered_on"]), default=None)
            left = any(row["left_on"] and row["left_on"] <= day for row in own)
            on_record = bool(own) or "officers" not in self.tables
            appointed = entered < day if entered else bool(self.stood("postings", day, "started_on", officer))
            sworn = not keeps_roster or any(
                row["kind"] == "roster" and row["occurred_on"].year == day.year - 1
                for row in self.stood("promotions", day, "occurred_on", officer)
            )
            if on_record and appointed and not left and sworn:
                there.add(officer)
        return there

    def features(self, officer: str, day: date) -> dict[str, Value]:
        """Every feature of one officer at one day."""
        told = self._own(officer, day)
        told |= self._around(officer, day, told)
        return told

    def _own(self, officer: str, day: date) -> dict[str, Value]:
        told: dict[str, Value] = {}
        told |= self._standing(officer, day)
        told |= self._rank(officer, day, told.pop("posting_rank"))
        told |= self._complaints(officer, day) | self._force(officer, day)
        told |= self._development(officer, day) | self._duty(officer, day)
        told |= duty_load(self, officer, day) | mandated_training(self, officer, day, told["track"])
        told |= self.network(officer, day) | supervisors(self, officer, day)
        return told | self._rates(told, day)

    def _standing(self, officer: str, day: date) -> dict[str, Value]:
        names = (
            "unit_id post_id posting_ended days_in_unit days_in_post moves_3m moves_12m moves_24m moves_60m moves_ever"
        )
        told: dict[str, Value] = dict.fromkeys([*names.split(), "days_since_first_posting", "posting_rank"])
        rows = sorted(
            self.stood("postings", day, "started_on", officer),
            key=lambda row: (row["started_on"], row["known_on"], row["post_id"], row["unit_id"]),
        )
        if rows:
            units = [rows[0]["started_on"]]
            posts = [rows[0]["started_on"]]
            for before, row in pairwise(rows):
                if row["unit_id"] != before["unit_id"]:
                    units.append(row["started_on"])
                if row["post_id"] != before["post_id"]:
                    posts.append(row["started_on"])
            last = rows[-1]
            told |= {"unit_id": last["unit_id"], "post_id": last["post_id"], "posting_rank": last["rank_step"]}
            told["posting_ended"] = float(last["ended_on"] is not None and last["ended_on"] <= day)
            told["days_in_unit"] = float((day - units[-1]).days)
            told["days_in_post"] = float((day - posts[-1]).days)
            for months in (3, 12, 24, 60):
                told[f"moves_{months}m"] = float(sum(start >= months_before(day, months) for start in units[1:]))
            told["moves_ever"] = float(len(units) - 1)
            told["days_since_first_posting"] = float((day - rows[0]["started_on"]).days)
        own = self.stood("officers", day, None, officer)
        entered = max((row["entered_on"] for row in own if row["entered_on"]), default=None)
        told["tenure_days"] = float((day - entered).days) if entered else told["days_since_first_posting"]
        for name in ("track", "education"):
            told[name] = max((row[name] for row in own if row[name]), default=None)
        return told

    def _rank(self, officer: str, day: date, posting_rank: Value) -> dict[str, Value]:
        rows = [row for row in self.stood("promotions", day, "occurred_on", officer) if row["ladder"] != "police_rank"]
        rows.sort(key=lambda row: (row["occurred_on"], row["known_on"], row["ladder"], row["rank_step"]))
        if not rows:
            return {
                "rank_code": posting_rank,
                "rank_position": None,
                "days_in_rank": None,
                "months_past_least_time": None,
            }
        since = rows[0]["occurred_on"]
        for before, row in pairwise(rows):
            if row["rank_step"] != before["rank_step"]:
                since = row["occurred_on"]
        places = [
            row["position"]
            for row in self.stood("rank_steps", day, None)
            if row["position"] is not None
            and (row["ladder"], row["rank_step"]) == (rows[-1]["ladder"], rows[-1]["rank_step"])
        ]
        return {
            "rank_code": rows[-1]["rank_step"],
            "rank_position": float(max(places)) if places else None,
            "days_in_rank": float((day - since).days),
            "months_past_least_time": past_least_time(rows[-1]["ladder"], rows[-1]["rank_step"], (day - since).days),
        }

    def _counts(
        self,
        table: str,
        happened: str,
        officer: str,
        day: date,
        name: str,
        when: Callable[[Row], Any],
    ) -> dict[str, Value]:
        """Counts in windows and days since the last; null where the table is absent."""
        if table not in self.tables:
            names = [*(f"{name}_{suffix}" for suffix in SUFFIXES), f"days_since_{name}"]
            return dict.fromkeys([*names, *(f"{name}_fading_{half}m" for half in _fades(name))])
        days = [row[happened] for row in self.stood(table, day, happened, officer) if when(row) is True]
        told: dict[str, Value] = {f"days_since_{name}": float((day - max(days)).days) if days else None}
        for suffix in SUFFIXES:
            told[f"{name}_{suffix}"] = float(sum(_inside(each, day, suffix) for each in days))
        for half in _fades(name):
            told[f"{name}_fading_{half}m"] = sum(round(0.5 ** ((day - e).days / (half * 30.4375)), 6) for e in days)
        return told

    def _numbers(
        self, table: str, happened: str, officer: str, day: date, column: str, suffix: str, when: Callable[[Row], bool]
    ) -> list[float]:
        return [
            row[column]
            for row in self.stood(table, day, happened, officer)
            if row[column] is not None and when(row) and _inside(row[happened], day, suffix)
        ]

    def _complaints(self, officer: str, day: date) -> dict[str, Value]:
        def count(name: str, when: Callable[[Row], Any]) -> dict[str, Value]:
            return self._counts("complaints", "opened_on", officer, day, name, when)

        told = count("complaints", lambda row: True)
        for finding in FINDINGS:
            told |= count(f"complaints_{finding}", _equals("finding", finding))
        told |= count("complaints_pending", lambda row: row["finding"] is None)
        for category in CATEGORIES:
            told |= count(f"complaints_{category}", _equals("category", category))
        told |= count("complaints_officer_filed", lambda row: row["officer_filed"])
        return told | count(
            "complaints_sustained_use_of_force",
            lambda row: (row["finding"], row["category"]) == ("sustained", "use_of_force"),
        )

    def _force(self, officer: str, day: date) -> dict[str, Value]:
        def count(name: str, when: Callable[[Row], Any]) -> dict[str, Value]:
            return self._counts("force_reports", "occurred_on", officer, day, name, when)

        told = count("force_reports", lambda row: True)
        for kind in ("taser", "firearm_used", "subject_injured", "officer_injured"):
            told |= count(f"force_reports_{kind}", _value(kind))
        return told | count("force_reports_off_duty", lambda row: row["on_duty"] is False)

    def _development(self, officer: str, day: date) -> dict[str, Value]:
        def count(table: str, name: str, when: Callable[[Row], Any]) -> dict[str, Value]:
            return self._counts(table, "occurred_on", officer, day, name, when)

        merit = ("third_class", "second_class", "first_class", "title")
        told = count("honours", "honours", lambda row: True)
        told |= count("honours", "honours_of_merit", lambda row: row["level"] in merit)
        told |= count("course_completions", "courses", lambda row: True)
        told |= count("competency_assessments", "competency_assessments", lambda row: True)
        told |= count("appraisals", "appraisals", lambda row: True)
        told |= count("appraisals", "appraisals_not_competent", lambda row: row["grade"] == "not_competent")
        told |= count("appraisals", "appraisals_excellent", lambda row: row["grade"] == "excellent")
        told |= count("promotions", "rank_steps_taken", lambda row: row["kind"] == "step")
        for suffix in SUFFIXES:
            told |= self._means(officer, day, suffix)
        late, both = told["competency_assessments_12m"], told["competency_assessments_24m"]
        level, all_levels = told["competency_level_mean_12m"], told["competency_level_mean_24m"]
        told["competency_level_trend_12m"] = None
        if level is not None and all_levels is not None and _number(both) > _number(late):
            before = (_number(all_levels) * _number(both) - _number(level) * _number(late)) / (
                _number(both) - _number(late)
            )
            told["competency_level_trend_12m"] = _number(level) - before
        return told

    def _means(self, officer: str, day: date, suffix: str) -> dict[str, Value]:
        def numbers(table: str, column: str, when: Callable[[Row], bool] = lambda row: True) -> list[float]:
            return self._numbers(table, "occurred_on", officer, day, column, suffix, when)

        hours = numbers("course_completions", "hours")
        told: dict[str, Value] = {
            f"course_hours_{suffix}": sum(hours) if "course_completions" in self.tables else None,
            f"course_score_mean_{suffix}": _mean(numbers("course_completions", "score")),
            f"competency_level_mean_{suffix}": _mean(numbers("competency_assessments", "level")),
        }
        for kind in ("performance", "case_quality", "supervision"):
            scores = numbers("appraisals", "score", _equals("kind", kind))
            told[f"appraisal_{kind}_score_mean_{suffix}"] = _mean(scores)
        return told

    def _duty(self, officer: str, day: date) -> dict[str, Value]:
        told = self._counts("duty_months", "month", officer, day, "duty_months", lambda row: True)
        told |= self._counts("duty_months", "month", officer, day, "overtime_months_over_limit", over_limit)
        told.pop("days_since_duty_months")
        told.pop("days_since_overtime_months_over_limit")
        columns = {"duty_hours": "hours"} | {name: name for name in _DUTY[1:]}
        for suffix in SUFFIXES:
            for name, column in columns.items():
                values = self._numbers("duty_months", "month", officer, day, column, suffix, lambda row: True)
                told[f"{name}_{suffix}"] = sum(values) if "duty_months" in self.tables else None
        return told

    def network(self, officer: str, day: date) -> dict[str, float | None]:
        """Co-accused."""
        means = ("co_accused_complaints_mean", "co_accused_sustained_mean")
        names = (*(f"co_accused_{suffix}" for suffix in SUFFIXES), *means)
        if "complaints" not in self.tables:
            return dict.fromkeys(names)
        everything = self.stood("complaints", day, "opened_on")
        own = [row for row in everything if row["officer_id"] == officer]
        with_whom: dict[str, date] = {}
        for mine in own:
            for row in everything:
                if row["complaint_id"] == mine["complaint_id"] and row["officer_id"] != officer:
                    other = row["officer_id"]
                    with_whom[other] = max(with_whom.get(other, date.min), mine["opened_on"])
        pasts = {other: [row for row in everything if row["officer_id"] == other] for other in with_whom}
        return {
            **{f"co_accused_{suffix}": float(_among(with_whom, day, suffix)) for suffix in SUFFIXES},
            means[0]: _mean([float(len(rows)) for rows in pasts.values()]),
            means[1]: _mean([float(sum(row["finding"] == "sustained" for row in rows)) for rows in pasts.values()]),
        }

    def _rates(self, told: Mapping[str, Value], day: date) -> dict[str, Value]:
        rates: dict[str, Value] = {}
        for suffix, months in SUFFIXES.items():
            if "duty_months" in self.tables:
                hours = told[f"duty_hours_{suffix}"]
            elif told["tenure_days"] is None:
                hours = None
            else:
                span = float((day - months_before(day, months)).days) if months else float("inf")
                hours = min(_number(told["tenure_days"]), span) / 30.4375 * 160.0
            rates[f"exposure_hours_{suffix}"] = hours if hours else None
        for name in ("complaints", "complaints_sustained", "complaints_use_of_force", "force_reports"):
            for suffix in SUFFIXES:
                rates[f"{name}_per_1000_hours_{suffix}"] = _over(
                    told[f"{name}_{suffix}"], rates[f"exposure_hours_{suffix}"], 1000.0
                )
            before = _over(
                _less(told[f"{name}_24m"], told[f"{name}_12m"]),
                _less(rates["exposure_hours_24m"], rates["exposure_hours_12m"]),
                1000.0,
            )
            rates[f"{name}_per_1000_hours_trend_12m"] = _less(rates[f"{name}_per_1000_hours_12m"], before)
        return rates | self._duty_rates(told)

    def _duty_rates(self, told: Mapping[str, Value]) -> dict[str, Value]:
        rates: dict[str, Value] = {}
        for name in _DUTY:
            for suffix in SUFFIXES:
                rates[f"{name}_per_duty_month_{suffix}"] = _over(
                    told[f"{name}_{suffix}"], told[f"duty_months_{suffix}"]
                )
            before = _over(
                _less(told[f"{name}_12m"], told[f"{name}_3m"]), _less(told["duty_months_12m"], told["duty_months_3m"])
            )
            rates[f"{name}_per_duty_month_trend_3m"] = _less(rates[f"{name}_per_duty_month_3m"], before)
        return rates

    def _around(self, officer: str, day: date, own: Mapping[str, Value]) -> dict[str, Value]:
        counted = {other: self._own(other, day) for other in self.counted(day)}
        told: dict[str, Value] = {}
        for group in ("unit", "post"):
            there = {other: row for other, row in counted.items() if row[f"{group}_id"] == own[f"{group}_id"]}
            there = there if own[f"{group}_id"] is not None else {}
            others = [row for other, row in there.items() if other != officer]
            told[f"{group}_size"] = float(len(there)) if there else None
            for name in _MEANS[group]:
                missing = bool(there) and all(row[name] is None for row in there.values())
                mean = None if missing else _mean([_number(row[name]) for row in others])
                if group == "unit":
                    told[f"unit_others_mean_{name}"] = mean
                    if name in _RECENT:
                        force = _mean([_number(row[name]) for row in counted.values() if row[name] is not None])
                        told[f"unit_others_above_force_{name}"] = _less(mean, force)
                else:
                    told[f"{name}_minus_post_others"] = _less(own[name], mean)
                    told[f"{name}_over_post_others"] = _over(own[name], mean)
        return told | led_together(self, officer, day, counted)


_DUTY = ("duty_hours", "nights", "overtime_hours", "leave_days", "sick_days")
_RECENT = (
    "complaints_3m",
    "complaints_12m",
    "complaints_use_of_force_12m",
    "complaints_officer_filed_24m",
    "force_reports_12m",
)
_MEANS = {
    "unit": (
        "complaints_24m",
        "complaints_sustained_60m",
        "complaints_use_of_force_24m",
        "force_reports_24m",
        *_RECENT,
    ),
    "post": (
        "complaints_24m",
        "complaints_sustained_60m",
        "force_reports_24m",
        "courses_12m",
        "overtime_hours_12m",
        "overtime_load",
        "nights_load",
    ),
}


_FADING = (
    "complaints",
    "complaints_use_of_force",
    "complaints_sustained",
    "complaints_officer_filed",
    "complaints_pending",
    "force_reports",
)


def _fades(name: str) -> tuple[int, ...]:
    return (6, 12, 24, 48) if name in _FADING else ()


def _equals(column: str, value: str) -> Callable[[Row], bool]:
    return lambda row: bool(row[column] == value)


def _value(column: str) -> Callable[[Row], Any]:
    return lambda row: row[column]


def _plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name, value in row.items():
        if pd.isna(value):
            told[name] = None
        elif isinstance(value, pd.Timestamp):
            told[name] = value.date()
        else:
            told[name] = bool(value) if name in _TRUTHS else value
    return told


_TRUTHS = ("mandated", "officer_filed", "taser", "firearm_used", "subject_injured", "officer_injured", "on_duty")


def _among(last_days: Mapping[str, date], day: date, suffix: str) -> int:
    return sum(_inside(last, day, suffix) for last in last_days.values())


def _inside(day: date, as_of: date, suffix: str) -> bool:
    months = SUFFIXES[suffix]
    return months is None or day >= months_before(as_of, months)


def _number(value: Value) -> float:
    return float(value) if value is not None else 0.0


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _less(left: Value, right: Value) -> Value:
    return None if left is None or right is None else float(left) - float(right)


def _over(value: Value, by: Value, times: float = 1.0) -> Value:
    return None if value is None or by is None or float(by) == 0.0 else float(value) * times / float(by)
