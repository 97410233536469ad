"""What would earn the missing points by when: what passes and expires by itself, and the fewest steps that reach.

Combinations are looked for only among lines that the rule table calls plannable, what is least demanding first (study,
then years of service); one that asks for more is told only where it takes fewer steps. What others decide, a merit or
a grade, is part of no combination and is named apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from data_contracts.asof import add_months
from data_contracts.decisions import PointsRule
from data_contracts.earning import DEMANDING
from data_contracts.errors import InvalidInput
from data_contracts.policy import Policy
from models.points.appraisals import NOTHING_LEARNT, Appraisals, Delays
from models.points.chances import Chance
from models.points.lines import Account, Frames, Line, accounts
from models.points.shelf import ONE_DAY, CourseWill, Offer, Shelf
from models.points.transfers import transfers
from models.points.ways import NEARLY, Reach, Way, completed_on, implied, lasting_from, ways_of

Status = Literal["reached", "by_itself", "possible", "not_within_deadline"]
MOST_COMBINATIONS = 400_000


@dataclass(frozen=True)
class Target:
    """The points asked for on a day."""

    total: float
    deadline: date


@dataclass(frozen=True)
class Loss:
    """Points that a line loses on a day because merits expire."""

    rule: PointsRule
    on: date
    points: float


@dataclass(frozen=True)
class Step:
    """One thing to earn: a merit of a rule, when it could come, and the course it would take.

    `also` are the other lines on which the same merit counts at the deadline: a law exam passed is also training
    passed. `waits` says that it could come earlier, but would have expired on one of the lines by the deadline; `after`
    that it could come earlier, were it not for the courses of the steps before it.
    """

    rule: PointsRule
    chance: Chance
    offer: Offer | None = None
    also: tuple[PointsRule, ...] = ()
    waits: bool = False
    after: bool = False

    @property
    def on(self) -> date:
        """The day from which it could count."""
        return self.chance.on

    @property
    def points(self) -> float:
        """What it gives on all lines, before any cap."""
        return self.rule.points + sum(rule.points for rule in self.also)


@dataclass(frozen=True)
class Combination:
    """Steps that together reach the target, what they add at the deadline, and from when all of them could count."""

    steps: tuple[Step, ...]
    gain: float

    @property
    def on(self) -> date:
        """The day on which the last step counts."""
        return max(step.on for step in self.steps)

    @property
    def capped(self) -> bool:
        """Whether a cap takes something from what its steps give."""
        return self.gain < sum(step.points for step in self.steps) - NEARLY


@dataclass(frozen=True)
class Plan:
    """The answer: where the officer stands now and, if nothing is done, at the deadline; what could be done.

    `on` is the first day from which the target is held by itself until the deadline; `most` is the highest total
    that the officer's own steps could reach at the deadline (where the target is within reach, at least the target).
    """

    status: Status
    now: Account
    then: Account
    target: Target
    on: date | None
    most: float
    losses: tuple[Loss, ...]
    ways: tuple[Way, ...]
    combinations: tuple[Combination, ...]

    @property
    def missing(self) -> float:
        """Points missing at the deadline if nothing is done."""
        return max(self.target.total - self.then.total, 0.0)

    @property
    def awaited(self) -> tuple[Way, ...]:
        """Lines of others' deciding that appraisals could add to by the deadline whose period is over already."""
        return tuple(way for way in self.left_to_others if any(one.awaited for one in way.chances[: way.steps]))

    @property
    def left_to_others(self) -> tuple[Way, ...]:
        """What could still give points, but not by the officer's own doing."""
        return tuple(way for way in self.ways if way.steps and not way.rule.plannable)


