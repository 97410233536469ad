"""The units of a night: every node of the tree, its own officers and its block, graded, with trend, drivers, movement.

Every node has a grade. One that is too small to show figures of its own has those of the block above that stands for
it, and says so.

Everything here follows from the officers' results of the same night, the snapshot, and the snapshot of a year before,
scored by the same model; the same inputs give the same rows.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol, runtime_checkable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.decisions import GradePolicy
from data_contracts.vocabulary import Grade, Outcome
from models.base import Numbers
from models.units.driver_words import Telling
from models.units.force import force_change
from models.units.grade_words import Graded, grade_told, stood_for_told
from models.units.model import Change, Expected, Roster, UnitRule, changes, changes_since, expected, moved_chances
from models.units.moves import SCOPES, Membership, Movements
from models.units.past import OPEN, past_chances
from models.units.shown import shown, stands_for
from models.units.tree import UnitTree
from models.units.words import EARLIER_EXPECTATION, FORCE_EARLIER, LAST_PERIOD, movement_told, trend_told
from serving.night.past import Asked
from serving.night.results import SCORED, asked_of
from serving.units.drivers import drivers_of
from serving.units.marks import SMALL, Grades, alerts_of, grades_of

COLUMNS = (
    "unit_id", "scope", "outcome", "horizon_months", "officers", "status", "expected_share", "low", "high", "grade",
    "best", "worst", "text", "rolled_up_to", "poor_share", "flagged", "budget", "approaching", "commended",
    "decided_by", "trend", "drivers", "movement",
)  # fmt: skip
UNIT_COUNTS = ("flagged", "budget", "approaching", "commended")
OF_A_NODE = (  # what a node too small to show takes from the block that stands for it
    "expected_share", "low", "high", "grade", "best", "worst", "poor_share", *UNIT_COUNTS, "decided_by", "trend",
    "drivers", "movement",
)  # fmt: skip


@runtime_checkable
class KnowsUnits(Protocol):
    """A scorer that learned of units: its rules, and chances alone (without reasons) of another day's officers."""

    @property
    def unit_rules(self) -> Mapping[Asked, UnitRule]:
        """By outcome and months ahead."""
        ...

    def chances(self, frame: pd.DataFrame) -> Mapping[Asked, Numbers]:
        """The chance (n,) of each row; NaN for who is not scored."""
        ...


@dataclass(frozen=True)
class Before:
    """The snapshot of an earlier day with the chances that the same model gives its officers."""

    as_of: date
    snapshot_sha256: str
    frame: pd.DataFrame
    chances: Mapping[Asked, Numbers]


@dataclass(frozen=True)
class UnitInputs:
    """What units are graded by beside the officers' results.

    `frame` is the snapshot (officer_id, unit_id, features); `facets` (rows of the results, facets) hold what each
    facet of a theme adds to the log-odds, None where the scorer does not tell; `told` are the themes of each outcome
    that officers are told of, None where all are.
    """

    as_of: date
    parents: Mapping[str, str]
    rules: GradePolicy
    frame: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"officer_id": pd.Series(dtype="string")}))
    unit_rules: Mapping[Asked, UnitRule] = field(default_factory=dict)
    before: Before | None = None
    facets: NDArray[np.float64] | None = None
    told: Mapping[Asked, Collection[str]] | None = None


def unit_results(results: pd.DataFrame, inputs: UnitInputs) -> pd.DataFrame:
    """COLUMNS for each unit, scope (own, block), outcome and horizon.

    `results` are the officers' graded rows (officer_id, unit_id, outcome, horizon_months, status, probability, grade,
    flags). `best` and `worst` are the grades at both ends of what is believed of a node. A node with fewer scored
    officers than policy shows has `status` small_unit, `rolled_up_to` names the nearest unit above whose block is
    shown, and everything but its own number of officers is that block's (nothing at all where no block is shown).
    """
    rows = results.reset_index(drop=True).sort_values("officer_id", kind="stable")  # sums must not follow an order
    inside = (rows["status"] == SCORED) & rows["unit_id"].notna()
    parts = [
        _one_answer(asked_of(group), some, inputs)
        for group, some in rows[inside].groupby(["outcome", "horizon_months"], sort=True)
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))


