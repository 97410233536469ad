"""Whether an officer is on track, and whether the plan changes: only when something relevant became known.

Relevant is what concerns the plan: a posting or promotion of the officer, a completion of a course the plan asks for,
an appraisal, an assessment of a competency that the plan needs, a new goal or another time for it, a vacancy on the
path, or a step that has not come although its time is over. Even then the old path stays while its chance is within
`keep_within` of the best one, so that a plan does not flicker. A path that the officer declined does not stay, nor does
one that is not among today's: rules closed it, or its chance fell by itself below the least that is told, which puts
nobody off track. Who takes a step of another path that was told is on track too, and the plan goes on along that one.
Off track is told of who left every path told, or whose path rules closed, only where the chance of the goal did not
rise, and once: the plan made then is what counts after it, and every answer says so until a step of it is done. A step
that is late is late whatever the chance, by the interval that was told of it first, and stays late, with the day by
which it was due, until it is done or the plan no longer begins with it. Nobody is on track of a goal whose term is
over, or whose plan gets there, by its expected day, only after that term, the first plan included. A path that was left
out because it was declined counts again once that word is over, which is told and weighed as news. Everything of the
officer that became known is told once, the rest with the word that the plan does not rest on it; vacancies are told of
the posts of the path, one line a post. How far the expected day of the goal has moved since the plan was told first is
told where it is more than the months of grace: earlier is ahead, unless the chance is smaller than it was then, later
is on track within the interval that was told then and off track beyond it. Days and chances up to another day of
retirement, given with the question, are not held against each other. A course of the plan that was declined is told,
and the plan goes on without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import date

from data_contracts.asof import add_months
from data_contracts.pathing import PathPolicy
from models.paths.reasons import ASIDE, STANDING, Because, because, in_order
from models.paths.told_plan import Event, Left, Plan, PlannedStep, Promised

# of which plans for a post and plans for a rank have each their own, or none
OF_ONE_KIND = ("posting", "promotion", "assessment")
ON_TRACK, AHEAD, OFF_TRACK, REACHED, NO_PATH = "on_track", "ahead", "off_track", "reached", "no_path"
COUNTED = ("appraisal", "vacancy")  # of which several alike are one line with their number
FIRST = "first"  # there is no last plan to be on track of
ROSE = "chance_rose"
CHANCE_PLACES = 4  # as answers tell chances, so that what is judged is what is read


@dataclass(frozen=True)
class Now:
    """Where things stand: the goal, today's plans for it, best first, and what is on record of the officer.

    `declined` are paths that the officer does not want, with the day of that word; they are not among the plans.
    `ends_first` says that there is no plan because service ends before any could be done. `chance` is that of the goal
    within the horizon by whatever way, None where nobody worked it out. `term_ends` is the last day of the term of the
    goal on record, None where there is no such term; `held_on` is the day within it on which the goal, left since, was
    reached. `barred` says that rules open some post of the path that was left
    (`left_of`) no more within the horizon. That path is among the plans wherever its chance is one that is told.
    `given_end` is the day of retirement that came with the question and ends paths within the horizon; `refused` are
    the courses that the officer declined, with the day of that word.
    """

    goal: str
    as_of: date
    plans: Sequence[Plan]
    events: Sequence[Event] = ()
    declined: Mapping[tuple[str, ...], date] = field(default_factory=dict)
    ends_first: bool = False
    horizon_months: int | None = None
    chance: float | None = None
    term_ends: date | None = None
    barred: bool = False
    held_on: date | None = None
    given_end: date | None = None
    refused: Mapping[str, date] = field(default_factory=dict)

    def same(self, path: tuple[str, ...]) -> Plan | None:
        """Today's plan along a path, None where it is not among today's."""
        return next((plan for plan in self.plans if plan.path == path), None)


@dataclass(frozen=True)
class Replanned:
    """The plan that holds now, None without one; `changed` says whether its path is another than what was left."""

    plan: Plan | None
    status: str
    changed: bool
    why: tuple[Because, ...]

    @property
    def news(self) -> tuple[Because, ...]:
        """The reasons but for those that stand until they are mended."""
        return tuple(one for one in self.why if one.code not in STANDING)


def replan(last: Plan | None, now: Now, policy: PathPolicy) -> Replanned:
    """The plan that holds at `now.as_of`, given the last one; what made the status stands first among the reasons."""
    found = _within_term(_replanned(last, now, policy), now)
    return replace(found, why=in_order(found.why))


def left_of(last: Plan | None, goal: str, events: Iterable[Event], as_of: date) -> tuple[str, ...]:
    """The posts still to come of the path that is followed, () without one: what a search has to look at in any case.

    >>> last = Plan("z", date(2026, 1, 1), tuple(PlannedStep(post, *[date(2027, 1, 1)] * 3) for post in "mz"), 0.3)
    >>> left_of(last, "z", [Event("posting", "m", date(2026, 5, 1), date(2026, 5, 1))], date(2026, 6, 1))
    ('z',)
    """
    if last is None or last.goal != goal:
        return ()
    return _way(last, _news(last, events, as_of)).path


def _news(last: Plan, events: Iterable[Event], as_of: date) -> list[Event]:
    return [event for event in events if event.known_on <= as_of and not last.knows(event)]


def _within_term(found: Replanned, now: Now) -> Replanned:
    """Of a goal that was not reached and whose term is over, or ends before the plan gets there, nobody is on track."""
    if now.term_ends is None or found.status == REACHED:
        return found
    if now.held_on is not None:
        held = because("was_held", now.goal, now.held_on, now.term_ends.isoformat())
        return replace(found, why=(*found.why, held))
    late = found.plan is not None and _expected(found.plan, now) > now.term_ends
    code = "term_over" if now.as_of > now.term_ends else "after_term" if late else None
    if code is None:
        return found
    status = OFF_TRACK if found.status in (ON_TRACK, AHEAD, FIRST) else found.status
    return replace(found, status=status, why=(*found.why, because(code, now.goal, now.term_ends)))


def _expected(plan: Plan, now: Now) -> date:
    """The day on which a plan gets to the goal, by the days of today: one that stays because nothing became known still
    has those it was told with."""
    return (now.same(plan.path) or plan).steps[-1].expected_on


def _replanned(last: Plan | None, now: Now, policy: PathPolicy) -> Replanned:
    if last is None:
        return replace(_first_of(now, (because("first"),)), changed=False)
    news = _news(last, now.events, now.as_of)
    if now.goal != last.goal:
        stated = [event.occurred_on for event in news if (event.kind, event.item) == ("goal", now.goal)]
        # A plan for a rank kept no marks of posts and assessments, nor one for a post of ranks: where the last plan
        # remembers none of a kind, such events are new by day alone
        marked = {event.kind for event in now.events if last.knows(event)}
        by_day = {kind for kind in OF_ONE_KIND if kind not in marked}
        since = [event for event in news if event.kind not in by_day or event.known_on > last.made_on]
        others = [event for event in since if (event.kind, event.item) != ("goal", now.goal)]
        changed = because("goal", now.goal, max(stated, default=None), last.goal)
        return _first_of(now, (changed, *_reasons(last, others)))
    longer = [*_horizon(last, now), *_given_end(last, now)]
    if not last.steps:
        return _reopened(last, now, (*longer, *_reasons(last, news)))
    way = _way(last, news)
    if not way.rest:
        return Replanned(None, REACHED, True, (because("reached", last.goal, way.taken[-1].occurred_on),))
    found = _made_anew(last, _along(last, now, policy, way, (longer, news)), way)
    if way.left is None:
        found = _still_due(found, way.rest[0], now.as_of, policy, anew=bool(longer))
    return found if longer else _promised(last, found, way, now, policy)


def _along(
    last: Plan, now: Now, policy: PathPolicy, way: _Way, told: tuple[Sequence[Because], Sequence[Event]]
) -> Replanned:
    """What holds of one who has a path with steps to come; `told` are a change of the time asked for, and the news."""
    longer, news = told
    first = way.rest[0]
    left = way.left is not None
    late = None if left else _late_since(first, now.as_of, policy)  # no step of a path that was left is late
    # what was told as overdue before is no news, until the days that it got then are over too
    lately = late is not None and (first.late_since is None or _overdue(first.high_on, now.as_of, policy))
    overdue = [because("overdue", first.post, late)] if late else []
    chance = [] if any(one.code == "horizon" for one in longer) else _chance(last, now)
    weighed = chance if left else _chance_fell(chance) if way.other or longer else []
    became = [
        *longer, *_reasons(last, news, way, now.same(last.path)), *_courses_refused(last, now),
        *_wanted_again(last, now), *weighed,
    ]  # fmt: skip
    why = [*became, *overdue]
    refused = now.declined.get(way.path)
    rose = any(one.code == ROSE for one in chance)
    status = (ON_TRACK if rose else OFF_TRACK) if left else OFF_TRACK if late else _status(way)
    if refused is not None:
        return _anew_but(now, (status, (*why, because("declined", since=refused))))
    if now.ends_first and not now.plans:
        return Replanned(None, OFF_TRACK, True, (*why, because("retirement")))
    relevant = lately or any(one.code not in ASIDE for one in became)
    if not relevant and not now.plans:
        return Replanned(None, OFF_TRACK, True, (*why, because("none")))
    if not relevant and now.same(last.path) is not None:
        kept = replace(last, made_on=now.as_of) if became else last
        return Replanned(kept, status, False, (*why, because("stays" if became else "nothing")))
    closed = _Closed(status if rose or (way.taken and not left) else OFF_TRACK, () if left else tuple(chance))
    return _chosen(way, now, policy, (status, tuple(why)), closed)


def arrived(goal: str, since: date, last: Plan | None, field: bool = False) -> Replanned:
    """The goal is held, by whatever posting: no plan is left to follow. Of a talent `field` only a post is held.

    That is a change once: a `last` plan that says so already is none to change from.
    """
    before = last is not None and last.held and last.goal == goal
    return Replanned(None, REACHED, not before, (because("post_of_field" if field else "reached", goal, since),))


def _reopened(last: Plan, now: Now, why: tuple[Because, ...]) -> Replanned:
    """There was no path when it was last told, or none was needed: the goal was held."""
    if last.held:
        gone = (*why, because("left_goal", last.goal))
        return replace(_anew(now, gone), status=OFF_TRACK if now.plans else NO_PATH)
    if not now.plans:
        return Replanned(None, NO_PATH, False, (*why, because("none")))
    return Replanned(now.plans[0], ON_TRACK, True, (*why, because("opened")))


def _anew(now: Now, why: tuple[Because, ...]) -> Replanned:
    if not now.plans:
        return Replanned(None, NO_PATH, True, (*why, because("none")))
    return Replanned(now.plans[0], ON_TRACK, True, why)


def _first_of(now: Now, why: tuple[Because, ...]) -> Replanned:
    """The first plan for a goal: nothing was told of it yet that anybody could be on track of."""
    found = _anew(now, why)
    return found if found.plan is None else replace(found, status=FIRST)


def _anew_but(now: Now, told: tuple[str, tuple[Because, ...]]) -> Replanned:
    """The best of the others: nothing of what was declined is left to be kept."""
    found = _anew(now, told[1])
    return found if found.plan is None else replace(found, status=told[0])


@dataclass(frozen=True)
class _Closed:
    """What is told where the rest of the path is no longer open: the status, and what became of the chance."""

    status: str
    chance: tuple[Because, ...]


@dataclass(frozen=True)
class _Way:
    """The path that is being followed: its steps as told and those still to come, the postings that were steps, and
    the latest posting if it is on no path told. `kept` are the posts that were left of the plan's own path, and `other`
    says that the path is another than that."""

    steps: tuple[PlannedStep, ...]
    rest: tuple[PlannedStep, ...]
    taken: tuple[Event, ...]
    left: Event | None
    kept: tuple[str, ...]
    other: bool = False

    @property
    def path(self) -> tuple[str, ...]:
        """The posts still to come, in order."""
        return tuple(step.post for step in self.rest)

    def goes_on(self, plan: Plan) -> bool:
        """Whether a plan goes on along it."""
        return self.left is None and plan.path == self.path


def _chosen(
    way: _Way, now: Now, policy: PathPolicy, told: tuple[str, tuple[Because, ...]], closed: _Closed
) -> Replanned:
    """The path that is followed, with new days, while it is close to the best, else the best."""
    status, why = told
    if not now.plans:
        return Replanned(None, NO_PATH, True, (*why, because("none")))
    best = now.plans[0]
    same = now.same(way.path)
    if same is None and way.left is None and not now.barred:
        return Replanned(best, status, best.path != way.kept, (*why, because("unlikely")))
    if same is None:
        return Replanned(best, closed.status, best.path != way.kept, (*why, *closed.chance, because("closed")))
    if same.chance >= (1 - policy.keep_within) * best.chance:
        kept = because("kept_rest", path=same.path) if way.left else because("followed" if way.other else "kept")
        return Replanned(same, status, same.path != way.kept, (*why, kept))
    return Replanned(best, status, best.path != way.kept, (*why, because("better")))


def _way(last: Plan, news: Sequence[Event]) -> _Way:
    """Along the plan's own path; where the latest posting is not on it, along another that was told, if it is on one.

    Of several such paths it is the one told first.
    """
    own = _progress(last.steps, news)
    if own.left is None:
        return own
    others = (_progress(steps, news) for steps in last.others)
    found = next((one for one in others if one.left is None), None)
    return own if found is None else replace(found, kept=own.kept, other=True)


def _progress(steps: Sequence[PlannedStep], news: Sequence[Event]) -> _Way:
    """A step that was passed over counts as done: who is at the third step need not go back to the second."""
    rest, taken, left = list(steps), [], None
    for event in sorted((one for one in news if one.kind == "posting"), key=lambda one: one.occurred_on):
        places = [place for place, step in enumerate(rest) if step.post == event.item]
        left = None if places else event
        if places:
            rest = rest[places[0] + 1 :]
            taken.append(event)
    return _Way(tuple(steps), tuple(rest), tuple(taken), left, tuple(step.post for step in rest))


def _reasons(
    last: Plan, news: Sequence[Event], way: _Way | None = None, today: Plan | None = None
) -> list[Because]:  # fmt: skip
    """What became known, in order: all of the officer, appraisals of one day as one line, and the vacancies of the
    path, those of one post as one line with the newest day."""
    found = dict[tuple[str, str, date | None], Because]()
    gaps = last.gaps if today is None else last.gaps | today.gaps  # an appraisal may open one
    for event in sorted(news, key=lambda one: (one.known_on, one.kind, one.item)):
        if event.kind == "vacancy" and event.item not in last.path:
            continue
        one = _reason(event, last, way, gaps)
        key = one.code, one.item, None if one.code == "vacancy" else one.since
        before = found.get(key)
        if before is not None and event.kind in COUNTED:
            days = (one.since or date.min, before.since or date.min)
            one = because(one.code, one.item, max(days), count=before.count + 1)
        found[key] = one
    return list(found.values())


def _reason(event: Event, last: Plan, way: _Way | None, gaps: Set[str]) -> Because:
    if way is not None and way.other and event in way.taken:
        return because("told_path", event.item, event.occurred_on, path=tuple(step.post for step in way.steps))
    item = "" if event.kind == "appraisal" else event.item  # of whatever kind
    left = way is not None and event is way.left
    return because("left_path" if left else _code(event, last, gaps), item, event.occurred_on)


def _chance(last: Plan, now: Now) -> list[Because]:
    """Whether the chance of the goal rose, by the figures as they are told; nothing where it is not known of both."""
    if last.goal_chance is None or now.chance is None:
        return []
    was, then = round(last.goal_chance, CHANCE_PLACES), round(now.chance, CHANCE_PLACES)
    return [because(ROSE if then > was else "chance_not", f"{then:.2%}", last.made_on, f"{was:.2%}")]


def _chance_fell(chance: Sequence[Because]) -> list[Because]:
    """That it fell, told beside a path that is followed all the same."""
    return [replace(one, code="chance_fell") for one in chance if one.code != ROSE and one.item != one.was]


def _wanted_again(last: Plan, now: Now) -> list[Because]:
    """The paths that the plan was made without, and that no word keeps away any more."""
    said = dict(last.without)
    back = (plan.path for plan in now.plans if plan.path in said)
    return [because("declined_over", since=said[path], path=path) for path in back]


def _horizon(last: Plan, now: Now) -> list[Because]:
    if None in (last.horizon_months, now.horizon_months) or last.horizon_months == now.horizon_months:
        return []
    return [because("horizon", str(now.horizon_months), None, str(last.horizon_months))]


def _given_end(last: Plan, now: Now) -> list[Because]:
    """A day of retirement that came with the question, where the last plan did not end on it: its days and chances are
    of paths up to another day."""
    if now.given_end == last.given_end:
        return []
    return [because("end_beyond") if now.given_end is None else because("given_end", now.given_end.isoformat())]


def _courses_refused(last: Plan, now: Now) -> list[Because]:
    """The courses that the plan asked for, that were declined, and that it does without from here."""
    plan = now.same(last.path)
    if plan is None:
        return []
    gone = sorted(last.courses & now.refused.keys() - plan.courses)
    return [because("course_declined", course, now.refused[course]) for course in gone]


def _code(event: Event, last: Plan, gaps: Set[str]) -> str:
    if event.kind == "completion" and event.item not in last.courses:
        return "other_completion"
    if event.kind == "assessment" and event.item not in gaps:
        return "other_assessment"
    if event.kind != "goal":
        return event.kind
    return "goal_again" if event.item == last.goal else "goal_stated"


def _status(way: _Way) -> str:
    """By the latest step taken: after its interval is behind; on track where none was due."""
    if not way.taken:
        return ON_TRACK
    latest = way.taken[-1]
    step = next(one for one in way.steps if one.post == latest.item)
    return OFF_TRACK if latest.occurred_on > step.high_on else ON_TRACK


def _made_anew(last: Plan, found: Replanned, way: _Way) -> Replanned:
    """After a posting off every path told the plan remembers it, for the next answers judge by that plan."""
    left = last.left if way.left is None else Left(way.left.item, way.left.occurred_on, _first_told(last, way).day)
    if left is None or (way.taken and way.left is None):
        return found
    plan = found.plan
    told = () if way.left is not None else (because("made_anew", left.post, left.since, left.was.isoformat()),)
    return replace(found, plan=None if plan is None else replace(plan, left=left), why=(*found.why, *told))


def _promised(last: Plan, found: Replanned, way: _Way, now: Now, policy: PathPolicy) -> Replanned:
    """A plan that goes on along the path it was, or along another that was told with it, remembers what was told of the
    goal first, however often it got new days; where the goal is expected earlier or later than that by more than the
    months of grace, that is told. Earlier is ahead, unless the chance of the goal is smaller than it was then; later
    than the interval told then is off track. Of a better path, and of one made after a posting off every path, it is
    told once: what was told of that one first is its own."""
    plan = found.plan
    if plan is None:
        return found
    first = _first_told(last, way)
    then = _expected(plan, now)
    sooner, later = sorted((first.day, then))
    if later > add_months(sooner, round(policy.grace_months)):
        within = then <= first.latest
        code = "sooner" if then < first.day else "later" if within else "beyond_interval"
        moved = because(code, then.isoformat(), first.told_on, first.day.isoformat())
        found = replace(found, why=(*found.why, moved))
        if found.status == ON_TRACK and way.goes_on(plan):
            fell = _less_likely(first, last, now) if code == "sooner" else []
            status = {"sooner": ON_TRACK if fell else AHEAD, "beyond_interval": OFF_TRACK}.get(code, ON_TRACK)
            found = replace(found, status=status, why=(*found.why, *fell))
    return replace(found, plan=replace(plan, promised=first)) if plan is not last and way.goes_on(plan) else found


def _less_likely(first: Promised, last: Plan, now: Now) -> list[Because]:
    """That the chance of the goal is smaller than when its plan was told first, or, where nobody kept that, last."""
    if first.chance is None:
        return _chance_fell(_chance(last, now))
    if now.chance is None:
        return []
    was, then = round(first.chance, CHANCE_PLACES), round(now.chance, CHANCE_PLACES)
    return [because("less_likely", f"{then:.2%}", first.told_on, f"{was:.2%}")] if then < was else []


def _first_told(last: Plan, way: _Way) -> Promised:
    """What was told first of when the goal is reached; who goes on along another path told has the time of both."""
    goal = last.steps[-1]
    first = last.promised or Promised(goal.expected_on, last.made_on, goal.high_on, last.goal_chance)
    by = goal.high_on if first.by is None else first.by
    return replace(first, by=max(by, way.steps[-1].high_on) if way.other else by)


def _still_due(found: Replanned, first: PlannedStep, as_of: date, policy: PathPolicy, *, anew: bool) -> Replanned:
    """A plan that goes on beginning with a step remembers by when it was due, whatever days it has now; `anew` says
    that it was made for another time, so that a step in time has its new days."""
    if found.plan is None or found.plan.path[:1] != (first.post,):
        return found
    begins, *rest = found.plan.steps
    late = _late_since(first, as_of, policy)
    due = begins.due_by if anew or first.due >= begins.due else first.due
    if (late, due) == (begins.late_since, begins.due_by):
        return found
    begins = replace(begins, late_since=late, due_by=due)
    return replace(found, plan=replace(found.plan, steps=(begins, *rest)))


def _late_since(step: PlannedStep, as_of: date, policy: PathPolicy) -> date | None:
    """The day by which an overdue step was first due, None of a step that is not."""
    return step.late_since or (step.due if _overdue(step.due, as_of, policy) else None)


def _overdue(due: date, as_of: date, policy: PathPolicy) -> bool:
    return as_of > add_months(due, round(policy.grace_months))
