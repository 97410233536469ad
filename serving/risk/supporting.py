"""Support beside a result: policy's actions for the grade, with courses for the themes behind it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from data_contracts.policy import policy
from models.risk.flags import WARNED
from models.risk.support import CourseBook, support_of


def support_for(
    officer_id: str, outcome: str, grade: str, themes: Sequence[str], book: CourseBook
) -> list[dict[str, Any]]:
    """What is suggested for one outcome at one grade; `themes` are those told as reasons."""
    rules = policy()
    return support_of(officer_id, outcome, rules.support_for(outcome, grade), themes, book, rules.course_themes)


def support_column(rows: pd.DataFrame, main: Mapping[str, int], book: CourseBook) -> pd.Series:
    """The JSON of each warned row (poor or fair) at its outcome's main horizon, null for the others.

    `rows` have officer_id, outcome, horizon_months, grade and reasons; the index is kept.
    """
    found = pd.Series(None, index=rows.index, dtype=object)
    warned = rows["grade"].isin(WARNED) & (rows["horizon_months"] == rows["outcome"].map(main))
    for row in rows[warned].itertuples():
        officer_id, outcome, grade = str(row.officer_id), str(row.outcome), str(row.grade)
        told = support_for(officer_id, outcome, grade, themes_of(row.reasons), book)
        found.at[row.Index] = json.dumps(told, ensure_ascii=False)
    return found


def themes_of(reasons: Any) -> list[str]:
    """The themes of reasons as stored, strongest first.

    >>> themes_of('[{"theme": "complaints"}]'), themes_of(None)
    (['complaints'], [])
    """
    return [str(one["theme"]) for one in json.loads(reasons)] if isinstance(reasons, str) else []
