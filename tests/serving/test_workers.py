"""Two workers behind one address, as processes: one audit chain, one rate limit, one sum of counters, one version of a
model; a worker that dies is replaced, and none outlives its parent."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import httpx
import pytest

from data_contracts.audit.chain import Action, lines
from data_contracts.errors import NotReady
from data_contracts.settings import Settings
from models.audit import audit_database, verify
from serving.access.api_keys import KeyAsked
from serving.access.credential import AccessScope
from serving.api.meters import counted
from serving.api.shared_rate import SharedRate
from serving.workers import Supervisor, as_environment, bound_socket
from tests.processes import PLAIN
from tests.serving.key_room import added
from tests.serving.stand_in_worker import OFFICERS, add, promote

ROOT = Path(__file__).resolve().parents[2]
TODAY = date(2026, 11, 1)
REQUESTS = 200
pytestmark = [pytest.mark.server, pytest.mark.slow]


@dataclass
class Service:
    """A running parent with two workers, and what is needed to look behind it."""

    use: Settings
    process: subprocess.Popen[bytes]
    address: str
    key: str

    def ask(self, path: str = "/v1/risk") -> httpx.Response:
        """On a connection of its own, so that any worker may take it."""
        headers = {"x-api-key": self.key}
        if path != "/v1/risk":
            return httpx.get(self.address + path, headers=headers, timeout=60.0, verify=PLAIN)
        asked = {"officer_ids": OFFICERS[:2]}
        return httpx.post(self.address + path, headers=headers, json=asked, timeout=60.0, verify=PLAIN)

    def answered(self) -> set[tuple[int, str]]:
        """Which processes answered with which version since the folder was emptied."""
        found = [path.name.split("-") for path in (self.use.state / "answered").iterdir()]
        return {(int(pid), version) for pid, version in found}

    def forget(self) -> None:
        for path in (self.use.state / "answered").iterdir():
            path.unlink()

    def workers(self) -> set[int]:
        """The processes that the parent started and that live."""
        told = subprocess.run(["ps", "--ppid", str(self.process.pid), "-o", "pid="], capture_output=True, text=True)
        return {int(one) for one in told.stdout.split()}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with started(tmp_path_factory.mktemp("workers")) as service:
        yield service


@pytest.fixture
def doomed(tmp_path: Path) -> Iterator[Service]:
    """One for a test alone, which spends its rate and kills it: tests come in any order."""
    with started(tmp_path) as service:
        yield service


@contextmanager
def started(state: Path) -> Iterator[Service]:
    use = Settings(state=state, today=TODAY)
    add(use, "1")
    add(use, "2")
    promote(use, "1")
    asked = KeyAsked("all", frozenset(AccessScope), None, TODAY + timedelta(days=30))
    key = added(use, asked, TODAY)[1]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    told = {"PHAROS_STATE": use.state, "PHAROS_TODAY": TODAY, "PHAROS_PORT": port, "PHAROS_WORKERS": 2}
    environment = {**os.environ, **{name: str(value) for name, value in told.items()}}
    environment |= {"PHAROS_CHAMPION_CHECK_SECONDS": "0", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.serving.stand_in_supervisor"]
    with (use.state / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=log, stderr=log)
    service = Service(use, process, f"http://127.0.0.1:{port}", key)
    try:
        until(lambda: both_answer(service), "two workers answer", use)
        yield service
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def until(holds: Callable[[], bool], what: str, use: Settings, seconds: float = 240.0) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if holds():
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    pytest.fail(f"not within {seconds:g} s: {what}\n{(use.state / 'log').read_text()[-2000:]}")


def both_answer(service: Service) -> bool:
    """Ask until each of the two workers has answered with its own process."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: service.ask().status_code, range(8)))
    return len({pid for pid, _ in service.answered() if pid in service.workers()}) == 2


def test_two_hundred_at_once_make_one_audit_chain(running: Service) -> None:
    running.forget()
    before = len(list(lines(audit_database(running.use))))
    with ThreadPoolExecutor(REQUESTS) as pool:
        found = list(pool.map(lambda _: running.ask().status_code, range(REQUESTS)))
    assert set(found) <= {200, 429, 503, 504}, "504 on a machine that is busy with other things"
    answered = found.count(200)
    assert answered >= 20
    assert len(running.answered()) == 2, "both took their part"
    assert verify(running.use).good
    told = [str(row["body"]) for row in lines(audit_database(running.use))][before:]
    held = sum(Action.RISK_READ.value in line for line in told)
    assert answered <= held <= REQUESTS - found.count(503) - found.count(429), "no answer left without its line"


