"""What is asked for: a total by a day, as far ahead as policy lets anybody ask."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from data_contracts.asof import add_months
from data_contracts.earning import EarningPolicy
from data_contracts.errors import InvalidInput


@dataclass(frozen=True)
class Target:
    """The points asked for on a day."""

    total: float
    deadline: date


def check_deadline(deadline: date, as_of: date, earning: EarningPolicy) -> None:
    """Raises InvalidInput for a deadline that is not after the day asked about, or further ahead than policy looks:
    so far nobody knows the rules, and the days that pass by then could not be told.
    """
    if deadline <= as_of:
        raise InvalidInput(
            f"target.deadline {deadline} is not after {as_of}; give a later day",
            zh=f"target.deadline {deadline} 不晚于 {as_of}；请给出更晚的日期",
        )
    months = earning.most_months_ahead
    last = add_months(as_of, months)
    if deadline > last:
        raise InvalidInput(
            f"target.deadline {deadline} is more than {months} months after {as_of}; give {last} or an earlier day",
            zh=f"target.deadline {deadline} 晚于 {as_of} 之后{months}个月；请给出 {last} 或更早的日期",
        )
