"""The guard alone, around apps that misbehave: size, type, time, number, origin, and errors in one shape."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from data_contracts.errors import InvalidInput, NotReady
from data_contracts.settings import Settings
from serving.access.callers import Callers, callers_of
from serving.api.admission import check_bind
from serving.api.guard import App, Guard, Limits, Message, Receive, Route, Scope, Send
from serving.api.rate import MAX_CALLERS, Rate

ROUTES = {"/echo": Route(("POST",)), "/see": Route(("GET", "HEAD")), "/livez": Route(("GET",), health=True)}
SMALL = Limits(
    body_bytes=100, drain_bytes=400, body_seconds=0.1, answer_seconds=0.2, in_flight=1, per_second=0.0, burst=5
)
JSON = {"content-type": "application/json"}


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the body it got."""
    body = (await receive()).get("body", b"")
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": body or b"{}"})


def ask(app: App, method: str, path: str, *, limits: Limits = SMALL, **more: Any) -> httpx.Response:
    """One request through a guard."""
    return run(lambda client: client.request(method, path, **more), Guard(app, ROUTES, limits))


def run(
    asking: Callable[[httpx.AsyncClient], Coroutine[Any, Any, httpx.Response]],
    guard: Guard,
    caller: str = "127.0.0.1",
    base: str = "http://127.0.0.1:3017",
) -> httpx.Response:
    async def once() -> httpx.Response:
        transport = httpx.ASGITransport(app=guard, client=(caller, 50000))
        async with httpx.AsyncClient(transport=transport, base_url=base) as client:
            return await asking(client)

    return asyncio.run(once())


