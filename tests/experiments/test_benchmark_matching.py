"""The matching benchmark still runs, and its jobs still do the same work: all of one kind agree on one checksum."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from experiments.benchmarks import matching
from experiments.benchmarks.matching_jobs import JOBS, random_input


def test_every_way_of_doing_the_work_comes_to_the_same() -> None:
    given = random_input(400)
    absent = set() if importlib.util.find_spec("matching") else {"matching: package matching"}
    sums = {name: job(given) for name, job in JOBS.items() if name not in absent}
    assert min(sums.values()) > 0
    for name, total in sums.items():
        assert total == pytest.approx(sums[f"{name.split(':')[0]}: {matching.OURS}"], rel=1e-9)


def test_the_small_form_runs_each_job_alone_and_writes_ratios_to_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(matching, "PLAN", (("matching: pharos", 10), ("matching: by hand", 10)))
    matching.main(small=True, out=tmp_path / "matching.json")
    ours, unknown = json.loads((tmp_path / "matching.json").read_text("utf-8"))["records"]
    assert (ours["officers"], ours["ratio"]) == (100, 1.0)
    assert min(ours["seconds"], ours["cpu_seconds"], ours["peak_mib"], ours["checksum"]) > 0
    assert (unknown["checksum"], unknown["said"]) == (None, "KeyError: 'matching: by hand'")
    assert unknown["seconds"] is None, "what was not measured"
    assert "matching: by hand" in capsys.readouterr().out
