"""A small force with desks over its records, and callers of every role, for the matrix of who may see what.

The answers come through the guard and the routes of the service, in the process of the test: thousands of questions.
"""

from __future__ import annotations

import copy
import itertools
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import anyio
import httpx
import numpy as np
import pandas as pd
from starlette.applications import Starlette

from data_contracts.migrations import METADATA
from data_contracts.policy import policy
from data_contracts.settings import Settings
from models.registry import ResolvedModel
from models.risk.design_matrix import Design
from models.risk.evidence import Pooled
from models.risk.model import OutcomeModel
from serving.access.api_keys import KeyAsked, api_keys
from serving.access.credential import AccessScope
from serving.access.placements import Placements, ReadPlacements
from serving.access.recorder import Read, Records
from serving.api.app import ADDRESSES, build_app
from serving.api.guard import Guard, Limits
from serving.api.opened import Desks
from serving.api.questions import QUESTIONS, Question
from serving.night.results import PublishedRun
from serving.night.roll_up import graded
from serving.pages.faces import PageFaces
from serving.pages.front import Front
from serving.review.cases import CaseStore
from serving.review.desks import ActDesk
from serving.review.one_case import CaseDesk
from serving.review.opening import open_cases
from serving.review.states import CaseState
from serving.review.tables import CASES
from serving.risk.preview import Evidence, Force, Prepared
from serving.risk.previewing import PreviewDesk
from serving.units.answers import UnitDesk
from tests.serving.desks import NOW, FakeSource, career_desk, demo_desks, risk_desk
from tests.serving.guidance_state import END, guidance, small_force
from tests.serving.key_room import added, revoked
from tests.serving.review_room import FakeRun, row
from tests.serving.unit_force import published

TODAY = NOW.date()
UNLIMITED = Limits(per_second=1e9, burst=10**9, answer_seconds=60.0)
QUESTION_OF: Mapping[str, Question] = {question.path: question for question in QUESTIONS}
OFFICER_FIELDS, UNIT_FIELDS = {"officer_id", "officer_ids"}, {"unit_id", "unit_ids"}
MORE: Mapping[str, Mapping[str, Any]] = {  # where the example of an address says little about whom it names
    "/v1/match": {
        "officer_ids": ["o"], "vacancies": [{"vacancy_id": "v", "post_id": "patrol-2", "places": 1}],
        "wishes": [{"officer_id": "o", "vacancy_id": "v", "preference_order": 1}],
    },
}  # fmt: skip
EVERYWHERE = "the whole force"
ROOTS: Mapping[str, tuple[str, ...] | None] = {
    EVERYWHERE: None,
    "the sub-bureau": ("u-0-2",),
    "a station of it": ("u-0-2-2",),
    "the other sub-bureau": ("u-0-1",),
    "a unit that is not": ("u-404",),
}


@dataclass(frozen=True)
class Asked:
    """Whom a question names: an officer and the unit in which they serve."""

    officer_id: str
    unit_id: str


@cache
def placements() -> Placements:
    """Where everybody of the force serves."""
    return ReadPlacements(small_force(), lambda: END)()


@cache
def places() -> Mapping[str, Asked]:
    """One officer of each kind of place in the tree, and nobody."""
    units = {
        "a station": "u-0-2-2", "below a station": "u-0-2-3-1", "the sub-bureau itself": "u-0-2",
        "the other sub-bureau": "u-0-1-3", "the bureau": "u-0",
    }  # fmt: skip
    unit_of = placements().unit_of
    found = {name: Asked(min(one for one, at in unit_of.items() if at == unit), unit) for name, unit in units.items()}
    return {**found, "nowhere": Asked("nobody", "u-404")}


@dataclass(frozen=True)
class _Night(FakeRun):
    """A night in which each of these officers was graded poor."""

    def officers(self, columns: Any = None, officer_ids: Any = None) -> pd.DataFrame:
        frame = pd.DataFrame([row(officer, "conduct", "poor") for officer in self.poor])
        return frame if officer_ids is None else frame[frame["officer_id"].isin(officer_ids)]


