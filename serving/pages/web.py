"""The web side of the pages: sessions, forms, languages and files around the pages of the book (book.py)."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from data_contracts.errors import PharosError
from data_contracts.vocabulary import Bilingual
from serving.access.credential import Credential
from serving.api.asking import Asking, waiting_of
from serving.api.guard import CALLER, REQUEST_ID, Route
from serving.api.listening import while_waited_for
from serving.api.meters import Meters
from serving.api.opened import Desks
from serving.api.problems import ProblemError, problem_of
from serving.pages.book import BOOK, MENU
from serving.pages.faces import (
    HEADERS,
    PREFIX,
    SESSION,
    SIGN_IN,
    PageFaces,
    problem_page,
    problem_part,
    templates,
    wants_part,
)
from serving.pages.front import (
    COOKIE,
    VISIT,
    Front,
    cookie,
    forged,
    local,
    new_secret,
    set_cookie,
)
from serving.pages.sessions import LANGUAGES, Session, form_token
from serving.pages.telling import Teller
from serving.pages.visit import Go, Page, View, Visit

FORM = "application/x-www-form-urlencoded"
SIGN_OUT, LANGUAGE = f"{PREFIX}/sign-out", f"{PREFIX}/language"
STATIC = Path(__file__).parent / "static"
FILES: Mapping[str, str] = {
    "pages.css": "text/css; charset=utf-8",
    "htmx.min.js": "text/javascript; charset=utf-8",
    "lamp.svg": "image/svg+xml",
}
FOR_A_YEAR = {"cache-control": "public, max-age=31536000, immutable"}
MOST_FIELDS, MOST_LETTERS = 40, 4000
UNCLEAR = Bilingual("表单内容有误", "the form has wrong content")
TOO_OLD = Bilingual("页面已过期，请返回后重试", "the page was too old; go back, load it again and retry")
READ, SENT = ("GET", "HEAD"), ("POST",)
PAGE_ROUTES: Mapping[str, Route] = {
    PREFIX: Route(READ),
    **{page.path: Route(page.methods, page.scope, media=FORM) for page in BOOK},
    SIGN_IN: Route((*READ, *SENT), open=True, media=FORM),
    SIGN_OUT: Route(SENT, media=FORM),
    LANGUAGE: Route(SENT, media=FORM),
    **{f"{PREFIX}/static/{name}": Route(READ, open=True) for name in FILES},
}
Work = Callable[[Callable[[], bytes]], Any]
Endpoint = Callable[[Request], Awaitable[Response]]


class PagesWeb:
    """The handlers; `work` runs what may wait in a thread of the service."""

    def __init__(self, work: Work, meters: Meters, desks: Callable[[Request], Desks]) -> None:
        self._work = work
        self._meters = meters
        self._desks = desks

    def endpoints(self) -> Mapping[str, Endpoint]:
        """Each by its address."""
        each: Mapping[str, Endpoint] = {
            PREFIX: self.first,
            **{page.path: functools.partial(self.visited, page) for page in BOOK},
            SIGN_IN: self.sign_in,
            SIGN_OUT: self.sign_out,
            LANGUAGE: self.language,
            **{f"{PREFIX}/static/{name}": functools.partial(self.file, name) for name in FILES},
        }
        return {path: functools.partial(self.faced, endpoint) for path, endpoint in each.items()}

    async def faced(self, endpoint: Endpoint, request: Request) -> Response:
        """Whatever an endpoint refuses, in words for people."""
        try:
            return await endpoint(request)
        except PharosError as error:
            problem = problem_of(error)
            self._meters.refused(problem.code)
            session: Session | None = request.scope["state"].get(SESSION)
            if problem.status == 401 or session is None:
                status, headers, body = PageFaces().of(problem, _request_id(request), request.scope)
                return Response(body, status, headers)
            return _faced(problem, request, Teller(session.language))

    async def first(self, request: Request) -> Response:
        """The first page that the caller may see."""
        listed = [page for page in MENU if page.listed_for(_caller(request))]
        if listed:
            return _led(listed[0].path)
        session = request.scope["state"].get(SESSION)
        fresh = session is None
        if session is None:
            session = await self._begun(request)  # so that the page can be left, and read in another language
        answer = Response(_nothing_opened(session), 200, HEADERS)
        if fresh:
            answer.headers.append("set-cookie", set_cookie(request.scope["headers"], COOKIE, session.secret))
        return answer

    async def visited(self, page: Page, request: Request) -> Response:
        """A page, or what its form does."""
        session = request.scope["state"].get(SESSION)
        fresh = session is None
        if session is None:
            session = await self._begun(request)
        form = await _form(request, session.secret) if request.method == "POST" else {}
        asking = Asking(self._desks(request), session.caller, _request_id(request), waiting_of(request), self._meters)
        part = wants_part(request.scope["headers"])
        visit = Visit(asking, session, _fields(request.url.query), form, part, _front(request).zone)
        made: list[Response] = []

        def answered() -> bytes:
            made.append(_answered(page, visit, request))
            return b""

        await while_waited_for(self._work(answered), asking.waiting, request.receive)
        answer = made[0]
        if fresh:
            answer.headers.append("set-cookie", set_cookie(request.scope["headers"], COOKIE, session.secret))
        return answer

    async def sign_in(self, request: Request) -> Response:
        """The page to sign in at, and what its form does."""
        headers, query = request.scope["headers"], _fields(request.url.query)
        if wants_part(headers):  # a part of a page whose session is over
            return Response(headers={"hx-redirect": SIGN_IN})
        secret = cookie(headers, VISIT)
        if request.method != "POST":
            return _sign_in_page(request, secret or new_secret(), _language(query.get("language")))
        form = await _fields_of(request)
        language = _language(form.get("language"))
        if secret is None or forged(headers, form.get("token", ""), secret):
            return _sign_in_page(request, new_secret(), language, "sign_in.stale", 403)
        opened: list[Session | None] = []

        def answered() -> bytes:
            opened.append(_front(request).signed_in(form.get("key", ""), language, _request_id(request)))
            return b""

        await while_waited_for(self._work(answered), waiting_of(request), request.receive)
        if opened[0] is None:
            return _sign_in_page(request, secret, language, "sign_in.wrong", 401)
        answer = _led(PREFIX)
        answer.headers.append("set-cookie", set_cookie(headers, COOKIE, opened[0].secret))
        answer.headers.append("set-cookie", set_cookie(headers, VISIT, ""))
        return answer

    async def sign_out(self, request: Request) -> Response:
        """End the session."""
        session = _session(request)
        await _form(request, session.secret)
        await self._in_a_thread(request, lambda: _front(request).sessions.end(session, _request_id(request)))
        answer = _led(SIGN_IN)
        answer.headers.append("set-cookie", set_cookie(request.scope["headers"], COOKIE, ""))
        return answer

    async def language(self, request: Request) -> Response:
        """Go on in another language, at the same page."""
        session = _session(request)
        form = await _form(request, session.secret)
        language = _language(form.get("language"))
        await self._in_a_thread(request, lambda: _front(request).sessions.speak(session, language))
        return _led(local(form.get("back", PREFIX)))

    async def file(self, name: str, _: Request) -> Response:
        """A file of ours; its address changes with what is in it."""
        return Response(_content(name), media_type=FILES[name], headers=FOR_A_YEAR)

    async def _begun(self, request: Request) -> Session:
        begun: list[Session] = []
        headers, caller = request.scope["headers"], _caller(request)
        await self._in_a_thread(
            request, lambda: begun.append(_front(request).begun(headers, caller, LANGUAGES[0], _request_id(request)))
        )
        return begun[0]

    async def _in_a_thread(self, request: Request, do: Callable[[], object]) -> None:
        def done() -> bytes:
            do()
            return b""

        await while_waited_for(self._work(done), waiting_of(request), request.receive)


def _answered(page: Page, visit: Visit, request: Request) -> Response:
    """A page in the words of its visitor, also where it tells of a problem."""
    do = page.act if request.method == "POST" else page.show
    try:
        if do is None:
            raise ProblemError("method_not_allowed")
        told = do(visit)
    except PharosError as error:
        problem = problem_of(error)
        return _faced(problem, request, visit.tell)
    if isinstance(told, Go):
        return _led(told.path + (f"?{urlencode(told.query)}" if told.query else ""))
    return Response(_drawn(page, told, visit, request), told.status, HEADERS)


def _faced(problem: ProblemError, request: Request, tell: Teller) -> Response:
    if wants_part(request.scope["headers"]):
        text = problem_part(problem, tell, _here(request))
    else:
        text = problem_page(problem, _request_id(request), tell)
    return Response(text, problem.status, {**problem.all_headers(), **HEADERS})


def _here(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def _drawn(page: Page, told: View, visit: Visit, request: Request) -> str:
    return templates().get_template(told.template).render(
        tell=visit.tell, t=visit.tell.word, say=visit.tell.say, page=page, visit=visit, file=address_of,
        menu=[one for one in MENU if one.listed_for(visit.caller)], token=visit.session.form_token,
        here=_here(request) if request.method != "POST" else page.path, languages=LANGUAGE, sign_out=SIGN_OUT,
        **told.shown,
    )  # fmt: skip


def _nothing_opened(session: Session) -> str:
    """What somebody reads whose key or token opens no page at all."""
    tell = Teller(session.language)
    return templates().get_template("no_page.html.j2").render(
        tell=tell, t=tell.word, file=address_of, menu=(), token=session.form_token, here=PREFIX, languages=LANGUAGE,
        sign_out=SIGN_OUT, scopes=tell.listed(sorted(session.caller.scopes)),
    )  # fmt: skip


def _sign_in_page(
    request: Request, secret: str, language: str, wrong: str | None = None, status: int = 200
) -> Response:
    tell = Teller(language)
    text = (
        templates()
        .get_template("sign_in.html.j2")
        .render(tell=tell, t=tell.word, file=address_of, token=form_token(secret), wrong=wrong, here=SIGN_IN)
    )
    answer = Response(text, status, HEADERS)
    answer.headers.append("set-cookie", set_cookie(request.scope["headers"], VISIT, secret))
    return answer


def address_of(name: str) -> str:
    """Where a file of ours is found, with a mark of what is in it."""
    return f"{PREFIX}/static/{name}?{hashlib.sha256(_content(name)).hexdigest()[:12]}"


@functools.cache
def _content(name: str) -> bytes:
    return (STATIC / name).read_bytes()


async def _form(request: Request, secret: str) -> Mapping[str, str]:
    """The fields of a form of ours; raises ProblemError for one that came from elsewhere."""
    form = await _fields_of(request)
    if forged(request.scope["headers"], form.get("token", ""), secret):
        raise ProblemError("conflict", detail=TOO_OLD)
    return form


async def _fields_of(request: Request) -> Mapping[str, str]:
    return _fields((await request.body()).decode("latin-1"))


def _fields(text: str) -> Mapping[str, str]:
    """A query or a form; raises ProblemError for one that cannot be understood in one way only."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:
        raise ProblemError("invalid_input", detail=UNCLEAR) from None
    found = dict(pairs)
    if len(found) != len(pairs) or any(len(value) > MOST_LETTERS for value in found.values()):
        raise ProblemError("invalid_input", detail=UNCLEAR)
    return found


def _session(request: Request) -> Session:
    session: Session | None = request.scope["state"].get(SESSION)
    if session is None:
        raise ProblemError("unauthenticated")
    return session


def _language(given: str | None) -> str:
    return given if given in LANGUAGES else LANGUAGES[0]


def _led(path: str) -> Response:
    return RedirectResponse(path, 303)


def _front(request: Request) -> Front:
    front: Front = request.app.state.front
    return front


def _caller(request: Request) -> Credential:
    caller: Credential = request.scope["state"][CALLER]
    return caller


def _request_id(request: Request) -> str:
    return str(request.scope["state"][REQUEST_ID])
