"""The same points for fewer hours: courses of a combination that give way to years of service and to shorter ones.

A combination is made of the fewest steps and of the courses that can be completed soonest. Of a transfer that is made
anyway a further year asks for nothing but time. Where a line stands at its cap until a later day, or the target waits
for something else, a shorter course that comes later is as good.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from data_contracts.asof import add_months
from models.points.shelf import Offer
from models.points.steps import Combination, combined
from models.points.timeline import NEARLY
from models.points.ways import Reach, Way, last_turns

SLACK_MONTHS = 12  # between the first day of a transfer and the last on which it still brings the years told
MOST_TRIED = 6  # shorter courses in place of one


def least_study(
    reach: Reach, tier: Sequence[Way], counts: Sequence[int], missing: float, found: Combination
) -> Combination:
    """What reaches the target by the deadline with years in place of courses, and then with shorter courses."""
    return _with_shorter_courses(reach, *_with_more_years(reach, tier, counts, missing, found))


def _with_more_years(
    reach: Reach, tier: Sequence[Way], counts: Sequence[int], missing: float, found: Combination
) -> tuple[list[Way], list[int], float, Combination]:
    """With the years of a transfer that is made anyway in place of courses, the longest first; no more years than that
    takes, and so many that there is a year to make the transfer in. More steps it may be: a year that passes after it
    asks for nothing."""
    ways, many, best = list(tier), list(counts), found
    for year, way in enumerate(tier):
        if way.earned_by != "service" or not 0 < counts[year] < way.steps:
            continue
        spared, most = False, _unhurried(way)
        if most <= counts[year]:
            continue
        more = [most if at == year else count for at, count in enumerate(many)]
        for _, place, offer in _study(ways, many):
            kept = [one for one in ways[place].offers if one is not offer]
            trial = [*ways[:place], replace(ways[place], offers=(*kept, offer)), *ways[place + 1 :]]
            fewer = [count - (at == place) for at, count in enumerate(more)]
            if _reaches(reach, trial, fewer, missing) is not None:
                ways, more, spared = trial, fewer, True
        while spared and (other := _reaches(reach, ways, more, missing)) is not None:
            many, best = list(more), other
            more[year] -= 1
    return ways, many, missing, best


def _unhurried(way: Way) -> int:
    """How many years of a transfer leave SLACK_MONTHS to make it in."""
    return sum(
        one.transfer_by is not None
        and one.transfer_on is not None
        and one.transfer_by >= add_months(one.transfer_on, SLACK_MONTHS)
        for one in way.chances[: way.steps]
    )


def _study(ways: Sequence[Way], counts: Sequence[int]) -> list[tuple[float, int, Offer]]:
    """The courses taken, the longest first: hours, the place of the way, and the course."""
    found = [
        (offer.hours, place, offer)
        for place, (way, count) in enumerate(zip(ways, counts, strict=True))
        for offer in last_turns(way.offers[:count])
    ]
    return sorted(found, key=lambda one: (-one[0], one[1], one[2].key))


def _reaches(reach: Reach, ways: Sequence[Way], counts: Sequence[int], missing: float) -> Combination | None:
    """So many steps of each way, None where they do not reach the target by the deadline."""
    found = combined(reach, ways, counts, missing)
    return found if found.gain >= missing - NEARLY and _in_time(reach, found) else None


def _with_shorter_courses(
    reach: Reach, tier: Sequence[Way], counts: Sequence[int], missing: float, found: Combination
) -> Combination:
    """So many steps of each way, each course exchanged for the shortest that takes no points and does not put off the
    day from which the target is held, or, beyond that day, the last step.
    """
    ways, best = list(tier), found
    for place, (way, count) in enumerate(zip(tier, counts, strict=True)):
        for offer in sorted(way.offers[:count], key=lambda one: (-one.hours, -one.turn)):
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
    used = {one.key for way, count in zip(ways, counts, strict=True) for one in way.offers[:count]}
    able = [
        one for one in ways[place].courses if one.hours < offer.hours and one.key not in used and one.follows(used)
    ]  # fmt: skip
    return sorted(able, key=lambda one: (one.hours, one.first or date.min, one.key))[:MOST_TRIED]


def _as_good(reach: Reach, other: Combination, best: Combination) -> bool:
    return (
        _in_time(reach, other)
        and other.gain >= best.gain - NEARLY
        and other.reached <= best.reached
        and other.on <= max(best.on, best.reached)
    )


def _in_time(reach: Reach, found: Combination) -> bool:
    """Whether every course is completed while it can be."""
    return all(step.offer is None or step.chance.earned <= reach.end(step.offer) for step in found.steps)
