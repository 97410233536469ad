"""What concerns were about, month by month: by category and unit, and by subcategory for the whole force.

A figure is shown only of groups of enough people, and no sums and differences of shown figures tell of fewer (the rule
of `models/units/shown.py`). Groups of one category lie inside one another along the unit tree; those of different
categories lie apart; so each category is a tree of its own, under all concerns of the month. Subcategories are told of
the whole force only: split by unit as well, they would cross the categories, and differences would tell too much.

Who raised a concern without an officer's id (family, community) is not known, and several such concerns may be one
person's: all of them of a month and unit count as the same one person, so that a figure told is never of fewer people
than it takes. A
month is told as it was known when it ended: told again later with what came late, the difference would be one concern.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from data_contracts.asof import add_months
from models.units.shown import shown
from models.units.tree import UnitTree

APART = "\x1f"  # stands in no id
UNKNOWN = APART  # whoever has no id: one person in each place


@dataclass(frozen=True)
class ThemeCount:
    """Concerns of one category of one month in a unit and everything under it; `unit_id` None is the whole force, where
    `subcategory` may narrow it."""

    month: date
    unit_id: str | None
    category: str
    subcategory: str | None
    concerns: int


def months_before(as_of: date, many: int) -> list[date]:
    """First days of the last whole months, oldest first.

    >>> months_before(date(2026, 3, 15), 2)
    [datetime.date(2026, 1, 1), datetime.date(2026, 2, 1)]
    """
    return [add_months(as_of.replace(day=1), -back) for back in range(many, 0, -1)]


def themes(record: pd.DataFrame, parents: Mapping[str, str], months: Iterable[date], least: int) -> list[ThemeCount]:
    """Every figure that may be shown; `record` has officer_id, unit_id, category, subcategory, raised_on and known_on,
    and `parents` the unit above each unit. Rows without an officer_id are of the same unknown person within a month and
    unit (of the whole force, for subcategories): a person is told of once, however many there may have been."""
    rows = record.dropna(subset=["category"])
    raised, known = pd.to_datetime(rows["raised_on"]), pd.to_datetime(rows["known_on"])
    found: list[ThemeCount] = []
    for month in months:
        begin, end = pd.Timestamp(month), pd.Timestamp(add_months(month, 1))
        found.extend(_month(rows[(raised >= begin) & (raised < end) & (known < end)], parents, month, least))
    return found


def _month(rows: pd.DataFrame, parents: Mapping[str, str], month: date, least: int) -> list[ThemeCount]:
    if rows.empty:
        return []
    told = rows.assign(
        who=rows["officer_id"].astype(object).where(rows["officer_id"].notna(), UNKNOWN),
        at=rows["category"].astype(str) + APART + rows["unit_id"].fillna("").astype(str),
        below=rows["category"].astype(str) + APART + rows["subcategory"].fillna("").astype(str),
    )
    by_unit = _shown(told, "at", _above_units(told["at"], parents), least)
    by_kind = _shown(told, "below", {one: one.split(APART)[0] for one in told["below"]}, least)
    categories = set(by_unit) & set(by_kind)  # a figure of both trees is shown where both may show it: less is safe
    found = []
    for name, many in by_unit.items():
        category, _, unit = name.partition(APART)
        if unit or (APART not in name and name in categories):
            found.append(ThemeCount(month, unit or None, category, None, many))
    for name, many in by_kind.items():
        category, _, sub = name.partition(APART)
        if sub:
            found.append(ThemeCount(month, None, category, sub, many))
    return sorted(found, key=lambda one: (one.unit_id or "", -one.concerns, one.category, one.subcategory or ""))


def _above_units(nodes: Iterable[str], parents: Mapping[str, str]) -> dict[str, str]:
    """The node above each: the same category in the unit above, and the category itself above the top."""
    above: dict[str, str] = {}
    for start in set(nodes):
        node, (category, _, unit) = start, start.partition(APART)
        while node not in above:
            higher = parents.get(unit) if unit else None
            above[node] = category if higher is None else f"{category}{APART}{higher}"
            if higher is None:
                break
            node, unit = above[node], higher
    return above


def _shown(rows: pd.DataFrame, column: str, above: Mapping[str, str], least: int) -> dict[str, int]:
    """By node, the concerns of its block, where it may be shown; people count once in a place."""
    tree = UnitTree.of(sorted(set(rows[column])), above)
    people = rows.groupby(column)["who"].nunique()
    many = rows.groupby(column).size()
    own = np.array([float(people.get(node, 0)) for node in tree.units])
    counts = tree.block(np.array([float(many.get(node, 0)) for node in tree.units]))
    if own.sum() < least:
        return {}
    told = shown(tree, own, least)["block"]
    return {node: int(counts[place]) for place, node in enumerate(tree.units) if told[place] and counts[place]}
