"""Intervals by drawing officers, not rows: an officer tested at two as-ofs is drawn with both or with neither."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.base import Numbers

DRAWS = 1000
SEED = 20130101
MOST_CELLS = 8_000_000  # draws x rows at a time, some 100 MB with what is computed of them


@dataclass(frozen=True)
class Difference:
    """What a model is ahead of another by, with the 95 % interval; NaN where it is not defined."""

    difference: float
    low: float
    high: float


@dataclass(frozen=True)
class OfficerDraws:
    """The same draws for every comparison of a test: how often each row counts, one draw at a time.

    `officers` names each row's officer, (n,).
    """

    officers: Sequence[str]
    draws: int = DRAWS
    seed: int = SEED

    def blocks(self, cells: int = MOST_CELLS) -> Iterator[NDArray[np.int32]]:
        """(some draws, n) times each row is in, until all draws are made: all at once would fill the memory.

        The draws are the same whatever the size of a block, and whatever officers are called: they are drawn by
        their place, so that a verdict over pseudonyms is the verdict over ids, under every key.
        """
        for times in self._drawn(max(1, cells // max(1, len(self.place)))):
            yield times[:, self.place]

    def of_officers(self, cells: int = MOST_CELLS) -> Iterator[NDArray[np.int32]]:
        """(some draws, officers) times each officer is drawn, in the order of `place`: the draws of `blocks`, for what
        can be summed by officer first."""
        return self._drawn(max(1, cells // max(1, self._many)))

    @cached_property
    def place(self) -> NDArray[np.intp]:
        """The number of each row's officer, (n,), in the order of first appearance."""
        return pd.factorize(np.asarray(self.officers, dtype=object).astype(str))[0]

    @property
    def _many(self) -> int:
        return int(self.place.max()) + 1 if len(self.place) else 0

    def _drawn(self, step: int) -> Iterator[NDArray[np.int32]]:
        """So many draws at a time."""
        rng, many = np.random.default_rng(self.seed), self._many
        share = np.full(many, 1.0 / many)
        for start in range(0, self.draws, step):
            size = min(step, self.draws - start)
            yield rng.multinomial(many, share, size=size).astype(np.int32)

    def weights(self) -> NDArray[np.int32]:
        """(draws, n) times each row is in; for few rows."""
        return np.concatenate(list(self.blocks()))

    def each(self, measure: Callable[[NDArray[np.int32]], Mapping[str, Numbers]]) -> dict[str, Numbers]:
        """What is measured of every draw, (draws,) by name; `measure` sees a block of them at a time."""
        parts = [measure(times) for times in self.blocks()]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def weighted_means(values: Mapping[str, Numbers], times: NDArray[np.int32]) -> dict[str, Numbers]:
    """The mean of each (n,) over the rows drawn, (draws,) by name.

    >>> weighted_means({"a": np.array([1.0, 4.0])}, np.array([[1, 1], [2, 0]], dtype=np.int32))["a"].tolist()
    [2.5, 1.0]
    """
    drawn = times.astype(np.float64)
    total = drawn.sum(1)
    return {name: np.asarray(drawn @ value / total) for name, value in values.items()}


def weighted_precisions(y: Numbers, scores: Mapping[str, Numbers], times: NDArray[np.int32]) -> dict[str, Numbers]:
    """`weighted_average_precision` of several models by name."""
    return {name: weighted_average_precision(y, score, times) for name, score in scores.items()}


def weighted_average_precision(y: Numbers, scores: Numbers, times: NDArray[np.int32]) -> Numbers:
    """Average precision of each draw, (draws,), equal scores as one step; NaN for a draw without positives.

    One sort serves all draws, which makes a thousand of them take a second and not a minute.

    >>> times = np.array([[1, 1, 1], [0, 2, 1]], dtype=np.int32)
    >>> weighted_average_precision(np.array([0.0, 1.0, 0.0]), np.array([0.9, 0.5, 0.1]), times).tolist()
    [0.5, 1.0]
    """
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    truth = y[order].astype(np.float64)
    return np.array([_one_draw(truth, row[order], ends) for row in times])


def weighted_top_precisions(
    y: Numbers, scores: Mapping[str, Numbers], times: NDArray[np.int32], share: float = 0.05
) -> dict[str, Numbers]:
    """Share of positives among the highest `share` of each draw, (draws,) by name; equal scores by expected value.

    >>> times = np.array([[1, 1, 1, 1], [0, 2, 1, 1]], dtype=np.int32)
    >>> score = {"a": np.array([0.9, 0.5, 0.2, 0.1])}
    >>> weighted_top_precisions(np.array([0.0, 1.0, 0.0, 0.0]), score, times, 0.5)["a"].tolist()
    [0.5, 1.0]
    """
    return {name: _top_precision(y, score, times, share) for name, score in scores.items()}


def _top_precision(y: Numbers, scores: Numbers, times: NDArray[np.int32], share: float) -> Numbers:
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    drawn = times[:, order].astype(np.float64)
    taken = np.pad(np.cumsum(drawn, axis=1)[:, ends], ((0, 0), (1, 0)))
    hits = np.pad(np.cumsum(drawn * y[order], axis=1)[:, ends], ((0, 0), (1, 0)))
    wanted = np.floor(share * taken[:, -1] + 1e-9)
    rows = zip(wanted, taken, hits, strict=True)
    return np.array([np.interp(k, some, found) / k if k else np.nan for k, some, found in rows])


def _one_draw(truth: Numbers, times: NDArray[np.int32], ends: NDArray[np.intp]) -> float:
    hits = np.cumsum(truth * times)[ends]
    if hits[-1] <= 0:
        return float("nan")
    taken = np.cumsum(times, dtype=np.float64)[ends]
    precision = np.divide(hits, taken, out=np.zeros_like(hits), where=taken > 0)
    return float(np.sum(np.diff(hits, prepend=0.0) * precision) / hits[-1])


def difference(exact: tuple[float, float], drawn: tuple[Numbers, Numbers]) -> Difference:
    """The exact difference with the 2.5 and 97.5 per cent points of the paired draws."""
    paired = drawn[0] - drawn[1]
    known = paired[~np.isnan(paired)]
    if not len(known):
        return Difference(exact[0] - exact[1], float("nan"), float("nan"))
    low, high = np.quantile(known, [0.025, 0.975])
    return Difference(exact[0] - exact[1], float(low), float(high))
