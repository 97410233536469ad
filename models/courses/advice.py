"""Advice on courses for one officer: what is required, what the goal requires, what closes a gap, what comes next, what
rolls out, what fits.

The order is that of `months.KINDS`, and every suggestion says which it is. A course taken is not suggested again
unless its certificate lapses; no month is filled beyond the load that policy allows, except by what is required now.
What the goal requires waits for a month with room, if need be after those that are planned.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Protocol

from data_contracts.advising import CourseLoad, CoursesPolicy
from data_contracts.policy import policy
from data_contracts.vocabulary import Bilingual
from models.courses.crowd import RANKED, CrowdCourse
from models.courses.gaps import (
    GOAL,
    PRESENT,
    WHOSE,
    Gap,
    RuleLevel,
    closing_courses,
    gap_reasons,
    gaps_to,
    gaps_to_rules,
    lacking,
    left_after,
    level_reason,
)
from models.courses.months import AIM, GAP, NEXT, REQUIRED, SMALL, WAVE, SuggestedCourse, planned
from models.courses.rules import CourseReason, OfferedCourse, PostNeed, Standing, due_courses, hours_en
from models.courses.ways import Way
from models.eligibility.rules import BlockedBy
from models.stated_goals import StatedGoal

ROUNDS = 4  # of looking for courses that find room: in the second nearly everybody's do
FITS = "fits"  # why a small course is suggested
COUNTS = "counts_for_field"  # why a course of a talent field is suggested
OPENS = "opens_goal"  # why a course whose holders went on to the goal is suggested


Taken = Mapping[str, Sequence[CrowdCourse]]
"""What the crowd takes, by kind."""


class Crowd(Protocol):
    """What colleagues take; `course_crowd.CourseCrowd` is one."""

    def waves(self, officer_id: str, most: int) -> list[CrowdCourse]:
        """New courses that many of the officer's group have just taken."""

    def likely(self, officer_id: str, most: int) -> list[CrowdCourse]:
        """What people on the same way take next."""


@dataclass(frozen=True)
class FieldCourse:
    """A course that a line of a short list counts by itself, whatever its score; `line` names that line and, where
    there are any, those that count its score."""

    course_id: str
    line: Bilingual


@dataclass(frozen=True)
class OpeningCourse:
    """A course whose holders went on to a job family `lift` times as often as was to be expected from their posts, as
    the records up to `until` have it (models/courses/lifts.py)."""

    course_id: str
    family: Bilingual
    lift: float
    until: date | None = None


@dataclass(frozen=True)
class Learner:
    """One officer as known on a day, as far as courses go.

    aim: kind and code of the goal; lapsed: a stated goal that counts no more, its term being over; barred: what bars
    every post of the goal for good, () where some can be open in time: `aims`, `goal` and `ruled` are of these then;
    way: the job family of the goal that most went on to, of which alone `goal` and `ruled` are; evidence: courses that
    the short list of a talent field counts.
    aims: courses that the posts of the goal require by rule, of which one is enough, none where some post asks for
    none; levels: the last assessed level of each competency; present, goal: standards of the post held and of the posts
    of the goal, of several the lowest; ruled: the levels without which rules bar every post of the goal.
    hours_this_month: hours of courses already taken in the calendar month; declined: ids of courses not wanted for now,
    which are suggested only where they are required.
    """

    officer_id: str
    standing: Standing
    post: PostNeed | None = None
    aim: tuple[str, str] | None = None
    lapsed: StatedGoal | None = None
    barred: tuple[BlockedBy, ...] = ()
    opening: tuple[OpeningCourse, ...] = ()
    way: Way | None = None
    evidence: tuple[FieldCourse, ...] = ()
    aims: tuple[PostNeed, ...] = ()
    levels: Mapping[str, float] | None = None
    present: Mapping[str, float] | None = None
    goal: Mapping[str, float] | None = None
    ruled: Mapping[str, RuleLevel] = field(default_factory=dict)
    hours_this_month: float = 0.0
    declined: frozenset[str] = frozenset()


