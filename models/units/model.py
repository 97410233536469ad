"""Units and blocks: what share of their officers to expect with an outcome, how sure, and how that has moved.

Every officer's chance is moved by a shift of log-odds that is the unit's own: what the unit has shown beyond its
officers' chances, pooled over the tree, so that a small unit shows what its parent shows. The share of a unit is the
mean of its officers' moved chances, pooled once more: the chances of six officers tell little of their unit, and what
they tell must not rest on one of them. A block's is the mean over everybody under it, so shares add up the tree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, expit, ndtr  # their laws in scipy.stats give the same, and import for a second

from models.base import Numbers
from models.risk.calibration import log_odds, matching_shift
from models.units.tree import Places, Pooled, Spread, UnitTree, pool

DOUBT = 0.25  # log-odds that units lie about what is expected, where training could not tell
LEVEL = 0.2  # log-odds that the whole force lies about what is expected, likewise
BELIEF = 0.1  # of the force's rate, added to both sides of a ratio: a rate of nought has a logarithm
Z95 = 1.96
LEAST = 1e-6


@dataclass(frozen=True)
class UnitRule:
    """What earlier years taught of one outcome; all in log-odds.

    `past` weighs the logarithm of a unit's pooled share of the last period over the force's; `doubt` is the standard
    deviation of units about what was expected, `level` that of the whole force; `open_chance` is the chance that a
    complaint still open counts in the end.
    """

    past: float = 0.0
    doubt: float = DOUBT
    level: float = LEVEL
    open_chance: float = 0.0

    def to_json(self) -> dict[str, float]:
        """Plain JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """From `to_json`."""
        return cls(**{name: float(number) for name, number in value.items()})


@dataclass(frozen=True)
class Roster:
    """Officers of one day and outcome: their unit's place in the tree, their chance, and whether (or with what
    chance) they had the outcome in the last period; each (n,). `past` is None where that cannot be known."""

    tree: UnitTree
    where: Places
    chance: Numbers
    past: Numbers | None = None

    @property
    def officers(self) -> Numbers:
        """Officers of each unit itself, (units,)."""
        return self.tree.own(self.where, np.ones(len(self.where)))

    def pooled_past(self) -> Pooled | None:
        """The last period's shares, pooled; None where they are not known or nobody had the outcome."""
        if self.past is None or not self.past.sum() > 0:
            return None
        return pool(self.tree, self.tree.own(self.where, self.past), self.officers)


def signal(roster: Roster) -> Numbers:
    """What `UnitRule.past` weighs, (units,); noughts where the last period is not known."""
    pooled = roster.pooled_past()
    if pooled is None:
        return np.zeros(len(roster.tree.units))
    usual = float(np.average(pooled.mean, weights=roster.officers))
    ratio: Numbers = np.log((np.maximum(pooled.mean, 0.0) + BELIEF * usual) / ((1.0 + BELIEF) * usual))
    return ratio


def moved_chances(roster: Roster, rule: UnitRule) -> Numbers:
    """The officers' chances (n,) with their unit's shift; their sum over the force stays what it was."""
    scores = log_odds(roster.chance) + rule.past * signal(roster)[roster.where]
    moved: Numbers = expit(scores + matching_shift(scores, float(roster.chance.mean())))
    return moved


@dataclass(frozen=True)
class Expected:
    """Shares to expect of one scope, (units,): NaN without officers.

    `low` and `high` hold the share that will be seen in 95 of 100 (doubt about unit and force, and chance together);
    `variance` is that of the expectation at a given level of the force, pooling included. `weight` is by how much the
    share follows when the mean chance of the officers themselves moves; it is 1 for the whole force. `own_part` is how
    much of the share rests on them: the weight, or less where their own chances are so low that what the units above
    lend makes most of the share. `alike` tells that units differ no more than their officers do, so that pooling leaves
    next to nothing of their differences.
    """

    officers: Numbers
    share: Numbers
    low: Numbers
    high: Numbers
    variance: Numbers
    weight: Numbers
    own_part: Numbers
    alike: bool