def problem(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The body of an error, checked for the one shape."""
    body: dict[str, Any] = response.json()
    assert (response.status_code, body["code"], body["status"]) == (status, code, status)
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["x-request-id"] == body["request_id"]
    assert {"type", "title", "status", "code", "detail", "detail_zh", "zh", "en", "request_id", "errors"} == set(body)
    return body


def test_a_good_request_passes_with_its_body_and_our_headers() -> None:
    response = ask(echo, "POST", "/echo", content=b'{"a": 1}', headers=JSON)
    assert (response.status_code, response.content) == (200, b'{"a": 1}')
    assert response.headers["cache-control"] == "no-store"
    assert len(response.headers["x-request-id"]) == 32
    assert ask(echo, "GET", "/see").status_code == 200


def test_unknown_addresses_and_methods() -> None:
    problem(ask(echo, "GET", "/nowhere"), 404, "not_found")
    problem(ask(echo, "GET", "/see/"), 404, "not_found")
    refused = ask(echo, "DELETE", "/see")
    problem(refused, 405, "method_not_allowed")
    assert refused.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": "text/plain"},
        {"content-type": "application/json; charset=gbk"},
        {"content-type": "application/vnd.bentoml+pickle"},
        {"content-type": "application/json", "content-encoding": "gzip"},
    ],
    ids=str,
)
def test_only_plain_json_comes_in(headers: dict[str, str]) -> None:
    problem(ask(echo, "POST", "/echo", content=b"{}", headers=headers), 415, "unsupported_media_type")


def test_a_stated_charset_of_utf8_is_plain_json() -> None:
    headers = {"content-type": 'application/JSON; charset="UTF-8"'}
    assert ask(echo, "POST", "/echo", content=b"{}", headers=headers).status_code == 200


@pytest.mark.parametrize("size", [101, 399, 401, 5000])
def test_large_bodies_are_refused_declared_or_not(size: int) -> None:
    problem(ask(echo, "POST", "/echo", content=b"x" * size, headers=JSON), 413, "body_too_large")

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(size):
            yield b"x"

    problem(ask(echo, "POST", "/echo", content=pieces(), headers=JSON), 413, "body_too_large")
    assert ask(echo, "POST", "/echo", content=b"x" * 100, headers=JSON).status_code == 200


def test_a_length_with_too_many_digits_is_large() -> None:
    headers = {**JSON, "content-length": "9" * 18}
    problem(ask(echo, "POST", "/echo", content=b"{}", headers=headers), 413, "body_too_large")


def test_a_slow_body_and_a_slow_answer_are_ended() -> None:
    async def slow() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(1.0)
        yield b"}"

    problem(ask(echo, "POST", "/echo", content=slow(), headers=JSON), 408, "body_timeout")

    async def stuck(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(1.0)

    late = ask(stuck, "GET", "/see")
    problem(late, 504, "deadline")
    assert late.headers["retry-after"] == "5"


def test_too_many_headers_are_refused() -> None:
    problem(ask(echo, "GET", "/see", headers={"x-long": "x" * 20_000}), 431, "headers_too_large")


def test_one_caller_too_often_and_health_never() -> None:
    guard = Guard(echo, ROUTES, SMALL)
    found = [run(lambda client: client.get("/see"), guard) for _ in range(6)]
    assert [response.status_code for response in found] == [200] * 5 + [429]
    problem(found[-1], 429, "too_many_requests")
    assert found[-1].headers["retry-after"] == "1"
    assert run(lambda client: client.get("/livez"), guard).status_code == 200


def test_more_at_once_than_allowed_is_busy() -> None:
    async def both() -> list[httpx.Response]:
        guard = Guard(pause, ROUTES, SMALL)
        transport = httpx.ASGITransport(app=guard, client=("127.0.0.1", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            first, second = await asyncio.gather(client.get("/see"), client.get("/see"))
            return [first, second, await client.get("/see")]

    async def pause(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(0.05)
        await echo(scope, receive, send)

    found = asyncio.run(both())
    assert [response.status_code for response in found] == [200, 503, 200]
    assert problem(found[1], 503, "overloaded")["zh"] == "服务繁忙"


def test_only_this_machine_may_call_and_only_by_its_own_name() -> None:
    guard = Guard(echo, ROUTES, SMALL)
    problem(run(lambda client: client.get("/see"), guard, caller="10.0.0.7"), 403, "forbidden")
    problem(run(lambda client: client.get("/see"), guard, base="http://evil.example"), 403, "forbidden")
    assert run(lambda client: client.get("/see"), guard, caller="::1", base="http://[::1]:3017").status_code == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.1.2.3", "pharos.example", ""])
def test_a_host_that_others_could_reach_is_not_bound_while_nobody_can_show_who_they_are(
    host: str, tmp_path: Path
) -> None:
    with pytest.raises(InvalidInput, match=r"use 127\.0\.0\.1"):
        check_bind(host, nobody(tmp_path))


def test_this_machine_is_bound(tmp_path: Path) -> None:
    assert [check_bind(host, nobody(tmp_path)) for host in ("127.0.0.1", "::1", "localhost")] == [
        "127.0.0.1",
        "::1",
        "localhost",
    ]


def nobody(folder: Path) -> Callers:
    """A deployment without a key and without an issuer."""
    return callers_of(Settings(state=folder), lambda: date(2026, 1, 1))


def raising(error: Exception) -> App:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise error

    return app


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (ValueError("secret-officer"), 500, "internal"),
        (NotReady("secret-path"), 503, "not_ready"),
        (InvalidInput("name the field"), 422, "invalid_input"),
    ],
    ids=["unforeseen", "not_ready", "invalid"],
)
def test_an_error_inside_says_nothing_secret_to_caller_or_log(error: Exception, status: int, code: str) -> None:
    with capture_logs() as logs:
        response = ask(raising(error), "GET", "/see")
    problem(response, status, code)
    assert "secret" not in response.text + json.dumps(logs)
    assert [entry["event"] for entry in logs] == (["unforeseen", "request"] if status == 500 else ["request"])


def test_an_error_in_another_shape_is_replaced() -> None:
    async def plain(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 429, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": b"o-104 is too many"})

    response = ask(plain, "GET", "/see")
    problem(response, 429, "too_many_requests")
    assert "o-104" not in response.text


def test_an_app_that_answers_nothing_is_an_error_and_one_that_breaks_off_is_not_answered_twice() -> None:
    async def silent(scope: Scope, receive: Receive, send: Send) -> None:
        return

    problem(ask(silent, "GET", "/see"), 500, "internal")
    sent: list[Message] = []

    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ValueError

    async def keep(message: Message) -> None:
        sent.append(message)

    asyncio.run(Guard(broken, ROUTES, SMALL)(scope("/see"), nothing, keep))
    assert [message["type"] for message in sent] == ["http.response.start"]


def scope(path: str, kind: str = "http", method: str = "GET") -> Scope:
    headers = [(b"host", b"127.0.0.1"), (b"content-type", b"application/json")]
    return {"type": kind, "path": path, "method": method, "headers": headers}


async def nothing() -> Message:
    return {"type": "http.disconnect"}


def test_a_caller_who_leaves_in_the_middle_and_a_websocket() -> None:
    sent: list[Message] = []

    async def keep(message: Message) -> None:
        sent.append(message)

    asyncio.run(Guard(echo, ROUTES, SMALL)(scope("/echo", method="POST"), nothing, keep))
    assert sent[0]["status"] == 400
    asyncio.run(Guard(echo, ROUTES, SMALL)(scope("/see", "websocket"), nothing, keep))
    assert sent[-1] == {"type": "websocket.close", "code": 1008}


def test_the_life_cycle_passes_through_and_a_body_is_given_once() -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])
        if scope["type"] == "http":
            seen.extend([(await receive())["type"], (await receive())["type"]])

    async def none(_: Message) -> None:
        return

    waiting: list[Message] = [{"type": "http.disconnect"}, {"type": "http.request", "body": b"{}"}]

    async def receive() -> Message:
        return waiting.pop()

    async def go() -> None:
        guard = Guard(app, ROUTES, SMALL)
        await guard({"type": "lifespan"}, nothing, none)
        await guard(scope("/echo", method="POST"), receive, none)

    asyncio.run(go())
    assert seen == ["lifespan", "http", "http.request", "http.disconnect"]


def test_logs_name_the_route_and_never_an_address_that_came_in() -> None:
    with capture_logs() as logs:
        ask(echo, "GET", "/v1/risk/o-104-secret?x=o-877-secret")
        ask(echo, "GET", "/see?x=o-877-secret")
    assert [(entry["route"], entry["status"]) for entry in logs] == [("unmatched", 404), ("/see", 200)]
    assert "secret" not in json.dumps(logs)


def test_the_table_of_callers_stays_small() -> None:
    rate = Rate(per_second=1.0, burst=1)
    for number in range(MAX_CALLERS + 50):
        assert rate.take(str(number), now=0.0)
    assert len(rate._tokens) == MAX_CALLERS
