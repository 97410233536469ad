"""An officer against those around: the others of the unit, and the others in the same post, at `as_of`.

Everybody counted (features/standing.py: population) is in the mean, whether or not the spine asks for them,
so that a row means the same in training, in the night and in a request. Officers are left out of their
own means.
"""

from __future__ import annotations

from ibis.expr.types import FloatingColumn, FloatingScalar, NumericValue, Table

from features.duty_load import LOAD_COLUMNS
from features.measures import THOUSANDTHS

UNIT_MEASURES = ("complaints_24m", "complaints_sustained_60m", "complaints_use_of_force_24m", "force_reports_24m")
RECENT_MEASURES = (
    "complaints_3m",
    "complaints_12m",
    "complaints_use_of_force_12m",
    "complaints_officer_filed_24m",
    "force_reports_12m",
)
POST_MEASURES = (
    "complaints_24m",
    "complaints_sustained_60m",
    "force_reports_24m",
    "courses_12m",
    "overtime_hours_12m",
    *LOAD_COLUMNS,
)
UNIT_COLUMNS = ("unit_size", *(f"unit_others_mean_{name}" for name in UNIT_MEASURES))
RECENT_UNIT_COLUMNS = tuple(
    name
    for measure in RECENT_MEASURES
    for name in (f"unit_others_mean_{measure}", f"unit_others_above_force_{measure}")
)
POST_COLUMNS = (
    "post_size",
    *(f"{name}_{how}_post_others" for name in POST_MEASURES for how in ("minus", "over")),
)


def with_surroundings(wide: Table) -> Table:
    """`wide` (with unit_id, post_id, counted and the measures) with unit and post context.

    `unit_others_above_force_*` is what the others of the unit have above the mean of the whole force on that day.
    """
    wide = _with_force_means(_with_group(wide, "unit", (*UNIT_MEASURES, *RECENT_MEASURES)))
    wide = _with_group(wide, "post", POST_MEASURES)
    every = (*UNIT_MEASURES, *RECENT_MEASURES)
    context = {f"unit_others_mean_{name}": _others_mean(wide, "unit", name) for name in every}
    for name in RECENT_MEASURES:
        context[f"unit_others_above_force_{name}"] = context[f"unit_others_mean_{name}"] - wide[f"force_mean_{name}"]
    for name in POST_MEASURES:
        others = _others_mean(wide, "post", name)
        context[f"{name}_minus_post_others"] = wide[name] - others
        context[f"{name}_over_post_others"] = wide[name] / others.nullif(0.0)
    return wide.mutate(**context)


def _with_group(wide: Table, group: str, measures: tuple[str, ...]) -> Table:
    """Add `<group>_size` and the sums over everybody counted in the same group on the same day."""
    key = f"{group}_id"
    counted = wide.filter(wide.counted & wide[key].notnull())
    sums = counted.group_by(group_as_of=counted.as_of, group_key=counted[key]).aggregate(
        **{f"{group}_size": counted.count().cast("float64")},
        **{f"{group}_sum_{name}": _exact_sum(counted[name]) for name in measures},
    )
    joined = wide.left_join(sums, [wide.as_of == sums.group_as_of, wide[key] == sums.group_key])
    return joined.drop("group_as_of", "group_key")


def _with_force_means(wide: Table) -> Table:
    """Add `force_mean_*` over everybody counted on the same day."""
    counted = wide.filter(wide.counted)
    means = counted.group_by(force_as_of=counted.as_of).aggregate(
        **{f"force_mean_{name}": _exact_sum(counted[name]) / counted.count() for name in RECENT_MEASURES}
    )
    return wide.left_join(means, [wide.as_of == means.force_as_of]).drop("force_as_of")


def _exact_sum(values: FloatingColumn) -> FloatingScalar:
    """A sum in whole thousandths, so that the order of officers cannot move its last digit."""
    return (values * THOUSANDTHS).round().cast("int64").sum().cast("float64") / THOUSANDTHS


def _others_mean(wide: Table, group: str, name: str) -> NumericValue:
    """The mean over the others; null when there is nobody else."""
    own = wide.counted.cast("float64")
    others = wide[f"{group}_size"] - own
    return (wide[f"{group}_sum_{name}"] - wide[name].fill_null(0.0) * own) / others.nullif(0.0)
