"""A real server on a free loopback port, in a thread of the test, stopped at the end."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
import uvicorn

from serving import service
from serving.api.guard import App
from serving.api.opened import Desks
from tests.processes import PLAIN


@contextmanager
def listening(app: App) -> Iterator[httpx.Client]:
    """A client of `app`, served as `pharos serve` serves it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        server = uvicorn.Server(service.configured(app, "127.0.0.1", free.getsockname()[1]))
        thread = threading.Thread(target=server.run, args=([free],), daemon=True)
        thread.start()
        try:
            while not server.started and thread.is_alive():
                time.sleep(0.01)
            address = f"http://127.0.0.1:{free.getsockname()[1]}"
            with httpx.Client(base_url=address, timeout=30.0, verify=PLAIN) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join(timeout=10.0)


@contextmanager
def served(desks: Desks, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    """A client of the BentoML service with these desks; a server of another test gets its own desks back."""
    before = getattr(service.WEB.state, "desks", None)
    with monkeypatch.context() as patch:
        patch.setattr(service, "opened_desks", lambda: desks)
        with listening(service.PharosService.to_asgi()) as client:
            yield client
    service.WEB.state.desks = before
