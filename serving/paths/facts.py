"""What belongs to the steps of one officer's paths: gaps, courses, rules, and what could be changed.

Each comes from its one home (posts/fit, courses/gaps, eligibility, courses/lifts); here they only meet. Points are
counted for all steps of a request together (`earnings.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from data_contracts.policy import Policy
from data_contracts.vocabulary import Bilingual
from models.courses import gaps as course_gaps
from models.courses.lifts import CourseLifts
from models.courses.rules import OfferedCourse
from models.eligibility.rules import Post, judgement, requirements
from models.eligibility.standing_facts import Facts
from models.paths.telling import Blocked, Change, Gap, StepCourse, StepFacts
from models.posts.fit import Standard
from models.posts.histories import EPOCH, Array
from serving.paths.record import OfficerRecord

MOST_COURSES = 3  # for one step; nobody prepares a move with ten
MOST_CHANGES = 3  # courses tried as the one change that would help
ACTS = ("course", "level")  # what an officer can do something about before the day of the step
NEVER = 10**9
Barring = tuple[list[Blocked], list[tuple[Blocked, date | None]]]


@dataclass(frozen=True)
class Catalogues:
    """What is the same for everybody on a day."""

    posts: dict[str, Post]
    standard: Standard
    courses: tuple[OfferedCourse, ...]
    lifts: CourseLifts | None
    policy: Policy


@dataclass(frozen=True)
class OfficerSteps:
    """The facts of one officer: `place` is that in `facts`; levels is None where assessments are not kept."""

    record: OfficerRecord
    facts: Facts
    place: int
    levels: dict[str, float] | None
    shared: Catalogues
    families: tuple[str, ...] = ()
    _blocked: dict[str, Barring] = field(default_factory=dict)

    def as_step_facts(self) -> StepFacts:
        """As the planner asks for them, points left out."""
        return StepFacts(self.gaps, self.courses, blocked=self.blocked, changes=self.changes, closed_on=self.closed_on)

    def gaps(self, _: str, post: str) -> Sequence[Gap]:
        """Competencies below the standard of the post; one never assessed is told without a level."""
        asked, least = self.shared.standard.levels.get(post, {}), self.shared.policy.courses.gap.least_gap
        if self.levels is None:
            return ()
        known = course_gaps.gaps_to(self.levels, asked, course_gaps.GOAL, least)
        unknown = [Gap(name, None, asked[name]) for name in sorted(asked) if name not in self.levels]
        return (*(Gap(gap.competency, gap.level, gap.standard) for gap in known), *unknown)

    def courses(self, _: str, post: str, gaps: Sequence[Gap]) -> Sequence[StepCourse]:
        """The course that the post requires, then those that close its gaps fastest, none taken before."""
        advice, had = self.shared.policy.courses, self.record.held_courses()
        required = getattr(self.shared.posts.get(post), "required_course_id", None)
        open_ones = [course for course in self.shared.courses if course.course_id not in had]
        closable = [
            course_gaps.Gap(gap.competency, gap.level, gap.standard, course_gaps.GOAL)
            for gap in gaps
            if gap.level is not None
        ]
        closing = course_gaps.closing_courses(closable, open_ones, advice.gap, advice.load)
        first = [one for one in open_ones if one.course_id == required]
        chosen = [*first, *(one.course for one in closing if one.course not in first)][:MOST_COURSES]
        short = {gap.competency for gap in gaps}
        return [
            StepCourse(one.course_id, one.name, one.hours, (one.competency,) if one.competency in short else ())
            for one in chosen
        ]

    def blocked(self, _: str, post: str, day: date) -> Sequence[Blocked]:
        """Rules not met on a day if only time passes; before the day of a step, courses and levels can still be met."""
        if post not in self._blocked:
            self._blocked[post] = self._barring(post)
        today, later = self._blocked[post]
        if day <= self.record.as_of:
            return today
        return [rule for rule, met_from in later if met_from is None or met_from > day]

    def closed_on(self, _: str, post: str, days: Array) -> Array:
        """(n,) whether `blocked` tells of any rule on each day."""
        if post not in self._blocked:
            self._blocked[post] = self._barring(post)
        today, later = self._blocked[post]
        until = [NEVER if met_from is None else (met_from - EPOCH).days for _, met_from in later]
        then = days < max(until, default=-NEVER)
        return np.where(np.floor(days) <= (self.record.as_of - EPOCH).days, bool(today), then)

    def changes(self, _: str) -> Sequence[Change]:
        """The courses not taken yet that open the goal's job families most."""
        lifts = self.shared.lifts
        if lifts is None:
            return ()
        had, names = self.record.held_courses(), {one.course_id: one.name for one in self.shared.courses}
        rise: dict[int, float] = {}
        for name in self.families:
            if name in lifts.families:
                family = lifts.families.index(name)
                opening = [one for one in lifts.opening(family, len(lifts.courses)) if lifts.courses[one] not in had]
                for course in opening[:MOST_CHANGES]:
                    rise[course] = max(rise.get(course, 0.0), float(lifts.lift[course, family]))
        best = sorted(rise, key=lambda course: (-rise[course], course))[:MOST_CHANGES]
        return [Change(_taken(names, lifts.courses[course]), self.factors(lifts.courses[course])) for course in best]

    def factors(self, *more: str) -> Array:
        """(size,) what the courses held, and `more`, make of the chance of each post; needs lifts."""
        lifts, had = self.shared.lifts, self.record.held_courses() | set(more)
        if lifts is None:
            raise TypeError("without lifts there are no factors")
        held = np.array([[course in had for course in lifts.courses]], bool)
        return np.asarray(lifts.factors(held)[0])

    def _barring(self, post: str) -> Barring:
        """What bars today, and of it what still may on a later day, each with the day from which time alone meets it.

        Asked once for a post: a search asks for thousands of days.
        """
        known, policy = self.shared.posts.get(post), self.shared.policy
        found = judgement(self.facts, self.place, known, policy).blocked_by if known else ()
        asked = requirements(known, policy) if known and found else ()
        others = {one.code for one in asked if one.fact not in ACTS}
        rules = [(Blocked(one.code, Bilingual(one.zh, one.en)), one.met_from) for one in found]
        return [rule for rule, _ in rules], [(rule, day) for rule, day in rules if rule.rule in others]


def _taken(names: dict[str, Bilingual], course: str) -> Bilingual:
    name = names.get(course, Bilingual(course, course))
    return Bilingual(f"完成课程“{name.zh}”", f"complete the course “{name.en}”")
