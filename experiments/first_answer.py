"""A service of ours as a child process on loopback, and the first questions a newcomer would ask it."""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx
from rich.console import Console
from rich.json import JSON

from data_contracts.errors import NotReady
from data_contracts.settings import Settings

COMMAND_LINE = Path(__file__).resolve().parent.parent / "pharos.py"
START_SECONDS = 120.0
STOP_SECONDS = 20.0
ATTEMPTS, BUSY = 4, (httpx.codes.TOO_MANY_REQUESTS, httpx.codes.GATEWAY_TIMEOUT)
SHOWN = 1  # of each list inside a result; the terminal is no place for all of them


def free_port(host: str, wanted: int) -> int:
    """`wanted` if nobody listens there, else one that the system picks."""
    for port in (wanted, 0):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise NotReady(f"no port is free on {host}; close a program that listens there")


class LiveService:
    """`pharos serve` on the state of `settings`, as a context manager; leaving it stops the process by its id.

    The service watches the pipe that it has for standard input and ends when this process does, however that ends.
    `headers` go with every question: a key, where the state has keys (experiments/own_key.py).
    """

    def __init__(self, settings: Settings, headers: Mapping[str, str] | None = None) -> None:
        self._settings = settings
        self._headers = dict(headers or {})
        self._plain = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # httpx would read all certificates for each question
        self._log = settings.state / "service.log"
        self.port = free_port(settings.host, settings.port)
        self.address = f"http://{settings.host}:{self.port}"

    def __enter__(self) -> LiveService:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, str(COMMAND_LINE), "serve", "--port", str(self.port), "--with-parent"],
                env=self._environment(),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            self._wait_until_ready()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop()

    @property
    def process_id(self) -> int:
        """Of the service, while and after it runs."""
        return self._process.pid

    def ask(self, route: str, body: dict[str, Any]) -> dict[str, Any]:
        """POST a question; raises NotReady with the service's own words unless it answers 200.

        What a busy machine makes it say (too many at once, too slow) is asked again, ATTEMPTS times in all.
        """
        for attempt in range(ATTEMPTS):
            response = httpx.post(
                f"{self.address}{route}",
                json=body,
                headers=self._headers,
                timeout=30.0,
                trust_env=False,
                verify=self._plain,
            )
            if response.status_code == httpx.codes.OK:
                return dict(response.json())
            if response.status_code not in BUSY or attempt == ATTEMPTS - 1:
                break
            time.sleep(float(response.headers.get("retry-after", "1")))
        raise NotReady(f"{route} answered {response.status_code}: {response.text}")

    def wait(self) -> None:
        """Until the service ends or the person presses Ctrl-C."""
        try:
            self._process.wait()
        except KeyboardInterrupt:
            return

    def _environment(self) -> dict[str, str]:
        today = self._settings.today
        clock = {} if today is None else {"PHAROS_TODAY": today.isoformat()}
        return {**os.environ, "PHAROS_STATE": str(self._settings.state.resolve()), **clock}

    def _wait_until_ready(self) -> None:
        deadline, heard = time.monotonic() + START_SECONDS, ""
        while (left := deadline - time.monotonic()) > 0:
            if self._process.poll() is not None:
                raise NotReady(f"the service stopped at its start; it said: {self._last_words()}")
            try:  # the first answer opens the feature store: whoever hangs up and asks again only makes it slower
                patience = httpx.Timeout(left, connect=5.0)
                answer = httpx.get(f"{self.address}/readyz", timeout=patience, trust_env=False, verify=self._plain)
            except httpx.TransportError:
                time.sleep(0.2)  # it does not listen yet
                continue
            if answer.status_code == httpx.codes.OK:
                return
            heard = _detail(answer)
            time.sleep(1.0)
        said = heard or self._last_words()
        raise NotReady(
            f"the service on {self._settings.state} was not ready after {START_SECONDS:.0f} s; it said: {said}"
        )

    def _last_words(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")[-2000:].strip() or "nothing"

    def _stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()


def _detail(answer: httpx.Response) -> str:
    """What a refusal says, in words; its text where it is none of ours."""
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return answer.text


def first_answer(
    service: LiveService, routes: Sequence[str], officer_ids: Sequence[str], console: Console
) -> list[dict[str, Any]]:
    """Ask each route about the officers; print a curl to copy and the answer, shortened. Returns the answers whole."""
    answers = []
    for route in routes:
        body = {"officer_ids": list(officer_ids)}
        asked = json.dumps(body)
        curl = f"curl -s {service.address}{route} -H 'content-type: application/json' -d '{asked}'"
        console.print(curl, markup=False, highlight=False, soft_wrap=True)
        answer = service.ask(route, body)
        console.print(JSON(json.dumps(shortened(answer), ensure_ascii=False)))
        answers.append(answer)
    return answers


def shortened(value: dict[str, Any]) -> dict[str, Any]:
    """The same answer with one entry of each list that lies inside a result, and numbers as people read them.

    >>> shortened({"results": [{"posts": [0.12345, 2, 3]}, {"posts": []}, {}]})
    {'results': [{'posts': [0.1235, '... 2 more']}, {'posts': []}, {}]}
    """
    return {key: [_short(item) for item in part] if isinstance(part, list) else part for key, part in value.items()}


def _short(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _short(part) for key, part in value.items()}
    if isinstance(value, list):
        more = len(value) - SHOWN
        return [*(_short(part) for part in value[:SHOWN]), *([f"... {more} more"] if more > 0 else [])]
    return round(value, 4) if isinstance(value, float) else value
