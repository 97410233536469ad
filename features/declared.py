"""Which views and services there are. The field lists come from the features themselves; nobody keeps a second one."""

from __future__ import annotations

from functools import cache

import pandas as pd

from features.careers import CAREER_FIELDS
from features.definitions import definitions_hash
from features.unit_rows import unit_frame
from features.views import Declared, Field, Service, View
from features.windows import FEATURE_COLUMNS, TEXT_COLUMNS

PLACES = ("unit_id", "post_id")  # where an officer is: context for results, never a number to learn by heart
SICK = "sick_days"  # duty data that the strain model alone may use
STANDING = (
    "unit_id",
    "post_id",
    "rank_code",
    "rank_position",
    "tenure_days",
    "days_in_post",
    "days_in_rank",
    "track",
    "education",
)
# The store has every window of everything; risk and strain models read those in which it happens to enough
# officers to learn from. Three months: only of these. Of all else (single findings and categories, appraisals,
# honours, promotions, moves) a three-month count is zero for nearly everybody, and is noise to a model.
OFTEN = (
    "complaints",
    "force_reports",
    "courses",
    "duty_months",
    "duty_hours",
    "nights",
    "overtime_hours",
    "overtime_months_over_limit",
    "leave_days",
    "sick_days",
    "exposure_hours",
)
GENERAL = "risk_v1"
# Shifts and duties change within two years, so a longer mean of a duty month tells of another job.
DUTY_RATE = "_per_duty_month"
# Officers are seldom accused together: the last two years and ever say what there is to say.
CO_ACCUSED_READ = ("co_accused_24m", "co_accused_ever")


@cache
def declared_features() -> Declared:
    """Every view and service of the department's store.

    >>> risk = declared_features().service("risk_v1").chosen
    >>> "tenure_days" in risk, any(name.startswith("sick_days") for name in risk)
    (True, False)
    """
    officer = View("officer_history", "officer", "officers", tuple(map(_officer_field, FEATURE_COLUMNS)))
    career = View("officer_career", "officer", "careers", CAREER_FIELDS)
    unit = View("unit_history", "unit", "units", _unit_fields())
    about_work = tuple(filter(_is_read_by_models, (item.name for item in officer.fields if item.name not in PLACES)))
    code = definitions_hash()
    services = (
        Service("risk_v1", (officer,), _without_sick_days(about_work), definitions=code),
        Service("strain_v1", (officer,), about_work, outcome="strain", definitions=code),
        Service("career_v1", (career, officer), (*(item.name for item in CAREER_FIELDS), *STANDING), definitions=code),
        Service("unit_v1", (unit,), _without_sick_days(tuple(item.name for item in unit.fields)), definitions=code),
    )
    return Declared((officer, career, unit), services)


def service_read(service: str, outcome: str) -> str:
    """Whose columns an outcome reads of what was asked of a service: a service of another outcome holds columns that
    are only for that one, and all else reads what the general one has.

    >>> service_read("strain_v1", "strain"), service_read("strain_v1", "conduct"), service_read("risk_v1", "strain")
    ('strain_v1', 'risk_v1', 'risk_v1')
    """
    only_for = {one.name: one.outcome for one in declared_features().services}.get(service)
    return service if only_for in (None, outcome) else GENERAL


def _is_read_by_models(name: str) -> bool:
    """Whether a risk or strain model reads a feature, by the measure and the window in its name.

    >>> [_is_read_by_models(f"{name}_3m") for name in ("complaints", "complaints_crime", "nights_per_duty_month_trend")]
    [True, False, True]
    """
    measure, _, window = name.rpartition("_")
    if measure == "co_accused":
        return name in CO_ACCUSED_READ
    if measure.endswith(DUTY_RATE):
        return window not in ("60m", "ever")
    return window != "3m" or measure.partition("_per_")[0] in OFTEN


def _officer_field(name: str) -> Field:
    return Field(name, "string" if name in TEXT_COLUMNS else "number")


def _unit_fields() -> tuple[Field, ...]:
    """The columns of a unit row, asked of the function that makes them."""
    text = {name: pd.Series(dtype="string") for name in ("officer_id", *TEXT_COLUMNS)}
    numbers = {name: pd.Series(dtype="float64") for name in FEATURE_COLUMNS if name not in TEXT_COLUMNS}
    rows = unit_frame(pd.DataFrame(text | numbers | {"as_of": pd.Series(dtype="datetime64[us]")}))
    return tuple(Field(name, "number") for name in rows.columns if name not in ("unit_id", "parent_unit_id", "as_of"))


def _without_sick_days(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in names if SICK not in name)
