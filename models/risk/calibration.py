"""From a score to a chance that means what it says, learned on later data than the score was; and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from models.base import Numbers

NEARLY = 1e-6
WEAK = 10.0  # rows' worth of belief that a score is right as it is
STEPS = 50
Z95 = 1.96


def log_odds(chances: Numbers) -> Numbers:
    """Finite log-odds of chances, 0 and 1 taken as nearly so.

    >>> log_odds(np.array([0.5])).tolist()
    [0.0]
    """
    result: Numbers = logit(np.clip(chances, NEARLY, 1 - NEARLY))
    return result


@dataclass(frozen=True)
class Platt:
    """chance = expit(slope * log-odds + shift) (Platt 1999), for labels that may be chances themselves.

    >>> Platt().apply(np.array([0.0])).tolist()
    [0.5]
    """

    slope: float = 1.0
    shift: float = 0.0

    @classmethod
    def fit(cls, scores: Numbers, y: Numbers) -> Self:
        """Newton steps towards the most likely slope and shift, with a weak pull to leave the score alone.

        `scores` are log-odds (n,), `y` (n,) in [0, 1]. The slope stays within 0.25 to 2: a holdout that would
        turn the ranking round says that the holdout is odd, not the model.
        """
        theta, wanted = np.array([1.0, 0.0]), np.array([1.0, 0.0])
        z = np.column_stack([scores, np.ones(len(scores))])
        pull = np.array([WEAK, 0.1])
        for _ in range(STEPS):
            chance = expit(z @ theta)
            slope = z.T @ (chance - y) + pull * (theta - wanted)
            curve = (z * (chance * (1 - chance))[:, None]).T @ z + np.diag(pull)
            step = np.linalg.solve(curve, slope)
            theta = theta - np.clip(step, -2.0, 2.0)
            if np.abs(step).max() < 1e-8:
                break
        return cls._within(theta, z, y)

    @classmethod
    def _within(cls, theta: Numbers, z: Numbers, y: Numbers) -> Self:
        slope = float(np.clip(theta[0], 0.25, 2.0))
        if slope == theta[0]:
            return cls(slope, float(theta[1]))
        return cls(slope, matching_shift(slope * z[:, 0], float(y.mean())))

    def apply(self, scores: Numbers) -> Numbers:
        """Chances (n,) of log-odds (n,)."""
        chances: Numbers = expit(self.slope * scores + self.shift)
        return chances


def matching_shift(scores: Numbers, rate: float) -> float:
    """What to add to log-odds so that their mean chance is `rate`.

    >>> round(matching_shift(np.zeros(4), 0.25), 3)
    -1.099
    """
    target = float(np.clip(rate, NEARLY, 1 - NEARLY))
    low, high = -30.0, 30.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if float(expit(scores + middle).mean()) < target else (low, middle)
    return (low + high) / 2


@dataclass(frozen=True)
class Reliability:
    """How far what was seen lay from what was said, by height of the chance, on held-out later data.

    `chance` (b,) are the mean chances of equal-count bins, ascending; `width` (b,) the half-width of the 95 %
    interval in log-odds: the noise of the bin and its error, together.
    """

    chance: NDArray[np.float64] = field(default_factory=lambda: np.array([0.5]))
    width: NDArray[np.float64] = field(default_factory=lambda: np.array([1.0]))

    @classmethod
    def fit(cls, chances: Numbers, y: Numbers, bins: int = 20) -> Self:
        """From chances (n,) and what came (n,); bins of at least 50 rows."""
        count = max(1, min(bins, len(y) // 50))
        groups = np.array_split(np.argsort(chances, kind="stable"), count)
        said = np.array([chances[group].mean() for group in groups])
        seen = np.array([(y[group].sum() + 0.5) / (len(group) + 1.0) for group in groups])
        size = np.array([len(group) for group in groups])
        noise = Z95 / np.sqrt(np.maximum(size * seen * (1 - seen), 0.25))
        return cls(said, np.hypot(noise, log_odds(seen) - log_odds(said)))

    def interval(self, chances: Numbers, disagreement: Numbers) -> tuple[Numbers, Numbers]:
        """Low and high (n,); `disagreement` is the members' standard deviation in log-odds."""
        half = np.hypot(np.interp(chances, self.chance, self.width), Z95 * disagreement)
        centre = log_odds(chances)
        return np.minimum(expit(centre - half), chances), np.maximum(expit(centre + half), chances)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {"chance": self.chance.tolist(), "width": self.width.tolist()}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """From `to_json`."""
        return cls(np.asarray(value["chance"], np.float64), np.asarray(value["width"], np.float64))
