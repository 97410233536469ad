"""Several processes behind one address (setting `workers`): who starts them, watches over them and ends them.

The parent binds the address and does nothing else with it. Each worker opens its own desks and then listens, so that
nothing is taken before somebody can answer. A worker that dies is replaced while the others serve; SIGHUP reaches all
of them; SIGTERM lets all finish what has begun. When the parent is gone, however it went, the workers end too.

What must hold for all of them together lies where all of them reach it: the audit chain, cases, keys, logs and records
in their databases; rate limits and counters in a folder that lives as long as the parent. How many requests may be
answered at once is a limit of each worker.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prometheus_client import multiprocess

from data_contracts.errors import NotReady
from data_contracts.settings import Settings

COMMAND = (sys.executable, "-m", "serving.worker")
METRICS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
STOP_SECONDS = 20.0  # a worker finishes within ten
WATCH_SECONDS = 0.1
SHORT_LIFE_SECONDS, MOST_SHORT_LIVES = 10.0, 5
REST_SECONDS, LONGEST_REST_SECONDS = 1.0, 30.0


@dataclass
class Worker:
    """One process; `pipe` is the end whose closing tells it that its parent is gone. `due` is when the next takes its
    place, once it is over."""

    process: subprocess.Popen[bytes]
    pipe: int
    started: float
    due: float | None = None


@dataclass
class Supervisor:
    """The parent; the first worker announces the service."""

    use: Settings
    command: Sequence[str] = COMMAND
    workers: list[Worker] = field(default_factory=list)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _short_lives: int = 0
    _settled: bool = False

    def run(self, bound: socket.socket) -> None:
        """Serve until SIGTERM or SIGINT; raises NotReady where workers end as soon as they start."""
        with tempfile.TemporaryDirectory(prefix="pharos-") as folder:
            shared = Path(folder)
            (shared / "metrics").mkdir()
            try:
                for place in range(self.use.workers):
                    self.workers.append(self._started(bound, shared, announce=place == 0))
                self._watch(bound, shared)
            finally:
                self._end()

    def stop(self) -> None:
        """Let all finish; safe in a signal handler."""
        self._stopping.set()

    def tell_all(self, number: int) -> None:
        """Send a signal to every worker."""
        for worker in list(self.workers):
            worker.process.send_signal(number)

    def _started(self, bound: socket.socket, shared: Path, *, announce: bool) -> Worker:
        theirs, ours = os.pipe()
        told = [str(bound.fileno()), str(theirs), "announce" if announce else "quiet"]
        environment = {
            **os.environ,
            **as_environment(self.use.model_copy(update={"shared_dir": shared})),
            METRICS_VARIABLE: str(shared / "metrics"),
        }
        process = subprocess.Popen([*self.command, *told], env=environment, pass_fds=(bound.fileno(), theirs))
        os.close(theirs)
        return Worker(process, ours, time.monotonic())

    def _watch(self, bound: socket.socket, shared: Path) -> None:
        while not self._stopping.wait(WATCH_SECONDS):
            for place, worker in enumerate(self.workers):
                if worker.due is None and worker.process.poll() is not None:
                    self._gone(worker, shared)
                if worker.due is not None and time.monotonic() >= worker.due:
                    self.workers[place] = self._started(bound, shared, announce=False)

    def _gone(self, worker: Worker, shared: Path) -> None:
        """Clean up after a worker that died; raises NotReady when none ever lived.

        Once the service has stood, the others serve on, and the place is tried again, later each time.
        """
        os.close(worker.pipe)
        worker.pipe = -1
        multiprocess.mark_process_dead(worker.process.pid, str(shared / "metrics"))  # type: ignore[no-untyped-call]
        now = time.monotonic()
        lived = now - worker.started > SHORT_LIFE_SECONDS
        self._settled = self._settled or lived
        self._short_lives = 0 if lived else self._short_lives + 1
        if not self._settled and (worker.process.returncode == 1 or self._short_lives >= MOST_SHORT_LIVES):
            raise NotReady("a worker of the service ended as soon as it had started; what it said stands above")
        worker.due = now + min(LONGEST_REST_SECONDS, REST_SECONDS * self._short_lives)

    def _end(self) -> None:
        self.tell_all(signal.SIGTERM)
        end = time.monotonic() + STOP_SECONDS
        for worker in (one for one in self.workers if one.due is None):
            try:
                worker.process.wait(max(0.0, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                worker.process.kill()
                worker.process.wait()
            if worker.pipe >= 0:
                os.close(worker.pipe)


def bound_socket(host: str, port: int) -> socket.socket:
    """The address, taken and not yet listened on; raises NotReady where somebody else has it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise NotReady(f"port {port} of {host} cannot be had ({error.strerror}); name another (PHAROS_PORT)") from error
    return bound


def as_environment(use: Settings) -> Mapping[str, str]:
    """Settings as a process reads them.

    >>> as_environment(Settings(workers=2))["PHAROS_WORKERS"]
    '2'
    """
    told: Mapping[str, Any] = use.model_dump(mode="json", exclude_defaults=True)
    return {
        f"PHAROS_{name.upper()}": value if isinstance(value, str) else json.dumps(value)
        for name, value in told.items()
        if value is not None
    }


def supervise(use: Settings, host: str, command: Sequence[str] = COMMAND) -> None:
    """Serve with the workers that the settings say, until told to stop. Call it from the main thread."""
    supervisor = Supervisor(use, command)
    signals: Mapping[int, Callable[..., None]] = {
        signal.SIGTERM: lambda *_: supervisor.stop(),
        signal.SIGINT: lambda *_: supervisor.stop(),
        signal.SIGHUP: lambda *_: supervisor.tell_all(signal.SIGHUP),
    }
    for number, handler in signals.items():
        signal.signal(number, handler)
    with bound_socket(host, use.port) as bound:
        supervisor.run(bound)
