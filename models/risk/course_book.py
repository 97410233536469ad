"""Courses on offer, what is known of each officer as a learner, and which courses suit whom, each with its reasons."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from data_contracts.policy import policy
from data_contracts.vocabulary import Bilingual
from models.risk.themes import THEMES

OWN_FAMILY = 1.5  # a job family whose officers take a course so many times as often as all takes it as its own ...
USUAL = 1.0  # ... and where another does so, one whose officers take it less than all leaves it to them
STEPS_AHEAD = 1  # a course of posts for a rank further ahead than the next step is too early
THEME_NAMES: Mapping[str, Bilingual] = {theme.code: Bilingual(theme.zh, theme.en) for theme in THEMES}


@dataclass(frozen=True)
class Course:
    """A course on offer.

    `families` are the job families whose posts require it and `steps` the lowest place on the ladder of each track
    among those posts (0: open to all); `tracks` the tracks that a rule of policy asks it of; `lifts` how many times as
    often as all officers those of a job family took it lately.
    """

    course_id: str
    name_zh: str
    name_en: str
    competency: str
    mandated: bool
    hours: float | None
    families: tuple[str, ...] = ()
    steps: Mapping[str, int] = field(default_factory=dict)
    tracks: tuple[str, ...] = ()
    lifts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class OpenGap:
    """A level assessed below the standard of the present post."""

    level: float
    standard: float

    @property
    def size(self) -> float:
        """Levels."""
        return self.standard - self.level


@dataclass(frozen=True)
class Taking:
    """The last time a course was taken, and the last day that it counts; None where it never lapses."""

    on: date | None = None
    lapses: date | None = None


@dataclass(frozen=True)
class Learner:
    """One officer as far as courses go; what nobody knows is None or empty. `step` is the place on the track's ladder,
    `gaps` are by competency, `taken` by course."""

    job_family: str | None = None
    track: str | None = None
    step: int | None = None
    gaps: Mapping[str, OpenGap] = field(default_factory=dict)
    taken: Mapping[str, Taking] = field(default_factory=dict)

    def holds(self, course_id: str, day: date) -> bool:
        """Whether the officer has it on a day: taken, and not lapsed.

        >>> learner = Learner(taken={"law": Taking(date(2024, 1, 1), date(2025, 1, 1)), "once": Taking()})
        >>> [learner.holds("law", day) for day in (date(2025, 1, 1), date(2025, 1, 2))], learner.holds("once", date.max)
        ([True, False], True)
        """
        taking = self.taken.get(course_id)
        return taking is not None and (taking.lapses is None or day <= taking.lapses)

    def suited_by(self, course: Course) -> bool:
        """Whether nothing known speaks against the course: not another job family's, track's or a later rank's.

        >>> cyber = Course("c", "网络", "cyber", "data_skills", False, 40.0, families=("cyber",))
        >>> [Learner(job_family=name).suited_by(cyber) for name in ("cyber", "patrol", None)]
        [True, False, True]
        """
        if course.tracks and self.track is not None and self.track not in course.tracks:
            return False
        least = course.steps.get(self.track or "")
        if least is not None and self.step is not None and least > self.step + STEPS_AHEAD:
            return False
        if self.job_family is None or course.mandated:
            return True
        if course.families:
            return self.job_family in course.families
        others_own = max(course.lifts.values(), default=USUAL) >= OWN_FAMILY
        return not others_own or course.lifts.get(self.job_family, USUAL) >= USUAL

    def own(self, course: Course) -> bool:
        """Whether it is a course of the officer's own job family."""
        return self.job_family in course.families or course.lifts.get(self.job_family or "", USUAL) >= OWN_FAMILY


@dataclass(frozen=True)
class Wanted:
    """Why a course is looked for: a theme of reasons (empty: the action itself), by these competencies, the most
    fitting first, and by what closes the officer's own gaps where `gaps`."""

    theme: str
    competencies: tuple[str, ...]
    gaps: bool = False

    def addressed_by(self, course: Course, learner: Learner) -> bool:
        """Whether a course is one of those."""
        return course.competency in self.competencies or (self.gaps and course.competency in learner.gaps)


@dataclass(frozen=True)
class Limits:
    """What an action asks of its courses: of these competencies (empty: of any), at most so many hours and courses."""

    competencies: tuple[str, ...] = ()
    hours_at_most: float | None = None
    most: int = 3

    def allow(self, course: Course) -> bool:
        """Whether a course may stand beside the action; hours that are not known may be too many."""
        if self.competencies and course.competency not in self.competencies:
            return False
        return self.hours_at_most is None or (course.hours is not None and course.hours <= self.hours_at_most)


