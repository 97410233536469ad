"""A real Redis for tests: its own folder, a free loopback port, a password, stopped by its process id."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

PASSWORD = "p@ss,word=1:/x"  # every letter that an address or Feast's own way of writing one would trip over
QUOTED = "p%40ss%2Cword%3D1%3A%2Fx"
START_SECONDS = 30.0


@dataclass
class RedisServer:
    """A server that a test may stop, start and freeze; what it held is gone when it stops."""

    port: int
    folder: Path
    options: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None

    def address(self, port: int | None = None) -> str:
        """Its address, with the password, or that of a proxy before it."""
        return f"redis://:{QUOTED}@127.0.0.1:{port or self.port}/0"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        named = ["--port", str(self.port), "--bind", "127.0.0.1", "--requirepass", PASSWORD, "--save", ""]
        command = [program("redis-server"), *named, "--dir", str(self.folder), *self.options]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1.0).close()
                return
            except OSError:
                time.sleep(0.05)
        pytest.fail("Redis did not start")

    def stop(self) -> None:
        """End it as a crash would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(timeout=10)
        self.process = None

    def flush(self) -> None:
        """Empty it."""
        from redis import Redis

        with Redis.from_url(self.address()) as client:
            client.flushall()


def program(name: str) -> str:
    """Where a program lies; skips aloud where it does not, fails in CI."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found:
        return found
    reason = f"{name} is not installed; run `sh tests/debian.sh` as root"
    if os.environ.get("CI"):
        pytest.fail(f"in CI nothing may be skipped: {reason}")
    pytest.skip(reason)


@contextmanager
def redis_server(folder: Path, *options: str) -> Iterator[RedisServer]:
    """A running server; it ends with the block."""
    folder.mkdir(parents=True, exist_ok=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        server = RedisServer(free.getsockname()[1], folder, options)
    server.start()
    try:
        yield server
    finally:
        server.stop()
