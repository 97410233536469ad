"""What is asked for: a total by a day, as far ahead as policy lets anybody ask."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from data_contracts.asof import add_months
from data_contracts.earning import EarningPolicy
from data_contracts.errors import InvalidInput


@dataclass(frozen=True)
class Target:
    """The points asked for on a day.

    `asked` is the day asked for where service ends before it, which is then the deadline: nothing is earned after.
    """

    total: float
    deadline: date
    asked: date | None = None

    def in_service(self, as_of: date, end: date | None) -> Target:
        """The same by the end of service, where that is known and lies between the day and the deadline.

        >>> Target(30.0, date(2040, 6, 1)).in_service(date(2026, 1, 1), date(2031, 9, 1))
        Target(total=30.0, deadline=datetime.date(2031, 9, 1), asked=datetime.date(2040, 6, 1))
        """
        if end is None or not as_of < end < self.deadline:
            return self
        return replace(self, deadline=end, asked=self.deadline)


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