@cache
def cases() -> Mapping[str, str]:
    """The open case of one officer in each place."""
    store = CaseStore.of(small_force())
    warned = [asked.officer_id for asked in places().values() if asked.officer_id in placements().unit_of]
    night: Any = _Night(dict.fromkeys(warned, ("conduct",)))
    open_cases(night, store, policy(), NOW)
    return {case.officer_id: case.case_id for case in store.of_officers(warned)}


def as_opened(officer_id: str) -> None:
    """The officer's case stands as on the first day: files of tests that share a process act on the same cases."""
    new = CASES.update().where(CASES.c.officer_id == officer_id)
    with CaseStore.of(small_force()).database.writing(METADATA) as connection:
        connection.execute(new.values(state=CaseState.NEW.value, assigned_to=None, closed_on=None))


@cache
def _night() -> tuple[TemporaryDirectory[str], PublishedRun]:
    """A night over the whole tree; its folder goes when the process ends."""
    folder, where = TemporaryDirectory(), placements()
    officers = sorted(where.unit_of)
    rows = pd.DataFrame(
        {"officer_id": officers, "unit_id": [where.unit_of[one] for one in officers], "outcome": "conduct",
         "horizon_months": 12, "status": "scored", "probability": 0.2, "flags": "[]"}
    )  # fmt: skip
    return folder, published(Path(folder.name), graded(rows, policy().grades), where.parents)


@cache
def previews() -> PreviewDesk:
    """What another limit would give: chances that rise with the officers' ids, and a past where the high ones came."""
    where = placements()
    officers = np.array(sorted(where.unit_of), dtype=object)
    chances = {"conduct": np.linspace(0.01, 0.6, len(officers))}
    units: list[str | None] = [where.unit_of[one] for one in officers]
    forces = [Force(day, officers, units, chances) for day in (date(2026, 8, 1), date(2026, 10, 1))]
    days = np.full(len(officers), np.datetime64("2025-10-01", "D"))
    came = (chances["conduct"] > 0.5).astype(float)
    past = Evidence(Pooled(days, officers, came, chances["conduct"], chances["conduct"]), units)
    model = OutcomeModel("conduct", 12, Design(("odds",), {}), {}, {})
    ground = Prepared(ResolvedModel("risk", "1", Path("model"), "run", {}), [model], forces, {"conduct": past})
    folder, night = _night()
    desk = PreviewDesk(Settings(state=Path(folder.name)), lambda: night, placements, policy())
    desk._held = desk._ground(night.manifest.as_of, night.manifest.models[0].version), ground
    return desk


@dataclass
class Office:
    """The service, its keys, and what was read of it."""

    app: Guard
    web: Starlette
    keys: Mapping[tuple[str, str], Mapping[str, str]]
    reads: list[Read]
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def ask(self, path: str, role: str, root: str, asked: Asked) -> httpx.Response:
        """One question of a role about somebody."""
        return self.send(path, self.keys[role, root], self.body(path, asked))

    def send(self, path: str, headers: Mapping[str, str], body: Any) -> httpx.Response:
        """One request through the guard; GET where there is no body."""

        async def answered() -> httpx.Response:
            through = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(transport=through, base_url="http://127.0.0.1") as client:
                if path in QUESTION_OF:
                    return await client.post(path, json=body, headers=dict(headers))
                return await client.get(path, headers=dict(headers))

        return anyio.run(answered)

    def body(self, path: str, asked: Asked) -> Any:
        """The example of an address, about other people, under an id of its own where ids may come only once."""
        if path not in QUESTION_OF:
            return None
        example = MORE.get(path, QUESTION_OF[path].example)
        return _about(copy.deepcopy(dict(example)), asked, next(self.numbers))


def _about(value: Any, asked: Asked, number: int) -> Any:
    if isinstance(value, list):
        return [_about(one, asked, number) for one in value]
    if not isinstance(value, dict):
        return value
    changed = {}
    for name, one in value.items():
        if name in OFFICER_FIELDS:
            changed[name] = [asked.officer_id] if isinstance(one, list) else asked.officer_id
        elif name in UNIT_FIELDS:
            changed[name] = [asked.unit_id] if isinstance(one, list) else asked.unit_id
        elif name == "case_id":
            changed[name] = cases().get(asked.officer_id, one)
        elif name in ("feedback_id", "event_id", "idempotency_key"):
            changed[name] = f"matrix-{number:08d}"
        else:
            changed[name] = _about(one, asked, number)
    return changed