def test_counters_are_those_of_both(running: Service) -> None:
    def told() -> float:
        found = counted(running.ask("/metrics").content, "pharos_requests_total")
        return found['route="/v1/risk",status="200"']

    before = told()
    with ThreadPoolExecutor(8) as pool:
        good = list(pool.map(lambda _: running.ask().status_code, range(24))).count(200)
    assert {told() - before for _ in range(6)} == {float(good)}, "whichever worker is asked"


def test_a_promoted_version_is_taken_up_by_every_worker(running: Service) -> None:
    before = running.workers()
    for version in ("2", "1"):
        promote(running.use, version)
        running.process.send_signal(signal.SIGHUP)
        until(partial(only, running, version), f"both answer with version {version}", running.use, 90.0)
        assert {pid for pid, _ in running.answered()} == before
    assert running.workers() == before, "nobody was restarted for it"
    assert verify(running.use).good


def only(service: Service, version: str) -> bool:
    service.forget()
    return both_answer(service) and {one for _, one in service.answered()} == {version}


def test_a_killed_worker_is_replaced_while_the_other_serves(running: Service) -> None:
    first, second = sorted(running.workers())
    os.kill(first, signal.SIGKILL)
    running.forget()
    time.sleep(0.3)
    assert {running.ask().status_code for _ in range(10)} == {200}
    until(lambda: len(running.workers()) == 2 and both_answer(running), "two serve again", running.use)
    assert second in running.workers()
    assert first not in running.workers()
    assert verify(running.use).good


def test_a_rate_is_of_the_service_and_workers_end_with_their_parent_however_it_went(doomed: Service) -> None:
    folder = environment_of(sorted(doomed.workers())[0])["PHAROS_SHARED_DIR"]
    assert {environment_of(pid)["PHAROS_SHARED_DIR"] for pid in doomed.workers()} == {folder}
    rate = SharedRate(200.0, 400, Path(folder) / "rate")  # a third process, with the same table
    asked = threading.Event()

    def spend() -> None:  # all the while, for the rate fills up again as slow machines answer
        while not asked.is_set():
            rate.take(f"key:{doomed.key.split('_')[1]}", time.monotonic())

    spender = threading.Thread(target=spend)
    spender.start()
    try:
        with ThreadPoolExecutor(8) as pool:
            assert 429 in set(pool.map(lambda _: doomed.ask().status_code, range(32)))
    finally:
        asked.set()
        spender.join()
        rate.close()
    workers = doomed.workers()
    assert len(workers) == 2
    doomed.process.kill()
    doomed.process.wait(timeout=10)
    until(lambda: not any(Path("/proc", str(pid)).exists() for pid in workers), "all are gone", doomed.use, 30.0)


def environment_of(pid: int) -> dict[str, str]:
    told = Path("/proc", str(pid), "environ").read_bytes().split(b"\0")
    return dict(one.decode().partition("=")[::2] for one in told if b"=" in one)


def test_workers_that_end_as_they_start_end_the_service(tmp_path: Path) -> None:
    use = Settings(state=tmp_path, workers=2)
    with bound_socket("127.0.0.1", 0) as bound:
        refused = Supervisor(use, (sys.executable, "-c", "raise SystemExit(1)"))
        with pytest.raises(NotReady, match="as soon as it had started"):
            refused.run(bound)
    assert all(one.process.poll() is not None for one in refused.workers)


def test_an_address_that_is_taken_is_told_before_anything_starts() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(NotReady, match="PHAROS_PORT"):
        bound_socket("127.0.0.1", other.getsockname()[1])


def test_workers_read_the_settings_of_their_parent(tmp_path: Path) -> None:
    use = Settings(
        state=tmp_path, workers=3, today=TODAY, sandbox=True, oidc_algorithms=("ES256", "RS256"), database_url="x"
    )
    told = {**as_environment(use)}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in told.items():
            patch.setenv(name, value)
        assert Settings() == use
