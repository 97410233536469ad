"""Real small disks and real read-only folders, where we may mount: faults that no mode bit shows to root."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from data_contracts.errors import NotReady

MOUNT, UMOUNT = "mount", "umount"


@cache
def may_mount() -> bool:
    """Whether this process may mount: root, with the programs, and not in a box that forbids it."""
    if os.geteuid() != 0 or shutil.which(MOUNT) is None or shutil.which("unshare") is None:
        return False
    tried = [*_program("unshare"), "-m", "sh", "-c", "mount -t tmpfs -o size=64k none /mnt"]
    return subprocess.run(tried, capture_output=True, check=False).returncode == 0


@contextmanager
def small_disk(place: Path, kib: int) -> Iterator[None]:
    """A file system of its own of that size at `place`; raises NotReady where we may not mount."""
    if not may_mount():
        raise NotReady("a small disk can be mounted by root only; run this as root")
    place.mkdir(parents=True, exist_ok=True)
    _run(MOUNT, "-t", "tmpfs", "-o", f"size={kib}k", "tmpfs", str(place))
    try:
        yield
    finally:
        released(place)


def read_only(folder: Path) -> None:
    """Mount a folder upon itself so that nobody can write into it; raises NotReady where we may not."""
    if not may_mount():
        raise NotReady("a folder can be made read-only for everybody by root only; run this as root")
    folder.mkdir(parents=True, exist_ok=True)
    _run(MOUNT, "--bind", str(folder), str(folder))
    _run(MOUNT, "-o", "remount,ro,bind", str(folder))


def released(below: Path) -> None:
    """Unmount everything at or under a place, the innermost first."""
    lines = Path("/proc/self/mounts").read_text("utf-8").splitlines()
    places = [line.split()[1].replace("\\040", " ") for line in lines]
    root = str(below.resolve())
    for place in sorted((place for place in places if place == root or place.startswith(f"{root}/")), reverse=True):
        _run(UMOUNT, "-l", place)


def _run(name: str, *words: str) -> None:
    subprocess.run([*_program(name), *words], check=True, capture_output=True)


def _program(name: str) -> list[str]:
    return [shutil.which(name) or name]
