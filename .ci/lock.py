"""Resolve pyproject.toml into the two pinned locks: what runs, and what the tests add."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEADER = "# Made by `make lock` from pyproject.toml for CPython 3.11 on Linux; change the pins there, not here.\n"


def resolve(requirement: str) -> dict[str, str]:
    """Every distribution pip would install for `requirement`, by name; a local version such as +cpu is dropped."""
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet", "--report", "-"]
    report = json.loads(subprocess.run([*command, requirement], cwd=ROOT, check=True, capture_output=True).stdout)
    pins = {
        entry["metadata"]["name"].lower().replace("_", "-"): entry["metadata"]["version"] for entry in report["install"]
    }
    pins.pop("pharos", None)
    return {name: version.partition("+")[0] for name, version in sorted(pins.items())}


def refuse_cuda(pins: dict[str, str]) -> None:
    """A lock that pulls CUDA wheels is a mistake: point pip at PyTorch's CPU build and resolve again."""
    cuda = [name for name in pins if name.startswith(("nvidia-cu", "nvidia-nccl", "cuda-", "triton"))]
    if cuda:
        sys.exit(f"the resolution holds CUDA packages ({', '.join(cuda)}); set TORCH_INDEX to PyTorch's CPU wheels")


def main() -> None:
    """Write both locks."""
    runtime, test = resolve("."), resolve(".[test]")
    refuse_cuda(test)
    moved = {name for name in runtime if test[name] != runtime[name]}
    if moved:
        sys.exit(f"the test extras move runtime pins ({', '.join(sorted(moved))}); pin them in pyproject.toml")
    for name, pins in (("requirements.lock", runtime), ("requirements-test.lock", test)):
        lines = (f"{key}=={pins[key]}\n" for key in pins)
        (ROOT / name).write_text(HEADER + "".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
