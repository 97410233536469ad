"""`POST /v1/risk` without the web: officers in, graded outcomes with reasons and support out.

Grades agree with those of the night in force (serving/risk/grading.py). Where no night of the model was published,
they use cut-offs fixed when the model was trained, and each result says so. Trends and courses come from what earlier
nights published. A warning is a support prompt, and nothing follows from it by itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd

from data_contracts.figures import shown
from data_contracts.local_time import local_day
from data_contracts.policy import Policy
from data_contracts.vocabulary import Grade, Outcome
from features.declared import service_read
from models.risk.calibration import log_odds
from models.risk.grades import WARNED, overall
from serving.access.credential import OPERATOR, Credential
from serving.freshness import AgeLimits, FeatureSource, read_fresh
from serving.night.manifest import ModelIdentity, looked_back
from serving.night.past import Asked, NoPast, Past
from serving.night.results import SCORED, Scorer
from serving.review.standing import OPTED_OUT, NoReviews, Reviews, sees_all
from serving.review.withholding import Result, withhold
from serving.risk.absent import why_absent
from serving.risk.flagging import Trends, flags_of
from serving.risk.grading import Grading, graded_rows
from serving.risk.schemas import (
    Change,
    Flag,
    OutcomeNotScored,
    OutcomeRisk,
    RiskAnswer,
    RiskNotScored,
    RiskRequest,
    RiskScored,
    Support,
)
from serving.risk.supporting import About, flags_told, support_for
from serving.schemas import Because, ModelName, Reason, Text
from serving.waiting import still_wanted, while_wanted

NO_PROBABILITY = Because(code="not_a_probability", zh="模型未给出有效概率", en="the model gave no valid probability")
NO_OUTCOME = Because(
    code="outcomes_not_scored",
    zh="所问结局均未评分，原因各不相同，见各结局",
    en="none of the outcomes asked for has a score, for different reasons: each outcome has its own",
)
KEYS = ["officer_id", "outcome", "horizon_months"]
OUTCOMES: Mapping[str, Outcome] = {outcome.value: outcome for outcome in Outcome}


@dataclass(frozen=True)
class RiskDesk:
    """Everything that `/v1/risk` needs, fixed at start: the model, its cut-offs, the features and the policy.

    `cuts[outcome, months][grade]` is the least probability of that grade; the best grade needs none.
    `commend_below[outcome, months]` is the chance below which the best share of the force lay. `past` is what earlier
    nights published, `what_if` thinks changes through (models/risk/what_if.py), `reviews` is what people decided,
    `left_out` why training kept no model of an outcome at some months ahead.
    """

    model: ModelIdentity
    scorer: Scorer
    cuts: Mapping[tuple[str, int], Mapping[str, float]]
    source: FeatureSource
    policy: Policy
    commend_below: Mapping[tuple[str, int], float] = field(default_factory=dict)
    past: Past = field(default_factory=NoPast)
    what_if: Callable[[pd.DataFrame], pd.DataFrame] | None = None
    reviews: Reviews = field(default_factory=NoReviews)
    left_out: Mapping[Asked, Because] = field(default_factory=dict)
    _held: list[Grading] = field(default_factory=list, repr=False, compare=False)

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

    def answer(self, request: RiskRequest, request_id: str, now: datetime, caller: Credential = OPERATOR) -> RiskAnswer:
        """One result for each officer, in order; an outcome that is not served is said to be so, never guessed.

        Who opted out is not looked at. Who has one of the two lower grades is shown to a caller who does not review
        once a person has.
        """
        limits = AgeLimits.of(self.policy)
        out = self.reviews.opted_out(request.officer_ids)
        asked = [officer for officer in request.officer_ids if officer not in out]
        fresh = read_fresh(self.source, asked, self.model.service, asked=request.as_of, now=now, limits=limits)
        refused = {**fresh.refused, **dict.fromkeys(out, OPTED_OUT)}
        wanted = self._asked(request)
        rows = self._rows(fresh.frame, fresh.as_of, think=request.what_if)
        each = {
            str(one): _Graded(rows.get(str(one), {}), wanted, self._main, fresh.as_of)
            for one in fresh.frame["officer_id"]
        }
        scored = {
            officer_id: _with_events(self._officer(officer_id, wanted, one), fresh.behind.get(officer_id))
            for officer_id, one in while_wanted(each.items())
        }
        known: dict[str, RiskScored | RiskNotScored] = {
            officer: RiskNotScored(officer_id=officer, because=why) for officer, why in refused.items()
        }
        results: Mapping[str, Result] = known | scored
        if not sees_all(caller):
            warned = {officer_id: one.warned for officer_id, one in each.items()}
            results = withhold(known | scored, self.reviews, local_day(now), warned)
        return RiskAnswer(
            request_id=request_id,
            model=ModelName(name=self.model.name, version=self.model.version, features=self.model.service),
            as_of=fresh.read_as_of,
            feature_age_hours=fresh.age_hours,
            degraded=fresh.degraded,
            notices=[*fresh.notices, *self._notices(fresh.read_as_of)],
            results=[results[officer_id] for officer_id in request.officer_ids],
        )

    def _notices(self, day: date | None) -> list[Because]:
        if day is None or not self.model.knew_more(day):
            return []
        return [Because.model_validate(looked_back(self.model, day))]

    def _rows(self, frame: pd.DataFrame, as_of: date, *, think: bool) -> dict[str, dict[Asked, Mapping[str, Any]]]:
        """Everything that is answered of each officer, by outcome and horizon, asked for or not."""
        if frame.empty:
            return {}
        answer = self.scorer(frame)
        still_wanted()
        served = answer["outcome"].isin(self.served)
        answer = self._flagged(answer if served.all() else answer[served].reset_index(drop=True), as_of)
        still_wanted()
        if think and self.what_if is not None:
            answer = answer.merge(self.what_if(frame).astype({"officer_id": "string"}), on=KEYS, how="left")
        rows: dict[str, dict[Asked, Mapping[str, Any]]] = {}
        for record in answer.to_dict("records"):
            row = {str(name): value for name, value in record.items()}
            key = str(row["outcome"]), int(row["horizon_months"])
            rows.setdefault(str(row["officer_id"]), {})[key] = row
        return rows

    def _flagged(self, answer: pd.DataFrame, as_of: date) -> pd.DataFrame:
        """The answer with grade, overall grade (over everything served, asked for or not) and flags of each row."""
        told = dict.fromkeys([*answer.columns, "strengths", "merits", "finding_days"])
        answer = answer.reindex(columns=[*told]).astype({"officer_id": "string"})
        grading = self._grading()
        answer = graded_rows(answer, grading, _why_not)
        rules, officers = self.policy.grades, answer["officer_id"].tolist()
        horizons = {outcome: self._main(outcome) for outcome in self.served}
        each: dict[str, list[str | None]] = {}
        telling: dict[str, list[bool]] = {}
        tells = {one: grading.tells_excellent(one) for one in horizons.items()}
        asked_and_grade = zip(answer["outcome"], answer["horizon_months"], answer["grade"], strict=True)
        for officer, (outcome, months, grade) in zip(officers, asked_and_grade, strict=True):
            if months == horizons[outcome]:
                each.setdefault(officer, []).append(grade)
                telling.setdefault(officer, []).append(tells[outcome, months])
        grades = {officer: overall(some, telling[officer]) for officer, some in each.items()}
        answer["overall_grade"] = [grades.get(officer) for officer in officers]
        trends = Trends(as_of, self.past.chances(as_of), horizons, self.past.followed())
        answer["flags"] = flags_of(answer, trends, rules, lambda asked, _: grading.bounds(asked))
        return answer

    def _grading(self) -> Grading:
        """By the night in force; made anew only when another night is, for it sorts a whole force."""
        night = self.past.night()
        held = self._held[0] if self._held else None
        if held is None or held.night is not night:
            held = Grading(self.policy.grades, self.cuts, self.commend_below, night)
            self._held[:] = [held]
        return held

    def _officer(self, officer_id: str, asked: Sequence[Asked], graded: _Graded) -> RiskScored | RiskNotScored:
        """One officer's outcomes together; without a single score there is no grade.

        The officer's grade is of everything served at policy's horizons, asked for or not; support is about the
        outcomes asked for, whichever horizons were.
        """
        risks: list[OutcomeRisk] = []
        flags: list[Flag] = []
        refused: list[OutcomeNotScored] = []
        for outcome, months in asked:
            row = graded.rows.get((outcome, months))
            why = why_absent((outcome, months), self.scorer.answers, self.left_out) if row is None else _why_not(row)
            if row is not None and why is None:
                risks.append(self._outcome(row))
                flags += flags_of_row(row, OUTCOMES[outcome], months)
            elif why is not None:
                refused.append(OutcomeNotScored(outcome=OUTCOMES[outcome], horizon_months=months, because=why))
        if not risks:
            return RiskNotScored(officer_id=officer_id, because=_together(refused), outcomes_not_scored=refused)
        main = graded.main or [row for row in graded.rows.values() if _why_not(row) is None]
        return RiskScored(
            officer_id=officer_id,
            grade=_overall(main),
            outcomes=risks,
            outcomes_not_scored=refused,
            support=[action for row in _supported(main) for action in self._support(officer_id, row, graded.day)],
            flags=flags,
        )

    def _outcome(self, row: Mapping[str, Any]) -> OutcomeRisk:
        outcome, months = str(row["outcome"]), int(row["horizon_months"])
        return OutcomeRisk(
            outcome=OUTCOMES[outcome],
            horizon_months=months,
            probability=shown(row["probability"]),
            low=_number(row["low"]),
            high=_number(row["high"]),
            **_parts(row),
            features=service_read(self.model.service, outcome),
            unsure=bool(row["unsure"]),
            grade=Grade(str(row["grade"])),
            graded_by=row["graded_by"],
            reasons=reasons_of(row["reasons"]),
            strengths=reasons_of(row["strengths"]),
            what_if=changes_told(row.get("what_if")),
            no_what_if=_text_told(row.get("no_what_if")),
        )

    def _support(self, officer_id: str, row: Mapping[str, Any], day: date) -> list[Support]:
        told = support_for(officer_id, About.of(row), row["reasons"], day, self.past.courses())
        return [Support.model_validate(one) for one in told]


@dataclass(frozen=True)
class _Graded:
    """The rows of one officer, and which of them grade the officer: scored, of the outcomes asked for."""

    rows: Mapping[Asked, Mapping[str, Any]]
    asked: Sequence[Asked]
    horizon: Callable[[str], int]
    day: date

    @property
    def main(self) -> list[Mapping[str, Any]]:
        """At the horizon of each outcome, the outcomes in the order asked."""
        keys = [(outcome, self.horizon(outcome)) for outcome in dict.fromkeys(name for name, _ in self.asked)]
        found = [self.rows[key] for key in keys if key in self.rows]
        return [row for row in found if _why_not(row) is None]

    @property
    def warned(self) -> set[str]:
        """The outcomes with a grade poor or fair at any horizon, whatever was asked for."""
        return {str(row["outcome"]) for row in self.rows.values() if row["grade"] in WARNED}


def _together(refused: Sequence[OutcomeNotScored]) -> Because:
    """Why an officer has no score at all: the reason that all outcomes share, or that each has its own."""
    first = refused[0].because
    return first if all(one.because == first for one in refused) else NO_OUTCOME


def _with_events(result: RiskScored | RiskNotScored, behind: date | None) -> RiskScored | RiskNotScored:
    """The result with what it lacks; one that is not scored says nothing that could lack an event."""
    return result.model_copy(update={"without_events_since": behind}) if isinstance(result, RiskScored) else result


def _overall(main: Sequence[Mapping[str, Any]]) -> Grade:
    """The officer's own grade; the worst of what there is where nothing is scored at policy's horizons."""
    found = next((str(row["overall_grade"]) for row in main if not pd.isna(row["overall_grade"])), None)
    if found is not None:
        return Grade(found)
    return min((Grade(str(row["grade"])) for row in main), key=lambda grade: grade.severity)


def _supported(main: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The rows that have support, as the night decides it, the worst first."""
    told = [row for row in main if About.of(row).is_told]
    return sorted(told, key=lambda row: Grade(str(row["grade"])).severity)


