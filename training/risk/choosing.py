"""Which members serve, and with what weights: judged on years that came later, and the glass box wins ties.

One later year holds too few events to tell members apart, and then nearly everything is a tie; several rolling origins
are judged together, officers drawn whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from models.base import ExplainedModel, Matrix, Numbers
from training.evaluation.bootstrap import Difference, OfficerDraws, difference, weighted_precisions
from training.evaluation.risk_metrics import soft_average_precision

Weights = Mapping[str, float]
GLASS_BOX: Weights = {"glass_box": 1.0}
BLENDS: tuple[Weights, ...] = (
    {"boosted": 0.5, "logistic": 0.5},
    {"boosted": 0.75, "logistic": 0.25},
    {"boosted": 1.0},
    {"boosted": 0.4, "logistic": 0.3, "glass_box": 0.3},
    {"shallow": 1.0},
    {"shallow": 0.5, "glass_box": 0.5},
)
MARGIN = 0.001  # another blend than the first must be better by this much on the later years
DRAWS = 300


@dataclass(frozen=True)
class Asked:
    """What members were asked about: x (n, f) and the names of its columns (f,)."""

    x: Matrix
    names: tuple[str, ...]


@dataclass(frozen=True)
class HeldOut:
    """What one later year said, as known at the test: log-odds of each member (n,), what came (n,), whose row it is.

    `early` are the members that said it, fitted before, and `asked` what they were asked about (None: not kept).
    """

    scores: Mapping[str, Numbers]
    answers: Numbers
    officers: Sequence[str]
    early: Mapping[str, ExplainedModel] = field(default_factory=dict)
    asked: Asked | None = None

    def blended(self, weights: Weights) -> Numbers:
        """Log-odds (n,) of a blend."""
        blended: Numbers = np.sum([weight * self.scores[name] for name, weight in weights.items()], axis=0)
        return blended


@dataclass(frozen=True)
class Judged:
    """The later years together, oldest first; arrays (n,) hold them one under the other."""

    years: tuple[HeldOut, ...]

    @property
    def newest(self) -> HeldOut:
        """The last of them: calibration and doubt are of the present, so they are learned there."""
        return self.years[-1]

    @property
    def members(self) -> frozenset[str]:
        """Which members said something of every year."""
        return frozenset(self.newest.scores)

    @cached_property
    def answers(self) -> Numbers:
        """What came, (n,)."""
        return np.concatenate([year.answers for year in self.years])

    @property
    def officers(self) -> list[str]:
        """Whose row it is, (n,); the same officer may stand in several years."""
        return [officer for year in self.years for officer in year.officers]

    def blended(self, weights: Weights) -> Numbers:
        """Log-odds (n,) of a blend."""
        return np.concatenate([year.blended(weights) for year in self.years])

    def quality(self, weights: Weights) -> float:
        """Average precision on labels that may be chances."""
        return soft_average_precision(self.answers, self.blended(weights))


@dataclass(frozen=True)
class Chosen:
    """The weights that serve, the best blend beside it, and how far that blend was ahead of the glass box."""

    weights: Weights
    blend: Weights
    ahead: Difference


def best_blend(judged: Judged) -> Weights:
    """The first blend, unless another is clearly better on the later years; the glass box where it stands alone."""
    first, *others = [weights for weights in BLENDS if set(weights) <= judged.members] or [GLASS_BOX]
    best = max([first, *others], key=judged.quality)
    return best if judged.quality(best) > judged.quality(first) + MARGIN else first


def choose(judged: Judged, draws: int = DRAWS) -> Chosen:
    """The glass box, unless the best blend is ahead of it for sure: the interval over officers lies above zero."""
    blend = best_blend(judged)
    if not set(GLASS_BOX) <= judged.members:
        return Chosen(blend, blend, Difference(0.0, 0.0, 0.0))
    ahead = _ahead(judged, blend, draws)
    return Chosen(blend if ahead.low > 0 else GLASS_BOX, blend, ahead)


def _ahead(judged: Judged, blend: Weights, draws: int) -> Difference:
    scores = {"blend": judged.blended(blend), "glass_box": judged.blended(GLASS_BOX)}
    exact = [soft_average_precision(judged.answers, score) for score in scores.values()]
    times = OfficerDraws(judged.officers, draws=draws)
    drawn = times.each(lambda block: weighted_precisions(judged.answers, scores, block))
    return difference((exact[0], exact[1]), (drawn["blend"], drawn["glass_box"]))
