"""Every state, action, role and expiry of a case: what leads where, and who may; nothing else moves."""

from __future__ import annotations

import itertools

import pytest

from serving.access.credential import AccessScope, Credential
from serving.review.states import MOVES, CaseAction, CaseState, Role, moved, role_of

A, S = CaseAction, CaseState
LEADS = {  # the whole of it, written by hand; what is not here leads nowhere
    (S.NEW, A.ASSIGN): S.NEW,
    (S.NEW, A.ACKNOWLEDGE): S.REVIEWED,
    (S.NEW, A.CONTEST): S.CONTESTED,
    (S.REVIEWED, A.ASSIGN): S.REVIEWED,
    (S.REVIEWED, A.FALSE_POSITIVE): S.DISMISSED,
    (S.REVIEWED, A.SUPPORT): S.SUPPORTED,
    (S.REVIEWED, A.CONTEST): S.CONTESTED,
    (S.SUPPORTED, A.OUTCOME): S.SUPPORTED,
    (S.SUPPORTED, A.CONTEST): S.CONTESTED,
    (S.SUPPORTED, A.REOPEN): S.REVIEWED,
    (S.DISMISSED, A.REOPEN): S.REVIEWED,
    (S.CONTESTED, A.ASSIGN): S.CONTESTED,
    (S.CONTESTED, A.UPHOLD): S.REVIEWED,
    (S.CONTESTED, A.CORRECT): S.CORRECTED,
}
AFTER_EXPIRY = {(S.SUPPORTED, A.OUTCOME), (S.CONTESTED, A.UPHOLD), (S.CONTESTED, A.CORRECT)}
OFFICERS = {A.CONTEST}


@pytest.mark.parametrize(("state", "action"), list(itertools.product(S, A)))
def test_every_state_and_action(state: CaseState, action: CaseAction) -> None:
    assert moved(state, action) == LEADS.get((state, action))
    over = LEADS[state, action] if (state, action) in AFTER_EXPIRY else None
    assert moved(state, action, expired=True) == over


@pytest.mark.parametrize("action", list(A))
def test_who_may_do_what(action: CaseAction) -> None:
    assert {role for role in Role if role in MOVES[action].roles} == {
        Role.REVIEWER, *([Role.OFFICER] if action in OFFICERS else []),
    }  # fmt: skip


def test_a_step_that_decides_against_somebody_needs_a_reason() -> None:
    silent = {action for action in A if not MOVES[action].reason_needed}
    assert silent == {A.ASSIGN, A.ACKNOWLEDGE, A.SUPPORT}


@pytest.mark.parametrize(
    ("scopes", "own", "role"),
    [
        ({"risk:read", "risk:review"}, None, Role.REVIEWER),
        ({"risk:read"}, None, Role.READER),
        ({"risk:read"}, "o-1", Role.OFFICER),
        ({"risk:read", "risk:review"}, "o-1", Role.OFFICER),
        ({"risk:read", "risk:review"}, "o-2", Role.READER),
    ],
)
def test_a_credential_of_an_officer_reviews_nobody(scopes: set[str], own: str | None, role: Role) -> None:
    assert role_of(Credential("a", AccessScope.of(scopes), None, own), "o-1") is role
