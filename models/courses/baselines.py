"""Plain peers for the next courses: counts and item-to-item weights, each with the name that `protocols.md` gives it.

What is learned freezes when it is fitted; counts come from the state and are as fresh as that is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import scipy.sparse as sp

from models.courses.histories import Array, Questions
from models.courses.state import CourseState

EASE_STRENGTH = 100.0
MAX_EASE_COURSES = 3000
MONTH, QUARTER = 30, 90
TIE_BREAK = 1e-6
FOLLOWING_DAYS = 60.0


class CourseScorer(Protocol):
    """A fitted ranking of courses."""

    def score(self, state: CourseState, asked: Questions) -> Array:
        """(n, courses), larger is likelier; courses already taken are masked by the caller."""


@dataclass(frozen=True)
class RecentPopularity:
    """How many took each course for the first time in the last days; what was taken ever breaks ties."""

    days: int

    def score(self, state: CourseState, asked: Questions) -> Array:
        """The same row for everybody."""
        ever = np.asarray(state.taken.sum(0)).ravel()
        return np.tile(state.count(self.days) + TIE_BREAK * ever, (len(asked), 1))


@dataclass(frozen=True)
class CourseWeights:
    """The sum of a course-to-course weight over everything an officer has taken, (m, m) over `courses`.

    A course that was not there when the weights were fitted scores nothing.
    """

    weights: Array
    courses: Array

    @classmethod
    def fit_ease(cls, state: CourseState) -> CourseWeights:
        """EASE (Steck 2019): off the diagonal -P_ij / P_jj, P the inverse of the regularised co-occurrence."""
        courses = most_taken(state.taken)
        gram = _together(state.taken[:, courses]).astype(np.float64)
        gram[np.diag_indices(len(courses))] += EASE_STRENGTH
        inverse = np.linalg.inv(gram)
        weights = -inverse / np.diag(inverse)
        np.fill_diagonal(weights, 0.0)
        return cls(np.asarray(weights, np.float32), courses)

    @classmethod
    def fit_knn(cls, state: CourseState) -> CourseWeights:
        """Cosine of the officers who took both, shrunk where few did."""
        courses = most_taken(state.taken)
        both = _together(state.taken[:, courses])
        norm = np.sqrt(np.diag(both)) + EASE_STRENGTH**0.5
        np.fill_diagonal(both, 0.0)
        return cls(np.asarray(both / norm[:, None] / norm[None, :], np.float32), courses)

    def score(self, state: CourseState, asked: Questions) -> Array:
        """Sums over all courses taken."""
        scores = np.zeros((len(asked), state.shape[1]), np.float32)
        scores[:, self.courses] = state.taken[asked.officers][:, self.courses] @ self.weights
        return scores


@dataclass(frozen=True)
class DirectedCooccurrence:
    """How often each course followed those taken, the older the less; the counts are those of the state."""

    half_life: float = FOLLOWING_DAYS

    def score(self, state: CourseState, asked: Questions) -> Array:
        """Sums over what is remembered."""
        history = state.remembered(asked.officers, self.half_life)
        return np.asarray(history @ state.followers.counts[self.half_life])


@dataclass(frozen=True)
class RecentEase:
    """Recent popularity times the rank that EASE gives a course for this officer.

    EASE may be below zero and knows no new course, so it enters as a share of the best: 1 + its place from last (0)
    to first (1). A new course counts as one in the middle.
    """

    ease: CourseWeights
    days: int = MONTH

    @classmethod
    def fit(cls, state: CourseState) -> RecentEase:
        """EASE on everything known."""
        return cls(CourseWeights.fit_ease(state))

    def score(self, state: CourseState, asked: Questions) -> Array:
        """(n, courses) products."""
        known = self.ease.courses
        scores = self.ease.score(state, asked)[:, known]
        place = np.argsort(np.argsort(scores, axis=1, kind="stable"), axis=1) / max(1, len(known) - 1)
        factor = np.full((len(asked), state.shape[1]), 1.5)
        factor[:, known] = 1.0 + place
        return np.asarray(factor * RecentPopularity(self.days).score(state, asked))


def most_taken(taken: sp.csr_matrix) -> Array:
    """The most taken courses, at most MAX_EASE_COURSES: inverting more would take minutes."""
    held = np.asarray(taken.sum(0)).ravel()
    best = np.argsort(-held, kind="stable")[:MAX_EASE_COURSES]
    return np.sort(best[held[best] > 0])


def _together(taken: sp.csr_matrix) -> Array:
    return np.asarray((taken.T @ taken).toarray(), np.float32)


COURSE_PEERS: Mapping[str, Callable[[CourseState], CourseScorer]] = {
    "recent_popularity_30d": lambda _: RecentPopularity(MONTH),
    "recent_popularity_90d": lambda _: RecentPopularity(QUARTER),
    "ease": CourseWeights.fit_ease,
    "item_knn": CourseWeights.fit_knn,
    "directed_cooccurrence": lambda _: DirectedCooccurrence(),
    "recent_x_ease": RecentEase.fit,
}
