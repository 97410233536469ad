"""One database of ours, SQLite beside the state or PostgreSQL by setting, opened late and used by several threads.

What differs between the two is said here once. On SQLite a writer takes the lock at the start of its transaction, so
that what it reads before it writes is what it writes upon; an answer waits until the disk has it.

Tables that are missing are made as this checkout has them; tables of an older revision are refused until
`pharos database upgrade` has brought them forward (data_contracts/migrations, decision 0019).
"""

from __future__ import annotations

import fcntl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa

from data_contracts.errors import NotReady
from data_contracts.migrations import BEFORE_REVISIONS, HEAD, VERSION
from data_contracts.silence import SILENT_SECONDS, hang_up_on_silence

BUSY_SECONDS = 10
WRITES, BARE = "writes", "bare"
SERVER = {  # of PostgreSQL's driver: a server that is slow, gone or behind a dead line ends in an error, not in silence
    "connect_timeout": BUSY_SECONDS,
    "tcp_user_timeout": 1000 * BUSY_SECONDS,
    "keepalives_idle": BUSY_SECONDS // 2,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "options": f"-c lock_timeout={BUSY_SECONDS}s",
}
MAKING = 0x5048_4153  # PostgreSQL's advisory lock of who makes or changes tables


class Owner(Protocol):
    """Knows whether a database is the one that a state was kept in (belonging.py)."""

    def check(self, connection: sa.Connection | None, /) -> None:
        """Raise OtherDatabase where it is not; None stands for a file that is not there."""
        ...

    def keep(self) -> None:
        """Write down that it is."""
        ...


