"""What would earn the missing points by when: what passes and expires by itself, and the fewest steps that reach.

What others decide, a merit or a grade, is part of no combination and is named apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from data_contracts.asof import add_months
from data_contracts.policy import Policy
from models.points.appraisals import NOTHING_LEARNT, Appraisals, Delays
from models.points.awaiting import Awaiting, awaiting_of
from models.points.combinations import combinations
from models.points.lines import Account, Frames, accounts
from models.points.shelf import CourseWill, Shelf
from models.points.steps import Combination
from models.points.targets import Target, check_deadline
from models.points.timeline import NEARLY, Loss, losses_of
from models.points.transfers import transfers
from models.points.ways import Reach, Way, ways_of

Status = Literal["reached", "by_itself", "possible", "not_within_deadline"]


@dataclass(frozen=True)
class Plan:
    """The answer: where the officer stands now and, if nothing is done, at the deadline; what could be done.

    `on` is the first day from which the target is held by itself until the deadline; `most` is the highest total
    that the officer's own steps could reach at the deadline (where the target is within reach, at least the target);
    `awaiting` is what appraisals that are not published yet would do, where it is not held by itself.
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
    awaiting: tuple[Awaiting, ...] = ()

    @property
    def missing(self) -> float:
        """Points missing at the deadline if nothing is done."""
        return max(self.target.total - self.then.total, 0.0)

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
    Raises InvalidInput for a deadline that is not after the day of the account or too far ahead (`check_deadline`).
    """
    for account, target in zip(now, targets, strict=True):
        check_deadline(target.deadline, account.as_of, policy.earning)
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
    ways, losses = ways_of(reach), losses_of(reach.then, reach.start)
    missing = target.total - reach.then.total
    if missing <= NEARLY:
        on = reach.timeline.held_from(target.total) or reach.deadline
        status: Status = "reached" if on == reach.start else "by_itself"
        return Plan(status, reach.now, reach.then, target, on, reach.then.total, losses, ways, ())
    found = combinations(reach, ways, missing)
    awaiting = awaiting_of(reach, ways, None if found.told else found.fullest, target)
    status = "possible" if found.told else "not_within_deadline"
    return Plan(status, reach.now, reach.then, target, None, found.most, losses, ways, found.told, awaiting)
