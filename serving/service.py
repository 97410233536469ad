"""The BentoML service: our routes, our guard outermost. `pharos serve` starts it on this machine only, in one process
or in several (workers.py).

BentoML gives the process its life cycle; its own routes (a docs page that loads scripts from outside, error bodies
in three shapes, metrics labelled by raw path) are not mounted.
"""

from __future__ import annotations

import functools
import signal
import socket
import threading
from collections.abc import Callable
from datetime import date
from typing import IO, Any

import bentoml
import uvicorn
from bentoml import Service
from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
from rich.console import Console

from data_contracts.belonging import check_service_database
from data_contracts.errors import InvalidInput, PharosError
from data_contracts.in_use import held_with_others
from data_contracts.local_time import today_of
from data_contracts.private import keep_private
from data_contracts.settings import Settings, settings
from serving.access.callers import callers_of
from serving.api.admission import check_bind
from serving.api.app import ADDRESSES, build_app
from serving.api.example import curl_lines, example_officer
from serving.api.guard import App, Guard, Limits
from serving.api.heads import TimedHeads
from serving.api.meters import Meters
from serving.api.opened import Desks
from serving.api.rate import Limiter, Rate
from serving.api.shared_rate import SharedRate
from serving.api.traces import traces_of
from serving.champions.opening import watched_desks
from serving.events.answers import EventDesk
from serving.pages.faces import PageFaces
from serving.pages.front import Front
from serving.sandbox.desks import sandbox_desks
from serving.under_bentoml import refuse_wide_host, refuse_wide_socket, speak_our_http
from serving.workers import bound_socket, supervise

THREADS = 4
LIMITS = Limits()
LAST_PORT = 65_535
STOP_SECONDS = 10
KEEP_ALIVE_SECONDS = 5  # with no request; nginx before us lets go earlier
METERS = Meters()
WEB = build_app(THREADS, METERS)
_HELD: list[IO[str] | None] = []  # the state folder, for as long as this process lives


class GuardedService(Service):  # type: ignore[misc]  # BentoML ships no types that mypy can follow here
    """A BentoML service whose ASGI app has only our routes, inside our guard, however it is started."""

    def to_asgi(self, is_main: bool = True) -> App:
        """BentoML's app with its routes and its spans taken out and the guard around it.

        Its spans go nowhere, end twice where an answer is given up, and would name what was asked for.
        """
        use = settings()
        refuse_wide_socket(use, today)
        speak_our_http()
        app = super().to_asgi(is_main)
        app.user_middleware = [one for one in app.user_middleware if one.cls is not OpenTelemetryMiddleware]
        app.router.routes = [route for route in app.router.routes if getattr(route, "app", None) is WEB]
        WEB.state.front = front = Front.of(use, today)
        rate, traces, faces = limiter_of(use), traces_of(use), PageFaces()
        return Guard(app, ADDRESSES, admit=front.admission, meters=METERS, rate=rate, traces=traces, faces=faces)


