"""Courses an officer must take, by rule alone: mandated ones, training rules of the track, the post's own.

Those that lapse are counted by the same rules as in `features/mandated.py`, told one by one: overdue is what lapsed
longer ago than any rule of policy allows, or was never taken, but by whoever has just joined. An edition, which
everybody takes once, is due a term after its issue and asked of nobody any more when its offer is over.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal, Self

from data_contracts.advising import CoursesPolicy
from data_contracts.asof import DAYS_A_MONTH, add_months
from data_contracts.decisions import TrainingRule
from data_contracts.vocabulary import Bilingual


@dataclass(frozen=True)
class OfferedCourse:
    """A course of the catalogue as known on a day."""

    course_id: str
    name: Bilingual
    competency: str | None = None
    mandated: bool = False
    hours: float | None = None
    issued_on: date | None = None
    valid_months: int | None = None

    def offered_on(self, day: date, policy: CoursesPolicy) -> bool:
        """Whether it can be taken on a day: one issued later is not out yet, one issued long ago is over, one without a
        day of issue never is.

        An edition that everybody takes once (mandated, dated, never lapsing) is over sooner than others.
        """
        return self.issued_on is None or add_months(day, -self._months(policy)) <= self.issued_on <= day

    def offered_until(self, policy: CoursesPolicy) -> date | None:
        """The last day on which it can be taken, None where it stays on offer."""
        return None if self.issued_on is None else add_months(self.issued_on, self._months(policy))

    @classmethod
    def unlisted(cls, course_id: str) -> Self:
        """A course of no catalogue, called by its id."""
        return cls(course_id, Bilingual(course_id, course_id))

    def finishable_from(self, day: date, policy: CoursesPolicy) -> bool:
        """Whether it can be taken whole, begun on a day: at the hours that policy knows of a day, it is finished while
        it is still offered. What cannot is suggested to nobody, though a rule may ask for it.
        """
        last = day + timedelta(days=policy.load.days_of(self.hours) - 1)
        return self.offered_on(day, policy) and (self.issued_on is None or self.offered_on(last, policy))

    def _months(self, policy: CoursesPolicy) -> int:
        return min(policy.edition_months, policy.offered_months) if self.once else policy.offered_months

    @property
    def once(self) -> bool:
        """Whether everybody must take it and nobody must take it again."""
        return self.mandated and self.valid_months is None

    def lapses_on(self, taken_on: date) -> date | None:
        """The last day a certificate of that day holds, in calendar months; None where it never lapses.

        >>> OfferedCourse("k", Bilingual("法", "law"), valid_months=12).lapses_on(date(2024, 3, 1))
        datetime.date(2025, 3, 1)
        """
        if self.valid_months is None:
            return None
        return add_months(taken_on, self.valid_months)

    def held_on(self, day: date, taken_on: date) -> bool:
        """Whether who took it last on a day has it on a later one: it has not lapsed, and none takes it again.

        >>> OfferedCourse("k", Bilingual("法", "law"), valid_months=12).held_on(date(2025, 3, 2), date(2024, 3, 1))
        False
        """
        lapses = self.lapses_on(taken_on)
        return lapses is None or day <= lapses


By = Literal["certificate", "edition", "training", "post"]


@dataclass(frozen=True)
class Counted:
    """How many of a group took a course within so many days."""

    group: str
    taken: int
    members: int
    days: int

    def says_no_more_than(self, other: Counted) -> bool:
        """Whether the other tells the same of fewer days.

        >>> month, two = (Counted("cohort", 6, 16, days) for days in (30, 60))
        >>> two.says_no_more_than(month), month.says_no_more_than(two)
        (True, False)
        """
        same = (self.group, self.taken, self.members) == (other.group, other.taken, other.members)
        return same and self.days > other.days


@dataclass(frozen=True)
class CourseReason:
    """Why a course is suggested, in words with numbers and dates; `counted` where it is a count of others."""

    code: str
    text: Bilingual
    since: date | None = None
    counted: Counted | None = None


@dataclass(frozen=True)
class PostNeed:
    """A post and the course that it requires."""

    name: Bilingual
    course_id: str
    family: str | None = None


@dataclass(frozen=True)
class Due:
    """A course that is required: `due_on` is the day it was or will be due, by its certificate, by a rule that counts
    any course of its kind, or by the term of an edition; None where none of them gives a day. `finish_by` is the day by
    which it is to be finished: that day, or, where it is past, the last of those that policy leaves after it; None of
    what is overdue and of what has no day.
    """

    course: OfferedCourse
    due_on: date | None
    overdue: bool
    reasons: tuple[CourseReason, ...]
    finish_by: date | None = None


@dataclass(frozen=True)
class _Demand:
    """What one rule asks of one course: `last` is the completion that the rule counts, which for a training rule may be
    one of another course; `grace_days` what it leaves after the day, None where nothing was ever due; `overdue_after`
    the last day on which it is not overdue, which is counted in days where `due_on` is counted in calendar months.
    """

    course: OfferedCourse
    by: By
    due_on: date | None
    overdue: bool
    reason: CourseReason
    last: date | None = None
    grace_days: int | None = None
    rule: TrainingRule | None = None
    overdue_after: date | None = None

    def first(self, as_of: date) -> tuple[bool, bool, date]:
        """Sorts before others what is overdue the longest, then what is due and overdue the soonest, then what is due
        the soonest.
        """
        if self.due_on is None or self.overdue or as_of <= self.due_on:
            return not self.overdue, not self.overdue, self.due_on or date.min
        return True, False, self.overdue_after or self.due_on

    def finish_by(self, as_of: date) -> date | None:
        """As `Due` tells it."""
        if self.due_on is None or self.overdue:
            return None
        return self.due_on if as_of <= self.due_on else self.overdue_after


@dataclass(frozen=True)
class Standing:
    """What rules look at: the day, the track, the last day each course was taken, the rules of training, and the day
    of joining, None where it is not known.
    """

    as_of: date
    track: str | None
    last_taken: Mapping[str, date]
    rules: Sequence[TrainingRule]
    entered_on: date | None = None

    @property
    def foreign(self) -> frozenset[str]:
        """The competencies that policy asks of other tracks only; none where the track is not known."""
        asked = {rule.competency for rule in self.rules}
        own = {rule.competency for rule in self.rules if self.track is None or self.track in rule.tracks}
        return frozenset(asked - own)

    @property
    def grace_days(self) -> int:
        """The longest time that policy leaves anybody to take a course again."""
        return max((rule.grace_days for rule in self.rules), default=0)

    def holds(self, course: OfferedCourse) -> bool:
        """Whether the officer has it and it has not lapsed."""
        taken = self.last_taken.get(course.course_id)
        return taken is not None and course.held_on(self.as_of, taken)


def hours_en(hours: float) -> str:
    """Hours in English.

    >>> hours_en(1.0), hours_en(1.5), hours_en(8.0)
    ('1 hour', '1.5 hours', '8 hours')
    """
    return "1 hour" if hours == 1 else f"{hours:g} hours"


def due_courses(
    standing: Standing, courses: Sequence[OfferedCourse], post: PostNeed | None, policy: CoursesPolicy
) -> list[Due]:
    """Every required course, the longest overdue first; `post` is the present one where it requires a course.

    A course required by several rules is told once, by one of them first: the one that made it overdue, or would be the
    first to. What the others say stands after it as far as it is of the same day, or of another course that was taken.
    """
    found: dict[str, list[_Demand]] = {}
    for one in (
        *_mandated(standing, courses, policy.due_soon_days),
        *_once(standing, courses, policy),
        *_by_rule(standing, courses, policy.due_soon_days),
        *_of_post(standing, courses, post),
    ):
        found.setdefault(one.course.course_id, []).append(one)
    told = [_told(demands, standing.as_of) for demands in found.values()]
    return sorted(told, key=lambda due: (not due.overdue, due.due_on or date.min, due.course.course_id))


def _told(demands: Sequence[_Demand], as_of: date) -> Due:
    """One account of a course: a single day, a single verdict, and why another rule counts another completion."""
    post = [one for one in demands if one.by == "post"]
    lead, *others = sorted(demands, key=lambda one: (one.by == "post", one.first(as_of)))
    if lead.by == "post":
        return Due(lead.course, None, True, (lead.reason,))
    beside = [reason for one in others for reason in _beside(lead, one)]
    if post:  # without it the post may not be held, whatever grace another rule leaves
        late = lead.due_on is None or as_of > lead.due_on
        own = (lead.reason, *beside) if late else ()
        return Due(lead.course, lead.due_on if late else None, True, (post[0].reason, *own))
    reasons = (lead.reason, *_grace(lead, as_of), *beside)
    return Due(lead.course, lead.due_on, lead.overdue, reasons, lead.finish_by(as_of))


def _beside(lead: _Demand, other: _Demand) -> Iterator[CourseReason]:
    """What a rule adds to the one told first, without a second day or another verdict."""
    if other.by == "post":
        return
    if other.last == lead.last:
        if other.by == "training" and other.due_on == lead.due_on:
            yield other.reason
    elif other.rule is not None and other.last is not None:
        yield _counts_another(other.rule, other.last)
    elif lead.rule is not None and other.last is not None:
        yield _not_this_one(other.last)


def _mandated(standing: Standing, courses: Sequence[OfferedCourse], due_soon_days: int) -> Iterator[_Demand]:
    for course in courses:
        if not course.mandated or course.valid_months is None or course.competency in standing.foreign:
            continue
        taken = standing.last_taken.get(course.course_id)
        if taken is None:
            yield _never(standing, course, "certificate", standing.grace_days)
            continue
        lapses = course.lapses_on(taken)
        if lapses is None or standing.as_of < lapses - timedelta(days=due_soon_days):
            continue
        last_day = _not_overdue_until(taken, course.valid_months, standing.grace_days)
        told, grace = _lapse(taken, lapses, standing.as_of), standing.grace_days
        overdue = standing.as_of > last_day
        yield _Demand(course, "certificate", lapses, overdue, told, taken, grace, overdue_after=last_day)


def _once(standing: Standing, courses: Sequence[OfferedCourse], policy: CoursesPolicy) -> Iterator[_Demand]:
    """What everybody takes once, as long as it is on offer.

    A dated edition is for everybody, whatever its competency: what policy asks of some tracks only is training that is
    taken again and again. Who joins after the issue has the whole term, as far as the offer lasts.
    """
    for course in courses:
        taken = course.course_id in standing.last_taken
        if not course.once or taken or not course.offered_on(standing.as_of, policy):
            continue
        ends = course.offered_until(policy)
        if course.issued_on is None or ends is None:
            if course.competency not in standing.foreign:
                yield _never(standing, course, "edition", standing.grace_days)
            continue
        joined = standing.entered_on
        late = joined if joined is not None and joined > course.issued_on else None
        due = min(add_months(late or course.issued_on, policy.edition_due_months), ends)
        told = _edition(course.issued_on, late, due, standing.as_of)
        yield _Demand(course, "edition", due, standing.as_of > due, told, overdue_after=due)


def _by_rule(standing: Standing, courses: Sequence[OfferedCourse], due_soon_days: int) -> Iterator[_Demand]:
    for rule in standing.rules:
        offered = [course for course in courses if course.competency == rule.competency]
        if standing.track not in rule.tracks or not offered:
            continue
        taken = [one for one in offered if one.course_id in standing.last_taken]
        best = min(offered, key=lambda one: _fit(one, rule))
        if not taken:
            yield _never(standing, best, "training", rule.grace_days, rule)
            continue
        newest = max(taken, key=lambda one: (standing.last_taken[one.course_id], one == best))
        last = standing.last_taken[newest.course_id]
        due = add_months(last, rule.every_months)
        if standing.as_of < due - timedelta(days=due_soon_days):
            continue
        last_day = _not_overdue_until(last, rule.every_months, rule.grace_days)
        told = _rule_due(rule, last, due, standing.as_of, None if newest == best else newest.name)
        late = standing.as_of > last_day
        yield _Demand(best, "training", due, late, told, last, rule.grace_days, rule, last_day)


def _never(
    standing: Standing, course: OfferedCourse, by: By, grace_days: int, rule: TrainingRule | None = None
) -> _Demand:
    """What was never taken is overdue, but whoever has just joined has the days that policy leaves to take it again:
    nobody is late on the first day. (The features of early warning count it from that day on.)
    """
    told = NEVER_TAKEN if rule is None else _rule_never(rule)
    joined = standing.entered_on
    last = None if joined is None else joined + timedelta(days=grace_days)
    if joined is None or last is None or standing.as_of > last:
        return _Demand(course, by, None, True, told, rule=rule)
    words = Bilingual(
        f"{told.text.zh}；{joined}入职，须于{last}前（含）完成",
        f"{told.text.en}; you joined on {joined}: to be taken by {last}",
    )
    return _Demand(course, by, last, False, replace(told, text=words), rule=rule, overdue_after=last)


def _not_overdue_until(taken: date, months: int, grace_days: int) -> date:
    """The last day on which what is taken again after so many months is not overdue, as features/mandated.py counts.

    >>> _not_overdue_until(date(2024, 2, 1), 12, 60)
    datetime.date(2025, 4, 1)
    """
    return taken + timedelta(days=math.floor(months * DAYS_A_MONTH + grace_days))


def _fit(course: OfferedCourse, rule: TrainingRule) -> tuple[bool, float, str]:
    """Mandated first, then the nearest to the hours that the rule asks for."""
    hours = rule.hours if course.hours is None else course.hours
    return not course.mandated, abs(hours - rule.hours), course.course_id


def _of_post(standing: Standing, courses: Sequence[OfferedCourse], post: PostNeed | None) -> Iterator[_Demand]:
    if post is None:
        return
    for course in courses:
        if course.course_id == post.course_id and not standing.holds(course):
            told = Bilingual(f"现岗位“{post.name.zh}”要求此课程", f"your post, {post.name.en}, requires it")
            yield _Demand(course, "post", None, True, CourseReason("required_by_post", told))


NEVER_TAKEN = CourseReason(
    "never_taken", Bilingual("必修课程，尚无完成记录", "mandatory, and no completion is on record")
)


def _edition(issued: date, joined: date | None, due: date, as_of: date) -> CourseReason:
    """`joined` where that was after the issue, for then the term runs from it."""
    zh = f"{issued}发布" if joined is None else f"{issued}发布，本人{joined}入职"
    en = f"issued on {issued}" if joined is None else f"issued on {issued}, before you joined on {joined}"
    if as_of > due:
        told = Bilingual(
            f"每人学一次的必修课程，{zh}，最迟应于{due}完成，尚无完成记录",
            f"mandatory once for everybody, {en}: it was to be taken by {due}, and no completion is on record",
        )
        return CourseReason("edition_due_since", told, due)
    told = Bilingual(
        f"每人学一次的必修课程，{zh}，最迟须于{due}完成，尚无完成记录",
        f"mandatory once for everybody, {en}: to be taken by {due}, and no completion is on record",
    )
    return CourseReason("edition_due_on", told)


def _lapse(taken: date, lapses: date, as_of: date) -> CourseReason:
    if as_of > lapses:
        told = Bilingual(f"上次{taken}完成，自{lapses}起已到期", f"due since {lapses}, last taken on {taken}")
        return CourseReason("due_since", told, lapses)
    return CourseReason("due_on", Bilingual(f"{lapses}到期，上次{taken}完成", f"lapses on {lapses}, taken on {taken}"))


def _grace(demand: _Demand, as_of: date) -> Iterator[CourseReason]:
    """What is due but not yet overdue says how long policy leaves."""
    if demand.due_on is not None and as_of > demand.due_on and not demand.overdue:
        days = demand.grace_days
        told = Bilingual(f"到期后有{days}天宽限期，尚未逾期", f"within the {days} days of grace, not overdue yet")
        yield CourseReason("within_grace", told)


def _counts_another(rule: TrainingRule, last: date) -> CourseReason:
    """Why a rule is due on another day, or met: it counts every course of its competency, a certificate its own."""
    told = Bilingual(
        f"“{rule.name_zh}”按同类课程计，最近一次是{last}完成的另一课程；但本课程仍须单独完成",
        f"for {rule.name_en} any course of its kind counts, and the last was another one, on {last}; this course "
        "itself is asked for all the same",
    )
    return CourseReason("counts_another_course", told)


def _not_this_one(taken: date) -> CourseReason:
    """Beside a rule that says which other course it counts: when the one that is asked for was taken itself."""
    told = Bilingual(f"本课程上次完成于{taken}", f"this course itself was last taken on {taken}")
    return CourseReason("counts_another_course", told)


def _rule_never(rule: TrainingRule) -> CourseReason:
    told = Bilingual(
        f"“{rule.name_zh}”每{rule.every_months}个月须培训一次，尚无记录",
        f"{rule.name_en} is asked for every {rule.every_months} months, and none is on record",
    )
    return CourseReason("rule_never", told)


def _rule_due(rule: TrainingRule, last: date, due: date, as_of: date, other: Bilingual | None) -> CourseReason:
    """`other` is the course whose completion the day is counted from, None where it is the one that is asked for."""
    every, late = rule.every_months, as_of > due
    if other is not None:
        zh, en = (f"自{due}起已到期", f"due since {due}") if late else (f"{due}到期", f"due on {due}")
        told = Bilingual(
            f"“{rule.name_zh}”每{every}个月一次，按同类课程计，上次为{last}完成的“{other.zh}”，{zh}",
            f"{rule.name_en} every {every} months, by any course of its kind: {en}, last on {last} with {other.en}",
        )
    elif late:
        told = Bilingual(
            f"“{rule.name_zh}”每{every}个月一次，上次{last}，自{due}起已到期",
            f"{rule.name_en} every {every} months: due since {due}, last on {last}",
        )
    else:
        told = Bilingual(
            f"“{rule.name_zh}”每{every}个月一次，{due}到期", f"{rule.name_en} every {every} months: due on {due}"
        )
    return CourseReason("rule_due_since", told, due) if late else CourseReason("rule_due_on", told)
