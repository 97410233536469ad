"""The same points for fewer hours: courses of a combination that give way to shorter ones which delay nothing.

A combination is made of the courses that can be completed soonest. Where its line stands at a cap until a later day, or
the target waits for something else, a shorter course that comes later is as good.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from models.points.shelf import Offer
from models.points.steps import Combination, combined
from models.points.timeline import NEARLY
from models.points.ways import Reach, Way

MOST_TRIED = 6  # shorter courses in place of one


def with_shorter_courses(
    reach: Reach, tier: Sequence[Way], counts: Sequence[int], missing: float, found: Combination
) -> Combination:
    """So many steps of each way, each course exchanged for the shortest that takes no points and does not put off the
    day from which the target is held, or, beyond that day, the last step.
    """
    ways, best = list(tier), found
    for place, (way, count) in enumerate(zip(tier, counts, strict=True)):
        for offer in sorted(way.offers[:count], key=lambda one: -one.hours):
            for shorter in _shorter(ways, counts, place, offer):
                chosen = [shorter if one is offer else one for one in ways[place].offers[:count]]
                trial = [*ways[:place], replace(ways[place], offers=tuple(chosen)), *ways[place + 1 :]]
                other = combined(reach, trial, counts, missing)
                if _as_good(reach, other, best):
                    ways, best = trial, other
                    break
    return best


def _shorter(ways: Sequence[Way], counts: Sequence[int], place: int, offer: Offer) -> list[Offer]:
    """What else would do in the place of a course for fewer hours, the shortest first, of it the soonest."""
    used = {one.course_id for way, count in zip(ways, counts, strict=True) for one in way.offers[:count]}
    able = [one for one in ways[place].courses if one.hours < offer.hours and one.course_id not in used]
    return sorted(able, key=lambda one: (one.hours, one.first or date.min, one.course_id))[:MOST_TRIED]


def _as_good(reach: Reach, other: Combination, best: Combination) -> bool:
    in_time = all(step.offer is None or step.chance.earned <= reach.end(step.offer) for step in other.steps)
    return (
        in_time
        and other.gain >= best.gain - NEARLY
        and other.reached <= best.reached
        and other.on <= max(best.on, best.reached)
    )
