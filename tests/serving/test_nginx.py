"""The nginx that stands before the service: the file that we hand out, started with certificates of this test."""

from __future__ import annotations

import json
import re
import socket
import ssl
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from data_contracts.settings import Settings
from data_contracts.vocabulary import Bilingual
from models.audit import now_of
from serving import service
from serving.access.api_keys import KeyAsked
from serving.access.callers import callers_of
from serving.access.credential import AccessScope
from serving.api.admission import admission_of
from serving.api.guard import ALWAYS, POLICY, POLICY_NAME, Guard, Limits, Receive, Route, Scope, Send
from serving.api.heads import HEAD_BYTES
from serving.api.listening import LEAVING_SECONDS
from serving.api.problems import ProblemError
from tests.certificates import authority, signed
from tests.processes import free_port, program, started
from tests.serving.key_room import added
from tests.serving.live import listening
from tests.serving.test_access_over_http import TODAY, key

CONFIG = Path(service.__file__).parent / "deploy" / "nginx.conf"
OURS = {"host", "accept", "x-api-key", "content-type", "content-length", "x-forwarded-for", "x-forwarded-proto"}
TRACE = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
FORGED = {
    "x-forwarded-for": "203.0.113.9", "x-forwarded-proto": "http", "forwarded": "for=127.0.0.1", "x-real-ip": "::1",
    "x-forwarded-host": "localhost", "x-forwarded-user": "chief", "x-remote-user": "chief", "remote-user": "chief",
    "x-client-cert": "x", "x-ssl-client-verify": "SUCCESS", "x-original-url": "/metrics", "x-request-id": "mine",
    "x-http-method-override": "DELETE", "cookie": "a=b", "x_api_key": "y",
}  # fmt: skip
HOST = b"host: localhost\r\nconnection: close\r\n"  # it keeps the connection where it could read the request
BY_NGINX = {
    "what is no HTTP": (b"no HTTP\r\n\r\n", 400, "bad_request"),
    "a tunnel": (b"CONNECT localhost:1 HTTP/1.1\r\n" + HOST + b"\r\n", 400, "bad_request"),
    "no host": (b"GET /livez HTTP/1.1\r\n\r\n", 400, "bad_request"),
    "two lengths": (b"POST /v1/risk HTTP/1.1\r\n" + HOST + 2 * b"content-length: 1\r\n" + b"\r\nx", 400, "bad_request"),
    "trace": (b"TRACE /livez HTTP/1.1\r\n" + HOST + b"\r\n", 405, "method_not_allowed"),
    "connect": (b"CONNECT / HTTP/1.1\r\n" + HOST + b"\r\n", 405, "method_not_allowed"),
    "a long address": (b"GET /" + b"a" * 17_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 431, "headers_too_large"),
    "a long header": (b"GET / HTTP/1.1\r\n" + HOST + b"x: " + b"a" * 17_000 + b"\r\n\r\n", 431, "headers_too_large"),
    "a large body": (b"POST / HTTP/1.1\r\n" + HOST + b"content-length: 999999\r\n\r\n", 413, "body_too_large"),
    "codings": (
        b"POST / HTTP/1.1\r\n" + HOST + b"transfer-encoding: gzip, chunked\r\n\r\n", 501, "unknown_transfer_coding"
    ),
    "a page of refusals": (b"GET /pharos_refused/http_version HTTP/1.1\r\n" + HOST + b"\r\n", 404, "not_found"),
    "another version": (b"GET /livez HTTP/3.0\r\n" + HOST + b"\r\n", 505, "http_version"),
}  # fmt: skip
pytestmark = pytest.mark.server


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the headers that arrived, the caller's address, and how long the body was."""
    if scope["type"] != "http":
        return
    body = (await receive()).get("body", b"") if scope["method"] == "POST" else b""
    headers = {bytes(name).decode(): bytes(value).decode() for name, value in scope["headers"]}
    told = json.dumps({"headers": headers, "client": scope["client"][0], "bytes": len(body)}).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": told})


