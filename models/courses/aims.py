"""What the goal of an officer asks for: courses, standards and levels of rules, of the posts that can be reached.

Of the posts of a goal those count that rules can open to the officer in time; of several job families the courses of
the one that people of the same post went on to come first, and its posts alone say which levels are enough.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import pandas as pd

from data_contracts.asof import last_known
from data_contracts.naming import quoted
from data_contracts.policy import Policy
from data_contracts.remembering import of_tables
from data_contracts.talent_pool import TalentPolicy
from data_contracts.vocabulary import Bilingual, GoalKind
from models.courses.advice import FieldCourse, OpeningCourse
from models.courses.gaps import RuleLevel, rule_levels
from models.courses.goals import Goal, GoalPosts
from models.courses.lifts import LEAST_LIFT, CourseLifts
from models.courses.rules import PostNeed
from models.courses.ways import Way, WentOn
from models.eligibility.lasting import shut_for_good
from models.eligibility.rules import BlockedBy, Post, Requirement, posts_of, requirements
from models.eligibility.standing_facts import Facts, facts_of

Records = Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class Aimed:
    """What the posts of a goal ask for; the fields are those of `Learner`."""

    aims: tuple[PostNeed, ...] = ()
    goal: Mapping[str, float] = field(default_factory=dict)
    ruled: Mapping[str, RuleLevel] = field(default_factory=dict)
    barred: tuple[BlockedBy, ...] = ()
    way: Way | None = None
    evidence: tuple[FieldCourse, ...] = ()
    opening: tuple[OpeningCourse, ...] = ()


@of_tables("posts")
def post_needs(records: Records) -> Mapping[str, PostNeed]:
    """The course that each post requires; posts that require none are left out."""
    posts = records.get("posts")
    if posts is None or "required_course_id" not in posts:
        return {}
    rows = last_known(posts, "post_id")
    return {
        str(row["post_id"]): PostNeed(
            name_of(row, str(row["post_id"])), str(row["required_course_id"]), _family(row.get("job_family"))
        )
        for row in rows[rows["required_course_id"].notna()].to_dict("records")
    }


@of_tables("competency_standards")
def _standards_by_post(records: Records) -> Mapping[str, Mapping[str, float]]:
    """What each post asks for, by competency, as last known."""
    table = records.get("competency_standards")
    if table is None:
        return {}
    newest = last_known(table, "post_id", "competency")
    found: dict[str, dict[str, float]] = {}
    for post, name, level in zip(newest["post_id"], newest["competency"], newest["standard_level"], strict=True):
        found.setdefault(str(post), {})[str(name)] = float(level)
    return found


def standards_of(records: Records, posts: Sequence[str]) -> dict[str, float]:
    """The standard of each competency; of several posts the lowest, which is where one enters."""
    by_post, found = _standards_by_post(records), dict[str, float]()
    for name, level in (one for post in posts for one in by_post.get(post, {}).items()):
        found[name] = min(level, found.get(name, level))
    return dict(sorted(found.items()))


@dataclass(frozen=True)
class KnownLifts:
    """What courses open, with the last day of the records that it was learned from, None where nobody kept that."""

    lifts: CourseLifts
    until: date | None = None


def nobody_tells() -> None:
    """Where everybody went is not on record."""


@dataclass(frozen=True)
class GoalReadings:
    """The goals of the officers of one request; `went_on` tells where everybody went, None where nothing does, and
    `lifts` which courses open which job families."""

    goals: GoalPosts
    went_on: Callable[[], WentOn | None] = nobody_tells
    lifts: KnownLifts | None = None

    def aimed(self, officer_id: str, as_of: date, aim: Goal | None, post: str | None, until: date | None) -> Aimed:
        """What the goal of an officer who holds `post` asks for, if it is to be reached by `until`.

        Where rules keep every post of the goal shut, they count all the same, and `barred` says why.
        """
        every = self.goals.of(aim, post)
        shut = self._shut(officer_id, as_of, aim, [one for one in every if one != post], until)
        open_ones = [one for one in every if one not in shut] or every
        by_family: dict[str | None, list[str]] = {}
        for one in open_ones:
            by_family.setdefault(self.goals.family_of(one), []).append(one)
        way = self._way(post, by_family)
        nearest = open_ones if way is None else by_family[way.to]
        ordered = [*nearest, *(one for one in open_ones if one not in nearest)]
        return Aimed(
            _aims(self.goals.records, ordered),
            standards_of(self.goals.records, nearest),
            self._ruled(nearest),
            tuple(bar for one in open_ones for bar in shut.get(one, ())),
            way,
            _evidence(aim, self.goals.policy.talent),
            self._opening(aim, by_family.keys() if way is None else [way.to]),
        )

    def _opening(self, aim: Goal | None, families: Collection[str | None]) -> tuple[OpeningCourse, ...]:
        """The courses that open these families of a goal most; what opens a rank step no family tells."""
        if aim is None or aim[0] == GoalKind.RANK_STEP or self.lifts is None:
            return ()
        called = self.goals.policy.names.family_named
        return tuple(
            OpeningCourse(course, called(family), lift, self.lifts.until)
            for course, (family, lift) in self.lifts.lifts.towards(families, LEAST_LIFT).items()
        )

    def _way(self, post: str | None, by_family: Mapping[str | None, Sequence[str]]) -> Way | None:
        """Which of several job families people come to from a post; None where there are no several, or no post."""
        families = {family: posts for family, posts in by_family.items() if family is not None}
        if post is None or len(families) < len(by_family) or len(families) < 2:
            return None
        went_on = self.went_on()
        if went_on is None:
            return None
        own = self.goals.family_of(post)
        kin = [post] if own is None else self.goals.of((GoalKind.JOB_FAMILY, own), None)
        return went_on.way(post, kin, families)

    def _ruled(self, aimed: Sequence[str]) -> dict[str, RuleLevel]:
        """The levels that rules ask of every post of a goal, of several the lowest, which is where one enters."""
        each = [self._rule_levels.get(post, {}) for post in aimed]
        names = set.intersection(*(set(one) for one in each)) if each else set()
        return {name: min((one[name] for one in each), key=lambda asked: asked.level) for name in sorted(names)}

    @cached_property
    def _rule_levels(self) -> Mapping[str, Mapping[str, RuleLevel]]:
        """The highest level of each competency that rules ask of each post that is on record."""
        return {post: rule_levels(asked) for post, (_, asked) in self._posts.items()}

    @cached_property
    def _posts(self) -> Mapping[str, tuple[Post, tuple[Requirement, ...]]]:
        """Each post that is on record, with what it asks for."""
        posts = posts_of(self.goals.records) if "posts" in self.goals.records else ()
        return {post.post_id: (post, requirements(post, self.goals.policy)) for post in posts}

    def _shut(
        self, officer_id: str, as_of: date, aim: Goal | None, posts: Sequence[str], until: date | None
    ) -> Mapping[str, tuple[BlockedBy, ...]]:
        """What bars posts of a goal for good; of a rank step the goal is the step itself, so no rank bars there."""
        known = [self._posts[one][0] for one in posts if one in self._posts]
        if aim is None or not known:
            return {}
        facts, places = self._facts_on(as_of)
        if officer_id not in places:
            return {}
        left_out = ("rank_step",) if aim[0] == GoalKind.RANK_STEP else ()

        def asking(post: Post, _: Policy) -> list[Requirement]:
            return [one for one in self._posts[post.post_id][1] if one.fact not in left_out]

        return shut_for_good(facts, places[officer_id], known, self.goals.policy, until, asking)

    def _facts_on(self, as_of: date) -> tuple[Facts, Mapping[str, int]]:
        """What rules look at of every officer of the request, and the place of each."""
        if as_of not in self._facts:
            ids = (rows["officer_id"] for rows in self.goals.records.values() if "officer_id" in rows)
            every = sorted({str(one) for some in ids for one in some.unique()})
            self._facts[as_of] = facts_of(self.goals.records, every, as_of), {one: at for at, one in enumerate(every)}
        return self._facts[as_of]

    @cached_property
    def _facts(self) -> dict[date, tuple[Facts, Mapping[str, int]]]:
        """By day, worked out once for many officers."""
        return {}


def _evidence(aim: Goal | None, talent: TalentPolicy) -> tuple[FieldCourse, ...]:
    """The courses that lines of the field's short list count row by row, each once with every line that names it; none
    of another kind of goal."""
    lines = [
        line for rule in talent.field if aim == (GoalKind.TALENT_FIELD, rule.name)
        for line in rule.lines if line.table == "course_completions"
    ]  # fmt: skip
    named = {course: line for line in lines if line.how == "count" for course in line.where.get("course_id", ())}
    found = []
    for course, counting in named.items():
        beside = [one for one in lines if one != counting and course in one.where.get("course_id", ())]
        names = (Bilingual(one.name_zh, one.name_en) for one in (counting, *beside))
        found.append(FieldCourse(course, Bilingual.joined(names, ("、", ", "))))
    return tuple(found)


def _aims(records: Records, posts: Sequence[str]) -> tuple[PostNeed, ...]:
    """The courses that posts require, each once, for the first of them; none where one of the posts requires none, for
    of several posts the one that asks least counts."""
    known = post_needs(records)
    needs = [known[one] for one in posts if one in known]
    if len(needs) < len(posts):
        return ()
    return tuple({need.course_id: need for need in reversed(needs)}.values())[::-1]


def name_of(row: Mapping[Any, Any], code: str) -> Bilingual:
    """What a row calls itself; where it has no name its code, quoted."""
    known = [str(row[name]) for name in ("name_zh", "name_en") if not pd.isna(row.get(name))]
    return Bilingual(known[0], known[-1]) if known else quoted(code)


def _family(told: object) -> str | None:
    return None if told is None or pd.isna(told) else str(told)  # type: ignore[call-overload]
