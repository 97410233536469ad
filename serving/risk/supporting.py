"""Support beside a result: policy's actions for the grade, with courses for the themes behind it.

One rule says whose outcomes have support, for the night and for a request; one function says what it is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any

import pandas as pd

from data_contracts.decisions import SupportAction
from data_contracts.policy import policy
from data_contracts.vocabulary import SupportKind
from models.risk.course_book import CourseBook
from models.risk.flags import WARNED
from models.risk.support import Asked, support_of


def is_supported(grade: str, overall: str | None) -> bool:
    """Whether an outcome has support: every warned one, and where nobody warns those that make the officer's grade.

    >>> is_supported("fair", "poor"), is_supported("good", "good"), is_supported("good", "poor")
    (True, True, False)
    """
    return grade in WARNED or grade == overall


def support_for(asked: Asked, grade: str, book: CourseBook) -> list[dict[str, Any]]:
    """What is suggested for one outcome at one grade."""
    rules = policy()
    return support_of(asked, rules.support_for(asked.outcome, grade), book, rules.course_themes)


def support_column(rows: pd.DataFrame, main: Mapping[str, int], book: CourseBook, day: date) -> pd.Series:
    """The JSON of each row that has support, at its outcome's main horizon, null for the others.

    `rows` have officer_id, outcome, horizon_months, grade, overall_grade and reasons; the index is kept.
    """
    found = pd.Series(None, index=rows.index, dtype=object)
    graded = rows["grade"].notna() & (rows["horizon_months"] == rows["outcome"].map(main))
    for row in rows[graded].itertuples():
        outcome, grade = str(row.outcome), str(row.grade)
        if not is_supported(grade, str(row.overall_grade)):
            continue
        found.at[row.Index] = _same_for_all(outcome, policy().support_for(outcome, grade)) or _text(
            support_for(Asked(str(row.officer_id), outcome, themes_of(row.reasons), day), grade, book)
        )
    return found


@lru_cache(maxsize=64)
def _same_for_all(outcome: str, actions: tuple[SupportAction, ...]) -> str | None:
    """The JSON where no action looks for courses, so that it is the same for everybody; else None."""
    if any(one.kind == SupportKind.TRAINING and one.courses_at_most != 0 for one in actions):
        return None
    return _text(support_of(Asked("", outcome, (), date.min), actions, CourseBook(), policy().course_themes))


def _text(told: list[dict[str, Any]]) -> str:
    return json.dumps(told, ensure_ascii=False)


def themes_of(reasons: Any) -> list[str]:
    """The themes of reasons as stored, strongest first.

    >>> themes_of('[{"theme": "complaints"}]'), themes_of(None)
    (['complaints'], [])
    """
    return [str(one["theme"]) for one in json.loads(reasons)] if isinstance(reasons, str) else []