def limiter_of(use: Settings, limits: Limits = LIMITS) -> Limiter:
    """The rate limit of the whole service; workers that share no folder each take their part of it."""
    if use.shared_dir is not None:
        return SharedRate(limits.per_second, limits.burst, use.shared_dir / "rate")
    return Rate(limits.per_second / use.workers, max(1, limits.burst // use.workers))


@bentoml.asgi_app(WEB, path="/")
class _Life:
    """Opens the desks when the process starts; when a champion changes, all are exchanged in one assignment."""

    def __init__(self) -> None:
        desks = opened_desks()
        put_in_force(desks)
        desks.champions.follow(put_in_force)
        self._events = desks.of("/v1/events")  # one desk for as long as the process lives, whichever models answer
        if isinstance(self._events, EventDesk):
            self._events.start()

    @bentoml.on_shutdown  # type: ignore[untyped-decorator]
    def stop(self) -> None:
        """End what runs beside the requests."""
        if isinstance(self._events, EventDesk):
            self._events.stop()

    @bentoml.on_deployment  # type: ignore[untyped-decorator]
    @staticmethod
    def refuse_wide_host() -> None:
        """Called once by `bentoml serve`, before it binds and starts workers."""
        refuse_wide_host(settings(), today)


def put_in_force(desks: Desks) -> None:
    """Let every request that begins from now on be answered by these."""
    WEB.state.desks = desks


PharosService: Any = bentoml.service(
    name="pharos",
    service_class=GuardedService,
    workers=settings().workers,
    threads=THREADS,
    http={"host": settings().host, "port": settings().port},  # `bentoml serve` listens on every address otherwise
    metrics={"enabled": False},
    logging={"access": {"enabled": False}},
)(_Life)


@functools.cache
def opened_desks() -> Desks:
    """The desks that this process begins with, opened once."""
    from features.store import FeatureReader
    from serving.builders import builders

    keep_private()  # also where BentoML starts the process, and not the command line
    use = settings()
    if use.sandbox:
        return sandbox_desks()
    _HELD.append(held_with_others(use.state))
    check_service_database(use)
    return watched_desks(use, FeatureReader(use), builders())


def today() -> date:
    """The service's day, which is its bureau's."""
    return today_of(settings())


def serve(use: Settings, announce: Callable[[str, Desks], None]) -> None:
    """Answer requests until SIGTERM or SIGINT, then finish those that have begun.

    Raises InvalidInput for a host that others could reach, FeatureMismatch or UntrustedArtifact for a wrong model,
    OtherDatabase where the state is kept in another database, NotReady for a port that somebody else has, all before
    anything listens. `announce` is called with the address once connections are taken there. With several workers each
    opens its own, and the first announces.
    """
    if not use.sandbox:
        check_service_database(use)
    host = check_bind(use.host, callers_of(use, today))
    if use.workers > 1:
        supervise(use, host)
        return
    with bound_socket(host, use.port) as bound:  # first: nobody is told of an address that is somebody else's
        _serve(opened_desks(), use, announce, [bound])


def serve_on(bound: socket.socket, use: Settings, announce: Callable[[str, Desks], None] | None) -> None:
    """As `serve` does, on a socket that is bound already: one worker of several."""
    _serve(opened_desks(), use, announce, [bound])


def _serve(
    desks: Desks,
    use: Settings,
    announce: Callable[[str, Desks], None] | None,
    bound: list[socket.socket],
) -> None:
    if isinstance(events := desks.of("/v1/events"), EventDesk):
        threading.Thread(target=events.warm, daemon=True).start()
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGHUP, lambda *_: desks.champions.look_now())
    tell = None if announce is None else functools.partial(announce, f"http://{use.host}:{use.port}", desks)
    Announced(configured(PharosService.to_asgi(), use.host, use.port), tell).run(bound)


class Announced(uvicorn.Server):
    """A server that says so once connections are taken, not before: what waits for that word may ask at once."""

    def __init__(self, config: uvicorn.Config, tell: Callable[[], None] | None) -> None:
        super().__init__(config)
        self._tell = tell

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then tell; beside the requests, for the words are looked up in the records."""
        await super().startup(sockets)
        if self._tell is not None and self.started and not self.should_exit:
            threading.Thread(target=self._tell, name="pharos-announce", daemon=True).start()


def configured(app: App, host: str, port: int) -> uvicorn.Config:
    """The server around the guard: nothing of its own in headers and logs, and no connection that waits for ever."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,  # it would write addresses as they came, ids and all
        server_header=False,
        lifespan="on",
        http=TimedHeads,
        ws="none",
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=STOP_SECONDS,
    )


def with_address(use: Settings, host: str | None, port: int | None) -> Settings:
    """Settings with another address, where one is given; raises InvalidInput for a port that no machine has."""
    given = {"host": host, "port": port}
    chosen = use.model_copy(update={name: value for name, value in given.items() if value is not None})
    if not 1 <= chosen.port <= LAST_PORT:
        raise InvalidInput(f"port {chosen.port} does not exist; give one from 1 to {LAST_PORT}")
    return chosen


def _asks_for_keys(use: Settings) -> bool:
    """Whether callers must show who they are; where that cannot be looked up now, they must."""
    try:
        return callers_of(use, today).any_set_up()
    except PharosError:
        return True


def announced_on(console: Console, use: Settings | None = None) -> Callable[[str, Desks], None]:
    """Say where the service listens, what answers, and a first question to copy.

    On a terminal it asks about an officer of this state; what is not a terminal may be a log, and keeps no id.
    """

    def announce(address: str, desks: Desks) -> None:
        models = [f"{model.name} version {model.version}" for model in desks.models()]
        for told in (*models, *(words for one in desks.missing() for words in (one.zh, one.en))):
            console.print(f"  {told}", markup=False, highlight=False, soft_wrap=True)
        for notice in desks.notices():
            for words in (notice.zh, notice.en):
                console.print(f"  {words}", style="yellow", markup=False, highlight=False, soft_wrap=True)
        console.print(f"listening on {address} (stop with Ctrl-C)", markup=False, highlight=False)
        sandbox = use is not None and use.sandbox
        known = example_officer(use) if use is not None and console.is_terminal and not sandbox else None
        for line in curl_lines(address, known, sandbox=sandbox, keyed=use is not None and _asks_for_keys(use)):
            console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)

    return announce
