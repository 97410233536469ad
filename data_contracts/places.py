"""Where a state folder keeps what does not lie in it, written down in it: no password, only the place.

A setting that names another place must not begin with an empty one unnoticed: opt-outs, keys and cases would be gone,
and nobody would be told.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa

from data_contracts.settings import Settings

FILE = "places.json"
SERVICE, MODELS, ONLINE, REGISTRY = "service", "models", "online", "registry"
HERE = "the state folder"
TELLS_THE_PLACE = ("host", "port", "service", "dbname")  # of what stands behind an address's question mark


def plain(address: str, state: Path) -> str:
    """An address without user and password; a file below the state folder is that folder, wherever it lies.

    >>> plain("postgresql+psycopg://me:secret@db.local/pharos?sslpassword=x", Path("s"))
    'postgresql://db.local:5432/pharos'
    >>> plain("", Path("s")), plain("redis://:secret@cache:6379/0", Path("s"))
    ('the state folder', 'redis://cache:6379/0')
    """
    if not address:
        return HERE
    try:
        url = sa.engine.make_url(address)
    except (sa.exc.ArgumentError, ValueError):
        return f"{address.partition(':')[0]}:an address that cannot be read"
    kind = url.drivername.partition("+")[0]
    if kind == "sqlite":
        file = Path(url.database or "").resolve()
        return HERE if file.is_relative_to(state.resolve()) else f"sqlite:///{file}"
    port = url.port or (5432 if kind == "postgresql" and "port" not in url.query else None)
    query = "&".join(f"{name}={url.query[name]}" for name in TELLS_THE_PLACE if name in url.query)
    place = f"{kind}://{url.host or ''}{f':{port}' if port else ''}/{url.database or ''}"
    return f"{place}?{query}" if query else place


def remembered(state: Path) -> Mapping[str, str]:
    """The places that were written down; empty in states of versions that wrote none."""
    try:
        told = json.loads((state / FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(name): str(place) for name, place in told.items()} if isinstance(told, dict) else {}


def remember(state: Path, name: str, place: str) -> None:
    """Write a place down; where the folder cannot be written nothing else is kept in it either."""
    if remembered(state).get(name) == place:
        return
    with suppress(OSError):
        state.mkdir(parents=True, exist_ok=True)
        with (state / f".{FILE}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            draft = state / f".{FILE}.draft"
            draft.write_text(json.dumps({**remembered(state), name: place}, indent=1, sort_keys=True), "utf-8")
            draft.replace(state / FILE)


def service_place(settings: Settings) -> str:
    """The place of keys, audit lines, cases and rights that the settings name."""
    return plain(settings.service_url, settings.state)
