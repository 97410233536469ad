"""How much of a judged window is not decided yet: complaints without a closing when the records end.

A test counts a complaint that is still open as nothing found. Where many are open the rate observed is too low, and
what was predicted looks too high beside it; a reader must hear of that before the figures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from data_contracts.asof import add_months
from data_contracts.decisions import OutcomeRule, Sign
from data_contracts.policy import policy
from data_contracts.vocabulary import Bilingual
from training.risk.maturity import sustained_chance
from training.risk.outcomes import recorded_until
from training.risk.signs import Window, matches, versions_at

FINDING, KNOWN_BY_FINDING = "finding", "finding"


@dataclass(frozen=True)
class OpenFindings:
    """Complaints about the officers judged, opened in the window of one outcome and as-of, when the records end.

    `sustained` are those closed as the outcome counts them; `expected` is how many of the open ones will be, each
    counted by its chance.
    """

    outcome: str
    as_of: date
    recorded_until: date
    complaints: int
    open: int
    sustained: int
    expected: float

    @property
    def share(self) -> float:
        """Open ones of all, 0 where there are none."""
        return self.open / self.complaints if self.complaints else 0.0

    @property
    def told(self) -> Bilingual:
        """The plain line.

        >>> print(OpenFindings("conduct", date(2014, 1, 1), date(2016, 12, 31), 200, 30, 12, 4.04).told.en)
        conduct as of 2014-01-01: 30 of 200 complaints of the window (15.0 %) are still open when the records end \
(2016-12-31); 12 are sustained and about 4.0 more will be, so observed rates are too low and predicted over observed \
too high
        """
        name = f"{self.outcome} {self.as_of}"
        if not self.open:
            return Bilingual(f"{name}：所检验时段内的 {self.complaints:,} 件投诉均已办结。",
                             f"{self.outcome} as of {self.as_of}: all {self.complaints:,} complaints of the window "
                             "are closed")  # fmt: skip
        zh = (
            f"{name}：所检验时段内的 {self.complaints:,} 件投诉中，{self.open:,} 件（{100 * self.share:.1f} %）"
            f"到记录截止日（{self.recorded_until}）仍未办结；已查实 {self.sustained:,} 件，未结的预计还会查实约 "
            f"{self.expected:.1f} 件，因此实际发生率偏低，预测/实际偏高。"
        )
        en = (
            f"{self.outcome} as of {self.as_of}: {self.open:,} of {self.complaints:,} complaints of the window "
            f"({100 * self.share:.1f} %) are still open when the records end ({self.recorded_until}); "
            f"{self.sustained:,} are sustained and about {self.expected:.1f} more will be, so observed rates are too "
            "low and predicted over observed too high"
        )
        return Bilingual(zh, en)

    @property
    def counted(self) -> Bilingual:
        """The plain line where open ones were counted by their chance, as training and the watch do.

        >>> print(OpenFindings("conduct", date(2016, 1, 1), date(2016, 12, 31), 200, 30, 12, 4.04).counted.en)
        conduct as of 2016-01-01: 30 of 200 complaints of the window (15.0 %) are still open; what came is 12 \
sustained and, of the open ones by their chance, about 4.0
        """
        zh = (
            f"{self.outcome} {self.as_of}：该时段的 {self.complaints:,} 件投诉中，{self.open:,} 件"
            f"（{100 * self.share:.1f} %）尚未办结；实际数为已查实 {self.sustained:,} 件，加上未结的按概率计约 "
            f"{self.expected:.1f} 件。"
        )
        en = (
            f"{self.outcome} as of {self.as_of}: {self.open:,} of {self.complaints:,} complaints of the window "
            f"({100 * self.share:.1f} %) are still open; what came is {self.sustained:,} sustained and, of the open "
            f"ones by their chance, about {self.expected:.1f}"
        )
        return Bilingual(zh, en)

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        days = {"as_of": str(self.as_of), "recorded_until": str(self.recorded_until)}
        return {**asdict(self), **days, "open_share": self.share, "told": asdict(self.told)}


def open_findings(
    frames: Mapping[str, pd.DataFrame], outcome: str, asked: pd.DataFrame, horizon_months: int,
    known_at: date | None = None,
) -> list[OpenFindings]:  # fmt: skip
    """One for each as-of of `asked` (officer_id, as_of), oldest first; none for what is known with its row.

    As it stood on `known_at`, or (None) when the records end.
    """
    rule = policy().outcome(outcome)
    if rule.known != KNOWN_BY_FINDING:
        return []
    until, found = known_at or recorded_until(frames, outcome), list[OpenFindings]()
    tables = {sign.table: versions_at(frames[sign.table], known_at) for sign in _signs(rule, frames)}
    for stamp, officers in asked.groupby("as_of")["officer_id"]:
        day = pd.Timestamp(str(stamp)).date()
        window = Window(pd.Timestamp(day), pd.Timestamp(add_months(day, horizon_months)))
        parts = [_of_sign(sign, tables[sign.table], window, officers, until) for sign in _signs(rule, frames)]
        complaints, still, sustained, expected = np.sum(parts, axis=0)
        counts = int(complaints), int(still), int(sustained), float(expected)
        found.append(OpenFindings(outcome, day, until, *counts))
    return found


def _signs(rule: OutcomeRule, frames: Mapping[str, pd.DataFrame]) -> list[Sign]:
    return [sign for sign in rule.signs if sign.table in frames and "closed_on" in frames[sign.table]]


def _of_sign(
    sign: Sign, newest: pd.DataFrame, window: Window, officers: pd.Series, until: date
) -> tuple[int, int, int, float]:
    """Complaints, open ones, ones the sign counts, and how many more it will, of the versions in force on a day."""
    here = window.holds(newest[sign.date]).fillna(False).astype(bool) & newest["officer_id"].isin(officers)
    anything = replace(sign, where={name: values for name, values in sign.where.items() if name != FINDING})
    about = here & matches(anything, newest)
    still = (about & newest["closed_on"].isna()).to_numpy(bool)
    expected = 0.0
    if still.any():  # the chances are learned from all complaints there are, which takes a while
        expected = float(sustained_chance(newest, until + timedelta(days=1))[still].sum())
    return int(about.sum()), int(still.sum()), int((about & matches(sign, newest)).sum()), expected