NOBODYS = ("shows nothing", "shows a wrong key", "shows a revoked key", "shows a key that has run out")
EVERY_SCOPE, ALL_BUT = "holds every scope", "holds every scope but that of the address"


def roles() -> tuple[str, ...]:
    """Every role there is: nobody, each scope alone, all of them, and all but the one that is needed."""
    return (*NOBODYS, *AccessScope, EVERY_SCOPE)


@contextmanager
def office(use: Settings, record: Records | None = None) -> Iterator[Office]:
    """The service over the small force, with a key for each role and each root; without `record`, reads are listed."""
    cases()
    reads: list[Read] = []
    everybody = placements().unit_of
    source = FakeSource(dict.fromkeys(everybody, 2.0))
    desks: Desks = replace(
        demo_desks(),
        risk=risk_desk(source, dict.fromkeys(everybody, (0.6, 0.2))),
        careers=career_desk(source),
        units=UnitDesk(lambda: _night()[1], policy()),
        guidance={**guidance(), "/pages/preview": previews(), **_with_keys(use)},
        placements=placements,
        record=record or (lambda read, _: reads.append(read)),
    )
    made = _keys(use)
    web = build_app()
    web.state.desks = desks
    web.state.front = front = Front.of(use, lambda: TODAY)
    guard = Guard(web, ADDRESSES, UNLIMITED, front.admission, faces=PageFaces())
    yield Office(guard, web, made, reads)


def _with_keys(use: Settings) -> dict[str, CaseDesk | ActDesk]:
    """The desks of one case over the records of the small force, with the keys of this service."""
    shown, acted = guidance()["/pages/case"], guidance()["/v1/cases/act"]
    assert isinstance(shown, CaseDesk)
    assert isinstance(acted, ActDesk)
    reviewers = replace(shown.reviewers, keys=api_keys(use).all)
    return {"/pages/case": replace(shown, reviewers=reviewers), "/v1/cases/act": replace(acted, reviewers=reviewers)}


def _keys(use: Settings) -> Mapping[tuple[str, str], Mapping[str, str]]:
    made: dict[tuple[str, str], Mapping[str, str]] = {}
    for root, units in ROOTS.items():
        held = {**{str(scope): frozenset({scope}) for scope in AccessScope}, EVERY_SCOPE: frozenset(AccessScope)}
        for role, scopes in held.items():
            made[role, root] = _shown(added(use, KeyAsked(role, scopes, units, TODAY + timedelta(days=9)), TODAY)[1])
        for role, text in _closed(use, units).items():
            made[role, root] = _shown(text)
        made["shows nothing", root] = {}
    return made


def _closed(use: Settings, units: tuple[str, ...] | None) -> Mapping[str, str]:
    """Keys that open nothing, though every scope is written on them."""
    asked = KeyAsked("closed", frozenset(AccessScope), units, TODAY + timedelta(days=9))
    key, closed = added(use, asked, TODAY)
    revoked(use, key.key_id, TODAY)
    _, over = added(use, replace(asked, expires_on=TODAY), date(2026, 1, 1))
    _, good = added(use, asked, TODAY)
    wrong = good[:-1] + ("A" if good[-1] != "A" else "B")
    return {"shows a wrong key": wrong, "shows a revoked key": closed, "shows a key that has run out": over}


def _shown(text: str) -> Mapping[str, str]:
    return {"x-api-key": text}


def without(answer: httpx.Response, asked: Asked) -> Any:
    """An answer without what differs between any two requests, and with the asked ids made the same."""
    told = answer.text.replace(json.dumps(asked.officer_id), '"OFFICER"').replace(json.dumps(asked.unit_id), '"UNIT"')
    return _plain(json.loads(told))


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        once = ("request_id", "feedback_id", "event_id", "idempotency_key", "suggestion_id")
        return {name: _plain(one) for name, one in value.items() if name not in once}
    return value
