"""Whether an officer is on track, and whether the plan changes: only when something relevant became known.

Relevant is what concerns the plan: a posting of the officer, a completion of a course the plan asks for, an appraisal,
an assessment of a competency that the plan needs, a new goal or another time for it, a vacancy on the path, or a step
that has not come although its time is over. Even then the old path stays while its chance is within `keep_within` of
the best one, so that a plan does not flicker. A path that the officer declined does not stay. Everything of the officer
that became known is told once, the rest with the word that the plan does not rest on it; vacancies are told of the
posts of the path, one line a post. A plan remembers what it knew, so that a row delivered late is news whatever day it
says it was known on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256

from data_contracts.asof import add_months
from data_contracts.pathing import PathPolicy
from models.paths.reasons import ASIDE, Because, because, in_order

EVENTS = ("posting", "completion", "appraisal", "assessment", "goal", "vacancy")
OF_ONE_KIND = ("posting", "assessment")  # of which plans for a post and plans for a rank have each their own, or none
ON_TRACK, AHEAD, OFF_TRACK, REACHED, NO_PATH = "on_track", "ahead", "off_track", "reached", "no_path"
FIRST = "first"  # there is no last plan to be on track of
MARK = 8  # characters by which a plan remembers an event: of two of one officer, one in four thousand million is alike


@dataclass(frozen=True)
class PlannedStep:
    """A step of a plan with the day it is expected on and the 80 % interval of that day; the courses it asks for, and
    the competencies that fall short of its post."""

    post: str
    expected_on: date
    low_on: date
    high_on: date
    courses: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """A path to a goal as it was told on a day; `chance` is that of arriving this way within the horizon.

    Without steps there was no path on that day. `knew` are the marks of the events it was made with, None where nobody
    kept them: then what was known on its day counts as known to it. `horizon_months` is None where nobody kept that.
    """

    goal: str
    made_on: date
    steps: tuple[PlannedStep, ...]
    chance: float
    knew: frozenset[str] | None = None
    horizon_months: int | None = None

    @property
    def path(self) -> tuple[str, ...]:
        """The posts alone, in order."""
        return tuple(step.post for step in self.steps)

    @property
    def courses(self) -> frozenset[str]:
        """Every course the plan asks for."""
        return frozenset(course for step in self.steps for course in step.courses)

    @property
    def gaps(self) -> frozenset[str]:
        """Every competency that falls short on the way."""
        return frozenset(gap for step in self.steps for gap in step.gaps)

    def knows(self, event: Event) -> bool:
        """Whether it was made with this event in view."""
        return event.known_on <= self.made_on if self.knew is None else event.mark in self.knew


@dataclass(frozen=True)
class Event:
    """Something that became known: `kind` is one of EVENTS, `item` the post, course or goal it is about."""

    kind: str
    item: str
    occurred_on: date
    known_on: date

    @property
    def mark(self) -> str:
        """By which a plan remembers it; a later word of the same has the same."""
        return sha256(f"{self.kind}|{self.item}|{self.occurred_on}".encode()).hexdigest()[:MARK]


@dataclass(frozen=True)
class Now:
    """Where things stand: the goal, today's plans for it, best first, and what is on record of the officer.

    `declined` are paths that the officer does not want, with the day of that word; they are not among the plans.
    `ends_first` says that there is no plan because service ends before any could be done.
    """

    goal: str
    as_of: date
    plans: Sequence[Plan]
    events: Sequence[Event] = ()
    declined: Mapping[tuple[str, ...], date] = field(default_factory=dict)
    ends_first: bool = False
    horizon_months: int | None = None


@dataclass(frozen=True)
class Replanned:
    """The plan that holds now, None without one; `changed` says whether its path is another than what was left."""

    plan: Plan | None
    status: str
    changed: bool
    why: tuple[Because, ...]


def replan(last: Plan | None, now: Now, policy: PathPolicy) -> Replanned:
    """The plan that holds at `now.as_of`, given the last one; what made the status stands first among the reasons."""
    found = _replanned(last, now, policy)
    return replace(found, why=in_order(found.why))


def knew(events: Iterable[Event], as_of: date, path: Sequence[str]) -> frozenset[str]:
    """What a plan made on a day with these events in view remembers: the officer's, and the vacancies of its path."""
    seen = (one for one in events if one.known_on <= as_of and (one.kind != "vacancy" or one.item in path))
    return frozenset(one.mark for one in seen)


