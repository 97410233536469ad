"""The load of the benchmarks counts what the server did, not what its own pool of connections did."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from experiments.benchmarks.load import Question, Seen, open_loop

IDLE_SECONDS = 0.1
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"


async def _hangs_up_on_idlers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """As servers do: a kept-open connection on which nobody asks for a while is closed."""
    try:
        while True:
            await asyncio.wait_for(reader.readuntil(b"\r\n\r\n{}"), IDLE_SECONDS)
            writer.write(ANSWER)
    except (TimeoutError, asyncio.IncompleteReadError):
        writer.close()


async def _asked(handler: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]) -> Seen:
    server = await asyncio.start_server(handler, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        return await open_loop(port, [Question("/", b"{}").wire({})], rate=4.0, seconds=1.5, connections=2)


def test_a_connection_that_the_server_closed_while_idle_is_opened_again_and_is_no_error() -> None:
    seen = asyncio.run(_asked(_hangs_up_on_idlers))
    assert seen.statuses[200] >= 4
    assert set(seen.statuses) == {200}
