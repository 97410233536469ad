"""Time as value objects: the moment we stand at, how far we look back, how far ahead.

A feature at `as_of` uses a row only if it happened before `as_of` and was known by then
(`occurred_on < as_of and known_on <= as_of`); an outcome counts from `as_of` on
(`as_of <= occurred_on < as_of + horizon`). No function asks what day it is.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from math import floor

import pandas as pd

from data_contracts.errors import InvalidInput

FIRST_DAY = date(1900, 1, 1)  # contracts admit none before it, so no record tells of one
DAYS_A_MONTH = 365.25 / 12  # where days are counted in months: the one length of a month in the house, 30.4375


def add_months(day: date, months: int) -> date:
    """The same day `months` later (earlier if negative), or the last day of a shorter month.

    >>> add_months(date(2024, 2, 29), 12), add_months(date(2013, 1, 1), -24)
    (datetime.date(2025, 2, 28), datetime.date(2011, 1, 1))
    """
    year, month = divmod(12 * day.year + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def months_on(day: date, months: float) -> date:
    """The day `months` later by the calendar; a part of a month is that part of the month it falls in.

    >>> months_on(date(2024, 1, 31), 1.0), months_on(date(2024, 1, 15), 24.0), months_on(date(2023, 2, 1), 0.5)
    (datetime.date(2024, 2, 29), datetime.date(2026, 1, 15), datetime.date(2023, 2, 15))
    """
    whole = floor(months)
    begins = add_months(day, whole)
    return begins + timedelta(days=round((months - whole) * (add_months(day, whole + 1) - begins).days))


def months_until(day: date, end: date) -> float:
    """Months by the calendar from a day to a later one, the inverse of `months_on`; 0 where it is not later.

    >>> months_until(date(2024, 2, 29), date(2025, 2, 28)), months_until(date(2023, 2, 1), date(2023, 2, 15))
    (12.0, 0.5)
    """
    whole = 12 * (end.year - day.year) + end.month - day.month
    whole -= add_months(day, whole) > end
    begins = add_months(day, whole)
    return max(0.0, whole + (end - begins).days / (add_months(day, whole + 1) - begins).days)


def last_known(rows: pd.DataFrame, *key: str) -> pd.DataFrame:
    """Of each key the row that became known last; of those known on one day the last.

    >>> days = pd.to_datetime(["2024-01-02", "2024-01-01", "2024-01-02"])
    >>> last_known(pd.DataFrame({"post_id": ["a", "a", "b"], "known_on": days, "track": [1, 2, 3]}), "post_id")[
    ...     "track"].tolist()
    [1, 3]
    """
    return rows.sort_values("known_on", kind="stable").drop_duplicates([*key], keep="last")


@dataclass(frozen=True, order=True)
class AsOf:
    """The day a question is asked: what was known by then, and nothing later.

    >>> AsOf.parse("2013-01-01").plus(Horizon(24))
    datetime.date(2015, 1, 1)
    """

    day: date

    @classmethod
    def parse(cls, text: str) -> AsOf:
        """Read `YYYY-MM-DD`; raises InvalidInput naming the text otherwise."""
        try:
            return cls(date.fromisoformat(text))
        except ValueError as error:
            raise InvalidInput(
                f"as-of {text!r} is not a date; write it as YYYY-MM-DD, for example 2013-01-01"
            ) from error

    @property
    def timestamp(self) -> pd.Timestamp:
        """The day as midnight without a zone, the form dates have in our frames."""
        return pd.Timestamp(self.day)

    def plus(self, horizon: Horizon) -> date:
        """The first day after the horizon."""
        return add_months(self.day, horizon.months)

    def minus(self, lookback: Lookback) -> date | None:
        """The first day of the look-back, or None when it reaches back for ever."""
        return None if lookback.months is None else add_months(self.day, -lookback.months)

    def __str__(self) -> str:
        return self.day.isoformat()


@dataclass(frozen=True)
class Lookback:
    """How many months a feature looks back; None is ever.

    >>> Lookback(12).suffix, Lookback(None).suffix
    ('12m', 'ever')
    """

    months: int | None

    def __post_init__(self) -> None:
        if self.months is not None and self.months < 1:
            raise InvalidInput(f"a look-back of {self.months} months is empty; use 1 or more, or None for ever")

    @property
    def suffix(self) -> str:
        """What ends the name of a feature of this window."""
        return "ever" if self.months is None else f"{self.months}m"


@dataclass(frozen=True)
class Horizon:
    """How many months ahead an outcome is looked for."""

    months: int

    def __post_init__(self) -> None:
        if self.months < 1:
            raise InvalidInput(f"a horizon of {self.months} months is empty; use 6, 12 or 24")
