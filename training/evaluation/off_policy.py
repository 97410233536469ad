"""What another ranking would have been worth, from answers that were given by chance with a known propensity.

The worth of an answer is the sum of what came of its items. With w = (chance that the other ranking puts this item at
this place) / (chance that it was put there), over answers:

- *ips*: mean of the sum of w x reward; unbiased where everything that the other ranking shows could have been shown.
- *snips*: the same, at each place divided by the mean of w there; steadier, with a bias that vanishes.
- *dr* (doubly robust): what a model says of the other ranking, plus w x (reward - what the model says of the row);
  unbiased as ips is, and the steadier the better the model.

Items at places, not whole lists, are weighed (Li et al. 2018, the item-position model); self-normalised: Swaminathan
and Joachims 2015; doubly robust: Dudik, Langford and Li 2011. Intervals are 95 %, by drawing officers. Where too little
was left to chance the answer is a refusal with its reason, never a number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from data_contracts.feedback_rules import LearningPolicy
from models.base import Numbers
from training.evaluation.bootstrap import DRAWS, SEED, OfficerDraws

Shaped = NDArray[np.float64]  # (answers, places)


@dataclass(frozen=True)
class LoggedRows:
    """Items shown. Of rows (n,): `answer` numbers them from 0, `position` is 1 for the first place, `propensity` the
    chance that the item stood there, `target` the chance that the other ranking puts it there, `modelled` what a model
    expects of it there. Of answers (a,): `officers`, and `target_modelled`, what the model expects of the other
    ranking's whole list.
    """

    officers: Sequence[str]
    answer: NDArray[np.intp]
    position: NDArray[np.intp]
    reward: Numbers
    propensity: Numbers
    target: Numbers
    modelled: Numbers
    target_modelled: Numbers

    def shaped(self, values: Numbers) -> Shaped:
        """Values of rows by answer and place, 0 where an answer is shorter."""
        table = np.zeros((len(self.officers), int(self.position.max(initial=0))))
        table[self.answer, self.position - 1] = values
        return table


@dataclass(frozen=True)
class Estimate:
    """A worth for each answer with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class OffPolicy:
    """What can be said: `estimates` by name (ips, snips, dr), or why not (`refused`).

    `effective` is the effective number of answers at the place where it is least, (sum w)^2 / sum w^2; `support` the
    share of what the other ranking shows there that the log could have shown.
    """

    answers: int
    effective: float
    support: float
    estimates: dict[str, Estimate] = field(default_factory=dict)
    refused: str | None = None


def off_policy(rows: LoggedRows, policy: LearningPolicy, draws: int = DRAWS, seed: int = SEED) -> OffPolicy:
    """The worth of the other ranking for each answer; refused where policy asks for more than was left to chance."""
    if not len(rows.answer):
        return OffPolicy(0, 0.0, 0.0, refused="nothing was shown yet")
    weight = rows.target / np.maximum(rows.propensity, policy.least_propensity)
    weights, there = rows.shaped(weight), rows.shaped(np.ones(len(weight)))
    effective, support, support_high = _overlap(weights, there)
    refused = _too_little(effective, support_high, policy)
    if refused is not None:
        return OffPolicy(len(rows.officers), effective, support, refused=refused)
    tables = _Tables(
        weights, there, rows.shaped(weight * rows.reward), rows.target_modelled,
        rows.shaped(weight * (rows.reward - rows.modelled)).sum(axis=1),
    )  # fmt: skip
    exact = tables.worths(np.ones((1, len(rows.officers)), dtype=np.int32))
    drawn = OfficerDraws(list(rows.officers), draws, seed).each(tables.worths)
    ends = {name: np.nanquantile(values, [0.025, 0.975]) for name, values in drawn.items()}
    found = {name: Estimate(float(exact[name][0]), float(ends[name][0]), float(ends[name][1])) for name in exact}
    return OffPolicy(len(rows.officers), effective, support, found)


@dataclass(frozen=True)
class _Tables:
    """By answer and place: weights, whether there is an item, w x reward; by answer: the two parts of dr."""

    weights: Shaped
    there: Shaped
    gained: Shaped
    target_modelled: Numbers
    corrected: Numbers

    def worths(self, times: NDArray[np.int32]) -> dict[str, Numbers]:
        """Each estimate for each draw, (draws,); `times` (draws, answers) says how often each answer is in."""
        drawn = times.astype(np.float64)
        total = drawn.sum(axis=1)
        gained, weights, there = drawn @ self.gained, drawn @ self.weights, drawn @ self.there
        with np.errstate(invalid="ignore", divide="ignore"):
            each = np.where(there > 0, gained / weights * there, 0.0)  # a place that no weight fell on gives NaN
        return {
            "ips": gained.sum(axis=1) / total,
            "snips": each.sum(axis=1) / total,
            "dr": (drawn @ (self.target_modelled + self.corrected)) / total,
        }


def _overlap(weights: Shaped, there: Shaped) -> tuple[float, float, float]:
    """At the place where each is least: effective number, support, and the three standard errors above it.

    Weights average 1 where all that the other ranking shows could have been shown, and the missing share less.
    """
    number, total, squares = there.sum(axis=0), weights.sum(axis=0), (weights**2).sum(axis=0)
    effective = np.divide(total**2, squares, out=np.zeros_like(total), where=squares > 0)
    mean = total / number
    error = 3.0 * np.sqrt(np.maximum(squares / number - mean**2, 0.0) / number)
    worst = int(np.argmin(mean + error))
    return float(effective.min()), min(1.0, float(mean[worst])), float(mean[worst] + error[worst])


def _too_little(effective: float, support_high: float, policy: LearningPolicy) -> str | None:
    if support_high < policy.least_support:
        return (
            f"the log could have shown at most {support_high:.0%} of what this ranking shows at one of its places, "
            f"policy asks for {policy.least_support:.0%}; explore more places or deeper"
        )
    if effective < policy.least_effective:
        return (
            f"{effective:.0f} effective answers at one of its places, policy asks for {policy.least_effective}; "
            "explore more answers or wait"
        )
    return None
