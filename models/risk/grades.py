"""Four grades from chances, as policy sets them: by shares, by cut-offs, or within a budget of each unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.asof import DAYS_A_MONTH
from data_contracts.decisions import GradePolicy, Shares, UnitBudget
from data_contracts.vocabulary import Grade
from models.base import Numbers

WARNED = (Grade.POOR.value, Grade.FAIR.value)  # worst first
SHORT_HISTORY = {
    "code": "short_history",
    "zh": "在职时间过短，暂不评分；这不表示风险低",
    "en": "too little history to score; this does not mean low risk",
}


def by_shares(probabilities: Numbers, shares: Shares) -> NDArray[np.object_]:
    """Grades (n,) among all of `probabilities` (n,); NaN gets None.

    The worst share goes to the highest chances: floor(cumulated share x n) officers each, and equals share the
    milder grade, so that nobody is graded worse by a draw. A chance below what `least_warned` says of a grade is graded
    milder: shares alone would call a fifth of any force fair or poor, of an outcome that hardly anyone has to fear too.

    >>> from data_contracts.policy import policy
    >>> by_shares(np.arange(20) / 20, policy().grades.shares)[[0, 10, 18, 19]].tolist()
    ['excellent', 'good', 'fair', 'poor']
    >>> by_shares(np.array([0.6] + [0.02] * 3 + [0.001] * 16), policy().grades.shares)[[0, 1, 19]].tolist()
    ['poor', 'good', 'excellent']
    """
    result = np.full(len(probabilities), None, dtype=object)
    known = np.flatnonzero(~np.isnan(probabilities))
    values = probabilities[known]
    at_least = len(values) - np.searchsorted(np.sort(values), values, side="left")
    codes = np.array([name.value for name, _ in shares.worst_first()], dtype=object)
    places = np.searchsorted(most_of_each(shares, len(values)), at_least, side="left")
    for worst, least in enumerate(least_warned(shares, float(values.sum()), len(values)), start=1):
        places = np.where(values < least, np.maximum(places, worst), places)
    if not apart(values, shares):
        places = np.minimum(places, len(codes) - 2)
    result[known] = codes[places]
    return result


def apart(values: Numbers, shares: Shares) -> bool:
    """Whether excellent and good are told apart in a force of these chances (n,), none of them NaN.

    They are not where the least chance of good lies below policy's floor: nothing that comes once in a few thousand is
    told from what comes once in a million.

    >>> from data_contracts.policy import policy
    >>> apart(np.arange(20) / 20, policy().grades.shares), apart(np.arange(20) / 1e6, policy().grades.shares)
    (True, False)
    """
    place = int(most_of_each(shares, len(values))[-2])
    if place == 0:
        return True
    return float(np.partition(values, len(values) - place)[len(values) - place]) >= shares.told_apart_from


def least_warned(shares: Shares, total: float, officers: int) -> tuple[float, float]:
    """The least chance that may be poor, and the least that may be fair, in a force whose chances sum to `total`.

    So many times the odds of the mean chance, which no share of a force can be too high for. A billionth is let off, so
    that one sum in another order grades nobody otherwise, and a force of equals is no force below its own mean.

    >>> from data_contracts.policy import policy
    >>> poor, fair = least_warned(policy().grades.shares, 2.0, 100)
    >>> round(poor, 4), round(fair, 4)
    (0.0297, 0.02)
    """
    mean = total / max(officers, 1)
    fair = shares.warned_from_mean
    poor = max(shares.poor_from_mean, fair)
    least_poor, least_fair = (times * mean / (1.0 - mean + times * mean) if times else 0.0 for times in (poor, fair))
    return least_poor * (1.0 - 1e-9), least_fair * (1.0 - 1e-9)


def most_of_each(shares: Shares, officers: int) -> Numbers:
    """How many officers at most have each grade or a worse one, worst first, (4,).

    >>> from data_contracts.policy import policy
    >>> most_of_each(policy().grades.shares, 50).tolist()
    [2.0, 10.0, 40.0, 50.0]
    """
    limits = np.floor(np.cumsum([share for _, share in shares.worst_first()]) * officers + 1e-9)
    limits[-1] = officers
    return np.asarray(limits, dtype=np.float64)


def by_cut_offs(probabilities: Numbers, cuts: Mapping[str, float]) -> NDArray[np.object_]:
    """Grades (n,) by the least chance of each grade but the best; NaN gets None.

    >>> by_cut_offs(np.array([0.2, 0.01, np.nan]), {"poor": 0.3, "fair": 0.2, "good": 0.05}).tolist()
    ['fair', 'excellent', None]
    """
    result = np.full(len(probabilities), None, dtype=object)
    known = ~np.isnan(probabilities)
    result[known] = Grade.EXCELLENT.value
    for name in (Grade.GOOD.value, Grade.FAIR.value, Grade.POOR.value):
        result[known & (probabilities >= cuts.get(name, np.inf))] = name
    return result


def within_budget(
    grades: NDArray[np.object_], probabilities: Numbers, units: Sequence[str | None], budget: UnitBudget
) -> NDArray[np.object_]:
    """`grades` (n,) with no more poor in any unit than its budget; those beyond it, least likely first, are fair.

    The size of a unit is that of its officers with a grade; equals at the edge are all fair. Officers of no known
    unit are left as they are.

    >>> from data_contracts.decisions import UnitBudget
    >>> poor = np.array(["poor"] * 3, dtype=object)
    >>> within_budget(poor, np.array([0.9, 0.8, 0.7]), ["u"] * 3, UnitBudget(0.1, 2, 0.2, 0.1)).tolist()
    ['poor', 'poor', 'fair']
    """
    rows = pd.DataFrame({"unit": pd.array(units, dtype="string"), "chance": probabilities, "grade": grades})
    size = rows["grade"].notna().groupby(rows["unit"]).transform("sum")
    worse = rows.groupby("unit")["chance"].rank(ascending=False, method="max")  # equals count all of themselves
    allowed = size.map(lambda officers: float("nan") if pd.isna(officers) else budget.most_flagged(int(officers)))
    result = grades.copy()
    result[((rows["grade"] == Grade.POOR.value) & (worse > allowed)).to_numpy(bool)] = Grade.FAIR.value
    return result


def over_budget(grades: NDArray[np.object_], units: Sequence[str | None], budget: UnitBudget) -> int:
    """How many units have more poor among `grades` (n,) than their budget; every unit counts, however small.

    The size of a unit is that of its officers with a grade.

    >>> from data_contracts.decisions import UnitBudget
    >>> over_budget(np.array(["poor"] * 3 + [None], dtype=object), ["u", "u", "u", "v"], UnitBudget(0.1, 2, 0.2, 0.1))
    1
    """
    poor, graded = grades == Grade.POOR.value, np.asarray(pd.notna(grades))
    rows = pd.DataFrame({"unit": pd.array(units, dtype="string"), "poor": poor, "graded": graded})
    by_unit = rows.groupby("unit").sum()
    return int((by_unit["poor"] > by_unit["graded"].map(lambda size: budget.most_flagged(int(size)))).sum())


def grade(
    probabilities: Numbers,
    rules: GradePolicy,
    outcome: str = "",
    horizon_months: int = 0,
    units: Sequence[str | None] | None = None,
) -> NDArray[np.object_]:
    """Grades (n,) of a whole force for one outcome, as the mode of policy says; NaN gets None.

    Where policy sets no cut-offs for an outcome and horizon, or the units are not known, the shares decide.

    >>> from data_contracts.policy import policy
    >>> grade(np.arange(20) / 20, policy().grades)[[0, 10, 18, 19]].tolist()
    ['excellent', 'good', 'fair', 'poor']
    """
    cuts = rules.cut_offs_of(outcome, horizon_months)
    if rules.mode == "cut_offs" and cuts is not None:
        return by_cut_offs(probabilities, cuts)
    shared = by_shares(probabilities, rules.shares)
    if rules.mode == "unit_budget" and units is not None:
        return within_budget(shared, probabilities, units, rules.unit)
    return shared


def decided_by(rules: GradePolicy, outcome: str, horizon_months: int) -> str:
    """What decides the grades of an outcome in a night: the mode of policy, or shares where it sets no cut-offs.

    >>> from data_contracts.policy import policy
    >>> decided_by(policy().grades, "conduct", 12)
    'shares'
    """
    unset = rules.mode == "cut_offs" and rules.cut_offs_of(outcome, horizon_months) is None
    return "shares" if unset else rules.mode


def limits(cuts: Mapping[str, float], rules: GradePolicy, outcome: str, horizon_months: int) -> Mapping[str, float]:
    """The least chance of each grade but the best in force: policy's own in mode cut_offs, else `cuts`."""
    own = rules.cut_offs_of(outcome, horizon_months) if rules.mode == "cut_offs" else None
    return cuts if own is None else own