@contextmanager
def in_front(folder: Path, behind: int) -> Iterator[tuple[str, tuple[str, str]]]:
    """The address of nginx before a port, as the file says it, with paths and ports of this test; and a certificate."""
    folder.mkdir()
    ours = authority(folder, "callers-ca")
    signed(folder, "server", ours)
    port = free_port()
    text = CONFIG.read_text("utf-8").replace("127.0.0.1:3017", f"127.0.0.1:{behind}")
    text = text.replace("listen 443 ssl", f"listen 127.0.0.1:{port} ssl")
    text = text.replace("/etc/pharos/tls", str(folder)).replace("/var/log/nginx", str(folder))
    places = "".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = f"daemon off; pid {folder}/pid; error_log stderr;\nevents {{}}\nhttp {{ {places}\n{text}\n}}"
    (folder / "whole.conf").write_text(whole, "utf-8")
    command = [program("nginx"), "-p", str(folder), "-c", str(folder / "whole.conf")]
    with started(command, port, folder / "out.log"):
        yield f"https://127.0.0.1:{port}", signed(folder, "mine", ours)


def caller(folder: Path, address: str, certificate: tuple[str, str] | None) -> httpx.Client:
    trusted = ssl.create_default_context(cafile=str(folder / "callers-ca.crt"))
    if certificate is not None:
        trusted.load_cert_chain(*certificate)
    return httpx.Client(base_url=address, verify=trusted, timeout=10.0)


def said(folder: Path, address: str, certificate: tuple[str, str] | None, asked: bytes, *, tls: bool = True) -> bytes:
    """All that is answered to these bytes until the connection ends."""
    trusted = ssl.create_default_context(cafile=str(folder / "callers-ca.crt"))
    if certificate is not None:
        trusted.load_cert_chain(*certificate)
    with (
        socket.create_connection(("127.0.0.1", httpx.URL(address).port or 0), timeout=20.0) as plain,
        trusted.wrap_socket(plain, server_hostname="127.0.0.1") if tls else plain as connection,
    ):
        connection.sendall(asked)
        told = b""
        while part := connection.recv(65536):
            told += part
    return told


def logged(folder: Path, request_id: str) -> str:
    """The log of nginx once it has a request, which it writes down after its answer; the test fails where it never
    has."""
    end = time.monotonic() + 10.0
    while f"request_id={request_id}\n" not in (log := (folder / "pharos.log").read_text()):
        assert time.monotonic() < end, f"{request_id} is not in the log"
        time.sleep(0.02)
    return log


def refusal(told: bytes | httpx.Response, status: int, code: str) -> httpx.Response:
    """A refusal of nginx, checked for the shape and the headers that the service's own have, each once."""
    if isinstance(told, bytes):
        head, _, body = told.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        pairs = [(name, value) for name, _, value in (line.partition(": ") for line in lines)]
        told = httpx.Response(int(first.split()[1]), headers=pairs, content=body)
    assert (told.status_code, told.headers["content-type"]) == (status, "application/problem+json")
    assert (told.json()["status"], told.json()["code"]) == (status, code)
    wanted = {name.decode(): value.decode() for name, value in (*ALWAYS, (POLICY_NAME, POLICY))}
    assert {name: told.headers.get(name) for name in wanted} == wanted
    assert told.headers["x-request-id"] == told.json()["request_id"]
    assert told.headers["strict-transport-security"].startswith("max-age=")
    assert ("allow" in told.headers) == (status == 405)
    return told


