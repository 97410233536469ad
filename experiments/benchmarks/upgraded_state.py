"""An older checkout makes a state, this one upgrades it.

`python -m experiments.benchmarks.upgraded_state OLD_CHECKOUT`

The long form of tests/serving/test_upgrading.py, which holds a recording and needs no older code. The old checkout
runs with this environment's packages; what it makes is moved before it is upgraded.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from data_contracts.errors import InvalidInput

MAIN = "from pharos import main; main()"
STEPS: tuple[tuple[str, ...], ...] = (
    ("simulate", "--officers", "60", "--years", "3"),
    ("ingest", "{state}/simulated", "--source", "simulator"),
    ("keys", "add", "an old system", "--scope", "risk:read", "--all-units"),
)
CHECKS: tuple[tuple[str, ...], ...] = (("upgrade", "--check"), ("upgrade",), ("upgrade",), ("keys", "list"), STEPS[1])


def run(checkout: Path, state: Path, words: tuple[str, ...]) -> None:
    """One command of a checkout on a state folder; raises CalledProcessError."""
    told = [word.format(state=state) for word in words]
    sys.stdout.write(f"$ pharos {' '.join(told)}\n")
    sys.stdout.flush()
    use = {**os.environ, "PHAROS_STATE": str(state)}
    subprocess.run([sys.executable, "-c", MAIN, *told], cwd=checkout, env=use, check=True)


def upgraded(old: Path, new: Path) -> None:
    """Make a state with `old`, move it, upgrade it with `new` twice, and use it."""
    if not (old / "pharos.py").is_file():
        raise InvalidInput(f"{old} is no checkout of this project; make one with `git worktree add OLD COMMIT`")
    with tempfile.TemporaryDirectory() as name:
        made, moved = Path(name, "made"), Path(name, "moved")
        for words in STEPS:
            run(old, made, words)
        made.rename(moved)
        for words in CHECKS:
            run(new, moved, words)


if __name__ == "__main__":
    upgraded(Path(sys.argv[1]).resolve(), Path.cwd())
