"""What is asked and told of paths: questions, steps with what belongs to them, refusals, and what would help."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from data_contracts.vocabulary import Bilingual
from models.paths.finding import DAYS_A_MONTH
from models.paths.replanning import Plan, PlannedStep
from models.posts.histories import EPOCH, Array, CareerState

REFUSALS: Mapping[str, Bilingual] = {
    "goal_unknown": Bilingual("目标 {goal} 不在已知岗位之中", "the goal {goal} is not among the known posts"),
    "already_there": Bilingual("已在目标岗位 {goal}", "already at the goal {goal}"),
    "retirement_first": Bilingual("期限内将先到退休年龄", "retirement comes before the goal could be reached"),
    "minimum_times": Bilingual(
        "最低任职年限之和超过期限 {horizon} 个月", "the least times in post add up to more than {horizon} months"
    ),
    "rule_blocks": Bilingual("规则尚不允许：{rules}", "a rule stands against it: {rules}"),
    "never_reached": Bilingual(
        "从现岗位出发，期限内几乎无人到达 {goal}", "hardly anybody gets to {goal} from here within the horizon"
    ),
}


@dataclass(frozen=True)
class Gap:
    """A competency below the standard of a post; level None when it was never assessed."""

    competency: str
    level: float | None
    standard: float


@dataclass(frozen=True)
class StepCourse:
    """A course that prepares a step, with the competencies it closes."""

    course_id: str
    name: Bilingual
    hours: float | None = None
    closes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Blocked:
    """A rule that is not met yet."""

    rule: str
    text: Bilingual


@dataclass(frozen=True)
class Change:
    """One thing that could be changed, and what it makes of the chance of each post: factors (size,)."""

    text: Bilingual
    factors: Array


def nothing_known(*_: object) -> tuple[()]:
    """What a callable tells that knows nothing."""
    return ()


@dataclass(frozen=True)
class StepFacts:
    """What the caller knows of steps; every callable may be left out and then tells nothing.

    gaps(officer_id, post), courses(officer_id, post, gaps), points(officer_id, post), blocked(officer_id, post, day),
    changes(officer_id). closed_on(officer_id, post, days) is whether `blocked` tells of anything on each day, for a
    caller who knows it for many days at once.
    """

    gaps: Callable[[str, str], Sequence[Gap]] = nothing_known
    courses: Callable[[str, str, Sequence[Gap]], Sequence[StepCourse]] = nothing_known
    points: Callable[[str, str], float | None] = lambda _officer, _post: None
    blocked: Callable[[str, str, date], Sequence[Blocked]] = nothing_known
    changes: Callable[[str], Sequence[Change]] = nothing_known
    closed_on: Callable[[str, str, Array], Array] | None = None

    def closed(self, officer_id: str, post: str, days: Array) -> Array:
        """(n,) whether any rule bars the post on each of `days` (n,), counted from 1970."""
        if self.closed_on is not None:
            return self.closed_on(officer_id, post, days)
        each = [bool(self.blocked(officer_id, post, EPOCH + timedelta(days=int(day)))) for day in days]
        return np.array(each, bool)


@dataclass(frozen=True)
class Question:
    """One officer's goal: `posts` are those that count as reaching it, several for a family or a talent field.

    factors: (size,) what the officer's courses make of each post, None where nothing is known.
    end_months: until retirement, None where unknown. kind: whether steps are posts or rank steps; called: the goal's
    name for people.
    """

    officer_id: str
    state: CareerState
    goal: str
    posts: tuple[str, ...]
    horizon_months: int
    factors: Array | None = None
    end_months: float | None = None
    kind: str = "post"
    called: Bilingual | None = None


@dataclass(frozen=True)
class TellingStep:
    """One step as it is told: months from now with the 80 % interval, and what belongs to it."""

    post: str
    chance: float
    months: float
    low_months: float
    high_months: float
    gaps: tuple[Gap, ...] = ()
    courses: tuple[StepCourse, ...] = ()
    points: float | None = None
    blocked: tuple[Blocked, ...] = ()


@dataclass(frozen=True)
class ToldPath:
    """A path as it is told; `chance` is that of arriving this way within the horizon."""

    steps: tuple[TellingStep, ...]
    chance: float

    def as_plan(self, goal: str, as_of: date) -> Plan:
        """The same with days instead of months, as re-planning compares it."""
        return Plan(goal, as_of, tuple(_planned(step, as_of) for step in self.steps), self.chance)


@dataclass(frozen=True)
class Helps:
    """The single change that raises the chance of the goal most."""

    text: Bilingual
    before: float
    chance: float


@dataclass(frozen=True)
class NoPath:
    """Why there is no path within the horizon."""

    code: str
    text: Bilingual
    blocked: tuple[Blocked, ...] = ()


@dataclass(frozen=True)
class Told:
    """The answer to a question: paths, best first, or why there is none."""

    paths: tuple[ToldPath, ...]
    chance: float
    helps: Helps | None = None
    because: NoPath | None = None

    def with_points(self, points: Mapping[str, float]) -> Told:
        """The same with the points that a step to each post earns."""
        paths = [
            replace(path, steps=tuple(replace(step, points=points.get(step.post)) for step in path.steps))
            for path in self.paths
        ]
        return replace(self, paths=tuple(paths))


def _planned(step: TellingStep, as_of: date) -> PlannedStep:
    def on(months: float) -> date:
        return as_of + timedelta(days=round(months * DAYS_A_MONTH))

    courses = tuple(course.course_id for course in step.courses)
    return PlannedStep(step.post, on(step.months), on(step.low_months), on(step.high_months), courses)
