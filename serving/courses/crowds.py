"""What all officers take, as `/v1/courses` asks for it: counted once for a day and a history, whichever model ranks.

It counts every taking on record, so no two questions may do it at once, and neither a question nor a new model does it
again.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import date

from data_contracts.advising import WavePolicy
from data_contracts.errors import MissingTable
from data_contracts.settings import Settings
from features.history import History
from models.courses.baselines import MONTH, CourseScorer, RecentPopularity
from models.courses.crowd import CourseCrowd, CrowdCounts, counts_at
from models.courses.record import CourseHistory, course_history

TABLES = ("course_completions", "courses", "postings", "promotions", "officers")
COUNTS = RecentPopularity(MONTH)  # what ranks while no model may


class TakenCourses:
    """What is counted of a day from the history, which may grow while the service runs; the last of it is kept."""

    def __init__(self, settings: Settings, policy: WavePolicy) -> None:
        """Reads nothing yet."""
        self._history = History(settings.history_dir)
        self._policy = policy
        self._lock = threading.Lock()
        self._record: tuple[str, CourseHistory | None] | None = None
        self._held: tuple[date, CrowdCounts] | None = None

    def __call__(self, as_of: date) -> CrowdCounts | None:
        """What was known before a day; None where nobody has taken any course on record."""
        with self._lock:
            record = self._known()
            if record is None:
                return None
            if self._held is None or self._held[0] != as_of:
                self._held = as_of, counts_at(record, as_of, self._policy)
            return self._held[1]

    def _known(self) -> CourseHistory | None:
        """All takings; read again only when the history has grown."""
        fingerprint = self._history.fingerprint()
        if self._record is None or self._record[0] != fingerprint:
            self._held = None
            there = set(self._history.tables())
            try:
                record = course_history({name: self._history.frame(name) for name in TABLES if name in there})
            except MissingTable:
                record = None
            self._record = fingerprint, record
        return self._record[1]


@dataclass(frozen=True)
class HistoryCrowds:
    """The crowd of a day for one model."""

    taken: TakenCourses
    ranker: CourseScorer = COUNTS

    def __call__(self, as_of: date) -> CourseCrowd | None:
        """What was known before a day, ranked; None where nobody has taken any course on record."""
        counts = self.taken(as_of)
        return None if counts is None else CourseCrowd(counts, self.ranker)
