"""Steps of an officer's own taken together: when each is done, from when it adds points, and when that reaches a total.

A step that counts need not add anything yet: its line may stand at its cap until others expire. And what all steps add
at the deadline may reach the target only once a year of service has passed, so the day that is told as reached is that
of the total, not that of the last step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from data_contracts.decisions import PointsRule
from models.points.chances import Chance
from models.points.shelf import Offer
from models.points.timeline import NEARLY, ONE_DAY, Timeline
from models.points.ways import Reach, Taken, Way, implied, lasting_from, taken_one_by_one


@dataclass(frozen=True)
class Step:
    """One thing to earn: a merit of a rule, when it could come, and the course it would take.

    `also` are the other lines on which the same merit adds points at the deadline: a law exam passed is also training
    passed. `adds` are the days from which it adds points, by the code of its own rule and of these. `waits` is the rule
    on whose line it would have expired by the deadline, had it come sooner; `after` says that it could come sooner,
    were it not for the courses of the steps before it.
    """

    rule: PointsRule
    chance: Chance
    offer: Offer | None = None
    also: tuple[PointsRule, ...] = ()
    waits: PointsRule | None = None
    after: bool = False
    adds: Mapping[str, date] = field(default_factory=dict)

    @property
    def on(self) -> date:
        """The day from which it could count."""
        return self.chance.on

    @property
    def points(self) -> float:
        """What it gives on all lines, before any cap."""
        return self.rule.points + sum(rule.points for rule in self.also)

    def adds_on(self, rule: PointsRule) -> date:
        """The day from which it adds points on the line of a rule."""
        return self.adds.get(rule.code, self.on)


@dataclass(frozen=True)
class Combination:
    """Steps that together reach the target, what they add at the deadline, and the first day from which the target is
    then held until the deadline, with what passes and expires by itself.
    """

    steps: tuple[Step, ...]
    gain: float
    reached: date

    @property
    def on(self) -> date:
        """The day on which the last step counts."""
        return max(step.on for step in self.steps)

    @property
    def waits(self) -> bool:
        """Whether a step must not be taken sooner, so that it still stands at the deadline."""
        return any(step.waits is not None for step in self.steps)

    @property
    def capped(self) -> bool:
        """Whether a cap takes something from what its steps give."""
        return self.gain < sum(step.points for step in self.steps) - NEARLY


def combined(reach: Reach, tier: Sequence[Way], counts: Sequence[int], missing: float) -> Combination:
    """So many steps of each way, with what they add at the deadline and the day from which nothing is missing.

    Once a transfer is made its further years pass by themselves too: they add to no plan, but may bring that day.
    """
    steps = _adding(reach, steps_of(reach, tier, counts, missing))
    timeline = with_steps(reach, steps)
    gain = timeline.total(reach.deadline) - reach.then.total
    for way, count in zip(tier, counts, strict=True):
        if count and way.earned_by == "service":
            timeline = timeline.plus(merit for one in way.chances[count:] for merit in reach.merits(way.rule, one))
    return Combination(steps, gain, timeline.held_from(reach.then.total + missing) or reach.deadline)


def with_steps(reach: Reach, steps: Sequence[Step]) -> Timeline:
    """The total day by day with these steps."""
    return reach.timeline.plus(merit for step in steps for merit in reach.merits(step.rule, step.chance))


def steps_of(reach: Reach, tier: Sequence[Way], counts: Sequence[int], gain: float) -> tuple[Step, ...]:
    """So many steps of each way as soon as they can be taken; where one of them would lapse on a line that is needed
    for what is to be gained, each waits until it stands at the deadline on every line that it can.
    """
    soon = _steps(reach, tier, counts, waits=False)
    gained = with_steps(reach, soon).total(reach.deadline) - reach.then.total
    if gained >= gain - NEARLY:
        return soon
    late = _steps(reach, tier, counts, waits=True)
    # waiting may be worse: what is taken again may then come too late
    return late if with_steps(reach, late).total(reach.deadline) - reach.then.total >= gained - NEARLY else soon


def _adding(reach: Reach, steps: Sequence[Step]) -> tuple[Step, ...]:
    """Each step with the lines on which it adds points at the deadline, and from when, those before it being taken."""
    found, timeline = [], reach.timeline
    for step in steps:
        adds, merits = {}, [*reach.merits(step.rule, step.chance)]
        for rule, span in merits:
            day = timeline.adding(rule, span)
            if day is not None:
                adds[rule.code] = day
        also = tuple(rule for rule, _ in merits if rule.code in adds and rule.code != step.rule.code)
        found.append(replace(step, also=also, adds=adds))
        timeline = timeline.plus(merits)
    return tuple(found)


def _steps(reach: Reach, tier: Sequence[Way], counts: Sequence[int], waits: bool) -> tuple[Step, ...]:
    """The steps of a choice in the order of their days; courses are taken one after another."""
    chosen = [
        [replace(offer, first=offer.whole) if waits else offer for offer in way.offers[:count]]
        for way, count in zip(tier, counts, strict=True)
    ]
    taken = taken_one_by_one(reach, [offer for offers in chosen for offer in offers])
    found = list[Step]()
    for way, count, offers in zip(tier, counts, chosen, strict=True):
        if offers:
            found += [_course(reach, way.rule, offer, taken[offer.key]) for offer in offers]
        else:
            found += _others(way, count)
    places = {key: place for place, key in enumerate(taken)}
    return tuple(sorted(found, key=lambda step: (step.on, places[step.offer.key] if step.offer else -1)))


def _course(reach: Reach, rule: PointsRule, offer: Offer, taken: Taken) -> Step:
    """A course in its turn."""
    done, held = taken.completed, None
    if done > taken.studied:  # to the very day, not by the courses before it
        lines = [rule, *(line.rule for line in reach.then.lines if implied(rule, line.rule))]
        held = next((one for one in lines if lasting_from(one, reach.deadline) == done), None)
    return Step(rule, Chance(done, done + ONE_DAY), offer, waits=held, after=done > reach.together([offer]))


def _others(way: Way, count: int) -> list[Step]:
    """The first steps of a way without courses: one transfer for all years, early enough for the last of them."""
    chances = way.chances[:count]
    return [
        Step(way.rule, replace(one, transfer_by=chances[-1].transfer_by), waits=way.rule if one.waits else None)
        for one in chances
    ]
