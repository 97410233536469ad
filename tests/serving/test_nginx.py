"""The nginx configuration that is delivered, in a real nginx before a real server: certificates, names, limits."""

from __future__ import annotations

import json
import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import httpx
import pytest
import structlog

from data_contracts.audit.chain import lines
from data_contracts.errors import InvalidInput
from data_contracts.settings import Settings
from models.audit import audit_database
from serving.access.api_keys import KeyAsked, api_keys
from serving.access.callers import callers_of
from serving.access.credential import AccessScope
from serving.access.recorder import Recorder
from serving.api.admission import admission_of
from serving.api.app import ROUTES, build_app
from serving.api.guard import Guard, Limits
from serving.api.proxied import check_proxied
from serving.deploy.bundle import HERE
from tests.certificates import Authority, Signed
from tests.redis_server import program
from tests.serving.desks import demo_desks
from tests.serving.live import listening

DELIVERED = HERE / "nginx" / "pharos.conf"
TODAY = date(2026, 11, 1)
BODY = {"officer_ids": ["o-000001"]}
pytestmark = pytest.mark.server


@dataclass(frozen=True)
class Front:
    """A running nginx, who may come to it, and the service behind it."""

    use: Settings
    port: int
    authority: Authority
    caller: Signed
    key: str
    direct: httpx.Client
    folder: Path

    def client(self, caller: Signed | None) -> httpx.Client:
        """Over TLS, with this certificate or none."""
        context = ssl.create_default_context(cafile=str(self.authority.folder / "ca.pem"))
        if caller is not None:
            context.load_cert_chain(caller.certificate, caller.key)
        return httpx.Client(base_url=f"https://127.0.0.1:{self.port}", verify=context, timeout=30.0)

    def ask(self, caller: Signed | None, headers: dict[str, str] | None = None, content: bytes = b"") -> httpx.Response:
        told = {"x-api-key": self.key, "content-type": "application/json", **(headers or {})}
        with self.client(caller) as client:
            return client.post("/v1/risk", headers=told, content=content or json.dumps(BODY).encode())

    def audited(self) -> list[str]:
        return [str(row["body"]) for row in lines(audit_database(self.use))]


