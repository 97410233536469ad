"""What a later step of a path will lack on the day it is expected, with the posts and courses that the path brings.

What nobody can know by then, such as a degree or a rank step that is not barred by its least times, is not claimed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from data_contracts.policy import Policy
from data_contracts.vocabulary import Bilingual
from models.eligibility.rules import NOT_MET, Post, Requirement, alone, requirements, states, told_unmet
from models.eligibility.spells import GRASS_ROOTS, full_months
from models.eligibility.standing_facts import NO_DAY, Facts
from models.paths.telling import Before, Blocked

UNKNOWABLE = ("education",)
TIMES = ("service", "post", "grassroots", "rank_step")


@dataclass(frozen=True)
class Coming:
    """The facts of one officer today, in `facts` alone, and what is known of posts."""

    facts: Facts
    posts: Mapping[str, Post]
    policy: Policy

    @classmethod
    def of(cls, facts: Facts, place: int, posts: Mapping[str, Post], policy: Policy) -> Coming:
        """Of the officer at a place."""
        return cls(alone(facts, place), posts, policy)

    def lacking(self, post: Post, before: Before, levels: Mapping[str, float]) -> list[Blocked]:
        """What the post asks for and will not be met by the latest day that the step may come on."""
        then, found = self.facts_at(before, levels), list[Blocked]()
        for each in requirements(post, self.policy):
            if each.fact in UNKNOWABLE or states(then, post, each)[0] != NOT_MET:
                continue
            if each.fact == "level":
                found.append(Blocked(each.code, _expected(each, float(then.levels[each.what][0]))))
                continue
            # promotions may come from today on, not only after the day of the step
            told = told_unmet(self.facts if each.fact == "rank_step" else then, post, each)
            if each.fact not in TIMES or (told.met_from is not None and told.met_from > before.latest):
                found.append(Blocked(told.code, Bilingual(told.zh, told.en)))
        return found

    def facts_at(self, before: Before, levels: Mapping[str, float]) -> Facts:
        """The facts on the day of a step, had everything before it come when it is expected."""
        one, (last, since) = self.facts, before.steps[-1]
        taken = None if one.taken is None else {
            **one.taken, **{course.course_id: _days(before.day) for course in before.courses}
        }  # fmt: skip
        return replace(
            one, as_of=before.day, post_id=np.array([last], object), post_since=_days(since),
            grassroots_months=one.grassroots_months + self._grassroots(before),
            grassroots_since=_days(since) if self.at_grass_roots(last) else np.full(1, NO_DAY),
            levels={**one.levels, **{name: np.array([level]) for name, level in levels.items()}}, taken=taken,
        )  # fmt: skip

    def _grassroots(self, before: Before) -> int:
        """Full months at the grass roots from today to the day of the step."""
        running = not np.isnat(self.facts.grassroots_since[0])
        first = before.steps[0][1]
        months = _months(self.facts.as_of, first) if running else 0
        ends = [*(day for _, day in before.steps[1:]), before.day]
        spells = zip(before.steps, ends, strict=True)
        return months + sum(_months(day, end) for (post, day), end in spells if self.at_grass_roots(post))

    def at_grass_roots(self, post: str) -> bool:
        """Whether time in a post counts as time at the grass roots."""
        return post in self.posts and self.posts[post].unit_level in GRASS_ROOTS


def _expected(asked: Requirement, level: float) -> Bilingual:
    name = asked.called or asked.name
    return Bilingual(
        f"{asked.name.zh}：按现测评加路径课程，{name.zh}预计{level:.1f}，须{asked.least:g}",
        f"{asked.name.en}: {name.en} is expected at {level:.1f} with the courses of this path, needs {asked.least:g}",
    )


def _days(day: date) -> np.ndarray:
    return np.array([day], "datetime64[D]")


def _months(start: date, end: date) -> int:
    return int(full_months(_days(start), _days(end))[0])
