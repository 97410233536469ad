"""The audit chain of a deployment, as training and serving open it: its database, its head, and the key that signs."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime

import sqlalchemy as sa

from data_contracts.audit.begun import Begun
from data_contracts.audit.beside import Beside
from data_contracts.audit.chain import METADATA, Action, AuditChain, Break, Entry, begun_at, gone_whole, lines, rows_of
from data_contracts.audit.heads import MISSING, Head, HeadFile, is_signed
from data_contracts.audit.search import Found, Sought, found_in
from data_contracts.audit.verdict import MOST_FAULTS, Verdict, accepting, verified, walked
from data_contracts.belonging import service_database
from data_contracts.database import Database
from data_contracts.errors import BrokenChain, InvalidInput, NotReady
from data_contracts.local_time import local_day, local_time, moment_of, today_of, utc_now
from data_contracts.pseudonyms import pseudonyms
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
    key, moment = keys.signing_key(settings.keys_dir), None if settings.today is None else with_time_of_day
    return AuditChain(database, settings.audit_head, key, begun_of(settings), moment)


def begun_of(settings: Settings) -> Begun:
    """What tells that the chain was begun, beside its lines and its head."""
    return Begun(settings.audit_mark, settings.erasures_dir)


def operator() -> str:
    """Who sits at the machine, as the system knows them."""
    return f"operator:{getpass.getuser()}"


def now_of(settings: Settings) -> datetime:
    """The moment of a line: the clock's, on the frozen day where one is set; UTC without a zone."""
    now = utc_now()
    return now if settings.today is None else moment_of(settings.today, local_time(now).time())


def with_time_of_day(moment: datetime) -> datetime:
    """The bureau's day of a moment with the time that it is now (UTC without a zone).

    For lines of a clock that stands on a day: the service's shows that day's midnight, and whoever reads the chain asks
    in which order and how far apart things were done.
    """
    return moment_of(local_day(moment), local_time(utc_now()).time())


def has_come(settings: Settings, day: date, option: str = "--as-of") -> date:
    """The day, where it is not after the bureau's today; raises InvalidInput otherwise: time must not be done before it
    passes.
    """
    today = today_of(settings)
    if day > today:
        raise InvalidInput(f"{option} {day} has not come yet; it is {today} (PHAROS_TODAY sets it)")
    return day


def newest_head(settings: Settings) -> Head:
    """The head that is kept beside the chain; raises NotReady where nothing was ever written, or where it is gone, and
    BrokenChain where the lines are gone with it.
    """
    head, wrong_with = None, MISSING
    if settings.audit_head.exists():
        head, wrong_with = HeadFile(settings.audit_head).found(keys.public_key(settings.keys_dir))
    if head is not None and head.number:
        return head
    with closing(audit_database(settings)) as database:
        if _has_lines(database):
            if head is not None:
                return head
            raise _unusable(settings, wrong_with, "although the chain has lines")
        if head is None and wrong_with != MISSING:
            raise _unusable(settings, wrong_with, "and the chain has no line")
        if (found := _gone_whole(settings, database)) is not None:
            raise found.refusal
    raise NotReady("nothing was audited yet; the chain begins with the first read of a result")


def _has_lines(database: Database) -> bool:
    if not database.exists:
        return False
    with closing(lines(database)) as found:
        return next(found, None) is not None


def verify(settings: Settings, heads: Sequence[Head] = ()) -> Verdict:
    """Walk the whole chain against its own head, those kept elsewhere, and what came with lines and stands beside it;
    raises NotReady where there is none.
    """
    return _verified(settings, heads, look_beside=True)


def _verified(settings: Settings, heads: Sequence[Head] = (), *, look_beside: bool) -> Verdict:
    if heads and not settings.audit_head.is_file():
        raise _unusable(settings, MISSING, "although a head of the chain was kept elsewhere")
    try:
        own = newest_head(settings)
    except BrokenChain as error:
        return Verdict(0, 1, str(error))
    with closing(audit_database(settings)) as database:
        with database.reading(METADATA) as connection:
            beside = _beside(settings, connection) if look_beside else None
        return verified(lines(database), keys.public_key(settings.keys_dir), heads, own, beside)


