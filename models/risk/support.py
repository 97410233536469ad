"""Support for a grade: policy's actions, and beside training the courses that address the reasons of this officer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from data_contracts.decisions import SupportAction
from data_contracts.supporting import CourseAdvice
from data_contracts.vocabulary import Bilingual, SupportKind
from models.risk.course_book import CourseBook, Limits, Wanted

NO_THEME = Bilingual("没有针对这些原因的课程", "no course addresses these reasons")
NONE_LEFT = Bilingual(
    "针对这些原因的课程，本人均已修过，或不适合其岗位，或不合此措施的内容与学时",
    "what addresses these reasons has been taken, does not suit the post, or is not what this action asks for",
)
NO_OFFER = Bilingual("没有可选课程的资料", "no courses are known")


@dataclass(frozen=True)
class Asked:
    """Whose support is asked for: one outcome of one officer on a day, with the themes told as reasons."""

    officer_id: str
    outcome: str
    themes: Sequence[str]
    day: date


def support_of(
    asked: Asked, actions: Iterable[SupportAction], book: CourseBook, advice: CourseAdvice
) -> list[dict[str, Any]]:
    """The actions as results tell them. Beside training stand courses that address a theme told as a reason (or close
    a gap, where the action is about gaps); where there is none, `no_courses` says why."""
    return [
        {
            "outcome": asked.outcome,
            "kind": action.kind.value,
            "text": {"zh": action.zh, "en": action.en},
            "within_days": action.within_days,
            **_courses(asked, action, book, advice),
        }
        for action in actions
    ]


def _courses(asked: Asked, action: SupportAction, book: CourseBook, advice: CourseAdvice) -> dict[str, Any]:
    if action.kind != SupportKind.TRAINING or action.courses_at_most == 0:
        return {"courses": []}
    most = advice.most if action.courses_at_most is None else min(action.courses_at_most, advice.most)
    own = [Wanted("", (), gaps=True)] if action.gaps else []
    lines = {one.theme: one for one in advice.theme}
    told = [lines[theme] for theme in dict.fromkeys(asked.themes) if theme in lines]
    wanted = [*own, *(Wanted(one.theme, one.competencies, one.gaps) for one in told)]
    limits = Limits(action.competencies, action.hours_at_most, most)
    found = book.addressing(asked.officer_id, wanted, limits, asked.day)
    if found:
        return {"courses": [one.to_json() for one in found]}
    why = NO_OFFER if not book.courses else NONE_LEFT if wanted else NO_THEME
    return {"courses": [], "no_courses": {"zh": why.zh, "en": why.en}}
