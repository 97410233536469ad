"""What `pharos keys` does: make, list and revoke, in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from rich.console import Console
from rich.table import Column, Table

from data_contracts.audit.chain import Action, Entry
from data_contracts.settings import Settings
from models.audit import audit_chain, now_of, operator
from serving.access.api_keys import ID_BYTES, ApiKey, KeyAsked, api_keys
from serving.access.credential import AccessScope

EVERYWHERE = "全部单位 / all units"


def add_key(
    settings: Settings, name: str, scopes: Sequence[str], units: tuple[str, ...] | None, days: int, console: Console
) -> None:
    """Make a key and print it, once; raises InvalidInput for one that would open nothing."""
    today = _today(settings)
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
    today = _today(settings)
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
    """A new key and its text, told to the audit chain; raises InvalidInput for one that would open nothing."""
    key, text = api_keys(settings).add(asked, _today(settings))
    _audit(settings, Action.KEY_ADDED, key)
    return key, text


def closed(settings: Settings, key_id: str) -> ApiKey:
    """Close a key and tell the audit chain; raises InvalidInput where there is none of this id."""
    key = api_keys(settings).revoke(key_id, _today(settings))
    _audit(settings, Action.KEY_REVOKED, key)
    return key


def _audit(settings: Settings, action: Action, key: ApiKey) -> None:
    told = {"key_id": key.key_id, "scopes": sorted(key.scopes), "units": key.units, "expires_on": str(key.expires_on)}
    audit_chain(settings).append(Entry(now_of(settings), operator(), action, details=told))


def _units(units: tuple[str, ...] | None) -> str:
    return EVERYWHERE if units is None else ", ".join(units)


def _today(settings: Settings) -> date:
    return now_of(settings).date()
