"""What this machine has and lacks for Pharos, and what to do about each lack."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rich.table import Table

from data_contracts.private import open_to_others
from data_contracts.settings import Settings

State = Literal["good", "optional", "wrong"]
NEEDED_DISK_GIB = 5.0
PACKAGES = ("torch", "scikit-learn", "mlflow", "feast", "bentoml", "pandas", "optuna", "lightgbm", "duckdb")


@dataclass(frozen=True)
class Finding:
    """One thing looked at: `good`, `optional` (its absence costs a named extra) or `wrong` (the way is blocked)."""

    subject: str
    state: State
    seen: str
    remedy: str = ""


def examine(settings: Settings) -> list[Finding]:
    """Look at everything the way needs, then at the extras; nothing is changed."""
    checks: list[Callable[[Settings], Finding]] = [
        check_python,
        check_make,
        check_environment,
        check_packages,
        check_disk,
        check_state,
        check_private,
        check_memory,
        check_port,
        check_font,
    ]
    return [check(settings) for check in checks] + [check_program(*program) for program in OPTIONAL_PROGRAMS]


def as_table(findings: list[Finding]) -> Table:
    """The findings as people read them, a remedy beside each lack."""
    marks = {"good": "[green]✓ good[/]", "optional": "[yellow]· optional[/]", "wrong": "[red]✗ wrong[/]"}
    table = Table(title="pharos doctor")
    for head in ("looked at", "state", "seen", "what to do"):
        table.add_column(head, overflow="fold")
    for finding in findings:
        table.add_row(finding.subject, marks[finding.state], finding.seen, finding.remedy)
    return table


OPTIONAL_PROGRAMS = (
    ("Java", ("java",), "the Spark comparison of the window features", "apt-get install default-jre-headless"),
    ("Redis", ("redis-server",), "an online store for many machines", "apt-get install redis-server"),
    (
        "PostgreSQL",
        ("postgres", "pg_ctl", "pg_ctlcluster"),
        "a registry for many machines",
        "apt-get install postgresql",
    ),
    ("Chromium", ("chromium", "chromium-browser", "google-chrome"), "browser tests", "apt-get install chromium"),
)


def check_python(_: Settings) -> Finding:
    """The pins are resolved for CPython 3.11."""
    seen = platform.python_version()
    if seen.startswith("3.11."):
        return Finding("Python", "good", seen)
    return Finding("Python", "wrong", seen, "install Python 3.11 with venv and run: make PYTHON=python3.11 env")


def check_make(_: Settings) -> Finding:
    """`make` carries the two README commands."""
    found = shutil.which("make")
    return Finding("make", "good", "found") if found else Finding("make", "wrong", "absent", "apt-get install make")


def check_environment(_: Settings) -> Finding:
    """A virtual environment keeps the pins apart from the machine's own packages."""
    if sys.prefix != sys.base_prefix:
        return Finding("virtual environment", "good", Path(sys.prefix).name)
    return Finding("virtual environment", "wrong", "none", "run: make env, then .venv/bin/pharos doctor")


def check_packages(_: Settings) -> Finding:
    """The packages of the lock are installed in the versions it names."""
    pins = {name: pin for name, _, pin in (line.partition("==") for line in lock_lines()) if pin}
    wrong = [
        f"{name} {installed_version(name)} (pinned {pins[name]})" for name in PACKAGES if not pin_holds(name, pins)
    ]
    if not wrong:
        return Finding("packages", "good", f"{len(PACKAGES)} of {len(PACKAGES)} as pinned")
    return Finding("packages", "wrong", "; ".join(wrong), "run: make clean env")


def lock_lines() -> list[str]:
    """The lines of the lock beside this checkout; none when Pharos runs from elsewhere."""
    lock = Path(__file__).resolve().parent.parent / "requirements.lock"
    return lock.read_text(encoding="utf-8").splitlines() if lock.exists() else []


def installed_version(name: str) -> str:
    """The installed version without its local part, or `absent`."""
    try:
        return importlib.metadata.version(name).partition("+")[0]
    except importlib.metadata.PackageNotFoundError:
        return "absent"


def pin_holds(name: str, pins: dict[str, str]) -> bool:
    """Whether what is installed is what the lock names; without a lock, whether it is installed at all."""
    version = installed_version(name)
    return version == pins[name] if name in pins else version != "absent"


def check_disk(settings: Settings) -> Finding:
    """Room for the state of a demo and of a backtest."""
    free_gib = shutil.disk_usage(existing_parent(settings.state)).free / 2**30
    if free_gib >= NEEDED_DISK_GIB:
        return Finding("disk", "good", f"{free_gib:.0f} GiB free")
    return Finding(
        "disk", "wrong", f"{free_gib:.1f} GiB free", f"free {NEEDED_DISK_GIB:.0f} GiB or set PHAROS_STATE elsewhere"
    )


def existing_parent(path: Path) -> Path:
    """The nearest folder above `path` that exists."""
    return next(folder for folder in (path.resolve(), *path.resolve().parents) if folder.exists())


def check_state(settings: Settings) -> Finding:
    """The state folder can be written."""
    if os.access(existing_parent(settings.state), os.W_OK):
        return Finding("state folder", "good", str(settings.state))
    return Finding(
        "state folder", "wrong", f"{settings.state} is read-only", "set PHAROS_STATE to a folder you may write"
    )


def check_private(settings: Settings) -> Finding:
    """Nobody but its owner may look into the state folder."""
    found = open_to_others(settings.state)
    if not found:
        return Finding("rights of the state folder", "good", "its owner's alone")
    seen = f"others may look into {found[0]}" + (f" and {len(found) - 1} more" if len(found) > 1 else "")
    return Finding("rights of the state folder", "wrong", seen, "run: pharos upgrade (or chmod -R go= on it)")


def check_memory(_: Settings) -> Finding:
    """The demo needs 4 GiB."""
    gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    if gib >= 4:
        return Finding("memory", "good", f"{gib:.0f} GiB")
    return Finding("memory", "wrong", f"{gib:.1f} GiB", "the demo needs 4 GiB; try: pharos demo --officers 500")


def check_port(settings: Settings) -> Finding:
    """The service's port on loopback is free."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError:
            remedy = "set PHAROS_PORT to a free port; the demo picks one by itself"
            return Finding("port", "optional", f"{settings.port} is taken", remedy)
    return Finding("port", "good", f"{settings.port} is free")


def check_font(_: Settings) -> Finding:
    """Pictures carry Chinese labels where a font can draw them."""
    from training.evaluation.plots import chinese_font

    font = chinese_font()
    if font:
        return Finding("Chinese font", "good", font)
    return Finding("Chinese font", "optional", "none: pictures use English labels", "apt-get install fonts-wqy-zenhei")


def check_program(subject: str, names: tuple[str, ...], serves: str, remedy: str) -> Finding:
    """A program that an extra needs; the default way runs without it."""
    found = next((name for name in names if shutil.which(name)), None)
    if found is None:
        return Finding(subject, "optional", f"absent (only for {serves})", remedy)
    return Finding(subject, "good", version_line(found) if subject == "Java" else "found")


def version_line(program: str) -> str:
    """The first line a program says of itself."""
    said = subprocess.run([program, "-version"], capture_output=True, text=True, check=False, timeout=20)
    lines = (said.stdout + said.stderr).strip().splitlines()
    return lines[0] if lines else "found"
