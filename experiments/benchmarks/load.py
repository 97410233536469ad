"""A load for HTTP servers on this machine: raw sockets kept open, so that the asking costs little beside the answering.

Closed loop: each of so many callers asks again when it has its answer (throughput and median). Open loop: requests
start at a given rate whatever comes back (what happens above capacity).
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True)
class Question:
    """One request as bytes on the wire."""

    path: str
    body: bytes

    def wire(self, headers: Mapping[str, str]) -> bytes:
        """The whole request, with headers of the caller's own.

        >>> Question("/v1/risk", b"{}").wire({"x-api-key": "k"}).split(b"\\r\\n")[-3:]
        [b'x-api-key: k', b'', b'{}']
        """
        more = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = (
            f"POST {self.path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
            f"content-length: {len(self.body)}\r\n{more}\r\n"
        )
        return head.encode() + self.body


@dataclass
class Seen:
    """What came back: how many of each status, and the seconds each took."""

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    retry_after: int = 0
    over: float = 0.0

    @property
    def throughput(self) -> float:
        """Answers of 200 a second."""
        return self.statuses[200] / self.over if self.over else 0.0

    def percentile(self, share: float) -> float:
        """Milliseconds by which this share of the answers had come."""
        return float(np.quantile(self.seconds, share) * 1000.0) if self.seconds else float("nan")


async def closed_loop(port: int, wires: Sequence[bytes], callers: int, seconds: float) -> Seen:
    """`callers` ask one after the other for so many seconds."""
    seen, end = Seen(), time.perf_counter() + seconds
    began = time.perf_counter()

    async def caller(number: int) -> None:
        connection = Connection(port)
        place = number
        while time.perf_counter() < end:
            await _asked(connection, wires[place % len(wires)], seen)
            place += callers
        await connection.close()

    await asyncio.gather(*(caller(number) for number in range(callers)))
    seen.over = time.perf_counter() - began
    return seen


async def open_loop(port: int, wires: Sequence[bytes], rate: float, seconds: float, connections: int = 64) -> Seen:
    """`rate` requests a second, each on whichever connection is free; at most `connections` at once."""
    load = _Load(port, connections)
    await load.offer(wires, rate, seconds)
    return await load.drain()


async def overload(
    port: int, wires: Sequence[bytes], rate: float, seconds: float, usual: float, connections: int = 256
) -> tuple[Seen, float]:
    """As `open_loop`, and the seconds from the end of the offered load until answers come within `usual` seconds again.

    The clock runs while what was offered is still being answered: whoever asks then waits for it as well.
    """
    load = _Load(port, connections)
    await load.offer(wires, rate, seconds)
    again, seen = await asyncio.gather(usual_again(port, wires, usual), load.drain())
    return seen, again


async def usual_again(port: int, wires: Sequence[bytes], usual: float, most: float = 60.0) -> float:
    """Seconds until the first of a whole turn of answers with 200 within `usual` seconds; inf where `most` pass."""
    connection, began, first, good = Connection(port), time.perf_counter(), 0.0, 0
    while good < len(wires):
        seen, asked = Seen(), time.perf_counter()
        if asked - began > most:
            first = float("inf")
            break
        await _asked(connection, wires[good], seen)
        now = time.perf_counter()
        if seen.statuses[200] and now - asked <= usual:
            first, good = (now - began if good == 0 else first), good + 1
        else:
            good = 0
            await asyncio.sleep(0.05)  # a refusal comes at once, and asking again at once would be a load of its own
    await connection.close()
    return first


class _Load:
    """Requests that start at a given rate whatever comes back."""

    def __init__(self, port: int, connections: int) -> None:
        self._seen, self._began, self._waiting = Seen(), time.perf_counter(), set[asyncio.Task[None]]()
        # The warmest first, so that few are kept and none goes stale.
        self._free: asyncio.Queue[Connection] = asyncio.LifoQueue()
        for _ in range(connections):
            self._free.put_nowait(Connection(port))

    async def offer(self, wires: Sequence[bytes], rate: float, seconds: float) -> None:
        """Start them; those that wait for their answer when the time is over go on waiting."""
        sent = 0
        while (now := time.perf_counter() - self._began) < seconds:
            while sent < now * rate:
                task = asyncio.create_task(self._one(wires[sent % len(wires)]))
                self._waiting.add(task)
                task.add_done_callback(self._waiting.discard)
                sent += 1
            await asyncio.sleep(0.002)

    async def drain(self) -> Seen:
        """Wait for the answers that are still to come."""
        await asyncio.gather(*self._waiting)
        self._seen.over = time.perf_counter() - self._began
        while not self._free.empty():
            await self._free.get_nowait().close()
        return self._seen

    async def _one(self, wire: bytes) -> None:
        connection = await self._free.get()
        await _asked(connection, wire, self._seen)
        self._free.put_nowait(connection)


async def _asked(connection: Connection, wire: bytes, seen: Seen) -> None:
    began = time.perf_counter()
    try:
        status, later = await asyncio.wait_for(connection.ask(wire), TIMEOUT_SECONDS)
    except (OSError, asyncio.IncompleteReadError, TimeoutError):
        await connection.close()
        status, later = 0, False
    seen.statuses[status] += 1
    seen.retry_after += later
    if status == 200:
        seen.seconds.append(time.perf_counter() - began)


class Connection:
    """One kept-open connection; opened when first used, and again after a break."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, wire: bytes) -> tuple[int, bool]:
        """The status of the answer, and whether it says when to come again."""
        if self._streams is not None and self._streams[0].at_eof():
            await self.close()  # the server hung up while nobody asked, as servers do
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(wire)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
        await reader.readexactly(length)
        if b"\r\nconnection: close" in head:
            await self.close()
        return int(head.split(b" ", 2)[1]), b"\r\nretry-after:" in head

    async def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()
        self._streams = None
