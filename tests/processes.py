"""Servers that tests start: a free port, found aloud or skipped aloud, ended by their own process id."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

START_SECONDS = 120.0  # of a busy machine
PLAIN = httpx.create_ssl_context(verify=False)  # for http: made anew for each question it costs as much as the answer


def program(name: str) -> str:
    """Where a server's program lies; skips aloud where it does not, fails in CI."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found is not None:
        return found
    reason = f"{name} is not installed; run `sh tests/debian.sh` as root"
    if os.environ.get("CI"):
        pytest.fail(f"in CI nothing may be skipped: {reason}")
    pytest.skip(reason)


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def started(command: Sequence[str], port: int, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process once it listens at a port of loopback; it ends with the block."""
    with log.open("ab") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out)
    try:
        until_it_listens(process, port, log)
        yield process
    finally:
        process.terminate()
        process.wait(timeout=30)


def until_it_listens(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Wait until a port takes connections; the test fails where the process ends before."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1.0).close()
            return
        except OSError:
            time.sleep(0.02)
    pytest.fail(f"{process.args!r} did not start: {log.read_text(errors='replace')[-500:]}")
