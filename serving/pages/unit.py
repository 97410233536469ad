"""The page of a unit: its block and those under it, each with grades, trend and alerts against its budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from data_contracts.errors import NotThere
from data_contracts.policy import policy
from data_contracts.vocabulary import Bilingual
from serving.access.credential import AccessScope
from serving.access.placements import Placements
from serving.access.reach import Sight
from serving.pages.visit import UNIT, Page, View, Visit
from serving.review.standing import sees_all
from serving.risk.preview import USUAL
from serving.risk.previewing import PreviewAnswer
from serving.talent.profile_schemas import ProfileAnswer, UnitProfiled
from serving.units.schemas import MAX_UNITS, Scope, ScopeGraded, UnitGraded, UnitNotGraded, UnitOutcome, UnitsAnswer

PATH, SKILLS, PREVIEW, CASES = "/pages/unit", "/pages/unit/skills", "/pages/unit/preview", "/pages/cases"
CONTESTED = "contested"  # the list of cases, of those alone


@dataclass(frozen=True)
class Place:
    """A unit in the tree, as far as its reader sees."""

    unit_id: str
    name: Bilingual


@dataclass(frozen=True)
class Tree:
    """A unit with what lies above and directly under it; without a unit, the roots of what a caller sees."""

    here: Place | None
    above: Sequence[Place]
    below: Sequence[Place]

    @classmethod
    def of(cls, where: Placements, sight: Sight, unit_id: str | None) -> Tree:
        """As far as `sight` goes; raises NotThere for a unit that is not, or is out of it."""
        seen = [unit for unit in sorted(where.units) if sight.covers(unit)]
        roots = [unit for unit in seen if where.parents.get(unit) not in set(seen)]
        if unit_id is None and len(roots) != 1:
            return cls(None, (), [Place(unit, where.name(unit)) for unit in roots])
        unit_id = roots[0] if unit_id is None else unit_id
        if unit_id not in seen:
            raise NotThere("there is nothing at this address", zh="没有这个地址")
        above = [unit for unit in _above(where, unit_id) if sight.covers(unit)]
        below = [unit for unit in seen if where.parents.get(unit) == unit_id and unit != unit_id]
        here, *rest = (Place(unit, where.name(unit)) for unit in (unit_id, *above, *below))
        return cls(here, list(reversed(rest[: len(above)])), rest[len(above) :])


def _above(where: Placements, unit_id: str) -> list[str]:
    """The units over a unit, the nearest first; a loop in the tree ends where it closes."""
    found: list[str] = []
    here = where.parents.get(unit_id)
    while here is not None and here not in (*found, unit_id):
        found.append(here)
        here = where.parents.get(here)
    return found


@dataclass(frozen=True)
class Block:
    """A unit as a block: what the night says of it, the outcomes at the months that policy grades by."""

    place: Place
    result: UnitGraded | UnitNotGraded

    @property
    def scope(self) -> Scope | UnitNotGraded:
        """The block; a unit without a grade stands for itself."""
        return self.result if isinstance(self.result, UnitNotGraded) else self.result.block

    @property
    def outcomes(self) -> Sequence[UnitOutcome]:
        """Those with figures of its own."""
        return main_outcomes(self.scope.outcomes) if isinstance(self.scope, ScopeGraded) else ()

    @property
    def totals(self) -> Mapping[str, int | None]:
        """Alerts, budget, approach alerts and commend flags of all outcomes together; alerts None where not told."""
        told = [one.alerts for one in self.outcomes]
        flagged = [one.flagged for one in told]
        return {
            "flagged": None if None in flagged else sum(one for one in flagged if one is not None),
            "budget": sum(one.budget for one in told),
            "approaching": sum(one.approaching for one in told),
            "commended": sum(one.commended for one in told),
        }


def main_outcomes(outcomes: Sequence[Any]) -> list[Any]:
    """Of each outcome the months ahead that grade an officer as a whole."""
    months: dict[Any, list[int]] = {}
    for one in outcomes:
        months.setdefault(one.outcome, []).append(one.horizon_months)
    main = {name: policy().outcome(name.value).main_horizon(some) for name, some in months.items()}
    return [one for one in outcomes if one.horizon_months == main[one.outcome]]


def show(visit: Visit) -> View:
    """A unit with the blocks under it."""
    wanted = visit.named_or_none(UNIT, visit.query, "unit")
    where = visit.asking.desks.placements()
    if wanted is not None and not (wanted in where.units and visit.sight.covers(wanted)):
        visit.ask("/v1/units", unit_ids=[wanted])  # it is kept that somebody asked in vain
    tree = Tree.of(where, visit.sight, wanted)
    places = [*([tree.here] if tree.here else []), *tree.below]
    answer, blocks = _blocks(visit, places)
    here = blocks[0] if tree.here else None
    shown = {
        "tree": tree, "block": here, "blocks": blocks[1 if here else 0 :], "answer": answer, "name_of": where.name,
        "contests": contests(visit, tree.here.unit_id) if tree.here and here else None, "contested": CONTESTED,
        "cases_path": CASES, "skills_path": SKILLS, "preview_path": PREVIEW,
        "skills": visit.may(AccessScope.RECOMMEND_READ), "previews": sees_all(visit.caller),
    }  # fmt: skip
    return View("unit.html.j2", shown)


def contests(visit: Visit, unit_id: str | None) -> int | None:
    """How many contests wait for an answer, in a block or in all that is in sight; None where it is not to be told."""
    if not sees_all(visit.caller):
        return None
    many: int = visit.ask("/pages/contests", unit_id=unit_id).contested
    return many


def show_skills(visit: Visit) -> View:
    """What a unit can do and where it is thin: a part of its page."""
    unit_id = visit.named(UNIT, visit.query, "unit")
    answer: ProfileAnswer = visit.ask("/v1/profile", unit_ids=[unit_id])
    place = Tree.of(visit.asking.desks.placements(), visit.sight, unit_id).here
    (profile,) = answer.units
    names = [visit.tell.say(one.name) for one in profile.suppressed] if isinstance(profile, UnitProfiled) else []
    return part_of(visit, "skills.part.html.j2", "skills", {"profile": profile, "names": names, "place": place})


def show_preview(visit: Visit) -> View:
    """What another limit would give in this block: a part of the unit's page."""
    unit_id, rules = visit.named(UNIT, visit.query, "unit"), policy().grades
    shares = sorted({*USUAL, rules.shares.poor})
    share = next((one for one in shares if f"{one:g}" == visit.query.get("share")), rules.shares.poor)
    answer: PreviewAnswer = visit.ask("/pages/preview", unit_id=unit_id, poor_share=share)
    place = Tree.of(visit.asking.desks.placements(), visit.sight, unit_id).here
    shown = {"answer": answer, "place": place, "shares": shares, "share": share, "in_force": rules.shares.poor,
             "floor": rules.shares.poor_from_mean, "preview_path": PREVIEW}  # fmt: skip
    return part_of(visit, "preview.part.html.j2", "preview", shown)


def part_of(visit: Visit, template: str, heading: str, shown: Mapping[str, Any]) -> View:
    """A part of a page for htmx, or as a page of its own."""
    if visit.part:
        return View(template, shown)
    return View("whole.html.j2", {**shown, "part": template, "heading": heading})


def _blocks(visit: Visit, places: Sequence[Place]) -> tuple[UnitsAnswer | None, list[Block]]:
    answer: UnitsAnswer | None = None
    found: list[Block] = []
    for start in range(0, len(places), MAX_UNITS):
        some = places[start : start + MAX_UNITS]
        answer = visit.ask("/v1/units", unit_ids=[place.unit_id for place in some])
        found += [Block(place, result) for place, result in zip(some, answer.results, strict=True)]
    return answer, found


PAGES = (
    Page(PATH, AccessScope.RISK_READ, show, menu="unit"),
    Page(PREVIEW, AccessScope.RISK_REVIEW, show_preview),
    Page(SKILLS, AccessScope.RECOMMEND_READ, show_skills),
)
