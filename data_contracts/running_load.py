"""How the load of duty is remembered: one month of it fades into the next.

What features compute and what a what-if thinks through must be one rule, so it stands below both.
"""

from __future__ import annotations

from data_contracts.policy import policy

MEMORY = 0.75  # of the load of a month that is left a month later; half is gone in two months and a half
MONTHS_APART = 3  # so many newest months are also told one by one
LOADED = ("overtime_hours", "nights")


def load_name(measure: str) -> str:
    """The feature with the running load of a measure.

    >>> load_name("overtime_hours"), load_name("nights")
    ('overtime_load', 'nights_load')
    """
    return f"{measure.removesuffix('_hours')}_load"


def month_name(measure: str, ago: int) -> str:
    """The feature with one of the newest months, 1 the last.

    >>> month_name("nights", 1)
    'nights_1_months_ago'
    """
    return f"{measure}_{ago}_months_ago"


def weight_of(ago: float) -> float:
    """What a month counts in the running load, 1 the last; all months before and to come together count one.

    >>> weight_of(1), weight_of(2)
    (0.25, 0.1875)
    """
    return float((1.0 - MEMORY) * MEMORY ** (ago - 1.0))


def overtime_limit() -> float:
    """Hours of overtime a month from which on policy counts it towards strain; infinite where it does not."""
    runs = [sign for sign in policy().outcome("strain").signs if sign.how == "run"]
    return min(
        (sign.at_least["overtime_hours"] for sign in runs if "overtime_hours" in sign.at_least), default=float("inf")
    )
