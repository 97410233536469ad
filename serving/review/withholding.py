"""A poor grade that no person has reviewed, taken out of what goes downstream: of an answer, and of a night's rows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType

import pandas as pd

from data_contracts.vocabulary import Grade, Outcome
from serving.review.standing import UNDER_REVIEW, Reviews, Shown
from serving.risk.schemas import OutcomeNotScored, OutcomeRisk, RiskScored, RiskWithheld
from serving.schemas import Because, NotScored

WITHHELD = "withheld"
FIGURES = ("probability", "low", "high", "unsure", "reasons", "strengths", "merits", "grade", "flags", "support")
Result = RiskScored | RiskWithheld | NotScored


def withhold(
    results: dict[str, RiskScored | NotScored],
    reviews: Reviews,
    today: date,
    graded_poor: Mapping[str, Sequence[tuple[str, int]]] = MappingProxyType({}),
) -> dict[str, Result]:
    """Results by officer as a caller may see them who does not review.

    `graded_poor` are the outcomes and horizons that make an officer's grade poor, asked for or not.
    """
    poor = [
        officer
        for officer, one in results.items()
        if isinstance(one, RiskScored) and (graded_poor.get(officer) or any(map(_poor, one.outcomes)))
    ]
    if not poor:
        return dict(results)
    shown = reviews.withheld(poor, today)
    return {
        officer: _seen(one, shown, graded_poor.get(officer, ())) if isinstance(one, RiskScored) else one
        for officer, one in results.items()
    }


def withheld_rows(rows: pd.DataFrame, reviews: Reviews, today: date) -> pd.DataFrame:
    """A night's rows (officer by outcome and horizon) as they may leave for others than reviewers.

    A poor grade that may not be shown has `status` withheld, `because` in its place and no figure; the officer's
    overall grade goes with it, for the worst of the others would pass for it.
    """
    poor = rows["grade"] == Grade.POOR.value
    shown = reviews.withheld(rows.loc[poor, "officer_id"].astype(str).unique().tolist(), today)
    why = [_why(str(row.officer_id), str(row.outcome), shown) for row in rows[poor].itertuples()]
    because = pd.Series(why, index=rows.index[poor], dtype=object)
    away = because[because.notna()].index
    told = rows.astype({name: object for name in (*FIGURES, "overall_grade", "because", "status") if name in rows})
    told.loc[away, [name for name in FIGURES if name in rows]] = None
    told.loc[away, "status"] = WITHHELD
    told.loc[away, "because"] = [json.dumps(one.model_dump(), ensure_ascii=False) for one in because[away]]
    if "overall_grade" in told:
        told.loc[told["officer_id"].isin(told.loc[away, "officer_id"]), "overall_grade"] = None
    return told


def _seen(one: RiskScored, shown: Shown, graded_poor: Sequence[tuple[str, int]]) -> RiskScored | RiskWithheld:
    away: list[OutcomeNotScored] = []
    kept: list[OutcomeRisk] = []
    for risk in one.outcomes:
        why = _why(one.officer_id, risk.outcome.value, shown) if _poor(risk) else None
        if why is None:
            kept.append(risk)
        else:
            away.append(OutcomeNotScored(outcome=risk.outcome, horizon_months=risk.horizon_months, because=why))
    told = {(risk.outcome.value, risk.horizon_months) for risk in one.outcomes}
    for outcome, months in graded_poor:  # not asked for: the grade and its support would tell of it all the same
        why = _why(one.officer_id, outcome, shown)
        if why is not None and (outcome, months) not in told:
            away.append(OutcomeNotScored(outcome=Outcome(outcome), horizon_months=months, because=why))
    if not away:
        return one
    hidden = {(risk.outcome, risk.horizon_months) for risk in away}
    return RiskWithheld(
        officer_id=one.officer_id,
        because=min((risk.because for risk in away), key=lambda because: because.code != UNDER_REVIEW.code),
        outcomes=kept,
        outcomes_not_scored=[*one.outcomes_not_scored, *away],
        flags=[flag for flag in one.flags if (flag.outcome, flag.horizon_months) not in hidden],
        without_events_since=one.without_events_since,
    )


def _poor(risk: OutcomeRisk) -> bool:
    return risk.grade is Grade.POOR


def _why(officer_id: str, outcome: str, shown: Shown) -> Because | None:
    return shown.get((officer_id, outcome), UNDER_REVIEW)
