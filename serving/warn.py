"""`POST /v1/risk` without the web: officers in, graded outcomes with reasons and support out.

Grades of a request use cut-offs fixed when the model was trained; the night's published results grade by shares of
the whole force. A warning is a support prompt, and nothing follows from it by itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from data_contracts.policy import Policy
from data_contracts.vocabulary import Grade, Outcome
from serving.freshness import AgeLimits, FeatureSource, read_fresh
from serving.manifest import ModelIdentity
from serving.results import SCORED, Scorer
from serving.schemas import (
    Because,
    ModelName,
    NotScored,
    OutcomeNotScored,
    OutcomeRisk,
    Reason,
    RiskAnswer,
    RiskRequest,
    RiskScored,
    Support,
    Text,
)

NO_PROBABILITY = Because(code="not_a_probability", zh="模型未给出有效概率", en="the model gave no valid probability")
NO_HORIZON = Because(
    code="horizon_not_trained", zh="模型未覆盖该期限", en="the model does not look that many months ahead"
)
NOT_SERVED = Because(code="outcome_not_served", zh="该结局未启用", en="this outcome is not served")
Asked = tuple[str, int]  # outcome, months ahead
OUTCOMES: Mapping[str, Outcome] = {outcome.value: outcome for outcome in Outcome}


@dataclass(frozen=True)
class RiskDesk:
    """Everything that `/v1/risk` needs, fixed at start: the model, its cut-offs, the features and the policy.

    `cuts[outcome, months][grade]` is the least probability of that grade; the best grade needs none.
    """

    model: ModelIdentity
    scorer: Scorer
    cuts: Mapping[tuple[str, int], Mapping[str, float]]
    source: FeatureSource
    policy: Policy

    @property
    def served(self) -> tuple[str, ...]:
        """Outcomes that the model has and policy switches on, in the model's order."""
        return tuple(name for name in self._horizons if name in self.policy.served_outcomes)

    @property
    def _horizons(self) -> dict[str, list[int]]:
        """The months ahead that the model has for each of its outcomes."""
        found: dict[str, list[int]] = {}
        for outcome, months in self.scorer.answers:
            found.setdefault(outcome, []).append(months)
        return found

    def _main(self, outcome: str) -> int:
        """The horizon that grades an officer as a whole."""
        rule = self.policy.outcome(outcome)
        return rule.main_horizon(self._horizons.get(outcome) or [rule.horizon_months])

    def _asked(self, request: RiskRequest) -> list[Asked]:
        """Each outcome and horizon once, in the order asked."""
        names = self.served if request.outcomes is None else tuple(outcome.value for outcome in request.outcomes)
        months: Sequence[int] = request.horizon_months or ()
        return list(dict.fromkeys((name, ahead) for name in names for ahead in months or (self._main(name),)))

    def answer(self, request: RiskRequest, request_id: str, now: datetime) -> RiskAnswer:
        """One result for each officer, in order; an outcome that is not served is said to be so, never guessed."""
        scoring = self.policy.grades.scoring
        limits = AgeLimits(scoring.flag_features_after_hours, scoring.refuse_features_after_hours)
        fresh = read_fresh(
            self.source, request.officer_ids, self.model.service, asked=request.as_of, now=now, limits=limits
        )
        scored = self._scored(fresh.frame, self._asked(request))
        results = {
            officer: NotScored(officer_id=officer, because=why) for officer, why in fresh.refused.items()
        } | scored
        return RiskAnswer(
            request_id=request_id,
            model=ModelName(name=self.model.name, version=self.model.version, features=self.model.service),
            as_of=fresh.as_of,
            feature_age_hours=fresh.age_hours,
            degraded=fresh.degraded,
            results=[results[officer_id] for officer_id in request.officer_ids],
        )

    def _scored(self, frame: pd.DataFrame, asked: Sequence[Asked]) -> dict[str, RiskScored | NotScored]:
        if frame.empty:
            return {}
        answer = self.scorer(frame)
        answer = answer[answer["outcome"].isin(self.served)]
        rows: dict[str, dict[Asked, Mapping[str, Any]]] = {}
        for record in answer.to_dict("records"):
            row = {str(name): value for name, value in record.items()}
            key = str(row["outcome"]), int(row["horizon_months"])
            rows.setdefault(str(row["officer_id"]), {})[key] = row
        return {
            officer_id: self._officer(officer_id, asked, rows.get(officer_id, {}))
            for officer_id in frame["officer_id"].astype(str)
        }

    def _officer(
        self, officer_id: str, asked: Sequence[Asked], rows: Mapping[Asked, Mapping[str, Any]]
    ) -> RiskScored | NotScored:
        """One officer's outcomes together; without a single score there is no grade.

        The officer's grade is the worst at policy's horizons, of those asked for; at others only where no other is.
        """
        risks: list[OutcomeRisk] = []
        refused: list[OutcomeNotScored] = []
        for outcome, months in asked:
            absent = NO_HORIZON if outcome in self.served else NOT_SERVED
            row = rows.get((outcome, months))
            why = absent if row is None else _why_not(row)
            if row is not None and why is None:
                risks.append(self._outcome(row))
            elif why is not None:
                refused.append(OutcomeNotScored(outcome=OUTCOMES[outcome], horizon_months=months, because=why))
        if not risks:
            return NotScored(officer_id=officer_id, because=refused[0].because)
        main = [risk for risk in risks if risk.horizon_months == self._main(risk.outcome.value)] or risks
        worst = min((risk.grade for risk in main), key=lambda grade: grade.severity)
        support = [action for risk in main if risk.grade == worst for action in self._support(risk.outcome, worst)]
        return RiskScored(
            officer_id=officer_id, grade=worst, outcomes=risks, outcomes_not_scored=refused, support=support
        )

    def _outcome(self, row: Mapping[str, Any]) -> OutcomeRisk:
        outcome, months = str(row["outcome"]), int(row["horizon_months"])
        return OutcomeRisk(
            outcome=OUTCOMES[outcome],
            horizon_months=months,
            probability=float(row["probability"]),
            low=_number(row["low"]),
            high=_number(row["high"]),
            unsure=bool(row["unsure"]),
            grade=grade_of(float(row["probability"]), self.cuts[outcome, months]),
            reasons=reasons_of(row["reasons"]),
        )

    def _support(self, outcome: Outcome, grade: Grade) -> list[Support]:
        return [
            Support(
                outcome=outcome, kind=action.kind, text=Text(zh=action.zh, en=action.en), within_days=action.within_days
            )
            for action in self.policy.support_for(outcome.value, grade.value)
        ]


