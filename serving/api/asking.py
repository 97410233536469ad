"""One question of one caller, answered by its desk within sight, time and audit: the one way to a desk there is.

The API and the pages ask in the same way, so that neither can forget what the other does.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel
from starlette.requests import Request

from data_contracts.errors import AuditAway, BrokenChain, NoLine, NotReady
from data_contracts.local_time import local_day
from serving.access.credential import Credential
from serving.access.reach import Sight, veiled
from serving.access.recorder import Kept, Read
from serving.api.guard import UNTIL
from serving.api.meters import Meters
from serving.api.opened import Absent, Desk, Desks
from serving.api.problems import ProblemError
from serving.api.questions import Question
from serving.api.traces import step
from serving.waiting import Waiting, worked_for

EVENTS = "/v1/events"


@dataclass(frozen=True)
class Asking:
    """Who asks, in which request, what answers, and until when somebody waits for it."""

    desks: Desks
    caller: Credential
    request_id: str
    waiting: Waiting
    meters: Meters

    def answered(self, question: Question, body: BaseModel) -> str:
        """The JSON of the answer, once the audit chain holds what it must; raises what the desk raises.

        It works in the thread that calls it. The caller's scope was looked at before, by whoever opened the address.
        """
        desk = _present(self.desks.fixed.get(question.path) or question.desk(self.desks))
        try:
            return self._told(question, body, desk)
        except NotReady as error:
            if question.not_ready is None or isinstance(error, AuditAway | BrokenChain | NoLine):
                raise
            raise ProblemError("not_ready", detail=question.not_ready) from error

    def _told(self, question: Question, body: BaseModel, desk: Desk) -> str:
        desks, caller = self.desks, self.caller
        sight = Sight.of(caller, desks.placements)
        asked, veil = veiled(body, sight, desks.placements)
        read = Read(question.audited, caller, self.request_id, desks.now(), question.path, veil.denied)
        kept = Kept(desks.record, read, question.changes)
        more = ((question.sighted, sight), (question.told_caller, caller), (question.patient, self.waiting))
        self.waiting.check()  # it may have stood in line for a thread
        if kept.due_first:
            with step("audit"):
                desks.record(read, asked.model_dump_json())
        with step("desk"), kept.refusals(body), worked_for(self.waiting):
            answer = desk.answer(asked, self.request_id, desks.now(), *(one for told, one in more if told))
            told = str(answer.model_dump_json())
        if kept.due_last:
            with step("audit"):
                desks.record(read, told)
        self.meters.answered(question.path, answer, audited=question.audited is not None)
        if question.path == EVENTS:
            self.meters.events(answer, local_day(desks.now()))
        return veil.lifted(told)


def waiting_of(request: Request) -> Waiting:
    """How long the caller of a request waits, as the guard counts it."""
    return Waiting(request.scope["state"].get(UNTIL))


def _present(desk: Desk | Absent) -> Desk:
    if isinstance(desk, Absent):
        raise ProblemError("not_ready", detail=desk.because)
    return desk