def plans(
    frames: Frames, now: Sequence[Account], targets: Sequence[Target], policy: Policy,
    wills: Mapping[str, CourseWill] | None = None, delays: Delays = NOTHING_LEARNT,
) -> list[Plan]:  # fmt: skip
    """One plan for each account and its target, in order; `frames` are the records that the accounts were made of.

    `wills` are what rules require of courses and what was declined, by officer; left out, nothing of either is known.
    `delays` tell when appraisals come out, as learnt by the day of the accounts; left out, at the end of their period.
    Raises InvalidInput for a deadline that is not after the day of the account.
    """
    for account, target in zip(now, targets, strict=True):
        if target.deadline <= account.as_of:
            raise InvalidInput(
                f"deadline {target.deadline} is not after {account.as_of}; give a later day",
                zh=f"期限 {target.deadline} 不晚于 {account.as_of}；请给出更晚的日期",
            )
    if not now:
        return []
    rules, earning, day = [line.rule for line in now[0].lines], policy.earning, min(one.as_of for one in now)
    shelf, appraisals = Shelf.of(frames, rules, earning, day), Appraisals.of(frames, delays)
    moves = transfers(frames, [one.officer_id for one in now], rules, policy, day)
    running = {
        account.officer_id: account for account in _later(frames, now, [add_months(one.as_of, 12) for one in now])
    }
    then = _later(frames, now, [target.deadline for target in targets])
    return [
        _plan(
            Reach(
                shelf, account, later, _serving(running[account.officer_id]), earning,
                (wills or {}).get(account.officer_id, CourseWill()), appraisals, moves[account.officer_id],
            ),
            target,
        )
        for account, later, target in zip(now, then, targets, strict=True)
    ]  # fmt: skip


def _later(frames: Frames, now: Sequence[Account], days: Sequence[date]) -> list[Account]:
    """The accounts of the same officers on later days, in order, read once for each day."""
    found: dict[int, Account] = {}
    for day in set(days):
        places = [place for place, one in enumerate(days) if one == day]
        rules = [line.rule for line in now[places[0]].lines]
        told = accounts(frames, [now[place].officer_id for place in places], rules, day)
        found |= dict(zip(places, told, strict=True))
    return [found[place] for place in range(len(now))]


def _serving(later: Account) -> frozenset[str]:
    """Rules by years with an anniversary in the year that ends with `later`: a stretch is running."""
    since = add_months(later.as_of, -12)
    by_years = [line for line in later.lines if line.rule.per == "year"]
    return frozenset(line.rule.code for line in by_years if any(merit.earned_on > since for merit in line.merits))


def _plan(reach: Reach, target: Target) -> Plan:
    ways = ways_of(reach)
    missing = target.total - reach.then.total
    most, combinations = reach.then.total, tuple[Combination, ...]()
    on = _held_from(reach, target) if missing <= NEARLY else None
    if missing > NEARLY:
        most, combinations = _combinations(reach, ways, missing)
    status: Status = "possible" if combinations else "not_within_deadline"
    if on is not None:
        status = "reached" if on == reach.start else "by_itself"
    return Plan(status, reach.now, reach.then, target, on, most, losses_of(reach.then, reach.start), ways, combinations)


def losses_of(then: Account, start: date) -> tuple[Loss, ...]:
    """What expires after `start` and by the deadline, day by day, as far as the cap does not make it up."""
    found = []
    for line in then.lines:
        ends = {merit.expires_on for merit in line.merits if merit.expires_on is not None}
        for day in sorted(end for end in ends if start < end <= then.as_of):
            before, after = (_points_on(line, day, gone) for gone in (day - timedelta(days=1), day))
            if before - after > NEARLY:
                found.append(Loss(line.rule, day, before - after))
    return tuple(sorted(found, key=lambda loss: loss.on))


def _points_on(line: Line, day: date, gone: date) -> float:
    """Points of the merits earned before `day` that have not expired by `gone`."""
    count = sum(
        merit.earned_on < day and (merit.expires_on is None or merit.expires_on > gone) for merit in line.merits
    )
    return min(count * line.rule.points, line.rule.cap)


