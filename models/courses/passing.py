"""How often an officer would have taken each course by now, had it been dealt to all alike: who passes it by, and why.

An officer who learned on thirty days on which a tenth took the course, and has not, was most likely not sent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from models.courses.histories import Array
from models.courses.state import CourseState

PASSING_DAYS, SPAN_DAYS = 364, 7


@dataclass(frozen=True)
class Passing:
    """days_learning (officers, spans): on how many days of a span each learned; chance (spans, k) for such a day."""

    days_learning: sp.csr_matrix
    chance: Array

    def expected(self, officers: Array) -> Array:
        """(n, k) how often each would have taken each candidate by now at the chance that all had."""
        return np.asarray(self.days_learning[officers] @ self.chance)


def passing(state: CourseState, candidates: Array) -> Passing:
    """Counted over the last year in spans of a week; only days since a course is there count for it."""
    recent = state.firsts.since(state.day - PASSING_DAYS)
    spans = PASSING_DAYS // SPAN_DAYS
    span = (state.day - recent.days) // SPAN_DAYS
    _, one = np.unique(recent.officers.astype(np.int64) << 32 | recent.days, return_index=True)
    ones = np.ones(len(one), np.float32)
    learning = sp.csr_matrix((ones, (recent.officers[one], span[one])), shape=(state.shape[0], spans))
    taken = sp.csr_matrix((np.ones(len(recent), np.float32), (span, recent.courses)), shape=(spans, state.shape[1]))
    days = np.asarray(learning.sum(0)).ravel()
    chance = taken.tocsc()[:, candidates].toarray() / np.maximum(days, 1.0)[:, None]
    return Passing(learning, np.asarray(chance, np.float32))
