"""Which nodes show figures of their own: no adding and subtracting of shown figures may tell of a few officers.

A shown figure is of a set of officers: those of one unit, those of a block, or all. Such sets lie inside one another or
apart. Take from each the largest shown ones inside it; what remains is its *rest*. Rests do not overlap, every shown
set is made of them, and so every set of officers whose figure follows from shown ones, by however many sums and
differences, is made of whole rests. The promise: each rest is empty or of at least so many officers as may be shown.
It is kept with as few hidden nodes as it can be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.base import Numbers
from models.units.tree import ABOVE, UnitTree

Shown = Mapping[str, NDArray[np.bool_]]


@dataclass(frozen=True)
class _Way:
    """Nodes that are hidden, as pairs (scope, place) in nested pairs, and what that costs: nodes hidden, blocks among
    them, officers of them. The last two only tell equals apart: a unit's own goes before a block, few before many.
    """

    cost: tuple[int, int, int] = (0, 0, 0)
    hidden: Any = ()

    def __add__(self, other: _Way) -> _Way:
        first, second, third = (one + another for one, another in zip(self.cost, other.cost, strict=True))
        return _Way((first, second, third), (self.hidden, other.hidden))

    def nodes(self) -> list[tuple[str, int]]:
        """The hidden nodes, flat."""
        found, open_ = [], [self.hidden]
        while open_:
            one = open_.pop()
            if one and isinstance(one[0], str):
                found.append(one)
            else:
                open_.extend(one)
        return found


Ways = dict[int, _Way]  # the best way for each number of officers left over, `least` standing for more as well


def shown(tree: UnitTree, officers: Numbers, least: int) -> Shown:
    """By scope (own, block), which nodes show figures of their own, (units,); `officers` (units,) are the units' own.

    The figures of all officers together are taken as shown: sentences compare with them.

    >>> tree = UnitTree.of(["station", "post"], {"post": "station"})
    >>> {scope: told.tolist() for scope, told in shown(tree, np.array([50.0, 3.0]), 5).items()}
    {'own': [False, False], 'block': [True, False]}
    """
    size = {"own": officers, "block": tree.block(officers)}
    told = {scope: many >= least for scope, many in size.items()}
    over: list[Ways] = [{0: _Way()} for _ in range(len(tree.units) + 1)]  # the last is of all officers: ABOVE
    for place in range(len(tree.units) - 1, -1, -1):  # the lowest first: what is left over below counts above
        ways = _joined(over[place], _own(place, int(officers[place]), least), least)
        block, above = _block(place, int(size["block"][place]), ways, least), tree.parent[place]
        over[above] = _joined(over[above], block, least)
    best = min((way for left, way in over[ABOVE].items() if left in {0, least}), key=lambda way: way.cost, default=None)
    for scope, place in [] if best is None else best.nodes():  # None: all together are too few, and nothing is shown
        told[scope][place] = False
    return told


def _own(place: int, many: int, least: int) -> Ways:
    """A unit's own officers: shown, or left over for the block to hide."""
    if not many:
        return {0: _Way()}
    hidden = {min(many, least): _Way((1, 0, many), ("own", place))}
    return hidden if many < least else {0: _Way(), **hidden}


def _block(place: int, many: int, ways: Ways, least: int) -> Ways:
    """A block: shown where its rest is empty or large enough, or hidden, and its rest left over for the block above."""
    if not many:
        return ways
    found: Ways = {}
    for left, way in ways.items():
        if many >= least and left in {0, least}:
            _keep(found, 0, way)
        _keep(found, left, way + _Way((1, 1, many), ("block", place)))
    return found


def _joined(some: Ways, others: Ways, least: int) -> Ways:
    found: Ways = {}
    for left, way in some.items():
        for more, other in others.items():
            _keep(found, min(left + more, least), way + other)
    return found


def _keep(found: Ways, left: int, way: _Way) -> None:
    """The cheaper of two; the one found first of equals."""
    if left not in found or way.cost < found[left].cost:
        found[left] = way


def stands_for(tree: UnitTree, told: Shown) -> dict[str, list[str | None]]:
    """By scope, the unit whose block stands for each hidden node: the nearest one above, itself included; None where
    a node is shown, or where no block is."""
    found: dict[str, list[str | None]] = {}
    for scope, seen in told.items():
        above = [
            next((tree.units[up] for up in tree.line(place) if told["block"][up]), None)
            for place in range(len(tree.units))
        ]
        found[scope] = [None if ok else name for ok, name in zip(seen, above, strict=True)]
    return found