def _held_from(reach: Reach, target: Target) -> date:
    """The first day from which the total stays at the target until the deadline, nothing being done."""
    changes = {reach.start}
    for line in reach.then.lines:
        days = (day for merit in line.merits for day in (merit.earned_on, merit.expires_on))
        changes |= {day for day in days if day is not None and reach.start < day <= reach.deadline}
    since = reach.start
    for day in sorted(changes):
        total = sum(_counted_on(line, day, reach.start) for line in reach.then.lines)
        if total < target.total - NEARLY:
            since = min((later for later in changes if later > day), default=reach.deadline)
    return since


def _counted_on(line: Line, day: date, start: date) -> float:
    """Points of a line on a day from `start` on, when only years pass and merits expire."""
    count = sum(
        merit.earned_on <= max(day, start) and (merit.expires_on is None or merit.expires_on > day)
        for merit in line.merits
    )
    return min(count * line.rule.points, line.rule.cap)


def _combinations(reach: Reach, ways: Sequence[Way], missing: float) -> tuple[float, tuple[Combination, ...]]:
    """The highest total possible, and of each tier that reaches with fewer steps than those before it the fewest."""
    told: list[Combination] = []
    most = reach.then.total
    for tier in _tiers(ways):
        sizes = _sizes(tier, missing)
        gains = np.where(_in_time(reach, tier, sizes), _gains(reach, tier, sizes), -np.inf)
        most = max(most, reach.then.total + float(gains.max()))
        steps = sum(np.ogrid[tuple(slice(size) for size in sizes)], np.zeros(sizes, dtype=np.int64))
        fewest = np.where(gains >= missing - NEARLY, steps, np.iinfo(np.int64).max)
        number = int(fewest.min())
        if gains.max() < missing - NEARLY or (told and number >= len(told[-1].steps)):
            continue
        best = int(np.where(fewest == number, gains, np.inf).argmin())  # the least beyond what is missing
        counts = [int(count) for count in np.unravel_index(best, sizes)]
        told.append(_combination(reach, tier, counts, missing))
    return most, tuple(told)


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


def _combination(reach: Reach, tier: Sequence[Way], counts: Sequence[int], missing: float) -> Combination:
    """The steps of a choice as soon as they can be taken; where one of them would lapse on a line that is needed, each
    waits until it stands at the deadline on every line that it can."""
    for waits in (False, True):
        steps = _steps(reach, tier, counts, waits)
        gain = 0.0
        for line in reach.then.lines:
            here = sum(line.rule.code in (step.rule.code, *(one.code for one in step.also)) for step in steps)
            gain += min(line.subtotal + here * line.rule.points, line.rule.cap) - line.points
        if gain >= missing - NEARLY:
            break
    return Combination(steps, gain)


def _steps(reach: Reach, tier: Sequence[Way], counts: Sequence[int], waits: bool) -> tuple[Step, ...]:
    """The steps of a choice in the order of their days; courses are taken one after another."""
    chosen = [
        [replace(offer, first=offer.whole) if waits else offer for offer in way.offers[:count]]
        for way, count in zip(tier, counts, strict=True)
    ]
    done = completed_on(reach, [offer for offers in chosen for offer in offers])
    found = []
    for way, count, offers in zip(tier, counts, chosen, strict=True):
        others = [line.rule for line in reach.then.lines if line.rule.code != way.rule.code]
        for number in range(count):
            offer = offers[number] if offers else None
            if offer is None:  # one transfer for all years, early enough for the last of them
                chance = replace(way.chances[number], transfer_by=way.chances[count - 1].transfer_by)
            else:
                chance = Chance(done[offer.course_id], done[offer.course_id] + ONE_DAY)
            also = tuple(one for one in others if implied(way.rule, one) and reach.stands(one, chance.earned))
            # held back to the very day, not by the courses before it
            held = waits and offer is not None and chance.earned == offer.whole != way.offers[number].first
            after = offer is not None and chance.earned > reach.together([offer])
            found.append(Step(way.rule, chance, offer, also, held, after))
    taken = {course: place for place, course in enumerate(done)}
    return tuple(sorted(found, key=lambda step: (step.on, taken[step.offer.course_id] if step.offer else -1)))