def configuration(folder: Path, port: int, service: int) -> str:
    """What is delivered, with the addresses and folders of this test; each line that is changed must be there."""
    text = DELIVERED.read_text("utf-8")
    for theirs, ours in (
        ("server 127.0.0.1:3017;", f"server 127.0.0.1:{service};"),
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("/etc/pharos/tls/", f"{folder}/tls/"),
        ("/var/log/nginx/", f"{folder}/"),
    ):
        assert theirs in text
        text = text.replace(theirs, ours)
    return text


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    folder = tmp_path_factory.mktemp("nginx")
    nginx = program("nginx")
    authority = Authority.made(folder / "tls")
    server = authority.sign("server", server=True)
    shutil.copy(authority.folder / "ca.pem", folder / "tls" / "clients-ca.pem")
    use = Settings(state=folder / "state", today=TODAY)
    asked = KeyAsked("all", frozenset(AccessScope), None, TODAY + timedelta(days=30))
    key = api_keys(use).add(asked, TODAY)[1]
    web = build_app()
    web.state.desks = replace(demo_desks(), record=Recorder.of(use))
    admit = admission_of(callers_of(use, lambda: TODAY))
    with listening(Guard(web, ROUTES, admit=admit, proxied=True)) as direct, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        assert server.certificate.name == "server.pem"
        (folder / "pharos.conf").write_text(configuration(folder, port, direct.base_url.port or 0), "utf-8")
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        temporary = "".join(f"{name}_temp_path {folder};" for name in kinds)
        (folder / "nginx.conf").write_text(
            f"{'user root;' if os.geteuid() == 0 else ''} pid {folder}/pid; error_log {folder}/error.log;"
            f"events {{}} http {{ access_log off; {temporary} include {folder}/pharos.conf; }}"
        )
        command = [nginx, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-g", "daemon off;"]
        subprocess.run([*command[:-2], "-t", "-q"], check=True)
        process = subprocess.Popen(command)
        try:
            _until_open(port)
            yield Front(use, port, authority, authority.sign("hr-portal"), key, direct, folder)
        finally:
            process.terminate()
            process.wait(timeout=10)


def _until_open(port: int) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    pytest.fail("nginx did not come up")


def test_without_a_certificate_nothing_is_answered(front: Front) -> None:
    refused = front.ask(None)
    assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")
    assert refused.headers["content-type"] == "application/problem+json"
    strange = Authority.made(front.folder / "others").sign("hr-portal")
    assert front.ask(strange).status_code == 401
    assert httpx.get(f"http://127.0.0.1:{front.port}/livez", timeout=5.0).status_code == 400, "nor without TLS"


def test_with_a_certificate_and_a_key_it_is_and_the_chain_says_by_which(front: Front) -> None:
    with structlog.testing.capture_logs() as told:
        answer = front.ask(front.caller)
    assert (answer.status_code, answer.json()["results"][0]["grade"]) == (200, "poor")
    assert answer.headers["x-request-id"] == answer.json()["request_id"]
    assert answer.headers["strict-transport-security"]
    assert '"certificate":"hr-portal"' in front.audited()[-1]
    (line,) = [one for one in told if one["event"] == "request"]
    assert (line["certificate"], line["request_id"]) == ("hr-portal", answer.json()["request_id"])
    written = (front.folder / "pharos.log").read_text()
    assert answer.json()["request_id"] in written
    assert "/v1/risk" not in written
    assert front.ask(front.caller, {"x-api-key": "pharos_no_key"}).status_code == 401


def test_what_a_caller_says_of_itself_is_overwritten(front: Front) -> None:
    forged = {
        "x-pharos-client": "somebody-else", "x-forwarded-for": "10.9.8.7", "x-real-ip": "10.9.8.7",
        "forwarded": "for=10.9.8.7", "x-request-id": "0" * 32, "x-forwarded-host": "evil.example",
    }  # fmt: skip
    with structlog.testing.capture_logs() as told:
        answer = front.ask(front.caller, forged)
    assert answer.status_code == 200
    assert answer.json()["request_id"] != "0" * 32
    assert '"certificate":"hr-portal"' in front.audited()[-1]
    assert "somebody-else" not in "".join(front.audited()) + json.dumps(told, default=str)
    front.ask(front.caller, {"x_pharos_client": "somebody-else"})
    assert '"certificate":"hr-portal"' in front.audited()[-1]


def test_past_the_proxy_nobody_is_answered(front: Front) -> None:
    headers = {"x-api-key": front.key}
    for more in ({}, {"x-pharos-client": "hr-portal"}, {"x-pharos-client": "a b", "x-forwarded-for": "1.2.3.4"}):
        answer = front.direct.post("/v1/risk", json=BODY, headers={**headers, **more})
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert front.direct.get("/livez").status_code == 200


def test_both_say_no_to_the_same_bodies_and_in_the_same_shape(front: Front) -> None:
    room = Limits().body_bytes - len(json.dumps(BODY))
    fits = json.dumps(BODY)[:-1].encode() + b" " * room + b"}"
    assert len(fits) == Limits().body_bytes
    assert front.ask(front.caller, content=fits).status_code == 200
    past = {"x-api-key": front.key, "content-type": "application/json", "x-pharos-client": "x", "x-forwarded-for": "1"}
    larger = fits + b" "
    answers = [front.ask(front.caller, content=larger), front.direct.post("/v1/risk", content=larger, headers=past)]
    assert [one.status_code for one in answers] == [413, 413]
    told = [{key: one.json()[key] for key in one.json() if key != "request_id"} for one in answers]
    assert told[0] == told[1]


def test_headers_as_long_as_a_token_may_be_pass(front: Front) -> None:
    assert front.ask(front.caller, {"x-more": "a" * 9000}).status_code == 200
    assert front.ask(front.caller, {"x-more": "a" * 9000, "x-more-still": "b" * 9000}).status_code == 431


def test_limits_of_time_agree() -> None:
    text, limits = DELIVERED.read_text("utf-8"), Limits()
    from serving.api.listening import LEAVING_SECONDS

    assert f"client_body_timeout {limits.body_seconds:g}s;" in text
    told = next(line for line in text.splitlines() if "proxy_read_timeout" in line)
    assert float(told.split()[1].rstrip("s;")) > limits.answer_seconds + LEAVING_SECONDS
    assert f"client_max_body_size {limits.body_bytes};" in text


def test_a_service_that_is_gone_is_told_in_our_shape(front: Front, tmp_path: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        text = configuration(front.folder, front.port + 0, nobody.getsockname()[1])
    before = (front.folder / "pharos.conf").read_text("utf-8")
    (front.folder / "pharos.conf").write_text(text, "utf-8")
    pid = int((front.folder / "pid").read_text())
    os.kill(pid, 1)
    time.sleep(1.0)
    try:
        answer = front.ask(front.caller)
        assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "overloaded", "5")
    finally:
        (front.folder / "pharos.conf").write_text(before, "utf-8")
        os.kill(pid, 1)
        time.sleep(1.0)
    assert front.ask(front.caller).status_code == 200


def test_a_service_that_others_reach_does_not_believe_a_proxy() -> None:
    check_proxied("127.0.0.1", proxied=True)
    check_proxied("0.0.0.0", proxied=False)
    with pytest.raises(InvalidInput, match="PHAROS_HOST"):
        check_proxied("0.0.0.0", proxied=True)
