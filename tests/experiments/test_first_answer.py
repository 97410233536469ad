"""The service of the demo: it never outlives the demo, however that ends, and it stops when it is told to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from data_contracts.errors import NotReady
from data_contracts.settings import Settings
from experiments import first_answer
from experiments.first_answer import LiveService

HERE = Path(__file__).parent
pytestmark = pytest.mark.server


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-ins run as programs of their own, which must find our packages and the tests' desks."""
    monkeypatch.setenv("PYTHONPATH", str(HERE.parents[1]))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_service_dies_with_the_program_that_started_it(number: signal.Signals, tmp_path: Path) -> None:
    command = [sys.executable, str(HERE / "keeps_serving.py"), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        line = parent.stdout.readline() if parent.stdout else ""
        assert line, (tmp_path / "service.log").read_text("utf-8")
        child, address = int(line.split()[0]), line.split()[1]
        try:
            assert httpx.get(f"{address}/livez", trust_env=False).status_code == 200
            os.kill(parent.pid, number)
            parent.wait(10.0)
            assert _within(20.0, lambda: not _runs(child)), "the service outlived its parent"
            with pytest.raises(httpx.TransportError):
                httpx.get(f"{address}/livez", trust_env=False)
        finally:
            parent.kill()
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)


def test_leaving_the_service_stops_it_and_a_service_that_cannot_start_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(first_answer, "COMMAND_LINE", HERE / "stand_in_pharos.py")
    with LiveService(Settings(state=tmp_path)) as service:
        assert service.ask("/v1/risk", {"officer_ids": ["o-000001"]})["results"][0]["grade"] == "poor"
        with pytest.raises(NotReady, match="422"):
            service.ask("/v1/risk", {"officer_ids": []})
    assert not _runs(service.process_id)
    monkeypatch.setattr(first_answer, "COMMAND_LINE", HERE / "no_such_file.py")
    with pytest.raises(NotReady, match="no_such_file"), LiveService(Settings(state=tmp_path)):
        pytest.fail("it cannot start")


def _runs(process: int) -> bool:
    """Whether a process is there and is no zombie that waits for somebody to ask for its end."""
    try:
        return Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _within(seconds: float, done: Callable[[], bool]) -> bool:
    end = time.monotonic() + seconds
    while not done() and time.monotonic() < end:
        time.sleep(0.1)
    return done()
