"""The service's database by revisions: the same shape as the tables in the code, on both engines, forward and whole."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from data_contracts.audit.chain import METADATA as AUDIT
from data_contracts.database import Database
from data_contracts.errors import NotReady
from data_contracts.migrations import HEAD, VERSION
from data_contracts.migrations.upgrade import Upgraded, head, upgrade
from serving.access.api_keys import API_KEYS
from serving.access.api_keys import METADATA as KEYS
from serving.review.tables import METADATA as REVIEW
from tests.postgres import postgresql
from tests.serving.key_room import KEYS_AS_THEY_WERE

EVERYTHING = (KEYS, AUDIT, REVIEW)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with postgresql(tmp_path_factory.mktemp("server")) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def urls(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    """Two empty databases."""
    if request.param == "sqlite":
        return [f"sqlite:///{tmp_path / name / 'service.db'}" for name in ("first", "second")]
    address = sa.engine.make_url(request.getfixturevalue("server"))
    engine = sa.create_engine(address, isolation_level="AUTOCOMMIT")
    names = ("first", "second")
    with engine.connect() as connection:
        for name in names:
            connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return [address.set(database=name).render_as_string(hide_password=False) for name in names]


def shape(url: str) -> dict[str, Any]:
    """Everything that a database says of its tables."""
    engine = sa.create_engine(url)
    told = sa.inspect(engine)
    found = {
        name: {
            "columns": [{**column, "type": repr(column["type"])} for column in told.get_columns(name)],
            "key": told.get_pk_constraint(name)["constrained_columns"],
            "unique": sorted(one["column_names"] for one in told.get_unique_constraints(name)),
            "indexes": sorted(_index(one) for one in told.get_indexes(name)),
        }
        for name in told.get_table_names()
    }
    engine.dispose()
    return found


def _index(one: Any) -> str:
    told = {name: str(value) for name, value in one.get("dialect_options", {}).items()}
    return repr({**one, "dialect_options": told})


def made_by_code(url: str) -> Database:
    database = Database(url, "the database")
    for metadata in EVERYTHING:
        database.make(metadata)
    return database


def test_an_empty_database_migrated_and_one_made_by_the_code_are_the_same(urls: list[str]) -> None:
    migrated, made = Database(urls[0], "the database"), made_by_code(urls[1])
    assert upgrade(migrated) == Upgraded(None, HEAD)
    assert set(shape(urls[0])) == {table for metadata in EVERYTHING for table in metadata.tables} | {VERSION.name}
    assert shape(urls[0]) == shape(urls[1])
    assert upgrade(made) == Upgraded(HEAD, HEAD)
    assert upgrade(migrated) == Upgraded(HEAD, HEAD)
    for database in (migrated, made):
        database.close()


def test_the_head_that_the_code_names_is_the_newest_revision() -> None:
    assert head() == HEAD


def without_revision(url: str) -> None:
    """A database as it was made before revisions were counted, with one key in it."""
    engine = sa.create_engine(url)
    AUDIT.create_all(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql(KEYS_AS_THEY_WERE)
        connection.exec_driver_sql(
            "INSERT INTO api_keys VALUES ('k', 'n', 's', '[]', NULL, '2026-01-01', '2027-01-01', NULL)"
        )
    engine.dispose()


def test_a_database_from_before_revisions_is_refused_until_it_is_upgraded(urls: list[str], tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    without_revision(urls[0])
    database = Database(urls[0], "the table of cases")
    with pytest.raises(NotReady, match="an earlier version; run `pharos database upgrade`"):
        database.make(REVIEW)
    done = upgrade(database, lambda: Path(shutil.copy2(tmp_path / "first" / "service.db", tmp_path / "copy.db")))
    assert (done.before, done.after) == (None, HEAD)
    database.make(REVIEW)
    with database.reading(KEYS) as connection:
        assert connection.execute(sa.select(API_KEYS.c.key_id, API_KEYS.c.for_system)).one() == ("k", False)
    database.close()
    assert shape(urls[0]) == shape_of_code(urls[1])
    if done.copy is not None:
        assert str(done.copy) in done.sentence
        kept = sqlite3.connect(done.copy)
        assert {row[0] for row in kept.execute("SELECT name FROM sqlite_master WHERE type = 'table'")} == {
            "api_keys", "audit_lines",
        }  # fmt: skip
        kept.close()


def shape_of_code(url: str) -> dict[str, Any]:
    made_by_code(url).close()
    return shape(url)


def test_a_database_of_a_later_checkout_is_refused(urls: list[str]) -> None:
    database = made_by_code(urls[0])
    with database.migrating() as connection:
        connection.execute(VERSION.update().values(version_num="9999"))
    with pytest.raises(NotReady, match="a later version"):
        database.make(REVIEW)
    database.close()


def test_an_upgrade_that_fails_leaves_everything_as_it_was(urls: list[str], tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    without_revision(urls[0])
    engine = sa.create_engine(urls[0])
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE opt_outs (pseudonym INTEGER)")  # in the way of the last table
    engine.dispose()
    before = shape(urls[0])
    database = Database(urls[0], "the service's database")
    with pytest.raises(NotReady, match="cannot be used"):
        upgrade(database)
    database.close()
    assert shape(urls[0]) == before


def test_revisions_run_by_hand_say_what_to_do() -> None:
    from alembic import command

    from data_contracts.migrations.upgrade import config

    with pytest.raises(RuntimeError, match="pharos database upgrade"):
        command.upgrade(config(), "head")
