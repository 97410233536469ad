"""Traces as a collector gets them: routes, steps and times, no officer and no key; a collector that is away is no fault
of a request."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from data_contracts.errors import InvalidInput
from data_contracts.settings import Settings
from serving.api.app import ROUTES, build_app
from serving.api.guard import Guard
from serving.api.traces import OtlpJson, Traces, traces_of
from tests.serving.desks import demo_desks
from tests.serving.flaky_proxy import line
from tests.serving.live import listening

pytestmark = pytest.mark.server
TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@dataclass
class Collector:
    """Keeps what comes in."""

    port: int = 0
    bodies: list[bytes] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1/traces"

    def spans(self) -> list[dict[str, Any]]:
        found = []
        for body in self.bodies:
            for resource in json.loads(body)["resourceSpans"]:
                assert resource["resource"]["attributes"][0]["value"] == {"stringValue": "pharos"}
                found += [span for scope in resource["scopeSpans"] for span in scope["spans"]]
        return found


@pytest.fixture
def collector() -> Iterator[Collector]:
    kept = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["content-type"] == "application/json"
            kept.bodies.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        kept.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield kept
        server.shutdown()
        thread.join(timeout=5.0)


@contextmanager
def traced(address: str, share: float = 1.0) -> Iterator[tuple[httpx.Client, Traces]]:
    traces = traces_of(Settings(traces_url=address, traces_share=share))
    web = build_app()
    web.state.desks = demo_desks()
    with listening(Guard(web, ROUTES, traces=traces)) as client:
        yield client, traces
    traces.close()


def attributes(span: dict[str, Any]) -> dict[str, Any]:
    return {one["key"]: next(iter(one["value"].values())) for one in span["attributes"]}


def test_a_request_is_a_span_with_its_steps_and_names_nobody(collector: Collector) -> None:
    with traced(collector.address) as (client, traces):
        headers = {"traceparent": f"00-{TRACE}-{PARENT}-01", "tracestate": "x=o-000001", "x-api-key": "secret-key"}
        answer = client.post("/v1/risk", json={"officer_ids": ["o-000001"]}, headers=headers)
        assert answer.status_code == 200
        assert client.get("/v1/o-000001").status_code == 404
        assert client.patch("/livez").status_code in (404, 405)
        assert client.post("/v1/risk", json={"officer_ids": [7]}).status_code == 422
        traces.flush()
    spans = collector.spans()
    by_name = {span["name"]: span for span in spans}
    assert {"POST /v1/risk", "GET unmatched", "OTHER /livez", "desk", "audit"} == set(by_name)
    risk = next(span for span in spans if span.get("parentSpanId") == PARENT)
    told = attributes(risk)
    assert (told["http.route"], told["http.response.status_code"]) == ("/v1/risk", "200")
    assert told["pharos.request_id"] == answer.json()["request_id"]
    assert risk["kind"] == 2
    for name in ("desk", "audit"):
        step = by_name[name]
        assert (step["traceId"], step["parentSpanId"]) == (TRACE, risk["spanId"])
        assert int(risk["startTimeUnixNano"]) <= int(step["startTimeUnixNano"]) <= int(step["endTimeUnixNano"])
    everything = b"".join(collector.bodies).decode()
    assert "o-000001" not in everything
    assert "secret-key" not in everything


def test_a_collector_that_is_away_or_silent_costs_a_request_nothing(collector: Collector) -> None:
    with line(collector.port) as spoilt, traced(f"http://127.0.0.1:{spoilt.near_port}/v1/traces") as (client, traces):
        for state in ("cut", "silent"):
            spoilt.become("cut" if state == "cut" else "silent")
            began = time.monotonic()
            assert {client.get("/livez").status_code for _ in range(5)} == {200}
            assert time.monotonic() - began < 2.0
        spoilt.become("through")
        traces.flush()


def test_a_share_is_traced_whatever_callers_wish(collector: Collector) -> None:
    with traced(collector.address, share=0.0) as (client, traces):
        client.get("/livez", headers={"traceparent": f"00-{TRACE}-{PARENT}-01"})
        traces.flush()
    assert collector.bodies == []


@pytest.mark.parametrize("address", ["http://traces.example:4318/v1/traces", "ftp://127.0.0.1/x", "127.0.0.1:4318"])
def test_a_bare_way_to_another_machine_is_refused(address: str) -> None:
    with pytest.raises(InvalidInput, match="PHAROS_TRACES_URL"):
        OtlpJson(address)
