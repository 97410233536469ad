"""An officer taken out of the online store behind Feast, SQLite or Redis, by the key under which Feast keeps rows.

Feast deletes whole views only. Importing this module imports Feast (2 s).
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from data_contracts.settings import Settings
from features.feast_loading import load_feast

load_feast()

from feast.infra.key_encoding_utils import serialize_entity_key  # noqa: E402
from feast.protos.feast.types.EntityKey_pb2 import EntityKey  # noqa: E402
from feast.protos.feast.types.Value_pb2 import Value  # noqa: E402

from features.redis_store import WRITE_SECONDS, redis_client  # noqa: E402
from features.sqlite_care import WRITE_SECONDS as PATIENCE  # noqa: E402
from features.sqlite_care import PatientSqlite  # noqa: E402


def erase_online(feast: Any, settings: Settings, officer_id: str) -> int:
    """Delete the rows of an officer of all views; how many there were."""
    key = EntityKey(join_keys=["officer_id"], entity_values=[Value(string_val=officer_id)])
    stored = serialize_entity_key(key, feast.config.entity_key_serialization_version)
    if settings.online_url:
        with redis_client(settings.online_url, WRITE_SECONDS) as client:
            return int(client.delete(stored + feast.config.project.encode()))
    place = Path(feast.config.online_store.path)
    if not place.is_file():
        return 0
    PatientSqlite(feast, PATIENCE).close()
    with closing(sqlite3.connect(place, timeout=PATIENCE, isolation_level=None)) as opened:
        rows = sum(
            opened.execute(f'DELETE FROM "{table}" WHERE entity_key = ?', (stored,)).rowcount  # noqa: S608
            for table in _tables(opened)
        )
        opened.execute("VACUUM")
        opened.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return rows


def _tables(opened: sqlite3.Connection) -> list[str]:
    """Feast's own names, of tables that keep rows by key."""
    names = [str(row[0]) for row in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return [
        name for name in names if "entity_key" in {row[1] for row in opened.execute(f'PRAGMA table_info("{name}")')}
    ]
