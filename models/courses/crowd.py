"""What colleagues take: waves in an officer's command, rank and cohort, and what people on the same way take next.

Everything is counted from one state of all takings, of those who serve on its day; an officer who is not in it gets
what the whole force takes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from data_contracts.advising import WavePolicy
from data_contracts.policy import policy
from data_contracts.vocabulary import Bilingual
from models.courses.baselines import CourseScorer
from models.courses.histories import UNKNOWN, Array, Questions
from models.courses.neighbours import Neighbours, by_courses
from models.courses.record import CourseHistory, day_number, day_of
from models.courses.rules import Counted, CourseReason
from models.courses.state import CourseState

FORCE = "force"
WORDS: Mapping[str, Bilingual] = {
    "command": Bilingual("本单位在训同事", "colleagues of your unit who are in training"),
    "rank": Bilingual("同职级在训民警", "officers of your rank who are in training"),
    "cohort": Bilingual("同年入警在训民警", "officers in training who joined in your year"),
    "class": Bilingual("同期入警在训民警", "officers in training who joined with you"),
    FORCE: Bilingual("全体在训民警", "officers in training"),
}
WAY_DAYS = 60


RANKED = "ranking_alone"  # nothing that was counted sets the course apart for this officer


@dataclass(frozen=True)
class CrowdCourse:
    """A course with the share of those who took it lately, or the score of the model, and the reason."""

    course_id: str
    score: float
    reasons: tuple[CourseReason, ...]


@dataclass(frozen=True)
class CrowdCounts:
    """The state of one day with the names of officers and courses, and what is counted of it once, whoever ranks."""

    state: CourseState
    officers: Sequence[str]
    courses: Sequence[str]
    policy: WavePolicy

    @cached_property
    def row(self) -> Mapping[str, int]:
        """The row of each officer."""
        return {officer_id: row for row, officer_id in enumerate(self.officers)}

    @property
    def day(self) -> date:
        """The last day that is counted."""
        return day_of(self.state.day)

    @cached_property
    def present(self) -> Array:
        """(officers,) False for those who had left by the day."""
        gone = self.state.peers.gone
        return np.ones(len(self.officers), bool) if gone is None else ~gone

    @cached_property
    def serving(self) -> Array:
        """(officers,) True for those in training: who took anything lately and has not left."""
        return np.asarray(self.state.active & self.present)

    @cached_property
    def recent(self) -> sp.csr_matrix:
        """(officers, courses) what was taken for the first time in the days of a wave."""
        return self.state.lately(self.policy.days)

    @cached_property
    def under_way(self) -> Array:
        """(courses,) True where anybody took it for the first time in the last WAY_DAYS."""
        return np.asarray(self.state.count(WAY_DAYS) > 0)

    @cached_property
    def taken(self) -> sp.csr_matrix:
        """(officers, courses) what was taken in the last WAY_DAYS, repeats too: what is told of what people take."""
        return self.state.taken_lately(WAY_DAYS)

    @cached_property
    def by_course(self) -> sp.csc_matrix:
        """The same, to be read by course."""
        return self.taken.tocsc()

    @cached_property
    def takers(self) -> Array:
        """(courses,) how many of those in training took each in that time."""
        return np.asarray(self.taken[self.serving].sum(0)).ravel()

    @cached_property
    def new(self) -> Array:
        """The numbers of the courses first seen lately."""
        seen = self.state.first_seen
        return np.flatnonzero((seen <= self.state.day) & (seen > self.state.day - self.policy.new_within_days))

    @cached_property
    def near(self) -> Neighbours:
        """Who is like whom by courses."""
        return by_courses(self.state)


@dataclass(frozen=True)
class CourseCrowd:
    """What was counted of a day, and a ranking of what comes next."""

    counts: CrowdCounts
    ranker: CourseScorer | None

    @property
    def state(self) -> CourseState:
        """The state of the day."""
        return self.counts.state

    def waves(self, officer_id: str, most: int) -> list[CrowdCourse]:
        """New courses that many of the officer's command, rank, cohort, or of the force, have just taken.

        The best share of any group counts, and every group that is in the wave is told.
        """
        counts, wave = self.counts, self.counts.policy
        row = counts.row.get(officer_id)
        signs: dict[int, list[tuple[float, CourseReason]]] = {}
        for kind, code in ((FORCE, None), *self.state.peers.groups.items()):
            members = self._members(code, row)
            if members is None or len(members) < wave.least_officers:
                continue
            taken = np.asarray(counts.recent[members].sum(0)).ravel()
            for course in counts.new[taken[counts.new] >= wave.least_share * len(members)].tolist():
                reason = _wave(Counted(kind, int(taken[course]), len(members), wave.days), counts.day)
                signs.setdefault(course, []).append((taken[course] / len(members), reason))
        lacking = [course for course in signs if row is None or not self.state.taken[row, course]]
        ranked = sorted(lacking, key=lambda course: (-max(share for share, _ in signs[course]), counts.courses[course]))
        return [self._told(course, signs[course]) for course in ranked[:most]]

    def likely(self, officer_id: str, most: int) -> list[CrowdCourse]:
        """What the ranker puts first for an officer, with how many of those alike or of an own group took it lately.

        Where neither is a reason, it is said that the ranking alone put it there.

        What nobody has begun with lately is no longer under way and is left out. People are told of by all that they
        took, for a course that is taken again and again would look like one that hardly anybody takes.
        """
        row = self.counts.row.get(officer_id)
        if row is None or self.ranker is None:
            return []
        masked = self.state.taken[[row]].toarray() > 0
        scores = self.ranker.score(self.state, Questions(np.array([row]), np.array([self.state.day + 1]), masked))[0]
        scores = np.where(masked[0] | (self.state.first_seen > self.state.day), -np.inf, scores)
        under_way = np.isfinite(scores) & self.counts.under_way
        best = [course for course in np.argsort(-scores, kind="stable").tolist() if under_way[course]][:most]
        near = self.counts.near.of(np.array([row])).weight.indices
        near = near[self.counts.present[near]]
        taken = np.asarray(self.counts.taken[near].sum(0)).ravel()
        return [
            CrowdCourse(
                self.counts.courses[course],
                float(scores[course]),
                (self._why(row, course, (int(taken[course]), len(near))),),
            )
            for course in best
        ]

    def _why(self, row: int, course: int, near: tuple[int, int]) -> CourseReason:
        """Numbers are told where they are enough people and a share worth saying, by the rule of suggested posts.

        Of the officer's groups the one that took it most, where it took it more than everybody did.
        """
        enough = policy().suggestions.counts.worth_telling
        if enough(*near):
            return _way(*near, self.counts.day)
        everybody = int(self.counts.takers[course]), int(self.counts.serving.sum())
        groups = [(kind, *self._taken_in(code, row, course)) for kind, code in self.state.peers.groups.items()]
        ahead = [
            (taken / members, kind, taken, members)
            for kind, taken, members in groups
            if enough(taken, members) and taken * everybody[1] > everybody[0] * members
        ]
        if not ahead:
            return _ranked(*everybody, self.counts.day)
        _, kind, taken, members = max(ahead, key=lambda one: one[0])
        return _taken(Counted(kind, taken, members, WAY_DAYS), self.counts.day)

    def _taken_in(self, code: Array, row: int, course: int) -> tuple[int, int]:
        """How many of the active others of the officer's group took a course lately, and how many they are."""
        if code[row] == UNKNOWN:
            return 0, 0
        takers = self.counts.by_course.indices[slice(*self.counts.by_course.indptr[course : course + 2])]
        members = int((self.counts.serving & (code == code[row])).sum()) - int(self.counts.serving[row])
        return int(((code[takers] == code[row]) & self.counts.serving[takers]).sum()), members

    def _members(self, code: Array | None, row: int | None) -> Array | None:
        """The active officers of the officer's group without the officer; of the force where there is no code."""
        if code is None:
            members = np.flatnonzero(self.counts.serving)
        elif row is None or code[row] == UNKNOWN:
            return None
        else:
            members = np.flatnonzero(self.counts.serving & (code == code[row]))
        return members if row is None else members[members != row]

    def _told(self, course: int, signs: list[tuple[float, CourseReason]]) -> CrowdCourse:
        ordered = sorted(signs, key=lambda sign: -sign[0])
        return CrowdCourse(self.counts.courses[course], float(ordered[0][0]), tuple(reason for _, reason in ordered))


