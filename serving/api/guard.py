"""The outermost layer of the service: nothing reaches a framework before it has passed here, and no error leaves bare.

It knows who may come, which addresses exist, how large and how slow a request may be and how many at once. Whatever
goes wrong inside, the caller gets our one error shape. Logs hold route, status and request id, never a value.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Protocol

import structlog

from serving.access.credential import AccessScope, Credential
from serving.api.admission import Admission, loopback_only
from serving.api.framing import check_framing
from serving.api.meters import UNMATCHED, Meters
from serving.api.problems import MEDIA_TYPE, ProblemError, problem_of
from serving.api.rate import Limiter, Rate
from serving.api.traces import Traces

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

REQUEST_ID, CALLER, UNTIL = "request_id", "caller", "until"  # until: the moment, as time.monotonic() counts, of a 504
POLICY = b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
ALWAYS = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)
POLICY_NAME = b"content-security-policy"


@dataclass(frozen=True)
class Limits:
    """How much of everything; a body that is too large is read and thrown away up to `drain_bytes`.

    `in_flight` are answered at once. Bodies on their way, which may be slow, are counted apart (`reading`, and
    `reading_each` of one caller): they take no place from a request that is whole, nor from another caller's.
    `knocking` wait to be told who they are, which may take a database; that counts into the `answer_seconds` of a
    request as its answer does.
    """

    body_bytes: int = 256 * 1024
    drain_bytes: int = 2 * 1024 * 1024
    body_seconds: float = 10.0
    answer_seconds: float = 20.0
    health_seconds: float = 15.0  # longer than the probe of the audit chain is patient
    header_bytes: int = 16 * 1024
    in_flight: int = 32
    knocking: int = 256
    reading: int = 256
    reading_each: int = 32
    per_second: float = 200.0
    burst: int = 400


@dataclass(frozen=True)
class Route:
    """An address: the methods it takes, the scope that opens it (None for every caller we know), and whether it is a
    health check, which anybody may ask at any rate. One that is `open` anybody may ask, as often as one address may;
    `media` is what its bodies are."""

    methods: tuple[str, ...]
    scope: AccessScope | None = None
    health: bool = False
    open: bool = False
    media: str = "application/json"


class Faces(Protocol):
    """How problems look to people who read pages, at the addresses where they do."""

    def covers(self, path: str, /) -> bool:
        """Whether an address is for people."""
        ...

    def of(self, problem: ProblemError, request_id: str, scope: Scope, /) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers and body for whoever sent the request of an ASGI scope."""
        ...


