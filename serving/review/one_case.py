"""One case with all that its page shows, and the cases of one block: what pages ask beside `/v1/cases`.

Who may see and do what is decided where it is for the API: `visible`, `case_shown` and the table of moves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from data_contracts.errors import NotThere
from data_contracts.local_time import local_day
from data_contracts.policy import Policy
from serving.access.credential import Credential
from serving.access.placements import Placements
from serving.access.reach import Sight
from serving.review.cases import CaseStore
from serving.review.desks import CasesDesk
from serving.review.reviewers import Reviewers
from serving.review.schemas import CaseId, CasesAnswer, CaseShown, CasesRequest
from serving.review.seen import case_shown, visible
from serving.review.states import CaseAction, CaseState, Role, moves_open, role_of
from serving.schemas import Answer, Body, OfficerId, Text, about
from serving.waiting import while_wanted
from serving.words import text_of


class CaseRequest(Body):
    """一条预警。 / One case."""

    case_id: CaseId = about("预警编号", "id of the case")


class BlockCasesRequest(CasesRequest):
    """一个单位及其下全部单位的预警。 / The cases of a unit with everything under it."""

    unit_id: OfficerId | None = about("单位编号；空为全部可见单位", "unit id, null for all in sight", default=None)


class ContestsRequest(Body):
    """有异议、尚未答复的预警数。 / How many cases are contested and not answered yet."""

    unit_id: OfficerId | None = about("单位编号；空为全部可见单位", "unit id, null for all in sight", default=None)


class ContestsAnswer(Answer):
    """有异议、尚未答复的预警数。 / How many cases are contested and not answered yet."""

    request_id: str = about("请求编号", "id of this request")
    unit_id: str | None = about("单位编号；空为全部可见单位", "unit id, null for all in sight", default=None)
    contested: int = about("有异议、尚未答复的预警数", "cases that are contested and not answered yet")


class Reviewer(Answer):
    """一名可指派的复核人。 / Somebody to whom a case may be assigned."""

    subject: str = about("复核人编号", "as whom they act")
    name: str = about("名称", "how they are called")


class CaseAnswer(Answer):
    """一条预警、现在可做的步骤与本人所见。 / A case, the steps open now, and what the officer sees of it."""

    request_id: str = about("请求编号", "id of this request")
    case: CaseShown = about("预警", "the case")
    steps_open: list[CaseAction] = about("现在可做的步骤", "steps that its reader may take now")
    officer_sees: CaseShown | None = about("本人所见；仅告知复核人", "what the officer sees, told to reviewers")
    assigned: list[str | None] = about(
        "各步骤指派给谁，顺序同 steps；仅告知复核人",
        "to whom each of its steps assigned it, told to reviewers",
        default=[],
    )
    reviewers: list[Reviewer] = about(
        "可复核此预警的人；仅告知复核人", "who may review this case, told to reviewers", default=[]
    )
    names: dict[str, str] = about("所涉各人的名称", "how those who acted in it are called, where known", default={})
    notice: Text = about("对本人的告知", "what the officer is told of warnings")
    contest: Text = about("如何提出异议", "how to contest")


@dataclass(frozen=True)
class CaseDesk:
    """Everything that the page of a case needs."""

    store: CaseStore
    placements: Callable[[], Placements]
    policy: Policy
    reviewers: Reviewers

    def answer(
        self, request: CaseRequest, request_id: str, now: datetime, sight: Sight, caller: Credential
    ) -> CaseAnswer:
        """The case; raises NotThere for one that is out of reach, not to be known of in this role, or not there."""
        case, today = self.store.case(request.case_id), local_day(now)
        unit_id, role = self.placements().unit_of.get(case.officer_id), role_of(caller, case.officer_id)
        if not sight.names(case.officer_id, unit_id) or not visible(case, role, today):
            raise NotThere("there is no such case", zh="没有这条预警")
        events, review = self.store.events([case.case_id]), self.policy.review
        reviews = role is Role.REVIEWER
        theirs = case_shown(case, events, unit_id, Role.OFFICER, today) if reviews else None
        keys = self.reviewers.keys() if reviews else ()
        assigned = [event.details.get("assign_to") for event in events] if reviews else []
        acted = {event.actor for event in events} | {*assigned, case.assigned_to, caller.subject}
        return CaseAnswer(
            request_id=request_id,
            case=case_shown(case, events, unit_id, role, today),
            steps_open=moves_open(case.state, role, expired=case.expired(today)),
            officer_sees=theirs,
            assigned=assigned,
            reviewers=[
                Reviewer(subject=key.credential.subject, name=key.name)
                for key in (self.reviewers.of(case, today) if reviews else ())
            ],
            names={key.credential.subject: key.name for key in keys if key.credential.subject in acted},
            notice=text_of(review.notice.text),
            contest=text_of(review.contest.text),
        )


@dataclass(frozen=True)
class BlockCasesDesk:
    """The list of cases, within one block where one is named."""

    cases: CasesDesk

    def answer(
        self, request: BlockCasesRequest, request_id: str, now: datetime, sight: Sight, caller: Credential
    ) -> CasesAnswer:
        """One page; of a unit out of reach or not there it is empty."""
        within = _within(sight, request.unit_id, self.cases.placements())
        return self.cases.answer(request, request_id, now, within, caller)


def _within(sight: Sight, unit_id: str | None, where: Placements) -> Sight:
    """As far as a block goes, of what is in sight."""
    if unit_id is None:
        return sight
    block = where.subtree([unit_id])
    return Sight(block if sight.units is None else block & sight.units)


@dataclass(frozen=True)
class ContestsDesk:
    """How many contests wait for an answer, expired warnings among them: they are answered all the same.

    Its question needs the scope to review: a count would tell others of cases that they may not know of.
    """

    store: CaseStore
    placements: Callable[[], Placements]

    def answer(self, request: ContestsRequest, request_id: str, _: datetime, sight: Sight) -> ContestsAnswer:
        """The count; of a unit out of reach or not there it is 0."""
        where = self.placements()
        within = _within(sight, request.unit_id, where)
        waiting = while_wanted(self.store.in_order([CaseState.CONTESTED], None))
        reached = [case for case in waiting if within.names(case.officer_id, where.unit_of.get(case.officer_id))]
        return ContestsAnswer(request_id=request_id, unit_id=request.unit_id, contested=len(reached))