def advise_courses(
    learner: Learner, courses: Sequence[OfferedCourse], crowd: Crowd | None, policy: CoursesPolicy,
    spare_hours: float | None = None,
) -> list[SuggestedCourse]:  # fmt: skip
    """Suggestions in the order of KINDS, each course once with every reason found, planned into months.

    `spare_hours` asks for small courses too: those that take no longer. What finds no room in the load closes nothing
    and makes room for others: it is looked again without it, a few times.
    """
    gaps, asking, taken = _gaps(learner, policy), learner, _taken_by(crowd, learner, policy)
    for _ in range(ROUNDS):
        found = _found(asking, gaps, courses, taken, policy)
        plan = list(planned(found.values(), *_taking(learner), policy))
        kept = {one.course.course_id for one in plan}
        if len(kept) == len(found):
            break
        room = _room(plan, learner, policy.load)
        longer = {one.course_id for one in courses if policy.load.hours_of(one.hours) > room}
        asking = replace(asking, declined=asking.declined | (longer - kept) | (found.keys() - kept))
    found = {code: one for code, one in found.items() if code in kept}
    found = _with_small(found, asking, gaps, courses, policy, spare_hours)
    left = {gap: gap.size for gap in gaps}
    for code, one in found.items():
        if one.kind != GAP:  # which says what it closes of what those before it leave, as all others do
            closes = gap_reasons(left, one.course, policy.gap, policy.load)
            small = one.kind == SMALL and not closes
            why = level_reason(one.course, learner.levels or {}, learner.present) if small else closes
            found[code] = replace(one, reasons=_each_once((*one.reasons, *why)))
        left = left_after(left, (one.course,), policy.gap, policy.load)
    return list(planned(found.values(), *_taking(learner), policy))


def _found(
    learner: Learner, gaps: Sequence[Gap], courses: Sequence[OfferedCourse], taken: Taken, policy: CoursesPolicy
) -> dict[str, SuggestedCourse]:
    """Everything but small courses, in order, whether there is room for it or not."""
    catalogue = {course.course_id: course for course in courses}
    found: dict[str, SuggestedCourse] = {}
    for most, suggestions in (
        (policy.most.required, _required(learner, courses, policy)),
        (policy.most.goal, _for_goal(learner, catalogue, policy)),
        (policy.most.gap, _gap(gaps, _open(learner, courses, policy), policy, found)),
        (policy.most.next, _crowd(NEXT, taken, learner, catalogue, policy)),
        (policy.most.wave, _crowd(WAVE, taken, learner, catalogue, policy)),
    ):
        _add(found, most, suggestions)
    return found


def _add(found: dict[str, SuggestedCourse], most: int, suggestions: Iterable[SuggestedCourse]) -> None:
    """At most so many new ones; one that is there already gets the reasons."""
    fresh = 0
    for one in suggestions:
        known = found.get(one.course.course_id)
        if known is not None:
            found[one.course.course_id] = replace(known, reasons=_each_once((*known.reasons, *one.reasons)))
        elif fresh < most:
            found[one.course.course_id] = one
            fresh += 1


def _with_small(
    found: Mapping[str, SuggestedCourse], learner: Learner, gaps: Sequence[Gap], courses: Sequence[OfferedCourse],
    policy: CoursesPolicy, spare_hours: float | None,
) -> dict[str, SuggestedCourse]:  # fmt: skip
    """With the small courses that were asked for; where none finds room, what only the ranking put there gives way, the
    longest first: whoever names hours to spare has said what is wanted.
    """
    kept, short = dict(found), {gap.competency for gap in gaps}
    while True:
        both = dict(kept)
        _add(both, policy.most.small, _small(learner, courses, policy, spare_hours, both))
        plan = planned(both.values(), *_taking(learner), policy)
        if len(both) == len(kept) or any(one.kind == SMALL for one in plan):
            return both
        ranked = [
            one.course
            for one in kept.values()
            if one.kind == NEXT
            and one.course.competency not in short
            and all(why.code == RANKED for why in one.reasons)
        ]
        if not ranked:
            return both
        del kept[max(ranked, key=lambda one: (policy.load.hours_of(one.hours), one.course_id)).course_id]


def _room(plan: Sequence[SuggestedCourse], learner: Learner, load: CourseLoad) -> float:
    """Hours that are left in the month with most room."""
    room = [load.hours_a_month] * load.plan_months
    room[0] -= learner.hours_this_month
    for one in plan:
        if one.month < len(room):
            room[one.month] -= load.hours_of(one.course.hours)
    return max(room)


def _taking(learner: Learner) -> tuple[date, float]:
    """The day, and the hours of this month that are taken already."""
    return learner.standing.as_of, learner.hours_this_month


def _each_once(reasons: Iterable[CourseReason]) -> tuple[CourseReason, ...]:
    """Without "the ranking alone put it here", which is no longer true of a course with another reason but for its
    length, and of a count that is the same for two lengths of time that of the shorter.
    """
    every = {reason.text.en: reason for reason in reasons}.values()
    counts = [reason.counted for reason in every if reason.counted is not None]
    told = [
        reason for reason in every
        if reason.counted is None or not any(reason.counted.says_no_more_than(one) for one in counts)
    ]  # fmt: skip
    alone = all(reason.code in (RANKED, FITS) for reason in told)
    return tuple(reason for reason in told if alone or reason.code != RANKED)


