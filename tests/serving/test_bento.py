"""The Bento: built from what git knows, exported, unpacked in a clean folder, served by BentoML itself and asked."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import click
import httpx
import pytest

from data_contracts.errors import NotReady
from data_contracts.settings import Settings
from serving.access.credential import AccessScope
from serving.api.heads import HEAD_SECONDS
from serving.deploy import bento
from serving.deploy.components import pins
from serving.under_bentoml import refuse_wide_socket
from tests.processes import START_SECONDS, free_port, started
from tests.serving.test_access_over_http import TODAY, key
from tests.serving.test_malformed_http import CHUNKS, CODED, LIVE, REFUSED, RISK, SIZE, refusal, said

pytestmark = pytest.mark.server
SLOW = LIVE + b"x: "  # and nothing more
AT_THE_SOCKET = {
    **{
        name: REFUSED[name] for name in ("a folded header", "two lengths", "a chunk that is none", "a head without end")
    },
    "length and coding": (RISK + SIZE + CODED + b"\r\n" + CHUNKS, 400, "malformed_http"),
    "another protocol's tunnel": (b"CONNECT a:1 HTTP/1.1\r\nhost: a:1\r\n\r\n", 400, "malformed_http"),
    "a head that does not end": (SLOW, 408, "head_timeout"),
}
WEBSOCKET = b"connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: eA==\r\n\r\n"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PHAROS_HOST", "0.0.0.0")
        patch.setenv("PHAROS_DATABASE_URL", "postgresql+psycopg://me:hidden-word@there/x")
        patch.setenv("BENTOML_HOME", str(tmp_path_factory.mktemp("mine")))
        return bento.build(tmp_path_factory.mktemp("out") / "new")


@pytest.fixture(scope="module")
def folder(file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    clean = tmp_path_factory.mktemp("clean") / "bento"
    shutil.unpack_archive(file, clean, "xztar")
    return clean


def around(folder: Path, port: int) -> dict[str, str]:
    """An environment without settings of this process, BentoML's store and our state in a folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PHAROS_", "BENTOML_"))}
    return {**kept, "BENTOML_HOME": str(folder / "home"), "BENTOML_DO_NOT_TRACK": "True", "PHAROS_PORT": str(port),
            "PHAROS_SANDBOX": "1", "PHAROS_STATE": str(folder / "state")}  # fmt: skip


def test_it_holds_what_answers_with_the_pins_and_nothing_of_a_state(file: Path, folder: Path) -> None:
    assert file.name == f"pharos-service-{bento.version_of_us()}.bento"
    held = {
        path.relative_to(folder / "src").as_posix()
        for path in (folder / "src").rglob("*")
        if path.is_file() and path.parent.name != "__pycache__"  # left by a test that served from here
    }
    known = set(bento.tracked(*bento.PACKAGES, *bento.BESIDE))
    assert held == known | {"bentofile.yaml"}, "what git does not know is no part of it"
    assert {"serving/service.py", "data_contracts/policy/retention.toml", "serving/sandbox/answers.json"} <= held
    assert not [name for name in held if name.startswith(("training/", "experiments/", "tests/"))]
    wanted = pins(folder / "env" / "python" / "requirements.txt")
    assert wanted == pins(bento.ROOT / "requirements.lock")
    assert not [name for name in wanted if name.startswith(("nvidia-cu", "cuda-", "triton"))]
    told = (folder / "bento.yaml").read_text()
    assert "host: 127.0.0.1" in told, "settings of who builds are not built in"
    for path in folder.rglob("*"):
        assert not path.is_file() or b"hidden-word" not in path.read_bytes(), path


