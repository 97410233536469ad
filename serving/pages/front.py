"""The door of the pages: who comes with a session, who with a key or token from a proxy, and who has to sign in."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, tzinfo
from functools import partial
from hmac import compare_digest
from typing import Any, Self

import anyio

from data_contracts.local_time import zone_of
from data_contracts.settings import Settings
from serving.access.callers import Callers, Shown, callers_of, shown_by
from serving.access.credential import OPERATOR, Credential
from serving.api.admission import FORWARDED, THREADS, Admission, admission_of, is_loopback
from serving.api.problems import ProblemError
from serving.pages.faces import PREFIX, SESSION, covers
from serving.pages.sessions import SECRET_BYTES, Session, Sessions, form_token

COOKIE, VISIT = "pharos", "pharos_visit"  # who is signed in; who looks at the sign-in page
STRICTLY = "Path=/; HttpOnly; SameSite=Strict"
SAFE = "__Host-"  # browsers take such a cookie from this very host and over https alone
ELSEWHERE = (b"cross-site", b"same-site")  # of Sec-Fetch-Site


@dataclass(frozen=True)
class Front:
    """Sessions and callers; `keyed` tells whether callers must show who they are, as for the API."""

    sessions: Sessions
    callers: Callers
    admit: Admission
    keyed: bool
    zone: tzinfo | None = UTC  # of the bureau: what pages tell times in

    @classmethod
    def of(cls, settings: Settings, today: Callable[[], date]) -> Self:
        """Of a deployment."""
        callers = callers_of(settings, today)
        return cls(Sessions(settings, callers), callers, admission_of(callers), callers.any_set_up(), zone_of(settings))

    @property
    def admission(self) -> Admission:
        """Who calls: at the pages by session too, anywhere else as ever."""
        limiters: list[anyio.CapacityLimiter] = []

        async def admitted(scope: Mapping[str, Any]) -> Credential:
            if not covers(scope["path"]):
                return await self.admit(scope)
            if not limiters:  # a limiter belongs to the event loop that runs
                limiters.append(anyio.CapacityLimiter(THREADS))
            find = partial(self.session_of, scope["headers"])
            session = await anyio.to_thread.run_sync(find, limiter=limiters[0], abandon_on_cancel=True)
            if session is None or not self.keyed or shown_by(scope["headers"]) is not None:
                caller = await self.admit(scope)
                session = session if session is not None and session.caller == caller else None
            scope["state"][SESSION] = session
            return caller if session is None else session.caller

        return admitted

    def session_of(self, headers: Sequence[tuple[bytes, bytes]]) -> Session | None:
        """The session that a browser shows; that of the operator only while nobody has to show who they are."""
        secret = cookie(headers, COOKIE)
        session = None if secret is None else self.sessions.of(secret)
        return None if session is not None and self.keyed and session.caller == OPERATOR else session

    def begun(self, headers: Sequence[tuple[bytes, bytes]], caller: Credential, language: str, id_: str) -> Session:
        """A session for somebody who was admitted without one: through a proxy, or on this machine alone."""
        text = shown_by(headers)
        shown = self.callers.shown(text) if text is not None and self.keyed else Shown(caller)
        if shown is None or shown.caller != caller:
            raise ProblemError("unauthenticated")
        return self.sessions.open(shown, language, id_)

    def signed_in(self, text: str, language: str, request_id: str) -> Session | None:
        """A session for a key or a token; None for what opens nothing."""
        shown = self.callers.shown(text.strip()) if text.strip().isascii() else None
        return None if shown is None else self.sessions.open(shown, language, request_id)


def forged(headers: Sequence[tuple[bytes, bytes]], token: str, secret: str | None) -> bool:
    """Whether a form did not come from our own page of this session."""
    from_elsewhere = any(name.lower() == b"sec-fetch-site" and value in ELSEWHERE for name, value in headers)
    return from_elsewhere or secret is None or not compare_digest(token.encode(), form_token(secret).encode())


def cookie(headers: Sequence[tuple[bytes, bytes]], name: str) -> str | None:
    """The value of a cookie of ours; None where it is not there or there are several.

    >>> here = (b"host", b"127.0.0.1:3017")
    >>> cookie([here, (b"cookie", b"a=b; pharos=c")], "pharos")
    'c'
    >>> cookie([here, (b"cookie", b"pharos=c; pharos=d")], "pharos") is None
    True
    """
    parts = [part.strip().partition("=") for told, value in headers if told.lower() == b"cookie"
             for part in value.decode("latin-1").split(";")]  # fmt: skip
    safe = is_safe(headers)
    found = [value for told, _, value in parts if told == (f"{SAFE}{name}" if safe else name)]
    return found[0] if len(found) == 1 and found[0].isascii() and len(found[0]) <= 4 * SECRET_BYTES else None


def set_cookie(headers: Sequence[tuple[bytes, bytes]], name: str, value: str) -> str:
    """A Set-Cookie header that lasts as long as the browser, or, with an empty value, not at all."""
    safe, over = is_safe(headers), "" if value else "; Max-Age=0"
    return f"{SAFE if safe else ''}{name}={value}; {STRICTLY}{'; Secure' if safe else ''}{over}"


def is_safe(headers: Sequence[tuple[bytes, bytes]]) -> bool:
    """Whether cookies may come over https alone: everywhere but on this machine without a proxy."""
    if any(name.lower() in FORWARDED for name, _ in headers):
        return True
    host = next((value.decode("latin-1") for name, value in headers if name.lower() == b"host"), "")
    return not is_loopback(host.partition("]")[0] if host.startswith("[") else host.partition(":")[0])


def new_secret() -> str:
    """Bits that nobody can guess."""
    return secrets.token_urlsafe(SECRET_BYTES)


def local(path: str) -> str:
    """A page to go back to; the first one for whatever is none of ours.

    >>> local("/pages/unit?u=1"), local("//elsewhere"), local("/pages/../v1")
    ('/pages/unit?u=1', '/pages', '/pages')
    """
    good = path.isascii() and path.isprintable() and covers(path.partition("?")[0]) and "\\" not in path
    return path if good and ".." not in path and "//" not in path else PREFIX
