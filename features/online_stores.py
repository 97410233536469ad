"""The two online stores as we run them behind Feast: a file on this machine, or Redis (setting `online_url`).

Both are asked with little patience and written with much: a request must not wait for a lock or for a server that is
away, the night must. Feast imports this module by its name; importing it imports Feast (5 s).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal
from urllib.parse import urlsplit

from feast.infra.online_stores.redis import RedisOnlineStore, RedisOnlineStoreConfig
from feast.infra.online_stores.sqlite import SqliteOnlineStore, SqliteOnlineStoreConfig
from pydantic import SecretStr
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as Cut
from redis.retry import Retry

from data_contracts.errors import InvalidInput

MODULE = "features.online_stores"
WRITE_SECONDS = 30.0
TLS, PLAIN, SOCKET = "rediss", "redis", "unix"
LOCAL_HOSTS = ("127.0.0.1", "::1", "localhost")


class PharosSqliteOnlineStoreConfig(SqliteOnlineStoreConfig):  # type: ignore[misc]  # mypy does not follow Feast
    """A file; `seconds` is how long a reader waits for a lock."""

    type: Literal["features.online_stores.PharosSqliteOnlineStore"] = f"{MODULE}.PharosSqliteOnlineStore"  # type: ignore[assignment]
    seconds: float = 0.12


class PharosSqliteOnlineStore(SqliteOnlineStore):  # type: ignore[misc]
    """Readers beside the writer: without the write-ahead log a request waits while the night is being written."""

    def _get_conn(self, config: Any) -> sqlite3.Connection:
        fresh = self._conn is None
        connection: sqlite3.Connection = super()._get_conn(config)
        if fresh:
            connection.execute("PRAGMA journal_mode=WAL")
            self._patience(connection, config.online_store.seconds)
        return connection

    def online_write_batch(self, config: Any, *arguments: Any, **named: Any) -> None:
        """As Feast does, waiting for locks."""
        with self._patient(config):
            super().online_write_batch(config, *arguments, **named)

    def update(self, config: Any, *arguments: Any, **named: Any) -> None:
        """As Feast does (it makes tables), waiting for locks."""
        with self._patient(config):
            super().update(config, *arguments, **named)

    @contextmanager
    def _patient(self, config: Any) -> Iterator[None]:
        connection = self._get_conn(config)
        self._patience(connection, WRITE_SECONDS)
        try:
            yield
        finally:
            self._patience(connection, config.online_store.seconds)

    @staticmethod
    def _patience(connection: sqlite3.Connection, seconds: float) -> None:
        connection.execute(f"PRAGMA busy_timeout={int(seconds * 1000)}")


class PharosRedisOnlineStoreConfig(RedisOnlineStoreConfig):  # type: ignore[misc]
    """Redis at an address, which may hold a password and is never printed; `seconds` is the patience of a reader.

    Feast drops a row whose time is that of the row there already; we guard event times before each write (store.py),
    and a second event of the same day must be seen. So Feast's own check is off.
    """

    type: Literal["features.online_stores.PharosRedisOnlineStore"] = f"{MODULE}.PharosRedisOnlineStore"  # type: ignore[assignment]
    address: SecretStr
    seconds: float
    skip_dedup: bool = True


class PharosRedisOnlineStore(RedisOnlineStore):  # type: ignore[misc]
    """Redis with one client that reads and another that writes; Feast's own waits for ever and retries for seconds."""

    _reader: Redis | None = None

    def _get_client(self, online_store_config: Any) -> Redis:
        if self._client is None:
            self._client = redis_client(online_store_config.address.get_secret_value(), WRITE_SECONDS)
        return self._client

    def _read_hash_fields(self, config: Any, commands: list[tuple[bytes, list[str | bytes]]]) -> list[Any]:
        if self._reader is None:
            self._reader = redis_client(config.online_store.address.get_secret_value(), config.online_store.seconds)
        with self._reader.pipeline(transaction=False) as pipe:
            for key, names in commands:
                pipe.hmget(key, names)
            return list(pipe.execute())


def redis_client(address: str, seconds: float) -> Redis:
    """A client that waits this long for each step; a connection that the server closed meanwhile is made anew once."""
    return Redis.from_url(
        checked_address(address),
        socket_timeout=seconds,
        socket_connect_timeout=seconds,
        retry=Retry(NoBackoff(), 1, supported_errors=(Cut,)),
    )


def checked_address(address: str) -> str:
    """The address; raises InvalidInput, without repeating it, for one that is none or that crosses a network bare.

    >>> checked_address("redis://127.0.0.1:6379/0")
    'redis://127.0.0.1:6379/0'
    """
    told = urlsplit(address)
    if told.scheme not in (TLS, PLAIN, SOCKET):
        raise InvalidInput("PHAROS_ONLINE_URL is no address of Redis; write rediss://USER:PASSWORD@HOST:PORT/0")
    if told.scheme == PLAIN and told.hostname not in LOCAL_HOSTS:
        raise InvalidInput(
            "PHAROS_ONLINE_URL leads to another machine without TLS; write rediss:// (?ssl_ca_certs=FILE names the "
            "authority, ssl_certfile and ssl_keyfile a certificate of ours)"
        )
    return address
