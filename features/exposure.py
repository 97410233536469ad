"""Counts set against the time in which they could happen.

Exposure of a window is its duty hours; where there is no duty table at all, the days of service inside the
window at HOURS_PER_MONTH each month. A rate without known exposure is null, never zero.
"""

from __future__ import annotations

import ibis
from ibis.expr.types import NumericValue, Table

from data_contracts.asof import Lookback
from features.asof_join import month_start
from features.measures import WINDOWS

HOURS_PER_MONTH = 160.0
# asof.DAYS_A_MONTH, written out: what is written here names the features, and models are tied to that name
DAYS_PER_MONTH = 30.4375
RATED = ("complaints", "complaints_sustained", "complaints_use_of_force", "force_reports")
PER_DUTY_MONTH = ("duty_hours", "nights", "overtime_hours", "leave_days", "sick_days")
EXPOSURE_COLUMNS = tuple(f"exposure_hours_{window.suffix}" for window in WINDOWS)
RATE_COLUMNS = tuple(
    f"{name}_per_1000_hours_{ending}"
    for name in RATED
    for ending in (*(window.suffix for window in WINDOWS), "trend_12m")
)
DUTY_RATE_COLUMNS = tuple(
    f"{name}_per_duty_month_{ending}"
    for name in PER_DUTY_MONTH
    for ending in (*(window.suffix for window in WINDOWS), "trend_3m")
)


def with_exposure(wide: Table, has_duty: bool) -> Table:
    """`wide` (tenure_days, as_of and, with duty, duty_hours_*) with exposure hours for each window."""
    hours = {f"exposure_hours_{window.suffix}": _hours(wide, window, has_duty) for window in WINDOWS}
    return wide.mutate(**hours)


def _hours(wide: Table, window: Lookback, has_duty: bool) -> NumericValue:
    if has_duty:
        return wide[f"duty_hours_{window.suffix}"].nullif(0.0)
    days = wide.tenure_days
    if window.months is not None:
        span = wide.as_of.delta(month_start(wide.as_of, window.months), unit="day")
        days = ibis.ifelse(days < span, days, span)
    return (days / DAYS_PER_MONTH * HOURS_PER_MONTH).nullif(0.0)


def with_rates(wide: Table, has_duty: bool) -> Table:
    """`wide` with rates for each 1,000 hours and each duty month, and what changed against the time before.

    `*_per_1000_hours_trend_12m` is the rate of the last 12 months minus that of the 12 before;
    `*_per_duty_month_trend_3m` the last 3 months minus the 9 before. Duty rates are null without a duty table.
    """
    rates: dict[str, NumericValue] = {}
    for name in RATED:
        for window in WINDOWS:
            rates[f"{name}_per_1000_hours_{window.suffix}"] = _rate(
                wide[f"{name}_{window.suffix}"], wide[f"exposure_hours_{window.suffix}"]
            )
        rates[f"{name}_per_1000_hours_trend_12m"] = _trend(wide, name)
    for name in PER_DUTY_MONTH:
        rates.update(_duty_rates(wide, name) if has_duty else _no_duty_rates(name))
    return wide.mutate(**rates)


def _rate(count: NumericValue, hours: NumericValue) -> NumericValue:
    return count * 1000.0 / hours.nullif(0.0)


def _trend(wide: Table, name: str) -> NumericValue:
    before = _rate(wide[f"{name}_24m"] - wide[f"{name}_12m"], wide.exposure_hours_24m - wide.exposure_hours_12m)
    return _rate(wide[f"{name}_12m"], wide.exposure_hours_12m) - before


def _duty_rates(wide: Table, name: str) -> dict[str, NumericValue]:
    rates = {
        f"{name}_per_duty_month_{window.suffix}": wide[f"{name}_{window.suffix}"]
        / wide[f"duty_months_{window.suffix}"].nullif(0.0)
        for window in WINDOWS
    }
    months_before = (wide.duty_months_12m - wide.duty_months_3m).nullif(0.0)
    before = (wide[f"{name}_12m"] - wide[f"{name}_3m"]) / months_before
    rates[f"{name}_per_duty_month_trend_3m"] = rates[f"{name}_per_duty_month_3m"] - before
    return rates


def _no_duty_rates(name: str) -> dict[str, NumericValue]:
    endings = (*(window.suffix for window in WINDOWS), "trend_3m")
    return {f"{name}_per_duty_month_{ending}": ibis.null("float64") for ending in endings}
