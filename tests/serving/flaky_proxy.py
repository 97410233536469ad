"""A proxy on loopback that fails as networks do, in an order that the test writes down, and then lets all through."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

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
