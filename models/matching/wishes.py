"""The wishes of one round at the door: frames in, sorted arrays out, each wish that cannot count set aside with a code.

A fault in what the department gave (a vacancy twice, places below none, an unknown priority class) refuses the round,
for it would touch everybody. A fault in what one officer gave is told to that officer and the round goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.errors import InvalidInput
from data_contracts.placing import MatchingPolicy
from models.base import Numbers
from models.matching.deferred_acceptance import Places
from models.matching.order import CLASS, LOTTERY, POINTS, Criterion, lottery

Texts = NDArray[np.object_]
Mask = NDArray[np.bool_]
COUNTS = ""  # the code of a wish that takes part
LAST_ORDER = 10_000  # the contract of preferences ends at 100
REASONS_OF_EXCLUSION = ("because_zh", "because_en")


@dataclass(frozen=True)
class MatchInput:
    """The frames of one round; columns are named as the contracts name them.

    `officers`: officer_id, points, the tie-breaks of policy, and a priority_class that holds everywhere, if any.
    `preferences`: officer_id, vacancy_id, preference_order; where known eligible (absent: all are) with because_zh and
    because_en, occurred_on, fit; and any of points, priority_class and tie-breaks that differ by vacancy.
    `vacancies`: vacancy_id, places; where known closes_on, after which a wish is late.
    `dissolved`: ids of vacancies that are not of the round because their unit is no more; wishes for them are told so.
    """

    officers: pd.DataFrame
    preferences: pd.DataFrame
    vacancies: pd.DataFrame
    dissolved: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Stated:
    """Every wish that was stated, sorted by officer and preference order; arrays are (wishes,) unless they say else.

    `vacancy` is -1 where nobody opened it, `order` NaN where it is no whole number from 1; `aside` holds COUNTS or the
    code of why a wish does not take part; `criteria` are those of the published order.
    """

    officer_ids: Texts  # (officers,)
    vacancy_ids: Texts  # (vacancies,)
    places: Places  # (vacancies,)
    officer: Places
    vacancy: Places
    order: Numbers
    asked: Texts  # the vacancy ids as stated
    aside: Texts
    excluded: tuple[Texts, ...]  # because_zh and because_en, or nothing
    fit: Numbers | None
    criteria: tuple[Criterion, ...]


def read_wishes(given: MatchInput, rules: MatchingPolicy) -> Stated:
    """Check and sort one round; raises InvalidInput naming frame, column, first offending key and remedy."""
    _columns(given, rules)
    vacancy_ids, places = _vacancies(given.vacancies)
    wishes = given.preferences
    for frame, name in ((given.officers, "officers"), (wishes, "preferences")):
        _no_empty(frame, name, "officer_id")
    _once(given.officers, "officers", "officer_id")
    officer_ids = pd.unique(pd.concat([given.officers["officer_id"], wishes["officer_id"]]).astype(object))
    officer = pd.Index(officer_ids).get_indexer(pd.Index(wishes["officer_id"])).astype(np.int64)
    vacancy = pd.Index(vacancy_ids).get_indexer(pd.Index(wishes["vacancy_id"])).astype(np.int64)
    order = _orders(wishes["preference_order"])
    by = _sorted(officer, order, vacancy)
    table = wishes.iloc[by]
    read = _Reader(given.officers, table, officer_ids)
    criteria = _criteria(read, rules, officer_ids)
    officer, vacancy, order = officer[by], vacancy[by], order[by]
    aside = _late(table, given.vacancies, vacancy)
    aside[(vacancy < 0) & table["vacancy_id"].isin(given.dissolved).to_numpy(bool)] = "unit_closed"
    _set_aside(aside, officer, vacancy, order)
    _without_standing(aside, table, criteria, officer)
    excluded = tuple(table[name].to_numpy(object) for name in REASONS_OF_EXCLUSION if name in table)
    fit = table["fit"].to_numpy(np.float64, na_value=np.nan) if "fit" in table else None
    asked = table["vacancy_id"].to_numpy(object)
    return Stated(officer_ids, vacancy_ids, places, officer, vacancy, order, asked, aside, excluded, fit, criteria)


def _columns(given: MatchInput, rules: MatchingPolicy) -> None:
    anywhere = {*given.officers.columns, *given.preferences.columns}
    needs = {
        "officers": ({"officer_id"}, set(given.officers.columns)),
        "preferences": ({"officer_id", "vacancy_id", "preference_order"}, set(given.preferences.columns)),
        "vacancies": ({"vacancy_id", "places"}, set(given.vacancies.columns)),
        "officers or preferences": ({POINTS, *(one.column for one in rules.tie_break)}, anywhere),
    }
    for frame, (needed, there) in needs.items():
        for name in sorted(needed - there):
            remedy = "add it, or take the tie-break out of policy/matching.toml" if frame.count(" ") else "add it"
            raise InvalidInput(f"{frame}: no column {name!r}; {remedy}", zh=f"{frame} 没有 {name!r} 列；请补上")


def _no_empty(frame: pd.DataFrame, name: str, column: str) -> None:
    empty = np.flatnonzero(frame[column].isna().to_numpy())
    if len(empty):
        raise InvalidInput(
            f"{name}.{column}: {len(empty)} empty, first in row {empty[0]}; fill them in",
            zh=f"{name}.{column}：{len(empty)} 处为空，首处在第 {empty[0]} 行；请补全",
        )


def _once(frame: pd.DataFrame, name: str, column: str) -> None:
    twice = frame.loc[frame[column].duplicated(), column]
    if len(twice):
        first = repr(twice.iloc[0])
        raise InvalidInput(
            f"{name}.{column}: {first} appears more than once; keep one row of it",
            zh=f"{name}.{column}：{first} 出现不止一次；请只保留一行",
        )


def _vacancies(vacancies: pd.DataFrame) -> tuple[Texts, Places]:
    _no_empty(vacancies, "vacancies", "vacancy_id")
    _once(vacancies, "vacancies", "vacancy_id")
    ids = vacancies["vacancy_id"].to_numpy(object)
    places = pd.to_numeric(vacancies["places"], errors="coerce").to_numpy(np.float64, na_value=np.nan)
    wrong = ~np.isfinite(places) | (places < 0) | (places != np.floor(places))
    if wrong.any():
        told = f"{ids[wrong][0]!r} has {vacancies['places'].to_numpy(object)[wrong][0]}"
        raise InvalidInput(
            f"vacancies.places: {told}; give a whole number, 0 or more",
            zh=f"vacancies.places：{told}；请给出不小于 0 的整数",
        )
    return ids, places.astype(np.int64)


def _orders(column: pd.Series) -> Numbers:
    order = pd.to_numeric(column, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    return np.where((order >= 1) & (order <= LAST_ORDER) & (order == np.floor(order)), order, np.nan)


def _sorted(officer: Places, order: Numbers, vacancy: Places) -> Places:
    """By officer, order (an unclear one last) and vacancy, as one whole number, which is faster than three keys."""
    place = np.nan_to_num(order, nan=LAST_ORDER + 1).astype(np.int64)
    key = (officer * (LAST_ORDER + 2) + place) * (int(vacancy.max(initial=0)) + 2) + vacancy + 1
    return np.argsort(key, kind="stable")


@dataclass(frozen=True)
class _Reader:
    """Reads a column of the order where it stands: with the wish, or else with the officer."""

    officers: pd.DataFrame
    wishes: pd.DataFrame
    officer_ids: Texts

    def column(self, name: str) -> tuple[pd.Series, bool]:
        """The values, and whether they are those of wishes; an officer without a row has empty ones."""
        if name in self.wishes:
            return self.wishes[name], True
        return self.officers.set_index("officer_id")[name].reindex(self.officer_ids), False

    def number(self, name: str, sign: float, decimals: int | None = None) -> Criterion:
        """A criterion of numbers, NaN where one is not known."""
        column, by_wish = self.column(name)
        values = pd.to_numeric(column, errors="coerce").to_numpy(np.float64, na_value=np.nan)
        values = np.where(np.isfinite(values), values, np.nan)
        return Criterion(name, sign * (values if decimals is None else np.round(values, decimals)), by_wish)


def _criteria(read: _Reader, rules: MatchingPolicy, officer_ids: Texts) -> tuple[Criterion, ...]:
    ties = (read.number(one.column, -1.0 if one.prefer == "more" else 1.0) for one in rules.tie_break)
    points = read.number(POINTS, -1.0, rules.points_decimals)
    drawn = Criterion(LOTTERY, lottery(officer_ids.tolist(), rules.lottery_seed))
    return (*_classes(read, rules), points, *ties, drawn)


def _classes(read: _Reader, rules: MatchingPolicy) -> list[Criterion]:
    """Places of the priority classes, the better of the officer's own and the one at this vacancy."""
    found = []
    if CLASS in read.officers:
        own = read.officers.set_index("officer_id")[CLASS].reindex(read.officer_ids)
        found.append(Criterion(CLASS, _places_of(own, rules)))
    if CLASS in read.wishes:
        here = _places_of(read.wishes[CLASS], rules)
        if found:
            rows = pd.Index(read.officer_ids).get_indexer(pd.Index(read.wishes["officer_id"]))
            here = np.minimum(here, found.pop().values[rows])
        found.append(Criterion(CLASS, here, by_wish=True))
    return found


