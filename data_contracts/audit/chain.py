"""The audit chain: who read, decided or changed what about whom, one line each, and every line holds the one before.

A line's hash covers its contents and the hash of the line before it, and each line is signed. Changing, taking out or
moving a line breaks the chain at that line; cutting lines off its end is found by the head (heads.py), a signed file
beside the database, by heads that somebody keeps elsewhere, by what came with lines and stands there without them
(beside.py), and, where lines and head are gone together, by the mark that it was begun (begun.py). A chain that does
not hold the line of its head takes no further line, since the next head would hide what is gone: somebody puts it
right, or accepts the break by name and for a reason, in a line that stays. Lines after the head are no break: a writer
may have been killed before it wrote theirs.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from data_contracts.audit.begun import Begun
from data_contracts.audit.heads import MISSING, Head, HeadFile, is_signed
from data_contracts.database import BUSY_SECONDS, Database
from data_contracts.errors import BrokenChain, NoLine

START = "0" * 64  # what stands before the first line
LOCK = 0x5048_4152  # PostgreSQL's advisory lock of the chain
METADATA = sa.MetaData()
LINES = sa.Table(
    "audit_lines",
    METADATA,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("body", sa.Text, nullable=False),  # the canonical JSON that is hashed, to the letter
    sa.Column("previous", sa.String(64), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Column("signature", sa.String(128), nullable=False),
)


class Action(StrEnum):
    """What a line can say."""

    RISK_READ = "risk_read"
    UNITS_READ = "units_read"
    FEEDBACK_WRITTEN = "feedback_written"
    CASE_CHANGED = "case_changed"
    OPT_OUT_CHANGED = "opt_out_changed"
    RECORD_CORRECTED = "record_corrected"
    EVENTS_TAKEN = "events_taken"
    CONCERNS_READ = "concerns_read"
    EXPORTED = "exported"
    ERASED = "erased"
    RETENTION_KEPT = "retention_kept"
    GATE_SIGNED = "gate_signed"
    MODEL_PROMOTED = "model_promoted"
    MODEL_ROLLED_BACK = "model_rolled_back"
    NIGHT_PUBLISHED = "night_published"
    MODEL_TAKEN_UP = "model_taken_up"
    MODEL_REFUSED = "model_refused"
    KEY_ADDED = "key_added"
    KEY_REVOKED = "key_revoked"
    SIGNED_IN = "signed_in"
    SIGNED_OUT = "signed_out"
    AUDIT_READ = "audit_read"
    ACCESS_DENIED = "access_denied"
    COPY_RESTORED = "copy_restored"
    BREAK_ACCEPTED = "break_accepted"


@dataclass(frozen=True)
class Entry:
    """What happened: when (UTC without a zone), who did it, to whom or what. Officers stand in it as pseudonyms."""

    at: datetime
    actor: str
    action: Action
    request_id: str = ""
    about: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Break:
    """Why a chain takes no further line: how many lines it has, the head that they do not match (None where there is
    none to go by), and what is wrong."""

    lines: int
    head: Head | None
    why: str

    @property
    def refusal(self) -> BrokenChain:
        """What whoever wanted to write is told."""
        return BrokenChain(
            f"the audit chain takes no line: {self.why}; put back what is gone (that file, or the database it belongs "
            "to), or accept the break by name with `pharos audit accept`"
        )


@dataclass
class _Tail:
    """The last line there is, on which the next one stands; 0 lines for none."""

    number: int = 0
    hash: str = START


Writes = Callable[[Entry], tuple[int, str]]


class AuditChain:
    """The chain in a database, with its head in a file.

    `moment` is asked what a line bears that tells of a moment: another one where the clock that told it stands still.
    """

    def __init__(
        self,
        database: Database,
        head_file: Path,
        key: Ed25519PrivateKey,
        begun: Begun,
        moment: Callable[[datetime], datetime] | None = None,
    ) -> None:
        self._moment = moment
        self._database = database
        self._begun = begun
        self._heads = HeadFile(head_file)
        self._key = key
        self._lock = threading.Lock()

    def append(self, entry: Entry) -> Head:
        """Add one line and say what the head is now; raises NotReady where it or its head cannot be written."""
        with self.together(METADATA) as (_, write):
            number, made = write(entry)
        return Head.signed(self._key, number, made)

    @contextmanager
    def together(self, metadata: sa.MetaData) -> Iterator[tuple[sa.Connection, Writes]]:
        """A transaction over tables of the chain's own database, and what adds a line in it: both stay, or neither.

        Raises NotReady, before anything is done, where the chain does not match its head, and where the transaction, a
        line or the head cannot be written.
        """
        with self._written(metadata) as (connection, write, found):
            if found is not None:
                raise found.refusal
            yield connection, write

    def accept(self, entry_of: Callable[[sa.Connection, Break | None], Entry]) -> Head:
        """Add the line that accepts a break, on whatever stands there, and go on from it.

        `entry_of` is asked inside the transaction, with what keeps the chain from taking lines (None where it takes
        them); what it raises leaves everything as it is.
        """
        with self._written(METADATA) as (connection, write, found):
            number, made = write(entry_of(connection, found))
        return Head.signed(self._key, number, made)

    @contextmanager
    def _written(self, metadata: sa.MetaData) -> Iterator[tuple[sa.Connection, Writes, Break | None]]:
        self._database.make(metadata)
        with self._in_turn(), self._heads.alone():
            with self._database.writing(METADATA) as connection:
                _alone(connection)
                tail, found = _tail(connection), self.standing(connection)
                before = tail.number

                def write(entry: Entry) -> tuple[int, str]:
                    if tail.number == 0 and found is None:
                        self._begin()
                    if self._moment is not None:
                        entry = replace(entry, at=self._moment(entry.at))
                    try:
                        tail.number, tail.hash = add_line(connection, self._key, entry, (tail.number, tail.hash))
                    except sa.exc.SQLAlchemyError as error:
                        why = f"the audit chain cannot be used ({type(error).__name__}); look after its database"
                        raise NoLine(why) from error
                    return tail.number, tail.hash

                yield connection, write, found
                written = tail.number > before
                if written:
                    self._heads.draft(Head.signed(self._key, tail.number, tail.hash))
                since = begun_at(connection) if written and not self._begun.marked else None
            if written:
                self._heads.put()
            if since is not None:  # after the lines: killed between the two, the next line writes it
                self._begun.put(since)

    def standing(self, connection: sa.Connection) -> Break | None:
        """What keeps the chain from taking lines; None where it holds the line of its head, and its last one is good.

        A chain without lines needs no head where nothing tells that it was begun: nothing was written yet.
        """
        key = self._key.public_key()
        head, wrong_with = self._heads.found(key)
        tail = _tail(connection)
        if tail.number == 0 and (head.number == 0 if head is not None else wrong_with == MISSING):
            return gone_whole(connection, self._heads.path, self._begun)
        if head is None:
            return Break(
                tail.number, None, f"it has {tail.number:,} lines and its head {self._heads.path} {wrong_with}"
            )
        if tail.number < head.number:
            why = f"it ends after {tail.number:,} lines and had {head.number:,}, as its head {self._heads.path} says"
            return Break(tail.number, head, f"{why}: its end was cut off, or another database stands in its place")
        at_head = _line_at(connection, head.number)
        if head.number and (at_head is None or at_head["hash"] != head.hash):
            why = f"another line stands where its head {self._heads.path} was: line {head.number:,}"
            return Break(tail.number, head, why)
        for row in {head.number: at_head, tail.number: _line_at(connection, tail.number)}.values():
            if row is not None and (why := wrong(row, row["number"], row["previous"], key)):
                return Break(tail.number, head, f"line {row['number']:,}: {why}")
        return None

    def _begin(self) -> None:
        """A head over nothing, before the first line: lines without a head are a break from the first one on."""
        self._heads.draft(Head.signed(self._key, 0, START))
        self._heads.put()

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        """One thread at a time; behind one whose database does not answer nobody waits for ever."""
        if not self._lock.acquire(timeout=BUSY_SECONDS):
            raise NoLine("the audit chain is being written by a request that does not end; look after its database")
        try:
            yield
        finally:
            self._lock.release()


def gone_whole(connection: sa.Connection | None, head_file: Path, begun: Begun) -> Break | None:
    """The break of a chain that has no lines and a head over none, or no head, though it had lines; None where it is
    new. No connection stands for a database that is not there.
    """
    why = begun.why_gone(connection, head_file)
    return Break(0, None, why) if why else None


def add_line(connection: sa.Connection, key: Ed25519PrivateKey, entry: Entry, last: tuple[int, str]) -> tuple[int, str]:
    """Add a line on the last one (its number and hash, or 0 and START); its own number and hash.

    For whoever holds the chain and has looked at its head already.
    """
    number, body = last[0] + 1, canonical(entry)
    made = line_hash(number, body, last[1])
    signature = key.sign(line_text(made)).hex()
    connection.execute(
        LINES.insert().values(number=number, body=body, previous=last[1], hash=made, signature=signature)
    )
    return number, made


def _tail(connection: sa.Connection) -> _Tail:
    asked = sa.select(LINES.c.number, LINES.c.hash).order_by(LINES.c.number.desc()).limit(1)
    last = connection.execute(asked).first()
    return _Tail() if last is None else _Tail(int(last.number), str(last.hash))


def begun_at(connection: sa.Connection) -> datetime | None:
    """The moment of the first line there is, UTC without a zone; None where there is none."""
    body = connection.execute(sa.select(LINES.c.body).order_by(LINES.c.number).limit(1)).scalar_one_or_none()
    return None if body is None else datetime.fromisoformat(json.loads(body)["at"])


def _line_at(connection: sa.Connection, number: int) -> Mapping[str, Any] | None:
    found = connection.execute(LINES.select().where(LINES.c.number == number)).mappings().first()
    return None if found is None else dict(found)


def canonical(entry: Entry) -> str:
    """An entry as the one text that is hashed.

    >>> canonical(Entry(datetime(2026, 3, 1), "key:a", Action.RISK_READ, about=("p1",)))[:52]
    '{"about":["p1"],"action":"risk_read","actor":"key:a"'
    """
    told = {**asdict(entry), "at": entry.at.isoformat(), "about": list(entry.about), "details": dict(entry.details)}
    return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def line_hash(number: int, body: str, previous: str) -> str:
    """The hash of a line: of its number, the hash before it, and its body."""
    return hashlib.sha256(f"{number}\n{previous}\n{body}".encode()).hexdigest()


def line_text(made: str) -> bytes:
    """What is signed of a line: words of its own, so that no other signature of the key can stand here."""
    return f"pharos audit line {made}".encode()


def lines(database: Database) -> Generator[Mapping[str, Any], None, None]:
    """Every line in order."""
    with database.reading(METADATA) as connection:
        yield from rows_of(connection)


def rows_of(connection: sa.Connection) -> Generator[Mapping[str, Any], None, None]:
    """Every line in order, inside a transaction."""
    asked = LINES.select().order_by(LINES.c.number).execution_options(yield_per=1000)
    for row in connection.execute(asked).mappings():
        yield dict(row)


def wrong(row: Mapping[str, Any], number: int, previous: str, key: Ed25519PublicKey) -> str:
    """What is wrong with a line that should have this number and stand on that hash; empty when nothing is."""
    if row["number"] != number:
        return f"line {number:,} is missing; the next one there is {row['number']:,}"
    if row["previous"] != previous:
        return "it does not hold the hash of the line before it: lines were moved, put in or taken out"
    if line_hash(number, row["body"], previous) != row["hash"]:
        return "its contents are not those that were hashed: it was edited"
    if not is_signed(key, row["signature"], line_text(row["hash"])):
        return "it is not signed by this deployment's key: it was forged"
    return ""


def _alone(connection: sa.Connection) -> None:
    """One writer at a time, whatever the database: two lines must not stand on the same one."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