def changes_told(value: Any) -> list[Change] | None:
    """The changes as models/risk/what_if.py writes them; None where nobody asked.

    >>> changes_told(None), changes_told("[]")
    (None, [])
    """
    return [Change.model_validate(one) for one in json.loads(value)] if isinstance(value, str) else None


def _text_told(value: Any) -> Text | None:
    return Text.model_validate_json(value) if isinstance(value, str) else None


def flags_of_row(row: Mapping[str, Any], outcome: Outcome, months: int) -> list[Flag]:
    """The flags of one result as stored, with what they are about."""
    told = flags_told(row["flags"])
    return [Flag.model_validate({**one, "outcome": outcome, "horizon_months": months}) for one in told]


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
    return None if pd.isna(value) else shown(value)


def _parts(row: Mapping[str, Any]) -> dict[str, float]:
    """The baseline, and what is told in no contribution, in log-odds; nothing where the model gives no baseline."""
    baseline = row.get("baseline")
    if baseline is None or pd.isna(baseline):
        return {}
    told = sum(one.contribution or 0.0 for name in ("reasons", "strengths") for one in reasons_of(row[name]))
    chance = np.array([float(row["probability"])])
    rest = float(log_odds(chance)[0]) - float(baseline) - told
    return {"baseline": round(float(baseline), 3), "rest": round(rest, 3)}