def _places_of(column: pd.Series, rules: MatchingPolicy) -> Numbers:
    codes = [one.code for one in rules.priority_class]
    place = np.asarray(pd.Categorical(column, categories=codes).codes, dtype=np.float64)
    unknown = np.flatnonzero((place < 0) & column.notna().to_numpy())
    if len(unknown):
        raise InvalidInput(
            f"{CLASS}: {len(unknown)} rows with a class that policy/matching.toml does not have, first in row "
            f"{unknown[0]}; use {', '.join(codes) or 'none'}, or leave it empty",
            zh=f"{CLASS}：{len(unknown)} 行的类别不在 policy/matching.toml 中，首处在第 {unknown[0]} 行；"
            f"可用 {'、'.join(codes) or '（无）'}，或留空",
        )
    return np.where(place < 0, len(codes), place)


def _late(table: pd.DataFrame, vacancies: pd.DataFrame, vacancy: Places) -> Texts:
    aside = np.full(len(table), COUNTS, dtype=object)
    if {"occurred_on"} <= set(table.columns) and {"closes_on"} <= set(vacancies.columns):
        closes = pd.to_datetime(vacancies["closes_on"]).to_numpy()
        stated = pd.to_datetime(table["occurred_on"]).to_numpy()
        known = vacancy >= 0
        aside[np.flatnonzero(known)[stated[known] > closes[vacancy[known]]]] = "late"
    aside[vacancy < 0] = "unknown_vacancy"
    return aside


