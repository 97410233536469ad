"""Gaps and courses of the steps of a path, each step after what the steps before it teach.

A gap is measured to the standard of the post, or to the level that a rule asks for where that is higher.

Courses are chosen as the adviser of courses chooses them: those on offer that the officer does not hold, by what they
close per hour of study; where a rule bars whoever falls short, those that reach its level go before any that leave it
unmet. A gap that none of them closes says why.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from data_contracts.vocabulary import Bilingual
from models.courses.gaps import GOAL, NEARLY, RuleLevel, closing_courses, gaps_to, told_levels
from models.courses.gaps import Gap as Lack
from models.courses.rules import Due, OfferedCourse
from models.paths.telling import Before, Gap, Prepared, StepCourse
from serving.paths.catalogues import Catalogues

MOST_COURSES = 3  # for one step, unless each of its gaps needs one or a rule more; nobody prepares a move with ten
UNMEASURED = Bilingual("从未测评，须先测评才能选课", "never assessed: measure it before choosing a course")
NONE_TEACHES = Bilingual("来得及学完的课程均不培养此项能力", "no course that can still be finished teaches it")
NONE_LEFT = Bilingual(
    "现开设的相关课程均已学过（仍有效）或已列入前面的步骤",
    "every course on offer that teaches it was taken and still holds, or stands in an earlier step",
)

NONE_WANTED = Bilingual("尚未学过的相关课程本人已表示不感兴趣", "the courses left that teach it were declined")


@dataclass(frozen=True)
class Preparing:
    """One officer: levels as assessed, None where assessments are not kept, and courses that could be taken now.

    `due` are the courses that rules require now, by id; `declined` closes no gap unless it is one of them.
    """

    levels: dict[str, float] | None
    open_courses: Sequence[OfferedCourse]
    shared: Catalogues
    due: Mapping[str, Due] = field(default_factory=dict)
    declined: frozenset[str] = frozenset()

    def prepares(self, post: str, before: Before) -> Prepared:
        """Gaps to what a post asks for, its standard or the level of a rule, and the courses of the step to it."""
        asked, advice = self._levels_asked(post), self.shared.policy.courses
        if self.levels is None:
            return (), self._told(self._first(post, before), (), before.day)
        levels = self.levels_after(before.courses)
        least, barring = advice.gap.least_gap, self._barring(post)
        lacks = [
            one for one in gaps_to(levels, asked, GOAL, NEARLY)
            if one.size >= least or one.level < _least(barring, one.competency)  # a rule bars however little lacks
        ]  # fmt: skip
        courses = self._chosen(lacks, post, before)
        rules = {name: one.rule for name, one in barring.items() if one.level >= asked[name]}
        known = [
            Gap(one.competency, one.level, one.standard, self._note(one, courses, barring), rules.get(one.competency))
            for one in lacks
        ]
        unknown = [
            Gap(name, None, asked[name], UNMEASURED, rules.get(name)) for name in sorted(asked) if name not in levels
        ]
        return (*known, *unknown), self._told(courses, {one.competency for one in lacks}, before.day)

    def _levels_asked(self, post: str) -> dict[str, float]:
        """The standard of each competency, or the level that a rule asks for where that is higher."""
        found = dict(self.shared.standard.levels.get(post, {}))
        for name, one in self._barring(post).items():
            found[name] = max(one.level, found.get(name, 0.0))
        return found

    def levels_after(self, courses: Sequence[StepCourse]) -> dict[str, float]:
        """The levels assessed, with what these courses are thought to add to them."""
        levels = dict(self.levels or {})
        for course in self._offered(courses):
            if course.competency in levels:
                levels[course.competency] += self._added(course)
        return levels

    def highest_levels(self) -> dict[str, float]:
        """The levels assessed, with what every course that could be taken is thought to add to them."""
        return self.levels_after(self._told(self.open_courses, ()))

    def hours_to(self, name: str, level: float) -> float:
        """The hours of study that bring a competency to a level, by the courses that would be chosen for it today."""
        if self.levels is None or name not in self.levels:
            return 0.0
        load = self.shared.policy.courses.load
        own = [one for one in self.open_courses if one.competency == name and not self._away(one)]
        return sum(load.hours_of(one.hours) for one in self._reaching(level - self.levels[name], own))

    def _first(self, post: str, before: Before) -> list[OfferedCourse]:
        """The course that the post requires, and what is asked for, where it can still be taken."""
        wanted = [getattr(self.shared.posts.get(post), "required_course_id", None)]
        wanted += [one.course_id for one in before.asked]
        known = {one.course_id: one for one in self._open(before)}
        return [known[one] for one in dict.fromkeys(wanted) if one in known]

    def _barring(self, post: str) -> Mapping[str, RuleLevel]:
        """The level of each competency without which a rule bars the post."""
        return self.shared.rule_levels.get(post, {})

    def _reaching(self, size: float, teaching: Sequence[OfferedCourse]) -> list[OfferedCourse]:
        """Courses that close a gap of a rule whole: the shortest that does alone, else the fastest one after another;
        all of them where together they do not, which the note of the gap then says.
        """
        load, chosen = self.shared.policy.courses.load, list[OfferedCourse]()
        fastest = sorted(
            teaching, key=lambda one: (-self._added(one) / max(load.hours_of(one.hours), 0.5), one.course_id)
        )
        alone = [one for one in fastest if self._added(one) >= size - NEARLY]
        if alone:
            return [min(alone, key=lambda one: load.hours_of(one.hours))]
        for course in fastest:
            if sum(map(self._added, chosen)) < size - NEARLY:
                chosen.append(course)
        return chosen

    def _for_rules(
        self, lacks: Sequence[Lack], post: str, before: Before, chosen: Sequence[OfferedCourse]
    ) -> list[OfferedCourse]:
        """What brings each level that a rule asks for and that the courses chosen leave unmet."""
        found, barring = list[OfferedCourse](), self._barring(post)
        for lack in (one for one in lacks if one.competency in barring):
            own = [one for one in self._wanted(before) if one.competency == lack.competency and one not in chosen]
            left = barring[lack.competency].level - lack.level
            left -= sum(self._added(one) for one in chosen if one.competency == lack.competency)
            if left > NEARLY:
                found += self._reaching(left, own)
        return found

    def _chosen(self, lacks: Sequence[Lack], post: str, before: Before) -> list[OfferedCourse]:
        """What rules ask for, one course for each gap that is left, the fastest, then more of what closes fastest."""
        advice, chosen = self.shared.policy.courses, self._first(post, before)
        chosen += self._for_rules(lacks, post, before, chosen)
        closing = [one.course for one in closing_courses(lacks, self._wanted(before), advice.gap, advice.load)]
        for course in closing:
            if course.competency not in {one.competency for one in chosen}:
                chosen.append(course)
        for course in closing:
            lack = next(one for one in lacks if one.competency == course.competency)
            if len(chosen) < MOST_COURSES and course not in chosen and self._left(lack, chosen) >= advice.gap.least_gap:
                chosen.append(course)
        return chosen

    def _note(self, lack: Lack, courses: Sequence[OfferedCourse], barring: Mapping[str, RuleLevel]) -> Bilingual | None:
        """Why no course of the step closes a gap, or how much of it is left; None where they close it."""
        if not any(one.competency == lack.competency for one in courses):
            taught = any(one.competency == lack.competency for one in self.shared.courses)
            away = any(one.competency == lack.competency and self._away(one) for one in self.open_courses)
            return NONE_WANTED if away else NONE_LEFT if taught else NONE_TEACHES
        left = self._left(lack, courses)
        unmet = lack.standard - left < _least(barring, lack.competency) - NEARLY
        if left < self.shared.policy.courses.gap.least_gap and not unmet:
            return None
        return Bilingual(
            f"所列课程之后预计仍差{told_levels(left)}级", f"about {told_levels(left)} of it is left after these courses"
        )

    def _left(self, lack: Lack, courses: Iterable[OfferedCourse]) -> float:
        return lack.size - sum(self._added(one) for one in courses if one.competency == lack.competency)

    def _added(self, course: OfferedCourse) -> float:
        advice = self.shared.policy.courses
        return advice.gap.added(advice.load.hours_of(course.hours))

    def _open(self, before: Before) -> list[OfferedCourse]:
        had = {one.course_id for one in before.courses}
        return [one for one in self.open_courses if one.course_id not in had]

    def _wanted(self, before: Before) -> list[OfferedCourse]:
        return [one for one in self._open(before) if not self._away(one)]

    def _away(self, course: OfferedCourse) -> bool:
        return course.course_id in self.declined and course.course_id not in self.due

    def _offered(self, courses: Sequence[StepCourse]) -> list[OfferedCourse]:
        return [self.shared.by_id[one.course_id] for one in courses if one.course_id in self.shared.by_id]

    def _told(
        self, courses: Sequence[OfferedCourse], short: Iterable[str], day: date | None = None
    ) -> list[StepCourse]:
        """The courses of a step that is expected on a day."""
        below = set(short) - {None}
        return [
            StepCourse(
                one.course_id, one.name, one.hours, (one.competency,) if one.competency in below else (),
                None if day is None else self._over_before(one, day),
                one.course_id in self.due, self.due[one.course_id].due_on if one.course_id in self.due else None,
            )
            for one in courses
        ]  # fmt: skip

    def _over_before(self, course: OfferedCourse, day: date) -> date | None:
        """The last day of an offer that is over before a day, by which the course must then be taken; None where a rule
        asks for it sooner, or as soon."""
        end = course.offered_until(self.shared.policy.courses)
        due = self.due.get(course.course_id)
        asked = None if due is None else due.finish_by
        return None if end is None or end >= day or (asked is not None and asked <= end) else end


def _least(barring: Mapping[str, RuleLevel], competency: str) -> float:
    """The level below which a rule bars, 0 where none speaks of the competency."""
    return barring[competency].level if competency in barring else 0.0
