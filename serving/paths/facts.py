"""What belongs to the steps of one officer's paths: gaps, courses, rules, and what could be changed.

Each comes from its one home (posts/fit, courses/gaps, eligibility, courses/lifts); here they only meet. Points are
counted for all steps of a request together (`earnings.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np

from data_contracts.asof import months_on, months_until
from data_contracts.vocabulary import Bilingual
from models.courses.rules import Due, OfferedCourse
from models.eligibility.rules import Requirement, judgement
from models.eligibility.spells import full_months
from models.eligibility.standing_facts import Facts
from models.paths.telling import Bars, Before, Blocked, Change, Prepared, StepCourse, StepFacts
from models.posts.histories import Array
from serving.paths.catalogues import Catalogues
from serving.paths.coming import Coming
from serving.paths.preparing import Preparing
from serving.paths.record import OfficerRecord

MOST_CHANGES = 3  # courses tried as the one change that would help
ACTS = ("course", "level")  # what an officer can do something about before the day of the step
BROUGHT = ("post", "grassroots")  # what the steps of a path bring by themselves
TIMED = ("service", *BROUGHT)  # what only time brings
NEVER = float("inf")
Barring = tuple[list[Blocked], list[tuple[Blocked, date | None]]]


@dataclass(frozen=True)
class OfficerSteps:
    """The facts of one officer: `place` is that in `facts`; levels is None where assessments are not kept.

    `due` are the courses that rules require now, by id; `declined` are those that the officer does not want for now.
    """

    record: OfficerRecord
    facts: Facts
    place: int
    levels: dict[str, float] | None
    shared: Catalogues
    families: tuple[str, ...] = ()
    due: Mapping[str, Due] = field(default_factory=dict)
    declined: frozenset[str] = frozenset()
    _blocked: dict[str, Barring] = field(default_factory=dict)

    def as_step_facts(self) -> StepFacts:
        """As the planner asks for them, points left out."""
        return StepFacts(
            self.prepares, self.lacking, self.shared.name, blocked=self.blocked, changes=self.changes,
            bars=self.bars,
        )  # fmt: skip

    def prepares(self, _: str, post: str, before: Before) -> Prepared:
        """Gaps to the standard of a post after what earlier steps teach, and the courses of the step."""
        return self._preparing.prepares(post, before)

    def lacking(self, _: str, post: str, before: Before) -> Sequence[Blocked]:
        """What a later step will lack when it is expected, nothing where nothing is known of the post."""
        known = self.shared.posts.get(post)
        if known is None:
            return ()
        return self._coming.lacking(known, before, self._preparing.levels_after(before.courses))

    @cached_property
    def _preparing(self) -> Preparing:
        open_ones = [one for one in self.shared.courses if not self.record.holds(one)]
        return Preparing(self.levels, open_ones, self.shared, self.due, self.declined)

    @cached_property
    def _coming(self) -> Coming:
        return Coming.of(self.facts, self.place, self.shared.posts, self.shared.policy)

    def blocked(self, _: str, post: str, day: date) -> Sequence[Blocked]:
        """Rules not met on a day if only time passes; before the day of a step, courses and levels can still be met."""
        today, later = self._barred(post)
        if day <= self.record.as_of:
            return today
        return [rule for rule, met_from in later if met_from is None or met_from > day]

    def bars(self, _: str, posts: Sequence[str], met: Collection[Blocked] = ()) -> Bars:
        """From when rules open each post: by time alone, and after steps that bring time in post or at the grass roots.

        Those of `met` are left out, as if they were met.

        A course that the officer can take bars nothing, and a level in reach until it can be studied for.
        """
        facts, gone = self.facts, {one.rule for one in met}
        each = [[one for one in self._asked_of(post) if one.code not in gone] for post in posts]
        since, known = facts.grassroots_since[self.place], bool(facts.grassroots_known[self.place])
        serving = not np.isnat(since)
        whole = int(full_months(np.array([since]), np.array([facts.moment]))[0])
        part = months_until(since.astype(object), self.record.as_of) - whole if serving else 0.0
        return Bars(
            first=np.array([self._opens(post, (), met) for post in posts]),
            later=np.array([self._opens(post, BROUGHT, met) for post in posts]),
            stay=np.array([max((one.least for one in asked if one.fact == "post"), default=0.0) for asked in each]),
            roots=np.array([
                max((one.least for one in asked if one.fact == "grassroots" and known), default=0.0) for asked in each
            ]),
            at_roots=np.array([self._coming.at_grass_roots(post) for post in posts], bool),
            served=float(facts.grassroots_months[self.place]) + part,
            serving=serving,
        )  # fmt: skip

    def _asked_of(self, post: str) -> Sequence[Requirement]:
        return self.shared.asked.get(post, ())

    def _opens(self, post: str, brought: Sequence[str], met: Collection[Blocked]) -> float:
        """Months until time alone meets what a post asks for, all but some facts; infinity where it never does."""
        left_out = {one.code for one in self._asked_of(post) if one.fact in brought}
        kept = {one.code for one in self._asked_of(post) if one.fact not in brought}
        left = [(rule, day) for rule, day in self._barred(post)[1] if rule not in met]
        days = [day for rule, day in left if rule.rule not in left_out or rule.rule in kept]
        return max((NEVER if day is None else months_until(self.record.as_of, day) for day in days), default=0.0)

    def changes(self, _: str) -> Sequence[Change]:
        """The courses that open the goal's job families most, of those that can be taken, are wanted and are not for
        everybody.

        A mandated course opens nothing by itself: whoever moves has taken it, and so has whoever stays.
        """
        lifts = self.shared.lifts
        if lifts is None:
            return ()
        had, offered = self.record.held_courses() | (self.declined - self.due.keys()), self.shared.by_id
        open_ones = (offered[one] for one in lifts.towards(self.families, 1.0) if one in offered and one not in had)
        best = [one for one in open_ones if not one.mandated][:MOST_CHANGES]
        return [self._change(one) for one in best]

    def _change(self, course: OfferedCourse) -> Change:
        words = Bilingual(f"完成课程“{course.name.zh}”", f"complete the course “{course.name.en}”")
        step = StepCourse(course.course_id, course.name, course.hours)
        return Change(words, self.factors(course.course_id), step)

    def factors(self, *more: str) -> Array:
        """(size,) what the courses held, and `more`, make of the chance of each post; needs lifts."""
        lifts, had = self.shared.lifts, self.record.held_courses() | set(more)
        if lifts is None:
            raise TypeError("without lifts there are no factors")
        held = np.array([[course in had for course in lifts.courses]], bool)
        return np.asarray(lifts.factors(held)[0])

    def _later(self, day: date | None) -> bool:
        """Whether time must pass before a rule can be met: the ladder's least times hold for everybody."""
        return day is not None and day > self.record.as_of

    def _out_of_reach(self, asked: Requirement) -> bool:
        """Whether a level asked for stays below it even after every course on offer that teaches it."""
        reachable = self._highest_levels
        return asked.fact == "level" and asked.what in reachable and reachable[asked.what] < asked.least

    def _studied_by(self, asked: Requirement) -> date:
        """The day by which the courses that bring a level have been taken, at the load of a month."""
        hours = self._preparing.hours_to(asked.what, asked.least)
        return months_on(self.record.as_of, hours / self.shared.policy.courses.load.hours_a_month)

    @cached_property
    def _highest_levels(self) -> dict[str, float]:
        return {} if self.levels is None else self._preparing.highest_levels()

    def _barred(self, post: str) -> Barring:
        if post not in self._blocked:
            self._blocked[post] = self._barring(post)
        return self._blocked[post]

    def _barring(self, post: str) -> Barring:
        """What bars today, and of it what still may on a later day, each with the day from which time alone meets it.

        Asked once for a post: a search asks for thousands of days.
        """
        known, asked = self.shared.posts.get(post), self.shared.asked.get(post, ())
        found = judgement(self.facts, self.place, known, self.shared.policy, asked).blocked_by if known else ()
        others = {one.code for one in asked if one.fact not in ACTS or self._out_of_reach(one)}
        timed = {one.code for one in asked if one.fact in TIMED}
        rules = [
            (
                Blocked(one.code, Bilingual(one.zh, one.en), one.code in timed or self._later(one.met_from)),
                one.met_from,
            )
            for one in found
        ]
        studied = {one.code: self._studied_by(one) for one in asked if one.fact == "level" and one.code not in others}
        later = [(rule, studied.get(rule.rule, day)) for rule, day in rules if rule.rule in others | studied.keys()]
        return [rule for rule, _ in rules], later
