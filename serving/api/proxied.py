"""Requests that come through the one proxy before this service (setting `proxied`), and what it says of them.

nginx asks for certificates and puts the name in it, and the address it saw, into two headers, over whatever a caller
wrote there (serving/deploy/nginx/pharos.conf). They are believed because nobody else can reach the service: it listens
on this machine alone then. Without the setting nothing reads them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping
from typing import Any

from data_contracts.errors import InvalidInput
from serving.api.admission import is_loopback
from serving.api.problems import ProblemError

NAME, ADDRESS = b"x-pharos-client", b"x-forwarded-for"
NAMED = re.compile(r"[A-Za-z0-9._-]{1,64}")


def through_proxy(scope: MutableMapping[str, Any]) -> str:
    """The name in the caller's certificate; `scope` gets the address that the proxy saw.

    Raises ProblemError for what did not come through it.
    """
    told = _single(scope["headers"])
    name, address = told.get(NAME, ""), told.get(ADDRESS, "")
    if not NAMED.fullmatch(name) or not address:
        raise ProblemError("forbidden", detail="this service answers through its proxy only")
    scope["client"] = (address, 0)
    return name


def _single(headers: Any) -> Mapping[bytes, str]:
    """Headers that stand there once."""
    found: dict[bytes, list[str]] = {}
    for name, value in headers:
        found.setdefault(bytes(name).lower(), []).append(bytes(value).decode("latin-1").strip())
    return {name: values[0] for name, values in found.items() if len(values) == 1}


def check_proxied(host: str, *, proxied: bool) -> None:
    """Raises InvalidInput where others could reach the service past its proxy, and say that they are anybody."""
    if proxied and not is_loopback(host):
        raise InvalidInput(
            f"host {host!r} can be reached past the proxy (PHAROS_PROXIED); bind 127.0.0.1 (PHAROS_HOST) and let nginx "
            "listen for others"
        )
