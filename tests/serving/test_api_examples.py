"""The generated examples are run as an integrator would: the shell script, and the Java class by its launcher."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from serving.api.examples import ADDRESS, CURL, JAVA, write_examples
from serving.api.openapi import document
from serving.sandbox.desks import sandbox_desks
from tests.serving.desks import demo_desks
from tests.serving.live import served

pytestmark = pytest.mark.server
DOCUMENT: dict[str, Any] = json.loads(document())
NAMES = [told["operationId"] for methods in DOCUMENT["paths"].values() for told in methods.values()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("examples")
    assert [path.name for path in write_examples(DOCUMENT, made)] == [CURL, JAVA]
    return made


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch, served(demo_desks(), patch) as client:
        yield str(client.base_url)


def run(command: list[str], folder: Path, address: str) -> subprocess.CompletedProcess[str]:
    path = ":".join(sorted({str(Path(shutil.which(one) or "/bin/sh").parent) for one in (command[0], "curl", "sh")}))
    return subprocess.run(
        command, cwd=folder, env={"PHAROS": address.rstrip("/"), "PATH": path}, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip


def test_every_operation_is_in_both(folder: Path) -> None:
    shell, java = ((folder / name).read_text("utf-8") for name in (CURL, JAVA))
    assert [name for name in NAMES if f"\n{name}) ask " not in shell] == []
    assert [name for name in NAMES if f'all.put("{name}", ' not in java] == []


@pytest.mark.parametrize("name", [CURL, JAVA])
def test_its_first_lines_name_the_address_and_the_key_in_both_languages(folder: Path, name: str) -> None:
    head = (folder / name).read_text("utf-8").split("\n")[:5]
    for usage, without in (("用法：", "不写 PHAROS 即"), ("Usage: ", "Without PHAROS it asks")):
        (line,) = (one.partition(usage)[2] for one in head if usage in one)
        assert line.startswith("PHAROS=")
        assert " PHAROS_KEY=" in line
        assert any(f"{without} {ADDRESS}" in one for one in head)


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_the_script_asks_and_gets_answers(folder: Path, address: str) -> None:
    for name in ("nextPosts", "livez", "points"):
        done = run(["sh", CURL, name], folder, address)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)
    refused = run(["sh", CURL, "events"], folder, address + "/nowhere")
    assert (refused.returncode != 0, json.loads(refused.stdout)["code"]) == (True, "not_found")
    assert run(["sh", CURL, "poem"], folder, address).returncode == 2


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_every_operation_asks_its_question_and_curl_complains_of_nothing(folder: Path) -> None:
    """Of the sandbox, which answers each; an empty argument more was a second address to curl."""
    with pytest.MonkeyPatch.context() as patch, served(sandbox_desks(), patch) as client:
        asked = {name: run(["sh", CURL, name], folder, str(client.base_url)) for name in NAMES}
    assert {name: done.stderr for name, done in asked.items() if done.stderr or done.returncode} == {}
    assert [name for name, done in asked.items() if not done.stdout] == []


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_the_script_shows_its_key_to_the_service_and_in_no_argument(folder: Path, tmp_path: Path) -> None:
    """Whoever may run `ps` on the machine reads the arguments of all."""
    shown = tmp_path / "arguments"
    (tmp_path / "curl").write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$@" >{shown}\nexec {shutil.which("curl")} "$@"\n', encoding="utf-8"
    )
    (tmp_path / "curl").chmod(0o700)
    came: list[str] = []

    class Told(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            came.append(self.headers["x-api-key"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), Told) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        around = {"PATH": f"{tmp_path}:/usr/bin:/bin", "PHAROS_KEY": "pharos_a_b%s"}
        around["PHAROS"] = f"http://127.0.0.1:{server.server_address[1]}"
        done = subprocess.run(
            ["sh", CURL, "livez"], cwd=folder, env=around, capture_output=True, timeout=60, check=False
        )
        server.shutdown()
    assert (done.returncode, came) == (0, ["pharos_a_b%s"]), done.stderr
    assert "/livez" in shown.read_text()
    assert "pharos_a_b" not in shown.read_text()


@pytest.mark.skipif(shutil.which("java") is None or shutil.which("javac") is None, reason="needs a Java 17 compiler")
def test_the_java_class_compiles_and_gets_answers(folder: Path, address: str, tmp_path: Path) -> None:
    subprocess.run(["javac", "-Xlint:all", "-Werror", "-encoding", "UTF-8", "-d", str(tmp_path), str(folder / JAVA)],
                   check=True, timeout=120)  # fmt: skip
    done = run(["java", "-cp", str(tmp_path), "PharosExample", "nextPosts"], folder, address)
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["results"]) == 3
    lost = run(["java", "-cp", str(tmp_path), "PharosExample", "poem"], folder, address)
    assert (lost.returncode, "nextPosts" in lost.stderr) == (2, True)
