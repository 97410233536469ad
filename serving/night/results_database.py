"""A night's results in PostgreSQL, for systems that ask in SQL: officers, units, and one row that names the night.

A night is written in one transaction with that row moved last, so `risk_results_current` and `unit_results_current`
show a whole night or the one before. The database is written before the files' pointer moves: where it is away the
night is refused as a whole; a run killed between the two is completed by the next one, since writing again what is
there already changes nothing. A night leaves, a backfilled one too, only after its line in the audit chain. Officers
with a grade "poor" or "fair" that nobody has reviewed say `withheld`, and units do not tell how many are poor
(serving/review/withholding.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import sqlalchemy as sa
from psycopg import sql
from sqlalchemy.dialects.postgresql import JSONB, insert

from data_contracts.audit.chain import Action, Entry
from data_contracts.database import Database
from data_contracts.errors import InvalidInput, NotReady, ResultsUnwritable
from data_contracts.local_time import today_of
from data_contracts.nightly_rules import DatabaseRules
from data_contracts.policy import policy
from data_contracts.settings import Settings
from models.audit import audit_chain, now_of, operator
from serving.night.manifest import Manifest
from serving.night.pointer import Move
from serving.night.results import RESULT_SCHEMA, PublishedRun
from serving.review.standing import KeptReviews
from serving.review.withholding import units_without_counts, withheld_rows
from serving.units.night import COLUMNS as UNIT_COLUMNS

LOCK = 0x4E49_4748  # PostgreSQL's advisory lock of the results
NIGHT_SILENT_SECONDS = 600.0  # a night's rows are deleted and written in one statement each
WORDS = ("reasons", "strengths", "merits", "because", "flags", "support", "text", "trend", "drivers", "movement")
REALS = ("probability", "low", "high", "expected_share", "poor_share")
NUMBERS = ("horizon_months", "officers", "flagged", "budget", "approaching", "commended")
COUNTED = ("rows_in", "published", "quarantined", "duplicates")
METADATA = sa.MetaData()


def _column(name: str, key: bool) -> sa.Column[Any]:
    """A column of the results in the database, by its name."""
    if name in WORDS:
        return sa.Column(name, JSONB)
    if name in REALS:
        return sa.Column(name, sa.REAL)
    kind = sa.Integer if name in NUMBERS else sa.Boolean if name == "unsure" else sa.Text
    return sa.Column(name, kind, primary_key=key, autoincrement=False)


def _results(name: str, columns: Sequence[str], key: Sequence[str]) -> sa.Table:
    of_night = sa.Column("run", sa.String(16), primary_key=True), sa.Column("as_of", sa.Date, nullable=False)
    return sa.Table(name, METADATA, *of_night, *(_column(column, column in key) for column in columns))


OFFICERS = _results("risk_results", RESULT_SCHEMA.names, ("officer_id", "outcome", "horizon_months"))
UNITS = _results("unit_results", UNIT_COLUMNS, ("unit_id", "scope", "outcome", "horizon_months"))
NIGHTS = sa.Table(
    "risk_nights",
    METADATA,
    sa.Column("run", sa.String(16), primary_key=True),
    sa.Column("as_of", sa.Date, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("output_hash", sa.String(64), nullable=False),
    sa.Column("rows_in", sa.Integer, nullable=False),
    sa.Column("published", sa.Integer, nullable=False),
    sa.Column("quarantined", sa.Integer, nullable=False),
    sa.Column("duplicates", sa.Integer, nullable=False),
)
POINTER = sa.Table(
    "risk_night_in_force",
    METADATA,
    sa.Column("one", sa.Boolean, primary_key=True),
    sa.Column("run", sa.String(16), nullable=False),
    sa.Column("as_of", sa.Date, nullable=False),
    sa.CheckConstraint("one", name="one_night_in_force"),
)


def _make_views(_: sa.MetaData, connection: sa.Connection, **__: Any) -> None:
    """What others read; made once, since making a view anew would wait for its readers."""
    there = sa.inspect(connection).get_view_names()
    for table in (OFFICERS, UNITS):
        in_force = sa.select(table).join(POINTER, table.c.run == POINTER.c.run)
        name = f"{table.name}_current"
        if name not in there:
            connection.execute(sa.text(f"CREATE VIEW {name} AS {in_force.compile(connection)}"))


sa.event.listen(METADATA, "after_create", _make_views)


class ResultsDatabase:
    """The results of a deployment in PostgreSQL; a publisher of the night."""

    def __init__(
        self,
        database: Database,
        rules: DatabaseRules,
        shown: Callable[[pd.DataFrame], pd.DataFrame],
        audit: Callable[[PublishedRun], None],
    ) -> None:
        """Nothing is opened until a night comes; `shown` takes out of officers' rows what may not leave yet.

        `audit` puts on record that a night leaves; it raises NotReady where it cannot, and then none does.
        """
        self._database, self._rules, self._shown, self._audit = database, rules, shown, audit

    def __call__(self, run: PublishedRun, move: Move) -> None:
        """Write a night whole, or nothing; put it in force unless a later day is. Raises ResultsUnwritable."""
        try:
            with self._database.writing(METADATA) as connection:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
                if not _is_there(connection, run) and self._is_kept(connection, run):
                    self._audit(run)
                    _write(connection, run, self._shown)
                if move is not Move.NOT_WANTED:
                    _move(connection, run)
                self._sweep(connection, run)
        except NotReady as error:
            raise ResultsUnwritable(f"{error}; the last published run stays, here and there: run again") from error
        finally:
            self._database.close()

    def erase(self, officer_id: str, runs: Mapping[str, Manifest]) -> int:
        """Delete an officer's rows and call nights by the runs that took their place; how many rows there were.

        Raises ResultsUnwritable where it cannot be; then nothing was done.
        """
        try:
            with self._database.writing(METADATA) as connection:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
                gone = int(connection.execute(OFFICERS.delete().where(OFFICERS.c.officer_id == officer_id)).rowcount)
                for old, manifest in runs.items():
                    for table in (OFFICERS, UNITS, NIGHTS, POINTER):
                        connection.execute(table.update().where(table.c.run == old).values(run=manifest.run))
                    counts = {name: getattr(manifest.counts, name) for name in COUNTED}
                    told = NIGHTS.update().where(NIGHTS.c.run == manifest.run)
                    connection.execute(told.values(output_hash=manifest.output_hash, **counts))
                return gone
        except NotReady as error:
            raise ResultsUnwritable(f"{error}; run the step again") from error
        finally:
            self._database.close()

    def left(self, officer_id: str) -> int:
        """How many rows tell of an officer."""
        try:
            with self._database.reading(METADATA) as connection:
                asked = sa.select(sa.func.count()).select_from(OFFICERS).where(OFFICERS.c.officer_id == officer_id)
                return int(connection.execute(asked).scalar_one())
        finally:
            self._database.close()

    def _is_kept(self, connection: sa.Connection, run: PublishedRun) -> bool:
        """Whether a day is among the newest that the database keeps."""
        days = {run.manifest.as_of, *connection.execute(sa.select(NIGHTS.c.as_of)).scalars()}
        return run.manifest.as_of in sorted(days)[-self._rules.kept_nights :]

    def _sweep(self, connection: sa.Connection, run: PublishedRun) -> None:
        """Take out the days beyond those kept and other runs of this day, and never the run in force."""
        kept = sorted(set(connection.execute(sa.select(NIGHTS.c.as_of)).scalars()))[-self._rules.kept_nights :]
        overtaken = (NIGHTS.c.as_of == run.manifest.as_of) & (NIGHTS.c.run != run.manifest.run)
        out = (NIGHTS.c.as_of.not_in(kept) | overtaken) & NIGHTS.c.run.not_in(sa.select(POINTER.c.run))
        if runs := connection.execute(sa.select(NIGHTS.c.run).where(out)).scalars().all():
            for table in (OFFICERS, UNITS, NIGHTS):
                connection.execute(table.delete().where(table.c.run.in_(runs)))


def results_database(settings: Settings) -> ResultsDatabase | None:
    """Where results also go; None where no setting names a server. Raises InvalidInput for another kind of database."""
    address = settings.results_database_url
    if not address:
        return None
    if not address.startswith("postgresql"):
        raise InvalidInput("PHAROS_RESULTS_URL names no PostgreSQL server; write postgresql+psycopg://HOST/DATABASE")
    today = today_of(settings)
    shown = partial(withheld_rows, reviews=KeptReviews.of(settings), today=today)
    database = Database(address, "the database of results", silent_seconds=NIGHT_SILENT_SECONDS)
    return ResultsDatabase(database, policy().night.database, shown, partial(_audited, settings, address))


def _audited(settings: Settings, address: str, run: PublishedRun) -> None:
    """The line before a night leaves: which one, how many officers are in it, and where it goes."""
    manifest, to = run.manifest, sa.engine.make_url(address)
    told = {
        "what": "results of a night",
        "as_of": manifest.as_of.isoformat(),
        "run": manifest.run,
        "output_hash": manifest.output_hash,
        "officers": manifest.counts.published,
        "to": f"postgresql://{to.host or 'localhost'}/{to.database or ''}",  # never the user or the password
    }
    audit_chain(settings).append(Entry(now_of(settings), operator(), Action.EXPORTED, details=told))


def _is_there(connection: sa.Connection, run: PublishedRun) -> bool:
    same = (NIGHTS.c.run == run.manifest.run) & (NIGHTS.c.output_hash == run.manifest.output_hash)
    return connection.execute(sa.select(NIGHTS.c.run).where(same)).scalar_one_or_none() is not None


def _write(connection: sa.Connection, run: PublishedRun, shown: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    manifest, counts = run.manifest, run.manifest.counts
    for name in sorted(manifest.files):
        if name.startswith("part-"):
            rows = shown(pq.read_table(run.folder / name).to_pandas())
            _copy(connection, OFFICERS, manifest.as_of, manifest.run, rows)
    _copy(connection, UNITS, manifest.as_of, manifest.run, units_without_counts(run.units()))
    models = ", ".join(f"{model.name} {model.version}" for model in manifest.models)
    row = {"run": manifest.run, "as_of": manifest.as_of, "model": models, "output_hash": manifest.output_hash}
    told = {name: getattr(counts, name) for name in COUNTED}
    connection.execute(NIGHTS.insert().values(**row, **told))


def _copy(connection: sa.Connection, table: sa.Table, as_of: date, run: str, rows: pd.DataFrame) -> None:
    names = [column.name for column in table.columns][2:]
    fields = sql.SQL(", ").join(map(sql.Identifier, ("run", "as_of", *names)))
    told = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), fields)
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(told) as copy:
        for values in _plain(rows[names]):
            copy.write_row((run, as_of, *values))


def _plain(rows: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    """Values as the driver takes them: null for what is missing, whole numbers whole."""
    columns = []
    for name in rows.columns:
        values = rows[name].astype(object).where(rows[name].notna(), None)
        whole = name in NUMBERS
        columns.append([value if value is None or not whole else int(value) for value in values.tolist()])
    return zip(*columns, strict=True)


def _move(connection: sa.Connection, run: PublishedRun) -> None:
    """The last step of the transaction; a later day stays in force."""
    wanted = {"run": run.manifest.run, "as_of": run.manifest.as_of}
    put = insert(POINTER).values(one=True, **wanted)
    newer = POINTER.c.as_of <= run.manifest.as_of
    connection.execute(put.on_conflict_do_update(index_elements=["one"], set_=wanted, where=newer))
