"""An officer against those around, at `as_of`: the others of the unit, of its shift, in the same post, and under the
same supervisor.

Everybody counted (features/standing.py: population) is in the mean, whether or not the spine asks for them,
so that a row means the same in training, in the night and in a request. Officers are left out of their
own means.
"""

from __future__ import annotations

from dataclasses import dataclass

from ibis.expr.types import FloatingColumn, FloatingScalar, IntegerValue, NumericValue, Table

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
KEY_ENDING = "_key"  # of the columns that circles are joined by
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
SHIFT_MEASURES = (*UNIT_MEASURES, *RECENT_MEASURES)
SHIFT_COLUMNS = ("shift_size", *(f"shift_others_mean_{name}" for name in SHIFT_MEASURES))
SPAN_COLUMNS = ("span_size", "span_others_mean_complaints_24m", "span_others_complaints_per_1000_hours_24m")


@dataclass(frozen=True)
class Circle:
    """Those who share `keys` with an officer on a day; `sums` are added up over everybody counted among them."""

    name: str
    keys: tuple[str, ...]
    sums: tuple[str, ...]


CIRCLES = (
    Circle("unit", ("unit_id",), SHIFT_MEASURES),
    Circle("shift", ("unit_id", "shift"), SHIFT_MEASURES),
    Circle("span", ("supervisor_id",), ("complaints_24m", "exposure_hours_24m")),
    Circle("post", ("post_id",), POST_MEASURES),
)


def with_surroundings(wide: Table) -> Table:
    """`wide` (with unit_id, shift, supervisor_id, post_id, counted and the measures) with the context of each circle.

    `unit_others_above_force_*` is what the others of the unit have above the mean of the whole force on that day;
    `shift_*` are of those on the same shift of the same unit, `span_*` of those under the same supervisor: null
    where the present posting does not tell the shift, or the supervisor.
    """
    # every sum is taken from `wide` itself: one taken from a join with the last would plan all before it again
    joined = _with_force_means(wide, wide)
    for circle in CIRCLES:
        joined = _with_sums(joined, wide, circle)
    keys = [name for name in joined.columns if name.endswith(KEY_ENDING)]
    return _with_means(joined.drop(*keys))


def _with_means(wide: Table) -> Table:
    """From the sums of the circles to the means of the others."""
    context = {f"unit_others_mean_{name}": _others_mean(wide, "unit", name) for name in SHIFT_MEASURES}
    context |= {f"shift_others_mean_{name}": _others_mean(wide, "shift", name) for name in SHIFT_MEASURES}
    for name in RECENT_MEASURES:
        context[f"unit_others_above_force_{name}"] = context[f"unit_others_mean_{name}"] - wide[f"force_mean_{name}"]
    for name in POST_MEASURES:
        others = _others_mean(wide, "post", name)
        context[f"{name}_minus_post_others"] = wide[name] - others
        context[f"{name}_over_post_others"] = wide[name] / others.nullif(0.0)
    context["span_others_mean_complaints_24m"] = _others_mean(wide, "span", "complaints_24m")
    complaints, hours = (_others_sum(wide, "span", name) for name in ("complaints_24m", "exposure_hours_24m"))
    context["span_others_complaints_per_1000_hours_24m"] = complaints * 1000.0 / hours.nullif(0.0)
    return wide.mutate(**context)


def _with_sums(joined: Table, wide: Table, circle: Circle) -> Table:
    """Add `<circle>_size` and the sums over everybody counted in the same circle on the same day."""
    counted = wide.filter([wide.counted, *(wide[key].notnull() for key in circle.keys)])
    names = {f"{circle.name}_{key}_key": key for key in circle.keys}
    sums = counted.group_by(
        **{f"{circle.name}_as_of_key": counted.as_of}, **{name: counted[key] for name, key in names.items()}
    ).aggregate(
        **{f"{circle.name}_size": counted.count().cast("float64")},
        **{f"{circle.name}_sum_{name}": _exact_sum(counted[name]) for name in circle.sums},
    )
    same = [wide[key] == sums[name] for name, key in names.items()]
    return joined.left_join(sums, [wide.as_of == sums[f"{circle.name}_as_of_key"], *same])


def _with_force_means(joined: Table, wide: Table) -> Table:
    """Add `force_mean_*` over everybody counted on the same day."""
    counted = wide.filter(wide.counted)
    means = counted.group_by(force_as_of_key=counted.as_of).aggregate(
        **{f"force_mean_{name}": _exact_sum(counted[name]) / counted.count() for name in RECENT_MEASURES}
    )
    return joined.left_join(means, [wide.as_of == means.force_as_of_key])


def _exact_sum(values: FloatingColumn) -> FloatingScalar:
    """A sum in whole thousandths, so that the order of officers cannot move its last digit."""
    return _thousandths(values).sum().cast("float64") / THOUSANDTHS


def _thousandths(values: NumericValue) -> IntegerValue:
    return (values * THOUSANDTHS).round().cast("int64")


def _others_mean(wide: Table, group: str, name: str) -> NumericValue:
    """The mean over the others; null when there is nobody else."""
    own = wide.counted.cast("float64")
    others = wide[f"{group}_size"] - own
    return (wide[f"{group}_sum_{name}"] - wide[name].fill_null(0.0) * own) / others.nullif(0.0)


def _others_sum(wide: Table, group: str, name: str) -> NumericValue:
    """The sum over the others, whole thousandths less whole thousandths: nothing is left over where nobody is."""
    own = _thousandths(wide[name].fill_null(0.0)) * wide.counted.cast("int64")
    return (_thousandths(wide[f"{group}_sum_{name}"]) - own).cast("float64") / THOUSANDTHS
