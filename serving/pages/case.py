"""The list of warnings that wait for people, and the page of one of them with the steps that may be taken."""

from __future__ import annotations

import secrets
from typing import Any

from data_contracts.errors import NotThere
from data_contracts.vocabulary import Grade, SupportKind
from serving.access.credential import AccessScope
from serving.pages.unit import Place, Tree
from serving.pages.visit import CASE, Go, Page, View, Visit
from serving.review.desks import DETAILS
from serving.review.schemas import CameOfIt, CaseShown
from serving.review.states import MOVES, OPEN, CaseAction, CaseState

LIST, PATH = "/pages/cases", "/pages/case"
TOP = 20
CAME_OF_IT: tuple[CameOfIt, ...] = ("helped", "no_change", "worse", "unknown")
WAITING, CLOSED = "open", "closed"
SHOWN_STATES = {WAITING: OPEN, CLOSED: tuple(state for state in CaseState if state not in OPEN)}
MINE = "mine"


def show_list(visit: Visit) -> View:
    """One page of the list: those that wait first, the first to expire first."""
    query, where = visit.query, visit.asking.desks.placements()
    unit_id, which = query.get("unit") or None, query.get("which", WAITING)
    asked = {"unit_id": unit_id, "top": TOP, "after": query.get("after") or None}
    if query.get(MINE):
        asked["assigned_to"] = visit.caller.subject
    states = [state.value for state in SHOWN_STATES.get(which, OPEN)]
    answer = visit.ask("/pages/cases", states=states, **asked)
    tree = Tree.of(where, visit.sight, unit_id) if unit_id else None
    shown = {
        "cases": [_line(visit, case) for case in answer.results],
        "next": answer.next,
        "place": tree.here if tree else None,
        "which": which if which in SHOWN_STATES else WAITING,
        "mine": bool(query.get(MINE)),
        "case_path": PATH,
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
    return View("case.html.j2", {**_line(visit, answer.case), "answer": answer, "grade": Grade.POOR, **_forms(visit)})


def _forms(visit: Visit) -> dict[str, Any]:
    return {
        "done": visit.query.get("done") if visit.query.get("done") in ("done", "duplicate") else None,
        "key": secrets.token_hex(16),  # the same form sent twice counts once
        "moves": MOVES,
        "details": DETAILS,
        "kinds": list(SupportKind),
        "came_of_it": CAME_OF_IT,
        "me": visit.caller.subject,
        "list_path": LIST,
    }


def act(visit: Visit) -> Go:
    """One step, by the rules of `/v1/cases/act`; back to the case."""
    form = visit.form
    case_id, action = visit.named(CASE, form, "case"), form.get("action", "")
    if action not in tuple(CaseAction):
        raise NotThere("there is no such step", zh="没有这个步骤")
    version = int(number) if (number := form.get("version", "")).isdigit() else number
    name = DETAILS.get(CaseAction(action))
    more = {name: visit.filled(name)} if name is not None else {}
    answer = visit.ask(
        "/v1/cases/act", case_id=case_id, version=version, action=action, idempotency_key=form.get("key", ""),
        reason=form.get("reason", "").replace("\r\n", "\n").strip() or None, **more,
    )  # fmt: skip
    return Go(PATH, {"case": visit.handle(CASE, case_id), "done": answer.status})


PAGES = (
    Page(LIST, AccessScope.RISK_READ, show_list, menu="cases"),
    Page(PATH, AccessScope.RISK_READ, show, act),
)
