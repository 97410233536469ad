"""What is counted, summed and averaged in every window: one declaration a measure, grouped by table.

A count never depends on row order; numbers are summed as whole thousandths, so a sum does not either.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import ibis
from ibis.expr.types import BooleanValue, NumericValue, Table

from data_contracts.asof import Lookback
from data_contracts.running_load import overtime_limit

THOUSANDTHS = 1000
WINDOWS = (Lookback(3), Lookback(12), Lookback(24), Lookback(60), Lookback(None))
COMPLAINT_CATEGORIES = (
    "use_of_force",
    "search_arrest_rights",
    "operations",
    "neglect_unbecoming",
    "verbal_abuse",
    "lockup",
    "off_duty_conduct",
    "civil_suit",
    "crime",
    "traffic",
    "substance",
    "other",
)
FINDINGS = ("sustained", "not_sustained", "unfounded", "exonerated", "no_affidavit")
APPRAISAL_KINDS = ("performance", "case_quality", "supervision")
DUTY_NUMBERS = ("nights", "overtime_hours", "leave_days", "sick_days")


@dataclass(frozen=True)
class Measure:
    """One thing followed over every one of WINDOWS.

    A `count` counts rows where `of` is true and also gives days since the last of them; a `sum` or `mean`
    is over the known values of `of`.
    """

    name: str
    kind: Literal["count", "sum", "mean"]
    of: Callable[[Table], BooleanValue | NumericValue]
    since: bool = True

    @property
    def columns(self) -> tuple[str, ...]:
        """The feature names it gives.

        >>> Measure("honours", "count", lambda rows: rows.level.notnull()).columns[-3:]
        ('honours_60m', 'honours_ever', 'days_since_honours')
        """
        last = (f"days_since_{self.name}",) if self.kind == "count" and self.since else ()
        return (*(f"{self.name}_{window.suffix}" for window in WINDOWS), *last)


@dataclass(frozen=True)
class EventTable:
    """The measures of one table, by the date on which its rows happen."""

    table: str
    happened: str
    measures: tuple[Measure, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """All feature names of the table, in order."""
        return tuple(name for measure in self.measures for name in measure.columns)

    @property
    def totals(self) -> tuple[str, ...]:
        """The counts and sums: what is zero, not unknown, for an officer without rows."""
        return tuple(
            f"{measure.name}_{window.suffix}"
            for measure in self.measures
            if measure.kind != "mean"
            for window in WINDOWS
        )


def _count(name: str, of: Callable[[Table], BooleanValue]) -> Measure:
    return Measure(name, "count", of)


def _equals(column: str, value: str) -> Callable[[Table], BooleanValue]:
    return lambda rows: rows[column] == value


def _true(column: str) -> Callable[[Table], BooleanValue]:
    return lambda rows: rows[column]


def _number(column: str) -> Callable[[Table], NumericValue]:
    return lambda rows: rows[column]


def _score_of(kind: str) -> Callable[[Table], NumericValue]:
    return lambda rows: ibis.ifelse(rows.kind == kind, rows.score, ibis.null("float64"))


COMPLAINTS = EventTable(
    "complaints",
    "opened_on",
    (
        _count("complaints", lambda rows: rows.opened_on.notnull()),
        *(_count(f"complaints_{finding}", _equals("finding", finding)) for finding in FINDINGS),
        _count("complaints_pending", lambda rows: rows.finding.isnull()),
        *(_count(f"complaints_{category}", _equals("category", category)) for category in COMPLAINT_CATEGORIES),
        _count("complaints_officer_filed", _true("officer_filed")),
        _count(
            "complaints_sustained_use_of_force",
            lambda rows: (rows.finding == "sustained") & (rows.category == "use_of_force"),
        ),
    ),
)
FORCE_REPORTS = EventTable(
    "force_reports",
    "occurred_on",
    (
        _count("force_reports", lambda rows: rows.occurred_on.notnull()),
        _count("force_reports_taser", _true("taser")),
        _count("force_reports_firearm_used", _true("firearm_used")),
        _count("force_reports_subject_injured", _true("subject_injured")),
        _count("force_reports_officer_injured", _true("officer_injured")),
        _count("force_reports_off_duty", lambda rows: ~rows.on_duty),
    ),
)
HONOURS = EventTable(
    "honours",
    "occurred_on",
    (
        _count("honours", lambda rows: rows.occurred_on.notnull()),
        _count(
            "honours_of_merit",
            lambda rows: rows.level.isin(("third_class", "second_class", "first_class", "title")),
        ),
    ),
)
COURSES = EventTable(
    "course_completions",
    "occurred_on",
    (
        _count("courses", lambda rows: rows.occurred_on.notnull()),
        Measure("course_hours", "sum", _number("hours")),
        Measure("course_score_mean", "mean", _number("score")),
    ),
)
COMPETENCIES = EventTable(
    "competency_assessments",
    "occurred_on",
    (
        _count("competency_assessments", lambda rows: rows.occurred_on.notnull()),
        Measure("competency_level_mean", "mean", _number("level")),
    ),
)
APPRAISALS = EventTable(
    "appraisals",
    "occurred_on",
    (
        *(Measure(f"appraisal_{kind}_score_mean", "mean", _score_of(kind)) for kind in APPRAISAL_KINDS),
        _count("appraisals", lambda rows: rows.occurred_on.notnull()),
        _count("appraisals_not_competent", _equals("grade", "not_competent")),
        _count("appraisals_excellent", _equals("grade", "excellent")),
    ),
)
PROMOTIONS = EventTable(
    "promotions",
    "occurred_on",
    (_count("rank_steps_taken", _equals("kind", "step")),),
)
DUTY = EventTable(
    "duty_months",
    "month",
    (
        Measure("duty_months", "count", lambda rows: rows.month.notnull(), since=False),
        Measure("duty_hours", "sum", _number("hours")),
        *(Measure(name, "sum", _number(name)) for name in DUTY_NUMBERS),
        Measure(
            "overtime_months_over_limit", "count", lambda rows: rows.overtime_hours >= overtime_limit(), since=False
        ),
    ),
)
EVENT_TABLES = (COMPLAINTS, FORCE_REPORTS, HONOURS, COURSES, COMPETENCIES, APPRAISALS, PROMOTIONS, DUTY)