class Guard:
    """An ASGI app around another one.

    `routes` are all addresses there are; `admit` tells who calls and raises ProblemError for who may not. An address
    whose scope a caller lacks looks like one that does not exist. `faces` shows problems to people at their pages.
    """

    def __init__(
        self,
        app: App,
        routes: Mapping[str, Route],
        limits: Limits | None = None,
        admit: Admission = loopback_only,
        clock: Callable[[], float] = time.monotonic,
        meters: Meters | None = None,
        rate: Limiter | None = None,
        traces: Traces | None = None,
        faces: Faces | None = None,
    ) -> None:
        self._app = app
        self._routes = routes
        self._limits = limits or Limits()
        self._admit = admit
        self._clock = clock
        self._rate = rate or Rate(self._limits.per_second, self._limits.burst)
        self._meters = meters or Meters()
        self._traces = traces or Traces()
        self._faces = faces
        self._in_flight = 0
        self._knocking = 0
        self._reading: Counter[str] = Counter()  # by caller
        self._log = structlog.get_logger("pharos.serving")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._traces.request(scope["method"], scope["headers"]) as told:
            known, status, request_id = await self._answered(scope, receive, send)
            told(known, status, request_id)

    async def _answered(self, scope: Scope, receive: Receive, send: Send) -> tuple[str, int, str]:
        """Answer; the route, the status and the id of the request."""
        began, request_id = self._clock(), uuid.uuid4().hex
        scope["state"] = {**scope.get("state", {}), REQUEST_ID: request_id}
        faces = self._faces if self._faces is not None and self._faces.covers(scope["path"]) else None
        reply = _Reply(send, request_id, self._meters, faces, scope)
        try:
            await self._checked(scope, receive, reply)
        except TimeoutError:
            await reply.problem(ProblemError("deadline"))
        except Exception as error:  # the last line of defence: a caller never sees a stack, a log never sees a value
            problem = problem_of(error)
            if problem.status == 500:
                self._log.error("unforeseen", kind=type(error).__name__, at=_place(error), request_id=request_id)
            await reply.problem(problem)
        await reply.finish()
        known = scope["path"] if scope["path"] in self._routes else UNMATCHED
        took = self._clock() - began
        self._meters.request(known, reply.status, took)
        told = {"route": known, "status": reply.status, "milliseconds": round(took * 1000, 1)}
        self._log.info("request", **told, request_id=request_id)
        return known, reply.status, request_id

    async def _checked(self, scope: Scope, receive: Receive, reply: _Reply) -> None:
        check_framing(scope)
        headers = scope["headers"]
        if sum(len(name) + len(value) for name, value in headers) > self._limits.header_bytes:
            raise ProblemError("headers_too_large")
        route = self._routes.get(scope["path"])
        if route is not None and route.health and scope["method"] in route.methods:
            async with asyncio.timeout(self._limits.health_seconds):
                await self._app(scope, receive, reply)
            return
        spent = self._clock()
        caller = await self._known(scope, route)
        spent = self._clock() - spent
        if route is None or not caller.may(route.scope):
            raise ProblemError("not_found")
        if scope["method"] not in route.methods:
            raise ProblemError("method_not_allowed", headers={"allow": ", ".join(route.methods)})
        scope["state"][CALLER] = caller
        body = await self._body(scope, receive, caller.subject) if scope["method"] == "POST" else b""
        if self._in_flight >= self._limits.in_flight:
            raise ProblemError("overloaded")
        self._in_flight += 1
        self._meters.in_flight.set(self._in_flight)
        try:
            left = self._limits.answer_seconds - spent
            scope["state"][UNTIL] = time.monotonic() + left
            async with asyncio.timeout(left):
                await self._app(scope, _replay(body, receive), reply)
        finally:
            self._in_flight -= 1
            self._meters.in_flight.set(self._in_flight)

    async def _known(self, scope: Scope, route: Route | None) -> Credential:
        """Who calls, told within the time for an answer, whatever the database of callers does."""
        if self._knocking >= self._limits.knocking:
            raise ProblemError("overloaded")
        self._knocking += 1
        try:
            async with asyncio.timeout(self._limits.answer_seconds):
                return await self._caller(scope, route)
        finally:
            self._knocking -= 1

    async def _caller(self, scope: Scope, route: Route | None) -> Credential:
        """Who calls, as often as one may: each caller by its name, and whoever shows nothing good by its address.

        Those who are known are not held up by strangers who come through the same proxy.
        """
        address = str((scope.get("client") or ("",))[0])
        try:
            caller = stranger(address) if route is not None and route.open else await self._admit(scope)
        except ProblemError:
            if not self._rate.take(address, self._clock()):
                raise ProblemError("too_many_requests") from None
            raise
        if not self._rate.take(caller.subject, self._clock()):
            raise ProblemError("too_many_requests")
        return caller

    async def _body(self, scope: Scope, receive: Receive, subject: str) -> bytes:
        """The whole body, within size and time, of the one media type we take."""
        headers = {bytes(name).lower(): bytes(value).lower() for name, value in scope["headers"]}
        media, _, parameters = headers.get(b"content-type", b"").partition(b";")
        charset = parameters.replace(b" ", b"").replace(b'"', b"")
        plain = b"content-encoding" not in headers and charset in (b"", b"charset=utf-8")
        if self._reading.total() >= self._limits.reading or self._reading[subject] >= self._limits.reading_each:
            raise ProblemError("overloaded", headers={"connection": "close"})
        self._reading[subject] += 1
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                body = await self._read(receive, headers.get(b"content-length", b""))
            check_framing(scope)
        except TimeoutError:
            raise ProblemError("body_timeout", headers={"connection": "close"}) from None
        finally:
            self._reading[subject] -= 1
            if not self._reading[subject]:
                del self._reading[subject]
        if media.strip() != self._routes[scope["path"]].media.encode() or not plain:
            raise ProblemError("unsupported_media_type")
        return body

    async def _read(self, receive: Receive, declared: bytes) -> bytes:
        limit = self._limits.body_bytes
        too_large = ProblemError("body_too_large", headers={"connection": "close"})
        if declared.isdigit() and (len(declared) > 12 or int(declared) > self._limits.drain_bytes):
            raise too_large
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ProblemError("bad_request")
            chunk = message.get("body", b"")
            size += len(chunk)
            if size <= limit:
                chunks.append(chunk)
            if size > self._limits.drain_bytes:
                raise too_large
            if not message.get("more_body", False):
                break
        if size > limit:
            raise too_large
        return b"".join(chunks)


