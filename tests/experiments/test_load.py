"""The load of the benchmarks counts what the server did, not what its own pool of connections did."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from experiments.benchmarks.load import Question, Seen, open_loop, overload

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


async def _one_after_the_other(hands: asyncio.Lock, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A server with one pair of hands: 20 ms an answer, so that 100 requests of a second take two."""
    try:
        while True:
            await reader.readuntil(b"\r\n\r\n{}")
            async with hands:
                await asyncio.sleep(0.02)
            writer.write(ANSWER)
    except (ConnectionError, asyncio.IncompleteReadError):
        writer.close()


async def _overloaded() -> tuple[Seen, float]:
    server = await asyncio.start_server(partial(_one_after_the_other, asyncio.Lock()), "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        return await overload(port, [Question("/", b"{}").wire({})], 100.0, 1.0, usual=0.5, connections=256)


def test_normal_again_is_counted_from_the_end_of_the_load_with_its_backlog() -> None:
    seen, again = asyncio.run(_overloaded())
    backlog = seen.over - 1.0
    assert backlog > 0.5
    assert 0.2 * backlog < again < backlog + 5.0
