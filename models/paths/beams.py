"""Paths under search: how wide the beam is, the beam itself, and the routes that come out of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.paths.dwell import QUARTER_MONTHS
from models.paths.finding import DAYS_A_MONTH, Path
from models.posts.histories import Array


@dataclass(frozen=True)
class Search:
    """How wide the beam is, and how much less a path is worth for each share of its steps that a better one has."""

    first: int = 40
    second: int = 8
    third: int = 4
    likeness_penalty: float = 0.1


@dataclass(frozen=True)
class Leg:
    """One step: the post, the chance that the move before it goes there, and the months from now until then."""

    post: int
    chance: float
    months: float
    low: float
    high: float


@dataclass(frozen=True)
class Route:
    """A path with its steps; `chance` is that of going this way and arriving within the horizon."""

    legs: tuple[Leg, ...]
    chance: float

    @property
    def path(self) -> Path:
        """The posts alone."""
        return tuple(leg.post for leg in self.legs)


@dataclass(frozen=True)
class Beam:
    """Paths under search, one row each: question (m,), steps (m, length), step chances, arrivals (m, quarters)."""

    question: Array
    steps: Array
    chances: Array
    times: Array

    @property
    def worth(self) -> Array:
        """(m,) chance of each path within the horizon."""
        return np.asarray(self.chances.prod(1) * self.times[:, -1].sum(1))

    def take(self, rows: Array) -> Beam:
        """The rows asked for."""
        return Beam(self.question[rows], self.steps[rows], self.chances[rows], self.times[rows])


def in_whole_months(times: Array, horizon: float) -> Array:
    """(n, 3) low, median and high months as people read them: the ends of the interval in whole months.

    >>> in_whole_months(np.array([[2.4, 5.2, 11.7]]), 12.0).tolist()
    [[2.0, 5.2, 12.0]]
    """
    middle = times[:, 1]
    low, high = np.minimum(np.round(times[:, 0]), middle), np.maximum(np.round(times[:, 2]), middle)
    return np.asarray(np.minimum(np.stack([low, middle, high], 1), horizon))


def best_rows(beam: Beam, width: int) -> Array:
    """The `width` best rows of each question."""
    order = np.lexsort((-beam.worth, beam.question))
    question = beam.question[order]
    new = np.concatenate([[True], question[1:] != question[:-1]]) if len(order) else np.zeros(0, bool)
    place = np.arange(len(order)) - np.maximum.accumulate(np.where(new, np.arange(len(order)), 0))
    return np.asarray(order[place < width])


def arrivals(beams: Sequence[Beam], count: int) -> Array:
    """(count, quarters) chance of arriving in each quarter by any of the paths."""
    found = np.zeros((count, beams[0].times.shape[2]))
    for beam in beams:
        np.add.at(found, beam.question, beam.chances.prod(1)[:, None] * beam.times[:, -1])
    return found


def mean_days(times: Array) -> Array:
    """(m,) days until something that comes in a quarter of `times`, given that it comes."""
    middle = (np.arange(times.shape[1]) + 0.5) * QUARTER_MONTHS * DAYS_A_MONTH
    total = times.sum(1)
    return np.asarray(np.where(total > 0, (times * middle).sum(1) / np.where(total > 0, total, 1), middle[-1]))
