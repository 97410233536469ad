"""API keys: shown once, kept as hashes, limited in scope, place and time, revoked without a restart.

A key reads `pharos_<id>_<secret>`. The secret has 256 random bits, so a plain SHA-256 cannot be searched and costs a
request nothing; slow hashes are for passwords that people choose.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from data_contracts.belonging import service_database
from data_contracts.database import Database
from data_contracts.errors import InvalidInput
from data_contracts.settings import Settings
from serving.access.credential import AccessScope, Credential

PREFIX = "pharos"
ID_BYTES, SECRET_BYTES = 6, 32
MOST_NAME = 120
METADATA = sa.MetaData()
API_KEYS = sa.Table(
    "api_keys",
    METADATA,
    sa.Column("key_id", sa.String(2 * ID_BYTES), primary_key=True),
    sa.Column("name", sa.String(MOST_NAME), nullable=False),
    sa.Column("secret_sha256", sa.String(64), nullable=False),
    sa.Column("scopes", sa.Text, nullable=False),  # JSON list
    sa.Column("units", sa.Text),  # JSON list of the roots; null for the whole force
    sa.Column("created_on", sa.Date, nullable=False),
    sa.Column("expires_on", sa.Date, nullable=False),  # the first day on which it opens nothing
    sa.Column("revoked_on", sa.Date),
    sa.Column("officer_id", sa.String(64)),  # whom alone it may see; null for keys that are no officer's own
    sa.Column("for_system", sa.Boolean, nullable=False, server_default=sa.false()),  # a program holds it, no person
)
KEY_SUBJECT = "key:"
"""How the subject of a caller with a key begins; the key's id follows."""
OFFICERS_OWN = frozenset(
    (AccessScope.RECOMMEND_READ, AccessScope.RISK_READ, AccessScope.FEEDBACK_WRITE, AccessScope.EVENTS_WRITE)
)
"""What an officer may do with what concerns only them."""


@dataclass(frozen=True)
class ApiKey:
    """What is known of one key; the secret is not among it."""

    key_id: str
    name: str
    secret_sha256: str
    scopes: frozenset[AccessScope]
    units: tuple[str, ...] | None
    created_on: date
    expires_on: date
    revoked_on: date | None = None
    officer_id: str | None = None
    for_system: bool = False

    def state(self, today: date) -> str:
        """`active`, `expired` or `revoked`."""
        if self.revoked_on is not None:
            return "revoked"
        return "active" if today < self.expires_on else "expired"

    @property
    def credential(self) -> Credential:
        """The caller that shows this key."""
        return Credential(f"{KEY_SUBJECT}{self.key_id}", self.scopes, self.units, self.officer_id)


@dataclass(frozen=True)
class KeyAsked:
    """A key to be made: who will hold it, what it opens, for which subtrees (None for all), until when.

    With `officer_id` it is that officer's own: it opens what concerns them alone, and no unit. `for_system` says that
    a program holds it: it opens the same, and no case is assigned to it.
    """

    name: str
    scopes: frozenset[AccessScope]
    units: tuple[str, ...] | None
    expires_on: date
    officer_id: str | None = None
    for_system: bool = False


