"""What `pharos keys` does: make, list and revoke, in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from rich.console import Console
from rich.table import Column, Table

from data_contracts.audit.chain import Action, Entry, Writes
from data_contracts.errors import InvalidInput
from data_contracts.local_time import local_day, today_of
from data_contracts.pseudonyms import pseudonyms
from data_contracts.settings import Settings
from features.history import History
from models.audit import chain_in, now_of, operator
from serving.access.api_keys import (
    ID_BYTES,
    METADATA,
    OFFICERS_OWN,
    ApiKey,
    KeyAsked,
    api_keys,
    keys_database,
    made,
    revoked,
)
from serving.access.credential import AccessScope

EVERYWHERE = "全部单位 / all units"

UNCHECKED = (
    "尚未导入任何单位，无法核对 --unit；导入后请核对，编号有误的密钥看不到任何人 / no units are on record yet, so "
    "--unit was not checked: a key of a unit that does not exist sees nobody; compare it once units or postings are "
    "ingested"
)


@dataclass(frozen=True)
class Opens:
    """What a key shall open, as it was typed: names of scopes, units (None for all), the officer whose own it is.

    An officer's own key opens all that an officer may do where no scope is named. `for_system` says that a program
    will hold it.
    """

    scopes: tuple[str, ...]
    units: tuple[str, ...] | None = ()
    officer_id: str | None = None
    for_system: bool = False


def add_key(settings: Settings, name: str, opens: Opens, days: int, console: Console) -> None:
    """Make a key and print it, once; raises InvalidInput for one that would open nothing, of an officer who is not in
    the records, or of a unit that is nowhere in them."""
    today = today_of(settings)
    first = not api_keys(settings).all()
    if opens.officer_id is not None:
        _check_officer(settings, opens.officer_id)
    unchecked = opens.officer_id is None and _check_units(settings, opens.units or ())
    named = AccessScope.of(opens.scopes) or (frozenset() if opens.officer_id is None else OFFICERS_OWN)
    asked = KeyAsked(name, named, opens.units, today + timedelta(days=days), opens.officer_id, opens.for_system)
    key, text = issued(settings, asked)
    console.print(text, markup=False, highlight=False, soft_wrap=True)
    console.print(
        f"{key.name} ({_holder(key)}): {', '.join(sorted(key.scopes))}; {_whom(key)}; until {key.expires_on}. "
        "It is not shown again; send it as `x-api-key` or `authorization: Bearer`, or sign in at /pages with it.",
        markup=False, highlight=False, soft_wrap=True,
    )  # fmt: skip
    if unchecked:
        console.print(UNCHECKED, markup=False, highlight=False, soft_wrap=True)
    if first:
        console.print(
            "Restart a running service: from now on every caller must show a key or a token.", highlight=False
        )


def list_keys(settings: Settings, console: Console) -> None:
    """A table of all keys."""
    today = today_of(settings)
    name, scopes, sees = (Column(head, overflow="fold") for head in ("name", "scopes", "sees"))  # cut, they look alike
    first = Column("id", no_wrap=True, min_width=2 * ID_BYTES)
    table = Table(first, name, "state", scopes, sees, "holder", "made", "expires")
    for key in api_keys(settings).all():
        table.add_row(
            key.key_id, key.name, key.state(today), ", ".join(sorted(key.scopes)), _whom(key),
            _holder(key), str(key.created_on), str(key.expires_on),
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
        key, text = made(connection, asked, local_day(now))
        write(_entry(settings, now, Action.KEY_ADDED, key))
    return key, text


def closed(settings: Settings, key_id: str) -> ApiKey:
    """Close a key, together with its line in the audit chain; raises InvalidInput where there is none of this id."""
    now = now_of(settings)
    with _audited(settings) as (connection, write):
        key, changed = revoked(connection, key_id, local_day(now))
        if changed:
            write(_entry(settings, now, Action.KEY_REVOKED, key))
    return key


@contextmanager
def _audited(settings: Settings) -> Iterator[tuple[sa.Connection, Writes]]:
    database = keys_database(settings)
    try:
        with chain_in(settings, database).together(METADATA) as opened:
            yield opened
    finally:
        database.close()


def _check_officer(settings: Settings, officer_id: str) -> None:
    if officer_id not in set(History(settings.history_dir).frame("officers")["officer_id"]):
        raise InvalidInput(f"--officer {officer_id!r}: no officer on record has this id; mend it, or ingest first")


def _check_units(settings: Settings, units: tuple[str, ...]) -> bool:
    """Whether there was nothing to check units against; raises InvalidInput for one that is nowhere in the records."""
    known = _units_on_record(History(settings.history_dir)) if units else frozenset[str]()
    absent = [unit for unit in units if unit not in known] if known else []
    if absent:
        raise InvalidInput(
            f"--unit {absent[0]!r}: no unit on record has this id, and a key of it would see nobody; mend it, ingest "
            "the unit first, or say --all-units",
            zh=f"--unit {absent[0]!r}：记录中没有该单位，其密钥看不到任何人；请更正编号、先导入该单位，"
            "或用 --all-units",
        )
    return bool(units) and not known


def _units_on_record(history: History) -> frozenset[str]:
    """Every unit that the records name, also dissolved ones."""
    places = {"units": ("unit_id", "parent_unit_id"), "postings": ("unit_id",)}
    held = set(history.tables()).intersection(places)
    columns = (history.frame(table, [name])[name] for table in held for name in places[table])
    return frozenset(str(one) for column in columns for one in column.dropna().unique())


def _entry(settings: Settings, now: datetime, action: Action, key: ApiKey) -> Entry:
    about = () if key.officer_id is None else (pseudonyms(settings.keys_dir).of(key.officer_id),)
    told = {"key_id": key.key_id, "scopes": sorted(key.scopes), "units": key.units, "expires_on": str(key.expires_on),
            "for_system": key.for_system}  # fmt: skip
    return Entry(now, operator(), action, about=about, details=told)


def _holder(key: ApiKey) -> str:
    return "程序 / system" if key.for_system else "人 / person"


def _whom(key: ApiKey) -> str:
    if key.officer_id is not None:
        return f"{key.officer_id} 本人 / alone"
    return EVERYWHERE if key.units is None else ", ".join(key.units)
