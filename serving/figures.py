"""What the department counts, told to Prometheus beside the counters of requests: grades of the night in force,
cases by state, suggestions shown and declined. Sums only: no officer, no unit, no case stands in it.

They are read where all workers read, so that it does not matter which of them is asked, and at most once in a while.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import sqlalchemy as sa

from data_contracts.belonging import service_database
from data_contracts.database import Database
from data_contracts.errors import PharosError
from data_contracts.service_log import EXPOSURES, FEEDBACK
from data_contracts.settings import Settings
from data_contracts.vocabulary import Grade
from serving.feedback.exposures import ExposureLog, exposure_log
from serving.night.results import PublishedRun, latest_run
from serving.review.states import CaseState
from serving.review.tables import CASES, METADATA, STANDS

FRESH_SECONDS = 15.0
UNGRADED = "not_graded"


@dataclass(frozen=True)
class Figure:
    """One figure now: its name, what it is, the name of its label, and a number for each value of that label."""

    name: str
    about: str
    label: str
    values: Mapping[str, float]


@dataclass
class Figures:
    """The figures of a deployment. What cannot be read now is left out; the rest is told."""

    readers: Iterable[Callable[[], Figure]]
    clock: Callable[[], float] = time.monotonic
    _held: list[Figure] = field(default_factory=list)
    _read_at: float = float("-inf")
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self) -> list[Figure]:
        """As they were read last, or anew."""
        with self._lock:
            if self.clock() - self._read_at >= FRESH_SECONDS:
                self._held, self._read_at = list(_readable(self.readers)), self.clock()
            return self._held


def _readable(readers: Iterable[Callable[[], Figure]]) -> Iterable[Figure]:
    for read in readers:
        try:
            yield read()
        except (PharosError, OSError):
            continue


def open_figures(settings: Settings) -> Figures:
    """Of a deployment; nothing is opened yet."""
    night, log = NightGrades(partial(latest_run, settings)), exposure_log(settings)
    database = service_database(settings, "the table of cases")
    of_cases, of_log = (cases_by_state, open_warnings), (shown, declined)
    return Figures((night, *(partial(one, database) for one in of_cases), *(partial(one, log) for one in of_log)))


@dataclass
class NightGrades:
    """How many officers have which grade in the night in force; counted once for each night."""

    run: Callable[[], PublishedRun]
    _held: tuple[str, Mapping[str, float]] | None = None

    def __call__(self) -> Figure:
        """Raises NotReady before the first night."""
        run = self.run()
        if self._held is None or self._held[0] != run.manifest.output_hash:
            rows = run.officers(columns=["officer_id", "overall_grade"]).drop_duplicates("officer_id")
            told = Counter(rows["overall_grade"].fillna(UNGRADED).astype(str))
            names = (*(grade.value for grade in Grade), UNGRADED)
            self._held = (run.manifest.output_hash, {name: float(told[name]) for name in names})
        return Figure("night_officers", "officers of the night in force, by grade", "grade", self._held[1])


def cases_by_state(database: Database) -> Figure:
    """Every case that is kept; raises NotReady where the database cannot be read."""
    found = _of_cases(database, sa.select(CASES.c.state, sa.func.count()).group_by(CASES.c.state))
    told = {state.value: found.get(state.value, 0.0) for state in CaseState}
    return Figure("cases", "cases kept, by state", "state", told)


def open_warnings(database: Database) -> Figure:
    """Warnings that stand: neither closed nor expired."""
    asked = sa.select(CASES.c.outcome, sa.func.count()).where(STANDS).group_by(CASES.c.outcome)
    return Figure("warnings_open", "warnings that stand, by outcome", "outcome", _of_cases(database, asked))


def shown(log: ExposureLog) -> Figure:
    """Suggestions that the log holds."""
    asked = sa.select(EXPOSURES.c.item_kind, sa.func.count()).group_by(EXPOSURES.c.item_kind)
    return Figure("suggestions_shown", "suggestions in the log, by kind", "kind", _of_log(log, asked))


def declined(log: ExposureLog) -> Figure:
    """Suggestions that were declined, each time they were."""
    asked = (
        sa.select(FEEDBACK.c.item_kind, sa.func.count())
        .where(FEEDBACK.c.action == "declined")
        .group_by(FEEDBACK.c.item_kind)
    )
    return Figure("suggestions_declined", "suggestions declined, by kind", "kind", _of_log(log, asked))


def _of_cases(database: Database, asked: sa.Select[Any]) -> Mapping[str, float]:
    if not database.exists:
        return {}
    with database.reading(METADATA) as connection:
        return _counts(connection, asked)


def _of_log(log: ExposureLog, asked: sa.Select[Any]) -> Mapping[str, float]:
    with log.transaction() as connection:
        return _counts(connection, asked)


def _counts(connection: sa.Connection, asked: sa.Select[Any]) -> Mapping[str, float]:
    return {str(name): float(many) for name, many in connection.execute(asked)}
