"""What a recommender showed on later time and what came, row by row: how good each list was, and of which kinds.

A kind is the job family of a post or the competency of a course; where nobody recorded those, the post or the course
itself. Only the kinds shown most are kept apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.base import Numbers
from training.evaluation.exposure import exposure_shares
from training.evaluation.names import OWN
from training.evaluation.spans import Span

Integers = NDArray[np.integer]
PEER = "peer"
NONE = -1  # stands for an item of no kind, and for a place of a list that nothing fills


@dataclass(frozen=True)
class Kinds:
    """Names of kinds, and the number of each item's kind (size,), minus 1 for none."""

    names: tuple[str, ...]
    codes: Integers

    @classmethod
    def of(cls, items: Sequence[str], kinds: Sequence[str | None]) -> Kinds:
        """The kinds of items where any is known, else each item by itself.

        >>> Kinds.of(["a", "b", "c"], ["patrol", None, "patrol"]).codes.tolist()
        [0, -1, 0]
        >>> Kinds.of(["a", "b"], [None, None]).names
        ('a', 'b')
        """
        named = [kind or None for kind in kinds] if any(kinds) else list(items)
        names = tuple(sorted({name for name in named if name}))
        place = {name: code for code, name in enumerate(names)}
        return cls(names, np.array([place[name] if name else NONE for name in named], dtype=np.int64))

    def at(self, items: Integers) -> Integers:
        """The kinds of items by number; none for minus 1 and for what is outside the catalogue."""
        padded = np.append(self.codes, NONE)
        return np.asarray(padded[np.where((items < 0) | (items >= len(self.codes)), len(self.codes), items)])


@dataclass(frozen=True)
class ShownLists:
    """Rows of lists: officers and days (n,), `quality` (n,) under its name and that of a plain `peer` (n,) on the same
    rows; by kind, its share of the exposure of the list `shown` (n,) and of what was really `taken` next (n,).

    `others` are the qualities of peers by name, the plain one among them, and `strata` say which rows are of which
    kind, both (n,), for people to look at: no gate reads them. `span` says what time the rows are of.
    """

    officers: NDArray[Any]
    days: NDArray[np.datetime64]
    measure: str
    quality: Numbers
    peer: Numbers
    shown: Mapping[str, Numbers]
    taken: Mapping[str, Numbers]
    others: Mapping[str, Numbers] = field(default_factory=dict)
    strata: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    span: Span | None = None

    @property
    def models(self) -> Mapping[str, Numbers]:
        """The quality (n,) of its own lists and those of every peer kept, by name; its own first."""
        return {OWN: self.quality, **(self.others or {PEER: self.peer})}

    def beside(self, others: Mapping[str, Numbers], strata: Mapping[str, NDArray[np.bool_]]) -> ShownLists:
        """The same with the quality of peers' lists on the same rows, and the rows of each stratum; (n,) each."""
        return replace(self, others=others, strata=strata)

    def over(self, span: Span) -> ShownLists:
        """The same, and what time it is of."""
        return replace(self, span=span)


@dataclass(frozen=True)
class Answers:
    """What was really taken: pairs of a row and an item number, `catalogue size` for one outside of it."""

    rows: Integers
    items: Integers


def shown_lists(
    who: tuple[NDArray[Any], NDArray[np.datetime64]],
    quality: tuple[str, Numbers, Numbers],
    best: Integers,
    answers: Answers,
    kinds: Kinds,
    most: int,
) -> ShownLists:
    """The rows of `best` (n, k), numbers of the items shown, best first; the `most` kinds exposed most are kept.

    `quality` is its name, the recommender's and a plain peer's.
    """
    found = kinds.at(best)
    attention = np.broadcast_to(1.0 / np.log2(2.0 + np.arange(best.shape[1])), best.shape)
    total = np.bincount(found[found >= 0], attention[found >= 0], minlength=len(kinds.names))
    first = sorted(np.argsort(-total, kind="stable")[:most].tolist())
    names = [kinds.names[code] for code in first]
    narrow = np.full(len(kinds.names) + 1, NONE)
    narrow[first] = np.arange(len(first))
    shown = exposure_shares(narrow[found], names)
    right, number = narrow[kinds.at(answers.items)], np.bincount(answers.rows, minlength=len(best))
    taken = {
        name: np.bincount(answers.rows, right == code, minlength=len(best)) / np.maximum(number, 1)
        for code, name in enumerate(names)
    }
    return ShownLists(who[0], who[1], quality[0], quality[1], quality[2], shown, taken)


def best_of(scores: NDArray[np.floating], barred: NDArray[np.bool_], depth: int) -> Integers:
    """(n, depth) numbers of the highest scores not barred, best first; minus 1 where fewer are left.

    >>> best_of(np.array([[1.0, 3.0, 2.0]]), np.array([[False, True, False]]), 3).tolist()
    [[2, 0, -1]]
    """
    allowed = np.where(barred, -np.inf, scores)
    order = np.argsort(-allowed, axis=1, kind="stable")[:, :depth]
    best = np.where(np.isneginf(np.take_along_axis(allowed, order, 1)), NONE, order)
    short = depth - best.shape[1]
    return np.pad(best, ((0, 0), (0, max(short, 0))), constant_values=NONE)
