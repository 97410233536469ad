"""A connection must say what it wants within some seconds and some kilobytes, and in good HTTP.

Uvicorn waits for ever for the first line of a connection, and for the end of headers that never end; what it cannot
read it answers in plain text, over an answer that has begun if need be. Here whatever cannot be read is a request with
nothing in it but why it is refused: the guard answers it in our shape, in its turn, and the connection ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any, cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from serving.api.framing import REFUSED

HEAD_SECONDS = 10.0
HEAD_BYTES = 32 * 1024  # the guard refuses half of it
LEAVING_SECONDS = 2.0  # for a caller to read why it is let go, while it may still be sending


class TimedHeads(HttpToolsProtocol):
    """Uvicorn's protocol, with a limit on each request's head, and refusals that the guard words."""

    _late: asyncio.TimerHandle | None = None
    _size = 0
    _deaf = False  # whether whatever still comes is thrown away
    _unfinished: RequestResponseCycle | None = None  # the request whose body is on its way

    def connection_made(self, transport: Any) -> None:
        """The clock runs from the first moment."""
        self.access_log = False  # whoever configured the server: it would write addresses as they came, ids and all
        super().connection_made(transport)
        self._begin()

    def data_received(self, data: bytes) -> None:
        """Bytes of a head that does not end are counted; nothing is read after what cannot be."""
        if self._deaf:
            return
        self._unset_keepalive_if_required()
        try:
            self._feed(data)
        except httptools.HttpParserError:
            self._broken()
        if self._late is not None and not self.transport.is_closing():
            self._size += len(data)
            if self._size > HEAD_BYTES:
                self._refuse("headers_too_large")

    def _feed(self, data: bytes) -> None:
        """Read on after a wish for another protocol: none is spoken here, and the request is answered as it stands."""
        while data:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as wish:
                data = data[wish.args[0] :]
            else:
                return

    def on_headers_complete(self) -> None:
        """The head is there; the guard's limits hold from now on."""
        super().on_headers_complete()
        self._end()
        self._unfinished = self.cycle

    def on_message_complete(self) -> None:
        """The whole request is there."""
        self._unfinished = None
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """The next request of this connection."""
        super().on_response_complete()
        if not self._deaf and not self.transport.is_closing() and self.cycle.response_complete:
            self._begin()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is left to wait for."""
        self._end()
        super().connection_lost(exc)

    def _begin(self) -> None:
        self._end()
        self._size = 0
        self._late = self.loop.call_later(HEAD_SECONDS, self._too_late)

    def _end(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _too_late(self) -> None:
        """Whoever said nothing is told nothing: it may be about to begin, and would take this for its answer."""
        if self._size:
            self._refuse("head_timeout")
        else:
            self.transport.close()

    def _broken(self) -> None:
        """What came cannot be read: it belongs to a body on its way, whose request is told, or is a request itself."""
        broken = self._unfinished
        if broken is None or broken.response_complete:
            self._refuse("malformed_http")
            return
        self._deaf, broken.keep_alive, broken.more_body = True, False, False
        broken.scope["state"][REFUSED] = "malformed_http"
        broken.message_event.set()

    def _refuse(self, code: str) -> None:
        """Let the guard answer a request that says nothing but this, after those that came before it."""
        self._end()
        self._deaf = True
        if self._unfinished is not None:  # the rest of a request that was answered without it
            self.transport.close()
            return
        self.on_message_begin()
        nothing: MutableMapping[str, Any] = {"method": "GET", "path": "", "raw_path": b"", "query_string": b""}
        cast(MutableMapping[str, Any], self.scope).update(nothing)
        self.scope["state"][REFUSED] = code
        before, self.cycle = self.cycle, self._cycle()
        if before is None or before.response_complete:
            self._start_asgi_task(self.cycle, self.app)
        else:
            self.pipeline.appendleft((self.cycle, self.app))

    def _cycle(self) -> RequestResponseCycle:
        return RequestResponseCycle(
            scope=self.scope,
            transport=_Leaving(self.transport, self.loop),  # type: ignore[arg-type]  # all that a cycle asks of one
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=self.access_log,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=False,
            keep_alive=False,
            on_response=self.on_response_complete,
        )


class _Leaving:
    """A connection that is closed for writing first: closed at once, while its caller still sends, it is reset and the
    caller loses the answer."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self.write, self.is_closing = transport.write, transport.is_closing

    def close(self) -> None:
        """End it for writing now, and wholly when the caller does or has had its time."""
        if self._transport.is_closing():
            return
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._loop.call_later(LEAVING_SECONDS, self._transport.close)
