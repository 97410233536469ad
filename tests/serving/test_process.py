"""The server as a process: it comes up, answers, finishes what has begun on SIGTERM, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.processes import PLAIN

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.server


@pytest.fixture
def process(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[subprocess.Popen[str], str]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PHAROS_STATE": str(tmp_path), "HOME": str(tmp_path)}
    command = [sys.executable, str(ROOT / "tests" / "serving" / "stand_in_server.py"), str(port)]
    command += getattr(request, "param", [])
    started = subprocess.Popen(command, env=environment, cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    try:
        _until_live(started, f"http://127.0.0.1:{port}")
        yield started, f"http://127.0.0.1:{port}"
    finally:
        started.kill()
        started.communicate()


def _until_live(started: subprocess.Popen[str], address: str) -> None:
    end = time.monotonic() + 60.0
    while time.monotonic() < end and started.poll() is None:
        try:
            if httpx.get(f"{address}/livez", timeout=1.0, verify=PLAIN).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    pytest.fail("the server did not come up within a minute")


def test_it_answers_and_stops_when_told(process: tuple[subprocess.Popen[str], str], tmp_path: Path) -> None:
    started, address = process
    answer = httpx.post(f"{address}/v1/risk", json={"officer_ids": ["o-000001"]})
    assert (answer.status_code, answer.json()["results"][0]["grade"]) == (200, "poor")
    ready = httpx.get(f"{address}/readyz").json()
    assert (ready["status"], [one.split()[0] for one in ready["missing"]]) == (
        "ready",
        ["paths", "concerns", "courses"],
    )
    assert _listens_on(httpx.URL(address).port or 0) == ["0100007F"], "127.0.0.1 and nothing else"
    children = subprocess.run(["ps", "--ppid", str(started.pid), "-o", "pid="], capture_output=True, text=True)
    assert children.stdout.split() == [], "one process serves"
    started.send_signal(signal.SIGTERM)
    output, _ = started.communicate(timeout=15)
    assert started.returncode in (0, -signal.SIGTERM)
    assert f"listening on {address}" in output
    assert "o-000001" not in output.partition("listening on")[2].partition("curl")[2].partition("\n")[2]
    assert list(tmp_path.iterdir()) == [], "nothing is written by serving"


@pytest.mark.parametrize("process", [["2.0"]], indirect=True)
def test_told_to_stop_under_load_it_finishes_what_has_begun_and_takes_nothing_new(
    process: tuple[subprocess.Popen[str], str],
) -> None:
    """Answers take 2 s: four are being made and four wait when the signal comes."""
    started, address = process

    def ask(_: int) -> int:
        asked = {"officer_ids": ["o-000001"]}
        return httpx.post(f"{address}/v1/risk", json=asked, timeout=30.0, verify=PLAIN).status_code

    with ThreadPoolExecutor(8) as many:
        answers = [many.submit(ask, number) for number in range(8)]
        time.sleep(1.0)
        started.send_signal(signal.SIGTERM)
        _until_refused(address)
        assert [answer.result() for answer in answers] == [200] * 8
    started.communicate(timeout=15)
    assert started.returncode in (0, -signal.SIGTERM)


def _until_refused(address: str) -> None:
    end = time.monotonic() + 5.0
    while time.monotonic() < end:
        try:
            httpx.get(f"{address}/livez", timeout=1.0, verify=PLAIN)
        except httpx.ConnectError:
            return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    pytest.fail("it still takes connections after SIGTERM")


def _listens_on(port: int) -> list[str]:
    """The addresses (as the kernel writes them) on which something listens at this port."""
    rows = [line.split() for name in ("tcp", "tcp6") for line in Path("/proc/net", name).read_text().splitlines()[1:]]
    return [row[1].partition(":")[0] for row in rows if row[3] == "0A" and int(row[1].partition(":")[2], 16) == port]
