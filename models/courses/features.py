"""What tells which course an officer takes next: one row of figures for each question and candidate.

Four kinds: how many take it now and how far its wave has come; the same among officers like this one (by group, by
lessons sat together, by courses taken); what it follows on; and what the officer has passed by.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from models.courses.baselines import CourseWeights
from models.courses.histories import UNKNOWN, Array, Questions
from models.courses.neighbours import Neighbours, by_courses, by_late_courses, by_lessons
from models.courses.passing import Passing, passing
from models.courses.state import HALF_LIVES_DAYS, REMEMBERED_DAYS, CourseState

WINDOWS = (3, 7, 14, 30, 60, 90, 180)
GROUPS = ("command", "rank", "cohort", "class")
GROUP_WINDOWS, LESSON_WINDOWS, COURSE_WINDOWS = (7, 14, 60), (7, 14, 30, 90), (7, 14, 30, 60)
BACK_OFF, LEAST = 10.0, 1e-4
HOT, HOT_COUNT = 20, 20
WEEKDAY_WEEKS = 8
Columns = dict[str, Array]


@dataclass(frozen=True)
class CandidateFeatures:
    """Figures for `candidates` (k,) at one state; what is the same for all questions is counted once."""

    state: CourseState
    candidates: Array

    def of(self, asked: Questions) -> tuple[tuple[str, ...], Array]:
        """Names (f,) and values (n, k, f) float32, NaN where unknown."""
        shape = (len(asked), len(self.candidates))
        columns: Columns = {}
        for part in PARTS:
            columns |= part(self, asked)
        values = np.empty((*shape, len(columns)), np.float32)
        for place, column in enumerate(columns.values()):
            values[..., place] = column
        return tuple(columns), values

    @cached_property
    def counts(self) -> Mapping[int, Array]:
        """(k,) by window."""
        return {days: self.state.count(days)[self.candidates] for days in WINDOWS}

    @cached_property
    def recent(self) -> Mapping[int, sp.csr_matrix]:
        """(officers, k) ones by window."""
        return {days: self.state.lately(days).tocsc()[:, self.candidates].tocsr() for days in WINDOWS}

    @cached_property
    def taken(self) -> sp.csr_matrix:
        """(officers, k) ones."""
        return self.state.taken.tocsc()[:, self.candidates].tocsr()

    @cached_property
    def active(self) -> float:
        """How many officers are."""
        return float(max(1, self.state.active.sum()))

    @cached_property
    def reach(self) -> Array:
        """(k,) share of the active officers who have taken it."""
        return np.asarray(self.taken[self.state.active].sum(0)).ravel() / self.active

    @cached_property
    def first_seen(self) -> Array:
        """(k,) days."""
        return self.state.first_seen[self.candidates]

    @cached_property
    def weekdays(self) -> Array:
        """(7, k) log of how much likelier than usual a course is on a day of the week."""
        recent = self.state.firsts.since(self.state.day - 7 * WEEKDAY_WEEKS)
        counts = np.zeros((7, self.state.shape[1]))
        np.add.at(counts, (recent.days % 7, recent.courses), 1.0)
        usual = (counts.sum(1, keepdims=True) + 1) / (counts.sum() + 7)
        share = (counts + 2 * usual) / (counts.sum(0) + 2)
        return np.asarray(np.log((share + 0.01) / (usual + 0.01))[:, self.candidates])

    @cached_property
    def groups(self) -> Mapping[str, tuple[Array, Columns]]:
        """By kind of group: (officers,) its row, and (groups, k) figures."""
        return {name: self._group(self.state.peers.groups[name]) for name in GROUPS if name in self.state.peers.groups}

    def _group(self, code: Array) -> tuple[Array, Columns]:
        officers = self.state.shape[0]
        members = self.state.active & (code != UNKNOWN)
        ones = np.ones(int(members.sum()), np.float32)
        shape = (int(code.max(initial=0)) + 1, officers)
        group = sp.csr_matrix((ones, (code[members], np.flatnonzero(members))), shape=shape)
        size = np.asarray(group.sum(1)) + BACK_OFF
        shares = {
            str(days): np.log(
                (_sums(group, self.recent[days]) + BACK_OFF * self.counts[days] / self.active) / size + LEAST
            )
            for days in GROUP_WINDOWS
        }
        return code, {**shares, "reach": (_sums(group, self.taken) + BACK_OFF * self.reach) / size}

    @cached_property
    def lessons(self) -> Neighbours:
        """Who sat in the same lessons."""
        return by_lessons(self.state)

    @cached_property
    def courses(self) -> Neighbours:
        """Who took the same courses."""
        return by_courses(self.state)

    @cached_property
    def class_mates(self) -> Neighbours:
        """Who sat in the same lessons of late: the few an officer works with now."""
        return by_lessons(self.state, 15, 21.0)

    @cached_property
    def late_courses(self) -> Neighbours:
        """Who takes the same courses of late."""
        return by_late_courses(self.state)

    @cached_property
    def passing(self) -> Passing:
        """How often each would have been taken by now."""
        return passing(self.state, self.candidates)

    @cached_property
    def ease(self) -> CourseWeights:
        """What goes with what, over everything taken by now."""
        return CourseWeights.fit_ease(self.state)

    @cached_property
    def alike(self) -> Array:
        """(courses, k) how alike the names are, 0 to 1, rare words counting more."""
        words = self.state.words
        seen = self.state.first_seen <= self.state.day
        usual = np.asarray(words[seen].sum(0)).ravel()
        weight = np.log((seen.sum() + 1) / (usual + 1)).clip(0)
        scaled = words.multiply(weight[None, :]).tocsr()
        norm = np.sqrt(np.asarray(scaled.multiply(scaled).sum(1)).ravel())
        unit = sp.diags(1 / np.maximum(norm, 1e-9)) @ scaled
        found = np.asarray((unit @ unit[self.candidates].T).toarray(), np.float32)
        found[self.candidates, np.arange(len(self.candidates))] = 0.0
        return found


def _sums(left: sp.csr_matrix, right: sp.csr_matrix) -> Array:
    return np.asarray((left @ right).toarray(), np.float64)


def wave_columns(have: CandidateFeatures, _: Questions) -> Columns:
    """How many take it now, how far it has come, how old it is: the same for everybody."""
    counts, day = have.counts, have.state.day
    lacking = np.maximum(have.active * (1 - have.reach), 1.0)
    columns = {f"taken_{days}d": np.log1p(counts[days]) for days in WINDOWS}
    columns |= {f"hazard_{days}d": np.log((counts[days] + 0.1) / lacking) for days in (7, 30)}
    columns["reach"] = have.reach
    columns["trend"] = np.log((counts[7] + 1) / (counts[30] + 3))
    columns["course_age"] = np.log1p(np.maximum(day - have.first_seen, 0))
    columns["idle"] = np.log1p(np.maximum(day - have.state.last_seen[have.candidates], 0))
    return columns


def group_columns(have: CandidateFeatures, asked: Questions) -> Columns:
    """Shares of the officer's command, rank, cohort and class; NaN where the officer's group is not known."""
    columns: Columns = {}
    for name in GROUPS:
        code, figures = have.groups.get(name, (None, {}))
        for key in (*map(str, GROUP_WINDOWS), "reach"):
            if code is None:
                columns[f"{name}_{key}"] = np.full((1, 1), np.nan)
                continue
            own = code[asked.officers]
            known = np.where(own == UNKNOWN, 0, own)
            columns[f"{name}_{key}"] = np.where((own == UNKNOWN)[:, None], np.nan, figures[key][known])
    return columns


def neighbour_columns(have: CandidateFeatures, asked: Questions) -> Columns:
    """Shares of the officers most like this one, by lessons and by courses."""
    columns: Columns = {}
    for name, found, windows in (
        ("lessons", have.lessons, LESSON_WINDOWS), ("courses", have.courses, COURSE_WINDOWS),
        ("class_mates", have.class_mates, LESSON_WINDOWS), ("late_courses", have.late_courses, COURSE_WINDOWS),
    ):  # fmt: skip
        near = found.of(asked.officers)
        shares = {days: near.share(have.recent[days], have.counts[days] / have.active) for days in windows}
        columns |= {f"{name}_{days}d": np.log(share + LEAST) for days, share in shares.items()}
        reach, late = near.share(have.taken, have.reach), shares[30]
        columns[f"{name}_reach"] = reach
        columns[f"{name}_hazard"] = np.log((late + LEAST) / (1 - reach + late + 0.02))
    return columns


def following_columns(have: CandidateFeatures, asked: Questions) -> Columns:
    """How often it follows on what the officer has taken, beside how often it follows on anything."""
    state, columns = have.state, {}
    kinds = [(f"{half_life:.0f}", half_life, state.followers.counts[half_life]) for half_life in HALF_LIVES_DAYS]
    for name, half_life, counts in (*kinds, ("lately", max(HALF_LIVES_DAYS), state.followers.lately)):
        history = state.remembered(asked.officers, half_life)
        chance = counts[:, have.candidates] / (counts.sum(1, keepdims=True) + 20)
        score = np.asarray(history @ chance) / (np.asarray(history.sum(1)).reshape(-1, 1) + 0.01)
        usual = counts.sum(0)[have.candidates] / max(float(counts.sum()), 1.0)
        columns[f"follows_{name}"] = np.log(score + LEAST)
        columns[f"follows_{name}_lift"] = np.log((score + 1e-3) / (usual + 1e-3))
    return columns


def own_columns(have: CandidateFeatures, asked: Questions) -> Columns:
    """The officer's own pace, and what the officer passed by since the course is there."""
    state, officers = have.state, asked.officers
    own = state.firsts.since(state.day - REMEMBERED_DAYS)
    mine = own.matrix(state.shape)[officers]
    day, place = np.unique(own.days, return_inverse=True)
    sets = sp.csr_matrix((np.ones(len(own), np.float32), (own.officers, place)), shape=(state.shape[0], len(day)))
    sets.data[:] = 1.0
    newer = mine @ (state.first_seen[:, None] > have.first_seen).astype(np.float32)
    passed = sets[officers] @ (day[:, None] > have.first_seen).astype(np.float32)
    recent = np.asarray(state.lately(30)[officers].sum(1)).reshape(-1, 1)
    rank, service = state.peers.days_in_rank[officers], state.peers.days_in_service[officers]
    return {
        "newer_taken": np.log1p(np.asarray(newer)),
        "days_passed": np.log1p(np.asarray(passed)),
        "own_ever": np.log1p(np.asarray(state.taken[officers].sum(1)).reshape(-1, 1)),
        "own_30d": np.log1p(recent),
        "own_idle": np.log1p(state.day - state.last_taken[officers]).reshape(-1, 1),
        "days_in_service": np.log1p(np.maximum(service, 0)).reshape(-1, 1),
        "days_in_rank": np.log1p(np.maximum(rank, 0)).reshape(-1, 1),
    }


