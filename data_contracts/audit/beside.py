"""What stands beside the audit chain and came with a line: where its line is not there, lines are gone.

The head beside the chain may be exchanged for an older one that is signed as well, and then hides that the end was cut
off. So a walk also looks at what stays when lines go. Each key made or revoked, night published or taken into cases,
step in a case, opt-out and proof of erasure names a line that is written with it or before it. And copies that upgrades
left in the state hold heads of their time. Fewer rows than lines are no fault: retention and erasure delete rows.

Days are compared, not moments: a frozen clock has but one. What is older than the chain's first line needs none.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Self

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from data_contracts.audit.begun import PROOFS, WITH_A_LINE
from data_contracts.audit.chain import Action
from data_contracts.audit.heads import Head, HeadFile, is_signed
from data_contracts.local_time import local_day

Name = tuple[str, ...]  # what a line says of a record: its kind, and the ids by which it is known there
OPENED, STEP, OUT, COPIES = "opened", "step", "out", "copies of the state whose head is newer"
SHOWN = 3  # of each kind, by name
PROOF_WORDS = b"pharos proof of erasure "
_TELLING = tuple(
    f'"action":"{action.value}"'
    for action in (
        Action.KEY_ADDED, Action.KEY_REVOKED, Action.NIGHT_PUBLISHED, Action.CASE_CHANGED, Action.OPT_OUT_CHANGED,
        Action.ERASED,
    )
)  # fmt: skip


@dataclass(frozen=True)
class Record:
    """Something that came with a line: what it is and what people call it, the bureau's day that it bears, how its line
    names it, and how many rows it stands for."""

    what: str
    called: str
    day: date
    name: Name
    rows: int = 1

    @property
    def mark(self) -> str:
        """What stands for it in an acceptance."""
        return " ".join(("without its line:", *self.name))


@dataclass
class Beside:
    """The records and the heads of copies, and what a walk over the lines has heard of them so far.

    They are read before the lines are: whatever a running service adds meanwhile has its line and is not among them.
    """

    records: tuple[Record, ...]
    copies: tuple[tuple[Record, Head], ...] = ()
    since: date | None = None
    _named: set[Name] = field(default_factory=set)
    _hashes: dict[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, connection: sa.Connection, key: Ed25519PublicKey, proofs: Path, heads: Iterable[Path]) -> Self:
        """Of a state: rows of the chain's own database, proofs of erasure, and heads in copies.

        Only what this deployment's key signed counts among files. A copy is of the day in its name, or else of its
        file.
        """
        of_copies = ((path, HeadFile(path).found(key)[0]) for path in heads)
        return cls(
            (*_rows(connection), *_proofs(proofs, key)),
            tuple((_copy(path, head), head) for path, head in of_copies if head is not None and head.number),
        )

    def hearing(self, rows: Iterator[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        """The same lines, each of which is heard."""
        wanted = {head.number for _, head in self.copies}
        for row in rows:
            number, body = int(row["number"]), str(row["body"])
            if number in wanted:
                self._hashes[number] = str(row["hash"])
            if self.since is None or any(words in body for words in _TELLING):
                self._hear(number, body)
            yield row

    def _hear(self, number: int, body: str) -> None:
        try:
            told = json.loads(body)
            if self.since is None:
                self.since = local_day(datetime.fromisoformat(told["at"]))
            self._named.update(_named_in(number, told))
        except (ValueError, TypeError, KeyError, AttributeError):
            return  # it is not what was written, and the walk says so

    def missing(self) -> list[Record]:
        """After the walk: what has no line of its own, and copies whose head names a line that is not there."""
        since = self.since or date.min  # of a chain without lines everything is
        alone = [one for one in self.records if one.day >= since and one.name not in self._named]
        return [*alone, *(one for one, head in self.copies if self._hashes.get(head.number) != head.hash)]


def missing_words(lines: int, missing: Iterable[Record]) -> str:
    """For people: how many of each kind, and the first of them by name."""
    kinds: dict[str, list[Record]] = {}
    for one in missing:
        kinds.setdefault(one.what, []).append(one)
    told = []
    for what, some in kinds.items():
        names = ", ".join(one.called for one in some[:SHOWN]) + (", ..." if len(some) > SHOWN else "")
        told.append(f"{what} ({sum(one.rows for one in some):,}: {names})")
    return (
        f"the chain ends after {lines:,} lines, and what came with lines stands there without them: {'; '.join(told)}. "
        "Lines were cut off, or an older state of the chain was put back"
    )


def proof_text(told: Mapping[str, Any]) -> bytes:
    """What is signed of a proof of erasure: words of its own, so that no other signature of the key can stand here."""
    left = {"signature"} if told.get("looked") else {"signature", "looked"}  # a version before did not look
    kept = {name: value for name, value in told.items() if name not in left}
    return PROOF_WORDS + json.dumps(kept, sort_keys=True, ensure_ascii=False).encode()


def _named_in(number: int, told: Mapping[str, Any]) -> Iterator[Name]:
    """What a line names, as the records are named."""
    action, details = told["action"], told["details"]
    if action in (Action.KEY_ADDED.value, Action.KEY_REVOKED.value):
        yield action, str(details["key_id"])
    elif action == Action.NIGHT_PUBLISHED.value:
        yield action, str(details["run"])
    elif action == Action.CASE_CHANGED.value and details.get("step") == "open":
        yield OPENED, str(details["night"])
    elif action == Action.CASE_CHANGED.value and "case_id" in details:
        yield STEP, str(details["case_id"]), str(details["version"])
    elif action == Action.OPT_OUT_CHANGED.value and details["opted_out"]:
        yield from ((OUT, str(pseudonym)) for pseudonym in told["about"])
    elif action == Action.ERASED.value:
        yield from ((action, str(pseudonym), str(number)) for pseudonym in told["about"])


Rows = Iterator[tuple[Any, ...]]
Asked = Callable[..., Rows]


def _rows(connection: sa.Connection) -> Iterator[Record]:
    """Of every table that there is with its columns; another version may lack some."""
    seen = sa.inspect(connection)
    there = {table: {column["name"] for column in seen.get_columns(table)} for table in seen.get_table_names()}

    def rows(table: str, **kinds: type[sa.types.TypeEngine[Any]]) -> Rows:
        if set(kinds) <= there.get(table, set()):
            columns = [sa.column(name, kind) for name, kind in kinds.items()]
            asked = sa.select(*columns).select_from(sa.table(table)).order_by(columns[0])
            yield from (tuple(row) for row in connection.execute(asked))

    yield from _keys(rows)
    yield from _cases(rows)
    for pseudonym, since in rows("opt_outs", pseudonym=sa.String, since=sa.Date):
        yield Record(_words("opt_outs"), pseudonym, since, (OUT, pseudonym))
    yield from _nights(
        rows("night_runs", number=sa.Integer, as_of=sa.Date, started_at=sa.DateTime, state=sa.String, run=sa.String)
    )


def _words(table: str) -> str:
    return WITH_A_LINE[table][1]


def _keys(rows: Asked) -> Iterator[Record]:
    for key_id, made, revoked in rows("api_keys", key_id=sa.String, created_on=sa.Date, revoked_on=sa.Date):
        yield Record(_words("api_keys"), key_id, made, (Action.KEY_ADDED.value, key_id))
        if revoked is not None:
            yield Record("revoked API keys", key_id, revoked, (Action.KEY_REVOKED.value, key_id))


def _cases(rows: Asked) -> Iterator[Record]:
    """Cases by the night that opened them, of whose day they are; the nights themselves; and every step."""
    nights = Counter(rows("cases", night=sa.String, opened_on=sa.Date))
    for (night, day), count in nights.items():
        yield Record(_words("cases"), night, day, (OPENED, night), count)
    for case_id, version, at in rows("case_events", case_id=sa.String, version=sa.Integer, at=sa.DateTime):
        name = (STEP, case_id, str(version))
        yield Record(_words("case_events"), f"{case_id} version {version}", local_day(at), name)
    for night, day in rows("case_nights", night=sa.String, as_of=sa.Date):
        yield Record(_words("case_nights"), night, day, (OPENED, night))


def _nights(rows: Rows) -> Iterator[Record]:
    """Published nights; one of an earlier day than a night before it never came into force, and has no line."""
    newest: date | None = None
    for _, as_of, started_at, state, run in rows:
        if state != "published" or run is None or as_of is None or (newest is not None and as_of < newest):
            continue
        newest = as_of
        yield Record(_words("night_runs"), f"{as_of}/{run}", local_day(started_at), (Action.NIGHT_PUBLISHED.value, run))


def _proofs(folder: Path, key: Ed25519PublicKey) -> Iterator[Record]:
    for path in sorted(folder.glob("*.json")):
        try:
            told = json.loads(path.read_text("utf-8"))
            if not is_signed(key, told["signature"], proof_text(told)) or not told["audit_line"]:
                continue
            name = (Action.ERASED.value, str(told["pseudonym"]), str(told["audit_line"]))
            yield Record(PROOFS, path.name, local_day(datetime.fromisoformat(told["at"])), name)
        except (OSError, ValueError, TypeError, KeyError):
            continue  # no proof of ours


def _copy(path: Path, head: Head) -> Record:
    name = path.parent.parent.name
    try:
        day = datetime.strptime(name[:8], "%Y%m%d").date()
    except ValueError:
        day = datetime.fromtimestamp(path.stat().st_mtime).date()
    return Record(COPIES, f"{name} of {head.number:,} lines", day, ("copy", str(head.number), head.hash))