@dataclass(frozen=True)
class Chosen:
    """A course with the reasons for it; codes are `theme`, `gap`, `lapsed`, `required` and `family`."""

    course: Course
    reasons: tuple[tuple[str, Bilingual], ...]

    def to_json(self) -> dict[str, Any]:
        """As results tell it."""
        reasons = [{"theme": code, "text": {"zh": told.zh, "en": told.en}} for code, told in self.reasons]
        name = {"zh": self.course.name_zh, "en": self.course.name_en}
        return {"course_id": self.course.course_id, "name": name, "hours": self.course.hours, "reasons": reasons}


@dataclass(frozen=True)
class CourseBook:
    """Courses on offer, and what is known of each officer."""

    courses: tuple[Course, ...] = ()
    learner: Callable[[str], Learner] = field(default=lambda _: Learner())

    @cached_property
    def _by_competency(self) -> dict[str, list[Course]]:
        found: dict[str, list[Course]] = {}
        for course in self.courses:
            found.setdefault(course.competency, []).append(course)
        return found

    def addressing(self, officer_id: str, wanted: Sequence[Wanted], limits: Limits, day: date) -> list[Chosen]:
        """The courses for an officer: those that address what is wanted, are not held and suit the person.

        The first of `wanted` comes first; then what closes the largest gap of the person's own, then the most fitting
        competency, then courses of the own job family, what is mandated, and the shorter.

        >>> law = Course("k1", "法律", "law", "law", False, 8.0)
        >>> duty = Course("k2", "执法规范", "conduct", "law", True, 16.0)
        >>> book = CourseBook((law, duty), lambda officer: Learner(taken={"k2": Taking()} if officer == "b" else {}))
        >>> [[one.course.course_id for one in book.addressing(name, [Wanted("complaints", ("law",))], Limits(),
        ...     date(2026, 1, 1))] for name in "ab"]
        [['k2', 'k1'], ['k1']]
        """
        if not self.courses or not limits.most or not wanted:
            return []
        learner = self.learner(officer_id)
        names = {name for one in wanted for name in (*one.competencies, *(learner.gaps if one.gaps else ()))}
        found = []
        for course in (course for name in names for course in self._by_competency.get(name, ())):
            place = next((at for at, one in enumerate(wanted) if one.addressed_by(course, learner)), None)
            if place is None or not limits.allow(course) or learner.holds(course.course_id, day):
                continue
            if learner.suited_by(course):
                found.append((_order(course, learner, wanted[place], place), course, wanted[place]))
        found.sort(key=lambda one: one[0])
        return [Chosen(course, tuple(_reasons(course, learner, one))) for _, course, one in found[: limits.most]]


def _order(course: Course, learner: Learner, why: Wanted, place: int) -> tuple[object, ...]:
    gap = learner.gaps.get(course.competency)
    fitting = {name: place for place, name in enumerate(why.competencies)}
    hours = float("inf") if course.hours is None else course.hours
    known = fitting.get(course.competency, len(fitting))
    size, own = 0.0 if gap is None else gap.size, learner.own(course)
    return place, -size, known, not own, not course.mandated, hours, course.course_id


def _reasons(course: Course, learner: Learner, why: Wanted) -> Iterator[tuple[str, Bilingual]]:
    """Why this course for this officer: what it addresses, then what makes it fit the person."""
    competency = policy().names.competency_named(course.competency)
    if why.theme:
        theme = THEME_NAMES.get(why.theme, Bilingual(why.theme, why.theme))
        told = Bilingual(
            f"针对原因“{theme.zh}”，培养{competency.zh}", f"addresses “{theme.en}”: it builds {competency.en}"
        )
        yield "theme", told
    gap = learner.gaps.get(course.competency)
    if gap is not None:
        yield (
            "gap",
            Bilingual(
                f"{competency.zh}测评{gap.level:.1f}级，低于现岗位标准{gap.standard:.1f}级",
                f"{competency.en} was assessed at level {gap.level:.1f}, the present post asks for {gap.standard:.1f}",
            ),
        )
    taking = learner.taken.get(course.course_id)
    if taking is not None and taking.lapses is not None:
        yield "lapsed", Bilingual(f"证书已于{taking.lapses}到期", f"the certificate lapsed on {taking.lapses}")
    if course.mandated and taking is None:
        yield "required", Bilingual("必修，尚无完成记录", "mandated, and no completion is on record")
    if not course.mandated and learner.job_family is not None and learner.own(course):
        family = policy().names.family_named(learner.job_family)
        yield (
            "family",
            Bilingual(f"{family.zh}岗位的要求或常修课程", f"required by, or usual among, posts of {family.en}"),
        )
