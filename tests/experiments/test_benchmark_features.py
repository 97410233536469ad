"""The feature benchmark still runs, and its jobs still do the same work: all of one size agree on one checksum."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from experiments.benchmarks import features
from experiments.benchmarks.feature_data import write_tables
from experiments.benchmarks.feature_jobs import JOBS
from features import feast_opening

OFFICERS, MONTHS = 30, 3


@pytest.mark.filterwarnings("ignore:Downcasting object dtype:FutureWarning")  # Feast's default store's own
def test_every_way_of_doing_the_work_comes_to_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # one of the jobs puts another in its place
    monkeypatch.setattr(feast_opening, "REPO_FILE", feast_opening.REPO_FILE)
    write_tables(tmp_path, OFFICERS, MONTHS)
    sums = {name: job(tmp_path, OFFICERS, MONTHS) for name, job in JOBS.items()}
    assert min(sums.values()) > 0
    for work in ("snapshots", "training frame"):
        want = sums[f"{work}: {features.OURS}"]
        assert {name: total for name, total in sums.items() if name.startswith(work)} == {
            name: pytest.approx(want, rel=1e-9) for name in sums if name.startswith(work)
        }


def test_the_command_runs_each_job_alone_and_writes_ratios_to_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = (("snapshots: pharos", 1), ("snapshots: by hand", 1))
    monkeypatch.setattr(features, "PLAN", plan)
    features.main(officers=OFFICERS, months=2, out=tmp_path / "features.json")
    ours, unknown = json.loads((tmp_path / "features.json").read_text("utf-8"))["records"]
    assert ours["ratio"] == 1.0
    assert min(ours["seconds"], ours["peak_mib"], ours["checksum"]) > 0
    assert (unknown["checksum"], unknown["said"]) == (None, "KeyError: 'snapshots: by hand'")
    assert unknown["seconds"] is None, "what was not measured"
    assert "snapshots: by hand" in capsys.readouterr().out
