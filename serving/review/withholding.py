"""What waits for a person, taken out of what goes downstream: of an answer, and of a night's rows.

What is withheld must not say "poor" by being withheld (decision 0024). So it is the officer that waits, not the grade:
whoever has one of the two lower grades, poor or fair, in any outcome and horizon that no person has reviewed, is
withheld with everything but the outcomes that a person did review, always for the same reason. For the same cause no
count of poor grades goes downstream, of a unit or anything else.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Set
from datetime import date

import pandas as pd

from models.risk.grades import WARNED
from serving.review.standing import WAITS, Reviews
from serving.risk.schemas import OutcomeNotScored, RiskScored, RiskWithheld
from serving.schemas import NotScored

WITHHELD = "withheld"
FIGURES = ("probability", "low", "high", "unsure", "reasons", "strengths", "merits", "grade", "flags", "support")
COUNTS = ("flagged", "poor_share")  # of a unit: beside what is withheld of its officers they would tell who is poor
Result = RiskScored | RiskWithheld | NotScored


def withhold(
    results: Mapping[str, RiskScored | NotScored],
    reviews: Reviews,
    today: date,
    warned: Mapping[str, Collection[str]],
) -> dict[str, Result]:
    """Results by officer as a caller may see them who does not review.

    `warned` are, by officer, the outcomes with a grade poor or fair at any horizon, asked for or not.
    """
    low = [officer for officer, one in results.items() if isinstance(one, RiskScored) and warned.get(officer)]
    told = reviewed(reviews, low, today)
    return {
        officer: _seen(one, told.get(officer, set()))
        if isinstance(one, RiskScored) and not set(warned.get(officer, ())) <= told.get(officer, set())
        else one
        for officer, one in results.items()
    }


def reviewed(reviews: Reviews, officer_ids: Collection[str], today: date) -> dict[str, Set[str]]:
    """By officer, the outcomes whose warning a person reviewed, so that they may be shown."""
    if not officer_ids:
        return {}
    found: dict[str, set[str]] = {}
    for (officer, outcome), why in reviews.withheld(list(officer_ids), today).items():
        if why is None:
            found.setdefault(officer, set()).add(outcome)
    return dict(found)


def withheld_rows(rows: pd.DataFrame, reviews: Reviews, today: date) -> pd.DataFrame:
    """A night's rows (officer by outcome and horizon) as they may leave for others than reviewers.

    Of an officer who waits, every scored row of an outcome that nobody reviewed has `status` withheld, `because` in its
    place and no figure; the overall grade goes with them.
    """
    low = rows["grade"].isin(WARNED)
    told = reviewed(reviews, rows.loc[low, "officer_id"].astype(str).unique().tolist(), today)
    shown = [outcome in told.get(officer, ()) for officer, outcome in _keys(rows)]
    waits = rows.loc[low & ~pd.Series(shown, rows.index, dtype=bool), "officer_id"].unique()
    of_them = rows["officer_id"].isin(waits)
    away = rows.index[of_them & rows["grade"].notna() & ~pd.Series(shown, rows.index, dtype=bool)]
    kept = rows.astype({name: object for name in (*FIGURES, "overall_grade", "because", "status") if name in rows})
    kept.loc[away, [name for name in FIGURES if name in rows]] = None
    kept.loc[away, "status"] = WITHHELD
    kept.loc[away, "because"] = json.dumps(WAITS.model_dump(), ensure_ascii=False)
    if "overall_grade" in kept:
        kept.loc[of_them, "overall_grade"] = None
    return kept


def units_without_counts(units: pd.DataFrame) -> pd.DataFrame:
    """A night's units as they may leave for others than reviewers: without how many officers are poor."""
    return units.assign(**{name: None for name in COUNTS if name in units})


def _keys(rows: pd.DataFrame) -> zip[tuple[str, str]]:
    return zip(rows["officer_id"].astype(str), rows["outcome"].astype(str), strict=True)


def _seen(one: RiskScored, told: Set[str]) -> RiskWithheld:
    """An officer who waits: the outcomes that a person reviewed, and of the others nothing but that they wait."""
    kept = [risk for risk in one.outcomes if risk.outcome.value in told]
    away = [
        OutcomeNotScored(outcome=risk.outcome, horizon_months=risk.horizon_months, because=WAITS)
        for risk in one.outcomes
        if risk.outcome.value not in told
    ]
    return RiskWithheld(
        officer_id=one.officer_id,
        because=WAITS,
        outcomes=kept,
        outcomes_not_scored=[*one.outcomes_not_scored, *away],
        flags=[flag for flag in one.flags if flag.outcome.value in told],
        without_events_since=one.without_events_since,
    )
