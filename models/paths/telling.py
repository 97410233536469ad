"""What is asked and told of paths: questions, steps with what belongs to them, and what would help."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Self

import numpy as np

from data_contracts.asof import months_on
from data_contracts.naming import quoted
from data_contracts.vocabulary import Bilingual, GoalKind
from models.paths.climbing import Climb
from models.paths.rules import Opening
from models.paths.told_plan import Plan, PlannedStep
from models.posts.histories import Array, CareerState

REACHED = ("already_there", "beyond")
IN_FIELD = "in_field"
UNSEARCHED = "police_rank"


@dataclass(frozen=True)
class Gap:
    """A competency below the standard of a post; level None when it was never assessed.

    `note` says why no course of the step closes it, or how much is left when those of the step are done. `rule` is the
    name of the rule that asks for the level, None where no rule asks for as much as the standard of the post.
    """

    competency: str
    level: float | None
    standard: float
    note: Bilingual | None = None
    rule: Bilingual | None = None


@dataclass(frozen=True)
class LastDay:
    """The day to keep in mind of a course: `due` where a rule asks for it by then, else the last day of its offer."""

    day: date
    due: bool

    @classmethod
    def of(cls, take_by: date | None, due_on: date | None) -> Self | None:
        """The earlier of both; of the same day it is due. None where there is neither.

        >>> LastDay.of(date(2026, 5, 1), date(2026, 3, 1))
        LastDay(day=datetime.date(2026, 3, 1), due=True)
        """
        days = [cls(day, due) for day, due in ((due_on, True), (take_by, False)) if day is not None]
        return min(days, key=lambda one: one.day, default=None)


@dataclass(frozen=True)
class StepCourse:
    """A course that prepares a step, with the competencies it closes.

    `take_by` is the last day of its offer where that comes before the step is expected and before a rule asks for it.
    `required` says that rules require it now whatever the path, and `due_on` the day it was or will be due, where they
    give one.
    """

    course_id: str
    name: Bilingual
    hours: float | None = None
    closes: tuple[str, ...] = ()
    take_by: date | None = None
    required: bool = False
    due_on: date | None = None

    @property
    def last_day(self) -> LastDay | None:
        """The earlier of the day it is due and the last of its offer."""
        return LastDay.of(self.take_by, self.due_on)


@dataclass(frozen=True)
class Blocked:
    """A rule that is not met yet; `timed` where only time meets it, which nobody can hasten."""

    rule: str
    text: Bilingual
    timed: bool = False


@dataclass(frozen=True)
class Change:
    """One thing that could be changed, and what it makes of the chance of each post: factors (size,).

    `course` is what it asks for, where it is a course.
    """

    text: Bilingual
    factors: Array
    course: StepCourse | None = None


@dataclass(frozen=True)
class Before:
    """What a path brings by one of its steps: the days it may come on, the steps before it, and their courses.

    `steps` are earlier posts with the day each is expected on; `asked` are courses that this step must name.
    """

    day: date
    latest: date
    steps: tuple[tuple[str, date], ...] = ()
    courses: tuple[StepCourse, ...] = ()
    asked: tuple[StepCourse, ...] = ()


Prepared = tuple[Sequence[Gap], Sequence[StepCourse]]


def nothing_known(*_: object) -> tuple[()]:
    """What a callable tells that knows nothing."""
    return ()


@dataclass(frozen=True)
class Bars:
    """From when rules open posts (n,) to one officer, in months from now; infinite where time never meets them.

    first: as the next step, if only time passes; later: after other steps, by all but what those steps bring. stay:
    months asked for in the post before; roots: months at the grass roots. at_roots: which posts are there; served:
    the months there so far, to which the time until the next move adds while `serving`.
    """

    first: Array
    later: Array
    stay: Array
    roots: Array
    at_roots: Array
    served: float = 0.0
    serving: bool = False

    def opening(self, posts: Array, steps: Array, months: Array) -> Opening:
        """From when each post (m,) may be taken after earlier steps (m, k) that were taken in `months` (m, k)."""
        if not steps.shape[1]:
            return Opening(self.first[posts], np.zeros(len(posts)))
        ends = months[:, 1:] - months[:, :-1]
        served = self.served + self.serving * months[:, 0] + (ends * self.at_roots[steps[:, :-1]]).sum(1)
        lacking = np.maximum(self.roots[posts] - served, 0.0)
        grown = np.where((lacking == 0.0) | self.at_roots[steps[:, -1]], lacking, np.inf)
        return Opening(self.later[posts], np.maximum(self.stay[posts], grown))

    def soonest(self, posts: Array) -> Array:
        """(m,) the months before which no path at all can take each post, whatever way it goes."""
        waits = np.maximum(self.roots[posts] - self.served, 0.0)
        return np.minimum(self.first[posts], np.maximum(self.later[posts], np.maximum(waits, self.stay[posts])))


@dataclass(frozen=True)
class StepFacts:
    """What the caller knows of steps; every callable may be left out and then tells nothing.

    prepares(officer_id, post, before) is the gaps and the courses of a step, points(officer_id, post),
    blocked(officer_id, post, day) what bars if only time passes, lacking(officer_id, post, before) what will be lacking
    at a later step of a path, changes(officer_id), name(post) for people. bars(officer_id, posts, met) is from when
    rules open posts, had those of `met` nothing to say; where it is left out, from when `blocked` tells of nothing
    else.
    """

    prepares: Callable[[str, str, Before], Prepared] = lambda _officer, _post, before: ((), before.asked)
    lacking: Callable[[str, str, Before], Sequence[Blocked]] = nothing_known
    name: Callable[[str], Bilingual] = quoted
    points: Callable[[str, str], float | None] = lambda _officer, _post: None
    blocked: Callable[[str, str, date], Sequence[Blocked]] = nothing_known
    changes: Callable[[str], Sequence[Change]] = nothing_known
    bars: Callable[[str, Sequence[str], Collection[Blocked]], Bars] | None = None


@dataclass(frozen=True)
class Question:
    """One officer's goal: `posts` are those that count as reaching it, several for a family or a talent field.

    factors: (size,) what the officer's courses make of each post, None where nothing is known.
    end_months: until retirement, None where unknown. kind: whether steps are posts or rank steps; called: the goal's
    name for people. goal_kind: what sort of goal it is; unseen: what is said where the model has seen no post of it,
    with its words; climb: how far it is on the ladder, None for other goals. ended_on: where steps are posts and none
    is held any more, the day on which the last one, from which paths start, ended. like: the post that a goal newer
    than the model is searched as, one of `posts`. declined: courses that the officer does not want for now. also:
    the posts of a path that is told wherever its chance is one that is told, however many are better. unwanted: whether
    the officer declined the way by some posts, None where nothing was declined.
    counted_until: the last day of the records that the model counted, None where that is not known.
    """

    officer_id: str
    state: CareerState
    goal: str
    posts: tuple[str, ...]
    horizon_months: int
    factors: Array | None = None
    end_months: float | None = None
    end_on: date | None = None  # that day as it was given or worked out, which may lie before the day asked about
    kind: str = "post"
    called: Bilingual | None = None
    goal_kind: GoalKind = GoalKind.POST
    unseen: str = "goal_unknown"
    unseen_words: Mapping[str, object] = field(default_factory=dict)
    climb: Climb | None = None
    ended_on: date | None = None
    like: str | None = None
    declined: frozenset[str] = frozenset()
    also: tuple[str, ...] = ()
    unwanted: Callable[[tuple[str, ...]], bool] | None = None
    counted_until: date | None = None


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
    course: StepCourse | None = None


@dataclass(frozen=True)
class Instead:
    """What was tried where there is no path: `kind` is course, rule, horizon, nearer_goal, or none where nothing does.

    chance: of the goal with it, of the nearer goal where it is one; before: of the goal as asked, None for a nearer
    one, since the two are chances of different goals.
    """

    kind: str
    text: Bilingual
    before: float | None
    chance: float = 0.0
    course: StepCourse | None = None
    horizon_months: int | None = None
    post: str | None = None


@dataclass(frozen=True)
class NoPath:
    """Why there is no path within the horizon; `instead` is what would help, what does most first."""

    code: str
    text: Bilingual
    blocked: tuple[Blocked, ...] = ()
    instead: tuple[Instead, ...] = ()

    @property
    def reached(self) -> bool:
        """Whether there is none because the goal is reached."""
        return self.code in REACHED

    @property
    def arrived(self) -> bool:
        """Whether a post that the goal leads to is held: the goal is reached, or no post leads nearer to its field."""
        return self.reached or self.code == IN_FIELD

    @property
    def unsearched(self) -> bool:
        """Whether no path was searched, so that nobody is on the track of one: of a police rank."""
        return self.code == UNSEARCHED


@dataclass(frozen=True)
class Told:
    """The answer to a question: paths, best first, or why there is none.

    `chance` is that of any way, `wanted` that of the ways that were not declined, None where nothing was.
    """

    paths: tuple[ToldPath, ...]
    chance: float
    helps: Helps | None = None
    because: NoPath | None = None
    wanted: float | None = None

    @property
    def refused(self) -> bool:
        """Whether there is no path, and not because the goal is reached."""
        return self.because is not None and not self.because.reached

    def with_points(self, points: Sequence[Sequence[float | None]]) -> Told:
        """The same with the points of each step of each path."""
        paths = [
            replace(path, steps=tuple(replace(step, points=own) for step, own in zip(path.steps, some, strict=True)))
            for path, some in zip(self.paths, points, strict=True)
        ]
        return replace(self, paths=tuple(paths))


def _planned(step: TellingStep, as_of: date) -> PlannedStep:
    def on(months: float) -> date:
        return months_on(as_of, months)

    courses = tuple(course.course_id for course in step.courses)
    gaps = tuple(gap.competency for gap in step.gaps)
    return PlannedStep(step.post, on(step.months), on(step.low_months), on(step.high_months), courses, gaps)
