"""What the service writes into the audit chain of a request: who asked, what kind of thing, and about whom.

A line is written before the answer leaves, and before a change is made. Where it cannot be written there is neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from pydantic import BaseModel
from pydantic_core import from_json

from data_contracts.audit.chain import METADATA, Action, AuditChain, Entry
from data_contracts.errors import NotReady, NotThere, PharosError
from data_contracts.pseudonyms import Pseudonyms, pseudonyms
from data_contracts.settings import Settings
from models.audit import audit_chain
from serving.access.audit_probe import audit_away
from serving.access.credential import Credential
from serving.access.reach import NOTHING, Denied, ids_named

WITH_UNITS = (Action.EVENTS_TAKEN, Action.CONCERNS_READ)  # may be about units, officers, or both


@dataclass(frozen=True)
class Read:
    """One request: what was done (None for what needs no line), by whom, when (UTC without a zone), at which address,
    and whom or what it named in vain."""

    action: Action | None
    caller: Credential
    request_id: str
    at: datetime
    route: str = ""
    denied: Denied = NOTHING


class Records(Protocol):
    """Something that keeps what was read; raises NotReady where it cannot."""

    def __call__(self, read: Read, told: str, /) -> None:
        """Keep it; `told` is JSON that names whom it was about: the answer, or the question where that changes them."""
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

    def __call__(self, read: Read, told: str, /) -> None:
        """A line about the ids in the JSON, and one about those that were asked in vain; both, or neither."""
        try:
            with self.chain.together(METADATA) as (_, write):
                for action, about, details in self._lines(read, told):
                    write(Entry(read.at, read.caller.subject, action, read.request_id, about, details))
        except NotReady as error:
            raise audit_away(error) from error

    def _lines(self, read: Read, told: str) -> Iterator[tuple[Action, tuple[str, ...], Mapping[str, object]]]:
        denied = read.denied
        if read.action is not None:
            officers, units = (found - denied.stand_ins for found in ids_named(from_json(told)))
            told_units = read.action is Action.UNITS_READ or (read.action in WITH_UNITS and bool(units))
            seen = {"units": sorted(units)} if told_units else {}
            yield read.action, self._of(officers), seen
        if denied:  # whatever a caller types may be anybody's id, also in the place of a unit
            asked = {"route": read.route, "units": self._of(denied.units), "cases": sorted(denied.cases)}
            yield Action.ACCESS_DENIED, self._of(denied.officers), asked

    def _of(self, ids: Iterable[str]) -> tuple[str, ...]:
        return tuple(self.names.of(one) for one in sorted(ids))


@dataclass(frozen=True)
class Kept:
    """What the audit chain is told of one request.

    A question that changes something (`changes`) has its line before it is answered, others before the answer leaves;
    ids that it named in vain have theirs whatever the answer is.
    """

    record: Records
    read: Read
    changes: bool

    @property
    def due_first(self) -> bool:
        """Whether a line comes before the desk is asked; it names who stands in the question."""
        return self.changes and self.read.action is not None

    @property
    def due_last(self) -> bool:
        """Whether a line comes before the answer leaves; it names who stands in the answer."""
        return not self.due_first and (self.read.action is not None or bool(self.read.denied))

    @contextmanager
    def refusals(self, body: BaseModel) -> Iterator[None]:
        """Keep that a request was refused, where it named anybody in vain; an error of the chain takes its place."""
        try:
            yield
        except PharosError as error:
            denied = in_vain(self.read.denied, body) if isinstance(error, NotThere) else self.read.denied
            if denied and not (self.due_first and denied == self.read.denied):
                self.record(replace(self.read, action=None, denied=denied), "{}")
            raise


def in_vain(denied: Denied, body: BaseModel) -> Denied:
    """What a request named that was told not to be there: all of it."""
    told = body.model_dump(mode="json")
    officers, units = ids_named(told)
    cases = {told["case_id"]} if isinstance(told.get("case_id"), str) else set()
    return replace(denied, officers=denied.officers | officers, units=denied.units | units, cases=frozenset(cases))


def no_recorder(*_: object) -> None:
    """What stands where no chain was opened: nothing that must be audited is answered."""
    raise NotReady("no audit chain is opened in this process, so nothing that it must hold can be read")
