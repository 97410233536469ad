"""A plan as it was told on a day, and the events that it was, or was not, made with.

A plan remembers what it knew, so that a row delivered late is news whatever day it says it was known on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256

EVENTS = ("posting", "promotion", "ended", "completion", "appraisal", "assessment", "goal", "vacancy")
WITH_PROMOTIONS = "promotion"  # a mark of plans that remember promotions; of earlier ones they are new by day alone
MARK = 8  # characters by which a plan remembers an event: of two of one officer, one in four thousand million is alike


@dataclass(frozen=True)
class PlannedStep:
    """A step of a plan with the day it is expected on and the 80 % interval of that day; the courses it asks for, and
    the competencies that fall short of its post.

    A plan that is kept has new days. `late_since` is the day by which an overdue step was due when that was found;
    `due_by` is the end of the interval that was told first of the step that a plan begins with, None where that is
    `high_on`: how often somebody asks puts nothing off.
    """

    post: str
    expected_on: date
    low_on: date
    high_on: date
    courses: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()
    late_since: date | None = None
    due_by: date | None = None

    @property
    def due(self) -> date:
        """The last day on which it is in time."""
        return self.high_on if self.due_by is None else min(self.due_by, self.high_on)


@dataclass(frozen=True)
class Promised:
    """The day on which a goal was expected when its plan was told first, the day of that answer, and, None where nobody
    kept them, the end of the interval and the chance of the goal told with it."""

    day: date
    told_on: date
    by: date | None = None
    chance: float | None = None

    @property
    def latest(self) -> date:
        """The last day of that interval."""
        return self.day if self.by is None else self.by


@dataclass(frozen=True)
class Left:
    """The posting that left every path told, on its day, and when the goal was expected by the path that was left."""

    post: str
    since: date
    was: date


@dataclass(frozen=True)
class Plan:
    """A path to a goal as it was told on a day; `chance` is that of arriving this way within the horizon.

    Without steps there was no path on that day, or, with a chance of 1, the goal was held. `others` are the steps of
    the other paths told with it, `goal_chance` the chance of the goal by whatever way, None where nobody kept it.
    `knew` are the marks of the events it was made with, None where nobody kept them: then what was known on its day
    counts as known to it. `horizon_months` is None where nobody kept that. `without` are the paths that were left out
    because the officer had declined them, with the day of that word. `promised` is what was told of the goal first,
    None where that are the days it has. `left` is the posting after which it was made, while no step of it is done.
    `given_end` is the day of retirement that came with the question, where that lay within the horizon.
    """

    goal: str
    made_on: date
    steps: tuple[PlannedStep, ...]
    chance: float
    knew: frozenset[str] | None = None
    horizon_months: int | None = None
    others: tuple[tuple[PlannedStep, ...], ...] = ()
    goal_chance: float | None = None
    without: frozenset[tuple[tuple[str, ...], date]] = frozenset()
    promised: Promised | None = field(default=None, compare=False)  # of two alike plans either is the plan
    left: Left | None = field(default=None, compare=False)
    given_end: date | None = field(default=None, compare=False)

    @property
    def held(self) -> bool:
        """Whether it says that the goal was reached, so that no path was left to tell."""
        return not self.steps and self.chance >= 1.0

    @property
    def path(self) -> tuple[str, ...]:
        """The posts alone, in order."""
        return tuple(step.post for step in self.steps)

    @property
    def courses(self) -> frozenset[str]:
        """Every course the plan asks for."""
        return frozenset(course for step in self.steps for course in step.courses)

    @property
    def gaps(self) -> frozenset[str]:
        """Every competency that falls short on the way."""
        return frozenset(gap for step in self.steps for gap in step.gaps)

    def knows(self, event: Event) -> bool:
        """Whether it was made with this event in view."""
        if self.knew is None or (event.kind == "promotion" and WITH_PROMOTIONS not in self.knew):
            return event.known_on <= self.made_on
        return event.mark in self.knew


@dataclass(frozen=True)
class Event:
    """Something that became known: `kind` is one of EVENTS, `item` the post, rank step, course or goal it is about."""

    kind: str
    item: str
    occurred_on: date
    known_on: date

    @property
    def mark(self) -> str:
        """By which a plan remembers it; a later word of the same has the same."""
        return sha256(f"{self.kind}|{self.item}|{self.occurred_on}".encode()).hexdigest()[:MARK]


def knew(events: Iterable[Event], as_of: date, path: Sequence[str]) -> frozenset[str]:
    """What a plan made on a day with these events in view remembers: the officer's, and the vacancies of its path."""
    seen = (one for one in events if one.known_on <= as_of and (one.kind != "vacancy" or one.item in path))
    return frozenset((WITH_PROMOTIONS, *(one.mark for one in seen)))