@dataclass(frozen=True)
class _Answer:
    """One outcome and horizon: the results of who is in a unit, who is where, and their features."""

    asked: Asked
    rows: pd.DataFrame
    roster: Roster
    rule: UnitRule
    moved: Numbers
    features: pd.DataFrame

    @classmethod
    def of(cls, asked: Asked, rows: pd.DataFrame, inputs: UnitInputs) -> _Answer:
        rule = inputs.unit_rules.get(asked, UnitRule())
        units = rows["unit_id"].astype(str).tolist()
        tree = UnitTree.of(units, inputs.parents)
        features = _features_of(rows, inputs.frame)
        chance = rows["probability"].to_numpy(np.float64)
        past = past_chances(features, *asked, rule.open_chance)
        roster = Roster(tree, tree.places(units), chance, past)
        return cls(asked, rows, roster, rule, moved_chances(roster, rule), features)

    def membership(self, frame: pd.DataFrame) -> Membership:
        """Who is where: who has a score, and whoever else stands in the snapshot."""
        return _members(self.rows["officer_id"], self.rows["unit_id"], self.moved, frame)


def _members(officers: pd.Series, units: pd.Series, moved: Numbers, frame: pd.DataFrame) -> Membership:
    """Those with a chance, then the others of a snapshot who are in a unit, without one."""
    scored, unit = officers.astype(str).tolist(), units.astype(str).tolist()
    if "unit_id" not in frame:
        return Membership(scored, unit, moved)
    named = frame.dropna(subset=["officer_id", "unit_id"]).drop_duplicates("officer_id")
    rest = named[~named["officer_id"].astype(str).isin(scored)]
    return Membership(
        [*scored, *rest["officer_id"].astype(str)],
        [*unit, *rest["unit_id"].astype(str)],
        np.concatenate([moved, np.full(len(rest), np.nan)]),
    )


