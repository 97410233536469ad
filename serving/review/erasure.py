"""An officer erased from everything that a deployment holds, with a signed proof of what went, what was kept, what was
not reached, and where it was looked afterwards.

First a tombstone is set up, so that no delivery and no event brings the officer back meanwhile or later (decision
0025). Then each place is dealt with in turn; every step finds only what is left, so that an erasure that was killed is
run again and goes on. Last, everything is read through: where the id is still found there is no proof.

The proof names the officer by pseudonym only.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from cryptography.exceptions import InvalidSignature

from data_contracts.audit.beside import proof_text
from data_contracts.audit.chain import Action, Entry
from data_contracts.erased import Erased
from data_contracts.errors import InvalidInput, NotReady
from data_contracts.in_use import held_with_others
from data_contracts.policy import policy
from data_contracts.private import write_private
from data_contracts.service_log import EVENTS
from data_contracts.service_log import METADATA as LOG
from data_contracts.settings import Settings
from features.erasing import STEPS as OF_FEATURES
from features.erasing import erase_in_features, erase_in_files
from models import keys
from models.audit import operator
from serving.access.api_keys import API_KEYS
from serving.night.erasing import erase_in_results
from serving.review.cases import CaseStore
from serving.review.logs import TABLES, ServiceLog
from serving.review.tables import CASE_EVENTS, CASES, METADATA, SESSIONS
from serving.review.traces import LONG, PART, Sought, Traces, files_of, traces
from serving.upgrading.backup import backups_dir
from serving.upgrading.copies import Reached, erase_in_copies

KEPT = {
    "opt_outs": "whether the officer opted out, under a keyed pseudonym, so that the wish outlives the erasure",
    "audit_lines": "who read or changed what about the pseudonym, as long as policy keeps the audit chain",
    "tombstone": "the pseudonym of who was erased, so that an old export does not bring them back",
    "sums over many officers": "what units, points of the policy and reports counted stays as it was counted",
    "models": "they hold no row of an officer by design, and are not trained again for an erasure; the proof looked",
}
NOT_REACHED = {
    "files of a PostgreSQL server, where one is used": "deleted rows leave them at the server's next vacuum",
    "exports, dumps of a server, copies taken elsewhere": "outside of what this service can reach; their keeper erases "
    "there, and what is delivered from them again is refused",
}


@dataclass(frozen=True)
class Proof:
    """What an erasure did: rows erased and rows left by place, what was kept and what was not reached, and why, and how
    many files and tables were read through afterwards, by place, in none of which the id was found."""

    pseudonym: str
    at: str
    actor: str
    erased: Mapping[str, int]
    left: Mapping[str, int]
    kept: Mapping[str, str] = field(default_factory=lambda: dict(KEPT))
    not_reached: Mapping[str, str] = field(default_factory=lambda: dict(NOT_REACHED))
    looked: Mapping[str, int] = field(default_factory=dict)
    audit_line: int = 0
    signature: str = ""

    @property
    def text(self) -> bytes:
        """What is signed."""
        return proof_text(asdict(self))


Says = Callable[[str], None]


def silent(_: str) -> None:
    """For nobody who waits."""


def steps_of(settings: Settings) -> int:
    """About how many steps an erasure will tell of."""
    return len(OF_FEATURES) + len(PLACES) + -(-len(files_of(settings)) // PART)


def erase(settings: Settings, officer_id: str, now: datetime, say: Says = silent) -> tuple[Proof, Path]:
    """Take an officer out of every place, look everywhere, and sign what was done; the proof and its file.

    A copy that cannot be read is left alone, and the proof names it with the day it ends. Again for the same officer it
    finds nothing more, and says so in a proof of its own. `say` is told each step as it begins. Raises NotReady where a
    place cannot be used, where an upgrade is at work, or where the id is still found, and LockHeld while a night is
    being scored; what was taken out by then stays out, and the step is run again.
    """
    with held_with_others(settings.state) or nullcontext():
        with CaseStore.of(settings).chain.together(METADATA):
            pass  # a chain that takes no line is told before anything is erased
        pseudonym = _set_up_tombstone(settings, officer_id, now)
        done = Progress.of(settings, pseudonym)
        reached, line = _taken_out(settings, officer_id, Told(pseudonym, now, say), done)
        seen = _looked_through(settings, officer_id, reached, say)
        away = {**NOT_REACHED, **reached.not_reached}
        left = dict.fromkeys(done.rows, 0)
        proof = Proof(
            pseudonym, now.isoformat(), operator(), done.rows, left, _kept(seen), away, looked=seen.looked,
            audit_line=line,
        )  # fmt: skip
        signed = replace(proof, signature=keys.signing_key(settings.keys_dir).sign(proof.text).hex())
        path = _written(settings, signed, now)
        done.file.unlink(missing_ok=True)
    return signed, path


@dataclass
class Progress:
    """Rows taken out so far, by place: what a killed erasure did is part of the proof of the one that ends."""

    file: Path
    rows: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Settings, pseudonym: str) -> Progress:
        """As an erasure that did not end left it; nothing where none was begun."""
        file = _folder(settings) / f".{pseudonym}.unfinished"
        try:
            told: dict[str, Any] = json.loads(file.read_text("utf-8"))
            return cls(file, {str(name): int(count) for name, count in told.items()})
        except (OSError, ValueError, AttributeError, TypeError):
            return cls(file)

    def add(self, rows: Mapping[str, int]) -> None:
        """Count rows, and remember it."""
        for name, count in rows.items():
            self.rows[name] = self.rows.get(name, 0) + count
        scratch = self.file.with_suffix(".partial")
        scratch.unlink(missing_ok=True)
        write_private(scratch, self.rows)
        scratch.replace(self.file)


def _set_up_tombstone(settings: Settings, officer_id: str, now: datetime) -> str:
    store = CaseStore.of(settings)
    stones = Erased(settings.history_dir, store.names)
    stones.among([officer_id])  # under another key of pseudonyms nothing could be told, so nothing is begun
    stone = stones.unsigned(officer_id, now.isoformat())
    stones.add(replace(stone, signature=keys.signing_key(settings.keys_dir).sign(stone.text).hex()))
    return stone.pseudonym


PLACES = ("nights", "other files and pictures", "the service's database", "copies; waits while an upgrade is at work")


@dataclass(frozen=True)
class Told:
    """Under which name an erasure is told of, when it was asked for, and who hears of its steps."""

    pseudonym: str
    now: datetime
    say: Says


def _taken_out(settings: Settings, officer_id: str, told: Told, done: Progress) -> tuple[Reached, int]:
    """Every place in turn, the copies last, for they list what the others became; and the number of the audit line."""
    say, pseudonym = told.say, told.pseudonym
    done.add(erase_in_features(settings, officer_id, say))
    say(PLACES[0])
    nights = erase_in_results(settings, officer_id, pseudonym)
    done.add({"nights": nights.rows, "nights in the results database": nights.in_database})
    say(PLACES[1])
    done.add({"other files": _other_files(settings, officer_id), "pictures": _pictures(settings, officer_id)})
    say(PLACES[2])
    log = ServiceLog.of(settings)
    about = {name: LOG.tables[name].c.officer_id == officer_id for name in TABLES}
    done.add(log.delete({**about, EVENTS.name: _events(officer_id, pseudonym)}))
    store = CaseStore.of(settings)
    theirs = sa.select(CASES.c.case_id).where(CASES.c.officer_id == officer_id)
    with store.chain.together(METADATA) as (connection, write):
        events = connection.execute(CASE_EVENTS.delete().where(CASE_EVENTS.c.case_id.in_(theirs))).rowcount
        cases = connection.execute(CASES.delete().where(CASES.c.officer_id == officer_id)).rowcount
        connection.execute(SESSIONS.delete().where(SESSIONS.c.officer_id == officer_id))  # who is signed in is out
        keys = _keys_of(connection, officer_id)
        of_rights = {"case_events": int(events), "cases": int(cases), "api_keys": int(keys)}
        rows = {**done.rows, **of_rights}
        details = {"rows": rows, "nights": nights.runs}
        line, _ = write(Entry(told.now, operator(), Action.ERASED, about=(pseudonym,), details=details))
    done.add(of_rights)
    store.database.compact()
    store.database.close()
    say(PLACES[3])
    reached = erase_in_copies(settings, policy(), officer_id, pseudonym)
    done.add(reached.erased)
    return reached, line


def _keys_of(connection: sa.Connection, officer_id: str) -> int:
    """Delete the officer's own keys; where nobody ever had a key there is no table of them, and none is made."""
    if not sa.inspect(connection).has_table(API_KEYS.name):
        return 0
    return connection.execute(API_KEYS.delete().where(API_KEYS.c.officer_id == officer_id)).rowcount


