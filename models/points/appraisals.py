"""When appraisals come out: how long after the end of a period they were known, and which are still awaited.

An appraisal is earned on the last day of its period and counts only once it is known, weeks later. Between the two it
is neither a merit nor lost. How long that takes is learnt from what was known of earlier periods.
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
LATE_MONTHS = 6  # what was known later than this was entered late; it tells nothing of when appraisals come out
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

    def known_by(self, ended: date, share: float, as_of: date) -> date | None:
        """The day by which this share of the appraisals of a period that ended on a day is known, of those that were
        not known yet on `as_of`; None where all that ever came had come by then.

        >>> delays = Delays(np.array([15, 29, 43]))
        >>> delays.known_by(date(2025, 12, 31), 0.5, date(2026, 1, 1)), delays.known_by(
        ...     date(2025, 12, 31), 0.5, date(2026, 2, 1))
        (datetime.date(2026, 1, 29), datetime.date(2026, 2, 12))
        >>> delays.known_by(date(2025, 12, 31), 0.5, date(2026, 6, 1)) is None
        True
        """
        left = self.days[self.days > (as_of - ended).days]
        if not len(left):
            return None
        return ended + timedelta(days=int(np.quantile(left, share, method="inverted_cdf")))


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
        known yet, then those of periods to come, each from the day by which such appraisals are usually known.
        """
        found = []
        for year in range(min(since, as_of).year - 1, until.year + 1):
            ended = add_months(date(year, earning.appraisal_month, 1), 1) - timedelta(days=1)
            if since <= ended < until:
                over = ended < as_of
                number = self._awaited(officer_id, rule, ended, earning) if over else _each(rule, earning)
                on = self._counts_from(ended, earning, as_of)
                found += [] if on is None else [Chance(ended, on, awaited=over)] * number
        return tuple(found)

    def _counts_from(self, ended: date, earning: EarningPolicy, as_of: date) -> date | None:
        """The first day on which an appraisal usually counts; None where no more of the period will come."""
        known = self.delays.known_by(ended, earning.appraisals_known, as_of)
        if known is None and ended < as_of:
            return None
        return max(known or ended, ended + timedelta(days=1))

    def _awaited(self, officer_id: str, rule: PointsRule, ended: date, earning: EarningPolicy) -> int:
        """How many appraisals of a period that is over are not known; whoever joined after it has none."""
        if self.joined.get(officer_id, ended) > ended:
            return 0
        kinds, before = rule.where.get("kind", ()), add_months(ended, -12)
        own = self.known.get(officer_id, ())
        come = sum(before < day <= ended and (not kinds or kind in kinds) for day, kind in own)
        return max(_each(rule, earning) - come, 0)


def _each(rule: PointsRule, earning: EarningPolicy) -> int:
    """How many appraisals of a period could match a rule."""
    kinds = rule.where.get("kind", ())
    return min(earning.appraisals_each, len(kinds) or earning.appraisals_each)
