"""Approach and commend flags of many results at once, the same for the night and for a request."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from data_contracts.asof import add_months
from data_contracts.decisions import GradePolicy
from models.base import Numbers
from models.risk.flags import (
    SPAN_DAYS,
    Edge,
    Followed,
    Trend,
    approach,
    barred,
    best_below,
    commend,
    flags_json,
    near_margin,
    praised_below,
)
from models.risk.grades import cut_offs, limits
from serving.night.past import NEAR_DAYS, Asked, Chances
from serving.night.results import SCORED, places_by_asked

NO_FLAGS = "[]"


@dataclass(frozen=True)
class Bounds:
    """Of one outcome and horizon: the least chance of each grade, the chance below which an officer is commended (0.0:
    nobody is), and how near to the next worse limit is near; None: as policy has it, where no force is known."""

    limits: Mapping[str, float]
    commend_below: float
    margin: float | None = None

    @classmethod
    def of(cls, least: Mapping[str, float], best: float, rules: GradePolicy, margin: float | None = None) -> Bounds:
        """Of the least chance of each grade and the chance below which the best share lies: nobody is commended where
        that tells nobody apart."""
        return cls(least, praised_below(best, least, rules.shares), margin)

    def edge(self, rules: GradePolicy) -> Edge:
        """What an approach alert goes by."""
        return Edge(self.limits, rules.unit.approach_margin if self.margin is None else self.margin)


def bounds_of_force(asked: Asked, chances: Numbers, rules: GradePolicy) -> Bounds:
    """From the chances (n,) of a whole force."""
    least, best = limits(cut_offs(chances, rules), rules, *asked), best_below(chances, rules.unit.commend_share)
    return Bounds.of(least, best, rules, near_margin(chances, least, rules))


@dataclass(frozen=True)
class Trends:
    """What flags look back on: the day, the chances of earlier nights, the horizon that grades each outcome, and what
    came of who was near a limit (`measured` by a night)."""

    as_of: date
    earlier: Sequence[Chances]
    main: Mapping[str, int]
    followed: Mapping[Asked, Followed] = field(default_factory=dict)

    def lately(self, months: int) -> list[Chances]:
        """The nights of so many months before the day, which a trend is drawn from."""
        return [night for night in self.earlier if night.as_of >= trend_since(self.as_of, months)]


def trend_since(as_of: date, months: int) -> date:
    """The first day that a trend of so many months looks back on: a night near to it stands for it."""
    return add_months(as_of, -months) - timedelta(days=NEAR_DAYS)


def measured(
    nights: Sequence[date], read: Callable[[date], Chances | None], asked: Sequence[Asked], rules: GradePolicy
) -> dict[Asked, Followed]:
    """Of each outcome and horizon, what came of who was near a limit, by the newest nights that can tell it.

    `nights` are in order; a night that was missed, or that saw too few officers, makes what is told older and does not
    lose it. `read` gives None for a night that cannot be read; none is read that is not needed.
    """
    found: dict[Asked, Followed] = {}
    for days in spans(nights, rules.flags.within_days):
        if all(one in found for one in asked):
            break
        some = [read(day) for day in days]
        known = [night for night in some if night is not None]
        if known and len(known) == len(some):
            found = followed_of(known, rules) | found
    return {one: found[one] for one in asked if one in found}


def spans(nights: Sequence[date], within_days: int) -> Iterator[Sequence[date]]:
    """The nights in order that reach over so many days, give or take SPAN_DAYS: the newest first.

    >>> days = [date(2024, month, 1) for month in (1, 2, 4, 5, 8)]  # March, June and July were missed
    >>> [[day.month for day in some] for some in spans(days, 90)]
    [[5, 8], [2, 4, 5], [1, 2, 4]]
    """
    for end in range(len(nights) - 1, 0, -1):
        off = [abs((nights[end] - day).days - within_days) for day in nights[:end]]
        if min(off) <= SPAN_DAYS:
            yield nights[off.index(min(off)) : end + 1]


def followed_of(earlier: Sequence[Chances], rules: GradePolicy) -> dict[Asked, Followed]:
    """Of each outcome and horizon, what came up to the last of the earlier nights of who was near a limit on the first.

    The night measures it and publishes it (`followed.json`), so that a request tells what the night told.
    """
    found: dict[Asked, Followed] = {}
    for asked in earlier[0].table if earlier else ():
        nights, ids = [night for night in earlier if asked in night.table], earlier[0].officers.tolist()
        some = [(one.as_of, one.at(asked, ids), bounds_of_force(asked, one.table[asked], rules)) for one in nights]
        told = Followed.of([(day, chances, edge.limits) for day, chances, edge in some], rules)
        if told is not None:
            found[asked] = told
    return found


def flags_of(
    rows: pd.DataFrame, trends: Trends, rules: GradePolicy, bounds: Callable[[Asked, Numbers], Bounds]
) -> pd.Series:
    """The JSON of each row's flags, index as given; null where an outcome was not scored.

    `rows` have officer_id, outcome, horizon_months, status, probability, grade, overall_grade, merits and
    finding_days. An officer is commended at the horizon that grades the outcome, and never beside an alert of any:
    alerts come first, for all outcomes.
    """
    seen = _seen(rows, trends, rules, bounds)
    near: dict[int, Mapping[str, Any] | None] = {}
    for one in seen:
        grades, followed = one.column(rows["grade"]), trends.followed.get(one.asked)
        alerts = approach(one.trend.now, trends.as_of, grades, one.bounds.edge(rules), rules, followed)
        near |= dict(zip(one.places, alerts, strict=True))
    officers = rows["officer_id"].astype(str).to_numpy(object)
    alerted = {officers[place] for place, alert in near.items() if alert is not None}
    approached = np.array([officer in alerted for officer in officers], dtype=bool)
    out = barred(rows["finding_days"].to_numpy(np.float64, na_value=np.nan), approached, rules)
    found = np.full(len(rows), None, object)
    for one in seen:
        best = (
            (one.trend.now < one.bounds.commend_below) & ~out[one.places] & (trends.main[one.asked[0]] == one.asked[1])
        )
        praise = commend(one.trend, one.column(rows["overall_grade"]), best, one.column(rows["merits"]), rules)
        both = zip((near[place] for place in one.places), praise, strict=True)
        found[one.places] = [NO_FLAGS if alert is word is None else flags_json(alert, word) for alert, word in both]
    return pd.Series(found, rows.index, object)


@dataclass(frozen=True)
class _Seen:
    """The scored rows of one outcome and horizon: their places, trends and bounds."""

    asked: Asked
    places: list[int]
    trend: Trend
    bounds: Bounds

    def column(self, values: pd.Series) -> list[str | None]:
        """A column of texts at these places."""
        return _texts(values.iloc[self.places])


def _seen(
    rows: pd.DataFrame, trends: Trends, rules: GradePolicy, bounds: Callable[[Asked, Numbers], Bounds]
) -> list[_Seen]:
    officers = rows["officer_id"].astype(str).to_numpy(object)
    chances = rows["probability"].to_numpy(np.float32)  # as nights keep chances, so that a request is flagged alike
    found, lately = [], trends.lately(rules.flags.months)
    for asked, places in places_by_asked(rows, (rows["status"] == SCORED).tolist()):
        now, ids = chances[places].astype(np.float64), officers[places].tolist()
        before, least = [(night.as_of, night.at(asked, ids)) for night in lately], rules.shares.told_apart_from
        trend = Trend.of(trends.as_of, now, before, least)
        found.append(_Seen(asked, places, trend, bounds(asked, now)))
    return found


def _texts(column: pd.Series) -> list[str | None]:
    return [None if pd.isna(value) else str(value) for value in column]
