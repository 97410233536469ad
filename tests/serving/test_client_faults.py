"""Callers that are slow, stop half way or never begin: they take nothing from others, and do not stay for ever."""

from __future__ import annotations

import functools
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import date
from pathlib import Path

import httpx
import pytest

from data_contracts.settings import Settings
from serving import service
from serving.access.api_keys import KeyAsked
from serving.access.credential import AccessScope
from serving.api import heads
from serving.api.guard import Guard, Limits
from tests.processes import PLAIN
from tests.serving.desks import demo_desks
from tests.serving.key_room import added
from tests.serving.live import served

pytestmark = pytest.mark.server
WHOLE = {"officer_ids": ["o-000001"]}
HEAD = b"POST /v1/risk HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: 900\r\n"
LIMITS = Limits(body_seconds=3.0, in_flight=4, reading=24)
MANY = 12  # more than may be answered at once


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    monkeypatch.setattr(service, "Guard", functools.partial(Guard, limits=LIMITS))
    monkeypatch.setattr(heads, "HEAD_SECONDS", 3.0)
    with served(demo_desks(), monkeypatch) as client:
        yield client


def connected(client: httpx.Client, stack: ExitStack, said: bytes) -> socket.socket:
    """A connection that has said this much."""
    made = socket.create_connection(("127.0.0.1", client.base_url.port or 0), timeout=20.0)
    stack.enter_context(made)
    made.sendall(said)
    return made


def ended(connection: socket.socket) -> bytes:
    """What the service says until it ends the connection."""
    told = b""
    while part := connection.recv(65536):
        told += part
    return told


def test_who_never_says_what_it_wants_is_let_go(client: httpx.Client) -> None:
    """Nothing, half a line, headers that do not end: all at once, as each is waited for equally long."""
    with ExitStack() as stack:
        half = {said: [connected(client, stack, said) for _ in range(MANY)] for said in (b"", HEAD[:40], HEAD)}
        assert client.post("/v1/risk", json=WHOLE).status_code == 200
        for said, waiting in half.items():
            told = [ended(one) for one in waiting]
            # whoever has said nothing may just begin, and would take what it is told for its answer
            first = b"HTTP/1.1 408 Request Timeout" if said else b""
            assert [one.split(b"\r\n")[0] for one in told] == [first] * MANY, said
            assert all(b'"code":"head_timeout"' in one for one in told if said)
    # asked anew: the connection of the first answer said nothing for as long as these, and is let go with them
    answer = httpx.post(client.base_url.join("/v1/risk"), json=WHOLE, timeout=30.0, verify=PLAIN)
    assert answer.status_code == 200


def test_slow_bodies_take_no_place_from_requests_that_are_whole(client: httpx.Client) -> None:
    with ExitStack() as stack:
        slow = [connected(client, stack, HEAD + b"\r\n{") for _ in range(MANY)]
        time.sleep(0.2)
        assert [client.post("/v1/risk", json=WHOLE).status_code for _ in range(3)] == [200] * 3
        for one in slow:
            one.sendall(b" ")  # a byte now and then is no body
        assert all(ended(one).startswith(b"HTTP/1.1 408") for one in slow)


def test_of_slow_bodies_there_are_so_many_and_no_more(client: httpx.Client) -> None:
    with ExitStack() as stack:
        for _ in range(LIMITS.reading):
            connected(client, stack, HEAD + b"\r\n{")
        time.sleep(0.5)
        refused = client.post("/v1/risk", json=WHOLE)
        assert (refused.status_code, refused.json()["code"]) == (503, "overloaded")
        assert refused.headers["retry-after"] == "1"
        assert client.get("/livez").status_code == 200


def test_one_caller_whose_bodies_are_slow_takes_no_place_from_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use, today = Settings(state=tmp_path), date(2026, 1, 1)
    limits = replace(LIMITS, reading=24, reading_each=12)
    slow, other = (
        added(use, KeyAsked(name, frozenset(AccessScope), None, date(2099, 1, 1)), today)[1] for name in ("a", "b")
    )
    monkeypatch.setattr(service, "settings", lambda: use)
    monkeypatch.setattr(service, "Guard", functools.partial(Guard, limits=limits))
    with served(demo_desks(), monkeypatch) as client, ExitStack() as stack:
        for _ in range(limits.reading):
            connected(client, stack, HEAD + f"x-api-key: {slow}\r\n\r\n{{".encode())
        time.sleep(1.0)
        refused = client.post("/v1/risk", json=WHOLE, headers={"x-api-key": slow})
        assert (refused.status_code, refused.json()["code"]) == (503, "overloaded")
        assert client.post("/v1/risk", json=WHOLE, headers={"x-api-key": other}).status_code == 200


def test_a_head_without_end_is_cut_off_at_its_size(client: httpx.Client) -> None:
    with ExitStack() as stack:
        long = connected(client, stack, HEAD)
        sent = 0
        with suppress(OSError):  # reset, or a broken pipe
            while sent < 4 * heads.HEAD_BYTES:
                long.sendall(b"x-more: " + b"x" * 1000 + b"\r\n")
                sent += 1000
                time.sleep(0.01)
        assert ended(long).startswith(b"HTTP/1.1 431"), "it was read on and on"
    assert client.post("/v1/risk", json=WHOLE).status_code == 200


def test_who_leaves_without_a_word_leaves_nothing_behind(client: httpx.Client) -> None:
    for _ in range(MANY):
        with ExitStack() as stack:
            connected(client, stack, HEAD + b"\r\n{")
    time.sleep(0.2)
    assert [client.post("/v1/risk", json=WHOLE).status_code for _ in range(4)] == [200] * 4
