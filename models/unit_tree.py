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
    parent that the data speak for."""

    mean: Numbers
    variance: Numbers
    between: float


def pool(tree: UnitTree, total: Numbers, count: Numbers) -> Pooled:
    """Rates of each unit's own officers, partially pooled: rate(unit) ~ Normal(rate(parent), between).

    `total` (units,) sums of chances or counts of 0 and 1, `count` (units,) officers. What an officer adds to the
    variance is rate * (1 - rate) over the force. The posterior is exact for Gaussian noise (Pearl 1988, belief
    propagation: one pass up, one down); `between` by moments, each unit against its parent's block.
    """
    whole, many = float(total.sum()), max(float(count.sum()), 1.0)
    rate = whole / many
    noise = max(rate * (1.0 - rate), 1e-9)
    seen = np.divide(total, count, out=np.zeros_like(total), where=count > 0)
    between = _between(tree, total, count, noise, rate)
    up_mean, up_precision, sent = _up(tree, seen, count / noise, between)
    mean, precision = _down(tree, up_mean, up_precision, sent, between, rate)
    return Pooled(mean, 1.0 / precision, between)


def _between(tree: UnitTree, total: Numbers, count: Numbers, noise: float, rate: float) -> float:
    """Variance of a unit about its parent's block beyond what chance gives (DerSimonian and Laird 1986)."""
    sums, sizes = tree.block(total), tree.block(count)
    top = tree.parent == ABOVE
    around = np.where(top, rate, sums[tree.parent] / np.maximum(sizes[tree.parent], 1.0))
    used = count > 0
    apart = count[used] * (total[used] / count[used] - around[used]) ** 2
    free = max(float(used.sum()) - 1.0, 1.0)
    weight = count.sum() - float((count**2).sum()) / max(float(count.sum()), 1.0)
    return float(max((float(apart.sum()) - noise * free) / max(weight, 1.0), 1e-3 * noise))


def _up(tree: UnitTree, seen: Numbers, own: Numbers, between: float) -> tuple[Numbers, Numbers, NDArray[np.float64]]:
    """Mean and precision of each unit from itself and below, and the message (precision, mean) to its parent."""
    precision, weighted = own.copy(), own * seen
    sent = np.zeros((len(seen), 2))
    for place in range(len(seen) - 1, -1, -1):
        if precision[place] > 0:
            message = 1.0 / (1.0 / precision[place] + between)
            sent[place] = message, weighted[place] / precision[place]
            if tree.parent[place] != ABOVE:
                precision[tree.parent[place]] += message
                weighted[tree.parent[place]] += message * sent[place, 1]
    mean = np.divide(weighted, precision, out=np.zeros_like(weighted), where=precision > 0)
    return mean, precision, sent


def _down(
    tree: UnitTree, mean: Numbers, precision: Numbers, sent: NDArray[np.float64], between: float, rate: float
) -> tuple[Numbers, Numbers]:
    """Add what the parent knows from elsewhere; above the tops stands the force with its rate."""
    force = float(precision.sum())
    mean, precision = mean.copy(), precision.copy()
    for place in range(len(mean)):
        parent = int(tree.parent[place])
        if parent == ABOVE:
            others, centre = force, rate
        else:
            others = precision[parent] - sent[place, 0]
            centre = (precision[parent] * mean[parent] - sent[place, 0] * sent[place, 1]) / max(others, 1e-12)
        message = 1.0 / (1.0 / max(others, 1e-12) + between)
        total = precision[place] + message
        mean[place] = (precision[place] * mean[place] + message * centre) / total
        precision[place] = total
    return mean, precision
