"""What a benchmark writes with `--out`: its figures, and when, on what machine and of which code they were seen."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from data_contracts.strict_json import without_nan

HOUSE = Path(__file__).resolve().parent.parent.parent
RESULTS = Path(__file__).with_name("results")  # what benchmarks wrote that stands in the repository
PAGE = Path(__file__).with_name("RESULTS.md")


def keep(out: Path, figures: Mapping[str, Any], state: Path | None = None) -> None:
    """Write figures as JSON with their run beside them; `state` where they hang on one, of which the name is told."""
    run = {"on": date.today().isoformat(), "machine": machine(), "commit": commit(), "command": command(state)}
    told = json.dumps(without_nan({"run": run, **figures}), indent=1, ensure_ascii=False, allow_nan=False)
    out.write_text(told + "\n", "utf-8")


def machine() -> str:
    """Its size in neutral words, such as `2 cores, 23 GiB`."""
    gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{len(os.sched_getaffinity(0))} cores, {gib:.0f} GiB"


def commit() -> str:
    """The commit that ran, and whether the code had changes on top of it; `unknown` outside of a repository."""
    results = [f":!{one.relative_to(HOUSE)}" for one in (RESULTS, PAGE)]
    try:
        head = _git("rev-parse", "--short=9", "HEAD")
        changed = _git("status", "--porcelain", "--untracked-files=no", "--", ".", *results)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{head} with changes" if changed else head


def command(state: Path | None = None, arguments: Sequence[str] | None = None) -> str:
    """How to run it again, without the file it writes.

    >>> command(Path("/anywhere/demo-7"), ["--times", "50", "--out", "/tmp/a.json"]).split(" ", 1)[0]
    'PHAROS_STATE=demo-7'
    """
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    words = list(sys.argv[1:] if arguments is None else arguments)
    if "--out" in words:
        place = words.index("--out")
        del words[place : place + 2]
    before = [] if state is None else [f"PHAROS_STATE={state.resolve().name}"]
    return " ".join([*before, "python -m", spec.name if spec else "?", *words])


def _git(*words: str) -> str:
    program = shutil.which("git") or "git"
    return subprocess.run([program, *words], cwd=HOUSE, capture_output=True, text=True, check=True).stdout.strip()
