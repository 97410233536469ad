"""What cannot be read at the socket, or says in two ways where it goes and ends, is told so in our shape and let go."""

from __future__ import annotations

import json
import logging
import socket
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import uvicorn
from structlog.testing import capture_logs

from serving import service
from serving.api import heads
from serving.api.guard import App
from tests.serving.desks import demo_desks
from tests.serving.live import served

pytestmark = pytest.mark.server
BODY = b'{"officer_ids":["o-000001"]}'
LIVE = b"GET /livez HTTP/1.1\r\nhost: localhost\r\n"
RISK = b"POST /v1/risk HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
SIZE, CHUNKS = b"content-length: %d\r\n" % len(BODY), b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
CODED = b"transfer-encoding: chunked\r\n"
OLD = RISK.replace(b"1.1", b"1.0")
WISH = b"connection: upgrade\r\nupgrade: h2c\r\n"
REFUSED = {
    "no HTTP": (b"\x16\x03\x01\x02\r\n\r\n", 400, "malformed_http"),
    "an unknown method": (b"FETCH /livez HTTP/1.1\r\nhost: localhost\r\n\r\n", 400, "malformed_http"),
    "no host": (b"GET /livez HTTP/1.1\r\n\r\n", 400, "malformed_http"),
    "two hosts": (LIVE + b"host: localhost\r\n\r\n", 400, "malformed_http"),
    "two hosts of an old version": (b"GET /livez HTTP/1.0\r\nhost: a\r\nhost: b\r\n\r\n", 400, "malformed_http"),
    "an empty host": (b"GET /livez HTTP/1.1\r\nhost:\r\n\r\n", 400, "malformed_http"),
    "a host that is none": (b"GET /livez HTTP/1.1\r\nhost: localhost/x\r\n\r\n", 400, "malformed_http"),
    "a folded header": (LIVE + b"x: a\r\n b\r\n\r\n", 400, "malformed_http"),
    "a header with a blank": (LIVE + b"x : a\r\n\r\n", 400, "malformed_http"),
    "no version": (b"GET /livez\r\n\r\n", 505, "http_version"),
    "another version": (b"GET /livez HTTP/2.0\r\nhost: localhost\r\n\r\n", 505, "http_version"),
    "length and coding": (RISK + SIZE + CODED + b"\r\n" + CHUNKS, 400, "malformed_http"),
    "length and codings": (RISK + SIZE + CODED.replace(b": ", b": gzip, ") + b"\r\n" + CHUNKS, 400, "malformed_http"),
    "two lengths": (RISK + SIZE + SIZE.replace(b"8", b"7") + b"\r\n" + BODY, 400, "malformed_http"),
    "a length that is none": (RISK + SIZE.replace(b": ", b": +") + b"\r\n" + BODY, 400, "malformed_http"),
    "codings": (RISK + CODED.replace(b": ", b": gzip, ") + b"\r\n" + CHUNKS, 501, "unknown_transfer_coding"),
    "codings in two headers": (
        RISK + b"transfer-encoding: gzip\r\n" + CODED + b"\r\n" + CHUNKS, 501, "unknown_transfer_coding"
    ),
    "another coding last": (RISK + CODED.replace(b"chunked", b"gzip") + b"\r\n" + BODY, 400, "malformed_http"),
    "a coding of an old version": (OLD + CODED + b"\r\n" + CHUNKS, 400, "malformed_http"),
    "a chunk that is none": (RISK + CODED + b"\r\nzz\r\n" + BODY, 400, "malformed_http"),
    "a body after a wish": (RISK + WISH + SIZE + b"\r\n" + BODY, 400, "malformed_http"),
    "chunks after a wish": (RISK + WISH + CODED + b"\r\n" + CHUNKS, 400, "malformed_http"),
    "a head without end": (LIVE + b"x: " + b"a" * heads.HEAD_BYTES, 431, "headers_too_large"),
}  # fmt: skip


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    with served(demo_desks(), monkeypatch) as client:
        yield client


def said(client: httpx.Client, *parts: bytes) -> list[httpx.Response]:
    """All that the service answers to these bytes, sent with a pause between them, until it ends the connection."""
    told = b""
    with socket.create_connection(("127.0.0.1", client.base_url.port or 0), timeout=20.0) as connection:
        for number, part in enumerate(parts):
            if number:
                time.sleep(0.1)
            connection.sendall(part)
        while part := connection.recv(65536):
            told += part
    return list(answers(told))


def answers(told: bytes) -> Iterator[httpx.Response]:
    """Each answer by the length it names."""
    while told:
        head, _, rest = told.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        size = int(headers["content-length"])
        yield httpx.Response(int(first.split()[1]), headers=headers, content=rest[:size])
        told = rest[size:]


