"""The fewest own steps that reach a target by the deadline, and the most that own steps could reach.

Combinations are looked for only among lines that the rule table calls plannable, what is least demanding first (study,
then years of service); one that asks for more is told only where it takes fewer steps. What others decide, a merit or
a grade, is part of no combination.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from data_contracts.decisions import PointsRule
from data_contracts.earning import DEMANDING
from models.points.cheaper import least_study
from models.points.steps import Combination, Step, combined, steps_of, with_steps
from models.points.timeline import NEARLY
from models.points.ways import Reach, Way, implied, lasting_from

MOST_COMBINATIONS = 400_000
MOST_TRIED = 20  # choices worked through to the day, until one of them reaches


@dataclass(frozen=True)
class Found:
    """The highest total that own steps could reach at the deadline, and the combinations told.

    Where the target is within reach `most` is at least the target. `fullest` makes the steps to `most`: few ask for
    them.
    """

    most: float
    fullest: Callable[[], tuple[Step, ...]]
    told: tuple[Combination, ...]


def combinations(reach: Reach, ways: Sequence[Way], missing: float) -> Found:
    """Of each tier that reaches with fewer steps than those before it the fewest."""
    told, fullest = list[Combination](), partial(tuple[Step, ...])
    most = reach.then.total
    for tier in _tiers(ways):
        sizes = _sizes(tier, missing)
        gains = np.where(_in_time(reach, tier, sizes), _gains(reach, tier, sizes), -np.inf)
        counts = _counts(sizes, int(gains.argmax()))
        gained = _gained(reach, tier, counts, float(gains.max()))
        if gained > most + NEARLY:
            most = gained
            fullest = partial(steps_of, reach, tier, counts, most - reach.then.total)
        steps = sum(np.ogrid[tuple(slice(size) for size in sizes)], np.zeros(sizes, dtype=np.int64))
        able = np.flatnonzero(gains >= missing - NEARLY)
        # the fewest steps first, of them the least beyond what is missing
        able = able[np.lexsort((gains.flat[able], steps.flat[able]))]
        for place in able[:MOST_TRIED]:
            counts = _counts(sizes, int(place))
            if told and sum(counts) >= len(told[-1].steps):
                break
            soonest = combined(reach, tier, counts, missing)
            if soonest.gain >= missing - NEARLY:
                told.append(least_study(reach, tier, counts, missing, soonest))
                break
    return Found(max([most, *(reach.then.total + one.gain for one in told)]), fullest, tuple(told))


def _gained(reach: Reach, tier: Sequence[Way], counts: Sequence[int], gain: float) -> float:
    """The total of a choice at the deadline. What is said to be gained of it is too much where a course is taken again:
    the time before may come too late for that."""
    again = any(offer.turn > 1 for way, count in zip(tier, counts, strict=True) for offer in way.offers[:count])
    if not again:
        return reach.then.total + gain
    return with_steps(reach, steps_of(reach, tier, counts, gain)).total(reach.deadline)


def _counts(sizes: tuple[int, ...], place: int) -> list[int]:
    """How many steps of each way the choice at a place takes."""
    return [int(count) for count in np.unravel_index(place, sizes)]


def _tiers(ways: Sequence[Way]) -> Iterator[list[Way]]:
    """Plannable ways with a step left, of the least demanding kinds, then of more and more."""
    for number in range(1, len(DEMANDING) + 1):
        tier = [way for way in ways if way.steps and way.rule.plannable and way.earned_by in DEMANDING[:number]]
        if any(way.earned_by == DEMANDING[number - 1] for way in tier):
            yield tier


def _sizes(tier: Sequence[Way], missing: float) -> tuple[int, ...]:
    """How many choices (no step, one, two, ...) of each way are looked at.

    No more steps than the missing points could need; beyond MOST_COMBINATIONS the ways with most steps are cut.
    """
    sizes = [min(way.steps, int(np.ceil(missing / way.rule.points - NEARLY))) + 1 for way in tier]
    while np.prod(sizes, dtype=float) > MOST_COMBINATIONS:
        sizes[int(np.argmax(sizes))] -= 1
    return tuple(sizes)


def _in_time(reach: Reach, tier: Sequence[Way], sizes: tuple[int, ...]) -> NDArray[np.bool_]:
    """Whether all courses of each choice can be completed in time, in the shape of `sizes`.

    They can where, until every last day, there are hours for those that end by it.
    """
    fits = np.ones(sizes, dtype=bool)
    for last in {reach.end(offer) for way in tier for offer in way.offers}:
        hours = np.zeros(sizes)
        for axis, way in enumerate(tier):
            if way.offers:
                own = [offer.hours if reach.end(offer) <= last else 0.0 for offer in way.offers]
                of_steps = np.concatenate([[0.0], np.cumsum(own)])[: sizes[axis]]
                hours += of_steps.reshape([-1 if each == axis else 1 for each in range(len(tier))])
        fits &= hours <= reach.study_hours(last) + NEARLY
    return fits


def _gains(reach: Reach, tier: Sequence[Way], sizes: tuple[int, ...]) -> NDArray[np.float64]:
    """What each choice can add at the deadline, in the shape of `sizes`; a step counts on every line that it matches
    and on which it stands then."""
    gain, axes = np.zeros(sizes), np.ogrid[tuple(slice(size) for size in sizes)]
    for line in reach.then.lines:
        here = [
            _standing(reach, way, line.rule)[axis]
            for axis, way in zip(axes, tier, strict=True) if implied(way.rule, line.rule)
        ]  # fmt: skip
        if here:
            gain += np.minimum(line.subtotal + sum(here) * line.rule.points, line.rule.cap) - line.points
    return gain


def _standing(reach: Reach, way: Way, rule: PointsRule) -> NDArray[np.int64]:
    """How many of the first none, one, two, ... steps of a way stand on the line of a rule at the deadline."""
    days = [offer.whole or reach.start for offer in way.offers] or [chance.earned for chance in way.chances]
    since = lasting_from(rule, reach.deadline)
    return np.cumsum([0, *(since is None or day >= since for day in days)])
