"""How often each place of a list is looked at, apart from what stands there.

A place is looked at 1 / place ** fall as often as the first (Joachims, Swaminathan and Schnabel 2017). The fall is
estimated from the slice that chance filled, where every item of a pool was as likely at each place (rows weigh the
inverse of their propensity); where that says less than is usually known, from items that stood at several places: only
openings of the same item are compared. A usual fall is the prior of both. Rankings put an item higher for those who
like it, so the second way sees too steep a fall; the slice does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.feedback_rules import LearningPolicy
from models.base import Numbers

STEPS = 60
STEEPEST = 5.0
OWN_WORTH = 25.0  # openings with which a place's own rate weighs as much as the curve through all


@dataclass(frozen=True)
class Examination:
    """`chance` (places,): how often each place is looked at, the first place 1; `fall` with its 95 % interval.

    `how`: from the slice, from items at several places, or only the usual. `own` (places,): what the slice by itself
    says of each place against the curve, NaN where it says nothing.
    """

    chance: Numbers
    fall: float
    low: float
    high: float
    how: Literal["slice", "items", "usual"]
    own: Numbers

    def at(self, positions: NDArray[np.integer]) -> Numbers:
        """The chances of places (n,), 1 is first; below the last known place the curve goes on."""
        known = np.minimum(positions, len(self.chance))
        return np.asarray(self.chance[known - 1] * (known / positions) ** self.fall, dtype=np.float64)


@dataclass(frozen=True)
class Counts:
    """Looked at and shown by group and place, each (cells,); only places of the same group are compared."""

    group: NDArray[np.intp]
    place: Numbers
    noticed: Numbers
    shown: Numbers

    @classmethod
    def of(cls, rows: pd.DataFrame, by: list[str], weight: Numbers) -> Counts:
        """Sums over rows; `weight` (n,) is scaled to the number of rows that it is worth (Kish 1965)."""
        scaled = weight * (weight.sum() / (weight**2).sum()) if len(weight) else weight
        sums = pd.DataFrame({"noticed": rows["noticed"].to_numpy(float) * scaled, "shown": scaled}, index=rows.index)
        cells = pd.concat([rows[[*by, "position"]], sums], axis=1).groupby([*by, "position"], sort=True).sum()
        group = np.asarray(cells.groupby(by, sort=True).ngroup(), dtype=np.intp)
        place = cells.index.get_level_values("position").to_numpy(float)
        return cls(group, place, cells["noticed"].to_numpy(float), cells["shown"].to_numpy(float))

    def expected(self, fall: float) -> Numbers:
        """How often each cell would be noticed, given how often its group was."""
        looked = self.shown * self.place**-fall
        return np.asarray(looked * (self._total(self.noticed) / self._total(looked)))

    def slope(self, fall: float) -> tuple[float, float]:
        """How the log likelihood changes with the fall, and the information about it."""
        expected, log_place = self.expected(fall), np.log(self.place)
        total = np.maximum(self._total(expected), 1e-300)
        mean = self._total(expected * log_place) / total
        return float(-((self.noticed - expected) * log_place).sum()), float((expected * (log_place - mean) ** 2).sum())

    def _total(self, values: Numbers) -> Numbers:
        """The sum of each cell's group, (cells,)."""
        return np.asarray(np.bincount(self.group, values, int(self.group.max(initial=-1)) + 1)[self.group])


def examination(rows: pd.DataFrame, policy: LearningPolicy) -> Examination:
    """Places as they are looked at, from joined rows (`feedback_data.joined`)."""
    by_chance = rows[rows["propensity"] < 1]
    weight = 1 / np.maximum(by_chance["propensity"].to_numpy(float), policy.least_propensity)
    drawn = Counts.of(by_chance, ["item_kind", "length"], weight)
    usual = policy.usual_fall_error**-2
    enough = len(rows) >= policy.least_shown
    places = int(rows["position"].max()) if len(rows) else 1
    if enough and drawn.slope(policy.usual_fall)[1] >= usual:
        return _found(drawn, places, policy, "slice")
    items = Counts.of(rows, ["item_kind", "item"], np.ones(len(rows)))
    if enough and items.slope(policy.usual_fall)[1] > 0:
        return _found(items, places, policy, "items")
    nothing = Counts.of(rows.iloc[:0], ["item_kind", "item"], np.ones(0))
    return _found(nothing, places, policy, "usual")


def _found(counts: Counts, places: int, policy: LearningPolicy, how: Literal["slice", "items", "usual"]) -> Examination:
    """The fall where likelihood and prior are highest, by Newton's steps."""
    fall, usual = policy.usual_fall, policy.usual_fall_error**-2
    for _ in range(STEPS):
        slope, information = counts.slope(fall)
        step = (slope - (fall - policy.usual_fall) * usual) / (information + usual)
        fall = float(np.clip(fall + np.clip(step, -0.5, 0.5), 0.0, STEEPEST))
    error = 1.96 / np.sqrt(counts.slope(fall)[1] + usual)
    curve = np.arange(1, places + 1, dtype=float) ** -fall
    own = _own(counts, fall, places) if how == "slice" else np.full(places, np.nan)
    known = ~np.isnan(own)
    chance = np.where(known, curve * np.where(known, own, 1.0), curve)
    return Examination(chance, fall, fall - error, fall + error, how, own)


def _own(counts: Counts, fall: float, places: int) -> Numbers:
    """Noticed over expected of each place, pulled to 1 where there is little."""
    where = counts.place.astype(np.intp) - 1
    seen = np.bincount(where, counts.noticed, places)
    expected = np.bincount(where, counts.expected(fall), places)
    there = np.bincount(where, minlength=places) > 0
    return np.where(there, (seen + OWN_WORTH) / (expected + OWN_WORTH), np.nan)
