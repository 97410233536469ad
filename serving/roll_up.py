"""Grades are shares of the whole force, and figures roll up the unit tree: both need every officer's result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.errors import ContractViolation
from serving.results import SCORED

GRADES = ("poor", "fair", "good", "excellent")  # worst first
MINIMUM_OFFICERS = 30
UNIT_COLUMNS = ("unit_id", "outcome", "officers", "status", "expected_share", "low", "high", "poor_share", "grade")


def grades_by_share(probability: NDArray[np.float64], shares: Mapping[str, float]) -> NDArray[np.object_]:
    """The grade of each probability among all of them, shape (n,) to (n,); null stays null.

    The worst share goes to the highest probabilities. A grade takes floor(cumulated share x n) officers, and equal
    probabilities share a grade, the milder of the two: nobody is graded worse by a draw.

    >>> shares = {"poor": 0.25, "fair": 0.25, "good": 0.25, "excellent": 0.25}
    >>> grades_by_share(np.array([0.1, 0.4, 0.3, 0.2]), shares).tolist()
    ['excellent', 'poor', 'fair', 'good']
    """
    if set(shares) != set(GRADES) or abs(sum(shares.values()) - 1.0) > 1e-9:
        raise ContractViolation(f"grade shares must name {', '.join(GRADES)} and add up to 1; they are {dict(shares)}")
    result = np.full(len(probability), None, dtype=object)
    known = np.flatnonzero(~np.isnan(probability))
    values = probability[known]
    at_least = len(values) - np.searchsorted(np.sort(values), values, side="left")  # officers at this value or above
    limits = np.floor(np.cumsum([shares[name] for name in GRADES]) * len(values) + 1e-9)
    limits[-1] = len(values)
    result[known] = np.array(GRADES, dtype=object)[np.searchsorted(limits, at_least, side="left")]
    return result


def graded(results: pd.DataFrame, shares: Mapping[str, float]) -> pd.DataFrame:
    """`grade` for each outcome over the whole force and `overall_grade`, the worst of an officer's grades.

    `results` has officer_id, outcome, status and probability, officer by officer; the index is kept.
    """
    grade = pd.Series(None, index=results.index, dtype=object)
    scored = results["status"] == SCORED
    for _, rows in results[scored].groupby("outcome", sort=True):
        grade.loc[rows.index] = grades_by_share(rows["probability"].to_numpy(np.float64), shares)
    rank = grade.map({name: place for place, name in enumerate(GRADES)}).astype("float64")
    worst = rank.groupby(results["officer_id"], sort=False).transform("min")
    overall = worst.map(dict(enumerate(GRADES)))
    return results.assign(grade=grade, overall_grade=overall.astype(object).where(overall.notna(), None))


def unit_results(
    results: pd.DataFrame, parents: Mapping[str, str], shares: Mapping[str, float], minimum: int = MINIMUM_OFFICERS
) -> pd.DataFrame:
    """Expected share of officers with each outcome by unit, counting everyone below it in the tree.

    The interval is that of a sum of independent draws with the officers' own probabilities (95 %). Units with fewer
    than `minimum` scored officers carry figures but no grade: `status` says small_unit.
    """
    scored = results[(results["status"] == SCORED) & results["unit_id"].notna()]
    rows = pd.concat(_levels(scored, parents), ignore_index=True)
    p = rows["probability"].astype("float64")
    rows = rows.assign(p=p, spread=p * (1 - p), poor=(rows["grade"] == "poor").astype("float64"))
    units = rows.groupby(["unit_id", "outcome"], sort=True, as_index=False).agg(
        officers=("p", "size"), expected_share=("p", "mean"), spread=("spread", "sum"), poor_share=("poor", "mean")
    )
    half = 1.96 * np.sqrt(units["spread"]) / units["officers"]
    units["low"] = (units["expected_share"] - half).clip(lower=0.0)
    units["high"] = (units["expected_share"] + half).clip(upper=1.0)
    units["status"] = np.where(units["officers"] >= minimum, SCORED, "small_unit")
    graded_units = units["expected_share"].where(units["status"] == SCORED)
    by_outcome = graded_units.groupby(units["outcome"]).transform(_as_codes, shares)
    units["grade"] = by_outcome.map(dict(enumerate(GRADES))).astype(object).where(by_outcome.notna(), None)
    return units[list(UNIT_COLUMNS)]


def _as_codes(share: pd.Series, shares: Mapping[str, float]) -> pd.Series:
    codes = {name: float(place) for place, name in enumerate(GRADES)}
    grades = grades_by_share(share.to_numpy(np.float64), shares)
    return pd.Series([codes.get(item, np.nan) for item in grades], index=share.index, dtype="float64")


def _levels(scored: pd.DataFrame, parents: Mapping[str, str]) -> Sequence[pd.DataFrame]:
    """The rows once for the unit itself and once for each unit above it."""
    rows = scored[["unit_id", "outcome", "probability", "grade"]].astype({"unit_id": object})
    levels = [rows]
    for _ in range(len(parents)):  # a tree is no deeper than it has units; a cycle ends here too
        above = levels[-1]["unit_id"].map(parents)
        rows = levels[-1].assign(unit_id=above)[above.notna()]
        if rows.empty:
            break
        levels.append(rows)
    return levels
