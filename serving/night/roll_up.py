"""Grades need the whole force: they rest on every officer's result."""

from __future__ import annotations

import numpy as np
import pandas as pd

from data_contracts.decisions import GradePolicy
from data_contracts.policy import policy
from data_contracts.vocabulary import Grade
from models.risk.grades import cut_offs, limits, tells_excellent
from models.risk.grades import grade as grade_of_force
from serving.night.results import SCORED, asked_of

GRADES = tuple(item.value for item in Grade)  # worst first
ASKED = ["outcome", "horizon_months"]


def graded(results: pd.DataFrame, rules: GradePolicy) -> pd.DataFrame:
    """`grade` for each outcome and horizon over the whole force and `overall_grade`, the worst of an officer's grades.

    Overall counts each outcome once, at the horizon policy has for it (`main_horizons`); one that does not tell
    excellent from good takes nothing from an excellent. `results` has officer_id,
    outcome, horizon_months, status and probability, officer by officer; the index is kept.
    """
    grade = pd.Series(None, index=results.index, dtype=object)
    mute = pd.Series(False, index=results.index)
    scored = results["status"] == SCORED
    for group, rows in results[scored].groupby(ASKED, sort=True):
        units = rows["unit_id"].astype("string").tolist() if "unit_id" in rows.columns else None
        chances = rows["probability"].to_numpy(np.float64)
        grade.loc[rows.index] = grade_of_force(chances, rules, *asked_of(group), units)
        mute.loc[rows.index] = not tells_excellent(limits(cut_offs(chances, rules), rules, *asked_of(group)))
    main = results["horizon_months"] == results["outcome"].map(main_horizons(results))
    rank = grade.where(main).map({name: place for place, name in enumerate(GRADES)}).astype("float64")
    heard = rank.where(~(mute & (grade == Grade.GOOD.value)))
    worst, heard_worst = (some.groupby(results["officer_id"], sort=False).transform("min") for some in (rank, heard))
    worst = heard_worst.fillna(worst)
    overall = worst.map(dict(enumerate(GRADES)))
    return results.assign(grade=grade, overall_grade=overall.astype(object).where(overall.notna(), None))


def main_horizons(results: pd.DataFrame) -> dict[str, int]:
    """The horizon of each outcome that grades an officer as a whole: policy's, or the nearest that there is."""
    offered = results.groupby("outcome", sort=True)["horizon_months"].unique()
    return {str(name): policy().outcome(str(name)).main_horizon(months.tolist()) for name, months in offered.items()}
