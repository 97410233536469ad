"""A real PostgreSQL for tests: its own folder, a free loopback port, stopped by its process id."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

OWNER = "postgres"  # the server refuses to run as root
START_SECONDS = 60.0


def binaries() -> Path:
    """Where initdb and postgres lie; skips aloud where they do not, fails in CI."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    named = shutil.which("initdb")
    if found or named:
        return (found[-1] if found else Path(str(named))).parent
    reason = "PostgreSQL is not installed; run `sh tests/debian.sh` as root"
    if os.environ.get("CI"):
        pytest.fail(f"in CI nothing may be skipped: {reason}")
    pytest.skip(reason)


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """The address of an empty database, as SQLAlchemy writes it; the server ends with the block."""
    bin_dir, data = binaries(), folder / "postgresql"
    data.mkdir(parents=True)
    user = OWNER if os.geteuid() == 0 else None
    if user is not None:
        shutil.chown(data, user, user)
        _open_the_way(data)
    run = {"user": user, "cwd": "/", "env": {**os.environ, "HOME": str(data), "LC_ALL": "C.UTF-8"}}
    initial = [bin_dir / "initdb", "-D", data, "-A", "trust", "-U", OWNER, "-E", "UTF8", "--no-sync"]
    subprocess.run(initial, check=True, capture_output=True, **run)  # type: ignore[call-overload]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off"]
    command = [bin_dir / "postgres", "-D", data, "-p", str(port), *settings]
    with (folder / "postgresql.log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, **run)  # type: ignore[call-overload]
        try:
            _until_ready(server, port, folder / "postgresql.log")
            yield f"postgresql+psycopg://{OWNER}@127.0.0.1:{port}/postgres"
        finally:
            server.send_signal(signal.SIGINT)  # its fast shutdown: sessions that a test left open are ended
            server.wait(timeout=30)


@contextmanager
def frozen(port: int) -> Iterator[None]:
    """The server at a port and all its children stand still: the kernel acknowledges for them, and nobody answers."""
    with psycopg.connect(host="127.0.0.1", port=port, user=OWNER, dbname="postgres") as told:
        where = told.execute("SHOW data_directory").fetchone()
    assert where is not None
    first = int((Path(where[0]) / "postmaster.pid").read_text().split()[0])
    all_of_them = [first, *_children(first)]
    try:
        for one in all_of_them:
            os.kill(one, signal.SIGSTOP)
        yield
    finally:
        for one in all_of_them:
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGCONT)


def _children(process: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def _open_the_way(data: Path) -> None:
    """The server's user must be able to walk to its folder, which lies under a folder of ours."""
    home = Path(pwd.getpwuid(os.geteuid()).pw_dir)
    for above in data.parents:
        if above != home and above.stat().st_uid == os.geteuid() and not above.stat().st_mode & 0o001:
            above.chmod(above.stat().st_mode | 0o011)


def _until_ready(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and server.poll() is None:
        try:
            psycopg.connect(host="127.0.0.1", port=port, user=OWNER, dbname="postgres", connect_timeout=2).close()
            return
        except psycopg.OperationalError:
            time.sleep(0.1)
    pytest.fail(f"PostgreSQL did not start: {log.read_text(errors='replace')[-500:]}")