@dataclass
class Database:
    """The database at an address; `name` is how messages call it. Nothing is opened or made until somebody asks.

    `seconds` is how long it waits for a server or a lock, where that is less than usual. `owner` refuses a database
    that is not the state's, before anything is made in it. A server that says nothing for `silent_seconds` is given up.
    """

    url: str
    name: str
    seconds: int | None = None
    owner: Owner | None = None
    silent_seconds: float | None = None
    _engine: sa.Engine | None = None
    _made: set[int] = field(default_factory=set)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def file(self) -> Path | None:
        """The file of an SQLite database; None for a server."""
        address = sa.engine.make_url(self.url)
        return Path(address.database) if address.drivername.startswith("sqlite") and address.database else None

    @property
    def exists(self) -> bool:
        """Whether there may be something to read: a file that is there, or a server that we cannot know of.

        Raises OtherDatabase for a file that is not there because its state is kept elsewhere.
        """
        there = self.file is None or self.file.is_file()
        if not there and self.owner is not None:
            self.owner.check(None)
        return there

    @contextmanager
    def reading(self, metadata: sa.MetaData) -> Iterator[sa.Connection]:
        """A connection for reading; raises NotReady where it cannot be used."""
        with self._told(), self._ready(metadata).connect() as connection:
            yield connection

    @contextmanager
    def writing(self, metadata: sa.MetaData) -> Iterator[sa.Connection]:
        """A transaction that nobody else writes beside; raises NotReady where it cannot be, and then nothing was."""
        with self._told(), self._ready(metadata).execution_options(**{WRITES: True}).begin() as connection:
            yield connection

    def make(self, metadata: sa.MetaData) -> None:
        """Make the tables that are missing; a transaction may then write those of several metadata."""
        with self._told():
            self._ready(metadata)

    @contextmanager
    def migrating(self) -> Iterator[sa.Connection]:
        """A transaction that nobody else makes or changes tables beside; the tables are whatever they are."""
        with (
            self._lock,
            self._told(),
            self._alone(),
            self._opened_once().execution_options(**{WRITES: True}).begin() as it,
        ):
            _alone_at_the_server(it)
            self._check_owner(it)
            with _at_leisure(it):
                yield it
            self._made.clear()

    def compact(self) -> None:
        """Give back the room of deleted rows: after it an SQLite file holds nothing of them any more."""
        with self._told(), self._lock:
            if self.file is None:
                return
            with self._opened_once().execution_options(**{BARE: True}).connect() as connection:
                connection.exec_driver_sql("VACUUM")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Let the connections go; the next call opens them again."""
        with self._lock:
            if self._engine is not None:
                self._engine.dispose()
            self._engine = None
            self._made.clear()

    def _ready(self, metadata: sa.MetaData) -> sa.Engine:
        with self._lock:
            engine = self._opened_once()
            if id(metadata) not in self._made:
                with self._alone(), engine.execution_options(**{WRITES: True}).begin() as connection:
                    _alone_at_the_server(connection)
                    self._check_owner(connection)
                    self._check_revision(connection)
                    metadata.create_all(connection)
                self._made.add(id(metadata))
                if self.owner is not None:
                    self.owner.keep()
                if self.file is not None:
                    _fill(engine)
            return engine

    def _check_owner(self, connection: sa.Connection) -> None:
        if self.owner is not None:
            self.owner.check(connection)

    def _opened_once(self) -> sa.Engine:
        if self._engine is None:
            self._engine = self._opened()
        return self._engine

    def _check_revision(self, connection: sa.Connection) -> None:
        """A database without any table of ours is of this revision from now on; raises NotReady for another one."""
        there = sa.inspect(connection)
        if not there.has_table(VERSION.name) and not any(map(there.has_table, BEFORE_REVISIONS)):
            VERSION.create(connection)
            connection.execute(VERSION.insert().values(version_num=HEAD))
            return
        known = there.has_table(VERSION.name)
        found = connection.execute(sa.select(VERSION.c.version_num)).scalar_one_or_none() if known else None
        if found is None or found < HEAD:
            raise NotReady(f"{self.name} has tables of an earlier version; run `pharos database upgrade`")
        if found > HEAD:
            raise NotReady(f"{self.name} has tables of a later version; start the checkout that upgraded it")

    def _opened(self) -> sa.Engine:
        if self.file is None:
            waits = self.seconds or BUSY_SECONDS
            engine = sa.create_engine(
                self.url, pool_pre_ping=True, pool_timeout=waits, connect_args=_server(self.seconds)
            )
            usual = SILENT_SECONDS if self.seconds is None else min(SILENT_SECONDS, 2.0 * self.seconds)
            return hang_up_on_silence(engine, self.silent_seconds or usual)
        engine = sa.create_engine(self.url, connect_args={"timeout": self.seconds or BUSY_SECONDS})
        sa.event.listen(engine, "connect", _durable)
        sa.event.listen(engine, "begin", _begin)
        return engine

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Of several processes that make the file at once, one does; only its owner may read what stands in it."""
        if self.file is None:
            yield
            return
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.file.touch(mode=0o600)
            yield

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (sa.exc.DatabaseError, OSError) as error:
            cause = getattr(error, "orig", None) or error
            raise NotReady(
                f"{self.name} cannot be used ({type(cause).__name__}); look after its disk, its locks and its server"
            ) from error


def _fill(engine: sa.Engine) -> None:
    """Open what the pool will keep at once: what a process holds open then says nothing of how busy it once was."""
    pool = engine.pool
    if isinstance(pool, sa.QueuePool):
        for connection in [engine.connect() for _ in range(pool.size())]:
            connection.close()


def _server(seconds: int | None) -> dict[str, Any]:
    """What the driver is told of waiting."""
    if seconds is None:
        return dict(SERVER)
    hurried = {"connect_timeout": seconds, "tcp_user_timeout": 1000 * seconds}
    return {**SERVER, **hurried, "options": f"-c lock_timeout={seconds}s"}


def _durable(connection: Any, _: Any) -> None:
    """Readers beside the writer, an answer only when the disk has it, and transactions that we begin ourselves."""
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


@contextmanager
def _at_leisure(connection: sa.Connection) -> Iterator[None]:
    """Large tables are changed for as long as it takes; nobody waits for an answer."""
    if connection.dialect.name != "postgresql":
        yield
        return
    driver: Any = connection.connection.dbapi_connection
    usual, driver.silent_seconds = driver.silent_seconds, None
    try:
        yield
    finally:
        driver.silent_seconds = usual


def _alone_at_the_server(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(MAKING)))


def _begin(connection: sa.Connection) -> None:
    """Python's driver would take the lock at the first write only, after what was read to decide on it."""
    if connection.get_execution_options().get(BARE):
        return
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get(WRITES) else "BEGIN")
