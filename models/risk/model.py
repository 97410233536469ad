"""The risk model as it is served: several outcomes, each a calibrated blend whose log-odds can be explained."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.policy import policy
from data_contracts.vocabulary import Bilingual
from models.artifacts import Parts
from models.base import ExplainedModel, Matrix, Numbers
from models.risk.boosting import Boosted
from models.risk.calibration import Platt, Reliability, log_odds
from models.risk.code_rates import CodeRates, codes_json, codes_of_json
from models.risk.conformal import Conformal
from models.risk.design_matrix import Design
from models.risk.explain import Told, quiet_facets, theme_sums, unlisted
from models.risk.flags import best_below, finding_days, merits
from models.risk.glass_box import GlassBox
from models.risk.grades import SHORT_HISTORY, cut_offs, short_history
from models.risk.horizons import Asked, Figures, rising
from models.risk.logistic import SoftLogistic
from models.risk.record_words import CodesSaid, Record
from models.risk.themes import FORCE_MEANS
from models.units.model import UnitRule

KINDS: Mapping[str, type[Boosted] | type[SoftLogistic] | type[GlassBox]] = {
    "boosted": Boosted,
    "logistic": SoftLogistic,
    "glass_box": GlassBox,
}
TOP_REASONS = 3


@dataclass(frozen=True)
class OutcomeModel:
    """One outcome: members, their weights in the mean of log-odds, calibration, and how sure.

    Without members (nothing to learn from in training) everybody has `rate`.
    """

    outcome: str
    horizon_months: int
    design: Design
    members: Mapping[str, ExplainedModel]
    weights: Mapping[str, float]
    platt: Platt = field(default_factory=Platt)
    reliability: Reliability = field(default_factory=Reliability)
    cuts: Mapping[str, float] = field(default_factory=dict)
    rate: float = 0.0
    silent: tuple[str, ...] = ()  # themes and facets that told nothing of later years when it was checked
    commend_below: float = 0.0  # the chance below which the best share of the force lies
    sets: Conformal = field(default_factory=Conformal)  # between which chances it cannot tell
    codes: CodeRates = field(default_factory=dict)  # ranks and tracks whose officers surely had it more often, or less

    @property
    def name(self) -> str:
        """What it is called on records: `conduct`, or `conduct_24m` at another horizon than policy's own."""
        return policy().outcome(self.outcome).name_at(self.horizon_months)

    @property
    def quiet(self) -> tuple[str, ...]:
        """Themes and facets that nobody is told of: silent, or not listed by policy for the outcome."""
        return *self.silent, *unlisted(self.outcome)

    @property
    def codes_said(self) -> CodesSaid:
        """What sentences say of codes."""
        rule, months = policy().outcome(self.outcome), self.horizon_months
        return CodesSaid(
            self.codes, Bilingual(f"{months}个月内{rule.name_zh}", f"{rule.name_en} within {months} months")
        )

    def scores(self, x: Matrix) -> Numbers:
        """Uncalibrated log-odds (n,)."""
        return self._blend(self._member_scores(x), len(x))

    def predict(self, x: Matrix) -> Numbers:
        """Calibrated chances (n,)."""
        return self.platt.apply(self.scores(x))

    def predict_interval(self, x: Matrix) -> tuple[Numbers, Numbers, Numbers]:
        """Chance, low and high, each (n,)."""
        each = self._member_scores(x)
        chance = self.platt.apply(self._blend(each, len(x)))
        apart = np.std([self.platt.slope * score for score in each.values()], axis=0) if each else np.zeros(len(x))
        return chance, *self.reliability.interval(chance, apart)

    def contributions(self, x: Matrix) -> Numbers:
        """(n, f + 1) additive parts of the calibrated log-odds, the base last."""
        total = np.zeros((len(x), x.shape[1] + 1))
        for name, member in self.members.items():
            total += self.weights[name] * member.contributions(x)
        total *= self.platt.slope
        total[:, -1] += self.platt.shift
        return total

    def _member_scores(self, x: Matrix) -> dict[str, Numbers]:
        used = {name: member for name, member in self.members.items() if self.weights[name] > 0}
        return {name: log_odds(member.predict(x)) for name, member in used.items()}

    def _blend(self, each: Mapping[str, Numbers], rows: int) -> Numbers:
        if not each:
            return np.full(rows, float(log_odds(np.array([self.rate]))[0]))
        blended: Numbers = np.sum([self.weights[name] * score for name, score in each.items()], axis=0)
        return blended


