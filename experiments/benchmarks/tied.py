"""A command that does not outlive whoever runs it, nor does what it started: a killed run leaves nothing behind.

Between the two stands a small process (this file, run by itself) that holds one end of a pipe. However the other end is
closed, be it by kill -9, it ends the command with its whole process group. What makes a session of its own escapes it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path


def run(command: Sequence[str], folder: Path, env: Mapping[str, str], seconds: float) -> tuple[int, str]:
    """Exit status of a command (128 and the signal where one ended it), and its standard output.

    Raises subprocess.TimeoutExpired after `seconds`; the command and what it started have ended then.
    """
    theirs, ours = os.pipe()
    try:
        process = subprocess.Popen(
            [sys.executable, "-I", __file__, *command], cwd=folder, env=env, text=True,
            stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
    finally:
        os.close(theirs)
    with process:  # waits for it
        try:
            told, _ = process.communicate(timeout=seconds)
        finally:
            os.close(ours)
    return process.returncode, told


def main(command: Sequence[str]) -> int:
    """Run it until it ends, or until the other end of standard input is closed."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    threading.Thread(target=_watch, args=(process.pid,), daemon=True).start()
    try:
        status = process.wait()
    finally:  # an interrupt too
        _end(process.pid)
    return status if status >= 0 else 128 - status


def _watch(group: int) -> None:
    while os.read(0, 1024):
        pass
    _end(group)


def _end(group: int) -> None:
    with suppress(ProcessLookupError):  # nothing of it runs any more
        os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