def test_what_nginx_itself_refuses_has_the_shape_and_the_headers_of_the_service(
    state: Settings, tmp_path: Path
) -> None:
    shown, folder = key(state, AccessScope.RISK_READ), tmp_path / "nginx"
    with listening(guarded(state)) as behind, in_front(folder, behind.base_url.port or 0) as (address, mine):
        for asked, status, code in BY_NGINX.values():
            refusal(said(folder, address, mine, asked), status, code)
        refusal(said(folder, address, None, b"GET /livez HTTP/1.1\r\n" + HOST + b"\r\n"), 401, "unauthenticated")
        plain = refusal(
            said(folder, address, None, b"GET / HTTP/1.1\r\n" + HOST + b"\r\n", tls=False), 400, "bad_request"
        )
        assert "TLS" in plain.json()["detail"]
        assert logged(folder, plain.json()["request_id"])
        with caller(folder, address, mine) as client:
            answers = [client.get("/v1/risk", headers=shown), client.get("/v1/risk"), client.delete("/v1/risk")]
            assert [one.status_code for one in answers] == [200, 401, 401]
            for answer in answers:
                names = [name for name, _ in answer.headers.multi_items()]
                assert len(names) == len(set(names)), "what the service said is not said again"


def guarded(state: Settings) -> Guard:
    routes = {"/v1/risk": Route(("GET", "POST"), AccessScope.RISK_READ)}
    return Guard(echo, routes, admit=admission_of(callers_of(state, lambda: TODAY)))


def test_only_a_caller_with_a_certificate_and_a_key_is_answered(state: Settings, tmp_path: Path) -> None:
    shown = key(state, AccessScope.RISK_READ)
    folder = tmp_path / "nginx"
    with listening(guarded(state)) as behind, in_front(folder, behind.base_url.port or 0) as (address, mine):
        stranger = signed(folder, "stranger", authority(tmp_path, "elsewhere"))
        for certificate in (None, stranger):
            with caller(folder, address, certificate) as client:
                refused = client.get("/v1/risk", headers=shown)
                assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")
        with caller(folder, address, mine) as client:
            assert client.get("/v1/risk").status_code == 401, "a certificate is no key"
            answer = client.post("/v1/risk", headers={**shown, **FORGED}, json={"officer_ids": ["o-000001"]})
            assert (answer.status_code, answer.json()["client"]) == (200, "127.0.0.1")
            arrived = answer.json()["headers"]
            assert set(arrived) <= OURS, "nothing of what was forged arrived"
            assert (arrived["x-forwarded-for"], arrived["x-forwarded-proto"]) == ("127.0.0.1", "https")
            assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"])
            assert answer.headers["strict-transport-security"].startswith("max-age=")
            traced = client.get("/v1/risk", headers={**shown, **TRACE, "tracestate": "congo=t61rcWkgMzE"})
            arrived = traced.json()["headers"]
            assert arrived["traceparent"] == TRACE["traceparent"], "a trace that began at the caller goes on"
            assert "tracestate" not in arrived
            limit = Limits().body_bytes
            whole = client.post("/v1/risk", headers={**shown, "content-type": "application/json"}, content=b" " * limit)
            assert whole.json()["bytes"] == limit
            over = client.post("/v1/risk", headers=shown, content=b" " * (limit + 1))
            assert (over.status_code, over.json()["code"]) == (413, "body_too_large")
            packed = {**shown, "content-type": "application/json", "content-encoding": "gzip"}
            assert client.post("/v1/risk", headers=packed, content=b"{}").json()["code"] == "unsupported_media_type"
            nginxs = over.json()["request_id"]
            wide = {**shown, **{f"x-{place}": "a" * 15_000 for place in range(4)}}
            last = client.get("/v1/risk", headers=wide).json()
            assert last["code"] in ("bad_request", "headers_too_large")
        log = logged(folder, last["request_id"])
        assert f"request_id={answer.headers['x-request-id']}" in log
        assert re.search(rf" 413 POST \S+ certificate=\S+ request_id={nginxs}$", log, re.MULTILINE)
        assert f"request_id={refused.json()['request_id']}" in log, "of a caller without a certificate of ours"
        assert not re.search(r"request_id=-?$", log, re.MULTILINE)
        assert "o-000001" not in log
        assert "/v1/risk" not in log
    assert not list((folder / "client_body").rglob("*")), "no body on the disk"


