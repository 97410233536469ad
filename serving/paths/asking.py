"""What the paths desk asks of the world: who knows officers, goals and paths on a day, and where plans are kept."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

from data_contracts.vocabulary import Bilingual
from models.paths.telling import Question, Told
from models.paths.told_plan import Event, Plan
from models.service_end import ServiceEnd
from models.stated_goals import StatedGoal
from serving.paths.plan_log import STATED, PlanKey
from serving.paths.schemas import PathGoal
from serving.schemas import Because

NO_GOAL = Because(code="no_goal", zh="没有登记职业目标", en="no career goal is known; state one")
NO_HISTORY = Because(code="short_history", zh="没有任职记录", en="no posting is known, so there is no start for a path")


@dataclass(frozen=True)
class AskedPath:
    """A question with where the officer stands now; `goal` is kind:code as asked, None for the stated one.

    `own` says that the stated goal, named or not, is asked about within its own time: its plans follow each other
    whatever that time. `retiring` says that the day of retirement was given.
    `stated` is the goal on record where it is the one asked about.
    """

    question: Question
    start: str
    goal: str | None = None
    own: bool = False
    stated: StatedGoal | None = None
    retiring: bool = False

    @property
    def key(self) -> PlanKey:
        """Under which its plans follow each other."""
        goal = STATED if self.own else self.goal or ""
        return PlanKey(self.question.officer_id, goal, self.question.horizon_months, self.retiring)

    def until(self, end: ServiceEnd, as_of: date) -> AskedPath:
        """The same question of one whose service ends then."""
        return replace(self, question=replace(self.question, end_months=end.months_from(as_of), end_on=end.on))

    def telling_also(self, path: tuple[str, ...]) -> AskedPath:
        """The same question, with a path that is told wherever it is open."""
        return replace(self, question=replace(self.question, also=path))

    def without(self, declined: frozenset[str], unwanted: Callable[[tuple[str, ...]], bool] | None) -> AskedPath:
        """The same question of one who does not want these courses, and the ways that `unwanted` tells of, for now."""
        return replace(self, question=replace(self.question, declined=declined, unwanted=unwanted))


class PathDay(Protocol):
    """What knows officers, goals and paths on one day."""

    def question(self, officer_id: str, goal: PathGoal | None, horizon_months: int | None) -> AskedPath | Because:
        """The question of one officer, or why there is none (unknown, no goal, no posting)."""
        ...

    def check_goal(self, goal: PathGoal | None) -> None:
        """Raises InvalidInput for a goal that nobody knows."""
        ...

    def knows(self, item: str) -> bool:
        """Whether there is, or was, a post or rank step of this id."""
        ...

    def tell_all(self, questions: Sequence[Question], top: int) -> Sequence[Told]:
        """Paths of each, or why there is none."""
        ...

    def events(self, question: Question, posts: Sequence[str]) -> Sequence[Event]:
        """Everything on record that may change an officer's plan, with the vacancies of these posts."""
        ...

    def knew(self, question: Question, last: Plan) -> frozenset[str]:
        """What a plan that nobody kept this of was made with, by the days on which rows say they were known."""
        ...

    def closed(self, question: Question, path: Sequence[str]) -> bool:
        """Whether rules open some post of a path not within the horizon."""
        ...

    def required(self, officer_id: str) -> Collection[str]:
        """The courses that rules require of an officer now."""
        ...

    def name(self, item: str) -> Bilingual:
        """Name of a post, rank step, course, family or field; the code twice where it has none."""
        ...


class PathSource(Protocol):
    """Makes the day of a request; `path_source.RecordPaths` is the real one."""

    def on(self, officer_ids: Sequence[str], as_of: date) -> PathDay:
        """What is known of these officers on a day."""
        ...


class Plans(Protocol):
    """Where told plans are kept; `plan_log.PlanLog` is the real one. Both raise NotReady where it cannot be used."""

    def last(self, keys: Sequence[PlanKey], as_of: date) -> Mapping[PlanKey, Plan]:
        """The newest plan of each key made by a day."""
        ...

    def keep(self, plans: Mapping[PlanKey, Plan]) -> None:
        """Add plans."""
        ...
