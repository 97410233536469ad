"""What helpers see: open concerns by channel and deadline, what the model makes of words, and themes of the months.

The words of a concern stay with whoever keeps them: the record's are not shown, and those typed here are forgotten.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from data_contracts.policy import policy
from data_contracts.vocabulary import Bilingual
from serving.access.credential import AccessScope
from serving.concerns.schemas import MAX_OPEN, Deadline, OpenConcern, OpenConcernsAnswer, ThemesAnswer
from serving.pages.officer import told
from serving.pages.unit import Tree, part_of
from serving.pages.visit import UNIT, Go, Page, View, Visit

PATH, TRIAGE, THEMES = "/pages/concerns", "/pages/concerns/triage", "/pages/concerns/themes"
SOON = timedelta(days=7)
A_PAGE = 20
STEPS = frozenset(str(many) for many in range(A_PAGE, MAX_OPEN + A_PAGE, A_PAGE))
OVERDUE, WITHIN, LATER, NONE = "overdue", "soon", "later", "none"


@dataclass(frozen=True)
class Waiting:
    """A concern with the deadline that is next, and how near that is."""

    concern: OpenConcern
    next: Deadline | None
    when: str

    @classmethod
    def of(cls, concern: OpenConcern, today: date) -> Waiting:
        """The first deadline that is not met yet; a concern without a category has none."""
        waiting = [one for one in concern.deadlines if one.done_on is None]
        first = min(waiting, key=lambda one: one.due_on, default=None)
        return cls(concern, first, _when(first, today))


def _when(first: Deadline | None, today: date) -> str:
    if first is None:
        return NONE
    if first.overdue:
        return OVERDUE
    return WITHIN if first.due_on <= today + SOON else LATER


def show(visit: Visit) -> View:
    """Open concerns within sight, most pressing first, with counts by channel and deadline."""
    query, names = visit.query, _channels()
    channel = query.get("channel") if query.get("channel") in names else None
    only, when = bool(query.get("escalated")), query.get("when")
    open_ = told(visit, "/v1/concerns/open", top=MAX_OPEN)
    answer: OpenConcernsAnswer | None = open_.answer
    waiting = [] if answer is None else [Waiting.of(one, answer.as_of) for one in answer.results]
    fitting = [one for one in waiting if _fits(one, channel, only, when)]
    many = int(query["shown"]) if query.get("shown") in STEPS else A_PAGE
    shown = {
        "answer": answer, "why": open_.why, "names": names, "channel": channel, "escalated": only,
        "when": when if when in (OVERDUE, WITHIN, LATER, NONE) else None, "counts": _counts(waiting, names),
        "waiting": fitting[:many],
        "more": urlencode({**query, "shown": many + A_PAGE}) if len(fitting) > many else None,
        "categories": _categories(), "name_of": visit.asking.desks.placements().name, "themes_path": THEMES,
        "triage_path": TRIAGE, "read": None, "cut": answer is not None and answer.open > len(answer.results),
    }  # fmt: skip
    return View("concerns.html.j2", shown)


def _fits(one: Waiting, channel: str | None, only: bool, when: str | None) -> bool:
    if channel is not None and one.concern.channel != channel:
        return False
    if only and one.concern.escalation is None:
        return False
    return when not in (OVERDUE, WITHIN, LATER, NONE) or one.when == when


def _counts(waiting: Sequence[Waiting], names: Mapping[str, Any]) -> Mapping[str, Counter[str]]:
    """By channel: how many, how many of each nearness, how many to go further."""
    found: dict[str, Counter[str]] = {name: Counter() for name in names}
    for one in waiting:
        count = found.setdefault(one.concern.channel, Counter())
        count.update(("all", one.when, *(("escalated",) if one.concern.escalation else ())))
    return found


def _channels() -> Mapping[str, Bilingual]:
    return {one.code: Bilingual(one.name_zh, one.name_en) for one in policy().triage.channel}


def _categories() -> Mapping[str, Bilingual]:
    """Names of categories and subcategories, by code."""
    some = [one for category in policy().concerns for one in (category, *category.subcategories)]
    return {one.code: Bilingual(one.name_zh, one.name_en) for one in some}


def triage(visit: Visit) -> View:
    """What the model makes of words that were typed; they stand in no address and are kept nowhere."""
    text = visit.filled("text").replace("\r\n", "\n")
    channel = visit.form.get("channel") or None
    asked = {"concern_id": "typed", "text": text, **({"channel": channel} if channel in _channels() else {})}
    read = told(visit, "/v1/concerns", concerns=[asked])
    result = read.answer.results[0] if read.answer else None
    shown = {"result": result, "why": read.why, "names": _channels(), "channel": channel, "text": text,
             "triage_path": TRIAGE, "list_path": PATH, "categories": _categories()}  # fmt: skip
    return View("concern_read.html.j2", shown)


def back_to_list(_: Visit) -> Go:
    """Where a result was: the words that made it are kept nowhere, so that there is nothing to come back to."""
    return Go(PATH)


def show_themes(visit: Visit) -> View:
    """Themes of one block by month: a part of the page of concerns."""
    where = visit.asking.desks.placements()
    tree = Tree.of(where, visit.sight, visit.named_or_none(UNIT, visit.query, "unit"))
    roots = [tree.here, *tree.below] if tree.here else list(tree.below)
    place = roots[0] if roots else None
    themes = told(visit, "/v1/concerns/themes", unit_ids=[place.unit_id] if place else None)
    shown = {"told": themes, "place": place, "places": roots, "months": [], "rows": [], "themes_path": THEMES,
             "most": 1, **_table(themes.answer)}  # fmt: skip
    return part_of(visit, "themes.part.html.j2", "themes", shown)


def _table(answer: ThemesAnswer | None) -> Mapping[str, Any]:
    """Categories down, months across; what is not told stays empty."""
    if answer is None or not answer.results:
        return {}
    months = sorted({one.month for one in answer.results})
    names = {one.category: one.name for one in answer.results}
    told_of = {(one.category, one.month): one.concerns for one in answer.results}
    total = Counter({code: sum(told_of.get((code, month), 0) for month in months) for code in names})
    rows = [(names[code], [told_of.get((code, month)) for month in months]) for code, _ in total.most_common()]
    return {"months": months, "rows": rows, "most": max(told_of.values())}


PAGES = (
    Page(PATH, AccessScope.CONCERNS_READ, show, menu="concerns"),
    Page(THEMES, AccessScope.CONCERNS_READ, show_themes),
    Page(TRIAGE, AccessScope.CONCERNS_READ, back_to_list, triage),
)
