"""When appraisals come out: how long after the end of a period they were known, and which are still awaited.

An appraisal is earned on the last day of its period and counts only once it is known, weeks later. Between the two it
is neither a merit nor lost. How long that takes is learnt from what was known of earlier periods. One that has not come
by the usual day is late and still awaited; LATE_MONTHS after its period it is missing from the record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.asof import add_months
from data_contracts.decisions import PointsRule
from data_contracts.earning import EarningPolicy
from models.eligibility.spells import as_days, months_later
from models.points.chances import Chance
from models.points.lines import Frames

APPRAISALS = "appraisals"
PERIODS_MONTHS = 36  # how far back earlier periods tell of the next
LATE_MONTHS = 6  # what is known later was entered late: it tells nothing of when appraisals come out, none is awaited
KEY = ["officer_id", "kind", "occurred_on"]


@dataclass(frozen=True)
class Delays:
    """Days from the end of a period until each appraisal of it was known, (n,), in order; empty: nothing is known."""

    days: NDArray[np.int64]

    @classmethod
    def of(cls, rows: pd.DataFrame, as_of: date) -> Self:
        """From appraisals in every version known by `as_of` (columns KEY and known_on), of periods that ended half a
        year or more before it: of later ones only what came out early would be seen.
        """
        first, last = delays_between(as_of)
        own = rows[rows["occurred_on"].between(pd.Timestamp(first), pd.Timestamp(last))]
        own = own[own["known_on"] <= pd.Timestamp(as_of)]
        known = own.groupby(KEY, sort=False)["known_on"].min().reset_index()  # a correction was known before
        ended, out = as_days(known["occurred_on"]), as_days(known["known_on"])
        return cls(np.sort((out - ended)[out <= months_later(ended, LATE_MONTHS)].astype(np.int64)))

    def known_by(self, ended: date, share: float) -> date | None:
        """The day by which this share of the appraisals of a period that ended on a day is usually known; None where
        nothing is known of delays.

        >>> Delays(np.array([15, 29, 43])).known_by(date(2025, 12, 31), 0.5)
        datetime.date(2026, 1, 29)
        """
        if not len(self.days):
            return None
        return ended + timedelta(days=int(np.quantile(self.days, share, method="inverted_cdf")))


def delays_between(as_of: date) -> tuple[date, date]:
    """The first and the last end of a period from which delays are learnt on a day."""
    last = add_months(as_of, -LATE_MONTHS)
    return add_months(last, -PERIODS_MONTHS), last


NOTHING_LEARNT = Delays(np.empty(0, np.int64))


@dataclass(frozen=True)
class Appraisals:
    """The appraisals of officers that are known, (occurred_on, kind) by officer, and the day on which each joined."""

    delays: Delays
    known: Mapping[str, tuple[tuple[date, str], ...]]
    joined: Mapping[str, date]

    @classmethod
    def of(cls, frames: Frames, delays: Delays) -> Self:
        """From records."""
        known: dict[str, tuple[tuple[date, str], ...]] = {}
        for officer_id, kind, day in frames[APPRAISALS][KEY].itertuples(index=False) if APPRAISALS in frames else ():
            known[officer_id] = (*known.get(officer_id, ()), (day.date(), kind))
        joined: dict[str, date] = {}
        if "officers" in frames:
            told = frames["officers"].dropna(subset="entered_on")
            joined = {str(one): day.date() for one, day in zip(told["officer_id"], told["entered_on"], strict=True)}
        return cls(delays, known, joined)

    def chances(
        self, officer_id: str, rule: PointsRule, since: date, as_of: date, until: date, earning: EarningPolicy
    ) -> tuple[Chance, ...]:
        """The appraisals of periods that end from `since` to before `until`: those of a period that is over and not
        known yet, then those of periods to come, each from the day by which such appraisals are usually known; where
        that day has passed it is late and counts from tomorrow at the earliest.
        """
        found = []
        for ended in _ends(since, until, earning):
            on, over = self._counts_from(ended, earning), ended < as_of
            if not over:
                found += [Chance(ended, on)] * _each(rule, earning)
            elif len(self.delays.days) and not _given_up(ended, as_of):
                late = on <= as_of  # known on that day it would be on record
                one = Chance(ended, as_of + timedelta(days=1) if late else on, awaited=True, late=late)
                found += [one] * self._not_known(officer_id, rule, ended, earning)
        return tuple(found)

    def missing(
        self, officer_id: str, rule: PointsRule, since: date, as_of: date, earning: EarningPolicy
    ) -> tuple[date, ...]:
        """The end of the last period, from `since`, of which nothing is awaited any more, once for each appraisal of it
        that never came to be known; none where nothing is known of when appraisals come out.
        """
        given_up = [day for day in _ends(max(since, add_months(as_of, -24)), as_of, earning) if _given_up(day, as_of)]
        if not given_up or not len(self.delays.days):
            return ()
        return (given_up[-1],) * self._not_known(officer_id, rule, given_up[-1], earning)

    def _counts_from(self, ended: date, earning: EarningPolicy) -> date:
        """The first day on which an appraisal usually counts."""
        return max(self.delays.known_by(ended, earning.appraisals_known) or ended, ended + timedelta(days=1))

    def _not_known(self, officer_id: str, rule: PointsRule, ended: date, earning: EarningPolicy) -> int:
        """How many appraisals of a period that is over are not known; whoever joined after it has none."""
        if self.joined.get(officer_id, ended) > ended:
            return 0
        kinds, before = rule.where.get("kind", ()), add_months(ended, -12)
        own = self.known.get(officer_id, ())
        come = sum(before < day <= ended and (not kinds or kind in kinds) for day, kind in own)
        return max(_each(rule, earning) - come, 0)


def _ends(since: date, until: date, earning: EarningPolicy) -> list[date]:
    """The ends of periods from `since` to before `until`."""
    years = range(since.year, until.year + 1)
    ends = (add_months(date(year, earning.appraisal_month, 1), 1) - timedelta(days=1) for year in years)
    return [day for day in ends if since <= day < until]


def _given_up(ended: date, as_of: date) -> bool:
    """Whether an appraisal of a period that is not known on a day is awaited no more."""
    return as_of >= add_months(ended, LATE_MONTHS)


def _each(rule: PointsRule, earning: EarningPolicy) -> int:
    """How many appraisals of a period could match a rule."""
    kinds = rule.where.get("kind", ())
    return min(earning.appraisals_each, len(kinds) or earning.appraisals_each)
