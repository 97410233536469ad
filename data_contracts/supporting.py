"""What the department decides about help: which courses address what, and which changes may be thought through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from data_contracts.decisions import STRICT, Code, OutcomeRule, Share, Words
from data_contracts.vocabulary import Bilingual, Outcome


@dataclass(frozen=True)
class ThemeCourses:
    """The competencies that address a theme of reasons, the most fitting first; with `gaps` those come first in which
    the officer lies below the standard of the present post, whichever they are."""

    __pydantic_config__ = STRICT

    theme: Code
    competencies: Annotated[tuple[Code, ...], Field(min_length=1)]
    gaps: bool = False


@dataclass(frozen=True)
class CourseAdvice:
    """Courses named beside a training action: at most `most` of those on offer (policy/courses.toml says which)."""

    __pydantic_config__ = STRICT

    most: Annotated[int, Field(ge=1, le=10)]
    theme: tuple[ThemeCourses, ...]


@dataclass(frozen=True)
class Change:
    """One thing that an officer or a leader can change, as if it had held for the last `months` (windows of features).

    `measure` is a monthly figure of duty (brought `to` a mean, or changed by `add` a month) or `courses` (`add` in
    all). The monthly figure stays within `least` and `most`, and moves by at most `most_step`; `step_zh` and `step_en`
    are said where that keeps it short of the mean. Words hold {before} and {after}.
    """

    __pydantic_config__ = STRICT

    code: Code
    who: Literal["officer", "leader"]
    measure: Literal["overtime_hours", "nights", "leave_days", "courses"]
    zh: Words
    en: Words
    months: Literal[3, 12] = 3
    to: Literal["post_mean", "force_mean"] | None = None
    add: float = 0.0
    hours: Annotated[float, Field(ge=0)] = 0.0
    least: Annotated[float, Field(ge=0)] = 0.0
    most: Annotated[float, Field(gt=0)] = 1000.0
    most_step: Annotated[float, Field(gt=0)] = 1000.0
    outcomes: tuple[Outcome, ...] = ()
    step_zh: Words | None = None
    step_en: Words | None = None

    def applies_to(self, outcome: str) -> bool:
        """Whether it is thought through for an outcome; an empty list names all."""
        return not self.outcomes or outcome in self.outcomes

    def ends(self, rule: OutcomeRule) -> bool:
        """Whether the change ends an outcome by its very definition: one that asks for time without such rows.

        A chance that falls then is no finding, and to tell of it would invite ticking a box, so it is never offered.

        >>> from data_contracts.policy import policy
        >>> (course,) = (one for one in policy().what_if.change if one.measure == "courses")
        >>> [rule.name.value for rule in policy().outcomes if course.ends(rule)]
        ['stagnation']
        """
        table = "course_completions" if self.measure == "courses" else "duty_months"
        without = [sign.how == "without" and sign.table == table for sign in rule.signs]
        return any(without) if rule.combine == "all" else all(without)

    @property
    def text(self) -> Bilingual:
        """The change in words."""
        return Bilingual(self.zh, self.en)

    @property
    def step(self) -> Bilingual | None:
        """A part of the change in words, None where it has none."""
        return None if self.step_zh is None or self.step_en is None else Bilingual(self.step_zh, self.step_en)


@dataclass(frozen=True)
class WhatIfPolicy:
    """The changes, how many are told at most, and the least fall of the chance that is worth telling."""

    __pydantic_config__ = STRICT

    told: Annotated[int, Field(ge=1, le=10)]
    least_difference: Share
    change: tuple[Change, ...]