def grade_of(probability: float, cuts: Mapping[str, float]) -> Grade:
    """The worst grade whose cut-off the probability reaches.

    >>> grade_of(0.2, {"poor": 0.3, "fair": 0.2, "good": 0.05}).value
    'fair'
    >>> grade_of(0.01, {"poor": 0.3, "fair": 0.2, "good": 0.05}).value
    'excellent'
    """
    reached = (grade for grade in Grade if grade.value in cuts and probability >= cuts[grade.value])
    return next(reached, Grade.EXCELLENT)


def reasons_of(value: Any) -> list[Reason]:
    """Reasons as the models write them: JSON text or a list of dicts, nothing for null."""
    if value is None or (isinstance(value, float) and pd.isna(value)) or value is pd.NA:
        return []
    return [Reason.model_validate(reason) for reason in (json.loads(value) if isinstance(value, str) else value)]


def _why_not(row: Mapping[str, Any]) -> Because | None:
    """Why this outcome has no score, or None when it has one."""
    if row["status"] == SCORED:
        probability = row["probability"]
        good = not pd.isna(probability) and 0.0 <= float(probability) <= 1.0
        return None if good else NO_PROBABILITY
    because = row["because"]
    return Because.model_validate(json.loads(because) if isinstance(because, str) else because)


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)
