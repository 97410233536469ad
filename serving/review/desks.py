"""`POST /v1/cases` and `POST /v1/cases/act` without the web: the warnings a caller may see, and one step of one.

The first to expire stand first; there is no order by how bad a warning looks. A case out of the caller's reach, one
that its role may not know of and one that does not exist are told alike.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import islice

from data_contracts.errors import InvalidInput, NotThere, Refused
from data_contracts.local_time import local_day
from data_contracts.policy import Policy
from serving.access.credential import Credential
from serving.access.placements import Placements
from serving.access.reach import Sight
from serving.review.cases import Case, CaseEvent, CaseStore, Place, overtaken
from serving.review.reviewers import Reviewers
from serving.review.schemas import ActAnswer, ActRequest, CasesAnswer, CasesRequest
from serving.review.seen import case_shown, visible
from serving.review.states import MOVES, OPEN, CaseAction, CaseState, Role, moved, role_of
from serving.waiting import still_wanted, while_wanted

MOST_ACTOR = 200  # letters that the table holds
DETAILS: Mapping[CaseAction, str] = {
    CaseAction.ASSIGN: "assign_to",
    CaseAction.SUPPORT: "support",
    CaseAction.OUTCOME: "result",
}
CLOSING = (CaseState.SUPPORTED, CaseState.DISMISSED, CaseState.CORRECTED)


@dataclass(frozen=True)
class CasesDesk:
    """Everything that `/v1/cases` needs."""

    store: CaseStore
    placements: Callable[[], Placements]

    def answer(
        self, request: CasesRequest, request_id: str, now: datetime, sight: Sight, caller: Credential
    ) -> CasesAnswer:
        """One page; raises NotReady where cases cannot be read."""
        today, where = local_day(now), self.placements().unit_of
        still_wanted()
        page = list(islice(self._seen(request, sight, caller, today), request.top + 1))
        cases, more = page[: request.top], len(page) > request.top
        events = by_case(self.store.events([case.case_id for case in cases]))
        shown = [
            case_shown(
                case, events.get(case.case_id, ()), where.get(case.officer_id), role_of(caller, case.officer_id), today
            )
            for case in cases
        ]
        last = f"{cases[-1].expires_on}.{cases[-1].case_id}" if more else None
        return CasesAnswer(request_id=request_id, results=shown, next=last)

    def _seen(self, request: CasesRequest, sight: Sight, caller: Credential, today: date) -> Iterator[Case]:
        where = self.placements().unit_of
        states = tuple(dict.fromkeys(request.states or OPEN))
        for case in while_wanted(self.store.in_order(states, _place(request.after))):
            reached = sight.names(case.officer_id, where.get(case.officer_id))
            wanted = request.assigned_to is None or case.assigned_to == request.assigned_to
            if reached and wanted and visible(case, role_of(caller, case.officer_id), today):
                yield case


@dataclass(frozen=True)
class ActDesk:
    """Everything that `/v1/cases/act` needs."""

    store: CaseStore
    placements: Callable[[], Placements]
    policy: Policy
    reviewers: Reviewers

    def answer(
        self, request: ActRequest, request_id: str, now: datetime, sight: Sight, caller: Credential
    ) -> ActAnswer:
        """The case after the step, which is kept with its audit line, or not at all.

        Raises NotThere for a case that the caller may not know of, Refused for a step that its state or role does not
        allow, Stale where somebody else's came first, InvalidInput for a step that lacks what it needs or that assigns
        the case to a key that may not review it.
        """
        before = self.store.case(request.case_id)
        unit_id = self.placements().unit_of.get(before.officer_id)
        role, today = role_of(caller, before.officer_id), local_day(now)
        if not sight.names(before.officer_id, unit_id) or not visible(before, role, today) or role is Role.READER:
            raise NotThere("there is no such case", zh="没有这条预警")
        self._check(request, role)
        event = _event(request, before, caller, now)
        present, done = self._stepped(request, before, event, request_id)
        events = self.store.events([present.case_id])
        return ActAnswer(
            request_id=request_id,
            status="done" if done else "duplicate",
            case=case_shown(present, events, unit_id, role, today),
        )

    def _stepped(self, request: ActRequest, before: Case, event: CaseEvent, request_id: str) -> tuple[Case, bool]:
        today = local_day(event.at)
        state = moved(before.state, request.action, expired=before.expired(today))
        if not self.store.holds(event):  # what was done already is answered as it was, whatever stands now
            if before.version != request.version:
                raise overtaken(before.version)
            if state is None:
                raise _no_step(before, request.action, expired=before.expired(today))
            if request.assign_to is not None:
                self.reviewers.check(request.assign_to, before, today)
        event = replace(event, state=state or before.state)
        return self.store.step(before, self._after(before, event), event, request_id)

    def _after(self, before: Case, event: CaseEvent) -> Case:
        after = replace(before, state=event.state, version=before.version + 1)
        if event.action is CaseAction.ASSIGN:
            return replace(after, assigned_to=str(event.details["assign_to"]))
        if event.state is before.state:
            return after
        closed_on = local_day(event.at) if event.state in CLOSING else None
        return replace(after, closed_on=closed_on, due_on=self._due(after, local_day(event.at)))

    def _due(self, case: Case, today: date) -> date | None:
        review = self.policy.review
        days = {CaseState.REVIEWED: review.support_within_days, CaseState.CONTESTED: review.answer_within_days}
        ahead = days.get(case.state)
        return None if ahead is None or case.expired(today) else min(today + timedelta(days=ahead), case.expires_on)

    def _check(self, request: ActRequest, role: Role) -> None:
        """What the form of a body cannot say; raises Refused for a role, InvalidInput naming the field."""
        move = MOVES[request.action]
        if role not in move.roles:
            raise Refused(
                "an officer contests a case and takes no other step in it; a reviewer does",
                zh="民警本人只能对预警提出异议，其余步骤由复核人处理",
            )
        for action, name in DETAILS.items():
            given = getattr(request, name) is not None
            if given != (action is request.action):
                told, zh = ("does not belong to", "不需要") if given else ("is needed for", "需要")
                step = request.action.value
                raise InvalidInput(f"{name} {told} the step {step}", zh=f"步骤 {step} {zh}字段 {name}")
        if move.reason_needed and not (request.reason or "").strip():
            step = request.action.value
            raise InvalidInput(f"reason is needed for the step {step}", zh=f"步骤 {step} 需要说明原因（reason）")
        said = "" if request.action is CaseAction.CONTEST else request.reason or ""  # who contests may say anything
        if self.policy.review.unsayable(said):
            raise InvalidInput(
                "reason names a protected attribute, which no warning may rest on; say it without",
                zh="reason 提到受保护的属性，预警不得以此为据；请改用其他说法",
            )


def actor_of(caller: Credential) -> str:
    """Who acts, as it is kept: the caller's subject; of a longer one its hash.

    >>> actor_of(Credential("key:ab", frozenset())), len(actor_of(Credential("x" * 300, frozenset())))
    ('key:ab', 71)
    """
    subject = caller.subject
    return subject if len(subject) <= MOST_ACTOR else f"sha256:{hashlib.sha256(subject.encode()).hexdigest()}"


def _no_step(case: Case, action: CaseAction, *, expired: bool) -> Refused:
    over, zh = (", expired,", "且已过期") if expired else ("", "")
    return Refused(
        f"a case that is {case.state.value}{over} cannot take the step {action.value}",
        zh=f"处于 {case.state.value} 状态{zh}的预警不能执行步骤 {action.value}",
    )


def by_case(events: Sequence[CaseEvent]) -> dict[str, list[CaseEvent]]:
    """Events of each case, in order."""
    found: dict[str, list[CaseEvent]] = {}
    for event in events:
        found.setdefault(event.case_id, []).append(event)
    return found


def _event(request: ActRequest, before: Case, caller: Credential, now: datetime) -> CaseEvent:
    name = DETAILS.get(request.action)
    value = None if name is None else getattr(request, name)
    details = {} if name is None else {name: str(value)}
    reason = (request.reason or "").strip() or None
    return CaseEvent(
        request.case_id, request.version + 1, request.action, before.state, actor_of(caller), now, reason, details,
        request.idempotency_key,
    )  # fmt: skip


def _place(cursor: str | None) -> Place | None:
    if cursor is None:
        return None
    day, _, case_id = cursor.partition(".")
    try:
        return date.fromisoformat(day), case_id
    except ValueError as error:
        raise InvalidInput(
            "after is no place in a list; give back what the page before said",
            zh="after 不是列表中的位置；请原样交回上一页给出的值",
        ) from error