def _open(learner: Learner, courses: Sequence[OfferedCourse], policy: CoursesPolicy) -> list[OfferedCourse]:
    """Courses that can still be finished, that the officer has not got, or whose certificate has lapsed, and has not
    declined."""
    return [course for course in courses if _offered(learner, course, policy)]


def _offered(learner: Learner, course: OfferedCourse, policy: CoursesPolicy) -> bool:
    if course.course_id in learner.declined:
        return False
    finishable = course.finishable_from(learner.standing.as_of, policy)
    return finishable and not learner.standing.holds(course)


def _required(learner: Learner, courses: Sequence[OfferedCourse], policy: CoursesPolicy) -> Iterator[SuggestedCourse]:
    for due in due_courses(learner.standing, courses, learner.post, policy):
        yield SuggestedCourse(
            due.course, REQUIRED, due.reasons, 1.0, due.overdue, due.due_on, due.finish_by
        )  # fmt: skip


def _for_goal(
    learner: Learner, catalogue: Mapping[str, OfferedCourse], policy: CoursesPolicy
) -> Iterator[SuggestedCourse]:
    """What the goal requires and the officer has not got, then the courses that its short list counts.

    A course of no catalogue is called by its id.
    One post is enough to reach a goal, so of posts that require unlike courses that of the job family that most went on
    to is suggested, else the shortest, with the word that one is enough, and none to who holds one of them.
    """
    asked = [(need, catalogue.get(need.course_id) or OfferedCourse.unlisted(need.course_id)) for need in learner.aims]
    wanted = [one for one in asked if one[1].course_id not in learner.declined]
    if wanted and not any(learner.standing.holds(course) for _, course in asked):
        yield _required_by_goal(learner, wanted, len(asked) > 1, policy)
    for one in learner.evidence:
        counted = catalogue.get(one.course_id)
        if counted is not None and _offered(learner, counted, policy):
            told = Bilingual(
                f"目标领域的名单计入此课程：{one.line.zh}", f"the short list of this field counts it: {one.line.en}"
            )
            yield SuggestedCourse(counted, AIM, (CourseReason(COUNTS, told),), 1.0)
    yield from _opening(learner, catalogue, policy)


def _opening(
    learner: Learner, catalogue: Mapping[str, OfferedCourse], policy: CoursesPolicy
) -> Iterator[SuggestedCourse]:
    """The course that opens the goal most of those that can be taken, none to who holds one that opens it as much.

    A mandated course opens nothing by itself: whoever moves has taken it, and so has whoever stays.
    """
    for one in learner.opening:
        course = catalogue.get(one.course_id)
        if course is None or course.mandated:
            continue
        if one.course_id in learner.standing.last_taken:
            return
        if not _offered(learner, course, policy):
            continue
        until = Bilingual("", "")
        if one.until is not None:
            until = Bilingual(f"（记录统计截至{one.until}）", f" (records counted up to {one.until})")
        told = Bilingual(
            f"学过此课程的人转往{one.family.zh}的次数约为按其岗位所预期的{one.lift:.1f}倍{until.zh}",
            f"those who had taken it went on to {one.family.en} about {one.lift:.1f} times as often as was to be "
            f"expected from their posts{until.en}",
        )
        yield SuggestedCourse(course, AIM, (CourseReason(OPENS, told),), 1.0)
        return


def _required_by_goal(
    learner: Learner, wanted: Sequence[tuple[PostNeed, OfferedCourse]], several: bool, policy: CoursesPolicy
) -> SuggestedCourse:
    """The one of the courses that posts of the goal require, with the word that one is enough of several."""
    way = learner.way
    need, course = min(
        wanted,
        key=lambda one: (way is not None and one[0].family != way.to, policy.load.hours_of(one[1].hours)),
    )
    told = Bilingual(f"目标岗位“{need.name.zh}”要求此课程", f"{need.name.en}, a post you aim at, requires it")
    if several:
        likely = _most_went_on(way) if way is not None and need.family == way.to else Bilingual("", "")
        told = Bilingual(
            f"{told.zh}{likely.zh}；目标的其他岗位要求其他课程，学完一门即可",
            f"{told.en}{likely.en}; other posts of your goal require other courses, and one of them is enough",
        )
    return SuggestedCourse(course, AIM, (CourseReason("required_by_goal", told),), 1.0)


def _most_went_on(way: Way) -> Bilingual:
    family = policy().names.family_named(way.to)
    whence = Bilingual("同类岗位", "posts like yours") if way.from_family else Bilingual("您的岗位", "your post")
    return Bilingual(
        f"；曾任{whence.zh}、后来到过目标岗位的{way.went_on}人中，{way.took}人到了{family.zh}岗位",
        f"; of {way.went_on} officers who went on from {whence.en} to posts of this goal, {way.took} came to "
        f"{family.en}",
    )