def place_columns(have: CandidateFeatures, asked: Questions) -> Columns:
    """Where it stands among what the officer still lacks, and what the day of the week says."""
    masked, columns = asked.masked[:, have.candidates], {}
    for days in (7, 14, 30):
        counts = np.where(masked, 0.0, have.counts[days] + 1e-3 * have.counts[30])
        columns[f"share_{days}d"] = np.log(counts / (counts.sum(1, keepdims=True) + 1e-6) + LEAST)
        if days != 14:
            columns[f"place_{days}d"] = np.log1p(_places(np.where(masked, -1.0, counts)))
    fresh = np.where(masked | (have.counts[14] < HOT_COUNT), -np.inf, have.first_seen[None, :].astype(float))
    columns["place_newest"] = np.log1p(_places(fresh))
    hot = np.argsort(-have.counts[14], kind="stable")[:HOT]
    columns["hot_lacking"] = (~masked[:, hot]).sum(1, keepdims=True)
    columns["days_ahead"] = (asked.days - have.state.day).reshape(-1, 1)
    columns["weekday"] = have.weekdays[asked.days % 7]
    return columns


def passing_columns(have: CandidateFeatures, asked: Questions) -> Columns:
    """How often it would have been taken by now had all been alike, alone and against how many take it now."""
    expected = have.passing.expected(asked.officers)
    now = np.log((have.counts[30] + 0.1) / have.active)
    return {"expected": np.log(expected + 0.01), "expected_to_hazard": np.log(expected + 0.02) - now}


