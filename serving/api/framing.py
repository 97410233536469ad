"""Whether a request says in one way only where it goes and where it ends (RFC 9112).

Where two headers say it differently, a proxy before the service may believe the one and the service the other: what
one takes for a body, the other takes for the next request, of somebody else. Whoever is refused here is let go.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from data_contracts.vocabulary import Bilingual
from serving.api.problems import ProblemError

REFUSED = "refused"  # in a request's state: the code of the problem of what could not even be read (heads.py)
VERSIONS = ("1.0", "1.1")
HOST = re.compile(rb"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?")
ONE_HOST = Bilingual("须有且仅有一个合规的 Host 请求头", "one Host header is needed, with a name or an address")
CODED_1_0 = Bilingual("HTTP/1.0 没有传输编码", "there are no transfer codings in HTTP/1.0")
WISHES = Bilingual(
    "带请求体的请求不得要求升级协议（Upgrade）", "a request with a body must not ask for another protocol (Upgrade)"
)  # the parser takes such a body for the next request
LET_GO = {"connection": "close"}


def check_framing(scope: Mapping[str, Any]) -> None:
    """Raise ProblemError for a request that could not be read, for one without or with two hosts, for a version or a
    transfer coding that is not known here, and for a body after a wish for another protocol."""
    if (code := scope.get("state", {}).get(REFUSED)) is not None:
        raise ProblemError(code, headers=LET_GO)
    version = scope.get("http_version", VERSIONS[-1])
    if version not in VERSIONS:
        raise ProblemError("http_version", headers=LET_GO)
    hosts = _all(scope, b"host")
    if len(hosts) > 1 or (version != "1.0" and not hosts) or not all(HOST.fullmatch(host) for host in hosts):
        raise ProblemError("malformed_http", ONE_HOST, headers=LET_GO)
    codings = _all(scope, b"transfer-encoding")
    if codings and version == "1.0":
        raise ProblemError("malformed_http", CODED_1_0, headers=LET_GO)
    if codings and [coding.lower() for coding in codings] != [b"chunked"]:
        raise ProblemError("unknown_transfer_coding", headers=LET_GO)
    if _all(scope, b"upgrade") and (codings or any(size != b"0" for size in _all(scope, b"content-length"))):
        raise ProblemError("malformed_http", WISHES, headers=LET_GO)


def _all(scope: Mapping[str, Any], name: bytes) -> list[bytes]:
    return [bytes(value).strip() for told, value in scope["headers"] if bytes(told).lower() == name]
