"""Time as value objects: the moment we stand at, how far we look back, how far ahead.

A feature at `as_of` uses a row only if it happened before `as_of` and was known by then
(`occurred_on < as_of and known_on <= as_of`); an outcome counts from `as_of` on
(`as_of <= occurred_on < as_of + horizon`). No function asks what day it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from data_contracts.errors import InvalidInput


def add_months(day: date, months: int) -> date:
    """The same day `months` later (earlier if negative), or the last day of a shorter month.

    >>> add_months(date(2024, 2, 29), 12), add_months(date(2013, 1, 1), -24)
    (datetime.date(2025, 2, 28), datetime.date(2011, 1, 1))
    """
    return (pd.Timestamp(day) + pd.DateOffset(months=months)).date()


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
