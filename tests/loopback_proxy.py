"""A proxy on loopback before a server of any kind, whose network a test spoils: slow, cut, half-open, dripping."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

Fault = Literal["", "slow", "cut", "half_open", "drip", "refused"]


@dataclass
class Proxy:
    """`fault` holds for everything from now on, in connections that stand too.

    slow: each piece waits `seconds`; drip: an answer comes byte by byte, `seconds` apart; half_open: connections are
    taken and nothing ever comes back; cut: connections are dropped; refused: cut, and nobody listens.
    """

    port: int
    target: int
    fault: Fault = ""
    seconds: float = 0.5
    taken: int = 0
    _open: list[socket.socket] = field(default_factory=list)

    def spoil(self, fault: Fault, seconds: float = 0.5) -> None:
        """From now on."""
        self.seconds, self.fault = seconds, fault
        if fault in ("cut", "refused"):
            self._drop()

    def _drop(self) -> None:
        for one in list(self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def serve(self, listener: socket.socket) -> None:
        """Take connections until the listener is closed."""
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            self.taken += 1
            if self.fault in ("cut", "refused"):
                near.close()
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self.target), timeout=5.0)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            self._open += [near, far]
            threading.Thread(target=self._pair, args=(near, far), daemon=True).start()

    def _pair(self, near: socket.socket, far: socket.socket) -> None:
        with near, far:
            there = threading.Thread(target=self._carry, args=(near, far, False), daemon=True)
            there.start()
            self._carry(far, near, True)
            there.join()
        self._open = [one for one in self._open if one not in (near, far)]

    def _carry(self, source: socket.socket, sink: socket.socket, back: bool) -> None:
        with suppress(OSError):
            while part := source.recv(65536):
                self._pass_on(part, sink, back)
        for one in (source, sink):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _pass_on(self, part: bytes, sink: socket.socket, back: bool) -> None:
        if self.fault == "half_open":
            return
        if self.fault == "slow":
            time.sleep(self.seconds)
        if self.fault == "drip" and back:
            for place in range(len(part)):
                time.sleep(self.seconds)
                sink.sendall(part[place : place + 1])
            return
        sink.sendall(part)


@contextmanager
def loopback_proxy(target: int) -> Iterator[Proxy]:
    """A proxy before a port of this machine; it lets everything through until it is spoilt."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        proxy = Proxy(listener.getsockname()[1], target)
        threading.Thread(target=proxy.serve, args=(listener,), daemon=True).start()
        try:
            yield proxy
        finally:
            end = time.monotonic() + 5.0
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            proxy.spoil("cut")
            while proxy._open and time.monotonic() < end:
                time.sleep(0.01)
