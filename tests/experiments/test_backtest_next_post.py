"""The command's JSON is stable: every model, every stratum, every comparison, whatever the source."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from data_contracts.errors import InvalidInput
from experiments.backtests.next_post import NextPostBacktest, backtest_next_post, run_backtest
from experiments.backtests.reporting import intake_lines
from tests.training.careers import postings, two_step_careers

MODELS = {
    "popularity", "recent_popularity", "markov", "copy_markov", "ease", "item_knn", "als", "directed_cooccurrence",
    "markov_ease", "pharos",
}  # fmt: skip
COMPARISON = {"stratum", "as_of", "metric", "model", "versus", "difference", "low", "high"}
STRATA = ("all", "novel", "short_history", "cold")
RECORD = {
    "model", "stratum", "train_until", "test_until", "n_train", "n_known", "n_test", "items",
    "hr_at_5", "hr_at_10", "ndcg_at_10", "mrr", "fit_seconds",
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
def mapped(tmp_path: Path) -> NextPostBacktest:
    frame = postings(two_step_careers(300)).rename(
        columns={"officer_id": "player", "post_id": "club", "started_on": "since"}
    )
    frame[["player", "club", "since"]].to_csv(tmp_path / "clubs.csv", index=False)
    mapping = tmp_path / "clubs.toml"
    mapping.write_text(MAPPING, encoding="utf-8")
    return NextPostBacktest("mapped", tmp_path, "20201231", "2022-12-31", mapping)


def test_a_mapped_set_needs_a_mapping_and_nothing_else(mapped: NextPostBacktest, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "next.json"
    console = Console(record=True, width=160)
    run_backtest(mapped, out, console)
    report = json.loads(out.read_text(encoding="utf-8"))
    assert set(report) == {"protocol", "data", "records", "comparisons"}
    assert {(one["model"], one["stratum"]) for one in report["records"]} == {(m, s) for m in MODELS for s in STRATA}
    assert all(set(one) == RECORD for one in report["records"])
    assert {one["train_until"] for one in report["records"]} == {"2020-12-31"}
    assert report["data"]["cuts"]["train_until"] == "2020-12-31"
    assert all(set(one) == COMPARISON and one["as_of"] == "2020-12-31" for one in report["comparisons"])
    best = {one["model"]: one["ndcg_at_10"] for one in report["records"] if one["stratum"] == "all"}
    assert best["pharos"] == max(best.values()) > best["markov"]
    against = [one for one in report["comparisons"] if one["stratum"] == "all" and one["versus"] == "markov"]
    assert {one["metric"] for one in against} == {"hr_at_10", "ndcg_at_10"}
    assert all(one["low"] <= one["difference"] <= one["high"] for one in report["comparisons"])
    empty = [one for one in report["records"] if one["stratum"] == "cold"]
    assert all(one["items"] == 0 and one["ndcg_at_10"] is None for one in empty)
    assert report["data"]["hashes"]
    assert report["data"]["bootstrap"]["draws"] == 1000
    told = console.export_text()
    assert "peak memory" in told
    assert report["data"]["intake"]["officers"]["registered"] == 300
    assert "300 registered with unknown attributes" in told
    assert isinstance(report["data"]["notes"], list)


def test_what_the_door_refused_is_told(mapped: NextPostBacktest) -> None:
    with (mapped.data / "clubs.csv").open("a", encoding="utf-8") as file:
        file.write("nobody,a,not a day\n")
    report = backtest_next_post(mapped)
    assert report.data["intake"]["postings"]["quarantined"] == 1
    assert any(line.startswith("postings") for line in intake_lines(report.data["intake"]))


def test_cuts_in_the_wrong_order_are_refused(mapped: NextPostBacktest) -> None:
    wrong = NextPostBacktest(mapped.source, mapped.data, "2022-12-31", "2020-12-31", mapped.mapping)
    with pytest.raises(InvalidInput, match="not after"):
        backtest_next_post(wrong)


def test_rows_after_the_cut_do_not_change_what_is_known(mapped: NextPostBacktest) -> None:
    table = pd.read_csv(mapped.data / "clubs.csv")
    before = backtest_next_post(mapped)
    extra = pd.DataFrame({"player": ["x", "x"], "club": ["q", "r"], "since": ["2023-02-01", "2023-03-01"]})
    pd.concat([table, extra]).to_csv(mapped.data / "clubs.csv", index=False)
    after = backtest_next_post(mapped)
    timed = {"fit_seconds"}
    assert [{k: v for k, v in one.items() if k not in timed} for one in before.records] == [
        {k: v for k, v in one.items() if k not in timed} for one in after.records
    ]