def expected(roster: Roster, moved: Numbers, rule: UnitRule) -> dict[str, Expected]:
    """Expected shares by scope, pooled: a unit's mean chance leans on its parent's by how few its officers are and how
    unlike each other; the sum over the force stays what it was. The doubts of different units are taken to be
    independent, the level is everybody's."""
    tree, officers = roster.tree, roster.officers
    raw, luck = tree.own(roster.where, moved), tree.own(roster.where, moved * (1.0 - moved))
    pooled = pool(tree, raw, officers, Spread.of(tree, roster.where, moved))
    total = pooled.mean * officers
    total *= raw.sum() / total.sum()
    # of a sum: d(sum of chances) / d(shift) is the sum of chance * (1 - chance)
    doubt = (rule.doubt * luck) ** 2 + pooled.variance * officers**2
    own = (officers, total, raw, luck, doubt)
    sums = {"own": own, "block": tuple(tree.block(values) for values in own)}
    everybody = float(officers.sum())
    return {
        scope: _expected(some, rule.level, np.where(some[0] == everybody, 1.0, pooled.weight[scope]), pooled.alike)
        for scope, some in sums.items()
    }


def _expected(sums: tuple[Numbers, ...], level: float, weight: Numbers, alike: bool) -> Expected:
    officers, total, raw, luck, doubt = sums
    size = np.where(officers > 0, officers, np.nan)
    share = total / size
    low, high = beta_interval(share, (luck + doubt + (level * luck) ** 2) / size**2)
    low, high = np.floor(low * size) / size, np.ceil(high * size) / size  # what can be seen is a count of officers
    part = weight * np.minimum(np.divide(raw, total, out=np.ones_like(raw), where=total > 0), 1.0)
    return Expected(officers, share, low, high, doubt / size**2, weight, part, alike)


def beta_interval(mean: Numbers, variance: Numbers, middle: float = 0.95) -> tuple[Numbers, Numbers]:
    """The middle (95 %) of Beta distributions of these means and variances, (n,) each; NaN stays NaN.

    >>> low, high = beta_interval(np.array([0.1, 0.5]), np.array([0.0009, 0.0025]))
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.049, 0.402], [0.166, 0.598])
    """
    m = np.clip(mean, LEAST, 1.0 - LEAST)
    size = np.maximum(m * (1.0 - m) / np.maximum(variance, 1e-12) - 1.0, LEAST)
    tail = (1.0 - middle) / 2.0
    a, b = m * size, (1 - m) * size
    return betaincinv(a, b, tail), betaincinv(a, b, 1.0 - tail)


@dataclass(frozen=True)
class Change:
    """From the last period to the next, at today's level of the whole force; each (units,), NaN where unknown.

    `before` is the last share brought to the level expected of the force, so that findings still open and years
    that were milder everywhere move no unit. `low` and `high` are the 95 % interval of `change`, and `worse` is the
    chance that the unit truly rises.
    """

    before: Numbers
    change: Numbers
    low: Numbers
    high: Numbers
    worse: Numbers

    def direction(self) -> NDArray[np.object_]:
        """worsening or improving where the interval lies on one side of nought, else steady; None where nothing is
        known, (units,).

        >>> change, low = np.array([0.02, -0.02]), np.array([0.001, -0.05])
        >>> Change(change, change, low, np.array([0.04, 0.001]), np.array([0.98, 0.04])).direction().tolist()
        ['worsening', 'steady']
        """
        told = np.full(len(self.worse), "steady", dtype=object)
        told[self.low > 0], told[self.high < 0] = "worsening", "improving"
        told[np.isnan(self.worse)] = None
        return told


def changes(roster: Roster, after: Mapping[str, Expected]) -> dict[str, Change] | None:
    """By scope, against the pooled shares of the last period; None where those are not known."""
    pooled = roster.pooled_past()
    if pooled is None or roster.past is None:
        return None
    officers = roster.officers
    level = float(roster.chance.mean()) / float(roster.past.mean())
    total, doubt = pooled.mean * officers * level, pooled.variance * (officers * level) ** 2
    tree = roster.tree
    return {
        "own": _change(after["own"], total, doubt),
        "block": _change(after["block"], tree.block(total), tree.block(doubt)),
    }


def changes_since(after: Mapping[str, Expected], then: Mapping[str, Expected], level: float) -> dict[str, Change]:
    """By scope, against what was expected at an earlier day on the same tree; `level` is what the force's mean chance
    is now, over what it was then."""
    return {
        scope: _change(
            now, then[scope].share * level * now.officers, then[scope].variance * (level * now.officers) ** 2
        )
        for scope, now in after.items()
    }


def _change(after: Expected, total: Numbers, doubt: Numbers) -> Change:
    size = np.where(after.officers > 0, after.officers, np.nan)
    before = total / size
    spread = np.sqrt(np.maximum(after.variance + doubt / size**2, 1e-12))
    change = after.share - before
    return Change(before, change, change - Z95 * spread, change + Z95 * spread, ndtr(change / spread))
