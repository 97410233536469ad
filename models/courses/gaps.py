"""Competency gaps to the standard of a post, and the courses that close them fastest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from data_contracts.advising import CourseLoad, GapPolicy
from data_contracts.policy import policy
from data_contracts.vocabulary import Bilingual
from models.courses.rules import CourseReason, OfferedCourse, hours_en
from models.eligibility.rules import Requirement

RULE, PRESENT, GOAL = WHOSE = ("rule", "present", "goal")  # in this order
LEVEL = "level"  # the reason of a course that closes no gap
NEARLY = 1e-9  # levels


@dataclass(frozen=True)
class Gap:
    """How far the level of a competency lies below the standard of the `present` post or of the `goal`, or below what a
    `rule` asks of whoever is to reach the goal, by its name.
    """

    competency: str
    level: float
    standard: float
    whose: str
    rule: Bilingual | None = None

    @property
    def size(self) -> float:
        """Levels."""
        return self.standard - self.level


@dataclass(frozen=True)
class RuleLevel:
    """A level without which a rule bars a post, with the name of the rule."""

    level: float
    rule: Bilingual


def rule_levels(asked: Iterable[Requirement]) -> dict[str, RuleLevel]:
    """The highest level of each competency among what a post asks for."""
    levels = sorted((one for one in asked if one.fact == "level"), key=lambda one: one.least)
    return {one.what: RuleLevel(one.least, one.name) for one in levels}


@dataclass(frozen=True)
class GapCourse:
    """A course with what it closes: levels in all, and per hour of study."""

    course: OfferedCourse
    levels: float
    per_hour: float
    reasons: tuple[CourseReason, ...]


def gaps_to(levels: Mapping[str, float], standards: Mapping[str, float], whose: str, least: float) -> list[Gap]:
    """The gaps of at least `least`, the largest first; a competency never assessed has none that is known.

    >>> [(gap.competency, gap.size) for gap in gaps_to({"law": 2.0, "fitness": 4.0}, {"law": 3.0, "fitness": 3.0,
    ...     "analysis": 3.0}, PRESENT, 0.1)]
    [('law', 1.0)]
    """
    known = [Gap(name, levels[name], standard, whose) for name, standard in standards.items() if name in levels]
    return sorted((gap for gap in known if gap.size >= least), key=lambda gap: (-gap.size, gap.competency))


def gaps_to_rules(levels: Mapping[str, float], rules: Mapping[str, RuleLevel]) -> list[Gap]:
    """The gaps to levels of rules, which bar however little lacks, the largest first; what was never assessed has none.

    >>> law = RuleLevel(3.0, Bilingual("规则", "the rule"))
    >>> [gap.whose for gap in gaps_to_rules({"law": 2.95}, {"law": law, "fitness": law})]
    ['rule']
    """
    named = gaps_to(levels, {name: one.level for name, one in rules.items()}, RULE, NEARLY)
    return [replace(gap, rule=rules[gap.competency].rule) for gap in named]


def closing_courses(
    gaps: Sequence[Gap], courses: Sequence[OfferedCourse], rules: GapPolicy, load: CourseLoad,
    taken: Iterable[OfferedCourse] = (),
) -> list[GapCourse]:  # fmt: skip
    """Courses by what they close per hour, levels of rules before the present post, this before the goal, and of equal
    ones the one that closes more.

    Each is weighed and told by what those before it leave, first of all those that are `taken` anyway: half a gap that
    is half closed is not closed whole again, and what the present post no longer asks for stands where the goal asks
    for it. One that closes less than counts as a gap comes after those that close more: half an hour is no answer to a
    gap that takes days, however much it does for its length. None is among them whose every gap those before it close
    whole.
    """
    left = left_after({gap: gap.size for gap in gaps}, taken, rules, load)
    asked = {gap.competency for gap in gaps}
    waiting = [course for course in courses if course.competency in asked]
    found = list[GapCourse]()
    while weighed := [one for course in waiting if (one := _weighed(course, left, rules, load)) is not None]:
        best = min(weighed, key=lambda one: one.place)
        found.append(best.told())
        waiting = [one.course for one in weighed if one is not best]
        left = left_after(left, (best.course,), rules, load)
    return found


def left_after(
    left: Mapping[Gap, float], courses: Iterable[OfferedCourse], rules: GapPolicy, load: CourseLoad
) -> dict[Gap, float]:
    """What some courses leave of gaps, in levels; nothing or less of one that they close."""
    found = dict(left)
    for course in courses:
        added = rules.added(load.hours_of(course.hours))
        found |= {gap: size - added for gap, size in found.items() if gap.competency == course.competency}
    return found


@dataclass(frozen=True)
class _Weighed:
    """A course beside the gaps that it would close, with what is left of each; it adds so many levels."""

    course: OfferedCourse
    hours: float
    added: float
    own: Mapping[Gap, float]
    least: float

    @property
    def levels(self) -> float:
        return min(self.added, max(self.own.values()))

    @property
    def per_hour(self) -> float:
        return self.levels / max(self.hours, 0.5)

    @property
    def place(self) -> tuple[int, bool, float, float, str]:
        """Among the others, the first the best."""
        first = min(WHOSE.index(gap.whose) for gap in self.own)
        small = self.levels < min(self.least, max(self.own.values())) - NEARLY
        return first, small, -self.per_hour, -self.levels, self.course.course_id

    @property
    def reasons(self) -> tuple[CourseReason, ...]:
        return tuple(_reason(gap, size, min(self.added, size), self.hours) for gap, size in self.own.items())

    def told(self) -> GapCourse:
        return GapCourse(self.course, self.levels, self.per_hour, self.reasons)


def _weighed(course: OfferedCourse, left: Mapping[Gap, float], rules: GapPolicy, load: CourseLoad) -> _Weighed | None:
    """None where it closes nothing that is left."""
    own = {gap: size for gap, size in left.items() if gap.competency == course.competency and size > _met(gap, rules)}
    hours = load.hours_of(course.hours)
    return _Weighed(course, hours, rules.added(hours), own, rules.least_gap) if own else None


def gap_reasons(
    left: Mapping[Gap, float], course: OfferedCourse, rules: GapPolicy, load: CourseLoad
) -> tuple[CourseReason, ...]:
    """What a course closes of what is left of each gap, () where that is nothing."""
    weighed = _weighed(course, left, rules, load)
    return () if weighed is None else weighed.reasons


def lacking(left: Mapping[Gap, float], rules: GapPolicy) -> dict[str, tuple[int, float]]:
    """How much is left of each competency that still falls short: the place in WHOSE of who asks for it first, and
    what is left of that, below zero, so that what comes first stands lowest."""
    found: dict[str, tuple[int, float]] = {}
    for gap, size in left.items():
        if size > _met(gap, rules):
            place = WHOSE.index(gap.whose), -size
            found[gap.competency] = min(place, found.get(gap.competency, place))
    return found


def _met(gap: Gap, rules: GapPolicy) -> float:
    """What may be left of a gap that counts as closed: of a rule's nothing."""
    return NEARLY if gap.whose == RULE else rules.least_gap / 2 + NEARLY