class ApiKeys:
    """The keys of a deployment, to be read; `pharos keys` changes them, each change with its audit line."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[ApiKey]:
        """Every key ever made, oldest first; empty where none was."""
        if not self._database.exists:
            return []
        with self._database.reading(METADATA) as connection:
            rows = connection.execute(API_KEYS.select().order_by(API_KEYS.c.created_on, API_KEYS.c.key_id)).mappings()
            return [_key(row) for row in rows]


def made(connection: sa.Connection, asked: KeyAsked, today: date) -> tuple[ApiKey, str]:
    """Inside a transaction: a new key and its text, which is never seen again.

    Raises InvalidInput for a key that would open nothing.
    """
    _check(asked, today)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    key = ApiKey(
        secrets.token_hex(ID_BYTES), asked.name, digest(secret), asked.scopes, asked.units, today, asked.expires_on,
        officer_id=asked.officer_id, for_system=asked.for_system,
    )  # fmt: skip
    connection.execute(API_KEYS.insert().values(**_row(key)))
    return key, f"{PREFIX}_{key.key_id}_{secret}"


def revoked(connection: sa.Connection, key_id: str, today: date) -> tuple[ApiKey, bool]:
    """Inside a transaction: a key closed for good, and whether this closed it; a closed key stays as it was.

    Raises InvalidInput where there is no such key.
    """
    one = API_KEYS.c.key_id == key_id
    changed = connection.execute(API_KEYS.update().where(one, API_KEYS.c.revoked_on.is_(None)).values(revoked_on=today))
    row = connection.execute(API_KEYS.select().where(one)).mappings().first()
    if row is None:
        raise InvalidInput(f"there is no key {key_id!r}; `pharos keys list` shows the ids")
    return _key(row), bool(changed.rowcount)


def keys_database(settings: Settings) -> Database:
    """Where the keys stand; nothing is opened yet."""
    return service_database(settings, "the table of keys")


def api_keys(settings: Settings) -> ApiKeys:
    """The keys of this deployment; nothing is opened yet."""
    return ApiKeys(keys_database(settings))


def opened_by(text: str, keys: Sequence[ApiKey], today: date) -> Credential | None:
    """Whom a shown key stands for; None for whatever is not an active key, without saying why."""
    prefix, _, rest = text.partition("_")
    key_id, _, secret = rest.partition("_")
    known = next((key for key in keys if key.key_id == key_id), None)
    against = "0" * 64 if known is None else known.secret_sha256
    same = hmac.compare_digest(digest(secret), against)  # compared for unknown ids as well: time tells nothing
    if prefix != PREFIX or known is None or not same or known.state(today) != "active":
        return None
    return known.credential


def digest(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _check(asked: KeyAsked, today: date) -> None:
    if not asked.name.strip() or len(asked.name) > MOST_NAME:
        raise InvalidInput(f"a key needs the name of the system or person that holds it, at most {MOST_NAME} letters")
    if not asked.scopes:
        raise InvalidInput(f"a key without a scope opens nothing; give --scope one of {', '.join(AccessScope)}")
    if asked.officer_id is not None:
        if asked.for_system:
            raise InvalidInput("a key of one officer is a person's; leave out --system, or --officer")
        beyond = sorted(asked.scopes - OFFICERS_OWN)
        if asked.units != () or beyond:
            raise InvalidInput(
                f"a key of one officer opens no unit, and nothing but {', '.join(sorted(OFFICERS_OWN))}; leave out "
                f"{', '.join(beyond) or '--unit and --all-units'}"
            )
    elif asked.units is not None and not asked.units:
        raise InvalidInput("name the units that the key may see with --unit, or say --all-units")
    if asked.expires_on <= today:
        raise InvalidInput(f"expires_on {asked.expires_on} is not after {today}; give a later day")


def _row(key: ApiKey) -> dict[str, object]:
    return {
        "key_id": key.key_id, "name": key.name, "secret_sha256": key.secret_sha256,
        "scopes": json.dumps(sorted(key.scopes)), "units": None if key.units is None else json.dumps(key.units),
        "created_on": key.created_on, "expires_on": key.expires_on, "revoked_on": key.revoked_on,
        "officer_id": key.officer_id, "for_system": key.for_system,
    }  # fmt: skip


def _key(row: sa.RowMapping) -> ApiKey:
    return ApiKey(
        key_id=row["key_id"], name=row["name"], secret_sha256=row["secret_sha256"],
        scopes=AccessScope.of(json.loads(row["scopes"])),
        units=None if row["units"] is None else tuple(json.loads(row["units"])),
        created_on=row["created_on"], expires_on=row["expires_on"], revoked_on=row["revoked_on"],
        officer_id=row["officer_id"],
        for_system=row["for_system"],
    )  # fmt: skip
