"""The list of warnings that wait for people, and the page of one of them with the steps that may be taken."""

from __future__ import annotations

import secrets
from collections import Counter
from dataclasses import dataclass
from typing import Any

from data_contracts.errors import InvalidInput, NotThere, Refused, Stale
from data_contracts.vocabulary import Grade, SupportKind
from serving.access.api_keys import KEY_SUBJECT
from serving.access.credential import AccessScope
from serving.api.problems import ProblemError, problem_of
from serving.pages.faces import texts_of
from serving.pages.unit import CONTESTED, Place, Tree, contests
from serving.pages.visit import CASE, PERSON, SPOT, UNIT, Go, Page, View, Visit
from serving.pages.words import WORDS
from serving.review.desks import DETAILS
from serving.review.one_case import CaseAnswer, Reviewer
from serving.review.schemas import CameOfIt, CaseShown
from serving.review.states import MOVES, OPEN, CaseAction, CaseState

LIST, PATH = "/pages/cases", "/pages/case"
TOP = 20
CAME_OF_IT: tuple[CameOfIt, ...] = ("helped", "no_change", "worse", "unknown")
WAITING, CLOSED, CORRECTED = "open", "closed", "corrected"
SHOWN_STATES = {
    WAITING: OPEN, CONTESTED: (CaseState.CONTESTED,), CLOSED: tuple(state for state in CaseState if state not in OPEN),
    CORRECTED: (CaseState.CORRECTED,),
}  # fmt: skip
MINE = "mine"
OVER = (CaseState.DISMISSED, CaseState.CORRECTED)  # the grade that opened it is said to have been, not to be


def show_list(visit: Visit) -> View:
    """One page of the list: those that wait first, the first to expire first."""
    query, where = visit.query, visit.asking.desks.placements()
    unit_id, which = visit.named_or_none(UNIT, query, "unit"), query.get("which", WAITING)
    asked = {"unit_id": unit_id, "top": TOP, "after": visit.named_or_none(SPOT, query, "after")}
    if query.get(MINE):
        asked["assigned_to"] = visit.caller.subject
    states = [state.value for state in SHOWN_STATES.get(which, OPEN)]
    answer = visit.ask("/pages/cases", states=states, **asked)
    tree = Tree.of(where, visit.sight, unit_id) if unit_id else None
    shown = {
        "cases": [_line(visit, case) for case in answer.results],
        "next": visit.handle(SPOT, answer.next) if answer.next else None,
        "place": tree.here if tree else None,
        "which": which if which in SHOWN_STATES else WAITING,
        "offered": tuple(SHOWN_STATES),
        "contests": None if visit.part else contests(visit, unit_id),
        "contested": CONTESTED,
        "mine": bool(query.get(MINE)),
        "case_path": PATH,
        "reader": not visit.may(AccessScope.RISK_REVIEW),
    }
    return View("cases.part.html.j2" if visit.part else "cases.html.j2", shown)


def _line(visit: Visit, case: CaseShown) -> dict[str, Any]:
    where = visit.asking.desks.placements()
    unit = None if case.unit_id is None else Place(case.unit_id, where.name(case.unit_id))
    late = case.due_on is not None and case.due_on < visit.today
    return {"case": case, "handle": visit.handle(CASE, case.case_id), "unit": unit, "late": late}


def show(visit: Visit) -> View:
    """One case."""
    case_id = visit.named(CASE, visit.query, "case")
    answer = visit.ask("/pages/case", case_id=case_id)
    people = People(visit, answer)
    shown = {"answer": answer, "grade": Grade.POOR, "people": people, "over": OVER, "first": CaseState.NEW}
    return View("case.html.j2", {**_line(visit, answer.case), **shown, **_forms(visit)})