def counts_at(history: CourseHistory, as_of: date, policy: WavePolicy) -> CrowdCounts:
    """What is counted of a day: what was known before it."""
    return CrowdCounts(history.state(day_number(as_of) - 1), history.officers, history.names.courses, policy)


def crowd_at(history: CourseHistory, as_of: date, ranker: CourseScorer | None, policy: WavePolicy) -> CourseCrowd:
    """The crowd of a day."""
    return CourseCrowd(counts_at(history, as_of, policy), ranker)


def _way(taken: int, near: int, day: date) -> CourseReason:
    lately = _lately(WAY_DAYS, day)
    told = Bilingual(
        f"学习经历最相近的{near}人中有{taken}人在{lately.zh}学过",
        f"{taken} of the {near} officers whose courses are most like yours took it {lately.en}",
    )
    return CourseReason("same_way", told)


def _wave(one: Counted, day: date) -> CourseReason:
    """A wave is of those who had never taken it, and is told so."""
    return _counted(one, day, f"wave_{one.group}", Bilingual("首次学过", "took it for the first time"))


def _taken(one: Counted, day: date) -> CourseReason:
    return _counted(one, day, f"taken_{one.group}", Bilingual("学过", "took it"))


def _counted(one: Counted, day: date, code: str, did: Bilingual) -> CourseReason:
    who, lately = WORDS[one.group], _lately(one.days, day)
    told = Bilingual(
        f"{who.zh}{one.members}人中有{one.taken}人在{lately.zh}{did.zh}",
        f"{one.taken} of {one.members} {who.en} {did.en} {lately.en}",
    )
    return CourseReason(code, told, counted=one)


def _ranked(taken: int, members: int, day: date) -> CourseReason:
    """Said plainly: nothing of the officer's own was counted for it; how many of all took it is no reason of theirs."""
    lately = _lately(WAY_DAYS, day)
    told = Bilingual(
        f"没有针对本人的具体依据，仅由模型排序列入（{lately.zh}{WORDS[FORCE].zh}{members}人中有{taken}人学过）",
        f"no fact about you in particular: the model's ranking alone put it here ({taken} of {members} "
        f"{WORDS[FORCE].en} took it {lately.en})",
    )
    return CourseReason(RANKED, told)


def _lately(days: int, day: date) -> Bilingual:
    """The days that were counted, by the last of them: an answer is read on other days than it was made on."""
    return Bilingual(f"截至{day}的{days}天内", f"in the {days} days to {day}")
