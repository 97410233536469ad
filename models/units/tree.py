"""The unit tree as arrays, and partial pooling on it: a small unit leans on its parent, a large one stands alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from models.base import Numbers

Places = NDArray[np.intp]
ABOVE = -1  # the place of "no unit"
ALONE = 8.0  # officers; as many count half by themselves, more count more, whatever the units differ by
EVIDENCE = 1.353  # of log-likelihood; less is no difference at 5 % (half of it lies at the bound: Self and Liang 1987)
BETWEEN = np.geomspace(1e-3, 1.0, 19)  # shares of `Spread.whole` that units may differ by


@dataclass(frozen=True)
class UnitTree:
    """Units in an order in which every unit comes after its parent; `parent[k]` is a place, or -1 at the top.

    Several tops are several trees; pooling treats them as children of the force.
    """

    units: tuple[str, ...]
    parent: Places

    @classmethod
    def of(cls, units: Sequence[str], parents: Mapping[str, str]) -> Self:
        """All `units` and everything above them; a loop in the tree is cut where it closes.

        >>> tree = UnitTree.of(["b", "a"], {"a": "top", "b": "a"})
        >>> tree.units, tree.parent.tolist()
        (('top', 'a', 'b'), [-1, 0, 1])
        """
        above: dict[str, str | None] = {}
        for unit in sorted(set(units)):
            line = [unit]
            while line[-1] not in above and (parent := parents.get(line[-1])) is not None and parent not in line:
                line.append(parent)
            for place, name in enumerate(line):
                above.setdefault(name, line[place + 1] if place + 1 < len(line) else None)
        order = sorted(above, key=lambda name: (_depth(name, above), name))
        places = {name: place for place, name in enumerate(order)}
        tops = [ABOVE if (parent := above[name]) is None else places[parent] for name in order]
        return cls(tuple(order), np.array(tops, dtype=np.intp))

    def places(self, units: Sequence[str]) -> Places:
        """The place of each unit, (n,)."""
        known = {name: place for place, name in enumerate(self.units)}
        return np.array([known[name] for name in units], dtype=np.intp)

    def own(self, where: Places, values: Numbers) -> Numbers:
        """Sums of values (n,) over the officers of each unit itself, (units,)."""
        return np.bincount(where, weights=values, minlength=len(self.units)).astype(np.float64)

    def block(self, own: Numbers) -> Numbers:
        """Sums over each unit and everything under it, (units,)."""
        total = own.astype(np.float64).copy()
        for place in range(len(self.units) - 1, -1, -1):
            if self.parent[place] != ABOVE:
                total[self.parent[place]] += total[place]
        return total

    def line(self, place: int) -> list[int]:
        """The unit itself and everything above it."""
        found = [place]
        while self.parent[found[-1]] != ABOVE:
            found.append(int(self.parent[found[-1]]))
        return found


def _depth(name: str, above: Mapping[str, str | None]) -> int:
    depth = 0
    while (parent := above[name]) is not None:
        name, depth = parent, depth + 1
    return depth


@dataclass(frozen=True)
class Pooled:
    """Each unit's own rate after pooling and its variance, (units,); `between` is the variance of a unit about its
    parent that the data speak for most; `alike` tells that they speak for it hardly more than for next to none.

    `weight` (units,) is by how much the rates of a node follow when the mean of its own officers moves, by scope (own,
    block), between 0 (the others decide) and 1.
    """

    mean: Numbers
    variance: Numbers
    between: float
    alike: bool
    weight: Mapping[str, Numbers]


@dataclass(frozen=True)
class Spread:
    """Variances of one officer's value: about the unit's mean, and about the whole force's."""

    inside: float
    whole: float

    @classmethod
    def of(cls, tree: UnitTree, where: Places, values: Numbers) -> Self:
        """Of values (n,) of officers at `where`.

        >>> tree = UnitTree.of(["a", "b"], {})
        >>> Spread.of(tree, tree.places(["a", "a", "b", "b"]), np.array([0.0, 0.2, 0.4, 0.6]))
        Spread(inside=0.02, whole=0.05)
        """
        count = tree.own(where, np.ones(len(where)))
        means = tree.own(where, values) / np.maximum(count, 1.0)
        free = max(len(where) - int((count > 0).sum()), 1)
        inside = float(((values - means[where]) ** 2).sum()) / free
        return cls(round(inside, 15), round(max(float(values.var()), inside), 15))


