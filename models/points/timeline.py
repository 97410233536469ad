"""The total day by day until the deadline: what is on record, what passes and expires by itself, and what is added.

A total at the deadline does not tell on which day it is reached: a step adds nothing while its line stands at its cap,
and a target may wait for a year of service that passes by itself. So every day that is told is read off here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import NamedTuple, Self

from data_contracts.asof import add_months
from data_contracts.decisions import PointsRule
from models.points.lines import Account, Line

NEARLY = 1e-9
ONE_DAY = timedelta(days=1)


class Span(NamedTuple):
    """The days on which a merit counts: from `since` to before `until` (None: for good)."""

    since: date
    until: date | None

    @classmethod
    def of(cls, rule: PointsRule, earned: date, on: date) -> Self:
        """Of a merit that is earned on a day and counts from another; it expires by the day it was earned."""
        return cls(on, None if rule.expires_months is None else add_months(earned, rule.expires_months))

    def holds(self, day: date) -> bool:
        """Whether it counts on a day."""
        return self.since <= day and (self.until is None or day < self.until)


Merits = Iterable[tuple[PointsRule, Span]]


@dataclass(frozen=True)
class Timeline:
    """The merits of each line that count on some day from `start` to `deadline`, in the order of the rule table."""

    start: date
    deadline: date
    lines: tuple[tuple[PointsRule, tuple[Span, ...]], ...]

    @classmethod
    def of(cls, then: Account, start: date) -> Self:
        """From the account at the deadline: what is on record and what passes by itself."""
        return cls(start, then.as_of, tuple((line.rule, _spans(line, start)) for line in then.lines))

    def plus(self, merits: Merits) -> Self:
        """With more merits, each on the line of its rule."""
        more = [(rule.code, span) for rule, span in merits]
        lines = ((rule, (*spans, *(span for code, span in more if code == rule.code))) for rule, spans in self.lines)
        return replace(self, lines=tuple(lines))

    def total(self, day: date) -> float:
        """The total on a day, in the order of the rule table."""
        return sum(_points(rule, spans, day) for rule, spans in self.lines)

    def held_from(self, total: float) -> date | None:
        """The first day from which this total is held until the deadline; None where it is not held then.

        The total on the day before is smaller, unless it is held from the start.
        """
        spans = [span for _, own in self.lines for span in own]
        return self._lasting(spans, lambda day: self.total(day) >= total - NEARLY)

    def adding(self, rule: PointsRule, span: Span) -> date | None:
        """The first day from which one more merit adds to its line what it adds at the deadline; None for nothing.

        That is later than the day from which it counts where the line stands at its cap until others expire.
        """
        before = next(spans for one, spans in self.lines if one.code == rule.code)
        after = (*before, span)
        if len(after) * rule.points <= rule.cap + NEARLY:  # no cap on any day
            return span.since if span.holds(self.deadline) else None

        def adds(day: date) -> float:
            return _points(rule, after, day) - _points(rule, before, day)

        full = adds(self.deadline)
        return None if full <= NEARLY else self._lasting(after, lambda day: adds(day) >= full - NEARLY)

    def _lasting(self, spans: Iterable[Span], holds: Callable[[date], bool]) -> date | None:
        """The first day from which something holds until the deadline, where only these merits change it."""
        days = {self.start} | {day for span in spans for day in span if day is not None and self.start < day}
        since = None
        for day in sorted((day for day in days if day <= self.deadline), reverse=True):
            if not holds(day):
                break
            since = day
        return since


def _spans(line: Line, start: date) -> tuple[Span, ...]:
    """When each merit of a line counts; one of a row does from the day after."""
    wait = ONE_DAY if line.rule.per == "row" else timedelta()
    spans = (Span(merit.earned_on + wait, merit.expires_on) for merit in line.merits)
    return tuple(span for span in spans if span.until is None or span.until > start)


def _points(rule: PointsRule, spans: Iterable[Span], day: date) -> float:
    return min(sum(span.holds(day) for span in spans) * rule.points, rule.cap)


@dataclass(frozen=True)
class Loss:
    """Points that a line loses on a day because merits expire."""

    rule: PointsRule
    on: date
    points: float


def losses_of(then: Account, start: date) -> tuple[Loss, ...]:
    """What expires after `start` and by the deadline, day by day, as far as the cap does not make it up."""
    found = []
    for line in then.lines:
        ends = {merit.expires_on for merit in line.merits if merit.expires_on is not None}
        for day in sorted(end for end in ends if start < end <= then.as_of):
            before, after = (_points_on(line, day, gone) for gone in (day - ONE_DAY, day))
            if before - after > NEARLY:
                found.append(Loss(line.rule, day, before - after))
    return tuple(sorted(found, key=lambda loss: loss.on))


def _points_on(line: Line, day: date, gone: date) -> float:
    """Points of the merits earned before `day` that have not expired by `gone`."""
    count = sum(
        merit.earned_on < day and (merit.expires_on is None or merit.expires_on > gone) for merit in line.merits
    )
    return min(count * line.rule.points, line.rule.cap)
