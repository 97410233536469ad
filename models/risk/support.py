"""Support with courses: what policy suggests for a grade, and the courses that address the themes behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from data_contracts.decisions import SupportAction
from data_contracts.supporting import CourseAdvice
from data_contracts.vocabulary import SupportKind


@dataclass(frozen=True)
class Course:
    """A course on offer."""

    course_id: str
    name_zh: str
    name_en: str
    competency: str
    mandated: bool
    hours: float | None

    def to_json(self) -> dict[str, Any]:
        """As results tell it."""
        return {
            "course_id": self.course_id,
            "name": {"zh": self.name_zh, "en": self.name_en},
            "hours": self.hours,
        }


@dataclass(frozen=True)
class CourseBook:
    """Courses on offer, and which of them each officer has (taken, and still valid)."""

    courses: tuple[Course, ...] = ()
    taken: Callable[[str], frozenset[str]] = field(default=lambda _: frozenset())

    def addressing(
        self, officer_id: str, competencies: Sequence[str], most: int, hours_at_most: float | None = None
    ) -> list[Course]:
        """At most `most` courses that the officer has not got: by competency in the order given, what is mandated
        first, then the shortest. With `hours_at_most` only courses that are known to be no longer.

        >>> law = Course("k1", "法律", "law", "law", False, 8.0)
        >>> duty = Course("k2", "执法规范", "conduct", "law", True, 16.0)
        >>> book = CourseBook((law, duty), lambda officer: frozenset({"k2"} if officer == "b" else ()))
        >>> [one.course_id for one in book.addressing("a", ("law",), 3)]
        ['k2', 'k1']
        >>> [one.course_id for one in book.addressing("b", ("law",), 3)]
        ['k1']
        """
        if not competencies or not self.courses:
            return []
        had = self.taken(officer_id)
        wanted = {name: place for place, name in enumerate(competencies)}
        longest = float("inf") if hours_at_most is None else hours_at_most
        fitting = [
            one
            for one in self.courses
            if one.competency in wanted
            and one.course_id not in had
            and (hours_at_most is None or (one.hours is not None and one.hours <= longest))
        ]
        return sorted(fitting, key=lambda one: _order(one, wanted))[:most]


def _order(course: Course, wanted: Mapping[str, int]) -> tuple[bool, int, float, str]:
    hours = float("inf") if course.hours is None else course.hours
    return not course.mandated, wanted[course.competency], hours, course.course_id


def support_of(
    officer_id: str,
    outcome: str,
    actions: Iterable[SupportAction],
    themes: Sequence[str],
    book: CourseBook,
    advice: CourseAdvice,
) -> list[dict[str, Any]]:
    """The actions as results tell them; beside training stand the courses that address the themes told as reasons."""
    addressed = advice.competencies_for(tuple(themes))

    def courses_of(action: SupportAction) -> list[dict[str, Any]]:
        most = advice.most if action.courses_at_most is None else min(action.courses_at_most, advice.most)
        wanted = action.competencies or addressed
        return [one.to_json() for one in book.addressing(officer_id, wanted, most, action.hours_at_most)]

    return [
        {
            "outcome": outcome,
            "kind": action.kind.value,
            "text": {"zh": action.zh, "en": action.en},
            "within_days": action.within_days,
            "courses": courses_of(action) if action.kind == SupportKind.TRAINING else [],
        }
        for action in actions
    ]