def mark_begun(settings: Settings) -> None:
    """Write the mark that a chain of an earlier version lacks; raises BrokenChain where it is not what was written.

    What stands beside the chain is not asked: the mark takes nothing from what `verify` finds there.
    """
    found = _verified(settings, look_beside=False)
    if not found.good:
        raise BrokenChain(
            f"line {found.first_bad or 0:,} of the audit chain is not what was written ({found.why}); find out with "
            "`pharos audit verify`, put back what is gone, or accept it by name with `pharos audit accept`"
        )
    with closing(audit_database(settings)) as database, database.reading(METADATA) as connection:
        since = begun_at(connection)
    if since is not None:
        begun_of(settings).put(since)


def search(settings: Settings, sought: Sought, officer_id: str | None = None, *, to_file: bool = False) -> list[Found]:
    """The lines that have what is sought, about one officer where one is named; raises NotReady where nothing was ever
    audited, and where the search itself cannot be: it is a line before it looks, and finds itself where it fits.

    What was typed stands in that line as pseudonyms, since it may be anybody's id. Lines from before the key of the
    pseudonyms was changed name their officers otherwise and are not found by an officer's id.
    """
    newest_head(settings)
    names = pseudonyms(settings.keys_dir)
    about = () if officer_id is None else (names.of(officer_id),)
    if about:
        sought = replace(sought, about=frozenset(about))
    typed = {"unit": sought.unit_id, "actor": sought.actor, "request_id": sought.request_id}
    days = {"from": sought.first, "to": sought.last}
    details = {
        **{name: names.of(text) for name, text in typed.items() if text is not None},
        **{name: day.isoformat() for name, day in days.items() if day is not None},
        **({"actions": sorted(sought.actions)} if sought.actions else {}),
        "to_file": to_file,
    }
    audit_chain(settings).append(Entry(now_of(settings), operator(), Action.AUDIT_READ, about=about, details=details))
    with closing(audit_database(settings)) as database:
        return list(found_in(lines(database), sought, keys.public_key(settings.keys_dir)))


def accept_break(settings: Settings, reason: str, accepted_by: str, heads: Sequence[Head] = ()) -> str:
    """Take responsibility for everything that is wrong with the chain now, in a line that says so; what that was.

    From then on it takes lines again, and `verify` tells of it each time. `heads` are those kept elsewhere of lines
    that are gone. Raises InvalidInput where nothing is wrong, where a reason or a name is missing, or for a head that
    was not signed here.
    """
    key = keys.public_key(settings.keys_dir)
    if not all(is_signed(key, head.signature, head.text) for head in heads):
        raise InvalidInput("a head that was given is not signed by this deployment's key; give those it printed")
    reason, accepted_by = reason.strip(), accepted_by.strip()
    if not reason or not accepted_by:
        raise InvalidInput("a break is accepted by somebody for a reason; give --by and --reason in words")
    told: dict[str, str] = {}

    def entry(connection: sa.Connection, found: Break | None) -> Entry:
        walk = walked(rows_of(connection), key, heads, beside=_beside(settings, connection))
        if len(walk.faults) >= MOST_FAULTS:
            raise InvalidInput(f"{MOST_FAULTS:,} lines or more are not what was written; put a copy of them back")
        if found is None and not walk.open and not walk.open_missing:
            raise InvalidInput("the chain is what was written and takes lines; there is no break to accept")
        details = accepting(found, walk, reason, accepted_by)
        told["why"] = details["why"]
        return Entry(now_of(settings), operator(), Action.BREAK_ACCEPTED, details=details)

    audit_chain(settings).accept(entry)
    return told["why"]


def _beside(settings: Settings, connection: sa.Connection) -> Beside:
    """What came with lines and stands beside the chain; the heads in copies of upgrades are at their place there."""
    place = settings.audit_head.relative_to(settings.state)
    heads = sorted((settings.state / "backups").glob(f"*/{place}"))
    return Beside.of(connection, keys.public_key(settings.keys_dir), settings.erasures_dir, heads)


def _gone_whole(settings: Settings, database: Database) -> Break | None:
    """Whether a chain without lines and head had some; asking makes no database."""
    if not database.exists:
        return gone_whole(None, settings.audit_head, begun_of(settings))
    with database.reading(METADATA) as connection:
        return gone_whole(connection, settings.audit_head, begun_of(settings))


def _unusable(settings: Settings, wrong_with: str, why: str) -> NotReady:
    return NotReady(
        f"the head of the audit chain, {settings.audit_head}, {wrong_with} {why}: nobody can say whether its end was "
        "cut off; put the file back from a backup, and find out who changed it, or accept the break by name with "
        "`pharos audit accept`"
    )
