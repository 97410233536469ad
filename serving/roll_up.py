"""Grades need the whole force, and figures roll up the unit tree: both rest on every officer's result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from data_contracts.decisions import GradePolicy
from data_contracts.policy import policy
from data_contracts.vocabulary import Grade
from models.grades import by_shares
from models.grades import grade as grade_of_force
from serving.results import SCORED, asked_of

GRADES = tuple(item.value for item in Grade)  # worst first
ASKED = ["outcome", "horizon_months"]
UNIT_COLUMNS = ("unit_id", *ASKED, "officers", "status", "expected_share", "low", "high", "poor_share", "grade")


def graded(results: pd.DataFrame, rules: GradePolicy) -> pd.DataFrame:
    """`grade` for each outcome and horizon over the whole force and `overall_grade`, the worst of an officer's grades.

    Overall counts each outcome once, at the horizon policy has for it (`main_horizons`). `results` has officer_id,
    outcome, horizon_months, status and probability, officer by officer; the index is kept.
    """
    grade = pd.Series(None, index=results.index, dtype=object)
    scored = results["status"] == SCORED
    for group, rows in results[scored].groupby(ASKED, sort=True):
        units = rows["unit_id"].astype("string").tolist() if "unit_id" in rows.columns else None
        chances = rows["probability"].to_numpy(np.float64)
        grade.loc[rows.index] = grade_of_force(chances, rules, *asked_of(group), units)
    main = results["horizon_months"] == results["outcome"].map(main_horizons(results))
    rank = grade.where(main).map({name: place for place, name in enumerate(GRADES)}).astype("float64")
    worst = rank.groupby(results["officer_id"], sort=False).transform("min")
    overall = worst.map(dict(enumerate(GRADES)))
    return results.assign(grade=grade, overall_grade=overall.astype(object).where(overall.notna(), None))


def main_horizons(results: pd.DataFrame) -> dict[str, int]:
    """The horizon of each outcome that grades an officer as a whole: policy's, or the nearest that there is."""
    offered = results.groupby("outcome", sort=True)["horizon_months"].unique()
    return {str(name): policy().outcome(str(name)).main_horizon(months.tolist()) for name, months in offered.items()}


def unit_results(results: pd.DataFrame, parents: Mapping[str, str], rules: GradePolicy) -> pd.DataFrame:
    """Expected share of officers with each outcome, by horizon and unit, counting everyone below it in the tree.

    The interval is that of a sum of independent draws with the officers' own probabilities (95 %). Units with fewer
    scored officers than policy asks for carry figures but no grade: `status` says small_unit.
    """
    scored = results[(results["status"] == SCORED) & results["unit_id"].notna()]
    rows = pd.concat(_levels(scored, parents), ignore_index=True)
    p = rows["probability"].astype("float64")
    rows = rows.assign(p=p, spread=p * (1 - p), poor=(rows["grade"] == "poor").astype("float64"))
    units = rows.groupby(["unit_id", *ASKED], sort=True, as_index=False).agg(
        officers=("p", "size"), expected_share=("p", "mean"), spread=("spread", "sum"), poor_share=("poor", "mean")
    )
    half = 1.96 * np.sqrt(units["spread"]) / units["officers"]
    units["low"] = (units["expected_share"] - half).clip(lower=0.0)
    units["high"] = (units["expected_share"] + half).clip(upper=1.0)
    units["status"] = np.where(units["officers"] >= rules.unit.minimum_officers, SCORED, "small_unit")
    graded_units = units["expected_share"].where(units["status"] == SCORED)
    codes = graded_units.groupby([units[name] for name in ASKED]).transform(_as_codes, rules)
    units["grade"] = codes.map(dict(enumerate(GRADES))).astype(object).where(codes.notna(), None)
    return units[list(UNIT_COLUMNS)]


def _as_codes(share: pd.Series, rules: GradePolicy) -> pd.Series:
    codes = {name: float(place) for place, name in enumerate(GRADES)}
    grades = by_shares(share.to_numpy(np.float64), rules.shares)
    return pd.Series([codes.get(item, np.nan) for item in grades], index=share.index, dtype="float64")


def _levels(scored: pd.DataFrame, parents: Mapping[str, str]) -> Sequence[pd.DataFrame]:
    """The rows once for the unit itself and once for each unit above it."""
    rows = scored[["unit_id", *ASKED, "probability", "grade"]].astype({"unit_id": object})
    levels = [rows]
    for _ in range(len(parents)):  # a tree is no deeper than it has units; a cycle ends here too
        above = levels[-1]["unit_id"].map(parents)
        rows = levels[-1].assign(unit_id=above)[above.notna()]
        if rows.empty:
            break
        levels.append(rows)
    return levels
