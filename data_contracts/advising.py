"""What the department decides about advice on courses, as frozen dataclasses filled from `policy/courses.toml`."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Annotated

from pydantic import Field

from data_contracts.decisions import STRICT, Days, Months, Positive, Share

NEARLY = 1e-9  # of a day, below which a sum of hours is whole days
Few = Annotated[int, Field(ge=0, le=20)]


@dataclass(frozen=True)
class CourseLoad:
    """How many hours of courses an officer can study in a day, is asked for in a month, and how many months are
    planned."""

    __pydantic_config__ = STRICT

    hours_a_day: Annotated[float, Field(gt=0, le=24)]
    hours_a_month: Positive
    plan_months: Annotated[int, Field(ge=1, le=24)]
    usual_hours: Positive

    def hours_of(self, hours: float | None) -> float:
        """Of a course, the usual where its own are not known.

        >>> CourseLoad(8.0, 24.0, 3, 8.0).hours_of(None)
        8.0
        """
        return self.usual_hours if hours is None else hours

    def days_of(self, hours: float | None) -> int:
        """Days that a course takes, at least one: begun on a day, it can be finished so many less one later.

        >>> load = CourseLoad(8.0, 24.0, 3, 8.0)
        >>> [load.days_of(hours) for hours in (0.5, 8.0, 24.0, 25.0, None)]
        [1, 1, 3, 4, 1]
        """
        return max(1, ceil(self.hours_of(hours) / self.hours_a_day - NEARLY))


@dataclass(frozen=True)
class CourseShares:
    """How many suggestions of each kind at most."""

    __pydantic_config__ = STRICT

    required: Few
    goal: Few
    gap: Few
    next: Few
    wave: Few
    small: Few


@dataclass(frozen=True)
class GapPolicy:
    """What a course is thought to add to a competency: so many levels an hour, at most so many in all."""

    __pydantic_config__ = STRICT

    levels_an_hour: Positive
    most_levels: Positive
    least_gap: Positive

    def added(self, hours: float) -> float:
        """Levels.

        >>> GapPolicy(0.03125, 0.5, 0.1).added(8.0)
        0.25
        """
        return min(self.most_levels, self.levels_an_hour * hours)


@dataclass(frozen=True)
class WavePolicy:
    """When colleagues taking a course make it a wave: how many of them, within how many days, of a course how new."""

    __pydantic_config__ = STRICT

    days: Annotated[int, Field(ge=1, le=365)]
    least_share: Share
    least_officers: Annotated[int, Field(ge=2)]
    new_within_days: Days


@dataclass(frozen=True)
class CoursesPolicy:
    """Everything about advice on courses; courses issued longer ago than `offered_months` are over, editions that
    everybody takes once (mandated, dated, never lapsing) sooner: `edition_months` after their issue. Those are due
    `edition_due_months` after it."""

    __pydantic_config__ = STRICT

    offered_months: Months
    edition_months: Months
    edition_due_months: Months
    due_soon_days: Days
    load: CourseLoad
    most: CourseShares
    gap: GapPolicy
    wave: WavePolicy
