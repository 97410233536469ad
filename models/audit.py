"""The audit chain of a deployment, as training and serving open it: its database, its head, and the key that signs."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from datetime import UTC, date, datetime

from data_contracts.audit.chain import AuditChain, Head, Verdict, lines, verified
from data_contracts.belonging import service_database
from data_contracts.database import Database
from data_contracts.errors import InvalidInput, NotReady
from data_contracts.settings import Settings
from models import keys


def audit_database(settings: Settings) -> Database:
    """Where the lines stand; nothing is opened yet."""
    return service_database(settings, "the audit chain")


def audit_chain(settings: Settings) -> AuditChain:
    """The chain, to be written to."""
    return chain_in(settings, audit_database(settings))


def chain_in(settings: Settings, database: Database) -> AuditChain:
    """The chain beside other tables of its database, so that a change and its line stand in one transaction."""
    return AuditChain(database, settings.audit_head, keys.signing_key(settings.keys_dir))


def operator() -> str:
    """Who sits at the machine, as the system knows them."""
    return f"operator:{getpass.getuser()}"


def now_of(settings: Settings) -> datetime:
    """The moment of a line: the clock's, on the frozen day where one is set; UTC without a zone."""
    now = datetime.now(UTC).replace(tzinfo=None)
    return now if settings.today is None else datetime.combine(settings.today, now.time())


def has_come(settings: Settings, day: date, option: str = "--as-of") -> date:
    """The day, where it is not after today; raises InvalidInput otherwise: time must not be done before it passes."""
    today = now_of(settings).date()
    if day > today:
        raise InvalidInput(f"{option} {day} has not come yet; it is {today} (PHAROS_TODAY sets it)")
    return day


def newest_head(settings: Settings) -> Head:
    """The head that is kept beside the chain; raises NotReady where nothing was ever written, or where it is gone."""
    if settings.audit_head.is_file():
        return Head.from_json(settings.audit_head.read_text())
    database = audit_database(settings)
    if database.exists and next(lines(database), None) is not None:
        raise _missing(settings, "although the chain has lines")
    raise NotReady("nothing was audited yet; the chain begins with the first read of a result")


def verify(settings: Settings, heads: Sequence[Head] = ()) -> Verdict:
    """Walk the whole chain against its own head and those kept elsewhere; raises NotReady where there is none."""
    if heads and not settings.audit_head.is_file():
        raise _missing(settings, "although a head of the chain was kept elsewhere")
    kept = (*heads, newest_head(settings))
    return verified(lines(audit_database(settings)), keys.public_key(settings.keys_dir), kept)


def _missing(settings: Settings, why: str) -> NotReady:
    return NotReady(
        f"the head of the audit chain, {settings.audit_head}, is missing {why}: nobody can say whether its end was cut "
        "off; put the file back from a backup, and find out who removed it"
    )
