"""The benchmark of fits counts our dearer fit against SASRec's, with the settings that its tuning chose."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from experiments.backtests import sasrec_script
from experiments.backtests.sasrec_peer import NAME, Sasrec
from experiments.benchmarks import next_post_fit
from experiments.benchmarks.next_post_fit import CITIES, OURS, Fit, times
from experiments.benchmarks.results import page
from features.ingest import Delivered
from tests.training.careers import postings, two_step_careers


def test_the_dearer_of_our_fits_counts() -> None:
    done = [Fit("chicago", OURS, 9, 2.0, 1.0), Fit("chicago", NAME, 9, 50.0, 30.0), Fit("chicago", OURS, 9, 2.0, 2.0)]
    assert times(done, "chicago") == 15.0


def test_chosen_settings_are_those_of_the_record() -> None:
    """Record 0018: 256 factors, two blocks and ten passes in Chicago; 128 and sixty in New York."""
    chosen = {city: sasrec_script.TRIALS[one.chosen] for city, one in CITIES.items()}
    assert {city: (one["n_factors"], one["n_blocks"], one["epochs"]) for city, one in chosen.items()} == {
        "chicago": (256, 2, 10), "new_york": (128, 2, 60),
    }  # fmt: skip


def test_a_run_fits_ours_around_sasrec_and_its_ratio_stands_on_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[range] = []

    def play(python: Path, data: Any, items: Any, settings: Any, trials: range) -> Sasrec:
        assert 0 < len(items.moves) <= next_post_fit.FEW
        asked.append(trials)
        told = {"fit_seconds": 4e6, "fit_cpu_seconds": 2e6, "settings": {"n_factors": 256}}
        return Sasrec(items.moves.targets[:, None], 4e6, told)

    def delivered(what: Delivered) -> Delivered:
        assert what.path == tmp_path / "chicago"
        return what

    monkeypatch.setattr(next_post_fit, "run_sasrec", play)
    monkeypatch.setattr(next_post_fit, "delivery_of", delivered)
    monkeypatch.setattr(next_post_fit, "versioned", lambda _: {"postings": postings(two_step_careers(400))})
    monkeypatch.setattr(next_post_fit, "fit_pharos", lambda data, settings: sum(range(200_000)))
    next_post_fit.main(["chicago"], tmp_path, Path("python"), tmp_path / "next_post_fit.json")
    told = json.loads((tmp_path / "next_post_fit.json").read_text("utf-8"))
    assert [one["model"] for one in told["records"]] == [OURS, NAME, OURS]
    assert min(one["cpu_seconds"] for one in told["records"]) > 0
    assert asked == [range(3, 4)]
    assert told["times"]["chicago"] == 2e6 / max(one["cpu_seconds"] for one in told["records"] if one["model"] == OURS)
    made = page(tmp_path)
    (line,) = [one for one in made.splitlines() if one.startswith("| Chicago, CPU seconds")]
    assert line.endswith("| yes |")
    (line,) = [one for one in made.splitlines() if one.startswith("| New York, the same")]
    assert "not run" in line
    assert "n_factors 256" in capsys.readouterr().out
