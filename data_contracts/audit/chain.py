"""The audit chain: who read, decided or changed what about whom, one line each, and every line holds the one before.

A line's hash covers its contents and the hash of the line before it, and each line is signed. Changing, taking out or
moving a line breaks the chain at that line; cutting lines off its end is found by the head, a signed file beside the
database that says how long the chain was, and by heads that somebody keeps elsewhere. A head is written after its line
is safe, so it may lag behind a chain that was interrupted, and never runs before it.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from data_contracts.database import BUSY_SECONDS, Database
from data_contracts.errors import InvalidInput, NotReady

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
    EXPORTED = "exported"
    ERASED = "erased"
    RETENTION_KEPT = "retention_kept"
    GATE_SIGNED = "gate_signed"
    MODEL_PROMOTED = "model_promoted"
    NIGHT_PUBLISHED = "night_published"
    MODEL_TAKEN_UP = "model_taken_up"
    MODEL_REFUSED = "model_refused"
    KEY_ADDED = "key_added"
    KEY_REVOKED = "key_revoked"
    AUDIT_READ = "audit_read"


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
class Head:
    """How long the chain was and what its last line's hash was; signed."""

    number: int
    hash: str
    signature: str

    @property
    def text(self) -> bytes:
        """What is signed."""
        return f"pharos audit head {self.number} {self.hash}".encode()

    def to_json(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Head:
        """The inverse; raises InvalidInput for what is no head."""
        try:
            told = json.loads(text)
            return cls(int(told["number"]), str(told["hash"]), str(told["signature"]))
        except (ValueError, TypeError, KeyError) as error:
            raise InvalidInput("this is no head of an audit chain; `pharos audit head` prints one") from error


@dataclass(frozen=True)
class Verdict:
    """What `verified` found: how many lines are good, and what is wrong from where on (None when nothing is)."""

    lines: int
    first_bad: int | None = None
    why: str = ""

    @property
    def good(self) -> bool:
        """Whether the whole chain stands."""
        return self.first_bad is None


Writes = Callable[[Entry], tuple[int, str]]


class AuditChain:
    """The chain in a database, with its head in a file."""

    def __init__(self, database: Database, head_file: Path, key: Ed25519PrivateKey) -> None:
        self._database = database
        self._head_file = head_file
        self._key = key
        self._lock = threading.Lock()

    def append(self, entry: Entry) -> Head:
        """Add one line and say what the head is now; raises NotReady where it or its head cannot be written."""
        with self.together(METADATA) as (_, write):
            number, made = write(entry)
        return self._head(number, made)

    @contextmanager
    def together(self, metadata: sa.MetaData) -> Iterator[tuple[sa.Connection, Writes]]:
        """A transaction over tables of the chain's own database, and what adds a line in it: both stay, or neither.

        Raises NotReady where it, a line or the head cannot be written.
        """
        self._database.make(metadata)
        written: list[tuple[int, str]] = []
        with self._in_turn(), self._alone_here():
            with self._database.writing(METADATA) as connection:
                _alone(connection)

                def write(entry: Entry) -> tuple[int, str]:
                    written.append(self._line(connection, entry))
                    return written[-1]

                yield connection, write
            if written:
                self._kept(self._head(*written[-1]))

    def _line(self, connection: sa.Connection, entry: Entry) -> tuple[int, str]:
        """Add a line; its number and its hash."""
        last = connection.execute(LINES.select().order_by(LINES.c.number.desc()).limit(1)).mappings().first()
        number, previous = (0, START) if last is None else (int(last["number"]), str(last["hash"]))
        body = canonical(entry)
        made = line_hash(number + 1, body, previous)
        signature = self._key.sign(line_text(made)).hex()
        connection.execute(
            LINES.insert().values(number=number + 1, body=body, previous=previous, hash=made, signature=signature)
        )
        return number + 1, made

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        """One thread at a time; behind one whose database does not answer nobody waits for ever."""
        if not self._lock.acquire(timeout=BUSY_SECONDS):
            raise NotReady("the audit chain is being written by a request that does not end; look after its database")
        try:
            yield
        finally:
            self._lock.release()

    @contextmanager
    def _alone_here(self) -> Iterator[None]:
        """One process of this machine at a time: an older head must not be written over a newer one."""
        try:
            self._head_file.parent.mkdir(parents=True, exist_ok=True)
            with self._head_file.with_suffix(".lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
        except OSError as error:
            raise NotReady(
                f"the head of the audit chain cannot be written ({type(error).__name__}); look after its disk"
            ) from error

    def _head(self, number: int, made: str) -> Head:
        return Head(number, made, self._key.sign(Head(number, made, "").text).hex())

    def _kept(self, head: Head) -> None:
        draft = self._head_file.with_suffix(".draft")
        draft.write_text(head.to_json())
        draft.replace(self._head_file)


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


def lines(database: Database) -> Iterator[Mapping[str, Any]]:
    """Every line in order."""
    with database.reading(METADATA) as connection:
        found = connection.execution_options(yield_per=1000).execute(LINES.select().order_by(LINES.c.number))
        for row in found.mappings():
            yield dict(row)


def verified(rows: Iterator[Mapping[str, Any]], key: Ed25519PublicKey, heads: Sequence[Head]) -> Verdict:
    """Walk the chain; the first line that is not what was written is named.

    `heads` are all that are kept: each must be signed, and the chain must still hold its line.
    """
    good, previous = 0, START
    wanted: dict[int, set[str]] = {}
    for head in heads:
        wanted.setdefault(head.number, set()).add(head.hash)
        if not _signed(key, head.signature, head.text):
            return Verdict(0, head.number, "the head is not signed by this deployment's key")
    for row in rows:
        why = _wrong(row, good + 1, previous, key)
        if not why and wanted.get(good + 1, set()) - {row["hash"]}:
            why = "a head that was kept says that another line stood here"
        if why:
            return Verdict(good, good + 1, why)
        good, previous = good + 1, str(row["hash"])
    longest = max(wanted, default=0)
    if longest > good:
        why = f"the chain ends after {good:,} lines, and once had {longest:,}: its end was cut off"
        return Verdict(good, good + 1, why)
    return Verdict(good)


def _wrong(row: Mapping[str, Any], number: int, previous: str, key: Ed25519PublicKey) -> str:
    """What is wrong with a line; empty when nothing is."""
    if row["number"] != number:
        return f"line {number:,} is missing; the next one there is {row['number']:,}"
    if row["previous"] != previous:
        return "it does not hold the hash of the line before it: lines were moved, put in or taken out"
    if line_hash(number, row["body"], previous) != row["hash"]:
        return "its contents are not those that were hashed: it was edited"
    if not _signed(key, row["signature"], line_text(row["hash"])):
        return "it is not signed by this deployment's key: it was forged"
    return ""


def _signed(key: Ed25519PublicKey, signature: str, text: bytes) -> bool:
    try:
        key.verify(bytes.fromhex(signature), text)
    except (InvalidSignature, ValueError):
        return False
    return True


def _alone(connection: sa.Connection) -> None:
    """One writer at a time, whatever the database: two lines must not stand on the same one."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
