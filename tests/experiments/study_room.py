"""A small bureau and studies of it for tests: an export in the state, fits of a few trees, and a run to be killed."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

from rich.console import Console

from data_contracts.settings import Settings
from experiments.studies.reading import read_study
from experiments.studies.run import Asked, Run, Tested
from experiments.studies.running import run_study

TEXT = """
kind = "risk"
title = { zh = "试验", en = "A trial" }
notes = { zh = "供测试。", en = "For tests." }
baseline = "count_rule"
peers = ["count_rule", "logistic"]

[data]
source = "simulator"
bureau = { officers = 140, years = 6, seed = 5, end = 2026-01-01 }

[test]
as_ofs = [2023-07-01, 2024-07-01]
months = 12
outcomes = ["strain"]

[tune]
trials = 3
folds = 2
sampling = { startup_trials = 2 }

[[candidate]]
name = "tuned"
tuned = true
settings = { members = ["boosted"], held_out_years = 1, least_positives = 2.0, boosted = { num_leaves = 5 } }
notes = { zh = "按搜索所得设置。", en = "As the search found." }
"""


def written(folder: Path, text: str = TEXT, name: str = "trial") -> Path:
    """The study as a file."""
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def run_in(state: Path, study: Path, workers: int | None = None) -> str:
    """Run a study; what it printed."""
    console = Console(file=io.StringIO(), width=80)
    run_study(Asked(read_study(str(study)), Settings(state=state), workers=workers), console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


if __name__ == "__main__":  # killed while a model is fitted, as a power cut would
    done: list[str] = []
    real = Run.score

    def killed(run: Run, tested: Tested, params: object) -> object:
        if len(done) == int(sys.argv[3]):
            os.kill(os.getpid(), 9)
        done.append(tested.step)
        return real(run, tested, params)  # type: ignore[arg-type]

    Run.score = killed  # type: ignore[method-assign, assignment]
    run_in(Path(sys.argv[1]), Path(sys.argv[2]))
