"""Suggested courses planned into the months of an officer, within the load that policy allows.

Nothing is planned where it cannot be finished in time, and no month is filled beyond the load except by what is
required now. What the goal requires waits for a month with room, if need be after those that are planned.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from data_contracts.advising import CoursesPolicy
from data_contracts.asof import add_months
from data_contracts.vocabulary import Bilingual
from models.courses.rules import CourseReason, OfferedCourse

REQUIRED, AIM, GAP, NEXT, WAVE, SMALL = KINDS = ("required", "goal", "gap", "next", "wave", "small")
"""Why a course is suggested, in the order in which suggestions are told."""


@dataclass(frozen=True)
class SuggestedCourse:
    """One suggestion; `month` counts from the present one (0), `due_on` is the day it was or will be due.

    `finish_by` is the day by which a rule asks for it (`Due`); `take_by` is the last day of its offer where that comes
    within the months planned, and before the day by which it is to be finished.
    """

    course: OfferedCourse
    kind: str
    reasons: tuple[CourseReason, ...]
    score: float = 0.0
    overdue: bool = False
    due_on: date | None = None
    finish_by: date | None = None
    month: int = 0
    take_by: date | None = None


def planned(
    suggestions: Iterable[SuggestedCourse], as_of: date, hours_taken: float, policy: CoursesPolicy
) -> Iterator[SuggestedCourse]:
    """Each in the first month of its offer that has room for it; what has none is left out unless it is required, and
    what the goal requires goes into a month after those planned.

    Months are calendar months from that of `as_of`. An offer that ends on the first day of a month is over by then, and
    what is due on that day is planned before it.
    What is overdue goes into the first one whatever the room. What falls due later, or is within its days of grace,
    goes where it can still be finished by that day, into room first, else beside what is overdue, which takes no room
    from it; where that cannot be, its reasons say so. Whose day comes first is planned first, in whatever order they
    are told.

    >>> from data_contracts.policy import policy
    >>> load = replace(policy().courses.load, hours_a_month=30.0, plan_months=3)
    >>> rules = replace(policy().courses, load=load, offered_months=24)
    >>> course = OfferedCourse("k", Bilingual("课", "course"), hours=16.0)
    >>> ending = replace(course, issued_on=date(2024, 2, 1))  # until 1 February 2026
    >>> some = [SuggestedCourse(one, GAP, ()) for one in (course, course, ending)]
    >>> [one.month for one in planned(some, date(2026, 1, 5), 10.0, rules)]
    [0, 1]
    """
    load = policy.load
    room = [load.hours_a_month - hours_taken, *(load.hours_a_month for _ in range(load.plan_months - 1))]
    overdue = 0.0  # hours of the first month that did not ask for room
    beyond = load.plan_months  # the first month after those planned that is free
    told = list(suggestions)
    found = dict[int, SuggestedCourse]()
    for at, one in sorted(enumerate(told), key=lambda each: _first_planned(each[1])):
        hours = load.hours_of(one.course.hours)
        until = one.course.offered_until(policy)
        months = _months_of_offer(one.course, as_of, policy)
        last = one.finish_by
        in_time = [] if last is None else [
            place for place in months if _in_time(one.course, as_of, place, last, policy)
        ]  # fmt: skip
        month = next((place for place in (*in_time, *months) if room[place] >= hours), None)
        if in_time and month not in in_time and in_time[0] == 0 and room[0] + overdue >= hours:
            month = 0
        if month is None and one.kind == AIM:
            month = _month_beyond(one.course, as_of, beyond, policy)
            beyond += month is not None
        if month is None and one.kind != REQUIRED:
            continue
        place = max(months, key=lambda place: room[place]) if month is None else month
        if one.overdue and one.kind == REQUIRED:
            place, overdue = 0, overdue + hours  # what is overdue does not wait for room
        if place < len(room):
            room[place] -= hours
        first_due = last is not None and until is not None and place in in_time and last <= until
        ends = until is not None and as_of <= until < _first_of(as_of, load.plan_months) and not first_due
        reasons = one.reasons
        if last is not None and place not in in_time:
            reasons = *reasons, _after_due(last, last != one.due_on, bool(in_time))
        found[at] = replace(one, month=place, take_by=until if ends else None, reasons=reasons)
    yield from (found[at] for at in sorted(found))


def _month_beyond(course: OfferedCourse, as_of: date, place: int, policy: CoursesPolicy) -> int | None:
    """A month after those planned, for what the goal requires, which has it to itself; None where its offer ends
    before. What is over on the day is planned all the same, since the rule asks for it.
    """
    until = course.offered_until(policy)
    over = until is not None and until < as_of
    return place if over or course.finishable_from(_first_of(as_of, place), policy) else None


def _first_planned(one: SuggestedCourse) -> tuple[bool, bool, date]:
    """Of those required what is overdue, then whose day comes first, then what has no day; the rest as it is told."""
    if one.kind != REQUIRED:
        return True, False, date.min
    return False, one.finish_by is None and not one.overdue, one.finish_by or date.min


def _in_time(course: OfferedCourse, as_of: date, month: int, last: date, policy: CoursesPolicy) -> bool:
    """Whether a course that is begun at the start of a month (0: now) is finished by a day; a month of which only its
    first day is left until then is none to plan it in.
    """
    begins = _first_of(as_of, month) if month else as_of
    ends = begins + timedelta(days=policy.load.days_of(course.hours) - 1)
    return ends <= last and (month == 0 or begins < last)


def _after_due(last: date, grace: bool, full: bool) -> CourseReason:
    """That a required course is planned after its day, or the last of its days of grace, for want of room or time."""
    zh, en = (
        ("此前各月学时已满", "the load is full until then") if full else ("剩余时间不足", "too little time is left")
    )
    day_zh, day_en = ("宽限期最后一天", "the last day of grace") if grace else ("到期日", "the day it is due")
    told = Bilingual(f"{zh}，只能排在{day_zh}{last}之后", f"{en}, so it is planned after {day_en}, {last}")
    return CourseReason("planned_after_due", told)


def _months_of_offer(course: OfferedCourse, as_of: date, policy: CoursesPolicy) -> list[int]:
    """The months in which a course can be taken: this one, and later ones that begin before the last day of its offer
    and early enough to finish it by then.

    What is required although its offer is over may be planned in any: the rule asks for it all the same.
    """
    until, months = course.offered_until(policy), range(policy.load.plan_months)
    if until is None or until < as_of:
        return list(months)
    begins = {place: _first_of(as_of, place) for place in months if place}
    later = [place for place, day in begins.items() if day < until and course.finishable_from(day, policy)]
    return [0, *later]


def _first_of(as_of: date, place: int) -> date:
    return add_months(as_of.replace(day=1), place)
