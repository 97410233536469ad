"""A question that nobody asked, answered to nobody: what an answer reads and reckons once is there when it is done.

It goes the whole way of a request, so that whatever that way comes to need is warmed too, and leaves no trace: no
suggestion is logged as shown, and no plan is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from data_contracts.errors import PharosError
from models.paths.told_plan import Plan
from serving.api.opened import Desk
from serving.courses.advice import CourseDesk
from serving.courses.schemas import CoursesRequest
from serving.feedback.suggesting import Suggester
from serving.paths.answers import PathDesk
from serving.paths.asking import Plans
from serving.paths.plan_log import PlanKey
from serving.paths.schemas import PathsRequest
from serving.posts.recommend import CareerDesk
from serving.risk.schemas import RiskRequest
from serving.risk.warn import RiskDesk
from serving.schemas import NextPostsRequest

REQUEST_ID = "warming"


def answer_nobody(desk: Desk, officer_ids: Sequence[str], now: datetime) -> None:
    """Answer about these officers; what our own errors tell (no history yet, a store away) is told to who asks later.

    Raises what is raised by anything else: such a desk could not answer.
    """
    ids = list(officer_ids)
    try:
        if isinstance(desk, RiskDesk):
            desk.answer(RiskRequest(officer_ids=ids, what_if=True), REQUEST_ID, now)
            desk.past.courses()
        elif isinstance(desk, CareerDesk):
            quiet = replace(desk, suggester=_quiet(desk.suggester))
            quiet.answer(NextPostsRequest(officer_ids=ids), REQUEST_ID, now)
        elif isinstance(desk, CourseDesk):
            replace(desk, suggester=_quiet(desk.suggester)).answer(CoursesRequest(officer_ids=ids), REQUEST_ID, now)
        elif isinstance(desk, PathDesk):
            silent = replace(desk, suggester=_quiet(desk.suggester), plans=_Unkept(desk.plans))
            silent.answer(PathsRequest(officer_ids=ids), REQUEST_ID, now)
    except PharosError:
        return


def _quiet(suggester: Suggester) -> Suggester:
    return replace(suggester, log=_Unlogged())


@dataclass(frozen=True)
class _Unlogged:
    """Takes what is shown, and keeps none of it."""

    def show(self, answers: object, /) -> None:
        """Nobody was shown anything."""


@dataclass(frozen=True)
class _Unkept:
    """The plans that were told, to which none is added."""

    told: Plans

    def last(self, keys: Sequence[PlanKey], as_of: date) -> Mapping[PlanKey, Plan]:
        """As they are."""
        return self.told.last(keys, as_of)

    def keep(self, plans: Mapping[PlanKey, Plan]) -> None:
        """Nobody was told any."""