def _set_aside(aside: Texts, officer: Places, vacancy: Places, order: Numbers) -> None:
    """A vacancy wished for twice counts at its first place; a list with an order that is unclear counts nowhere.

    Wishes for vacancies of other rounds have orders of their own and disturb nothing.
    """
    rows = np.flatnonzero(aside == COUNTS)
    pair = officer[rows] * (int(vacancy.max(initial=0)) + 1) + vacancy[rows]
    by = np.argsort(pair, kind="stable")
    aside[rows[by[1:][np.diff(pair[by]) == 0]]] = "repeated"
    rows = np.flatnonzero(aside == COUNTS)
    same = (np.diff(officer[rows]) == 0) & (np.diff(order[rows]) == 0)
    unclear = np.zeros(int(officer.max(initial=-1)) + 1, dtype=bool)
    unclear[officer[rows[1:][same]]] = True
    unclear[officer[rows[np.isnan(order[rows])]]] = True
    aside[rows[unclear[officer[rows]]]] = "unclear_order"


def _without_standing(aside: Texts, table: pd.DataFrame, criteria: Sequence[Criterion], officer: Places) -> None:
    if "eligible" in table:
        _no_empty(table, "preferences", "eligible")
        aside[(aside == COUNTS) & ~table["eligible"].to_numpy(bool)] = "not_eligible"
    points = next(one for one in criteria if one.name == POINTS)
    aside[(aside == COUNTS) & np.isnan(points.at(np.arange(len(officer)), officer))] = "no_points"
