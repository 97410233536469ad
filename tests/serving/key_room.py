"""Keys for tests, made and closed as `pharos keys` does it: each with its line in the audit chain."""

from __future__ import annotations

from datetime import date

from data_contracts.settings import Settings
from serving.access.api_keys import ApiKey, KeyAsked
from serving.access.commands import closed, issued

KEYS_AS_THEY_WERE = """
CREATE TABLE api_keys (
    key_id VARCHAR(12) NOT NULL PRIMARY KEY, name VARCHAR(120) NOT NULL, secret_sha256 VARCHAR(64) NOT NULL,
    scopes TEXT NOT NULL, units TEXT, created_on DATE NOT NULL, expires_on DATE NOT NULL, revoked_on DATE
)
"""
"""The table before keys of officers (revision 0003)."""


def added(use: Settings, asked: KeyAsked, today: date) -> tuple[ApiKey, str]:
    """A key made on a day, and its text."""
    return issued(use.model_copy(update={"today": today}), asked)


def revoked(use: Settings, key_id: str, today: date) -> ApiKey:
    """A key that opens nothing any more."""
    return closed(use.model_copy(update={"today": today}), key_id)
