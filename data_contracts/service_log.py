"""The log that the service keeps of itself: what it showed to whom, by which chance, what officers did with it,
which path was planned for them, and which events it took.

Tables that only grow. `serving/feedback/exposures.py` and `serving/paths/plan_log.py` write them, training and
`pharos ingest --source service` read them; what a database must do for that is said here once, in SQLAlchemy Core, so
that SQLite and PostgreSQL serve alike.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import sqlalchemy as sa

from data_contracts.errors import NotReady
from data_contracts.silence import hang_up_on_silence

BUSY_SECONDS = 10
METADATA = sa.MetaData()
EXPOSURES = sa.Table(
    "exposures",
    METADATA,
    sa.Column("request_id", sa.String(64), primary_key=True),
    sa.Column("officer_id", sa.String(64), primary_key=True),
    sa.Column("item_kind", sa.String(16), primary_key=True),
    sa.Column("item", sa.String(200), primary_key=True),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("score", sa.Float, nullable=False),
    sa.Column("propensity", sa.Float, nullable=False),
    sa.Column("explored", sa.Boolean, nullable=False),
    sa.Column("pool", sa.Text),  # JSON: [[item, score], ...] that might have stood there; null where only one might
    sa.Column("model_name", sa.String(64), nullable=False),
    sa.Column("model_version", sa.String(64), nullable=False),
    sa.Column("as_of", sa.Date),
    sa.Column("shown_at", sa.DateTime, nullable=False),  # UTC without a zone, as feature times are
    sa.Index("exposures_of_an_officer", "officer_id", "item_kind", "item"),
)
FEEDBACK = sa.Table(
    "feedback",
    METADATA,
    sa.Column("feedback_id", sa.String(64), primary_key=True),  # as of events; in older rows the id as it was sent
    sa.Column("officer_id", sa.String(64), nullable=False, index=True),
    sa.Column("item_kind", sa.String(16), nullable=False),
    sa.Column("item", sa.String(200), nullable=False),
    sa.Column("action", sa.String(16), nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("occurred_on", sa.Date, nullable=False),
    sa.Column("known_on", sa.Date, nullable=False),  # the day it came in
    sa.Column("request_id", sa.String(64)),
    sa.Column("unseen", sa.Boolean, nullable=False),  # the log had not shown this item to this officer by that day
    sa.Column("received", sa.BigInteger),  # ns since 1970: the order of a day; null in rows of earlier versions
)

PLANS = sa.Table(
    "plans",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("officer_id", sa.String(64), nullable=False, index=True),
    sa.Column("asked_goal", sa.String(96), nullable=False),  # kind:goal as asked, "stated" or empty: plan_log
    sa.Column("horizon_months", sa.Integer, nullable=False),
    sa.Column("goal", sa.String(96), nullable=False),
    sa.Column("made_on", sa.Date, nullable=False),
    sa.Column("chance", sa.Float, nullable=False),
    sa.Column("steps", sa.Text, nullable=False),  # JSON: the steps, with the first what it knew
)

EVENTS = sa.Table(
    "events",
    METADATA,
    sa.Column("event_id", sa.String(64), primary_key=True),  # keyed hash of its sender and the id that it chose
    sa.Column("digest", sa.String(64), nullable=False),  # of table and row as they came, so that a replay is known
    sa.Column("known_on", sa.Date, nullable=False),  # the day it came in
    sa.Column("about", sa.String(32), index=True),  # pseudonym of the officer; null in rows of earlier versions
)


def opened(url: str, *, make: bool) -> sa.Engine:
    """An engine for the log's database; with `make` its folder and tables are made where they are missing.

    Without `make` nothing is written. Raises NotReady where there is no log yet.
    """
    address = sa.engine.make_url(url)
    file = Path(address.database) if address.drivername.startswith("sqlite") and address.database else None
    if file is None:
        engine = hang_up_on_silence(sa.create_engine(address))
        return _made(engine) if make else engine
    if not make and not file.is_file():
        raise NotReady(f"{file}: the service has logged nothing yet; answer requests first")
    engine = sa.create_engine(address, connect_args={"timeout": BUSY_SECONDS})
    if make:
        sa.event.listen(engine, "connect", _durable)
        with _alone(file):
            _made(engine)
    return engine


def _made(engine: sa.Engine) -> sa.Engine:
    METADATA.create_all(engine)
    return engine


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Of several processes that make the database at once, one does; only its owner may read what people wrote."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        file.touch(mode=0o600)
        yield


def _durable(connection: Any, _: Any) -> None:
    """Readers beside the writer, and an answer only when the disk has it."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


@contextmanager
def reading(url: str) -> Iterator[sa.Connection]:
    """A connection for reading a log that exists; raises NotReady where there is none."""
    engine = opened(url, make=False)
    try:
        with engine.connect() as connection:
            yield connection
    except sa.exc.DatabaseError as error:
        raise NotReady(
            f"the service's log cannot be used ({type(error.orig).__name__}); restore it from a copy"
        ) from error
    finally:
        engine.dispose()


def exposures(connection: sa.Connection) -> pd.DataFrame:
    """All that was shown, in the order it was; columns as in `EXPOSURES`, days and times as timestamps."""
    ordered = EXPOSURES.select().order_by(*(EXPOSURES.c[name] for name in ("shown_at", "request_id", "position")))
    return pd.read_sql_query(ordered, connection, parse_dates=["as_of", "shown_at"])


def feedback(connection: sa.Connection) -> pd.DataFrame:
    """All that officers did, in the order it happened; columns as in `FEEDBACK`, days as timestamps."""
    ordered = FEEDBACK.select().order_by(FEEDBACK.c.occurred_on, FEEDBACK.c.known_on, FEEDBACK.c.feedback_id)
    return pd.read_sql_query(ordered, connection, parse_dates=["occurred_on", "known_on"])
