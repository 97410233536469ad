"""The command's JSON is stable: every model, every stratum, every comparison, and a published split."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from data_contracts.errors import InvalidInput
from experiments.backtests.course_tables import gain_line
from experiments.backtests.courses import CourseBacktest, _cuts, asked_window, backtest_courses, run_backtest
from experiments.backtests.reporting import Report
from tests.training.course_lives import completions, force
from training.courses.fit import CourseFit

MODELS = {"recent_popularity_30d", "recent_popularity_90d", "ease", "item_knn", "directed_cooccurrence",
          "recent_x_ease", "pharos"}  # fmt: skip
STRATA = ("all", "wave", "elective", "new_course")
RECORD = {
    "model", "stratum", "train_until", "test_until", "officers", "items", "takings", "hr_at_10", "ndcg_at_10",
    "recall_at_10", "ndcg_at_10_low", "ndcg_at_10_high", "fit_seconds",
}  # fmt: skip
COMPARISON = {"stratum", "as_of", "metric", "model", "versus", "difference", "low", "high"}
UNLIKE = ("fit_seconds", "train_until", "test_until")  # between files that are numbered differently
QUICK = CourseFit(sets_a_week=15, most_weeks=6, rounds=20)
MAPPING = """
[course_completions]
file = "lessons.csv"
[course_completions.columns]
officer_id = "pupil"
course_id = "lesson"
occurred_on = {when}
"""


def lessons(folder: Path, frame: pd.DataFrame, when: str, name: str = "lessons.csv") -> None:
    named = frame.rename(columns={"officer_id": "pupil", "course_id": "lesson", "occurred_on": "when"})
    named[["pupil", "lesson", "when"]].to_csv(folder / name, index=False)
    (folder / "map.toml").write_text(MAPPING.replace("{when}", when), encoding="utf-8")


@pytest.fixture
def mapped(tmp_path: Path) -> CourseBacktest:
    lessons(tmp_path, completions(force(officers=30, weeks=48)), '"when"')
    return CourseBacktest("mapped", tmp_path, "2019-10-31", "20191130", tmp_path / "map.toml", fit=QUICK)


def test_completions_and_a_mapping_are_enough(mapped: CourseBacktest, tmp_path: Path) -> None:
    out, console = tmp_path / "deep" / "courses.json", Console(record=True, width=160)
    run_backtest(mapped, out, console)
    report = json.loads(out.read_text(encoding="utf-8"))
    assert set(report) == {"protocol", "data", "records", "comparisons"}
    assert {(one["model"], one["stratum"]) for one in report["records"]} == {(m, s) for m in MODELS for s in STRATA}
    assert all(set(one) == RECORD for one in report["records"])
    assert all(set(one) == COMPARISON and one["low"] <= one["high"] for one in report["comparisons"])
    found = {one["model"]: one for one in report["records"] if one["stratum"] == "all"}
    best = max(found, key=lambda name: found[name]["ndcg_at_10"])
    assert best == "pharos"
    assert found["pharos"]["ndcg_at_10_low"] > found["recent_popularity_30d"]["ndcg_at_10_high"]
    assert found["ease"]["ndcg_at_10"] < found["recent_popularity_30d"]["ndcg_at_10"]  # it knows no new course
    new = {one["model"]: one for one in report["records"] if one["stratum"] == "new_course"}
    assert new["ease"]["hr_at_10"] == 0.0
    assert new["pharos"]["items"] < found["pharos"]["items"]
    assert report["data"]["refreshed"] == "weekly"
    assert report["data"]["takings"] == found["pharos"]["takings"]
    told = console.export_text()
    assert "peak memory" in told
    assert "times the NDCG@10 of recent_popularity_30d" in told
    assert "of courses nobody had taken by 2019-10-31" in told


def test_a_published_split_is_ranked_from_its_training_part(tmp_path: Path) -> None:
    rows = completions(force(officers=30, weeks=40)).sort_values("occurred_on", ignore_index=True)
    place = rows.groupby("officer_id").cumcount() + 1
    numbered = rows.assign(occurred_on=place)
    late = place > numbered.groupby("officer_id")["occurred_on"].transform("max") - 3
    lessons(tmp_path, numbered[~late], '{column = "when", format = "order"}')
    lessons(tmp_path, numbered[late], '{column = "when", format = "order"}', "test.csv")
    asked = CourseBacktest("mapped", tmp_path, None, None, tmp_path / "map.toml", tmp_path / "test.csv", fit=QUICK)
    report = backtest_courses(asked)
    assert report.data["refreshed"] == "never"
    assert report.data["takings"] == int(late.sum())
    assert set(report.data["hashes"]) >= {"test.csv", "map.toml", "lessons.csv"}
    found = {one["model"]: one["hr_at_10"] for one in report.records if one["stratum"] == "all"}
    assert found["pharos"] > found["recent_popularity_90d"]
    ordered = asked_window(replace(asked, test_file=None, train_until="2000-01-10", test_until="2000-02-01"))
    assert ordered.history.step == 1


def test_a_published_order_is_a_place_in_ones_own_sequence_and_nothing_more(tmp_path: Path) -> None:
    rows = completions(force(officers=30, weeks=40)).sort_values("occurred_on", ignore_index=True)
    place = rows.groupby("officer_id").cumcount() + 1
    late = place > place.groupby(rows["officer_id"]).transform("max") - 3
    number = rows["officer_id"].rank(method="dense").astype(int)
    found = []
    for name, position in {"alike": place, "unlike": 7 * number * place + 400 * (number % 5)}.items():
        folder = tmp_path / name
        folder.mkdir()
        told = rows.assign(occurred_on=position)
        lessons(folder, told[~late], '{column = "when", format = "order"}')
        lessons(folder, told[late].assign(occurred_on=position + 90 * number), '{column = "when", format = "order"}',
                "test.csv")  # fmt: skip
        asked = CourseBacktest("mapped", folder, None, None, folder / "map.toml", folder / "test.csv", fit=QUICK)
        report = backtest_courses(asked)
        found.append([{key: one[key] for key in one if key not in UNLIKE} for one in report.records])
    assert found[0] == found[1], "numbered from one or anyhow, the sequences are the same"
    everything = {one["model"]: one["ndcg_at_10"] for one in found[1] if one["stratum"] == "all"}
    assert everything["pharos"] > everything["recent_popularity_90d"]


def test_what_is_asked_for_must_make_sense(mapped: CourseBacktest) -> None:
    with pytest.raises(InvalidInput, match="not after"):
        _cuts(replace(mapped, test_until="2019-10-31"))
    with pytest.raises(InvalidInput, match="--test-file"):
        _cuts(replace(mapped, train_until=None))
    with pytest.raises(InvalidInput, match="--mapping"):
        asked_window(CourseBacktest("new_york", mapped.data, test_file=mapped.data))


def test_no_gain_is_told_where_there_is_nothing_to_compare() -> None:
    names = ("recent_popularity_30d", "recent_popularity_90d", "pharos")
    records = [{"stratum": "all", "model": name, "ndcg_at_10": None} for name in names]
    assert gain_line(Report({}, records)) is None
