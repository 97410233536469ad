"""Our databases on both engines: nothing is lost between writers, nothing half done stays, errors are one sentence."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
import sqlalchemy as sa

from data_contracts.audit.chain import METADATA, lines
from data_contracts.audit.chain import AuditChain as Chain
from data_contracts.audit.verdict import Verdict, verified
from data_contracts.database import Database
from data_contracts.errors import NotReady
from tests.data_contracts.audit_room import begun_in
from tests.data_contracts.test_audit_chain import KEY, entry
from tests.postgres import postgresql

NUMBERS = sa.MetaData()
TABLE = sa.Table("numbers", NUMBERS, sa.Column("n", sa.Integer, primary_key=True))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with postgresql(tmp_path_factory.mktemp("server")) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path / 'deep' / 'x.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("server")
    made = Database(url, "the test's database")
    yield made
    for metadata in (NUMBERS, METADATA):
        if made.exists:
            with made.writing(metadata) as connection:
                for table in metadata.sorted_tables:
                    connection.execute(table.delete())
    made.close()


def largest(connection: sa.Connection) -> int:
    return int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(TABLE.c.n), 0))).scalar_one())


def test_a_file_is_held_open_as_often_at_rest_as_in_a_rush(tmp_path: Path) -> None:
    held = Database(f"sqlite:///{tmp_path / 'x.db'}", "the test's database")
    with held.reading(NUMBERS):
        pass
    at_rest = opened(tmp_path)
    with ExitStack() as rush:
        for _ in range(5):
            rush.enter_context(held.reading(NUMBERS)).execute(sa.select(TABLE))
    assert opened(tmp_path) == at_rest > 0
    held.close()
    assert opened(tmp_path) == 0


def opened(folder: Path) -> int:
    """How many descriptors of this process are of files there."""
    links = []
    for one in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            links.append(one.readlink())
    return sum(link.is_relative_to(folder) for link in links)


def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    def fail(number: int) -> None:
        with database.writing(NUMBERS) as connection:
            connection.execute(TABLE.insert().values(n=number))
            raise KeyError

    with pytest.raises(KeyError):
        fail(7)
    with database.reading(NUMBERS) as connection:
        assert largest(connection) == 0


def test_an_error_of_the_database_is_one_sentence_without_its_address(database: Database) -> None:
    def insert(number: int) -> None:
        with database.writing(NUMBERS) as connection:
            connection.execute(TABLE.insert().values(n=number))

    insert(7)
    with pytest.raises(NotReady, match=r"the test's database cannot be used \(\w+\)") as told:
        insert(7)
    assert "insert" not in str(told.value).lower()


def test_writers_at_once_make_one_audit_chain(database: Database, tmp_path: Path) -> None:
    def work() -> None:
        own = Database(database.url, "the chain")  # as another process would have it
        chain = Chain(own, tmp_path / "audit.head", KEY, begun_in(tmp_path))
        for number in range(15):
            chain.append(entry(number))
        own.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert verified(lines(database), KEY.public_key(), []) == Verdict(60)


def test_a_writer_on_sqlite_reads_what_it_writes_upon(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'x.db'}", "the test's database")

    def work() -> None:
        for _ in range(25):
            with database.writing(NUMBERS) as connection:
                connection.execute(TABLE.insert().values(n=largest(connection) + 1))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with database.reading(NUMBERS) as connection:
        assert largest(connection) == 100


def test_a_server_that_is_not_there_is_said(tmp_path: Path) -> None:
    away = Database("postgresql+psycopg://nobody@127.0.0.1:1/none", "the table of keys")
    assert away.exists
    with pytest.raises(NotReady, match="the table of keys cannot be used"), away.reading(NUMBERS):
        pass


def test_nothing_is_made_until_somebody_asks(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'x.db'}", "the test's database")
    assert not database.exists
    assert list(tmp_path.iterdir()) == []
