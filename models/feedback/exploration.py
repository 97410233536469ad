"""What is shown of a ranking: mostly the ranking itself; in a small share of answers chance fills the last places.

An answer is *explored* with the chance `share`. Then the last `places` places (never the first one) are filled by
items drawn, all alike and each at most once, from the pool: those that the ranking had there and the `depth` items
below them. So an item of a pool of n stands at one of these places with the chance share / n, and at the place that
the ranking gave it with (1 - share) more. These are exact, and they are logged: another ranking can be judged by them
without being tried. Eligibility rules and declined items are taken out before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np

from data_contracts.feedback_rules import ExploringPolicy
from data_contracts.pseudonyms import Pseudonyms
from models.base import Numbers

Ranked = Sequence[tuple[str, float]]  # items with their scores, best first


@dataclass(frozen=True)
class ShownItem:
    """An item at a place (1 is first), the chance that it stood there, and whether chance put it there.

    `pool` are the items with scores that might have stood there, in the order of the ranking; empty where only one
    might.
    """

    item: str
    position: int
    score: float
    propensity: float
    explored: bool = False
    pool: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Slice:
    """The part of a ranking that chance may touch: ranks `first` to `end` (from 0), and `places` of the list."""

    first: int
    end: int
    places: int

    @classmethod
    def of(cls, items: int, top: int, policy: ExploringPolicy) -> Slice:
        """The slice of `items` ranked items of which `top` are shown; without places where nothing lies below.

        >>> Slice.of(20, 5, ExploringPolicy(share=0.1, places=2, depth=4))
        Slice(first=3, end=9, places=2)
        >>> Slice.of(5, 5, ExploringPolicy(share=0.1, places=2, depth=4)).places
        0
        """
        places = min(policy.places, top - 1) if items > top and policy.share > 0 else 0
        return cls(top - places, min(items, top + policy.depth), places) if places > 0 else cls(top, top, 0)


def seed_text(names: Pseudonyms, request_id: str, officer_id: str) -> str:
    """What decides an officer's answer to a request: always the same, and not to be guessed without the key."""
    return names.of(f"explore\n{request_id}\n{officer_id}")  # no id holds a line break


def explored(ranked: Ranked, top: int, policy: ExploringPolicy, seed: str) -> tuple[ShownItem, ...]:
    """What is shown of a ranking, at most `top` items in order; the same for the same `seed`.

    >>> always = ExploringPolicy(share=0.5, places=1, depth=2)
    >>> ranked = [("a", 0.5), ("b", 0.2), ("c", 0.1), ("d", 0.1), ("e", 0.1)]
    >>> [(one.item, one.propensity) for one in explored(ranked, 2, always, "seed 1")]
    [('a', 1.0), ('b', 0.6666666666666666)]
    >>> [(one.item, one.propensity) for one in explored(ranked[:2], 2, always, "seed 1")]
    [('a', 1.0), ('b', 1.0)]
    """
    part = Slice.of(len(ranked), top, policy)
    head = [ShownItem(item, place, score, 1.0) for place, (item, score) in enumerate(ranked[: part.first], start=1)]
    if not part.places:
        return tuple(head)
    chance, pool = _Chance(seed), tuple(ranked[part.first : part.end])
    by_chance = chance.unit() < policy.share
    ranks = chance.draw(len(pool), part.places) if by_chance else list(range(part.places))
    at = propensities(len(ranked), top, policy)
    tail = [
        ShownItem(
            item, part.first + place + 1, score, float(at[part.first + rank, part.first + place]), by_chance, pool
        )
        for place, rank in enumerate(ranks)
        for item, score in [pool[rank]]
    ]
    return (*head, *tail)


def propensities(items: int, top: int, policy: ExploringPolicy) -> Numbers:
    """(items, places shown): the chance of each rank (row) to stand at each place (column), in closed form.

    Each place holds one item, so every column sums to one.

    >>> propensities(4, 2, ExploringPolicy(share=0.3, places=1, depth=2)).round(3).tolist()
    [[1.0, 0.0], [0.0, 0.8], [0.0, 0.1], [0.0, 0.1]]
    """
    shown = min(items, top)
    chances = np.eye(items, shown)
    part = Slice.of(items, top, policy)
    if part.places:
        last = slice(part.first, shown)
        chances[last, last] *= 1 - policy.share
        chances[part.first : part.end, last] += policy.share / (part.end - part.first)
    return chances


class _Chance:
    """Even numbers from a seed, the same on every machine and in every version of numpy."""

    def __init__(self, seed: str) -> None:
        self._seed, self._asked = seed, 0

    def unit(self) -> float:
        """At least 0 and below 1."""
        self._asked += 1
        found = sha256(f"{self._seed}/{self._asked}".encode()).digest()
        return (int.from_bytes(found[:8], "big") >> 11) * 2.0**-53

    def draw(self, size: int, count: int) -> list[int]:
        """`count` different numbers below `size`, every order alike (Fisher and Yates)."""
        left = list(range(size))
        return [left.pop(int(self.unit() * len(left))) for _ in range(count)]
