"""The part of the oracle about shift and supervisor: changes, and the others on the shift and under the supervisor.

It shares no code with the features either.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

from tests.features.oracle_of_work import Row, Standing

SHIFT_MEASURES = (
    "complaints_24m",
    "complaints_sustained_60m",
    "complaints_use_of_force_24m",
    "force_reports_24m",
    "complaints_3m",
    "complaints_12m",
    "complaints_use_of_force_12m",
    "complaints_officer_filed_24m",
    "force_reports_12m",
)


def postings_of(oracle: Standing, officer: str, day: date) -> list[Row]:
    """In order, the present one last."""
    rows = oracle.stood("postings", day, "started_on", officer)
    return sorted(rows, key=lambda row: (row["started_on"], row["known_on"], row["post_id"], row["unit_id"]))


def supervisors(oracle: Standing, officer: str, day: date) -> dict[str, float | None]:
    """How often the supervisor changed, and days under the present one."""
    rows = postings_of(oracle, officer, day)
    last, begun, changes = None, day, list[date]()
    for row in rows:
        if row.get("supervisor_id") is not None and row.get("supervisor_id") != last:
            if last is not None:
                changes.append(row["started_on"])
            last, begun = row.get("supervisor_id"), row["started_on"]
    named = bool(rows) and rows[-1].get("supervisor_id") is not None
    told: dict[str, float | None] = {"days_under_supervisor": float((day - begun).days) if named else None}
    for years in (1, 2):
        first = date(day.year - years, day.month, min(day.day, 28) if day.month == 2 else day.day)
        count = float(sum(start >= first for start in changes))
        told[f"supervisor_changes_{12 * years}m"] = None if last is None else count
    return told


def led_together(
    oracle: Standing, officer: str, day: date, counted: Mapping[str, Mapping[str, Any]]
) -> dict[str, float | None]:
    """The others on the same shift of the unit and under the same supervisor; `counted` are everybody's features."""
    told: dict[str, float | None] = {}
    for circle, keys in (("shift", ("unit_id", "shift")), ("span", ("supervisor_id",))):
        own = _place(oracle, officer, day, keys)
        there = [other for other in counted if None not in own and _place(oracle, other, day, keys) == own]
        others = [counted[other] for other in there if other != officer]
        told[f"{circle}_size"] = float(len(there)) if there else None
        for name in SHIFT_MEASURES if circle == "shift" else SHIFT_MEASURES[:1]:
            known = any(counted[other][name] is not None for other in there)
            total = sum(row[name] or 0.0 for row in others)
            told[f"{circle}_others_mean_{name}"] = total / len(others) if others and known else None
            if circle == "span":
                hours = sum(math.floor((row["exposure_hours_24m"] or 0.0) * 1000 + 0.5) for row in others) / 1000
                told["span_others_complaints_per_1000_hours_24m"] = total * 1000 / hours if hours and known else None
    return told


def _place(oracle: Standing, officer: str, day: date, keys: tuple[str, ...]) -> tuple[Any, ...]:
    rows = postings_of(oracle, officer, day)
    return tuple(rows[-1].get(key) if rows else None for key in keys)