class _Reply:
    """The way out: adds our headers, and replaces an error that is not in our shape."""

    def __init__(
        self, send: Send, request_id: str, meters: Meters, faces: Faces | None = None, scope: Scope | None = None
    ) -> None:
        self._send = send
        self._scope: Scope = scope or {}
        self._faces = faces
        self._meters = meters
        self._request_id = request_id
        self._replaced: ProblemError | None = None
        self.status = 0

    async def __call__(self, message: Message) -> None:
        """Pass one message on."""
        if self._replaced is not None:
            return
        if message["type"] == "http.response.start":
            headers = list(message.get("headers", []))
            names = dict(headers)
            ours = (MEDIA_TYPE.encode(),) if self._faces is None else (MEDIA_TYPE.encode(), b"text/html")
            if message["status"] >= 400 and not names.get(b"content-type", b"").startswith(ours):
                self._replaced = ProblemError.of_status(message["status"])
                return
            self.status = message["status"]
            usual = [one for one in (*ALWAYS, (POLICY_NAME, POLICY)) if one[0] not in names]
            added = (*usual, (b"x-request-id", self._request_id.encode()))
            message = {**message, "headers": [*headers, *added]}
        await self._send(message)

    async def problem(self, problem: ProblemError) -> None:
        """Answer with an error, unless an answer has begun."""
        if self.status:
            return
        self._meters.refused(problem.code)
        self._replaced = None
        told: Mapping[str, str]
        status, told, body = problem.status, problem.all_headers(), problem.body(self._request_id)
        if self._faces is not None:
            status, told, body = self._faces.of(problem, self._request_id, self._scope)
        self.status = status
        named = {**told, "content-length": str(len(body)), "x-request-id": self._request_id}
        headers = [(name.encode(), value.encode()) for name, value in named.items()]
        usual = [one for one in (*ALWAYS, (POLICY_NAME, POLICY)) if one[0].decode() not in named]
        await self._send({"type": "http.response.start", "status": status, "headers": [*headers, *usual]})
        await self._send({"type": "http.response.body", "body": body})
        self._replaced = problem  # whatever else still comes from inside comes too late

    async def finish(self) -> None:
        """Send what replaces an error from inside, or an error where nothing was answered at all."""
        if self._replaced is not None or not self.status:
            await self.problem(self._replaced or ProblemError("internal"))


def stranger(address: str) -> Credential:
    """Who asks at an open address: nobody knows, and nothing else is open to them."""
    return Credential(address, frozenset())


def _replay(body: bytes, receive: Receive) -> Receive:
    """A receive that gives the body that was read, then what the connection says."""
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return waiting.pop() if waiting else await receive()

    return replayed


def _place(error: BaseException) -> str:
    """File and line of an error; its text may quote a value and is left out."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "" if trace is None else f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}"