@pytest.mark.parametrize("by", ["folder", "tag"])
def test_it_serves_from_a_clean_folder(
    file: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    port, program = free_port(), [sys.executable, "-m", "bentoml"]
    for name in [name for name in os.environ if name.startswith(("PHAROS_", "BENTOML_"))]:
        monkeypatch.delenv(name)
    for name, value in around(tmp_path, port).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    asked, home = str(folder), folder
    if by == "tag":
        subprocess.run([*program, "import", str(file)], check=True, capture_output=True)
        asked, home = f"pharos-service:{bento.version_of_us()}", tmp_path / "home" / "bentos"
    [own] = home.rglob("src/serving/api/heads.py")  # less patient than what is installed beside it
    own.write_text(own.read_text("utf-8").replace(f"HEAD_SECONDS = {HEAD_SECONDS}", "HEAD_SECONDS = 2.0"), "utf-8")
    with (
        started([*program, "serve", asked], port, tmp_path / "served.log"),
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60.0) as client,
    ):
        assert client.get("/livez").json() == {"status": "live"}
        assert client.get("/readyz").json()["status"] == "ready"
        answer = client.post("/v1/risk", json={"officer_ids": ["s-0001", "nobody"]})
        assert answer.status_code == 200
        assert [one["status"] for one in answer.json()["results"]][1] == "not_scored"
        assert client.post("/v1/risk", content=b"x", headers={"content-type": "text/plain"}).status_code == 415
        for letter, status, code in AT_THE_SOCKET.values():
            began = time.monotonic()
            [refused] = said(client, letter)
            assert time.monotonic() - began < HEAD_SECONDS, "its own code answers, not what is installed beside it"
            refusal(refused, status, code)
        assert [one.status_code for one in said(client, LIVE + WEBSOCKET + b"no HTTP\r\n\r\n")] == [200, 400]
    log = (tmp_path / "served.log").read_text()
    assert "Invalid HTTP request" not in log, "uvicorn's own word of a request"
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("by", ["option", "setting"])
def test_it_refuses_to_start_where_others_reach_it_and_nobody_could_show_who_they_are(
    folder: Path, tmp_path: Path, by: str
) -> None:
    port = free_port()
    words = ["--host", "0.0.0.0"] if by == "option" else []
    wide = {"PHAROS_HOST": "0.0.0.0"} if by == "setting" else {}
    done = subprocess.run(
        [sys.executable, "-m", "bentoml", "serve", str(folder), *words], env={**around(tmp_path, port), **wide},
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=START_SECONDS,
    )  # fmt: skip
    assert done.returncode == 1, "it ends, and is not started again for ever"
    assert done.stderr.splitlines()[-1].startswith("host '0.0.0.0' can be reached by others")
    assert "Starting" not in done.stdout
    assert "Traceback" not in done.stderr


def test_a_worker_refuses_a_wide_socket_whoever_bound_it(state: Settings) -> None:
    def given(host: str, family: socket.AddressFamily = socket.AF_INET) -> None:
        with socket.socket(family) as bound, click.Context(click.Command("a worker"), obj=None) as told:
            bound.bind((host, 0))
            told.params["fd"] = bound.fileno()
            try:
                refuse_wide_socket(state, lambda: TODAY)
            finally:
                assert bound.getsockname()[1], "it is still open"

    given("127.0.0.1")
    given("::1", socket.AF_INET6)
    for host, family in (("0.0.0.0", socket.AF_INET), ("::", socket.AF_INET6)):
        with pytest.raises(SystemExit, match=f"host '{host}' can be reached by others"):
            given(host, family)
    refuse_wide_socket(state, lambda: TODAY)  # no worker of BentoML
    key(state, AccessScope.RISK_READ)
    given("0.0.0.0")


def test_what_cannot_be_packed_or_built_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bento, "BENTOFILE", "service: serving.nothing:There\n")
    with pytest.raises(NotReady, match=r"bentoml build failed: \S+"):
        bento.build(tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []
    monkeypatch.setattr(bento, "ROOT", tmp_path)
    with pytest.raises(NotReady, match="no checkout of git"):
        bento.tracked()
