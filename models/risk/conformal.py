"""When a model cannot tell: split-conformal sets, with the promise kept for each label by itself.

A set holds "comes" unless the chance is lower than nearly all officers had to whom it came, and "does not come"
unless it is higher than nearly all others had, both seen on a later year (label-conditional, Mondrian: Vovk 2003).
An officer with both in the set is `unsure`. Rare events would be left out of nearly every set if the promise held
only on average. How much is promised is the department's to say (policy/grades.toml): the less foreseeable an outcome
is, the more officers a high promise leaves unsure (record 0017).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from models.base import Numbers

FIRST_PROMISE = 0.9  # of models from before it was policy


@dataclass(frozen=True)
class Conformal:
    """ "comes" is in the set from chance `comes` on, "does not come" up to chance `stays`; by default always both.

    >>> Conformal(0.2, 0.4).unsure(np.array([0.1, 0.3, 0.5])).tolist()
    [False, True, False]
    """

    comes: float = 0.0
    stays: float = 1.0
    promise: float = FIRST_PROMISE

    @classmethod
    def fit(cls, chances: Numbers, y: Numbers, promise: float = FIRST_PROMISE) -> Self:
        """From chances (n,) and what came (n,) in [0, 1] in a year not learned from.

        With fewer than `promise / (1 - promise)` officers of a label nothing can be promised, and it is in every set.
        """
        return cls(_floor(chances, y, promise), -_floor(-chances, 1.0 - y, promise, nothing=-1.0), promise)

    def holds(self, chances: Numbers) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Whether each set holds "comes" and "does not come", (n,) each."""
        return chances >= self.comes, chances <= self.stays

    def unsure(self, chances: Numbers) -> NDArray[np.bool_]:
        """Whether both are in the set, (n,)."""
        comes, stays = self.holds(chances)
        return comes & stays

    def coverage(self, chances: Numbers, y: Numbers) -> dict[str, float]:
        """How often the set held what came, for those to whom it came and the others; and how many were unsure."""
        comes, stays = self.holds(chances)
        return {
            "promise": self.promise,
            "held_when_it_came": _share(comes, y),
            "held_when_it_did_not": _share(stays, 1.0 - y),
            "unsure": float(self.unsure(chances).mean()) if len(chances) else float("nan"),
        }

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {"comes": self.comes, "stays": self.stays, "promise": self.promise}


def _floor(values: Numbers, weight: Numbers, promise: float, nothing: float = 0.0) -> float:
    """The value that all but a share of 1 - `promise` of the weight lie at or above, one officer more for the next."""
    order = np.argsort(values, kind="stable")
    below = np.cumsum(weight[order])
    total = below[-1] if len(below) else 0.0
    allowed = (1.0 - promise) * (total + 1.0) - 1.0
    if allowed < 0.0:
        return nothing
    return float(values[order[np.searchsorted(below, allowed, side="right")]])


def _share(held: NDArray[np.bool_], weight: Numbers) -> float:
    return float(np.average(held, weights=weight)) if weight.sum() > 0 else float("nan")