def _features_of(rows: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """The snapshot's row of each result, (n,)."""
    known = frame[frame["officer_id"].notna()].drop_duplicates("officer_id").set_index("officer_id")
    return known.reindex(rows["officer_id"].astype("string")).reset_index()


def _one_answer(asked: Asked, rows: pd.DataFrame, inputs: UnitInputs) -> pd.DataFrame:
    answer = _Answer.of(asked, rows, inputs)
    shares = expected(answer.roster, answer.moved, answer.rule)
    then = _then(answer, inputs.before)
    moved, against = _trend(answer, shares, then)
    alerts = alerts_of(rows, answer.roster, inputs.rules, asked)
    grades = grades_of(shares, float(answer.moved.mean()), inputs.rules.units)
    parts = None if inputs.facets is None else np.nan_to_num(inputs.facets[rows.index.to_numpy()])
    telling = Telling(Outcome(asked[0]), inputs.as_of, None if inputs.told is None else inputs.told.get(asked, ()))
    drivers = drivers_of(answer.roster, parts, answer.features, telling)
    movements = None if then is None else _moved_between(answer, then, inputs.frame)
    tables = []
    for scope in SCOPES:
        table = pd.DataFrame({"unit_id": answer.roster.tree.units, "scope": scope, "outcome": asked[0]})
        table["horizon_months"] = pd.array([asked[1]] * len(table), dtype="int16")
        table = table.assign(**_figures(shares[scope], grades[scope], answer), **alerts[scope], drivers=drivers[scope])
        whole = shares[scope].officers == len(rows)
        table["trend"] = _trends(moved, scope, against, len(table))
        table["trend"] = table["trend"].mask(whole, None if then is None else _force_trend(answer, then))
        if movements is not None and moved is not None:
            change = np.where(whole, np.nan, moved[scope].change)  # the whole force is not brought to any level
            table["movement"] = _movements(movements, scope, change, shares[scope].weight, inputs)
        else:
            table["movement"] = None
        tables.append(table)
    told = _stood_for(pd.concat(tables, ignore_index=True), answer.roster, inputs.rules.units.least_shown)
    told = told.loc[told["officers"] > 0, list(COLUMNS)]
    return told.sort_values(["unit_id", "scope"], kind="stable", ignore_index=True)


def _figures(shares: Expected, grades: Grades, answer: _Answer) -> dict[str, Any]:
    force, everybody = float(answer.moved.mean()), len(answer.rows)
    figures = zip(shares.officers, shares.share, shares.low, shares.high, shares.own_part, strict=True)
    marks = zip(grades.grade, grades.best, grades.worst, strict=True)
    told = [
        None if grade is None or best is None or worst is None else _json(grade_told(
            Graded(share, low, high, force, Grade(grade), Grade(best), Grade(worst), officers == everybody,
                   shares.alike and grade == Grade.GOOD.value, own_part)
        ))
        for (officers, share, low, high, own_part), (grade, best, worst) in zip(figures, marks, strict=True)
    ]  # fmt: skip
    return {
        "officers": shares.officers.astype(np.int64),
        "expected_share": shares.share,
        "low": shares.low,
        "high": shares.high,
        "grade": grades.grade,
        "best": grades.best,
        "worst": grades.worst,
        "text": told,
    }


def _stood_for(table: pd.DataFrame, roster: Roster, least: int) -> pd.DataFrame:
    """Rows of own, then of blocks, each in the tree's order; hidden ones take what the block standing for them has."""
    tree, size = roster.tree, len(roster.tree.units)
    told = shown(tree, roster.officers, least)
    above = [name for names in stands_for(tree, told).values() for name in names]
    hidden = np.concatenate([~told[scope] for scope in SCOPES])
    alone = hidden & np.array([name is None for name in above])
    block = {unit: size + place for place, unit in enumerate(tree.units)}
    source = [place if name is None else block[name] for place, name in enumerate(above)]
    taken = table[list(OF_A_NODE)].astype(dict.fromkeys(UNIT_COUNTS, "Int64")).iloc[source].reset_index(drop=True)
    taken.loc[alone] = None
    told_of = [
        _json(stood_for_told(int(officers), name, None if name is None else Grade(grade))) if away else text
        for officers, name, grade, away, text in zip(
            table["officers"], above, taken["grade"], hidden, table["text"], strict=True
        )
    ]
    return table.assign(
        **{str(name): values for name, values in taken.items()},
        status=np.where(hidden, SMALL, SCORED),
        rolled_up_to=np.array(above, dtype=object),
        text=told_of,
    )


@dataclass(frozen=True)
class _Then:
    """The earlier day on today's tree: who was where with which moved chance, and what was expected."""

    membership: Membership
    shares: Mapping[str, Expected]
    chance: Numbers


def _then(answer: _Answer, before: Before | None) -> _Then | None:
    """None without an earlier snapshot, or where none of its units is on today's tree."""
    if before is None or answer.asked not in before.chances:
        return None
    chance = before.chances[answer.asked]
    tree = answer.roster.tree
    units = before.frame["unit_id"].astype(object).where(before.frame["unit_id"].notna(), None)
    here = ~np.isnan(chance) & units.isin(tree.units).to_numpy(bool)
    if not here.any():
        return None
    frame, named = before.frame[here], [str(unit) for unit in units[here]]
    past = past_chances(frame, *answer.asked, answer.rule.open_chance)
    roster = Roster(tree, tree.places(named), chance[here], past)
    moved = moved_chances(roster, answer.rule)
    members = _members(frame["officer_id"], frame["unit_id"], moved, before.frame)
    return _Then(members, expected(roster, moved, answer.rule), chance[here])


def _trend(
    answer: _Answer, shares: Mapping[str, Expected], then: _Then | None
) -> tuple[Mapping[str, Change] | None, str]:
    """Against what the same model expected a year before, which is what the movement splits; against the last period
    where that year has no snapshot, and then there is no movement to contradict it."""
    if then is None:
        return changes(answer.roster, shares), LAST_PERIOD
    return changes_since(shares, then.shares, _level(answer, then)), EARLIER_EXPECTATION


def _level(answer: _Answer, then: _Then) -> float:
    """What the force's mean chance is now, over what it was then."""
    return float(answer.roster.chance.mean()) / max(float(then.chance.mean()), 1e-9)


def _moved_between(answer: _Answer, then: _Then, frame: pd.DataFrame) -> Movements:
    """Movement at the level of the force that trends are told at: a reader sets one beside the other."""
    return Movements(answer.roster.tree, then.membership, answer.membership(frame), _level(answer, then))


def _trends(moved: Mapping[str, Change] | None, scope: str, against: str, size: int) -> list[str | None]:
    return [None] * size if moved is None else [_trend_at(moved[scope], place, against) for place in range(size)]


def _trend_at(change: Change, place: int, against: str, waits: bool = False) -> str | None:
    numbers = {name: float(getattr(change, name)[place]) for name in ("before", "change", "low", "high", "worse")}
    direction = change.direction()[place]
    return None if direction is None else _json(trend_told(numbers, str(direction), against, waits))


def _force_trend(answer: _Answer, then: _Then) -> str | None:
    """The whole force's own movement: shares are brought to its level, so against the last period it never moves."""
    change = force_change(answer.roster.chance, then.chance, answer.rule.level)
    return _trend_at(change, 0, FORCE_EARLIER, answer.asked[0] in OPEN)


def _movements(
    movements: Movements, scope: str, changed: Numbers, weight: Numbers, inputs: UnitInputs
) -> list[str | None]:
    """The movement of each node, as parts of the change that its trend tells."""
    if inputs.before is None:
        return [None] * len(changed)
    since, least = inputs.before.as_of, inputs.rules.units.least_shown
    found = zip(movements.tree.units, changed.tolist(), weight.tolist(), strict=True)
    told = [(movements.of(unit, scope), change, follows) for unit, change, follows in found]
    split = [one if one is None or np.isnan(change) else one.of_share(change, follows) for one, change, follows in told]
    return [None if one is None else _json(movement_told(one, since, least)) for one in split]


def _json(told: Any) -> str:
    return json.dumps(told, ensure_ascii=False)
