"""What all officers take, as `/v1/courses` asks for it: made once for a day and a history, by whichever model there is.

Making it counts every taking on record, so no two questions may do it at once and no question does it again.
"""

from __future__ import annotations

import threading
from datetime import date

from data_contracts.advising import WavePolicy
from data_contracts.errors import MissingTable
from data_contracts.settings import Settings
from features.history import History
from models.courses.baselines import MONTH, CourseScorer, RecentPopularity
from models.courses.crowd import CourseCrowd, crowd_at
from models.courses.record import CourseHistory, course_history

TABLES = ("course_completions", "courses", "postings", "promotions", "officers")
COUNTS = RecentPopularity(MONTH)  # what ranks while no model may


class HistoryCrowds:
    """The crowd of a day from the history, which may grow while the service runs; the last one made is kept."""

    def __init__(self, settings: Settings, policy: WavePolicy, ranker: CourseScorer = COUNTS) -> None:
        """Reads nothing yet."""
        self._history = History(settings.history_dir)
        self._policy, self._ranker = policy, ranker
        self._lock = threading.Lock()
        self._record: tuple[str, CourseHistory | None] | None = None
        self._held: tuple[date, CourseCrowd] | None = None

    def __call__(self, as_of: date) -> CourseCrowd | None:
        """What was known before a day; None where nobody has taken any course on record."""
        with self._lock:
            record = self._known()
            if record is None:
                return None
            if self._held is None or self._held[0] != as_of:
                self._held = as_of, crowd_at(record, as_of, self._ranker, self._policy)
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
