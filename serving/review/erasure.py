"""An officer erased from the service's own databases and from the copies that upgrades made of them, with a signed
proof of what went, what was kept and what was not reached.

The proof names the officer by pseudonym only. It does not claim what is not so: the append-only history, its snapshots
and what was made of them are not touched here, and the proof says so.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from cryptography.exceptions import InvalidSignature

from data_contracts.audit.chain import Action, Entry
from data_contracts.errors import InvalidInput, NotReady
from data_contracts.in_use import held_with_others
from data_contracts.policy import policy
from data_contracts.service_log import METADATA as LOG
from data_contracts.settings import Settings
from models import keys
from models.audit import operator
from serving.review.cases import CaseStore
from serving.review.logs import TABLES, ServiceLog
from serving.review.tables import CASE_EVENTS, CASES, METADATA
from serving.upgrading.copies import Reached, erase_in_copies

KEPT = {
    "opt_outs": "whether the officer opted out, under a keyed pseudonym, so that the wish outlives the erasure",
    "audit_lines": "who read or changed what about the pseudonym, as long as policy keeps the audit chain",
}
NOT_REACHED = {
    "history": "append-only, and it has no way yet to let rows go; rows leave with the state folder, or when the "
    "history is written anew from an export without the officer",
    "snapshots, online store, results of nights": "made of the history; build and publish them again after it, and "
    "delete what was published before",
    "quarantine": "refused rows and their reasons; they go by the rule of retention of refused rows",
    "PostgreSQL's files, where it is used": "deleted rows leave them at the server's next vacuum",
    "models": "they hold no row of an officer by design, and are not trained again for an erasure",
    "exports, dumps of a server, copies taken elsewhere": "outside of what this service can reach; their keeper erases "
    "there",
}


@dataclass(frozen=True)
class Proof:
    """What an erasure did: rows erased and rows left by table, what was kept and what was not reached, and why."""

    pseudonym: str
    at: str
    actor: str
    erased: Mapping[str, int]
    left: Mapping[str, int]
    kept: Mapping[str, str] = field(default_factory=lambda: dict(KEPT))
    not_reached: Mapping[str, str] = field(default_factory=lambda: dict(NOT_REACHED))
    audit_line: int = 0
    signature: str = ""

    @property
    def text(self) -> bytes:
        """What is signed: words of its own, so that no other signature of the key can stand here."""
        told = {name: value for name, value in asdict(self).items() if name != "signature"}
        return b"pharos proof of erasure " + json.dumps(told, sort_keys=True, ensure_ascii=False).encode()


def erase(settings: Settings, officer_id: str, now: datetime) -> tuple[Proof, Path]:
    """Delete every row about an officer from cases, the service's log and the copies of both; the proof and its file.

    A copy that cannot be read is left alone, and the proof names it with the day it ends. Again for the same officer it
    finds nothing more, and says so in a proof of its own. Raises NotReady where a database cannot be used, where an
    upgrade is at work, or where a row is left; what was deleted by then stays deleted, and the step is run again.
    """
    with held_with_others(settings.state) or nullcontext():
        with CaseStore.of(settings).chain.together(METADATA):
            pass  # a chain that takes no line is told before anything is erased
        reached = erase_in_copies(settings, policy(), officer_id)
        proof = _erased(settings, officer_id, now, reached)
    signed = Proof(**{**asdict(proof), "signature": keys.signing_key(settings.keys_dir).sign(proof.text).hex()})
    return signed, _written(settings, signed, now)


def _erased(settings: Settings, officer_id: str, now: datetime, reached: Reached) -> Proof:
    """Erase from the databases that are used; the proof before it is signed."""
    store, log = CaseStore.of(settings), ServiceLog.of(settings)
    pseudonym = store.names.of(officer_id)
    theirs = sa.select(CASES.c.case_id).where(CASES.c.officer_id == officer_id)
    with store.chain.together(METADATA) as (connection, write):
        gone = log.delete({name: LOG.tables[name].c.officer_id == officer_id for name in TABLES})
        events = connection.execute(CASE_EVENTS.delete().where(CASE_EVENTS.c.case_id.in_(theirs))).rowcount
        cases = connection.execute(CASES.delete().where(CASES.c.officer_id == officer_id)).rowcount
        erased = {**gone, "case_events": int(events), "cases": int(cases), **reached.erased}
        line, _ = write(Entry(now, operator(), Action.ERASED, about=(pseudonym,), details={"rows": erased}))
    store.database.compact()
    left = {**log.left(officer_id), "cases": len(store.of_officers([officer_id]))}
    if any(left.values()):
        raise NotReady("rows about the officer were written while they were erased; run the step again")
    store.database.close()
    away = {**NOT_REACHED, **reached.not_reached}
    return Proof(pseudonym, now.isoformat(), operator(), erased, left, not_reached=away, audit_line=line)


def read_proof(settings: Settings, path: Path) -> Proof:
    """A proof that this deployment signed; raises InvalidInput for a file that it did not."""
    try:
        proof = Proof(**json.loads(path.read_text("utf-8")))
        keys.public_key(settings.keys_dir).verify(bytes.fromhex(proof.signature), proof.text)
    except (OSError, ValueError, TypeError, InvalidSignature) as error:
        raise InvalidInput(f"{path} is no proof of erasure that this deployment signed") from error
    return proof


def sentence(proof: Proof) -> str:
    """For people."""
    rows = ", ".join(f"{count:,} of {name}" for name, count in proof.erased.items())
    away = "; ".join(f"{name}: {why}" for name, why in proof.not_reached.items())
    return f"erased {rows}; none is left. Not erased: {away}"


def _written(settings: Settings, proof: Proof, now: datetime) -> Path:
    """In a folder of its own, readable by its owner only, and never in the place of another."""
    folder = settings.state / "service" / "erasures"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{proof.pseudonym}-{now:%Y%m%d}-{proof.audit_line:08d}.json"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        json.dump(asdict(proof), out, ensure_ascii=False, indent=1)
        out.flush()
        os.fsync(out.fileno())
    return path
