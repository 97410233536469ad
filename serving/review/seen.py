"""A case as its reader may see it: a reviewer all, the officer what was decided, others what a person reviewed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date

from data_contracts.vocabulary import Outcome
from serving.review.cases import Case, CaseEvent
from serving.review.schemas import CaseShown, CaseStep, CaseTold
from serving.review.standing import why_withheld
from serving.review.states import Role


def visible(case: Case, role: Role, today: date) -> bool:
    """Whether somebody in this role may know that the case exists."""
    return role is not Role.READER or why_withheld(case, today) is None


def case_shown(case: Case, events: Sequence[CaseEvent], unit_id: str | None, role: Role, today: date) -> CaseShown:
    """The case with what was done in it."""
    because = None if role is Role.REVIEWER else why_withheld(case, today)
    return CaseShown(
        case_id=case.case_id,
        officer_id=case.officer_id,
        unit_id=unit_id,
        outcome=Outcome(case.outcome),
        horizon_months=case.horizon_months,
        state=case.state,
        version=case.version,
        opened_on=case.opened_on,
        due_on=case.due_on,
        expires_on=case.expires_on,
        expired=case.expired(today),
        assigned_to=case.assigned_to if role is Role.REVIEWER else None,
        told=CaseTold.model_validate(case.told) if because is None else None,
        because=because,
        steps=[] if role is Role.READER else [_step(event, role) for event in events],
    )


def _step(event: CaseEvent, role: Role) -> CaseStep:
    return CaseStep(
        action=event.action,
        state=event.state,
        at=event.at.replace(tzinfo=UTC),
        actor=event.actor if role is Role.REVIEWER else None,
        reason=event.reason,
        support=event.details.get("support"),
        result=event.details.get("result"),
    )
