"""Who may call: whoever shows a key or a token, or, while no key and no issuer is set up, this machine alone."""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import anyio

from data_contracts.errors import InvalidInput
from data_contracts.vocabulary import Bilingual
from serving.access.callers import Callers
from serving.access.credential import OPERATOR, Credential
from serving.api.problems import ProblemError

Admission = Callable[[Mapping[str, Any]], Awaitable[Credential]]
THREADS = 16  # of their own: health checks do not queue behind keys that nobody can look up
LOCAL_NAME = "localhost"
FORWARDED = (b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip")
BEHIND_A_PROXY = Bilingual(
    "本服务前有代理，调用方须出示密钥或令牌", "a proxy stands before this service; callers need keys or tokens then"
)
OTHER_HOST = Bilingual("Host 请求头所写的不是本机", "the Host header names another machine")
CHALLENGE = {"www-authenticate": 'Bearer realm="pharos"'}


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only be this machine.

    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, True, False)
    """
    if host.lower() == LOCAL_NAME:
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def check_bind(host: str, callers: Callers) -> str:
    """The host to bind; raises InvalidInput for one that others could reach while nobody could show who they are."""
    if not is_loopback(host) and not callers.any_active():
        raise InvalidInput(
            f"host {host!r} can be reached by others, and no caller could show who it is: make a key first (`pharos "
            "keys add NAME --scope SCOPE --unit UNIT`) or name an issuer (PHAROS_OIDC_ISSUER), or use 127.0.0.1 "
            "(PHAROS_HOST)"
        )
    return host


def admission_of(callers: Callers) -> Admission:
    """Keys and tokens as soon as one was ever set up, for good; until then this machine alone."""
    return admitting(callers) if callers.any_set_up() else loopback_only


def admitting(callers: Callers) -> Admission:
    """Admit who shows a good key or token; raises ProblemError for all others, without saying what was wrong.

    Whoever is cancelled, because its time is over, does not wait for the thread that looks its key up.
    """
    limiters: list[anyio.CapacityLimiter] = []

    async def admitted(scope: Mapping[str, Any]) -> Credential:
        if not limiters:  # a limiter belongs to the event loop that runs
            limiters.append(anyio.CapacityLimiter(THREADS))
        caller = await anyio.to_thread.run_sync(callers.of, scope, limiter=limiters[0], abandon_on_cancel=True)
        if caller is None:
            raise ProblemError("unauthenticated", headers=CHALLENGE)
        return caller

    return admitted


async def loopback_only(scope: Mapping[str, Any]) -> Credential:
    """Admit callers on this machine that know they call this machine; raises ProblemError for all others.

    The Host header is checked too: a web page that points its own name at 127.0.0.1 would otherwise read answers
    through a browser here. Behind a proxy everybody comes from this machine, so what a proxy adds is refused.
    """
    caller = scope.get("client")
    if any(bytes(name).lower() in FORWARDED for name, _ in scope["headers"]):
        raise ProblemError("forbidden", detail=BEHIND_A_PROXY)
    if caller is not None and not is_loopback(str(caller[0])):
        raise ProblemError("forbidden")
    hosts = [bytes(value).decode("latin-1") for name, value in scope["headers"] if bytes(name).lower() == b"host"]
    if any(not is_loopback(_name(host)) for host in hosts):
        raise ProblemError("forbidden", detail=OTHER_HOST)
    return OPERATOR


def _name(host: str) -> str:
    """A Host header without its port.

    >>> _name("localhost:3017"), _name("[::1]:3017"), _name("127.0.0.1")
    ('localhost', '::1', '127.0.0.1')
    """
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]
