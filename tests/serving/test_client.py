"""The Python client against the live service, through a proxy that fails as networks do."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, get_type_hints

import httpx
import pytest

from serving.api.questions import QUESTIONS
from serving.client.client import PharosClient, fresh_id
from serving.client.refusals import RequestRefused
from serving.client.retries import Retries
from serving.events.schemas import Event, EventsRequest
from serving.risk.schemas import RiskRequest
from serving.schemas import NextPostsRequest
from tests.serving.desks import demo_desks
from tests.serving.flaky_proxy import flaky
from tests.serving.live import served

pytestmark = pytest.mark.server
HEAVY = ("feast", "torch", "bentoml", "lightgbm", "pandas", "numpy", "duckdb", "mlflow", "sklearn", "starlette")
CAREERS = NextPostsRequest(officer_ids=["o-000001", "nobody"])
Client = Callable[..., PharosClient]


class Kept:
    """A desk for events that counts what arrives, and knows ids."""

    def __init__(self) -> None:
        self.ids: list[str] = []

    def answer(self, request: EventsRequest, request_id: str, now: object, *_: object) -> Any:
        from serving.events.schemas import EventCounts, EventResult, EventsAnswer

        results = []
        for one in request.events:
            status = "duplicate" if one.event_id in self.ids else "accepted"
            self.ids.append(one.event_id)
            results.append(EventResult.model_validate({"event_id": one.event_id, "status": status}))
        counts = EventCounts(received=len(results), accepted=0, duplicate=0, conflict=0, quarantined=0)
        return EventsAnswer(request_id=request_id, counts=counts, features="unchanged", results=results)


@pytest.fixture(scope="module")
def kept() -> Kept:
    return Kept()


@pytest.fixture(scope="module")
def port(kept: Kept) -> Iterator[int]:
    desks = demo_desks()
    guidance = {**desks.guidance, "/v1/events": kept}
    with pytest.MonkeyPatch.context() as patch, served(replace(desks, guidance=guidance), patch) as live:
        assert live.base_url.port is not None
        yield live.base_url.port


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def client(pauses: list[float]) -> Iterator[Client]:
    opened: list[PharosClient] = []

    def at(address: str, **more: Any) -> PharosClient:
        retries = Retries(draw=lambda: 0.5, sleep=pauses.append)
        opened.append(PharosClient(address, **{"retries": retries, **more}))
        return opened[-1]

    yield at
    for one in opened:
        one.close()


def test_importing_the_client_imports_no_model_and_no_server() -> None:
    code = f"import sys, serving.client.client; print([one for one in {HEAVY!r} if one in sys.modules])"
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.strip() == "[]"


def test_there_is_a_typed_method_for_each_question() -> None:
    for question in QUESTIONS:
        hints = get_type_hints(getattr(PharosClient, question.path.removeprefix("/v1/").replace("/", "_")))
        assert hints.pop("return") is question.answer
        assert list(hints.values()) == [question.request]


def test_answers_are_typed(client: Client, port: int) -> None:
    with client(f"http://127.0.0.1:{port}") as pharos:
        answer = pharos.next_posts(CAREERS)
        assert [one.officer_id for one in answer.results] == CAREERS.officer_ids
        risk = pharos.risk(RiskRequest(officer_ids=["o-000001"]))
        assert risk.results[0].status == "scored"
        assert {"risk", "next-post"} <= {one.name for one in pharos.model().models}
        assert (pharos.livez().status, pharos.readyz().status) == ("live", "ready")


@pytest.mark.parametrize("fault", ["cut", "lost", "html", "busy"])
def test_what_passes_is_asked_again(client: Client, port: int, pauses: list[float], fault: str) -> None:
    with flaky(port, [fault, fault]) as address:
        assert len(client(address).next_posts(CAREERS).results) == 2
    assert pauses == ([2.1, 2.2] if fault == "busy" else [0.1, 0.2])


def test_an_event_whose_answer_was_lost_counts_once(client: Client, port: int, kept: Kept) -> None:
    event = Event(event_id=fresh_id(), table="honours", row={"officer_id": "o-1"})
    with flaky(port, ["lost"]) as address:
        answer = client(address).events(EventsRequest(events=[event]))
    assert answer.results[0].status == "duplicate"
    assert kept.ids.count(event.event_id) == 2


def test_after_some_attempts_the_last_failure_is_told(client: Client, port: int, pauses: list[float]) -> None:
    with flaky(port, ["html", "cut", "html", "cut", "cut"]) as address, pytest.raises(RequestRefused) as told:
        client(address).livez()
    assert (told.value.code, told.value.status, len(pauses)) == ("unreachable", None, 3)
    with flaky(port, ["html"] * 9) as address, pytest.raises(RequestRefused) as told:
        client(address).livez()
    assert (told.value.code, told.value.status) == ("not_pharos", 502)


def test_a_wait_that_is_too_long_is_told_and_not_waited(client: Client, port: int, pauses: list[float]) -> None:
    short = Retries(longest_pause=1.0, sleep=pauses.append)
    with flaky(port, ["busy"]) as address, pytest.raises(RequestRefused) as told:
        client(address, retries=short).livez()
    assert (told.value.status, told.value.retry_after, pauses) == (503, 2.0, [])


def test_a_refusal_says_code_words_and_request_and_is_not_repeated(
    client: Client, port: int, pauses: list[float]
) -> None:
    late = CAREERS.model_copy(update={"top": 99})
    with pytest.raises(RequestRefused) as told:
        client(f"http://127.0.0.1:{port}").next_posts(late)
    refused = told.value
    assert (refused.code, refused.status, [one.field for one in refused.errors]) == ("invalid_input", 422, ["top"])
    assert refused.zh == "请求内容有误"
    assert len(refused.request_id) == 32
    assert refused.request_id in str(refused)
    assert pauses == []


def test_keys_and_tokens_are_shown_and_tokens_asked_anew(
    client: Client, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[dict[str, str]] = []

    @contextmanager
    def answered(*_: Any, headers: dict[str, str], **__: Any) -> Iterator[httpx.Response]:
        seen.append(headers)
        yield httpx.Response(200, json={"status": "live", "news": 1}) if len(seen) != 2 else httpx.Response(503)

    monkeypatch.setattr(httpx.Client, "stream", answered)
    assert client("http://pharos", api_key="k").livez().status == "live"  # and what is new does not break it
    tokens = iter(("t-1", "t-2"))
    client("http://pharos", token=lambda: next(tokens)).livez()
    assert seen == [{"x-api-key": "k"}, {"authorization": "Bearer t-1"}, {"authorization": "Bearer t-2"}]


def test_an_answer_of_another_form_is_no_answer(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    other = nullcontext(httpx.Response(200, json={"status": 5}))
    monkeypatch.setattr(httpx.Client, "stream", lambda *_, **__: other)
    with pytest.raises(RequestRefused, match="not_pharos"):
        client("http://pharos", retries=Retries(attempts=1)).livez()


def test_pauses_double_to_a_limit_and_are_drawn() -> None:
    most = Retries(draw=lambda: 1.0, longest_pause=1.0)
    assert [most.pause(number, None) for number in (1, 2, 3, 4, 9)] == [0.2, 0.4, 0.8, 1.0, 1.0]
    assert replace(most, draw=lambda: 0.0).pause(3, 2.0) == 2.0


@contextmanager
def says(parts: Sequence[bytes], pause: float = 0.0) -> Iterator[str]:
    """The address of a server that says this to one caller."""

    def tell(server: socket.socket) -> None:
        near, _ = server.accept()
        with near, suppress(OSError):
            near.recv(65536)
            for part in parts:
                near.sendall(part)
                time.sleep(pause)

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=tell, args=(server,), daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_a_body_that_cannot_be_decoded_is_refused_as_everything_is(client: Client) -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nnope"
    with says([head]) as address, pytest.raises(RequestRefused) as told:
        client(address).livez()
    assert (told.value.code, told.value.status) == ("not_pharos", 200)


HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n"
DROPS = {
    "body": [HEAD + b"\r\n", *[b" "] * 200],
    "headers": [HEAD, *[b"x"] * 200],
    "status line": [bytes([one]) for one in b"HTTP/1.1 200 " + b"O" * 200],
    "one head after another": [b"HTTP/1.1 103 Early Hints\r\n\r\n"] * 200,
}


@pytest.mark.parametrize("drops", DROPS.values(), ids=DROPS)
def test_an_answer_that_drips_is_not_waited_for_longer_than_the_time_in_all(client: Client, drops: list[bytes]) -> None:
    began = time.monotonic()
    with says(drops, 0.05) as address, pytest.raises(RequestRefused) as told:
        client(address, in_all=0.5).livez()
    assert told.value.code == "late"
    assert time.monotonic() - began < 3.0


def test_a_handshake_that_drips_is_not_waited_for_either(client: Client) -> None:
    """The first record of TLS, a byte at a time."""
    began = time.monotonic()
    drops = [b"\x16\x03\x03\x02\x00", *[b"\x02"] * 200]
    with says(drops, 0.05) as address, pytest.raises(RequestRefused) as told:
        client(address.replace("http:", "https:"), in_all=0.5, retries=Retries(attempts=1)).livez()
    assert told.value.code == "late"
    assert time.monotonic() - began < 3.0


def test_a_pause_that_would_end_after_the_time_in_all_is_not_begun(
    client: Client, port: int, pauses: list[float]
) -> None:
    with flaky(port, ["busy"]) as address, pytest.raises(RequestRefused) as told:
        client(address, in_all=1.5).livez()
    assert (told.value.status, pauses) == (503, [])


def test_a_large_question_arrives_whole(client: Client, port: int) -> None:
    """Longer than what is sent between two looks at the time."""
    many = [f"o-{number:040}" for number in range(200)] + CAREERS.officer_ids
    with pytest.raises(RequestRefused) as told:
        client(f"http://127.0.0.1:{port}").next_posts(NextPostsRequest.model_construct(officer_ids=many * 10))
    assert told.value.code == "invalid_input"


@pytest.mark.parametrize("key", ["锁", "pharos_1_a\n", "pharos_1\r\nx-more: 1"])
def test_a_key_that_no_header_can_hold_is_said_so_and_not_quoted(client: Client, key: str) -> None:
    for shown in ({"api_key": key}, {"token": lambda: key}):
        with pytest.raises(RequestRefused) as told:
            client("http://127.0.0.1:9", **shown).livez()
        assert told.value.code == "unsendable"
        assert key.strip() not in str(told.value)
