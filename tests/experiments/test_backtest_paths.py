"""The command's JSON is stable: every model once, its comparisons, strata and times, and a clear refusal."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from data_contracts.errors import InvalidInput
from experiments.backtests.paths import PathBacktest, backtest_paths, run_backtest
from tests.training.careers import postings
from tests.training.path_worlds import ladder_careers

MODELS = {"markov_shortest", "most_frequent", "pharos"}
RECORD = {
    "model", "cases", "path_hit_at_5", "step_hr_at_5", "median_absolute_time_error_months", "interval_coverage",
    "fit_seconds",
}  # fmt: skip
MAPPING = """
[postings]
file = "clubs.csv"
[postings.columns]
officer_id = "player"
post_id = "club"
unit_id = "club"
started_on = "since"
"""


@pytest.fixture
def mapped(tmp_path: Path) -> PathBacktest:
    frame = postings(ladder_careers(250)).rename(
        columns={"officer_id": "player", "post_id": "club", "started_on": "since"}
    )
    frame[["player", "club", "since"]].to_csv(tmp_path / "clubs.csv", index=False)
    mapping = tmp_path / "clubs.toml"
    mapping.write_text(MAPPING, encoding="utf-8")
    return PathBacktest("mapped", tmp_path, "2016-12-31", "2020-12-31", mapping)


def test_the_report_has_every_model_once(mapped: PathBacktest, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "paths.json"
    console = Console(record=True, width=160)
    run_backtest(mapped, out, console)
    report = json.loads(out.read_text(encoding="utf-8"))
    assert set(report) == {"protocol", "data", "records", "comparisons"}
    assert [one["model"] for one in report["records"]] == ["markov_shortest", "most_frequent", "pharos"]
    assert all(set(one) == RECORD for one in report["records"])
    assert "promotions" in report["data"]["skipped"]["rank_step"]
    against = {(one["metric"], one["versus"]) for one in report["comparisons"]}
    peers = ("markov_shortest", "most_frequent")
    assert against == {(metric, peer) for metric in ("path_hit_at_5", "step_hr_at_5") for peer in peers} | {
        ("c_index", "cox")
    }
    strata = {one["stratum"] for one in report["data"]["by_stratum"]}
    assert strata == {"all", "post", "rank_step", "one_step", "two_steps", "longer"}
    ours = report["records"][2]
    assert ours["path_hit_at_5"] > 0.9
    text = console.export_text()
    assert "C-index" in text
    assert "peak memory" in text


def test_windows_that_cannot_be_are_refused(mapped: PathBacktest) -> None:
    with pytest.raises(InvalidInput, match="must follow training"):
        backtest_paths(replace(mapped, test_until="2016-12-31"))
    with pytest.raises(InvalidInput, match="nobody reached a goal"):
        backtest_paths(replace(mapped, train_until="2025-01-01", test_until="2025-06-01"))
