"""The demo, walked once for all tests of a run that need a whole state, whichever worker is first."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

import pharos
from data_contracts.settings import Settings, settings
from experiments.demo import DemoPlan

PLAN = DemoPlan(officers=1500, years=8, seed=7, serve=False)
TODAY = "2026-01-01"


@dataclass(frozen=True)
class WalkedDemo:
    """What the demo printed, and the folder of its state, which nobody writes into."""

    output: str
    state: Path


def walked_in(base: Path) -> WalkedDemo:
    """The demo under `base`: walked there by who comes first, while the others wait."""
    base.mkdir(exist_ok=True)
    told = base / "output.txt"
    with (base / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not told.exists():
            told.write_text(_walk(base), encoding="utf-8")
    return WalkedDemo(told.read_text(encoding="utf-8"), base / PLAN.folder)


def _walk(base: Path) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PHAROS_STATE", str(base))
        settings.cache_clear()
        arguments = ["--officers", str(PLAN.officers), "--years", str(PLAN.years), "--seed", str(PLAN.seed)]
        result = CliRunner().invoke(pharos.app, ["demo", "--no-serve", *arguments], catch_exceptions=False)
    settings.cache_clear()
    assert result.exit_code == 0, result.output
    return result.output


@contextmanager
def standing_on(demo: WalkedDemo, folder: Path) -> Iterator[Settings]:
    """Settings on a copy of the state under `folder`, at the demo's day; the environment is as before at the end."""
    state = folder / PLAN.folder
    shutil.copytree(demo.state, state)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PHAROS_STATE", str(state))
        patch.setenv("PHAROS_TODAY", TODAY)
        settings.cache_clear()
        yield settings()
    settings.cache_clear()
