"""What the service writes into the audit chain of an answer: who asked, what kind of thing, and about whom.

A line is written before the answer leaves. Where it cannot be written there is no answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pydantic_core import from_json

from data_contracts.audit.chain import Action, AuditChain, Entry
from data_contracts.errors import NotReady
from data_contracts.pseudonyms import Pseudonyms, pseudonyms
from data_contracts.settings import Settings
from models.audit import audit_chain
from serving.access.audit_probe import audit_away
from serving.access.credential import Credential
from serving.access.reach import ids_named


@dataclass(frozen=True)
class Read:
    """One answer on its way out: what was done, by whom, in which request, when (UTC without a zone)."""

    action: Action
    caller: Credential
    request_id: str
    at: datetime


class Records(Protocol):
    """Something that keeps what was read; raises NotReady where it cannot."""

    def __call__(self, read: Read, answer: str, /) -> None:
        """Keep it; `answer` is its JSON as it leaves."""
        ...


@dataclass(frozen=True)
class Recorder:
    """The audit chain of a service. Officers stand in it as pseudonyms, units by their ids."""

    chain: AuditChain
    names: Pseudonyms

    @classmethod
    def of(cls, settings: Settings) -> Recorder:
        """Of a deployment."""
        return cls(audit_chain(settings), pseudonyms(settings.keys_dir))

    def __call__(self, read: Read, answer: str, /) -> None:
        """One line about an answer, of the ids that stand in its JSON."""
        officers, units = ids_named(from_json(answer))
        about = tuple(self.names.of(officer) for officer in sorted(officers))
        details = {"units": sorted(units)} if read.action is Action.UNITS_READ else {}
        try:
            self.chain.append(Entry(read.at, read.caller.subject, read.action, read.request_id, about, details))
        except NotReady as error:
            raise audit_away() from error


def no_recorder(*_: object) -> None:
    """What stands where no chain was opened: nothing that must be audited is answered."""
    raise NotReady("no audit chain is opened in this process, so nothing that it must hold can be read")
