"""Desks for those who build on the API: fixed ids, fixed answers, the real checks, and nothing kept or computed.

A question passes the same guard and the same schema as anywhere. An id of the book gets what the book says, in the
order asked; any other id gets what an unknown one gets.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from data_contracts.errors import NotThere
from data_contracts.vocabulary import Bilingual
from serving.api.opened import Absent, Desk, Desks
from serving.api.questions import QUESTIONS, Question
from serving.sandbox.book import NOBODY, Book, book
from serving.schemas import Because

FIXED = Absent(Bilingual("沙箱只按固定应答作答", "the sandbox answers from its book"))
NOTICE = Because(
    code="sandbox",
    zh="沙箱：编号与应答都是固定的，不保存任何内容，切勿用于真实业务",
    en="sandbox: ids and answers are fixed and nothing is kept; never for real work",
)
ASKED_BY = {  # an id in a result -> where a request names the ids that it wants results for
    "officer_id": ("officer_ids", "officer_id"),
    "unit_id": ("unit_ids", "unit_id"),
    "feedback_id": ("items", "feedback_id"),
    "event_id": ("events", "event_id"),
    "concern_id": ("concerns", "concern_id"),
}


@dataclass(frozen=True)
class SandboxDesk:
    """Answers one question from the book."""

    question: Question
    book: Book

    def answer(self, asked: BaseModel, request_id: str, /, *_: object) -> BaseModel:
        """What the book says, for the ids that were asked about; raises NotThere for a case that is not in it."""
        told = copy.deepcopy(dict(self.book.answers[self.question.path]))
        body = asked.model_dump(mode="json")
        if "case" in told and told["case"]["case_id"] != body["case_id"]:
            raise NotThere(
                "there is no such case; `POST /v1/cases` lists the one of the sandbox",
                zh="没有这条预警；`POST /v1/cases` 列出沙箱中的那一条",
            )
        for name, value in told.items():
            if isinstance(value, list):
                told[name] = _for(value, body)
        if "officer_id" in told and body.get("officer_id"):
            told["officer_id"] = body["officer_id"]
        return self.question.answer.model_validate_json(json.dumps({**told, "request_id": request_id}))


def _for(results: Sequence[Any], body: Mapping[str, Any]) -> list[Any]:
    """The results of a list for the ids that a body names, in its order; the whole list where it names none."""
    for key, (field, within) in ASKED_BY.items():
        known = {one[key]: one for one in results if isinstance(one, Mapping) and key in one}
        if len(known) == len(results) > 0 and isinstance(body.get(field), list) and body[field]:
            ids = [one[within] if isinstance(one, Mapping) else one for one in body[field]]
            other = known.get(NOBODY, results[-1])
            return [{**copy.deepcopy(known.get(one, other)), key: one} for one in ids]
    return list(results)


def sandbox_desks(kept: Book | None = None) -> Desks:
    """Everything that the service answers with in a sandbox."""
    told = kept or book()
    fixed: dict[str, Desk] = {question.path: SandboxDesk(question, told) for question in QUESTIONS}
    return Desks(
        risk=FIXED, careers=FIXED, units=FIXED, now=lambda: told.now, probe=lambda: None, notices=lambda: [NOTICE],
        record=lambda *_: None, fixed=fixed,
    )  # fmt: skip
