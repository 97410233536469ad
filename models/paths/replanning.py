"""Whether an officer is on track, and whether the plan changes: only when something relevant became known.

Relevant is what concerns the plan: a posting of the officer, a completion of a course the plan asks for, an appraisal,
a new goal, a vacancy on the path, or a step that has not come although its time is over. Even then the old path stays
while its chance is within `keep_within` of the best one, so that a plan does not flicker. A path that the officer
declined does not stay. Everything of the officer that became known is told once, the rest with the word that the plan
does not rest on it; vacancies are told of the posts of the path, one line a post.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from data_contracts.asof import add_months
from data_contracts.pathing import PathPolicy
from data_contracts.vocabulary import Bilingual

EVENTS = ("posting", "completion", "appraisal", "goal", "vacancy")
ON_TRACK, AHEAD, OFF_TRACK, REACHED, NO_PATH = "on_track", "ahead", "off_track", "reached", "no_path"
ASIDE = ("other_completion", "goal_stated")  # told, but no reason to look for another path
FIRST = "first"  # there is no last plan to be on track of
WHY = {
    "first": Bilingual("首次制定路径", "this is the first plan"),
    "nothing": Bilingual("没有新的相关情况，路径不变", "nothing relevant became known; the plan stays"),
    "goal": Bilingual("目标已由 {was} 改为 {item}", "the goal was {was} and is now {item}"),
    "goal_stated": Bilingual("已登记职业目标 {item}", "the goal {item} was stated"),
    "posting": Bilingual("已任职 {item}", "took up {item}"),
    "left_path": Bilingual("现任岗位 {item} 不在原路径上", "{item}, the present post, is not on the old path"),
    "completion": Bilingual("已完成课程 {item}", "completed the course {item}"),
    "other_completion": Bilingual(
        "已完成课程 {item}，原路径未要求此课程", "completed the course {item}, which the plan did not ask for"
    ),
    "appraisal": Bilingual("有新的考核结果", "an appraisal became known"),
    "vacancy": Bilingual("岗位 {item} 出现空缺", "a vacancy for {item} became known"),
    "overdue": Bilingual("步骤 {item} 已逾期", "the step {item} is overdue"),
    "stays": Bilingual("以上情况不影响原路径，路径不变", "the plan does not rest on that and stays"),
    "opened": Bilingual("此前没有可行路径，现在有了", "there was no path before, and now there is one"),
    "declined": Bilingual("本人对原路径不感兴趣", "the old path was declined"),
    "kept": Bilingual("原路径仍接近最佳，予以保留", "the old path is still close to the best and stays"),
    "better": Bilingual("另一条路径明显更好", "another path is clearly better now"),
    "closed": Bilingual("原路径已不可行", "the old path is no longer open"),
    "none": Bilingual("期限内没有可行路径", "no path within the horizon"),
    "retirement": Bilingual("退休之前已没有可行路径", "no path is left before retirement"),
    "reached": Bilingual("已达到目标 {item}", "the goal {item} is reached"),
}


@dataclass(frozen=True)
class PlannedStep:
    """A step of a plan with the day it is expected on and the 80 % interval of that day; the courses it asks for."""

    post: str
    expected_on: date
    low_on: date
    high_on: date
    courses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """A path to a goal as it was told on a day; `chance` is that of arriving this way within the horizon.

    Without steps there was no path on that day.
    """

    goal: str
    made_on: date
    steps: tuple[PlannedStep, ...]
    chance: float

    @property
    def path(self) -> tuple[str, ...]:
        """The posts alone, in order."""
        return tuple(step.post for step in self.steps)

    @property
    def courses(self) -> frozenset[str]:
        """Every course the plan asks for."""
        return frozenset(course for step in self.steps for course in step.courses)


@dataclass(frozen=True)
class Event:
    """Something that became known: `kind` is one of EVENTS, `item` the post, course or goal it is about."""

    kind: str
    item: str
    occurred_on: date
    known_on: date


@dataclass(frozen=True)
class Now:
    """Where things stand: the goal, today's plans for it, best first, and what became known since the last plan.

    `declined` are paths that the officer does not want, with the day of that word; they are not among the plans.
    `ends_first` says that there is no plan because service ends before any could be done.
    """

    goal: str
    as_of: date
    plans: Sequence[Plan]
    events: Sequence[Event] = ()
    declined: Mapping[tuple[str, ...], date] = field(default_factory=dict)
    ends_first: bool = False


@dataclass(frozen=True)
class Because:
    """One reason, with the day of what it rests on where there is one.

    `item` is the post, course or goal it names, `was` the goal before.
    """

    code: str
    text: Bilingual
    since: date | None = None
    item: str = ""
    was: str = ""

    def named(self, name: Callable[[str], Bilingual]) -> Bilingual:
        """The reason with the names of what it speaks of in place of the codes."""
        item, was = (name(code) if code else Bilingual("", "") for code in (self.item, self.was))
        pattern = WHY[self.code]
        return Bilingual(pattern.zh.format(item=item.zh, was=was.zh), pattern.en.format(item=item.en, was=was.en))


@dataclass(frozen=True)
class Replanned:
    """The plan that holds now, None without one; `changed` says whether its path is another than what was left."""

    plan: Plan | None
    status: str
    changed: bool
    why: tuple[Because, ...]


def replan(last: Plan | None, now: Now, policy: PathPolicy) -> Replanned:
    """The plan that holds at `now.as_of`, given the last one."""
    if last is None:
        first = _anew(now, (_because("first"),))
        return replace(first, status=first.status if first.plan is None else FIRST, changed=False)
    news = [event for event in now.events if last.made_on < event.known_on <= now.as_of]
    if now.goal != last.goal:
        stated = [event.occurred_on for event in news if (event.kind, event.item) == ("goal", now.goal)]
        others = [event for event in news if (event.kind, event.item) != ("goal", now.goal)]
        changed = _because("goal", now.goal, max(stated, default=None), last.goal)
        return _anew(now, (changed, *_reasons(last, others, None)))
    if not last.steps:
        return _reopened(now, tuple(_reasons(last, news, None)))
    rest, taken, left = _progress(last, news)
    if not rest:
        return Replanned(None, REACHED, True, (_because("reached", last.goal, taken[-1].occurred_on),))
    late = _overdue(rest[0], now.as_of, policy)
    why = [*_reasons(last, news, left), *([_because("overdue", rest[0].post, rest[0].high_on)] if late else [])]
    refused = now.declined.get(tuple(step.post for step in rest))
    status = OFF_TRACK if late or left is not None else _status(last, taken)
    if refused is not None:
        return _anew_but(now, (status, (*why, _because("declined", since=refused))))
    if now.ends_first and not now.plans:
        return Replanned(None, OFF_TRACK, True, (*why, _because("retirement")))
    relevant = any(one.code not in ASIDE for one in why)
    if not relevant and not now.plans:
        return Replanned(None, OFF_TRACK, True, (*why, _because("none")))
    if not relevant:
        kept = replace(last, made_on=now.as_of) if why else last
        return Replanned(kept, status, False, (*why, _because("stays" if why else "nothing")))
    return _chosen(replace(last, steps=rest), now, policy, (status, tuple(why)))


def arrived(goal: str, since: date) -> Replanned:
    """The goal is held, by whatever posting: no plan is left to follow."""
    return Replanned(None, REACHED, True, (_because("reached", goal, since),))


def _reopened(now: Now, why: tuple[Because, ...]) -> Replanned:
    """There was no path when it was last told."""
    if not now.plans:
        return Replanned(None, NO_PATH, False, (*why, _because("none")))
    return Replanned(now.plans[0], ON_TRACK, True, (*why, _because("opened")))


def _anew(now: Now, why: tuple[Because, ...]) -> Replanned:
    if not now.plans:
        return Replanned(None, NO_PATH, True, (*why, _because("none")))
    return Replanned(now.plans[0], ON_TRACK, True, why)


def _anew_but(now: Now, told: tuple[str, tuple[Because, ...]]) -> Replanned:
    """The best of the others: nothing of what was declined is left to be kept."""
    found = _anew(now, told[1])
    return found if found.plan is None else replace(found, status=told[0])


def _chosen(rest: Plan, now: Now, policy: PathPolicy, told: tuple[str, tuple[Because, ...]]) -> Replanned:
    """The old path with new days while it is close to the best, else the best."""
    status, why = told
    if not now.plans:
        return Replanned(None, NO_PATH, True, (*why, _because("none")))
    best = now.plans[0]
    same = next((plan for plan in now.plans if plan.path == rest.path), None)
    if same is None:
        return Replanned(best, OFF_TRACK, True, (*why, _because("closed")))
    if same.chance >= (1 - policy.keep_within) * best.chance:
        return Replanned(same, status, False, (*why, _because("kept")))
    return Replanned(best, status, True, (*why, _because("better")))


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
        found.append(_because("left_path" if event is left else _code(event, last), item, event.occurred_on))
    return list(dict.fromkeys(found))


def _code(event: Event, last: Plan) -> str:
    if event.kind == "completion" and event.item not in last.courses:
        return "other_completion"
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


def _because(code: str, item: str = "", since: date | None = None, was: str = "") -> Because:
    text = WHY[code]
    words = [pattern.format(item=item, was=was) for pattern in (text.zh, text.en)]
    return Because(code, Bilingual(*words), since, item, was)