def test_without_keys_the_service_refuses_what_comes_through_nginx_and_a_dead_service_is_told(
    state: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "nginx"
    with listening(guarded(state)) as behind:
        port = behind.base_url.port or 0
        with in_front(folder, port) as (address, mine):
            assert behind.get("/v1/risk").status_code == 200, "this machine alone"
            with caller(folder, address, mine) as client:
                refused = client.get("/v1/risk", headers=FORGED)
                assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    folder = tmp_path / "again"
    with in_front(folder, free_port()) as (address, mine), caller(folder, address, mine) as client:
        away = client.get("/v1/risk")
        assert refusal(away, 503, "not_ready").headers["retry-after"] == "30"
        assert logged(folder, away.json()["request_id"])


def test_the_service_itself_answers_through_it(state: Settings, tmp_path: Path) -> None:
    day = now_of(state).date()
    asked = KeyAsked("a system", frozenset({AccessScope.RISK_READ}), None, day + timedelta(days=9))
    shown, port, folder = {"x-api-key": added(state, asked, day)[1]}, free_port(), tmp_path / "nginx"
    command = [sys.executable, "-c", "from pharos import main; main()", "serve", "--sandbox", "--port", str(port)]
    with started(command, port, tmp_path / "out.log"), in_front(folder, port) as (address, mine):
        with caller(folder, address, mine) as client:
            answer = client.post("/v1/risk", headers=shown, json={"officer_ids": ["of-nobody"]})
            assert (answer.status_code, answer.json()["request_id"]) == (200, answer.headers["x-request-id"])
            assert client.get("/readyz").json()["status"] == "ready"
            for path in ("/metrics", "/docs?officer=x", "/nowhere"):
                assert client.get(path).status_code == 401, "no key, no address"
            refused = client.get("/metrics", headers={**shown, "x-forwarded-for": "127.0.0.1"})
            assert refused.json()["code"] == "not_found", "the key does not open it, whoever it claims to come from"
        with caller(folder, address, None) as client:
            assert client.post("/v1/risk", headers=shown, json={"officer_ids": ["of-nobody"]}).status_code == 401


def test_its_numbers_and_errors_are_those_of_the_service() -> None:
    text, limits = CONFIG.read_text("utf-8"), Limits()
    assert _bytes(_said(text, "client_max_body_size")) == limits.body_bytes
    assert _bytes(_said(text, "client_body_buffer_size")) >= limits.body_bytes, "never on a disk"
    assert _seconds(_said(text, "client_body_timeout")) == limits.body_seconds
    assert _seconds(_said(text, "proxy_read_timeout")) > limits.answer_seconds + LEAVING_SECONDS
    assert int(_said(text, "limit_conn pharos_callers")) == limits.in_flight
    number, each = _said(text, "large_client_header_buffers").split()
    assert int(number) * _bytes(each) == HEAD_BYTES
    assert _bytes(each) == limits.header_bytes
    upstream = text.partition("upstream pharos {")[2].partition("}")[0]
    assert _seconds(_said(upstream, "keepalive_timeout")) < service.KEEP_ALIVE_SECONDS
    told = [json.loads(one) for one in re.findall(r"return \d+ '(.*)';", text)]
    places = re.findall(r"location (?:= )?(@\w+|/pharos_refused/\w+) \{", text)
    assert len(told) == len(places)
    assert {place for _, place in re.findall(r"error_page +([\d ]+) = (\S+);", text)} == set(places)
    for one in told:
        problem = ProblemError(one["code"], Bilingual(one["detail_zh"], one["detail"]))
        assert json.loads(problem.body("$request_id")) == one
        block = text.partition(f"{one['code']} {{\n")[2].partition("}\n")[0]
        told_again = re.findall(r"set \$pharos_retry_after (\d+);", block) or [""]
        assert problem.all_headers().get("retry-after", "") == told_again[0]


def _said(text: str, name: str) -> str:
    return str(re.findall(rf"^\s*{name} +([^;]+);", text, re.MULTILINE)[0]).strip()


def _bytes(text: str) -> int:
    return int(text.removesuffix("k")) * 1024


def _seconds(text: str) -> float:
    return float(text.removesuffix("s"))