def pool(tree: UnitTree, total: Numbers, count: Numbers, spread: Spread | None = None) -> Pooled:
    """Rates of each unit's own officers, partially pooled: rate(unit) ~ Normal(rate(parent), between).

    `total` (units,) sums of chances or counts of 0 and 1, `count` (units,) officers. What an officer adds to the
    variance is `spread.inside`, or rate * (1 - rate) over the force where no spread is given (counts). The posterior is
    exact for Gaussian noise (Pearl 1988, belief propagation: one pass up, one down), with the force's own rate above
    the tops; `between` is the most likely one of a grid (restricted likelihood, the force's rate left free).

    Counts are luck, chances are not: who has which is known, and a unit's officers are what it is. So with a `spread`
    units are let differ by at least as much as makes ALONE officers count half by themselves, be there a lasting
    difference between units or not (decision 0016).
    """
    rate = float(total.sum()) / max(float(count.sum()), 1.0)
    counted = rate * (1.0 - rate)
    noise, whole = (max(one, 1e-9) for one in ((counted, counted) if spread is None else (spread.inside, spread.whole)))
    seen = np.divide(total, count, out=np.zeros_like(total), where=count > 0)
    nothing = _Up.of(tree, seen, count / noise, whole * BETWEEN[0])
    least = BETWEEN[0] * whole if spread is None else max(BETWEEN[0] * whole, noise / ALONE)
    ups = [_Up.of(tree, seen, count / noise, max(whole * share, least)) for share in BETWEEN]
    up = max(ups, key=lambda one: one.likelihood)
    mean, precision = _down(tree, up, rate)
    weight = {"own": count / noise / precision, "block": _followed(tree, up, precision, count)}
    return Pooled(mean, 1.0 / precision, up.between, up.likelihood - nothing.likelihood < EVIDENCE, weight)


def _followed(tree: UnitTree, up: _Up, precision: Numbers, count: Numbers) -> Numbers:
    """By how much the rate of each block follows when the means of all units in it move together, (units,).

    The block's top follows by what is known of it from below; each unit under it falls short of that by as much of its
    parent's shortfall as it leans on the parent.
    """
    leans = 1.0 / (1.0 + up.precision * up.between)
    short = 1.0 - up.precision / precision  # of the top of each block
    missed, along = count * short, np.ones(len(count))
    line, here = np.arange(len(count)), tree.parent.copy()
    while (here != ABOVE).any():  # one level up at a time; `along` is how much of a shortfall there comes down to us
        inside = here != ABOVE
        along[inside] *= leans[line[inside]]
        np.add.at(missed, here[inside], (count * along)[inside] * short[here[inside]])
        line = np.where(inside, here, line)
        here = np.where(inside, tree.parent[np.maximum(here, 0)], ABOVE)
    size = tree.block(count)
    followed: Numbers = 1.0 - np.divide(missed, size, out=np.zeros(len(size)), where=size > 0)
    return followed


@dataclass(frozen=True)
class _Up:
    """What is known of each unit from itself and everything below it, (units,); `sent` (units, 2) are the messages
    (precision, mean) to the parents, `likelihood` the logarithm of the restricted likelihood, but for a constant."""

    between: float
    mean: Numbers
    precision: Numbers
    sent: NDArray[np.float64]
    likelihood: float

    @classmethod
    def of(cls, tree: UnitTree, seen: Numbers, own: Numbers, between: float) -> Self:
        """From the units' own means `seen` and their precisions `own`."""
        known = np.where(own > 0, own, 1.0)
        force = len(seen)  # the place above all tops
        # by unit: sums of precision, precision * mean, precision * mean squared, log precision of all that is said
        sums = np.zeros((force + 1, 4))
        sums[:-1] = np.stack([own, own * seen, own * seen**2, np.where(own > 0, np.log(known), 0.0)], axis=1)
        sent, likelihood = np.zeros((force, 2)), 0.0
        for place in range(force - 1, -1, -1):
            precision, weighted, square, logs = sums[place]
            if precision <= 0:
                continue
            likelihood += 0.5 * (logs - np.log(precision) - square + weighted**2 / precision)
            message, mean = 1.0 / (1.0 / precision + between), weighted / precision
            sent[place] = message, mean
            sums[tree.parent[place]] += message, message * mean, message * mean**2, np.log(message)
        precision, weighted, square, logs = sums[force]
        if precision > 0:
            likelihood += 0.5 * (logs - np.log(precision) - square + weighted**2 / precision)
        inside = sums[:-1]
        mean = np.divide(inside[:, 1], inside[:, 0], out=np.zeros(force), where=inside[:, 0] > 0)
        return cls(between, mean, inside[:, 0].copy(), sent, float(likelihood))


def _down(tree: UnitTree, up: _Up, rate: float) -> tuple[Numbers, Numbers]:
    """Add what the parent knows from elsewhere; above the tops stands the force with its rate."""
    force = float(up.precision[tree.parent == ABOVE].sum())
    mean, precision = up.mean.copy(), up.precision.copy()
    for place in range(len(mean)):
        parent = int(tree.parent[place])
        if parent == ABOVE:
            others, centre = force, rate
        else:
            others = precision[parent] - up.sent[place, 0]
            centre = (precision[parent] * mean[parent] - up.sent[place, 0] * up.sent[place, 1]) / max(others, 1e-12)
        message = 1.0 / (1.0 / max(others, 1e-12) + up.between)
        total = precision[place] + message
        mean[place] = (precision[place] * mean[place] + message * centre) / total
        precision[place] = total
    return mean, precision