def ease_columns(have: CandidateFeatures, asked: Questions) -> Columns:
    """The score of EASE as of the state, and its place among what the officer lacks."""
    scores = have.ease.score(have.state, asked)[:, have.candidates]
    masked = asked.masked[:, have.candidates]
    return {"ease": scores, "ease_place": np.log1p(_places(np.where(masked, -np.inf, scores)))}


def year_columns(have: CandidateFeatures, _: Questions) -> Columns:
    """How many took it at this time a year ago."""
    every = have.state.every
    near = (every.days > have.state.day - 365 - 7) & (every.days <= have.state.day - 365 + 14)
    counts = np.bincount(every.courses[near], minlength=have.state.shape[1])[have.candidates]
    return {"year_ago": np.log1p(counts)}


def name_columns(have: CandidateFeatures, asked: Questions) -> Columns:
    """How alike its name is to what the officer took lately, and to its three nearest of name."""
    state = have.state
    recent = state.lately(60)[asked.officers]
    near = np.argsort(-have.alike, axis=0, kind="stable")[:3]
    likeness = np.take_along_axis(have.alike, near, axis=0)
    pick = sp.csr_matrix(
        (likeness.ravel(), (near.ravel(), np.tile(np.arange(near.shape[1]), near.shape[0]))),
        shape=(state.shape[1], near.shape[1]),
    )
    return {
        "name_like_recent": np.asarray(recent @ have.alike) / (np.asarray(recent.sum(1)).reshape(-1, 1) + 1),
        "name_like_taken": np.asarray((state.taken[asked.officers] @ pick).toarray()),
    }


def _places(values: Array) -> Array:
    """0 for the largest of each row."""
    return np.argsort(np.argsort(-values, axis=1, kind="stable"), axis=1)


PARTS: tuple[Callable[[CandidateFeatures, Questions], Columns], ...] = (
    wave_columns,
    group_columns,
    neighbour_columns,
    following_columns,
    own_columns,
    place_columns,
    name_columns,
    passing_columns,
    ease_columns,
    year_columns,
)
