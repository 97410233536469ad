"""PostgreSQL that has fallen silent: a connection hangs up where the server says nothing for too long.

No setting of the driver does that. `tcp_user_timeout` and keepalives ask the other machine's kernel, which goes on
acknowledging for a server that is frozen; `statement_timeout` asks the frozen server itself.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any, Protocol

import sqlalchemy as sa

SILENT_SECONDS = 20.0  # no longer than a caller waits for an answer (serving.api.guard.Limits)


class Impatient(Protocol):
    """A driver's connection that hangs up; `silent_seconds` is None while it may wait for ever."""

    silent_seconds: float | None


def hang_up_on_silence(engine: sa.Engine, seconds: float = SILENT_SECONDS) -> sa.Engine:
    """Let every connection of a PostgreSQL engine fail, and be replaced, where nothing is heard for so long."""
    if engine.driver != "psycopg":
        return engine

    @sa.event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, _record: Any, arguments: list[Any], named: dict[str, Any]) -> Any:
        opened = _kind().connect(*arguments, **named)
        opened.silent_seconds = seconds
        return opened

    return engine


def _kind() -> Any:
    """The class of such connections; the driver is imported only where a server is used."""
    import psycopg

    class HangingUp(psycopg.Connection[Any]):
        silent_seconds: float | None = None

        def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
            """Whatever the driver waits for on this connection, it waits for here."""
            if self.silent_seconds is None:
                return super().wait(gen, interval, timeout)
            try:
                return super().wait(_heard(gen, self.silent_seconds), interval, timeout)
            except _SilentError:
                self.close()  # what it would still say is an answer to a question that nobody asks any more
                raise psycopg.OperationalError("the server has fallen silent") from None

    return HangingUp


class _SilentError(Exception):
    """Nothing was heard for too long."""


def _heard(work: Generator[Any, Any, Any], seconds: float) -> Generator[Any, Any, Any]:
    """The driver's work, which is woken now and then: with what the line is ready for, or with 0 where it is silent."""
    heard = time.monotonic()
    try:
        ready = yield next(work)
        while True:
            if ready:
                heard = time.monotonic()
            elif time.monotonic() - heard > seconds:
                raise _SilentError
            ready = yield work.send(ready)
    except StopIteration as end:
        return end.value
