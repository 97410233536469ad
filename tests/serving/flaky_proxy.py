"""Proxies on loopback that fail as networks do: `flaky` by the request, in an order that the test writes down, and
`line` for any protocol, made slow, silent or cut while connections stand on it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

HTML = b"HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/html\r\ncontent-length: 6\r\nconnection: close\r\n\r\n<html>"
BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 2\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
)  # fmt: skip


@contextmanager
def flaky(port: int, faults: list[str]) -> Iterator[str]:
    """The address of a proxy before `port`; each connection takes one of `faults`: cut, lost, html, busy.

    `lost`: the request gets through and the answer does not. Every connection carries one request.
    """
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_serve, args=(server, port, faults), daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)


def _serve(server: socket.socket, port: int, faults: list[str]) -> None:
    while True:
        try:
            near, _ = server.accept()
        except OSError:
            return
        with near:
            _carry(near, port, faults.pop(0) if faults else "")


def _carry(near: socket.socket, port: int, fault: str) -> None:
    if fault == "cut":
        return
    head, _, body = _until(near, b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    while len(body) < length:
        body += near.recv(65536)
    if fault in ("html", "busy"):
        near.sendall(HTML if fault == "html" else BUSY)
        return
    with socket.create_connection(("127.0.0.1", port)) as far:
        far.sendall(head + b"\r\nconnection: close\r\n\r\n" + body)
        while part := far.recv(65536):
            if fault != "lost":
                near.sendall(part)


def _until(near: socket.socket, end: bytes) -> tuple[bytes, bytes, bytes]:
    got = b""
    while end not in got:
        part = near.recv(65536)
        if not part:
            break
        got += part
    return got.partition(end)


State = Literal["through", "slow", "silent", "cut"]


@dataclass
class Line:
    """A line to a server. Slow: each piece comes late. Silent: both ends think that they are connected, and nothing
    comes through. Cut: what stands is broken off and nobody gets through; so it is with a silent one that is mended."""

    port: int
    late_seconds: float = 0.05
    state: State = "through"
    near_port: int = 0
    held: list[socket.socket] = field(default_factory=list)
    carried: list[threading.Thread] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def become(self, state: State) -> None:
        """Change, now."""
        before, self.state = self.state, state
        if state == "cut" or before == "silent":
            with self.lock:
                for one in self.held:
                    with suppress(OSError):
                        one.shutdown(socket.SHUT_RDWR)
                self.held.clear()

    def connect(self, near: socket.socket) -> None:
        """Carry one connection, both ways, each in a thread of its own."""
        if self.state == "cut":
            near.close()
            return
        try:
            far = socket.create_connection(("127.0.0.1", self.port))
        except OSError:  # the server itself is gone
            near.close()
            return
        with self.lock:
            self.held += [near, far]
        self.carried.append(threading.Thread(target=self._both, args=(near, far), daemon=True))
        self.carried[-1].start()

    def end(self) -> None:
        """Break off what stands, and wait until nothing is left of it."""
        self.become("cut")
        for one in self.carried:
            one.join(10.0)

    def _both(self, near: socket.socket, far: socket.socket) -> None:
        with near, far:
            back = threading.Thread(target=self._carry, args=(far, near), daemon=True)
            back.start()
            self._carry(near, far)
            back.join()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while part := source.recv(65536):
                if self.state == "slow":
                    time.sleep(self.late_seconds)
                if self.state != "silent":
                    sink.sendall(part)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)


@contextmanager
def line(port: int) -> Iterator[Line]:
    """A line before `port`; its own end is at `near_port`."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        made = Line(port, near_port=server.getsockname()[1])
        threading.Thread(target=_answered, args=(server, made), daemon=True).start()
        yield made
        made.end()
        server.shutdown(socket.SHUT_RDWR)


def _answered(server: socket.socket, made: Line) -> None:
    while True:
        try:
            near, _ = server.accept()
        except OSError:
            return
        made.connect(near)