def cut_offs(probabilities: Numbers, policy: GradePolicy) -> dict[str, float]:
    """The least chance of each grade but the best, from the chances of a whole force (NaN left out).

    2.0, which no chance reaches, where the force is too small for anyone to get the grade. No warning begins below its
    part of `least_warned`; good begins at nought where it is not told apart from excellent.

    >>> from data_contracts.policy import policy
    >>> cut_offs(np.arange(1, 101) / 100, policy().grades)
    {'poor': 0.96, 'fair': 0.81, 'good': 0.21}
    """
    values = np.sort(probabilities[~np.isnan(probabilities)])[::-1]
    cuts, reached = {}, 0.0
    least = dict(zip(WARNED, least_warned(policy.shares, float(values.sum()), len(values)), strict=True))
    for name, share in policy.shares.worst_first()[:-1]:
        reached += share
        place = int(np.floor(reached * len(values) + 1e-9))
        cut = float(values[place - 1]) if place else 2.0
        cuts[name.value] = max(cut, least.get(name.value, cut))
    if cuts[Grade.GOOD.value] < policy.shares.told_apart_from:
        cuts[Grade.GOOD.value] = 0.0
    return cuts


def tells_excellent(limits: Mapping[str, float]) -> bool:
    """Whether there is an excellent at all by the least chance of each grade.

    >>> tells_excellent({"poor": 0.5, "fair": 0.1, "good": 0.01}), tells_excellent({"good": 0.0})
    (True, False)
    """
    return limits.get(Grade.GOOD.value, 1.0) > 0.0


def overall(grades: Sequence[str | None], tells: Sequence[bool] = ()) -> str | None:
    """The worst of an officer's grades; None without any.

    `tells` says of each whether its outcome tells excellent from good at all (all do unless it says so): where it does
    not, a good takes nothing from an excellent.

    >>> overall(["good", None, "fair"]), overall([None])
    ('fair', None)
    >>> overall(["good", "excellent"], [False, True]), overall(["good"], [False])
    ('excellent', 'good')
    """
    order = [name.value for name in Grade]
    each = [name for name in grades if name is not None]
    heard = [
        name
        for name, telling in zip(grades, tells or [True] * len(grades), strict=True)
        if name is not None and (telling or name != Grade.GOOD.value)
    ]
    return min(heard or each, key=order.index, default=None)


def short_history(frame: pd.DataFrame, policy: GradePolicy) -> NDArray[np.bool_]:
    """Who has served (or is known) for too short a time to be scored, (n,)."""
    least = policy.scoring.short_history_months * DAYS_A_MONTH - 1.0
    tenure = frame["tenure_days"].to_numpy(dtype=np.float64, na_value=np.nan)
    return ~(tenure >= least)
