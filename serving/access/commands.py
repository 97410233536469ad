"""What `pharos keys` does: make, list and revoke, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

import sqlalchemy as sa
from rich.console import Console
from rich.table import Column, Table

from data_contracts.audit.chain import Action, Entry, Writes
from data_contracts.settings import Settings
from models.audit import chain_in, now_of, operator
from serving.access.api_keys import ID_BYTES, METADATA, ApiKey, KeyAsked, api_keys, keys_database, made, revoked
from serving.access.credential import AccessScope

EVERYWHERE = "全部单位 / all units"


def add_key(
    settings: Settings, name: str, scopes: Sequence[str], units: tuple[str, ...] | None, days: int, console: Console
) -> None:
    """Make a key and print it, once; raises InvalidInput for one that would open nothing."""
    today = now_of(settings).date()
    first = not api_keys(settings).all()
    asked = KeyAsked(name, AccessScope.of(scopes), units, today + timedelta(days=days))
    key, text = issued(settings, asked)
    console.print(text, markup=False, highlight=False, soft_wrap=True)
    console.print(
        f"{key.name}: {', '.join(sorted(key.scopes))}; {_units(key.units)}; until {key.expires_on}. "
        "It is not shown again; send it as `x-api-key` or `authorization: Bearer`.",
        markup=False, highlight=False, soft_wrap=True,
    )  # fmt: skip
    if first:
        console.print(
            "Restart a running service: from now on every caller must show a key or a token.", highlight=False
        )


def list_keys(settings: Settings, console: Console) -> None:
    """A table of all keys."""
    today = now_of(settings).date()
    table = Table(
        Column("id", no_wrap=True, min_width=2 * ID_BYTES), "name", "state", "scopes", "units", "made", "expires"
    )
    for key in api_keys(settings).all():
        table.add_row(
            key.key_id, key.name, key.state(today), ", ".join(sorted(key.scopes)), _units(key.units),
            str(key.created_on), str(key.expires_on),
        )  # fmt: skip
    console.print(table)


def revoke_key(settings: Settings, key_id: str, console: Console) -> None:
    """Close a key; raises InvalidInput where there is none of this id."""
    key = closed(settings, key_id)
    console.print(f"key {key.key_id} ({key.name}) is revoked since {key.revoked_on}", markup=False, highlight=False)


def issued(settings: Settings, asked: KeyAsked) -> tuple[ApiKey, str]:
    """A new key and its text, together with its line in the audit chain, or neither.

    Raises InvalidInput for a key that would open nothing.
    """
    now = now_of(settings)
    with _audited(settings) as (connection, write):
        key, text = made(connection, asked, now.date())
        write(_entry(now, Action.KEY_ADDED, key))
    return key, text


def closed(settings: Settings, key_id: str) -> ApiKey:
    """Close a key, together with its line in the audit chain; raises InvalidInput where there is none of this id."""
    now = now_of(settings)
    with _audited(settings) as (connection, write):
        key, changed = revoked(connection, key_id, now.date())
        if changed:
            write(_entry(now, Action.KEY_REVOKED, key))
    return key


@contextmanager
def _audited(settings: Settings) -> Iterator[tuple[sa.Connection, Writes]]:
    database = keys_database(settings)
    try:
        with chain_in(settings, database).together(METADATA) as opened:
            yield opened
    finally:
        database.close()


def _entry(now: datetime, action: Action, key: ApiKey) -> Entry:
    told = {"key_id": key.key_id, "scopes": sorted(key.scopes), "units": key.units, "expires_on": str(key.expires_on)}
    return Entry(now, operator(), action, details=told)


def _units(units: tuple[str, ...] | None) -> str:
    return EVERYWHERE if units is None else ", ".join(units)
