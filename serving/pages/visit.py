"""One visit of somebody to a page: who, in which language, with what they asked for, and the one way to answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, tzinfo
from typing import Any

from data_contracts.errors import InvalidInput, NotThere
from data_contracts.local_time import local_day
from serving.access.credential import AccessScope, Credential
from serving.access.reach import Sight
from serving.api.asking import Asking
from serving.api.questions import Question
from serving.api.strict_body import parse
from serving.pages.questions import EVERY_QUESTION
from serving.pages.sessions import Session
from serving.pages.telling import Teller

QUESTION_OF: Mapping[str, Question] = {question.path: question for question in EVERY_QUESTION}
OFFICER, CASE, UNIT, SPOT, PERSON = "officer", "case", "unit", "spot", "person"  # kinds of handles


@dataclass(frozen=True)
class View:
    """A template with what it shows."""

    template: str
    shown: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True)
class Go:
    """Where a form leads once it has done its work."""

    path: str
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Visit:
    """What a page is made from."""

    asking: Asking
    session: Session
    query: Mapping[str, str]
    form: Mapping[str, str] = field(default_factory=dict)
    part: bool = False  # htmx asks for a part of the page
    zone: tzinfo | None = UTC  # what times are told in

    @property
    def caller(self) -> Credential:
        """Who visits."""
        return self.session.caller

    @property
    def tell(self) -> Teller:
        """Their language."""
        return Teller(self.session.language, self.zone)

    @property
    def today(self) -> date:
        """The service's day."""
        return local_day(self.asking.desks.now())

    @property
    def sight(self) -> Sight:
        """How far they see."""
        return Sight.of(self.caller, self.asking.desks.placements)

    def may(self, scope: AccessScope | None) -> bool:
        """Whether they hold a scope."""
        return self.caller.may(scope)

    def ask(self, path: str, **asked: Any) -> Any:
        """The answer to a question of the API or of the pages, checked, limited and audited as over HTTP.

        Raises NotThere for one whose scope they lack, ProblemError for a body that is wrong, and what the desk raises.
        """
        question = QUESTION_OF[path]
        if not self.may(question.scope):
            raise NotThere("there is nothing at this address", zh="没有这个地址")
        told = {name: value for name, value in asked.items() if value is not None}
        body = parse(json.dumps(told, ensure_ascii=False, default=str).encode(), question.request)
        return question.answer.model_validate_json(self.asking.answered(question, body))

    def handle(self, kind: str, one: str) -> str:
        """The opaque name of an officer, a case, a unit or a spot, for addresses and forms of this session."""
        return self.session.handles.of(kind, one)

    def named(self, kind: str, given: Mapping[str, str], name: str) -> str:
        """The id behind a handle that came in a query or a form; raises NotThere."""
        return self.session.handles.id(kind, given.get(name, ""))

    def named_or_none(self, kind: str, given: Mapping[str, str], name: str) -> str | None:
        """The same where it may be left out."""
        return self.named(kind, given, name) if given.get(name) else None

    def filled(self, name: str) -> str:
        """What a field of the form holds; raises InvalidInput where it is empty."""
        value = self.form.get(name, "").strip()
        if not value:
            raise InvalidInput(f"fill in the field {name}", zh=f"请填写 {name}")
        return value


@dataclass(frozen=True)
class Page:
    """An address for people: who may come (`scope`), what it shows, and what its form does.

    `menu` is the name of its word in the menu, None for a page that is reached from others; `officers` tells whether
    the menu shows it to officers who come for themselves or to all others.
    """

    path: str
    scope: AccessScope | None
    show: Callable[[Visit], View | Go] | None = None
    act: Callable[[Visit], View | Go] | None = None
    menu: str | None = None
    officers: bool = False

    @property
    def methods(self) -> tuple[str, ...]:
        """What it takes."""
        return (*(("GET", "HEAD") if self.show else ()), *(("POST",) if self.act else ()))

    def listed_for(self, caller: Credential) -> bool:
        """Whether it stands in somebody's menu."""
        return self.menu is not None and caller.may(self.scope) and self.officers == (caller.officer_id is not None)
