"""Every run of the night: when, by which model, what became of it and why; in SQLite or PostgreSQL by setting.

A run that was killed says so itself only by never having ended: the next one, which holds the lock that two cannot
hold, finds it still "running" and writes "interrupted".
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from data_contracts.belonging import service_database
from data_contracts.database import Database
from data_contracts.errors import NotReady, PharosError, PublishRefused, ResultsUnwritable
from data_contracts.settings import Settings
from serving.night.batch import ScoreReport

KILLED = "it was killed or its machine went down; the next run went on from what it left"
METADATA = sa.MetaData()
RUNS = sa.Table(
    "night_runs",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("as_of", sa.Date),  # null where no day was found
    sa.Column("model", sa.String(200), nullable=False),
    sa.Column("started_at", sa.DateTime, nullable=False),
    sa.Column("ended_at", sa.DateTime),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("run", sa.String(16)),
    sa.Column("rows_in", sa.Integer),
    sa.Column("published", sa.Integer),
    sa.Column("quarantined", sa.Integer),
    sa.Column("duplicates", sa.Integer),
    sa.Column("code", sa.String(40), nullable=False),  # of the error; empty for none
    sa.Column("reason", sa.Text, nullable=False),
)


class State(StrEnum):
    """What a run of the night came to."""

    RUNNING = "running"
    PUBLISHED = "published"
    NOTHING_TO_DO = "nothing_to_do"
    REFUSED = "refused"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class NightRun:
    """One line of the table; counts and `run` are those of a published run, `code` and `reason` of one that was not."""

    number: int
    as_of: date | None
    model: str
    started_at: datetime
    ended_at: datetime | None
    state: State
    run: str | None
    rows_in: int | None
    published: int | None
    quarantined: int | None
    duplicates: int | None
    code: str
    reason: str


@dataclass(frozen=True)
class Begun:
    """A run as it starts."""

    as_of: date | None
    model: str


@dataclass(frozen=True)
class RunTable:
    """The runs of a deployment; `clock` tells the moment, UTC without a zone."""

    database: Database
    clock: Callable[[], datetime]

    def all(self) -> list[NightRun]:
        """Every run, oldest first; empty where there was none. Raises NotReady when the database cannot be used."""
        if not self.database.exists:
            return []
        with self.database.reading(METADATA) as connection:
            rows = connection.execute(RUNS.select().order_by(RUNS.c.number)).mappings()
            return [NightRun(**{**row, "state": State(row["state"])}) for row in rows]

    @contextlib.contextmanager
    def recorded(self, begun: Begun, tell: Callable[[NightRun], None]) -> Iterator[Callable[[ScoreReport], None]]:
        """Keep record of the run in this block, which must hold the lock of the night.

        `tell` is called with every run that was interrupted before. The block calls what it is given with its report.
        Raises ResultsUnwritable where the run cannot be recorded.
        """
        number = self._begin(begun, tell)
        try:
            yield lambda report: self._end(number, **_outcome(report))
        except BaseException as error:
            with contextlib.suppress(ResultsUnwritable):  # what went wrong first is what is told
                self._end(number, **_failure(error))
            raise

    def turned_away(self, begun: Begun, error: BaseException) -> None:
        """Record a run that never held the lock; what went wrong is told even where this cannot be written."""
        now = self.clock()
        row = {"as_of": begun.as_of, "model": begun.model, "started_at": now, "ended_at": now, **_failure(error)}
        with contextlib.suppress(NotReady), self.database.writing(METADATA) as connection:
            connection.execute(RUNS.insert().values(**row))

    def _begin(self, begun: Begun, tell: Callable[[NightRun], None]) -> int:
        now, running = self.clock(), State.RUNNING
        found = [run for run in _unwritable(self.all) if run.state is running]
        with _writing(self.database) as connection:
            for run in found:
                told = {"state": State.INTERRUPTED, "ended_at": now, "code": "interrupted", "reason": KILLED}
                connection.execute(RUNS.update().where(RUNS.c.number == run.number).values(**told))
            row = {"as_of": begun.as_of, "model": begun.model, "started_at": now, "state": running}
            made = connection.execute(RUNS.insert().values(**row, code="", reason="")).inserted_primary_key
        for run in found:
            tell(run)
        return int(made[0]) if made else 0

    def _end(self, number: int, **values: Any) -> None:
        with _writing(self.database) as connection:
            connection.execute(RUNS.update().where(RUNS.c.number == number).values(ended_at=self.clock(), **values))


def run_table(settings: Settings, clock: Callable[[], datetime]) -> RunTable:
    """The table of this deployment; nothing is opened yet."""
    return RunTable(service_database(settings, "the table of night runs"), clock)


def _outcome(report: ScoreReport) -> dict[str, Any]:
    counts = report.manifest.counts
    return {
        "state": State.PUBLISHED if report.new or report.moved else State.NOTHING_TO_DO,
        "run": report.manifest.run,
        "rows_in": counts.rows_in,
        "published": counts.published,
        "quarantined": counts.quarantined,
        "duplicates": counts.duplicates,
    }


def _failure(error: BaseException) -> dict[str, Any]:
    """A refusal in its own words; of an error that is not ours only the kind: its words might hold a value."""
    state = State.REFUSED if isinstance(error, PublishRefused) else State.FAILED
    if isinstance(error, PharosError):
        return {"state": state, "code": error.code, "reason": str(error)}
    return {"state": state, "code": type(error).__name__[:40], "reason": "an error that is not foreseen"}


@contextlib.contextmanager
def _writing(database: Database) -> Iterator[sa.Connection]:
    try:
        with database.writing(METADATA) as connection:
            yield connection
    except NotReady as error:
        raise ResultsUnwritable(f"{error}; the run could not be put on record: run again") from error


def _unwritable(read: Callable[[], list[NightRun]]) -> list[NightRun]:
    try:
        return read()
    except NotReady as error:
        raise ResultsUnwritable(f"{error}; the last published run stays") from error
