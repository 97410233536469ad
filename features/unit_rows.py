"""One row for each unit at a day: its own officers, and its block, the unit with everything under it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from features.versions import valid_at

SUMS = (
    "complaints_12m",
    "complaints_24m",
    "complaints_sustained_12m",
    "complaints_sustained_24m",
    "complaints_sustained_60m",
    "complaints_use_of_force_12m",
    "complaints_use_of_force_24m",
    "force_reports_12m",
    "force_reports_24m",
    "exposure_hours_12m",
    "exposure_hours_24m",
    "exposure_hours_60m",
    "overtime_hours_12m",
    "sick_days_12m",
    "nights_12m",
    "courses_12m",
    "course_hours_12m",
    "honours_12m",
)
RATED = tuple(name for name in SUMS if name.startswith(("complaints", "force")))
MEANS = (
    "tenure_days",
    "days_in_unit",
    "moves_24m",
    "appraisal_performance_score_mean_12m",
    "competency_level_mean_24m",
)


def unit_frame(officers: pd.DataFrame, units: pd.DataFrame | None = None) -> pd.DataFrame:
    """Size, sums, means and rates of every unit at every as-of in `officers` (rows of officer_frame).

    `officers` must be everybody counted at its as-ofs. With `units` (all versions, parent_unit_id) the same
    figures are rolled up the tree: `block_*` hold a unit with everything under it, and units without officers
    of their own appear. Rates are per 1,000 hours of exposure, with `_low` and `_high` the 95 % interval of a
    count of rare events (Anscombe's square root), so that a small unit looks as unsure as it is.
    """
    stamps = [pd.Timestamp(day) for day in sorted(officers["as_of"].unique())]
    days = [_one_day(officers[officers["as_of"] == stamp], units, stamp) for stamp in stamps]
    return pd.concat(days, ignore_index=True) if days else _one_day(officers, None, pd.Timestamp(0))


def _one_day(officers: pd.DataFrame, units: pd.DataFrame | None, day: pd.Timestamp) -> pd.DataFrame:
    own = _totals(officers.dropna(subset=["unit_id"]))
    parents = _parents(units, day)
    own = own.reindex(own.index.union(pd.Index(parents.index, dtype="string", name="unit_id")))
    block = _rolled_up(own, parents)
    shown = pd.concat([_figures(own), _figures(block).add_prefix("block_")], axis=1)
    shown.insert(0, "as_of", day)
    shown.insert(1, "parent_unit_id", parents.reindex(shown.index).astype("string"))
    return shown.rename_axis("unit_id").reset_index().astype({"unit_id": "string", "as_of": "datetime64[us]"})


def _totals(officers: pd.DataFrame) -> pd.DataFrame:
    """Per unit: officers, sums (null where the table is absent), and for means their sums and counts."""
    groups = officers.groupby("unit_id", sort=True)
    totals = groups[list(SUMS)].sum(min_count=1)
    totals["officers"] = groups.size().astype("float64")
    for name in MEANS:
        totals[f"{name}_sum"] = groups[name].sum(min_count=1)
        totals[f"{name}_known"] = groups[name].count().astype("float64")
    return totals


def _figures(totals: pd.DataFrame) -> pd.DataFrame:
    shown = totals[["officers", *SUMS]].assign(officers=totals["officers"].fillna(0.0))
    for name in MEANS:
        shown[f"mean_{name}"] = totals[f"{name}_sum"] / totals[f"{name}_known"].replace(0.0, np.nan)
    for name in RATED:
        thousands = totals[f"exposure_hours_{name.rsplit('_', 1)[1]}"].replace(0.0, np.nan) / 1000.0
        base = name.removesuffix("_12m").removesuffix("_24m").removesuffix("_60m")
        ending = name.rsplit("_", 1)[1]
        low, high = rare_count_interval(totals[name])
        shown[f"{base}_per_1000_hours_{ending}"] = totals[name] / thousands
        shown[f"{base}_per_1000_hours_{ending}_low"] = low / thousands
        shown[f"{base}_per_1000_hours_{ending}_high"] = high / thousands
    return shown


def rare_count_interval(count: pd.Series) -> tuple[pd.Series, pd.Series]:
    """The 95 % interval of the mean of a Poisson count, by Anscombe's transform (Biometrika 35, 1948).

    >>> low, high = rare_count_interval(pd.Series([0.0, 9.0]))
    >>> low.round(1).tolist(), high.round(1).tolist()
    ([0.0, 4.0], [2.2, 16.0])
    """
    root = np.sqrt(count + 0.375)
    return (np.maximum(root - 0.98, 0.0) ** 2 - 0.375).clip(lower=0.0), (root + 0.98) ** 2 - 0.375


def _parents(units: pd.DataFrame | None, day: pd.Timestamp) -> pd.Series:
    """The parent of each unit as known at the day, indexed by unit."""
    if units is None or not len(units) or "parent_unit_id" not in units:
        return pd.Series(dtype="string", index=pd.Index([], dtype="string", name="unit_id"))
    return valid_at(units, day.date()).set_index("unit_id")["parent_unit_id"].astype("string")


def _rolled_up(own: pd.DataFrame, parents: pd.Series) -> pd.DataFrame:
    """Every unit's own totals plus those of all units under it; a loop in the tree is cut where it closes."""
    above = [(unit, top) for unit in own.index for top in _line(unit, parents)]
    lines = pd.DataFrame(above, columns=["unit_id", "top"]).astype("string")
    return lines.join(own, on="unit_id").drop(columns="unit_id").groupby("top").sum(min_count=1).reindex(own.index)


def _line(unit: str, parents: pd.Series) -> list[str]:
    """The unit itself and everything above it."""
    line = [unit]
    while (parent := parents.get(line[-1])) is not None and not pd.isna(parent) and parent not in line:
        line.append(parent)
    return line
