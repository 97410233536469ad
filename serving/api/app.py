"""The web side of the service: each handler parses, asks a desk and translates; no rule is decided here."""

from __future__ import annotations

import functools
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence

import anyio
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as WebRoute

from data_contracts.errors import AuditAway, BrokenChain, NotReady, PharosError
from data_contracts.vocabulary import Bilingual
from serving.access.credential import AccessScope, Credential
from serving.access.reach import Sight, veiled
from serving.access.recorder import Kept, Read
from serving.api.docs_page import page
from serving.api.guard import CALLER, REQUEST_ID, UNTIL, Route
from serving.api.listening import while_waited_for
from serving.api.meters import Meters
from serving.api.openapi import document
from serving.api.opened import Absent, Desk, Desks
from serving.api.problems import ProblemError, problem_of
from serving.api.questions import QUESTIONS, Question
from serving.api.strict_body import parse
from serving.api.traces import step
from serving.night.manifest import ModelIdentity
from serving.schemas import Health, LoadedModel, ModelsAnswer, Readiness
from serving.waiting import Waiting, worked_for

EVENTS = "/v1/events"
STARTING = Bilingual("服务正在启动", "the service is starting")
PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
ROUTES: Mapping[str, Route] = {
    **{question.path: Route(("POST",), question.scope) for question in QUESTIONS},
    "/v1/model": Route(("GET", "HEAD")),
    "/openapi.json": Route(("GET", "HEAD")),
    "/docs": Route(("GET", "HEAD")),
    "/metrics": Route(("GET", "HEAD"), AccessScope.METRICS_READ),
    "/livez": Route(("GET", "HEAD"), health=True),
    "/readyz": Route(("GET", "HEAD"), health=True),
}


def build_app(threads: int = 4, meters: Meters | None = None) -> Starlette:
    """The routes; `app.state.desks` must be set before the first request (the service does it at start).

    Work runs in at most `threads` threads, so that a slow answer never holds up a health check.
    """
    web = _Web(threads, meters or Meters())
    endpoints: Mapping[str, Callable[[Request], Awaitable[Response]]] = {
        **{question.path: functools.partial(web.ask, question) for question in QUESTIONS},
        "/v1/model": web.model,
        "/openapi.json": web.openapi,
        "/docs": web.docs,
        "/metrics": web.metrics,
        "/livez": web.livez,
        "/readyz": web.readyz,
    }
    return Starlette(
        routes=[WebRoute(path, endpoints[path], methods=list(route.methods)) for path, route in ROUTES.items()],
        exception_handlers={PharosError: web.refused},
    )


