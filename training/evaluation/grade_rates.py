"""How often the outcome came in each grade: a warning is worth its name when the rates are strictly in order."""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import StrEnum
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data_contracts.decisions import Shares
from data_contracts.vocabulary import Bilingual, Grade
from models.base import Numbers
from models.risk.grade_rate import GradeRate
from models.risk.grades import by_shares

GradeRates = Mapping[Grade, GradeRate]


def grade_rates(
    y: Numbers, chances: Numbers, shares: Shares, groups: NDArray[Any] | None = None
) -> dict[Grade, GradeRate]:
    """Events by grade, worst first. `y` (n,) in [0, 1] is what came, `chances` (n,) what was said (NaN: not graded).

    Grades are shares of each of `groups` (n,) by itself (as-of dates, when several are pooled), as a night gives them.

    >>> from data_contracts.policy import policy
    >>> chances = np.arange(100) / 100
    >>> rates = grade_rates((chances > 0.9).astype(float), chances, policy().grades.shares)
    >>> [(grade.value, rate.n, rate.events) for grade, rate in rates.items()]
    [('poor', 5, 5.0), ('fair', 15, 4.0), ('good', 60, 0.0), ('excellent', 20, 0.0)]
    """
    given = np.full(len(chances), None, dtype=object)
    for rows in _rows_of(groups, len(chances)):
        given[rows] = by_shares(chances[rows], shares)
    masks = {grade: given == grade.value for grade in Grade}
    return {grade: GradeRate.of(float(y[mask].sum()), int(mask.sum())) for grade, mask in masks.items()}


class Order(StrEnum):
    """Whether event rates fall from the worst grade to the best: the one verdict that gate, card and report tell.

    `level` is in order as far as it goes: nobody has one of the grades, or neighbours had no event at all.
    """

    STRICT = "strict"
    LEVEL = "level"
    BROKEN = "broken"


def order_of(rates: GradeRates) -> Order:
    """The verdict. Without any event there is no order.

    >>> told = {Grade.POOR: GradeRate.of(9, 10), Grade.FAIR: GradeRate.of(1, 10), Grade.GOOD: GradeRate.of(0, 9)}
    >>> order_of(told).value, order_of({**told, Grade.EXCELLENT: GradeRate.of(0, 10)}).value
    ('strict', 'level')
    >>> order_of({Grade.POOR: GradeRate.of(1, 10), Grade.FAIR: GradeRate.of(1, 10)}).value
    'broken'
    """
    found = [rates[grade].rate for grade in Grade if grade in rates and rates[grade].n]
    falls = all(worse > better or worse == better == 0.0 for worse, better in pairwise(found))
    if not falls or max(found, default=0.0) <= 0.0:
        return Order.BROKEN
    whole = len(found) == len(rates) and all(worse > better for worse, better in pairwise(found))
    return Order.STRICT if whole else Order.LEVEL


def order_told(rates: GradeRates) -> Bilingual:
    """The verdict in words.

    >>> order_told({Grade.POOR: GradeRate.of(9, 10), Grade.FAIR: GradeRate.of(0, 0), Grade.GOOD: GradeRate.of(0, 9)}).en
    'yes, but told apart: 2 of 3 grades, for nobody is fair'
    """
    order, level = order_of(rates), level_told(rates)
    if order is Order.BROKEN:
        return Bilingual("否", "no")
    return Bilingual("是", "yes") if level is None else Bilingual(f"是，但{level.zh}", f"yes, but {level.en}")


def level_told(rates: GradeRates) -> Bilingual | None:
    """What the order of the grades does not show: those that nobody has, and neighbours without any event.

    >>> level_told({Grade.POOR: GradeRate.of(9, 10), Grade.FAIR: GradeRate.of(0, 0), Grade.GOOD: GradeRate.of(0, 9)})
    Bilingual(zh='能区分3级中的2级：无人为一般', en='told apart: 2 of 3 grades, for nobody is fair')
    """
    held = [grade for grade in Grade if grade in rates and rates[grade].n]
    empty = [Bilingual(f"无人为{one.zh}", f"nobody is {one.en}") for one in Grade if one in rates and not rates[one].n]
    level = [
        Bilingual(
            f"{worse.zh}与{better.zh}持平（均无事件）", f"{worse.en} and {better.en} are level, neither has an event"
        )
        for worse, better in pairwise(held)
        if rates[worse].events == rates[better].events == 0
    ]
    told = [*empty, *level] if held else []
    if not told:
        return None
    why, many = Bilingual.joined(told), len(held) - len(level)
    return Bilingual(
        f"能区分{len(rates)}级中的{many}级：{why.zh}", f"told apart: {many} of {len(rates)} grades, for {why.en}"
    )


def poor_over_excellent(rates: GradeRates) -> float:
    """How many times the rate of the best grade the worst has; NaN where there is no such number, as the best had no
    event (`ratio_told` says so).

    >>> poor_over_excellent({Grade.POOR: GradeRate.of(5, 10), Grade.EXCELLENT: GradeRate.of(1, 10)})
    5.0
    """
    worst, best = rates[Grade.POOR], rates[Grade.EXCELLENT]
    return worst.rate / best.rate if worst.n and best.events > 0 else math.nan


def ratio_told(rates: GradeRates) -> Bilingual:
    """The same for people.

    >>> ratio_told({Grade.POOR: GradeRate.of(5, 10), Grade.EXCELLENT: GradeRate.of(0, 432)}).en
    'no event among 432 excellent'
    """
    ratio, best = poor_over_excellent(rates), rates[Grade.EXCELLENT]
    if not math.isnan(ratio):
        return Bilingual(f"{ratio:.1f}", f"{ratio:.1f}")
    if not rates[Grade.POOR].n or not best.n:
        return Bilingual("无法计算（有等级无人）", "none, for nobody has one of the grades")
    return Bilingual(f"{Grade.EXCELLENT.zh}{best.n:,}人次无事件", f"no event among {best.n:,} {Grade.EXCELLENT.en}")


def as_records(rates: GradeRates) -> list[dict[str, Any]]:
    """For the JSON of a backtest: one object for each grade, worst first; null where nobody has it."""
    return [
        {"grade": grade.value, "n": rate.n, "events": rate.events}
        | {name: _or_null(getattr(rate, name)) for name in ("rate", "low", "high")}
        for grade, rate in rates.items()
    ]


def _or_null(value: float) -> float | None:
    return None if math.isnan(value) else value


def _rows_of(groups: NDArray[Any] | None, n: int) -> list[NDArray[np.intp]]:
    if groups is None:
        return [np.arange(n)]
    return [np.flatnonzero(groups == one) for one in np.unique(groups)]
