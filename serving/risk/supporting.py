"""Support beside a result: policy's actions for the grade, with courses for the themes behind it.

One rule says whose outcomes have support, for the night and for a request; one function says what it is. Flags and
support are one decision: praise is suggested with a commend flag and never without one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import pandas as pd

from data_contracts.decisions import SupportAction
from data_contracts.policy import policy
from data_contracts.vocabulary import Grade, SupportKind
from models.risk.course_book import CourseBook
from models.risk.flags import WARNED
from models.risk.support import Asked, support_of


@dataclass(frozen=True)
class About:
    """What support is about: a graded result, the officer's grade over everything, and whether it is commended."""

    outcome: str
    horizon_months: int
    grade: str
    overall: str | None = None
    commended: bool = False

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> About:
        """Of a graded and flagged row."""
        commended = any(flag["kind"] == "commend" for flag in flags_told(row["flags"]))
        overall = row["overall_grade"]
        names = str(row["outcome"]), int(row["horizon_months"]), str(row["grade"])
        return cls(*names, None if pd.isna(overall) else str(overall), commended)

    @property
    def is_told(self) -> bool:
        """Whether there is support: for what is warned of or commended, and where nobody warns for what makes the
        officer's grade.

        >>> about = [About("conduct", 12, grade, overall) for grade, overall in (("fair", "poor"), ("good", "good"),
        ...     ("good", "poor"))]
        >>> [one.is_told for one in about]
        [True, True, False]
        """
        return self.grade in WARNED or self.commended or self.grade == self.overall


def actions_for(about: About) -> tuple[SupportAction, ...]:
    """Policy's actions for the grade; praise, which policy sets for the best grade, only where there is a flag for it.

    >>> [action.kind.value for action in actions_for(About("conduct", 12, "excellent"))]
    []
    >>> [action.kind.value for action in actions_for(About("conduct", 12, "good", commended=True))]
    ['commendation', 'training']
    """
    rules = policy()
    praise = [one for one in rules.support_for(about.outcome, Grade.EXCELLENT.value) if _is_praise(one)]
    others = [one for one in rules.support_for(about.outcome, about.grade) if not _is_praise(one)]
    return (*(praise if about.commended else ()), *others)


def support_for(officer_id: str, about: About, reasons: Any, day: date, book: CourseBook) -> list[dict[str, Any]]:
    """What is suggested for one result on a day; `reasons` are those told, as stored."""
    asked = Asked(officer_id, about.outcome, themes_of(reasons), day)
    told = support_of(asked, actions_for(about), book, policy().course_themes)
    return [{**one, "horizon_months": about.horizon_months} for one in told]


def support_column(rows: pd.DataFrame, main: Mapping[str, int], book: CourseBook, day: date) -> pd.Series:
    """The JSON of each row that has support, at its outcome's main horizon; null for the others.

    `rows` have officer_id, outcome, horizon_months, grade, overall_grade, flags and reasons; the index is kept.
    """
    found = pd.Series(None, index=rows.index, dtype=object)
    graded = rows["grade"].notna() & (rows["horizon_months"] == rows["outcome"].map(main))
    for index, row in zip(rows.index[graded], rows[graded].to_dict("records"), strict=True):
        about = About.of({str(name): value for name, value in row.items()})
        if not about.is_told:
            continue
        same = _same_for_all(about, actions_for(about))
        found.at[index] = same or _text(support_for(str(row["officer_id"]), about, row["reasons"], day, book))
    return found


@lru_cache(maxsize=256)
def _same_for_all(about: About, actions: tuple[SupportAction, ...]) -> str | None:
    """The JSON where no action looks for courses, so that it is the same for everybody; else None."""
    if any(one.kind == SupportKind.TRAINING and one.courses_at_most != 0 for one in actions):
        return None
    return _text(support_for("", about, None, date.min, CourseBook()))


def _text(told: list[dict[str, Any]]) -> str:
    return json.dumps(told, ensure_ascii=False)


def themes_of(reasons: Any) -> list[str]:
    """The themes of reasons as stored, strongest first.

    >>> themes_of('[{"theme": "complaints"}]'), themes_of(None)
    (['complaints'], [])
    """
    return [str(one["theme"]) for one in json.loads(reasons)] if isinstance(reasons, str) else []


def flags_told(flags: Any) -> list[dict[str, Any]]:
    """Flags as stored.

    >>> flags_told('[{"kind": "approach"}]'), flags_told(None)
    ([{'kind': 'approach'}], [])
    """
    found: list[dict[str, Any]] = json.loads(flags) if isinstance(flags, str) else []
    return found


def _is_praise(action: SupportAction) -> bool:
    return action.kind == SupportKind.COMMENDATION