def _other_files(settings: Settings, officer_id: str) -> int:
    """Whatever else of rows lies in the state folder, such as the export of a demo."""
    dealt_with = {settings.history_dir, settings.results_dir, settings.snapshot_dir, settings.feast_dir}
    dealt_with.add(backups_dir(settings))
    folders = [one for one in settings.state.iterdir() if one.is_dir() and one not in dealt_with]
    return sum(erase_in_files(one, officer_id) for one in folders)


def _pictures(settings: Settings, officer_id: str) -> int:
    """Pictures of the officer's paths, which are named after them."""
    sought = Sought(officer_id)
    own = [one for one in settings.pictures_dir.rglob("*") if one.is_file() and sought.in_file(one)]
    for one in own:
        one.unlink()
    return len(own)


def _events(officer_id: str, pseudonym: str) -> sa.ColumnElement[bool]:
    """Of the ids of events, those about the officer; earlier versions kept them as they were sent."""
    own: sa.ColumnElement[bool] = EVENTS.c.about == pseudonym
    named = EVENTS.c.event_id.contains(officer_id, autoescape=True)
    return sa.or_(own, named) if len(officer_id) >= LONG else own


def _looked_through(settings: Settings, officer_id: str, reached: Reached, say: Says) -> Traces:
    """Read everything; raises NotReady naming the places that still tell of the officer."""
    try:
        seen = traces(settings, officer_id, say)
    except (OSError, ValueError, sa.exc.SQLAlchemyError, sqlite3.Error) as error:
        raise NotReady(f"it cannot be looked everywhere ({type(error).__name__}); run the step again") from error
    left = [one for one in seen.found if not one.startswith(tuple(reached.not_reached))]
    if left:
        raise NotReady(f"still telling of the officer: {'; '.join(sorted(left))}; mend these, and run the step again")
    return seen


def _kept(seen: Traces) -> dict[str, str]:
    if not seen.acted:
        return dict(KEPT)
    return {**KEPT, "what they did as somebody who acts": f"named by their token in {'; '.join(sorted(seen.acted))}"}


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
    read = f"looked through {sum(proof.looked.values()):,} files and tables afterwards, " if proof.looked else ""
    return f"erased {rows}; {read}none is left. Not erased: {away}"


def _folder(settings: Settings) -> Path:
    folder = settings.erasures_dir
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _written(settings: Settings, proof: Proof, now: datetime) -> Path:
    """In a folder of its own, readable by its owner only, and never in the place of another."""
    path = _folder(settings) / f"{proof.pseudonym}-{now:%Y%m%d}-{proof.audit_line:08d}.json"
    write_private(path, asdict(proof))
    return path
