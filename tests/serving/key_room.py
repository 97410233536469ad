"""Keys for tests, made beside the audit chain: a test then counts only the lines of what it looks at."""

from __future__ import annotations

from datetime import date

from data_contracts.settings import Settings
from serving.access.api_keys import METADATA, ApiKey, KeyAsked, keys_database, made
from serving.access.api_keys import revoked as revoked_in


def added(use: Settings, asked: KeyAsked, today: date) -> tuple[ApiKey, str]:
    """A key and its text."""
    database = keys_database(use)
    try:
        with database.writing(METADATA) as connection:
            return made(connection, asked, today)
    finally:
        database.close()


def revoked(use: Settings, key_id: str, today: date) -> ApiKey:
    """A key that opens nothing any more."""
    database = keys_database(use)
    try:
        with database.writing(METADATA) as connection:
            return revoked_in(connection, key_id, today)[0]
    finally:
        database.close()
