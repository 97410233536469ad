"""What the department takes to be possible when it answers how missing points could still be earned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Annotated, Literal

from pydantic import Field

from data_contracts.decisions import STRICT, Code, PointsRule, Positive

EarnedBy = Literal["study", "service", "appraisal", "award"]
NEARLY = 1e-9
DEMANDING: tuple[EarnedBy, ...] = ("study", "service", "appraisal", "award")  # the least first


@dataclass(frozen=True)
class EarningPolicy:
    """The pace at which each kind of merit can be earned, and of which kind the rows of a table are."""

    __pydantic_config__ = STRICT

    study_hours_a_week: Positive
    hours_of_unknown_course: Positive
    awards_a_year: Annotated[int, Field(ge=1, le=12)]
    appraisals_each: Annotated[int, Field(ge=1, le=12)]
    appraisal_month: Annotated[int, Field(ge=1, le=12)]
    appraisals_known: Annotated[float, Field(gt=0.0, le=1.0)]
    most_months_ahead: Annotated[int, Field(ge=1, le=1200)]
    by_table: Mapping[Code, EarnedBy] = field(default_factory=dict)

    def study_days(self, hours: float) -> int:
        """How many days it takes to find so many hours of study, at least one.

        >>> EarningPolicy(6.0, 16.0, 1, 3, 12, 0.9, 480).study_days(8.0)
        10
        """
        return max(ceil(hours * 7.0 / self.study_hours_a_week - NEARLY), 1)

    def earned_by(self, rule: PointsRule) -> EarnedBy:
        """How a merit of a rule is earned; rows of a table that policy does not name are decided by others."""
        return "service" if rule.per == "year" else self.by_table.get(rule.table, "award")
