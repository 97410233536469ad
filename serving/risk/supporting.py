"""Support beside a result: policy's actions for the grade, with courses for the themes behind it.

Flags and support are one decision: praise is suggested with a commend flag and never without one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from data_contracts.decisions import SupportAction
from data_contracts.policy import policy
from data_contracts.vocabulary import Grade, SupportKind
from models.risk.flags import WARNED
from models.risk.support import CourseBook, support_of


@dataclass(frozen=True)
class About:
    """What support is about: a graded result, and whether it has a commend flag."""

    outcome: str
    horizon_months: int
    grade: str
    commended: bool = False

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> About:
        """Of a graded and flagged row."""
        commended = any(flag["kind"] == "commend" for flag in flags_told(row["flags"]))
        return cls(str(row["outcome"]), int(row["horizon_months"]), str(row["grade"]), commended)

    @property
    def is_told(self) -> bool:
        """Whether it is told whatever the officer's other grades are: what is warned of, and what is commended."""
        return self.grade in WARNED or self.commended


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


def support_for(officer_id: str, about: About, themes: Sequence[str], book: CourseBook) -> list[dict[str, Any]]:
    """What is suggested for one outcome at one grade; `themes` are those told as reasons."""
    told = support_of(officer_id, about.outcome, actions_for(about), themes, book, policy().course_themes)
    return [{**one, "horizon_months": about.horizon_months} for one in told]


def support_column(rows: pd.DataFrame, main: Mapping[str, int], book: CourseBook) -> pd.Series:
    """The JSON of each row, warned (poor or fair) or commended, at its outcome's main horizon; null for the others.

    `rows` have officer_id, outcome, horizon_months, grade, flags and reasons; the index is kept.
    """
    found = pd.Series(None, index=rows.index, dtype=object)
    graded = rows["grade"].notna() & (rows["horizon_months"] == rows["outcome"].map(main))
    for index, row in zip(rows.index[graded], rows[graded].to_dict("records"), strict=True):
        about = About.of({str(name): value for name, value in row.items()})
        if about.is_told:
            told = support_for(str(row["officer_id"]), about, themes_of(row["reasons"]), book)
            found.at[index] = json.dumps(told, ensure_ascii=False)
    return found


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
