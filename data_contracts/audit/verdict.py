"""What a walk over the audit chain finds: the first line that is not what was written, and the breaks that people took
responsibility for, which are told for ever."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from data_contracts.audit.beside import Beside, Record, missing_words
from data_contracts.audit.chain import START, Action, Break, wrong
from data_contracts.audit.heads import Head, is_signed
from data_contracts.local_time import local_day

MOST_FAULTS = 1000  # a walk that finds more ends there: it is another chain, and no break in this one
OTHER_LINE = "a head that was kept says that another line stood here"
BESIDE = "beside"  # in an acceptance: how many records stood there without their lines
UNEXCUSED = ""  # the mark of what nobody can accept
ACCEPTING = f'"action":"{Action.BREAK_ACCEPTED.value}"'


@dataclass(frozen=True)
class Fault:
    """Something that is not what was written: at which line, after how many good ones, and why.

    `mark` stands for exactly what was found there, so that accepting it accepts nothing that is changed later.
    """

    line: int
    after: int
    why: str
    mark: str


@dataclass(frozen=True)
class Acceptance:
    """A break that somebody accepted: its line, when, by whom, why; and what the break was.

    `looked_beside` is False of a version that did not look at what stands beside the chain when it accepted.
    """

    line: int
    at: str
    actor: str
    accepted_by: str
    reason: str
    why: str
    marks: frozenset[str]
    looked_beside: bool = True

    @classmethod
    def of(cls, line: int, told: Mapping[str, Any]) -> Acceptance:
        """From the body of a line."""
        details = told["details"]
        return cls(
            line, told["at"], told["actor"], details["accepted_by"], details["reason"], details["why"],
            frozenset(details["marks"]), BESIDE in details,
        )  # fmt: skip

    @property
    def sentence(self) -> str:
        """For people."""
        return (
            f"line {self.line:,} of {self.at[:10]} accepts a break ({self.why}), by {self.accepted_by} as "
            f"{self.actor}, because: {self.reason}"
        )

    def covers(self, fault: Fault) -> bool:
        """Whether this very thing was accepted: neither what changed later, nor a head that somebody kept besides."""
        return fault.mark != UNEXCUSED and fault.mark in self.marks

    def covers_record(self, record: Record) -> bool:
        """Whether a record may stand without its line. A version that did not look accepted whatever there was."""
        return record.mark in self.marks or (
            not self.looked_beside and record.day <= local_day(datetime.fromisoformat(self.at))
        )


@dataclass(frozen=True)
class Verdict:
    """What `verified` found: how many lines are good, and what is wrong from where on (None when nothing is).

    `accepted` are the breaks that people took responsibility for; they stay breaks, and are told each time.
    """

    lines: int
    first_bad: int | None = None
    why: str = ""
    accepted: tuple[Acceptance, ...] = ()

    @property
    def good(self) -> bool:
        """Whether the whole chain stands, but for what was accepted."""
        return self.first_bad is None


@dataclass
class Walk:
    """A walk over all lines: how many there are, every fault, every acceptance among the good lines, and what stands
    beside the chain without its line."""

    lines: int = 0
    faults: list[Fault] = field(default_factory=list)
    accepted: list[Acceptance] = field(default_factory=list)
    missing: list[Record] = field(default_factory=list)

    @property
    def open(self) -> list[Fault]:
        """The faults that nobody accepted."""
        return [fault for fault in self.faults if not any(one.covers(fault) for one in self.accepted)]

    @property
    def open_missing(self) -> list[Record]:
        """The records without their lines that nobody accepted."""
        return [one for one in self.missing if not any(accepted.covers_record(one) for accepted in self.accepted)]


def verified(
    rows: Iterator[Mapping[str, Any]],
    key: Ed25519PublicKey,
    heads: Sequence[Head],
    own: Head | None = None,
    beside: Beside | None = None,
) -> Verdict:
    """Walk the chain; the first line that is not what was written is named.

    `heads` are those kept elsewhere and `own` the one beside the chain: each must be signed, and the chain must still
    hold its line. A break that was accepted excuses a head that was kept, and never its own one, which is newer. With
    `beside`, what stands beside the chain must have its lines too.
    """
    for head in (*heads, *_one(own)):
        if not is_signed(key, head.signature, head.text):
            return Verdict(0, head.number, "the head is not signed by this deployment's key")
    walk = walked(rows, key, heads, own, beside)
    first, accepted = next(iter(walk.open), None), tuple(walk.accepted)
    if first is not None:
        return Verdict(first.after, first.line, first.why, accepted)
    if missing := walk.open_missing:
        return Verdict(walk.lines, walk.lines + 1, missing_words(walk.lines, missing), accepted)
    return Verdict(walk.lines, accepted=accepted)


def walked(
    rows: Iterator[Mapping[str, Any]],
    key: Ed25519PublicKey,
    heads: Sequence[Head],
    own: Head | None = None,
    beside: Beside | None = None,
) -> Walk:
    """Walk the chain to its end, past what is wrong; the heads are taken as signed."""
    if beside is not None:
        walk = walked(beside.hearing(rows), key, heads, own)
        # another chain in this one's place is told as such, and what was not walked was not heard
        walk.missing = beside.missing() if len(walk.faults) < MOST_FAULTS else []
        return walk
    walk, number, previous = Walk(), 0, START
    every = sorted({*heads, *_one(own)}, key=lambda head: head.number, reverse=True)
    wanted: dict[int, list[Head]] = {}
    for head in every:
        wanted.setdefault(head.number, []).append(head)
    for row in rows:
        why = wrong(row, number + 1, previous, key)
        if why:
            walk.faults.append(Fault(number + 1, walk.lines, why, _mark(row)))
        else:
            others = [head for head in wanted.get(number + 1, ()) if head.hash != row["hash"]]
            walk.faults += [Fault(head.number, walk.lines, OTHER_LINE, _mark_of(head, own)) for head in others]
        if not why and ACCEPTING in row["body"]:
            _hear(walk, row)  # also where a head says that another line stood: it may be the one that accepts this
        number, previous, walk.lines = int(row["number"]), str(row["hash"]), walk.lines + 1
        if len(walk.faults) >= MOST_FAULTS:
            return walk
    for head in every:
        if head.number > number:
            why = f"the chain ends after {number:,} lines, and once had {head.number:,}: its end was cut off"
            walk.faults.append(Fault(number + 1, walk.lines, why, _mark_of(head, own)))
    return walk


def accepting(found: Break | None, walk: Walk, reason: str, accepted_by: str) -> dict[str, Any]:
    """The details of the line that accepts everything that is wrong now."""
    own = () if found is None or found.head is None else (head_mark(found.head),)
    missing = walk.open_missing
    told = [f"line {one.line:,}: {one.why}" for one in walk.open if one.mark not in own]
    told += [missing_words(walk.lines, missing)] if missing else []
    return {
        "reason": reason,
        "accepted_by": accepted_by,
        "why": "; ".join(dict.fromkeys([*([] if found is None else [found.why]), *told])),
        "marks": sorted({*own, *(one.mark for one in walk.open), *(one.mark for one in missing)} - {UNEXCUSED}),
        BESIDE: len(missing),
    }


def head_mark(head: Head) -> str:
    """What stands for a head in an acceptance."""
    return f"head {head.number} {head.hash}"


def _mark_of(head: Head, own: Head | None) -> str:
    return UNEXCUSED if head == own else head_mark(head)


def _one(head: Head | None) -> tuple[Head, ...]:
    return () if head is None else (head,)


def _mark(row: Mapping[str, Any]) -> str:
    """What stands for a faulty line: a hash over everything in it."""
    told = json.dumps([row[name] for name in ("number", "body", "previous", "hash", "signature")])
    return hashlib.sha256(told.encode()).hexdigest()


def _hear(walk: Walk, row: Mapping[str, Any]) -> None:
    told = json.loads(row["body"])
    if told["action"] == Action.BREAK_ACCEPTED.value:
        walk.accepted.append(Acceptance.of(int(row["number"]), told))
