"""Fit `pharos` for one outcome: trees and a logistic model on soft labels, blended and calibrated on later data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.base import ExplainedModel, Numbers
from models.boosting import Boosted
from models.calibration import Platt, Reliability, log_odds
from models.logistic import SoftLogistic
from models.risk import OutcomeModel
from training.dataset import Lesson
from training.evaluation.risk_metrics import soft_average_precision
from training.leaks import refuse_leaks
from training.splits import inner_split

BLENDS: tuple[Mapping[str, float], ...] = (
    {"boosted": 0.5, "logistic": 0.5},
    {"boosted": 0.75, "logistic": 0.25},
    {"boosted": 1.0, "logistic": 0.0},
)
MARGIN = 0.001  # another blend than the first must be better by this much on the held-out year


@dataclass(frozen=True)
class FitSettings:
    """How `pharos` is fitted; the defaults were chosen on Chicago as-ofs up to 2012."""

    boosted: Mapping[str, Any] = field(default_factory=dict)
    penalty: float = 300.0
    least_positives: float = 20.0
    seed: int = 0


@dataclass(frozen=True)
class Judged:
    """What the year held out said: scores of each member there, and what came, as known at the test."""

    scores: Mapping[str, Numbers]
    answers: Numbers

    def blended(self, weights: Mapping[str, float]) -> Numbers:
        """Log-odds (n,) of a blend."""
        blended: Numbers = np.sum([weight * self.scores[name] for name, weight in weights.items()], axis=0)
        return blended

    def quality(self, weights: Mapping[str, float]) -> float:
        """Average precision on labels that may be chances."""
        return soft_average_precision(self.answers, self.blended(weights))


def fit_outcome(lesson: Lesson, settings: FitSettings | None = None) -> OutcomeModel:
    """The calibrated blend of a lesson.

    Where all had the same end, everybody gets the rate seen. Without an earlier year to hold out, the first blend
    is taken as it comes.
    """
    chosen = settings or FitSettings()
    everything = np.ones(len(lesson.x), dtype=bool)
    y = lesson.answers(everything, lesson.split.test)
    if _rarer(y) < 1.0:
        return OutcomeModel(lesson.outcome, lesson.split.horizon_months, lesson.design, {}, {}, rate=float(y.mean()))
    refuse_leaks(lesson.x, y, lesson.design.names)
    members = _fitted(lesson, everything, y, chosen)
    judged = _held_out(lesson, chosen)
    if judged is None:
        return _calibrated(lesson, members, BLENDS[0], Judged(_scores(lesson, everything, members), y), Platt())
    weights = best_blend(judged)
    return _calibrated(lesson, members, weights, judged, Platt.fit(judged.blended(weights), judged.answers))


def validation_score(lesson: Lesson, settings: FitSettings) -> float | None:
    """Average precision of the best blend on the year held out; None when there is too little to judge by."""
    judged = _held_out(lesson, settings)
    return None if judged is None else judged.quality(best_blend(judged))


def best_blend(judged: Judged) -> Mapping[str, float]:
    """The first blend, unless another is clearly better on the year held out."""
    first, *others = BLENDS
    best = max(others, key=judged.quality)
    return best if judged.quality(best) > judged.quality(first) + MARGIN else first


def _calibrated(
    lesson: Lesson, members: Mapping[str, ExplainedModel], weights: Mapping[str, float], judged: Judged, platt: Platt
) -> OutcomeModel:
    """How sure is learned before the drift is added: the year held out knows nothing of it."""
    reliability = Reliability.fit(platt.apply(judged.blended(weights)), judged.answers)
    moved = Platt(platt.slope, platt.shift + lesson.shift)
    horizon, design = lesson.split.horizon_months, lesson.design
    return OutcomeModel(lesson.outcome, horizon, design, members, dict(weights), moved, reliability)


def _held_out(lesson: Lesson, settings: FitSettings) -> Judged | None:
    """Fit one horizon earlier, with what was known then, and look at the last training as-of."""
    inner = inner_split(lesson.split)
    if inner is None:
        return None
    early, late = lesson.mask(inner.train), lesson.mask([inner.test])
    y_early, y_late = lesson.answers(early, inner.test), lesson.answers(late, lesson.split.test)
    if min(_rarer(y_early), _rarer(y_late)) < settings.least_positives:
        return None
    return Judged(_scores(lesson, late, _fitted(lesson, early, y_early, settings)), y_late)


def _rarer(y: Numbers) -> float:
    return float(min(y.sum(), len(y) - y.sum())) if len(y) else 0.0


def _fitted(lesson: Lesson, rows: NDArray[np.bool_], y: Numbers, settings: FitSettings) -> dict[str, ExplainedModel]:
    made: Mapping[str, Callable[[], ExplainedModel]] = {
        "boosted": lambda: Boosted(settings.boosted, settings.seed),
        "logistic": lambda: SoftLogistic(settings.penalty),
    }
    return {name: make().fit(lesson.x[rows], y, lesson.design.names) for name, make in made.items()}


def _scores(lesson: Lesson, rows: NDArray[np.bool_], members: Mapping[str, ExplainedModel]) -> dict[str, Numbers]:
    return {name: log_odds(member.predict(lesson.x[rows])) for name, member in members.items()}
