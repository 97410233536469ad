"""A connection must say what it wants within some seconds and some kilobytes; the guard sees a request only after that.

Uvicorn waits for ever for the first line of a connection, and for the end of headers that never end.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 10.0
HEAD_BYTES = 32 * 1024  # the guard, which answers in our shape, refuses half of it


class TimedHeads(HttpToolsProtocol):
    """Uvicorn's protocol, with a limit on each request's head."""

    _late: asyncio.TimerHandle | None = None
    _size = 0

    def connection_made(self, transport: Any) -> None:
        """The clock runs from the first moment."""
        super().connection_made(transport)
        self._begin()

    def data_received(self, data: bytes) -> None:
        """Bytes of a head that does not end are counted."""
        super().data_received(data)
        if self._late is not None and not self.transport.is_closing():
            self._size += len(data)
            if self._size > HEAD_BYTES:
                self.transport.close()

    def on_headers_complete(self) -> None:
        """The head is there; the guard's limits hold from now on."""
        self._end()
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """The next request of this connection."""
        super().on_response_complete()
        if not self.transport.is_closing() and self.cycle.response_complete:
            self._begin()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is left to wait for."""
        self._end()
        super().connection_lost(exc)

    def _begin(self) -> None:
        self._end()
        self._size = 0
        self._late = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _end(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None
