"""What came of a night that is old enough, against what training had promised."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from scipy.stats import norm

from data_contracts.watching import WatchPolicy
from experiments.drift.findings import Finding, factor
from models.base import Numbers
from training.evaluation.bootstrap import OfficerDraws, weighted_average_precision
from training.evaluation.drift import calibration_of_chance, each_of
from training.risk.reference import Came

DRAWS = 200  # of officers, for how sure an average precision is


@dataclass(frozen=True)
class Outcome:
    """One outcome and horizon with what came of one night, for people and pictures; arrays (n,)."""

    as_of: date
    source: str
    officers: list[str]
    y: Numbers
    chances: Numbers


def outcome_findings(
    key: str, then: Came | None, now: Came, seen: Outcome, rules: WatchPolicy, tests: int
) -> list[Finding]:
    """What came of one night: mean predicted over observed, calibration, and the precision that is left."""
    error, limits = each_of(rules.sureness.error_share, tests), rules.outcomes
    times = factor(now.predicted, now.observed)
    noise = float(np.sqrt(np.sum(seen.chances * (1 - seen.chances))))
    sure = abs(seen.chances.sum() - seen.y.sum()) > norm.isf(error / 2) * noise
    ratio = Finding("outcomes", key, "predicted_over_observed", then.ratio if then else np.nan, now.ratio, times)
    error_found = Finding("outcomes", key, "ece", then.ece if then else np.nan, now.ece, now.ece)
    beyond = now.ece > max(calibration_of_chance(seen.chances, error), then.ece if then else 0.0)
    found = [
        ratio.judged(limits.predicted_over_observed.level(times), bool(sure)),
        error_found.judged(limits.ece.level(now.ece), beyond),
    ]
    return found if then is None else [*found, _precision(key, then, now, seen, rules, error)]


def _precision(key: str, then: Came, now: Came, seen: Outcome, rules: WatchPolicy, error: float) -> Finding:
    """The share of average precision over base rate that is lost; over the rate, since a rarer outcome is harder."""
    lifts = [came.average_precision / came.observed if came.observed > 0 else np.nan for came in (then, now)]
    lost = 1.0 - lifts[1] / lifts[0]
    whole = (seen.y >= 0.5).astype(np.float64)
    drawn = OfficerDraws(seen.officers, draws=DRAWS).each(
        lambda times: {"ap": weighted_average_precision(whole, seen.chances, times)}
    )["ap"]
    relative = float(np.nanstd(drawn) / np.nanmean(drawn)) if np.isfinite(drawn).any() else np.inf
    noise = relative * float(np.sqrt(1.0 + now.rows / max(1, then.rows)))
    found = Finding("outcomes", key, "precision_drop", then.average_precision, now.average_precision, float(lost))
    return found.judged(rules.outcomes.precision_drop.level(lost), lost > norm.isf(error) * noise)
