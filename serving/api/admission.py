"""Who may call. Until API keys and scopes are built, only this machine: the address we bind, and each caller's."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from typing import Any

from data_contracts.errors import InvalidInput
from serving.api.problems import ProblemError

Admission = Callable[[Mapping[str, Any]], None]
LOCAL_NAME = "localhost"


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


def check_bind(host: str) -> str:
    """The host to bind; raises InvalidInput for one that others could reach."""
    if not is_loopback(host):
        raise InvalidInput(
            f"host {host!r} can be reached by others: personnel data is served to no network before callers must show "
            "who they are, which this version cannot ask yet; use 127.0.0.1 (PHAROS_HOST)"
        )
    return host


def loopback_only(scope: Mapping[str, Any]) -> None:
    """Admit callers on this machine that know they call this machine; raises ProblemError for all others.

    The Host header is checked too: a web page that points its own name at 127.0.0.1 would otherwise read answers
    through a browser here.
    """
    caller = scope.get("client")
    if caller is not None and not is_loopback(str(caller[0])):
        raise ProblemError("forbidden")
    hosts = [bytes(value).decode("latin-1") for name, value in scope["headers"] if bytes(name).lower() == b"host"]
    if any(not is_loopback(_name(host)) for host in hosts):
        raise ProblemError("forbidden", detail="the Host header names another machine")


def _name(host: str) -> str:
    """A Host header without its port.

    >>> _name("localhost:3017"), _name("[::1]:3017"), _name("127.0.0.1")
    ('localhost', '::1', '127.0.0.1')
    """
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]