@dataclass(frozen=True)
class RiskBundle:
    """All served outcomes on the features of one service; what `score` says is what people see."""

    outcome_models: tuple[OutcomeModel, ...]
    service: str
    service_hash: str
    means: Mapping[str, float] = field(default_factory=dict)
    unit_rules: Mapping[tuple[str, int], UnitRule] = field(default_factory=dict)  # by outcome and months ahead

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Each outcome once, in the order of the result."""
        return tuple(dict.fromkeys(model.outcome for model in self.outcome_models))

    @property
    def answers(self) -> tuple[tuple[str, int], ...]:
        """Each (outcome, months ahead) that is answered, in the order of the result."""
        return tuple((model.outcome, model.horizon_months) for model in self.outcome_models)

    @property
    def columns(self) -> tuple[str, ...]:
        """The features asked for, each once."""
        return tuple(dict.fromkeys(name for model in self.outcome_models for name in model.design.columns))

    @property
    def cuts(self) -> dict[tuple[str, int], dict[str, float]]:
        """The least chance of each grade by outcome and horizon, for answers to single requests."""
        return {(model.outcome, model.horizon_months): dict(model.cuts) for model in self.outcome_models}

    def score(self, frame: pd.DataFrame, top_reasons: int = TOP_REASONS) -> pd.DataFrame:
        """One row for each officer, outcome and horizon, officer by officer.

        Columns: officer_id, outcome, horizon_months, status, probability, low, high, unsure, reasons, strengths,
        merits, because (each JSON), facets (log-odds by facet, as FACETS stands, then those of the figures that may be
        told), baseline (log-odds), finding_days; `merits` are facts of
        the record that speak for the officer, `finding_days` count since the last sustained complaint was opened (NaN
        for none).
        Officers with too short a history are `not_scored`; theirs is never a low risk.
        """
        x = self._matrices(frame)
        asked = _Rows.of(frame, self.means, x, self._predicted(x))
        results = [self._one(model, asked, top_reasons) for model in self.outcome_models]
        # (officers, models) a column, flattened: one frame costs a request of one officer much less than one a model
        return pd.DataFrame({name: np.stack([one[name] for one in results], axis=1).ravel() for name in results[0]})

    def chances(self, frame: pd.DataFrame) -> dict[tuple[str, int], Numbers]:
        """Chances alone, (n,) by outcome and months ahead, as `score` gives them; NaN for who is not scored."""
        short, said = short_history(frame, policy().grades), self._predicted(self._matrices(frame))
        return {asked: np.where(short, np.nan, chance) for asked, (chance, _, _) in said.items()}

    def _matrices(self, frame: pd.DataFrame) -> dict[Asked, Matrix]:
        return {(one.outcome, one.horizon_months): one.design.matrix(frame) for one in self.outcome_models}

    def _predicted(self, x: Mapping[Asked, Matrix]) -> dict[Asked, Figures]:
        """(chance, low, high), each (n,), by outcome and months ahead; the same for whoever asks."""
        asked = ((one, (one.outcome, one.horizon_months)) for one in self.outcome_models)
        return rising({key: model.predict_interval(x[key]) for model, key in asked})

    def _one(self, model: OutcomeModel, asked: _Rows, top: int) -> dict[str, NDArray[Any]]:
        """The columns of one outcome and horizon, each (n,)."""
        key = model.outcome, model.horizon_months
        chance, low, high = asked.said[key]
        reasons, strengths, facets, baseline = self._told(model, asked, top)
        silent, because = asked.short.tolist(), json.dumps(SHORT_HISTORY, ensure_ascii=False)

        def unless_silent(some: Sequence[Any]) -> NDArray[np.object_]:
            return _objects([None if quiet else one for quiet, one in zip(silent, some, strict=True)])

        return {
            "officer_id": asked.frame["officer_id"].to_numpy(object),
            "outcome": np.full(len(silent), model.outcome, object),
            "horizon_months": np.full(len(silent), model.horizon_months),
            "status": _objects(["not_scored" if quiet else "scored" for quiet in silent]),
            "probability": np.where(asked.short, np.nan, chance),
            "low": np.where(asked.short, np.nan, low),
            "high": np.where(asked.short, np.nan, high),
            "unsure": model.sets.unsure(chance) & ~asked.short,
            "reasons": unless_silent(reasons),
            "strengths": unless_silent(strengths),
            "facets": unless_silent(facets),
            "baseline": np.where(asked.short, np.nan, baseline),
            "merits": unless_silent(asked.good),
            "finding_days": asked.found,
            "because": _objects([because if quiet else None for quiet in silent]),
        }

    def _told(self, model: OutcomeModel, asked: _Rows, top: int) -> tuple[list[str], list[str], list[Any], Numbers]:
        """Reasons and strengths as JSON, what each facet adds to the log-odds (in the order of FACETS), and the base.

        What lies above the usual (the mean of training) is a reason, what lies below it a strength.
        """
        rows = len(asked.frame)
        if not model.members or not rows:
            return ["[]"] * rows, ["[]"] * rows, [None] * rows, np.full(rows, np.nan)
        x = asked.x[model.outcome, model.horizon_months]
        sums = theme_sums(model.contributions(x), model.design.names)
        figures = np.where(quiet_facets(model.quiet), 0.0, sums.figures)  # of a unit too, what is quiet is not told
        parts = np.concatenate([sums.facets, figures], axis=1).astype(np.float32)
        return (
            *Told(self.means, model.quiet, model.codes_said).both_of(asked.record, sums, top),
            parts.tolist(),
            sums.base,
        )

    def to_parts(self) -> Parts:
        """Plain parts for `models.artifacts.save`."""
        parts = Parts(json=self._settings())
        for model in self.outcome_models:
            for name, member in model.members.items():
                of_member = member.to_parts(_part(model.outcome, model.horizon_months, name))
                parts.json.update(of_member.json)
                parts.arrays.update(of_member.arrays)
                parts.texts.update(of_member.texts)
        return parts

    @classmethod
    def from_parts(cls, parts: Parts) -> Self:
        """The same bundle from verified parts."""
        told = parts.json["risk"]
        return cls(
            outcome_models=tuple(_outcome_model(one, parts) for one in told["outcomes"]),
            service=told["service"],
            service_hash=told["service_hash"],
            means=told["means"],
            unit_rules={(one["outcome"], one["months"]): UnitRule.from_json(one["rule"]) for one in told["unit_rules"]},
        )

    def _settings(self) -> dict[str, Any]:
        return {
            "risk": {
                "service": self.service,
                "service_hash": self.service_hash,
                "means": dict(self.means),
                "unit_rules": [
                    {"outcome": outcome, "months": months, "rule": rule.to_json()}
                    for (outcome, months), rule in self.unit_rules.items()
                ],
                "outcomes": [_outcome_json(model) for model in self.outcome_models],
            }
        }


@dataclass(frozen=True)
class _Rows:
    """Rows of features, and what is known of them before any outcome: who is not scored, merits, findings, chances."""

    frame: pd.DataFrame
    means: Mapping[str, float]
    short: NDArray[np.bool_]
    good: list[str | None]
    found: Numbers
    x: Mapping[Asked, Matrix]
    said: Mapping[Asked, Figures]

    @classmethod
    def of(
        cls, frame: pd.DataFrame, means: Mapping[str, float], x: Mapping[Asked, Matrix], said: Mapping[Asked, Figures]
    ) -> Self:
        """Of a feature frame; `means` are of the force."""
        return cls(frame, means, short_history(frame, policy().grades), merits(frame), finding_days(frame), x, said)

    @cached_property
    def record(self) -> Record:
        """What the sentences know of these rows, the same for every outcome."""
        return Record.of(self.frame, self.means)


def _objects(some: Sequence[Any]) -> NDArray[np.object_]:
    """A column (n,) of whatever things, lists too."""
    return np.fromiter(some, dtype=object, count=len(some))


def with_cuts(bundle: RiskBundle, force: pd.DataFrame) -> RiskBundle:
    """The bundle with grade cut-offs from the chances of a whole force (a feature frame), and its means."""
    models, chances = [], bundle.chances(force)
    for model in bundle.outcome_models:
        chance = chances[model.outcome, model.horizon_months]
        cuts, best = cut_offs(chance, policy().grades), best_below(chance, policy().grades.unit.commend_share)
        models.append(replace(model, cuts=cuts, commend_below=best))
    shown = FORCE_MEANS & set(force.columns)
    known = {name: float(force[name].mean()) for name in sorted(shown) if force[name].notna().any()}
    return replace(bundle, outcome_models=tuple(models), means=known)


def _part(outcome: str, horizon_months: int, member: str) -> str:
    return f"{outcome}-{horizon_months}m-{member}"


def _outcome_json(model: OutcomeModel) -> dict[str, Any]:
    return {
        "outcome": model.outcome,
        "horizon_months": model.horizon_months,
        "design": model.design.to_json(),
        "weights": dict(model.weights),
        "platt": {"slope": model.platt.slope, "shift": model.platt.shift},
        "reliability": model.reliability.to_json(),
        "cuts": dict(model.cuts),
        "rate": model.rate,
        "silent": list(model.silent),
        "commend_below": model.commend_below,
        "sets": model.sets.to_json(),
        "code_rates": codes_json(model.codes),
        "members": list(model.members),
    }


def _outcome_model(told: Mapping[str, Any], parts: Parts) -> OutcomeModel:
    outcome, horizon = told["outcome"], int(told["horizon_months"])
    members = {name: _member(_part(outcome, horizon, name), parts) for name in told["members"]}
    return OutcomeModel(
        outcome,
        horizon,
        Design.from_json(told["design"]),
        members,
        told["weights"],
        Platt(**told["platt"]),
        Reliability.from_json(told["reliability"]),
        told["cuts"],
        float(told["rate"]),
        tuple(told["silent"]),
        float(told["commend_below"]),
        Conformal(**told["sets"]),
        codes_of_json(told.get("code_rates", {})),  # an earlier version's `codes` have no figures: it tells none
    )


def _member(name: str, parts: Parts) -> ExplainedModel:
    return KINDS[parts.json[name]["kind"]].from_parts(parts, name)