class _Web:
    """The handlers."""

    def __init__(self, threads: int, meters: Meters) -> None:
        self._threads = threads
        self._meters = meters
        self._limiter: anyio.CapacityLimiter | None = None

    async def ask(self, question: Question, request: Request) -> Response:
        body, desks = parse(await request.body(), question.request), _desks(request)
        desk = _present(desks.fixed.get(question.path) or question.desk(desks))
        caller, request_id = _caller(request), _request_id(request)
        waiting = Waiting(request.scope["state"].get(UNTIL))

        def answered() -> bytes:
            sight = Sight.of(caller, desks.placements)
            asked, veil = veiled(body, sight, desks.placements)
            read = Read(question.audited, caller, request_id, desks.now(), question.path, veil.denied)
            kept = Kept(desks.record, read, question.changes)
            more = ((question.sighted, sight), (question.told_caller, caller), (question.patient, waiting))
            waiting.check()  # it may have stood in line for a thread
            if kept.due_first:
                with step("audit"):
                    desks.record(read, asked.model_dump_json())
            with step("desk"), kept.refusals(body), worked_for(waiting):
                answer = desk.answer(asked, request_id, desks.now(), *(one for told, one in more if told))
                told = answer.model_dump_json()
            if kept.due_last:
                with step("audit"):
                    desks.record(read, told)
            self._meters.answered(question.path, answer, audited=question.audited is not None)
            if question.path == EVENTS:
                self._meters.events(answer, desks.now().date())
            return veil.lifted(told).encode()

        try:
            told = await while_waited_for(self._work(answered), waiting, request.receive)
            return Response(told, media_type="application/json")
        except NotReady as error:
            if question.not_ready is None or isinstance(error, AuditAway | BrokenChain):
                raise
            raise ProblemError("not_ready", detail=question.not_ready) from error

    async def model(self, request: Request) -> Response:
        desks = _desks(request)
        if not desks.ready:
            raise ProblemError("not_ready", detail=Bilingual.joined(desks.missing()))
        served = [] if isinstance(desks.risk, Absent) else list(desks.risk.served)
        models = [_loaded(model, served if model.name == "risk" else []) for model in desks.models()]
        return _json(ModelsAnswer(request_id=_request_id(request), models=models, **_said(desks.missing())))

    async def openapi(self, _: Request) -> Response:
        return Response(_document(), media_type="application/json")

    async def docs(self, _: Request) -> Response:
        return Response(_docs(), media_type="text/html", headers={"content-security-policy": PAGE_POLICY})

    async def refused(self, request: Request, error: Exception) -> Response:
        problem = problem_of(error)
        self._meters.refused(problem.code)
        return Response(problem.body(_request_id(request)), problem.status, problem.all_headers())

    async def metrics(self, request: Request) -> Response:
        desks: Desks | None = getattr(request.app.state, "desks", None)
        figures = [] if desks is None else await anyio.to_thread.run_sync(desks.figures, abandon_on_cancel=True)
        return Response(self._meters.text(figures), media_type=self._meters.media_type)

    async def livez(self, _: Request) -> Response:
        return _json(Health(status="live"))

    async def readyz(self, request: Request) -> Response:
        desks = _desks(request)
        missing = desks.missing()
        if not desks.ready:
            raise ProblemError("not_ready", detail=Bilingual.joined(missing))
        # outside the limiter: readiness must not queue behind requests
        await anyio.to_thread.run_sync(desks.probe, abandon_on_cancel=True)
        return _json(Readiness(status="ready", notices=desks.notices(), **_said(missing)))

    async def _work(self, answer: Callable[[], bytes]) -> bytes:
        if self._limiter is None:  # a limiter belongs to the event loop that runs
            self._limiter = anyio.CapacityLimiter(self._threads)
        return await anyio.to_thread.run_sync(answer, limiter=self._limiter, abandon_on_cancel=True)


def _desks(request: Request) -> Desks:
    desks: Desks | None = getattr(request.app.state, "desks", None)
    if desks is None:
        raise ProblemError("not_ready", detail=STARTING)
    return desks


def _present(desk: Desk | Absent) -> Desk:
    if isinstance(desk, Absent):
        raise ProblemError("not_ready", detail=desk.because)
    return desk


def _said(missing: Sequence[Bilingual]) -> dict[str, list[str]]:
    """What is missing, as answers have it."""
    return {"missing": [one.en for one in missing], "missing_zh": [one.zh for one in missing]}


def _caller(request: Request) -> Credential:
    caller: Credential = request.scope["state"][CALLER]
    return caller


def _request_id(request: Request) -> str:
    return str(request.scope["state"][REQUEST_ID])


def _json(answer: BaseModel) -> Response:
    return Response(answer.model_dump_json(), media_type="application/json")


def _loaded(model: ModelIdentity, outcomes: list[str]) -> LoadedModel:
    return LoadedModel(
        name=model.name,
        version=model.version,
        features=model.service,
        sha256=model.sha256,
        feature_hash=model.service_hash,
        outcomes=outcomes,
    )


@functools.cache
def _document() -> bytes:
    return document()


@functools.cache
def _docs() -> str:
    return page(json.loads(_document()))
