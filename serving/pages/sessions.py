"""Who is signed in at the pages: sessions in the service's database, so that every worker knows each of them.

The browser holds 256 random bits and nothing else; the database holds their hash. The token against forged forms and
the key of opaque handles are made of those bits, so that neither is kept anywhere. What an API key opens is looked up
anew with every page: a session ends with its key.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from data_contracts.audit.chain import Action, AuditChain, Entry
from data_contracts.belonging import service_database
from data_contracts.database import Database
from data_contracts.local_time import utc_now
from data_contracts.settings import Settings
from models.audit import chain_in, now_of
from serving.access.callers import Callers, Shown
from serving.access.credential import OPERATOR, AccessScope, Credential
from serving.pages.handles import Handles
from serving.review.desks import actor_of
from serving.review.tables import METADATA, SESSIONS

SECRET_BYTES = 32
LANGUAGES = ("zh", "en")
Clock = Callable[[], datetime]


@dataclass(frozen=True)
class SessionRules:
    """How long a session lasts, used and unused; how seldom its use is written down; how many a caller may have."""

    whole: timedelta = timedelta(hours=8)
    idle: timedelta = timedelta(minutes=60)
    noted: timedelta = timedelta(minutes=1)
    most: int = 50


@dataclass(frozen=True)
class Session:
    """Somebody who is signed in."""

    secret: str = field(repr=False)
    caller: Credential
    language: str = LANGUAGES[0]

    @property
    def form_token(self) -> str:
        """What every form of this session carries, and no other page can know."""
        return form_token(self.secret)

    @property
    def handles(self) -> Handles:
        """Opaque names of officers and cases, good in this session alone."""
        return Handles(hmac.digest(self.secret.encode(), b"handles", "sha512"))


@dataclass
class Sessions:
    """The sessions of a deployment; nothing is opened before the first."""

    settings: Settings
    callers: Callers
    rules: SessionRules = field(default_factory=SessionRules)
    now: Clock = utc_now  # the true time: sessions end also where the service's day is frozen
    _database: Database | None = None
    _chain: AuditChain | None = None

    @property
    def database(self) -> Database:
        """Where they stand."""
        if self._database is None:
            self._database = service_database(self.settings, "the table of sessions")
        return self._database

    @property
    def chain(self) -> AuditChain:
        """Where it is written who signs in; opened on first use, for that makes a signing key where none is."""
        if self._chain is None:
            self._chain = chain_in(self.settings, self.database)
        return self._chain

    def open(self, shown: Shown, language: str, request_id: str = "") -> Session:
        """Sign somebody in, with a line in the audit chain, or not at all; raises NotReady."""
        now, secret, caller = self.now(), secrets.token_urlsafe(SECRET_BYTES), shown.caller
        ends_at = min(now + self.rules.whole, shown.until or datetime.max)
        row = {
            "session_sha256": _hash(secret), "subject": actor_of(caller), "key_id": shown.key_id,
            "claims": None if shown.key_id or caller == OPERATOR else _claims(caller), "officer_id": caller.officer_id,
            "language": language, "opened_at": now, "seen_at": now, "ends_at": ends_at,
        }  # fmt: skip
        with self.chain.together(METADATA) as (connection, write):
            connection.execute(SESSIONS.delete().where(SESSIONS.c.ends_at <= now))
            connection.execute(SESSIONS.delete().where(SESSIONS.c.seen_at <= now - self.rules.idle))
            self._make_room(connection, actor_of(caller))
            connection.execute(SESSIONS.insert().values(**row))
            write(Entry(now_of(self.settings), actor_of(caller), Action.SIGNED_IN, request_id))
        return Session(secret, caller, language)

    def of(self, secret: str) -> Session | None:
        """The session of what a browser shows; None for one that is over, or whose key is."""
        if not self.database.exists:
            return None
        now, one = self.now(), SESSIONS.c.session_sha256 == _hash(secret)
        with self.database.reading(METADATA) as connection:
            row = connection.execute(SESSIONS.select().where(one)).mappings().first()
        if row is None or row["ends_at"] <= now or row["seen_at"] + self.rules.idle <= now:
            return None
        caller = self._caller(row)
        if caller is None:
            return None
        if now - row["seen_at"] >= self.rules.noted:
            with self.database.writing(METADATA) as connection:
                connection.execute(SESSIONS.update().where(one).values(seen_at=now))
        return Session(secret, caller, row["language"])

    def speak(self, session: Session, language: str) -> None:
        """Go on in another language."""
        with self.database.writing(METADATA) as connection:
            one = SESSIONS.c.session_sha256 == _hash(session.secret)
            connection.execute(SESSIONS.update().where(one).values(language=language))

    def end(self, session: Session, request_id: str = "") -> None:
        """Sign out, everywhere at once; raises NotReady."""
        with self.chain.together(METADATA) as (connection, write):
            connection.execute(SESSIONS.delete().where(SESSIONS.c.session_sha256 == _hash(session.secret)))
            write(Entry(now_of(self.settings), actor_of(session.caller), Action.SIGNED_OUT, request_id))

    def _make_room(self, connection: sa.Connection, subject: str) -> None:
        """End the oldest sessions of a caller who has too many."""
        theirs = sa.select(SESSIONS.c.session_sha256).where(SESSIONS.c.subject == subject)
        kept = theirs.order_by(SESSIONS.c.opened_at.desc()).limit(self.rules.most - 1)
        names = list(connection.execute(kept).scalars())
        over = sa.and_(SESSIONS.c.subject == subject, SESSIONS.c.session_sha256.not_in(names))
        connection.execute(SESSIONS.delete().where(over))

    def _caller(self, row: sa.RowMapping) -> Credential | None:
        if row["key_id"] is not None:
            return self.callers.holder(row["key_id"])
        if row["claims"] is None:
            return OPERATOR
        told = json.loads(row["claims"])
        units = None if told["units"] is None else tuple(told["units"])
        return Credential(told["subject"], AccessScope.of(told["scopes"]), units, row["officer_id"])


def form_token(secret: str) -> str:
    """The token against forged forms that belongs to a secret.

    >>> form_token("a") == form_token("a"), form_token("a") == form_token("b")
    (True, False)
    """
    return hmac.new(secret.encode(), b"forms", "sha256").hexdigest()


def _claims(caller: Credential) -> str:
    return json.dumps({"subject": caller.subject, "scopes": sorted(caller.scopes), "units": caller.units})


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
