"""Nobody but its owner looks into a state folder: made so, tightened by an upgrade, and said by the doctor."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

from data_contracts.in_use import held_with_others
from data_contracts.private import open_to_others, tighten
from data_contracts.settings import Settings
from experiments.doctor import check_private

ROOT = Path(__file__).resolve().parents[2]


def rights(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_command_makes_folders_and_files_that_are_its_owners_alone(tmp_path: Path) -> None:
    state = tmp_path / "state"
    asked = [sys.executable, str(ROOT / "pharos.py"), "keys", "add", "hr", "--scope", "risk:read", "--all-units"]
    env = {**os.environ, "PHAROS_STATE": str(state), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(asked, capture_output=True, text=True, env=env, umask=0o022, check=False)
    assert done.returncode == 0, done.stderr
    made = [state, *state.rglob("*")]
    assert len(made) > 4
    assert {path: oct(rights(path)) for path in made if rights(path) & 0o077 and path.suffix != ".pub"} == {}


def test_a_service_makes_the_folder_for_itself(tmp_path: Path) -> None:
    state = tmp_path / "state"
    held = held_with_others(state)
    assert held is not None
    held.close()
    assert rights(state) == 0o700


def test_what_an_earlier_version_left_open_is_named_and_tightened(tmp_path: Path) -> None:
    use = Settings(state=tmp_path / "state")
    assert check_private(use).state == "good"
    for name in ("keys/sign.key", "service/service.db", "results/risk/LATEST"):
        (use.state / name).parent.mkdir(parents=True, exist_ok=True)
        (use.state / name).write_text("x")
        (use.state / name).chmod(0o644)
    use.state.chmod(0o755)
    found = check_private(use)
    assert (found.state, "pharos upgrade" in found.remedy) == ("wrong", True)
    assert str(use.state) in found.seen
    assert tighten(use.state) == [use.state, use.state / "keys/sign.key", use.state / "service/service.db"]
    assert open_to_others(use.state) == []
    assert rights(use.state / "keys/sign.key") == 0o600
    assert check_private(use).state == "good"
