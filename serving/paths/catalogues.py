"""What is the same on a day for every officer who asks for a path: posts, standards, courses on offer, lifts, names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from data_contracts.naming import quoted
from data_contracts.policy import Policy
from data_contracts.vocabulary import Bilingual
from models.courses.gaps import RuleLevel, rule_levels
from models.courses.lifts import CourseLifts
from models.courses.rules import OfferedCourse
from models.eligibility.rules import Post, Requirement, requirements
from models.posts.fit import Standard


@dataclass(frozen=True)
class Catalogues:
    """Of one day; `courses` are those that can be finished from it on."""

    posts: dict[str, Post]
    standard: Standard
    courses: tuple[OfferedCourse, ...]
    lifts: CourseLifts | None
    policy: Policy
    name: Callable[[str], Bilingual] = quoted

    @cached_property
    def asked(self) -> Mapping[str, tuple[Requirement, ...]]:
        """What each post asks for."""
        return {code: requirements(post, self.policy) for code, post in self.posts.items()}

    @cached_property
    def rule_levels(self) -> Mapping[str, Mapping[str, RuleLevel]]:
        """The level of each competency without which a rule bars each post."""
        return {code: rule_levels(asked) for code, asked in self.asked.items()}

    @cached_property
    def by_id(self) -> Mapping[str, OfferedCourse]:
        """The courses by their id."""
        return {one.course_id: one for one in self.courses}