def _gaps(learner: Learner, policy: CoursesPolicy) -> list[Gap]:
    """To the levels of rules, to the standard of the present post and to that of the goal."""
    found: list[Gap] = gaps_to_rules(learner.levels or {}, learner.ruled)
    for whose, standards in ((PRESENT, learner.present), (GOAL, learner.goal)):
        found += gaps_to(learner.levels or {}, standards or {}, whose, policy.gap.least_gap)
    return found


def _gap(
    gaps: Sequence[Gap], courses: Sequence[OfferedCourse], policy: CoursesPolicy, before: Mapping[str, SuggestedCourse]
) -> Iterator[SuggestedCourse]:
    """What closes what the courses that are required anyway leave of the gaps."""
    taken = [one.course for one in before.values()]
    others = [course for course in courses if course.course_id not in before]
    for one in closing_courses(gaps, others, policy.gap, policy.load, taken):
        yield SuggestedCourse(one.course, GAP, one.reasons, one.per_hour)


def _taken_by(crowd: Crowd | None, learner: Learner, policy: CoursesPolicy) -> Taken:
    """What the crowd takes, asked once: it depends on nothing that finds room or does not."""
    if crowd is None:
        return {}
    likely = crowd.likely(learner.officer_id, 5 * policy.most.next)
    return {NEXT: likely, WAVE: crowd.waves(learner.officer_id, 5 * policy.most.wave)}


def _crowd(
    kind: str, taken: Taken, learner: Learner, catalogue: Mapping[str, OfferedCourse], policy: CoursesPolicy
) -> Iterator[SuggestedCourse]:
    """What the crowd takes, unless it is over or the officer has it; a course of no catalogue is called by its id."""
    for one in taken.get(kind, ()):
        course = catalogue.get(one.course_id) or OfferedCourse.unlisted(one.course_id)
        if _offered(learner, course, policy):
            yield SuggestedCourse(course, kind, one.reasons, one.score)


def fitting(
    learner: Learner, courses: Sequence[OfferedCourse], policy: CoursesPolicy, hours: float,
    taken: Iterable[OfferedCourse] = (),
) -> list[OfferedCourse]:  # fmt: skip
    """What an officer could take in so many hours: first what lacks most to the present post, then to the goal, then
    of a competency whose level is lowest, at last of those never assessed; of one competency what fills the time best,
    but of what lacks little the shortest that closes as much.

    What courses that are `taken` before close lacks no more.
    """
    gaps = {gap: gap.size for gap in _gaps(learner, policy)}
    levels, lacks = learner.levels or {}, lacking(left_after(gaps, taken, policy.gap, policy.load), policy.gap)

    def place(one: OfferedCourse) -> tuple[int, float, float, float, str]:
        name, hours = one.competency or "", one.hours or 0.0
        if name in lacks:
            closed = min(policy.gap.added(policy.load.hours_of(hours)), -lacks[name][1])
            return *lacks[name], -closed, hours, one.course_id
        first, then = (len(WHOSE), levels[name]) if name in levels else (len(WHOSE) + 1, 0.0)
        return first, then, -hours, 0.0, one.course_id

    short = [one for one in _open(learner, courses, policy) if one.hours is not None and one.hours <= hours]
    return sorted(short, key=place)


def without_room(
    learner: Learner, courses: Sequence[OfferedCourse], found: Sequence[SuggestedCourse], policy: CoursesPolicy
) -> list[str]:
    """Competencies that fall short and that no course found teaches, though some could be taken: they found no room.

    None where as many courses close gaps as policy allows, which is then what leaves the others out.
    """
    if sum(one.kind == GAP for one in found) >= policy.most.gap:
        return []
    taught = {one.course.competency for one in found}
    could = {one.competency for one in _open(learner, courses, policy)}
    short = dict.fromkeys(gap.competency for gap in _gaps(learner, policy))
    return [name for name in short if name in could and name not in taught]


def _small(
    learner: Learner, courses: Sequence[OfferedCourse], policy: CoursesPolicy, spare_hours: float | None,
    before: Mapping[str, SuggestedCourse],
) -> Iterator[SuggestedCourse]:  # fmt: skip
    if spare_hours is None:
        return
    for course in fitting(learner, courses, policy, spare_hours, [one.course for one in before.values()]):
        told = Bilingual(
            f"{course.hours:g}学时，单独一门{spare_hours:g}小时内可完成",
            f"{hours_en(course.hours or 0.0)}, fits by itself into the {hours_en(spare_hours)} you have",
        )
        yield SuggestedCourse(course, SMALL, (CourseReason(FITS, told),))
