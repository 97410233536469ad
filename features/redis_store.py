"""Redis as the online store behind Feast (setting `online_url`). Importing this module imports Feast (2 s).

It is asked with little patience and written with much: a request must not wait for a server that is away, the night
must. Feast's own store waits for ever, tries again for seconds, and takes passwords apart at their commas.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import SecretStr
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as Cut
from redis.retry import Retry

from features.feast_loading import load_feast

load_feast()

from feast.infra.online_stores.redis import RedisOnlineStore, RedisOnlineStoreConfig  # noqa: E402

WRITE_SECONDS = 30.0


class PharosRedisOnlineStoreConfig(RedisOnlineStoreConfig):  # type: ignore[misc]  # mypy does not follow Feast
    """Redis at an address, which may hold a password and is never printed; `seconds` is the patience of a reader.

    Feast drops a row whose time is that of the row there already; we guard event times before each write (store.py),
    and a second event of the same day must be seen. So Feast's own check is off.
    """

    type: Literal["features.redis_store.PharosRedisOnlineStore"] = "features.redis_store.PharosRedisOnlineStore"
    address: SecretStr
    seconds: float
    skip_dedup: bool = True


class PharosRedisOnlineStore(RedisOnlineStore):  # type: ignore[misc]
    """Redis with one client that reads and another that writes."""

    _client: Redis | None = None
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
                pipe.hmget(key, names)  # type: ignore[arg-type]  # keys of Feast are bytes
            return list(pipe.execute())


def redis_client(address: str, seconds: float) -> Redis:
    """A client that waits this long for each step; a connection that the server closed meanwhile is made anew once."""
    again = Retry(NoBackoff(), 1, supported_errors=(Cut,))
    return Redis.from_url(address, socket_timeout=seconds, socket_connect_timeout=seconds, retry=again)