def told_levels(levels: float) -> str:
    """Levels in words: two places where the second says something, for an hour of study adds hundredths.

    >>> told_levels(0.25), told_levels(0.5), told_levels(1.0)
    ('0.25', '0.5', '1.0')
    """
    return f"{levels:.2f}".removesuffix("0")


def level_reason(
    course: OfferedCourse, levels: Mapping[str, float], present: Mapping[str, float] | None
) -> tuple[CourseReason, ...]:
    """The level assessed of what a course teaches, which says why one that closes no gap stands where it does, and what
    the `present` post asks of it where its standards are known; () of a course that teaches no competency."""
    if course.competency is None:
        return ()
    name, level = policy().names.competency_named(course.competency), levels.get(course.competency)
    told = Bilingual(f"{name.zh}从未测评", f"{name.en} was never assessed")
    if level is not None:
        told = Bilingual(f"{name.zh}现为{level:.1f}级", f"the level in {name.en} is {level:.1f}")
    asked = (present or {}).get(course.competency)
    if asked is not None:
        told = Bilingual(f"{told.zh}（现岗位标准{asked:.1f}）", f"{told.en} (the standard of your post {asked:.1f})")
    elif present:
        told = Bilingual(f"{told.zh}，现岗位无此要求", f"{told.en}, and your post does not ask for it")
    return (CourseReason(LEVEL, told),)


def _reason(gap: Gap, left: float, levels: float, hours: float) -> CourseReason:
    asks = {
        PRESENT: Bilingual("现岗位标准", "the standard of your post"),
        GOAL: Bilingual("目标标准", "the standard of your goal"),
    }
    if gap.rule is None:
        named, level = asks[gap.whose], f"{gap.level:.1f}"
    else:
        level = told_levels(gap.level)  # however little lacks it has to be seen
        named = Bilingual(f"目标须符合的规则“{gap.rule.zh}”要求", f"a rule of your goal, {gap.rule.en}, asks for")
    name = policy().names.competency_named(gap.competency)
    before = Bilingual("", "")
    if left < gap.size - NEARLY:
        before = Bilingual("前列课程之后所余的", "what the courses before it leave of ")
    told = Bilingual(
        f"{hours:g}学时可弥补{before.zh}{name.zh}差距{told_levels(levels)}级（现{level}，{named.zh}{gap.standard:.1f}）",
        f"closes {told_levels(levels)} of {before.en}the gap in {name.en} in {hours_en(hours)} "
        f"(level {level}, {named.en} {gap.standard:.1f})",
    )
    return CourseReason(f"gap_{gap.whose}", told)
