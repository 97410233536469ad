"""Officers like an officer: who sat in the same lessons lately, and who has taken the same courses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from models.courses.histories import Array
from models.courses.state import CourseState, faded

LESSON_DAYS, LESSON_HALF_LIFE = 365, 90.0
LATE_DAYS, LATE_HALF_LIFE = 120, 30.0
LARGEST_LESSON = 150  # a day on which more took a course is a wave, which joins nobody
MOST_OTHERS = 20_000


@dataclass(frozen=True)
class Near:
    """How much each other officer counts, (n, officers) sparse; `back_off` is what everybody together counts."""

    weight: sp.csr_matrix
    back_off: float

    def share(self, having: sp.csr_matrix, usual: Array) -> Array:
        """(n, k) weighted share of the neighbours who have each, drawn towards the usual share (k,)."""
        total = np.asarray(self.weight.sum(1)).reshape(-1, 1) + self.back_off
        return np.asarray(((self.weight @ having).toarray() + self.back_off * usual) / total)


@dataclass(frozen=True)
class Neighbours:
    """Officers as rows of unit length or not, (officers, f); likeness is the product of two rows."""

    rows: sp.csr_matrix
    others: Array
    most: int
    back_off: float

    def of(self, officers: Array) -> Near:
        """The `most` alike of each, never the officer."""
        likeness = np.asarray((self.rows[officers] @ self.rows[self.others].T).toarray())
        own = np.searchsorted(self.others, officers)
        there = np.minimum(own, len(self.others) - 1)
        same = np.flatnonzero(self.others[there] == officers) if len(self.others) else np.zeros(0, int)
        likeness[same, there[same]] = 0.0
        if likeness.shape[1] > self.most:
            least = np.partition(likeness, -self.most, axis=1)[:, -self.most][:, None]
            likeness = np.where(likeness >= least, likeness, 0.0)
        inner = sp.csr_matrix(likeness)
        place = sp.csr_matrix(
            (inner.data, self.others[inner.indices], inner.indptr), (len(officers), self.rows.shape[0])
        )
        return Near(place, self.back_off)


def by_lessons(state: CourseState, most: int = 50, half_life: float = LESSON_HALF_LIFE) -> Neighbours:
    """Alike are those who took the same course on the same day in the last year, small lessons and late ones more."""
    lately = state.every.since(state.day - LESSON_DAYS)
    key = lately.courses.astype(np.int64) << 32 | lately.days
    _, lesson, size = np.unique(key, return_inverse=True, return_counts=True)
    count = size[lesson] if len(lately) else np.zeros(0)
    kept = (count > 1) & (count <= LARGEST_LESSON)
    weight = faded(lately, state.day, half_life)[kept] / np.sqrt(count[kept])
    shape = (state.shape[0], max(1, len(size)))
    rows = sp.csr_matrix((weight.astype(np.float32), (lately.officers[kept], lesson[kept])), shape=shape)
    return Neighbours(rows, _others(state), most, 0.05)


def by_courses(state: CourseState, most: int = 60) -> Neighbours:
    """Alike are those who took the same courses at any time, rare ones more."""
    active = max(1, int(state.active.sum()))
    taken = np.asarray(state.taken.sum(0)).ravel()
    rare = np.log(active / (1 + taken)).clip(0)
    rows = state.taken.multiply(rare[None, :]).tocsr()
    norm = np.sqrt(np.asarray(rows.multiply(rows).sum(1)).ravel()) + 1
    return Neighbours((sp.diags(1 / norm) @ rows).tocsr().astype(np.float32), _others(state), most, 0.5)


def by_late_courses(state: CourseState, most: int = 60) -> Neighbours:
    """Alike are those who took the same courses of late, whatever the day: they are in the same waves together."""
    lately = state.firsts.since(state.day - LATE_DAYS)
    active = max(1, int(state.active.sum()))
    taken = np.bincount(lately.courses, minlength=state.shape[1])
    weight = faded(lately, state.day, LATE_HALF_LIFE) * np.log(active / (1 + taken[lately.courses])).clip(0)
    rows = lately.matrix(state.shape, weight)
    norm = np.sqrt(np.asarray(rows.multiply(rows).sum(1)).ravel()) + 0.5
    return Neighbours((sp.diags(1 / norm) @ rows).tocsr().astype(np.float32), _others(state), most, 0.5)


def _others(state: CourseState) -> Array:
    """Who may be a neighbour: the active, and of very many those who took something last."""
    active = np.flatnonzero(state.active)
    latest = active[np.argsort(-state.last_taken[active], kind="stable")[:MOST_OTHERS]]
    return np.sort(latest)
