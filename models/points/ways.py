"""The ways in which an officer could still earn points by a deadline: how many steps, from which day, what each gives.

A step is one more merit of a rule: an award, an appraisal, a course passed, a full year served. What is possible is
policy (policy/earning.toml). A merit of a row counts from the day after, so the last useful day is the one before
the deadline, and an appraisal not before it is known (appraisals.py); a year that needs a transfer begins on the first
day on which rules allow one (transfers.py). Where merits expire, only those count that last until the deadline.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from math import ceil
from typing import NamedTuple

import numpy as np

from data_contracts.asof import add_months
from data_contracts.decisions import PointsRule
from data_contracts.earning import EarnedBy, EarningPolicy
from models.points.appraisals import Appraisals
from models.points.chances import Chance
from models.points.lines import Account
from models.points.shelf import CourseWill, Offer, Shelf
from models.points.timeline import NEARLY, ONE_DAY, Merits, Span, Timeline


@dataclass(frozen=True)
class Way:
    """A rule with what could still be earned on it by the deadline.

    `room` is what the cap leaves at the deadline once that day's own merits are counted; `chances` are one, two, ...
    more merits, each as early as it could count, and `days` those from which each of the steps adds points: later than
    it counts where the line stands at its cap until others expire. `by_itself` are the anniversaries that pass while
    the present posting lasts (already in the points expected at the deadline). `offers` are the courses, first those
    that can be completed soonest; all of them together can be, each by the last day of its offer; `courses` are these
    and whatever else would do. `awaited` are the
    appraisals of a period that is over, those too that are usually known only after the deadline; `missing` is the end
    of the last period before that, once for each appraisal of it that never came; `transfer_from` is the first day on
    which a post whose years count may be taken, None where nothing but the present one is needed.
    """

    rule: PointsRule
    earned_by: EarnedBy
    room: float
    chances: tuple[Chance, ...]
    days: tuple[date, ...] = ()
    by_itself: tuple[date, ...] = ()
    offers: tuple[Offer, ...] = ()
    courses: tuple[Offer, ...] = ()
    awaited: tuple[Chance, ...] = ()
    missing: tuple[date, ...] = ()
    transfer_from: date | None = None

    @property
    def steps(self) -> int:
        """How many more merits could still give points."""
        return min(len(self.chances), ceil(self.room / self.rule.points - NEARLY))

    @property
    def most(self) -> float:
        """The most points that they can give."""
        return min(self.room, self.steps * self.rule.points)

    def gives(self) -> tuple[float, ...]:
        """What each step gives; the last one may give the rest of the room."""
        points = self.rule.points
        return tuple(min(points, self.room - number * points) for number in range(self.steps))


@dataclass(frozen=True)
class Reach:
    """What is asked for one officer: the account today and at the deadline, the courses, the policy of earning.

    `serving` are the rules by years whose next year is running; `will` is what is required and declined of courses;
    `transfers` are the first days on which a post may be taken whose years count for a rule, by its code.
    """

    shelf: Shelf
    now: Account
    then: Account
    serving: frozenset[str]
    earning: EarningPolicy
    will: CourseWill
    appraisals: Appraisals
    transfers: Mapping[str, date]

    @property
    def start(self) -> date:
        """Today."""
        return self.now.as_of

    @property
    def deadline(self) -> date:
        """The day on which the points are asked for."""
        return self.then.as_of

    @cached_property
    def timeline(self) -> Timeline:
        """The total day by day if nothing is done."""
        return Timeline.of(self.then, self.start)

    @cached_property
    def _lines_of(self) -> Mapping[str, tuple[PointsRule, ...]]:
        """The rules of the lines on which a merit of each rule counts."""
        rules = [line.rule for line in self.then.lines]
        return {rule.code: tuple(one for one in rules if implied(rule, one)) for rule in rules}

    def merits(self, rule: PointsRule, chance: Chance) -> Merits:
        """One more merit of a rule on every line on which it counts for some time."""
        return [(one, Span.of(one, chance.earned, chance.on)) for one in self._lines_of[rule.code]]

    def end(self, offer: Offer) -> date:
        """The last day on which completing a course still gives something: of its offer, or before the deadline."""
        last = self.deadline - ONE_DAY
        return last if offer.last is None else min(offer.last, last)

    def stands(self, rule: PointsRule, earned: date) -> bool:
        """Whether a merit of a rule that is earned on a day has not expired at the deadline."""
        since = lasting_from(rule, self.deadline)
        return since is None or earned >= since

    def urgent(self, offer: Offer) -> bool:
        """Whether a course is overdue and gives its merit on whatever day it is completed."""
        return offer.overdue and (offer.first is None or offer.first <= self.start)

    def study_hours(self, until: date) -> float:
        """The hours of study until the end of a day."""
        return max((until - self.start).days, 0) * self.earning.study_hours_a_week / 7.0

    def studied(self, hours: float) -> date:
        """The day on which so many hours of study have been found."""
        return self.start + timedelta(days=self.earning.study_days(hours))

    def together(self, offers: Sequence[Offer]) -> date:
        """The day on which the last of these courses is completed, whatever their order: nothing else is studied."""
        done = self.studied(sum(offer.hours for offer in offers))
        return max([done, *(offer.first for offer in offers if offer.first is not None)])


def ways_of(reach: Reach) -> tuple[Way, ...]:
    """Every rule in the order of the table, with what could still be earned on it."""
    offers = _offers(reach)
    ways = []
    for number, line in enumerate(reach.then.lines):
        rule, kind = line.rule, reach.earning.earned_by(line.rule)
        room = max(rule.cap - line.points, 0.0)
        known = {merit.earned_on for merit in reach.now.lines[number].merits}
        passing = tuple(merit.earned_on for merit in line.merits if rule.per == "year" and merit.earned_on not in known)
        since = max(reach.start, lasting_from(rule, reach.deadline) or reach.start)
        own, able = offers.get(rule.code, ((), ()))
        told = _chances(reach, rule, kind, since, own)
        way = Way(
            rule, kind, room, tuple(one for one in told if one.on <= reach.deadline), (), passing,
            own if kind == "study" else (),
            able if kind == "study" else (),
            tuple(one for one in told if one.awaited),
            _missing(reach, rule) if kind == "appraisal" else (),
            None if passing or rule.code in reach.serving else reach.transfers.get(rule.code),
        )  # fmt: skip
        ways.append(replace(way, days=_adding(reach, way)))
    return tuple(ways)


def _adding(reach: Reach, way: Way) -> tuple[date, ...]:
    """The days from which one, two, ... more merits add points to the line."""
    spans = [Span.of(way.rule, chance.earned, chance.on) for chance in way.chances[: way.steps]]
    found = []
    for number, span in enumerate(spans):
        before = reach.timeline.plus((way.rule, each) for each in spans[:number])
        found.append(before.adding(way.rule, span) or span.since)
    return tuple(found)


def lasting_from(rule: PointsRule, deadline: date) -> date | None:
    """The first day on which a merit would still count at the deadline; None where merits never expire.

    >>> from data_contracts.policy import policy
    >>> commendation = next(rule for rule in policy().points if rule.code == "commendation")
    >>> lasting_from(commendation, date(2027, 2, 28))
    datetime.date(2024, 3, 1)
    """
    if rule.expires_months is None:
        return None
    day = add_months(deadline, -rule.expires_months)
    while add_months(day, rule.expires_months) <= deadline:
        day += ONE_DAY
    return day


def implied(rule: PointsRule, other: PointsRule) -> bool:
    """Whether every merit of `rule` is one of `other` too: a law exam passed is also training passed.

    >>> from data_contracts.policy import policy
    >>> law, training = (rule for rule in policy().points if rule.table == "course_completions")
    >>> implied(law, training), implied(training, law)
    (True, False)
    """
    if (rule.table, rule.date, rule.per) != (other.table, other.date, other.per):
        return False
    within = all(
        set(rule.where.get(name, ())) <= set(values) and name in rule.where for name, values in other.where.items()
    )
    return within and all(rule.at_least.get(name, -np.inf) >= least for name, least in other.at_least.items())


def _chances(
    reach: Reach, rule: PointsRule, kind: EarnedBy, since: date, offers: Sequence[Offer]
) -> tuple[Chance, ...]:
    """One, two, ... more merits as early as they could count, earned by the deadline."""
    if kind == "service":
        return () if rule.per != "year" or rule.code in reach.serving else _years(reach, rule)
    lasting, officer_id = lasting_from(rule, reach.deadline), reach.now.officer_id
    if kind == "appraisal":
        first = lasting or date.min
        return reach.appraisals.chances(officer_id, rule, first, reach.start, reach.deadline, reach.earning)
    if kind == "study":
        firsts = [offers[:number] for number in range(1, len(offers) + 1)]
        found = [(reach.together(some), reach.studied(sum(one.hours for one in some))) for some in firsts]
    else:
        apart = 12 / reach.earning.awards_a_year
        found, number = [], 0
        while (day := add_months(since, round(number * apart))) < reach.deadline:
            found.append((day, reach.start))
            number += 1
    return tuple(
        Chance(day, day + ONE_DAY, waits=sooner < day == lasting) for day, sooner in found if day < reach.deadline
    )


def _missing(reach: Reach, rule: PointsRule) -> tuple[date, ...]:
    """The appraisals that never came, of the last period of which none is awaited, where they would still count."""
    since = lasting_from(rule, reach.deadline) or date.min
    return reach.appraisals.missing(reach.now.officer_id, rule, since, reach.start, reach.earning)


def _years(reach: Reach, rule: PointsRule) -> tuple[Chance, ...]:
    """The anniversaries of a posting that would start on the first day on which a transfer is allowed."""
    begin, found, number = reach.transfers.get(rule.code), [], 1
    if begin is None:
        return ()
    since = lasting_from(rule, reach.deadline) or begin
    while (day := add_months(begin, 12 * number)) <= reach.deadline:
        by = _begun_by(reach.deadline, 12 * number)
        found += [Chance(day, day, transfer_by=by, transfer_on=begin)] if day >= since else []
        number += 1
    return tuple(found)


def _begun_by(deadline: date, months: int) -> date:
    """The last day on which so many months can begin that end by the deadline.

    >>> _begun_by(date(2025, 2, 28), 12)
    datetime.date(2024, 2, 29)
    """
    day = add_months(deadline, -months)
    while add_months(day + ONE_DAY, months) <= deadline:
        day += ONE_DAY
    return day


def last_turns(offers: Sequence[Offer]) -> list[Offer]:
    """Of each course only the last of its times: those before it are what it comes after."""
    keys = {one.key for one in offers}
    return [one for one in offers if (one.course_id, one.turn + 1) not in keys]


class Taken(NamedTuple):
    """When the hours of a course are found, those of the courses before it too, and when it is completed."""

    studied: date
    completed: date


def taken_one_by_one(reach: Reach, offers: Sequence[Offer]) -> dict[tuple[str, int], Taken]:
    """When each course is taken, by its key, one after another, in the order in which they are taken.

    One that must not be completed before a day is studied in its turn all the same: so several can end on that day.
    Again it is completed once the certificate of the time before has lapsed.
    """
    found, hours = dict[tuple[str, int], Taken](), 0.0
    for offer in _in_order(reach, offers):
        hours += offer.hours
        studied = reach.studied(hours)
        before = found.get((offer.course_id, offer.turn - 1))
        again = studied if before is None else offer.again_from(before.completed)
        found[offer.key] = Taken(studied, max(studied, again, offer.first or studied))
    return found


def _in_order(reach: Reach, offers: Sequence[Offer]) -> list[Offer]:
    """What is overdue and need not wait first, then what is completed soonest, so that points come soon, each by its
    last day.

    Filled from the end (Smith 1956): the last place goes to the longest of the courses whose last day is late enough
    for the hours of all; where each can be completed in time in some order, it is in this one.
    """
    left, order = list(offers), list[Offer]()
    while left:
        hours = sum(offer.hours for offer in left)
        able = [one for one in left if hours <= reach.study_hours(reach.end(one)) + NEARLY]
        last = max(
            able or [max(left, key=reach.end)],
            key=lambda one: (not reach.urgent(one), reach.together([one]), one.hours, one.key),
        )
        left.remove(last)
        order.append(last)
    return order[::-1]


def _offers(reach: Reach) -> Mapping[str, tuple[tuple[Offer, ...], tuple[Offer, ...]]]:
    """The courses of each rule of study that are looked at, each given to one rule, the one that is worth most; and all
    that would do.

    A line without room claims none.
    """
    lines = [line for line in reach.then.lines if line.rule.code in reach.shelf.courses and line.points < line.rule.cap]
    found, claimed = {}, set[str]()
    for line in sorted(lines, key=lambda line: -line.rule.points):
        rule = line.rule
        since = lasting_from(rule, reach.deadline) or reach.start
        told = reach.shelf.offers(rule, reach.now.officer_id, reach.will)
        most = ceil(rule.cap / rule.points - NEARLY)
        free = [
            turn for one in told if one.course_id not in claimed
            for turn in _turns(reach, rule, replace(one, first=max(since, one.first or reach.start)), most)
        ]  # fmt: skip
        open_ones = sorted(_in_time(reach, free), key=lambda one: (one.first, one.hours, one.key))
        looked_at = tuple(open_ones[:most])
        found[rule.code] = looked_at, tuple(one for one in free if reach.together([one]) <= reach.end(one))
        claimed |= {offer.course_id for offer in looked_at}
    return found


def _turns(reach: Reach, rule: PointsRule, offer: Offer, most: int) -> Iterator[Offer]:
    """A course, and each further time that it could be taken, its certificate having lapsed."""
    yield _lasting(reach, rule, offer)
    while offer.valid_months is not None and offer.turn < most:
        first = offer.again_from(reach.together([offer]))
        offer = replace(offer, first=first, turn=offer.turn + 1, overdue=False)
        yield _lasting(reach, rule, offer)


def _lasting(reach: Reach, rule: PointsRule, offer: Offer) -> Offer:
    """With the day from which it counts at the deadline on each line with room that can still be waited for."""
    lines = [line.rule for line in reach.then.lines if line.points < line.rule.cap and implied(rule, line.rule)]
    days = (lasting_from(one, reach.deadline) for one in lines)
    waited = [day for day in days if day is not None and day <= reach.end(offer)]
    return replace(offer, whole=max([offer.first or reach.start, *waited]))


def _in_time(reach: Reach, offers: Sequence[Offer]) -> list[Offer]:
    """The most courses that can all be completed in time, the shortest (Moore 1968: where the hours until a day do not
    do for those that end by it, the longest of them is left out).
    """
    able = [one for one in offers if reach.together([one]) <= reach.end(one)]
    kept: list[Offer] = []
    for one in sorted(able, key=lambda one: (reach.end(one), one.turn, one.hours, one.course_id)):
        kept.append(one)
        if sum(each.hours for each in kept) > reach.study_hours(reach.end(one)) + NEARLY:
            kept.remove(max(kept, key=lambda each: (each.hours, each.key)))
    return kept
