"""A transport whose every wait ends when the time for the whole question does: for a connection, a handshake, headers.

httpx waits anew for each piece that comes, so a server that tells a byte now and then could hold a caller for ever.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from ssl import SSLContext
from typing import Any

import httpcore
import httpx

CONNECTIONS, IDLE_CONNECTIONS, IDLE_SECONDS = 100, 20, 5.0
AT_ONCE = 16 * 1024  # bytes sent between two looks at the time
_END: ContextVar[float] = ContextVar("pharos_client_end", default=math.inf)


@contextmanager
def until(end: float) -> Iterator[None]:
    """What is asked in this block is over at a moment of `time.monotonic`, whatever came by then."""
    mark = _END.set(end)
    try:
        yield
    finally:
        _END.reset(mark)


class BoundedTransport(httpx.BaseTransport):
    """HTTP/1.1 as httpx speaks it, heeding `until`; raises what httpx does."""

    def __init__(self, tls: Any = True) -> None:
        """`tls` is what httpx takes for `verify`."""
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(verify=tls, trust_env=False),
            max_connections=CONNECTIONS,
            max_keepalive_connections=IDLE_CONNECTIONS,
            keepalive_expiry=IDLE_SECONDS,
            network_backend=_Backend(),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The head of the answer; its body comes as it is read."""
        timeouts = {name: _within(given) for name, given in request.extensions.get("timeout", {}).items()}
        url = request.url
        asked = httpcore.Request(
            request.method,
            httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=request.headers.raw,
            content=request.stream,
            extensions={**request.extensions, "timeout": timeouts},
        )
        with _as_httpx():
            answer = self._pool.handle_request(asked)
        return httpx.Response(
            answer.status, headers=answer.headers, stream=_Body(answer), extensions=dict(answer.extensions)
        )

    def close(self) -> None:
        """Let the connections go."""
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        with _as_httpx():
            yield from self._answer.iter_stream()

    def close(self) -> None:
        with _as_httpx():
            self._answer.close()


class _Stream(httpcore.NetworkStream):
    """A connection; what it waits for, it waits for no longer than `until` says."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), AT_ONCE):
            self._inner.write(buffer[start : start + AT_ONCE], _left(timeout, httpcore.WriteTimeout))

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, _left(timeout, httpcore.ConnectTimeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)

    def close(self) -> None:
        self._inner.close()


class _Backend(httpcore.NetworkBackend):
    def __init__(self) -> None:
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._inner.connect_tcp(host, port, left, local_address, socket_options))

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(_within(seconds) or 0.0)


def _within(seconds: float | None) -> float | None:
    """A wait of so long, or as long as there is time."""
    left = max(0.0, _END.get() - time.monotonic())
    if seconds is None:
        return None if left == math.inf else left
    return min(seconds, left)


def _left(seconds: float | None, over: type[httpcore.TimeoutException]) -> float | None:
    """The same, where there is any; a wait of no time would mean none at all to a socket."""
    wait = _within(seconds)
    if wait is not None and wait <= 0.0:
        raise over("the time for the whole question is over")
    return wait


@contextmanager
def _as_httpx() -> Iterator[None]:
    """Errors of the connection under the name that httpx has for each."""
    try:
        yield
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol,
            httpcore.ProxyError) as error:  # fmt: skip
        raise getattr(httpx, type(error).__name__)(str(error)) from error