def _replanned(last: Plan | None, now: Now, policy: PathPolicy) -> Replanned:
    if last is None:
        first = _anew(now, (because("first"),))
        return replace(first, status=first.status if first.plan is None else FIRST, changed=False)
    news = [event for event in now.events if event.known_on <= now.as_of and not last.knows(event)]
    if now.goal != last.goal:
        stated = [event.occurred_on for event in news if (event.kind, event.item) == ("goal", now.goal)]
        # A plan for a rank kept no marks of posts and assessments, nor one for a post of ranks: where the last plan
        # remembers none of a kind, such events are new by day alone
        marked = {event.kind for event in now.events if last.knows(event)}
        by_day = {kind for kind in OF_ONE_KIND if kind not in marked}
        since = [event for event in news if event.kind not in by_day or event.known_on > last.made_on]
        others = [event for event in since if (event.kind, event.item) != ("goal", now.goal)]
        changed = because("goal", now.goal, max(stated, default=None), last.goal)
        return _anew(now, (changed, *_reasons(last, others, None)))
    longer = _horizon(last, now)
    if not last.steps:
        return _reopened(now, (*longer, *_reasons(last, news, None)))
    rest, taken, left = _progress(last, news)
    if not rest:
        return Replanned(None, REACHED, True, (because("reached", last.goal, taken[-1].occurred_on),))
    late = _overdue(rest[0], now.as_of, policy)
    overdue = [because("overdue", rest[0].post, rest[0].high_on)] if late else []
    why = [*longer, *_reasons(last, news, left), *overdue]
    refused = now.declined.get(tuple(step.post for step in rest))
    status = OFF_TRACK if late or left is not None else _status(last, taken)
    if refused is not None:
        return _anew_but(now, (status, (*why, because("declined", since=refused))))
    if now.ends_first and not now.plans:
        return Replanned(None, OFF_TRACK, True, (*why, because("retirement")))
    relevant = any(one.code not in ASIDE for one in why)
    if not relevant and not now.plans:
        return Replanned(None, OFF_TRACK, True, (*why, because("none")))
    if not relevant:
        kept = replace(last, made_on=now.as_of) if why else last
        return Replanned(kept, status, False, (*why, because("stays" if why else "nothing")))
    return _chosen(replace(last, steps=rest), now, policy, (status, tuple(why)))


def arrived(goal: str, since: date, field: bool = False) -> Replanned:
    """The goal is held, by whatever posting: no plan is left to follow. Of a talent `field` only a post is held."""
    return Replanned(None, REACHED, True, (because("post_of_field" if field else "reached", goal, since),))


def _reopened(now: Now, why: tuple[Because, ...]) -> Replanned:
    """There was no path when it was last told."""
    if not now.plans:
        return Replanned(None, NO_PATH, False, (*why, because("none")))
    return Replanned(now.plans[0], ON_TRACK, True, (*why, because("opened")))


def _anew(now: Now, why: tuple[Because, ...]) -> Replanned:
    if not now.plans:
        return Replanned(None, NO_PATH, True, (*why, because("none")))
    return Replanned(now.plans[0], ON_TRACK, True, why)


def _anew_but(now: Now, told: tuple[str, tuple[Because, ...]]) -> Replanned:
    """The best of the others: nothing of what was declined is left to be kept."""
    found = _anew(now, told[1])
    return found if found.plan is None else replace(found, status=told[0])


def _chosen(rest: Plan, now: Now, policy: PathPolicy, told: tuple[str, tuple[Because, ...]]) -> Replanned:
    """The old path with new days while it is close to the best, else the best."""
    status, why = told
    if not now.plans:
        return Replanned(None, NO_PATH, True, (*why, because("none")))
    best = now.plans[0]
    same = next((plan for plan in now.plans if plan.path == rest.path), None)
    if same is None:
        return Replanned(best, OFF_TRACK, True, (*why, because("closed")))
    if same.chance >= (1 - policy.keep_within) * best.chance:
        return Replanned(same, status, False, (*why, because("kept")))
    return Replanned(best, status, True, (*why, because("better")))


def _progress(last: Plan, news: Sequence[Event]) -> tuple[tuple[PlannedStep, ...], list[Event], Event | None]:
    """Steps still to come, the postings that were steps, and the latest posting if it is not on the path.

    A step that was passed over counts as done: who is at the third step need not go back to the second.
    """
    rest, taken, left = list(last.steps), [], None
    for event in sorted((one for one in news if one.kind == "posting"), key=lambda one: one.occurred_on):
        places = [place for place, step in enumerate(rest) if step.post == event.item]
        left = None if places else event
        if places:
            rest = rest[places[0] + 1 :]
            taken.append(event)
    return tuple(rest), taken, left


def _reasons(last: Plan, news: Sequence[Event], left: Event | None) -> list[Because]:
    """What became known, in order: all of the officer, and the vacancies of the path, the newest of each post."""
    newest = {event.item: event for event in sorted(news, key=lambda one: one.occurred_on) if event.kind == "vacancy"}
    found = []
    for event in sorted(news, key=lambda one: (one.known_on, one.kind, one.item)):
        if event.kind == "vacancy" and (event.item not in last.path or event is not newest[event.item]):
            continue
        item = "" if event.kind == "appraisal" else event.item  # of several kinds on a day one line is told
        found.append(because("left_path" if event is left else _code(event, last), item, event.occurred_on))
    return list(dict.fromkeys(found))


def _horizon(last: Plan, now: Now) -> list[Because]:
    if None in (last.horizon_months, now.horizon_months) or last.horizon_months == now.horizon_months:
        return []
    return [because("horizon", str(now.horizon_months), None, str(last.horizon_months))]


def _code(event: Event, last: Plan) -> str:
    if event.kind == "completion" and event.item not in last.courses:
        return "other_completion"
    if event.kind == "assessment" and event.item not in last.gaps:
        return "other_assessment"
    return "goal_stated" if event.kind == "goal" else event.kind


def _status(last: Plan, taken: Sequence[Event]) -> str:
    """By the latest step taken: before its interval is ahead, after it behind; on track where none was due."""
    if not taken:
        return ON_TRACK
    step = next(one for one in last.steps if one.post == taken[-1].item)
    if taken[-1].occurred_on < step.low_on:
        return AHEAD
    return OFF_TRACK if taken[-1].occurred_on > step.high_on else ON_TRACK


def _overdue(step: PlannedStep, as_of: date, policy: PathPolicy) -> bool:
    return as_of > add_months(step.high_on, round(policy.grace_months))
