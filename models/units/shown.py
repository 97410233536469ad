"""Which nodes show figures of their own: none may tell of a few officers, nor may the difference of two that do.

A block is the sum of its parts: the unit's own officers and the blocks just below. Where the hidden parts of a block
hold fewer officers than may be shown, block less shown parts would still give them away; then one more part is hidden.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from models.base import Numbers
from models.units.tree import UnitTree

Shown = Mapping[str, NDArray[np.bool_]]


def shown(tree: UnitTree, officers: Numbers, least: int) -> Shown:
    """By scope (own, block), which nodes show figures of their own, (units,); `officers` (units,) are the units' own.

    >>> tree = UnitTree.of(["station", "post"], {"post": "station"})
    >>> {scope: told.tolist() for scope, told in shown(tree, np.array([50.0, 3.0]), 5).items()}
    {'own': [False, False], 'block': [True, False]}
    """
    size = {"own": officers, "block": tree.block(officers)}
    told = {scope: many >= least for scope, many in size.items()}
    for place in range(len(tree.units) - 1, -1, -1):  # the lowest first: what is hidden below counts above
        while told["block"][place] and 0 < _hidden(tree, place, told, size) < least:
            _hide_one(tree, place, told, size, least)
    return told


def _below(tree: UnitTree, place: int) -> list[int]:
    return [int(child) for child in np.flatnonzero(tree.parent == place)]


def _hidden(tree: UnitTree, place: int, told: Shown, size: Mapping[str, Numbers]) -> float:
    """Officers of the hidden parts of a block."""
    children = (size["block"][child] for child in _below(tree, place) if not told["block"][child])
    return sum(children, 0.0 if told["own"][place] else float(size["own"][place]))


def _hide_one(tree: UnitTree, place: int, told: Shown, size: Mapping[str, Numbers], least: int) -> None:
    """The unit's own officers if they are shown, else the smallest block below whose own officers are enough to hide
    the others among; the whole block where there is none."""
    if told["own"][place]:
        told["own"][place] = False
        return
    hidden = _hidden(tree, place, told, size)
    enough = [
        child
        for child in _below(tree, place)
        if told["block"][child] and size["own"][child] > 0 and size["own"][child] + hidden >= least
    ]
    if not enough:
        told["block"][place] = False
        return
    child = min(enough, key=lambda one: (size["block"][one], tree.units[one]))
    told["own"][child] = told["block"][child] = False


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
