"""Paths under search: how wide the beam is, the beam itself, and the routes that come out of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import NamedTuple

import numpy as np

from data_contracts.asof import DAYS_A_MONTH
from models.paths.dwell import QUARTER_MONTHS, after_each_other
from models.paths.finding import Path
from models.posts.histories import Array

DAYS_OF_GRACE = 0.1  # of a quarter: two years with a leap day are eight quarters and not nine
ROUNDING = 1e-6  # months: times are added up in parts of months


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


class When(NamedTuple):
    """When a further step is taken, each as in a Beam, one row a path."""

    times: Array
    earliest: Array
    stays: Array
    least: Array


@dataclass(frozen=True)
class Beam:
    """Paths under search, one row each: question (m,), steps and their chances (m, length), when each step is taken
    (m, length, quarters), and the months before which rules let nobody take it (m, length).

    `stays` (m, length, quarters) is how long after the step before it each is taken, for the first one after today;
    `least` (m, length) the months that rules want between them.
    """

    question: Array
    steps: Array
    chances: Array
    times: Array
    earliest: Array
    stays: Array
    least: Array

    @classmethod
    def begun(cls, question: Array, quarters: int) -> Beam:
        """Paths without a step yet."""
        nothing, never = np.zeros((len(question), 0)), np.zeros((len(question), 0, quarters))
        return cls(question, nothing.astype(np.int64), nothing, never, nothing, never, nothing)

    @property
    def worth(self) -> Array:
        """(m,) chance of each path within the horizon."""
        return np.asarray(self.chances.prod(1) * self.times[:, -1].sum(1))

    def take(self, rows: Array) -> Beam:
        """The rows asked for."""
        return Beam(*(getattr(self, one.name)[rows] for one in fields(self)))

    def in_time(self, horizon_months: float) -> Beam:
        """The paths whose last step rules let somebody take within the horizon."""
        return self.take(np.flatnonzero(self.earliest[:, -1] <= horizon_months + ROUNDING))

    def until(self, horizon_months: float) -> Beam:
        """What of the paths falls within a horizon shorter than the one they were searched for."""
        kept, quarters = self.in_time(horizon_months), quarters_in(horizon_months)
        return replace(kept, times=kept.times[:, :, :quarters], stays=kept.stays[:, :, :quarters])

    def longer(self, rows: Array, step: Array, chance: Array, when: When) -> Beam:
        """The paths of the rows (m,), each with one more step (m,)."""
        stage = self.take(rows)
        return Beam(
            stage.question, np.concatenate([stage.steps, step[:, None]], 1),
            np.concatenate([stage.chances, chance[:, None]], 1),
            np.concatenate([stage.times, when.times[:, None]], 1),
            np.concatenate([stage.earliest, when.earliest[:, None]], 1),
            np.concatenate([stage.stays, when.stays[:, None]], 1),
            np.concatenate([stage.least, when.least[:, None]], 1),
        )  # fmt: skip

    def times_on_the_way(self, row: int) -> Array:
        """(length, quarters) when each step of a path is taken by those who take its last one in time.

        Of all who take a step, those who take it late do not arrive within the horizon: the days of a plan are the
        days of those who do, so that steps never lie closer together than one after the other can be.
        """
        times = self.times[row].copy()
        arrives = np.ones(times.shape[1])
        for place in range(len(times) - 1, 0, -1):
            any_time = after_each_other(self.times[row, None, place - 1], self.stays[row, None, place])[0]
            left = np.divide(self.times[row, place], any_time, out=np.zeros_like(any_time), where=any_time > 0)
            arrives = share_that_arrives(self.stays[row, place], left * arrives)
            times[place - 1] *= arrives
        return np.asarray(times)


def quarters_in(horizon_months: float) -> int:
    """Quarters that a horizon reaches into, one at least.

    >>> [quarters_in(months) for months in (1, 24.02, 25, 60)]
    [1, 8, 9, 20]
    """
    return max(1, int(np.ceil(horizon_months / QUARTER_MONTHS - DAYS_OF_GRACE)))


def share_that_arrives(stays: Array, arrives: Array) -> Array:
    """(quarters,) of those who took a step in each quarter, the share that arrives, where the next step comes after
    `stays` (quarters,) and whoever takes it in a quarter arrives with the chance `arrives` (quarters,).

    >>> share_that_arrives(np.array([0.0, 1.0, 0.0]), np.array([1.0, 1.0, 1.0])).tolist()
    [1.0, 0.5, 0.0]
    """
    later = (arrives + np.append(arrives[1:], 0.0)) / 2  # a sum falls half into its quarter and half into the next
    return np.array([stays[: len(stays) - quarter] @ later[quarter:] for quarter in range(len(stays))])


def one_after_the_other(months: Array, least: Array) -> Array:
    """(length, 3) months of the steps of a path, none closer to the next than the `least` (length,) that rules want.

    >>> one_after_the_other(np.array([[10.0, 15.0, 30.0], [24.0, 30.0, 36.0]]), np.array([3.0, 24.0]))[0].tolist()
    [0.0, 6.0, 12.0]
    """
    found = months.copy()
    for place in range(len(found) - 1, 0, -1):
        found[place - 1] = np.minimum(found[place - 1], found[place] - least[place])
    return found


def in_whole_months(times: Array, horizon: float, earliest: Array | float = 0.0) -> Array:
    """(n, 3) low, median and high months as people read them: the ends of the interval in whole months.

    Nothing comes before the day from which rules allow it, `earliest` (n,).

    >>> in_whole_months(np.array([[2.4, 5.2, 11.7]]), 12.0).tolist()
    [[2.0, 5.2, 12.0]]
    >>> in_whole_months(np.array([[2.4, 5.2, 11.7]]), 12.0, 2.4).tolist()
    [[3.0, 5.2, 12.0]]
    """
    middle = np.maximum(times[:, 1], earliest)
    low = np.minimum(np.maximum(np.round(times[:, 0]), np.ceil(earliest)), middle)
    high = np.maximum(np.round(times[:, 2]), middle)
    return np.asarray(np.minimum(np.stack([low, middle, high], 1), horizon))


def best_rows(beam: Beam, width: int, worth: Array | None = None) -> Array:
    """The `width` best rows of each question, by their worth or another (m,)."""
    order = np.lexsort((-(beam.worth if worth is None else worth), beam.question))
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


def mean_months(times: Array) -> Array:
    """(m, length) months until each step of paths is expected, given that it comes; times (m, length, quarters)."""
    steps = [mean_days(times[:, place]) / DAYS_A_MONTH for place in range(times.shape[1])]
    return np.stack(steps, 1) if steps else np.zeros((len(times), 0))


def from_month(times: Array, months: Array) -> Array:
    """`times` (m, quarters) with nothing before `months` (m,); of the quarter they fall into, what is left of it.

    >>> from_month(np.array([[0.4, 0.2], [0.4, 0.2]]), np.array([1.5, np.inf])).tolist()
    [[0.2, 0.2], [0.0, 0.0]]
    """
    ends = np.arange(1, times.shape[1] + 1)
    return np.asarray(times * np.clip(ends[None, :] - months[:, None] / QUARTER_MONTHS, 0.0, 1.0))


def share_from(times: Array, months: Array) -> Array:
    """(m, p) the share of `times` (m, quarters) that is left from each of `months` (m, p) on.

    >>> share_from(np.array([[0.4, 0.2]]), np.array([[0.0, 1.5, 3.0, np.inf]])).round(3).tolist()
    [[1.0, 0.667, 0.333, 0.0]]
    """
    quarters = times.shape[1]
    gone = np.concatenate([np.zeros((len(times), 1)), np.cumsum(times, 1)], 1)
    at = np.clip(months / QUARTER_MONTHS, 0.0, quarters)
    whole = np.minimum(at.astype(np.int64), quarters - 1)
    begins, ends = np.take_along_axis(gone, whole, 1), np.take_along_axis(gone, whole + 1, 1)
    passed = begins + (at - whole) * (ends - begins)
    total = gone[:, -1:]
    return np.asarray(np.where(total > 0, 1.0 - passed / np.where(total > 0, total, 1.0), 0.0))