def refusal(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """A refusal, checked for the one shape and for the end of its connection."""
    told: dict[str, Any] = answer.json()
    assert (answer.status_code, told["status"], told["code"]) == (status, status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["connection"] == "close"
    assert answer.headers["x-request-id"] == told["request_id"]
    assert told["detail"].isascii()
    assert not told["detail_zh"].isascii()
    return told


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_understood_in_one_way_is_refused_in_our_shape(
    name: str, client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    asked, status, code = REFUSED[name]
    with capture_logs() as logs, caplog.at_level(logging.WARNING):
        [answer] = said(client, asked)
        told = refusal(answer, status, code)
    assert [(line["status"], line["request_id"]) for line in logs] == [(status, told["request_id"])]
    assert not caplog.records, "a library said something of its own"
    assert client.post("/v1/risk", json=json.loads(BODY)).status_code == 200


def test_what_is_well_is_answered(client: httpx.Client) -> None:
    close = b"connection: close\r\n\r\n"
    asked = [
        LIVE + close, LIVE.replace(b"localhost", b"[::1]:3017") + close, b"GET /livez HTTP/1.0\r\n\r\n",
        RISK + SIZE + close + BODY, RISK + CODED.replace(b"chunked", b"Chunked") + close + CHUNKS,
    ]  # fmt: skip
    assert [[one.status_code for one in said(client, request)] for request in asked if request] == [[200]] * len(asked)


def test_a_body_that_breaks_on_its_way_is_told_of_once(client: httpx.Client) -> None:
    with capture_logs() as logs:
        [answer] = said(client, RISK + CODED + b"\r\n4\r\n" + BODY[:4] + b"\r\n", b"zz\r\n\r\n", b"more")
        refusal(answer, 400, "malformed_http")
    assert [(line["route"], line["status"]) for line in logs] == [("/v1/risk", 400)]


def test_a_body_that_breaks_after_its_answer_has_no_second_one(client: httpx.Client) -> None:
    answer, *more = said(client, RISK.replace(b"localhost", b"other") + CODED + b"\r\n4\r\n", b"too long\r\n")
    assert (answer.status_code, answer.json()["code"], more) == (403, "forbidden", [])


def test_good_requests_before_a_bad_one_are_answered_in_their_turn(
    client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    *good, bad = said(client, RISK + SIZE + b"\r\n" + BODY + 2 * (LIVE + b"\r\n") + b"no HTTP\r\n\r\n")
    assert [one.status_code for one in good] == [200] * 3
    refusal(bad, 400, "malformed_http")
    assert not caplog.records


def test_no_other_protocol_is_spoken_and_what_follows_the_wish_is_read(client: httpx.Client) -> None:
    handshake = b"connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: eA==\r\n"
    asked = LIVE + WISH + b"\r\n" + LIVE + handshake + b"\r\n" + LIVE + b"connection: close\r\n\r\n"
    assert [one.status_code for one in said(client, asked)] == [200] * 3


def test_who_still_sends_is_told_why_it_is_let_go(client: httpx.Client) -> None:
    [answer] = said(client, LIVE + b"x: " + b"a" * heads.HEAD_BYTES, b"a" * 500_000, b"a" * 500_000)
    refusal(answer, 431, "headers_too_large")


def test_a_caller_who_stays_on_is_let_go(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heads, "LEAVING_SECONDS", 0.2)
    with socket.create_connection(("127.0.0.1", client.base_url.port or 0), timeout=20.0) as connection:
        connection.sendall(b"no HTTP\r\n\r\n")
        while connection.recv(65536):
            pass
        with pytest.raises(ConnectionError):  # closed from the other side too, and no longer read
            goes_on(connection)


def test_the_server_writes_no_address_down_whoever_configured_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    before, access = service.configured, logging.getLogger("uvicorn.access")

    def as_bentoml_does(app: App, host: str, port: int) -> uvicorn.Config:
        config = before(app, host, port)
        config.access_log = True
        monkeypatch.setattr(access, "propagate", True)
        return config

    monkeypatch.setattr(service, "configured", as_bentoml_does)
    with caplog.at_level(logging.INFO, access.name), served(demo_desks(), monkeypatch) as client:
        assert client.get("/livez?officer=o-000001").status_code < 500
    assert [one for one in caplog.records if one.name == access.name] == []


def goes_on(connection: socket.socket) -> None:
    """A byte now and then, for some seconds."""
    for _ in range(50):
        connection.sendall(b"x")
        time.sleep(0.1)
