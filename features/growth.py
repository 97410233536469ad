"""Whether competency grows: the mean level of the last year against that of the year before."""

from __future__ import annotations

from ibis.expr.types import Table

GROWTH_COLUMNS = ("competency_level_trend_12m",)


def with_growth(wide: Table) -> Table:
    """`wide` (counts and mean levels of competency assessments) with GROWTH_COLUMNS; null without both years."""
    late, both = wide.competency_assessments_12m, wide.competency_assessments_24m
    sums = wide.competency_level_mean_24m * both - wide.competency_level_mean_12m * late
    before = sums / (both - late).nullif(0.0)
    return wide.mutate(competency_level_trend_12m=wide.competency_level_mean_12m - before)