@dataclass(frozen=True)
class People:
    """Those who act in a case, by the names that their keys were given."""

    visit: Visit
    answer: CaseAnswer

    def called(self, subject: str | None) -> str:
        """How somebody is called: a key by its name, a token by its subject without the issuer."""
        if subject is None:
            return ""
        known = self.answer.names.get(subject)
        if known is not None:
            return known
        return self.visit.tell.word("case.token", name=subject.rpartition("#")[2]) if "#" in subject else subject

    def alone(self) -> bool:
        """Whether nobody but oneself may take it."""
        me = self.visit.caller.subject
        return may_take(me, self.answer) == {me}

    def offered(self) -> list[tuple[str, str]]:
        """To whom the case may be assigned: handle and name, oneself first unless one signed in with a program's key;
        two of one name are told apart by the end of their keys' ids.
        """
        me, tell = self.visit.caller.subject, self.visit.tell
        mine = self.answer.names.get(me)
        own = tell.word("case.me", name=mine) if mine else tell.word("case.me.unnamed")
        others = [one for one in self.answer.reviewers if one.subject != me]
        twice = {name for name, many in Counter(one.name for one in others).items() if many > 1}
        named = sorted((_told_apart(one, one.name in twice), one.subject) for one in others)
        first = [(own, me)] if me in may_take(self.visit.caller.subject, self.answer) else []
        return [(self.visit.handle(PERSON, subject), name) for name, subject in [*first, *named]]


def may_take(caller: str, answer: CaseAnswer) -> set[str]:
    """The subjects to whom a caller may assign a case: those listed, and the caller who has no key to be listed by."""
    own = set() if caller.startswith(KEY_SUBJECT) else {caller}
    return own | {one.subject for one in answer.reviewers}


def _told_apart(one: Reviewer, twice: bool) -> str:
    return f"{one.name} …{one.subject[-4:]}" if twice else one.name


def _forms(visit: Visit) -> dict[str, Any]:
    return {
        "done": visit.query.get("done") if visit.query.get("done") in ("done", "duplicate") else None,
        "key": secrets.token_hex(16),  # the same form sent twice counts once
        "moves": MOVES,
        "details": DETAILS,
        "kinds": list(SupportKind),
        "came_of_it": CAME_OF_IT,
        "list_path": LIST,
    }


def act(visit: Visit) -> View | Go:
    """One step, by the rules of `/v1/cases/act`; back to the case. Where it is refused, nothing typed is lost."""
    case_id = visit.named(CASE, visit.form, "case")
    try:
        return _acted(visit, case_id)
    except (Stale, Refused, InvalidInput, ProblemError) as error:
        problem = problem_of(error)
        if problem.status not in (409, 422):
            raise
        shown = {"texts": texts_of(problem), "errors": problem.errors,
                 "typed": visit.form.get("reason", "").strip(), "case_path": PATH, "list_path": LIST,
                 "handle": visit.handle(CASE, case_id), "request_id": visit.asking.request_id}  # fmt: skip
        return View("case_refused.html.j2", shown, problem.status)


def _acted(visit: Visit, case_id: str) -> Go:
    form, action = visit.form, visit.form.get("action", "")
    if action not in tuple(CaseAction):
        raise NotThere("there is no such step", zh="没有这个步骤")
    version = int(number) if (number := form.get("version", "")).isdigit() else number
    name = DETAILS.get(CaseAction(action))
    more = {name: visit.filled(name)} if name is not None else {}
    if action == CaseAction.ASSIGN.value:
        more["assign_to"] = _assignee(visit, case_id)
    answer = visit.ask(
        "/v1/cases/act", case_id=case_id, version=version, action=action, idempotency_key=form.get("key", ""),
        reason=form.get("reason", "").replace("\r\n", "\n").strip() or None, **more,
    )  # fmt: skip
    return Go(PATH, {"case": visit.handle(CASE, case_id), "done": answer.status})


def _assignee(visit: Visit, case_id: str) -> str:
    """Who was chosen; raises InvalidInput for whoever is not among those who may review the case now."""
    answer: CaseAnswer = visit.ask("/pages/case", case_id=case_id)
    may = may_take(visit.caller.subject, answer)
    chosen = {visit.handle(PERSON, subject): subject for subject in may}.get(visit.form.get("assign_to", ""))
    if chosen is None:
        word = WORDS["case.assign.unknown"]
        raise InvalidInput(word.en, zh=word.zh)
    return chosen


PAGES = (
    Page(LIST, AccessScope.RISK_READ, show_list, menu="cases"),
    Page(PATH, AccessScope.RISK_READ, show, act),
)
