"""The states of a case, what moves it, and who may: one table, and nothing else decides.

    new -> reviewed -> supported
                    -> dismissed
    new | reviewed | supported -> contested -> corrected
                                            -> reviewed       (the contest was heard and the warning upheld)
    supported | dismissed -> reviewed                         (opened again)

An officer contests and nothing more; a reviewer never acts on a warning about themselves, because a credential that
stands for an officer is an officer's, whatever scopes it has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from data_contracts.vocabulary import Word
from serving.access.credential import AccessScope, Credential


class CaseState(Word):
    """Where a case stands."""

    NEW = "new", "待复核", "waiting for review"
    REVIEWED = "reviewed", "已复核", "reviewed"
    SUPPORTED = "supported", "已关爱", "support given"
    DISMISSED = "dismissed", "已撤销", "dismissed"
    CONTESTED = "contested", "异议中", "contested"
    CORRECTED = "corrected", "已更正", "corrected"


class CaseAction(Word):
    """What people do with a case."""

    ASSIGN = "assign", "指派", "assign to a reviewer"
    ACKNOWLEDGE = "acknowledge", "确认已复核", "acknowledge: a person has looked at it and it stands"
    FALSE_POSITIVE = "false_positive", "认定为误报", "find that the warning does not hold"
    SUPPORT = "support", "记录关爱措施", "record the support given"
    OUTCOME = "outcome", "记录关爱效果", "record what came of the support"
    CONTEST = "contest", "提出异议", "contest"
    UPHOLD = "uphold", "维持", "uphold the warning after a contest"
    CORRECT = "correct", "更正", "find the contest right: the record is corrected"
    REOPEN = "reopen", "重新打开", "open again"


class Role(StrEnum):
    """In which role somebody stands before a case; a reader reads."""

    REVIEWER = "reviewer"
    OFFICER = "officer"
    READER = "reader"


OPEN = (CaseState.NEW, CaseState.REVIEWED, CaseState.CONTESTED)
TOLD = (CaseState.REVIEWED, CaseState.SUPPORTED)  # what a person has looked at, and what stands: shown downstream
REVIEWER, BOTH = frozenset({Role.REVIEWER}), frozenset({Role.REVIEWER, Role.OFFICER})


@dataclass(frozen=True)
class Move:
    """Who may do it, from which state to which, whether it needs a reason, and whether still after the expiry."""

    roles: frozenset[Role]
    states: Mapping[CaseState, CaseState]
    reason_needed: bool = False
    after_expiry: bool = False


def _staying(*states: CaseState) -> dict[CaseState, CaseState]:
    return {state: state for state in states}


MOVES: Mapping[CaseAction, Move] = {
    CaseAction.ASSIGN: Move(REVIEWER, _staying(*OPEN)),
    CaseAction.ACKNOWLEDGE: Move(REVIEWER, {CaseState.NEW: CaseState.REVIEWED}),
    CaseAction.FALSE_POSITIVE: Move(REVIEWER, {CaseState.REVIEWED: CaseState.DISMISSED}, reason_needed=True),
    CaseAction.SUPPORT: Move(REVIEWER, {CaseState.REVIEWED: CaseState.SUPPORTED}),
    CaseAction.OUTCOME: Move(REVIEWER, _staying(CaseState.SUPPORTED), reason_needed=True, after_expiry=True),
    CaseAction.CONTEST: Move(
        BOTH,
        dict.fromkeys((CaseState.NEW, CaseState.REVIEWED, CaseState.SUPPORTED), CaseState.CONTESTED),
        reason_needed=True,
    ),
    CaseAction.UPHOLD: Move(
        REVIEWER, {CaseState.CONTESTED: CaseState.REVIEWED}, reason_needed=True, after_expiry=True
    ),
    CaseAction.CORRECT: Move(
        REVIEWER, {CaseState.CONTESTED: CaseState.CORRECTED}, reason_needed=True, after_expiry=True
    ),
    CaseAction.REOPEN: Move(
        REVIEWER, dict.fromkeys((CaseState.SUPPORTED, CaseState.DISMISSED), CaseState.REVIEWED), reason_needed=True
    ),
}  # fmt: skip


def role_of(caller: Credential, officer_id: str) -> Role:
    """In which role a caller stands before the case of an officer whom it may see.

    >>> everything = frozenset(AccessScope)
    >>> [str(role_of(Credential("a", everything, None, own), "o-1")) for own in (None, "o-1", "o-2")]
    ['reviewer', 'officer', 'reader']
    """
    if caller.officer_id is not None:
        return Role.OFFICER if caller.officer_id == officer_id else Role.READER
    return Role.REVIEWER if caller.may(AccessScope.RISK_REVIEW) else Role.READER


def moved(state: CaseState, action: CaseAction, *, expired: bool = False) -> CaseState | None:
    """The state that an action leads to; None where it leads nowhere from here.

    >>> moved(CaseState.NEW, CaseAction.ACKNOWLEDGE), moved(CaseState.NEW, CaseAction.SUPPORT)
    (<CaseState.REVIEWED: 'reviewed'>, None)
    """
    move = MOVES[action]
    return None if expired and not move.after_expiry else move.states.get(state)


def moves_open(state: CaseState, role: Role, *, expired: bool = False) -> list[CaseAction]:
    """What somebody in this role may do from here, in the order of the table.

    >>> [action.value for action in moves_open(CaseState.NEW, Role.REVIEWER)]
    ['assign', 'acknowledge', 'contest']
    >>> [action.value for action in moves_open(CaseState.NEW, Role.OFFICER)]
    ['contest']
    """
    return [
        action
        for action, move in MOVES.items()
        if role in move.roles and moved(state, action, expired=expired) is not None
    ]
