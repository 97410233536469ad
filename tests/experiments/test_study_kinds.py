"""Studies of next posts and of courses on a small bureau, on an export in a folder, and with workers."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from data_contracts.errors import InvalidInput, NotReady
from data_contracts.settings import Settings
from data_contracts.simulator.simulation import Plan
from data_contracts.simulator.write import write_simulation
from experiments.studies.ground import ground_of
from experiments.studies.reading import read_study
from experiments.studies.run import Asked, Run
from tests.experiments.study_room import TEXT, run_in, written
from training.posts.fit import FitSettings

POSTS = """
kind = "next-post"
title = { zh = "岗位", en = "Posts" }
baseline = "markov"
peers = ["markov"]
data = { source = "simulator", bureau = { officers = 120, years = 6, seed = 5, end = 2026-01-01 } }
test = { as_ofs = [2025-01-01], months = 12 }
tune = { trials = 2, folds = 1 }
[[candidate]]
name = "net"
tuned = true
settings = { nets = 1, min_steps = 5, min_holdout = 5 }
"""
COURSES = """
kind = "courses"
title = { zh = "课程", en = "Courses" }
baseline = "recent_popularity_30d"
peers = ["recent_popularity_30d", "item_knn"]
data = { source = "simulator" }
test = { as_ofs = [2025-07-01], months = 2 }
[[candidate]]
name = "trees"
settings = { rounds = 10, days = 120, most_weeks = 4 }
"""


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export")
    write_simulation(Plan(200, 6, 5, date(2026, 1, 1)), folder)
    return folder


def boards_of(state: Path, name: str) -> dict[str, list[str]]:
    told = json.loads((state / "experiments" / name / "compare.json").read_text("utf-8"))
    return {board["part"]: [one["model"] for one in board["standings"]] for board in told["boards"]}


@pytest.mark.slow
@pytest.mark.skipif("PHAROS_LONG" not in os.environ, reason="half a minute of two processes; set PHAROS_LONG=1")
def test_next_posts_are_studied_by_stratum_with_two_workers(tmp_path: Path) -> None:
    state = tmp_path / "state"
    printed = run_in(state, written(tmp_path, POSTS, "posts"), workers=2)
    found = boards_of(state, "posts")
    assert set(found) == {"all", "novel"}
    assert set(found["all"]) == {"markov", "net"}
    assert "NDCG@10" in printed
    kept = json.loads((state / "experiments" / "posts" / "steps" / "tune.json").read_text("utf-8"))["made"]
    assert kept["judged"] == 2
    assert {one["state"] for one in kept["trials"]} <= {"complete", "pruned"}
    net = next(one for one in json.loads((state / "experiments" / "posts" / "study.json").read_text("utf-8"))["tests"]
               if one["model"] == "net")  # fmt: skip
    assert net["cost"]["bytes"] > 1000
    assert net["cost"]["fit_cpu_seconds"] > 0


@pytest.mark.slow
def test_courses_of_an_export_are_studied(export: Path, tmp_path: Path) -> None:
    text = COURSES.replace('source = "simulator"', f'source = "chicago", folder = "{export}"')
    study = written(tmp_path, text, "courses-here")
    asked = Asked(read_study(str(study)), Settings(state=tmp_path / "state"))
    run = Run(asked)
    run.ground.__dict__["frames"] = simulated_frames(export)  # a city's folder would be read by its own reader
    (exam,) = run.loaded.exams()
    for model in asked.study.models:
        made = run.loaded.score(exam, model, run.way(model, {}))
        assert set(made.rows["part"]) >= {"all", "elective"}
        assert made.rows["ndcg_at_10"].between(0, 1).all()
        assert not made.rows.duplicated(["officer_id", "part", "item"]).any()
        assert (made.cost.bytes is not None) == (model == "trees")


@pytest.mark.slow
def test_next_posts_are_scored_and_searched_on_a_bureau(tmp_path: Path) -> None:
    run = Run(Asked(read_study(str(written(tmp_path, POSTS, "posts"))), Settings(state=tmp_path / "state")))
    run.asked.folder.mkdir(parents=True)  # as the lock of a run does
    (exam,) = run.loaded.exams()
    rows = {}
    for model in ("markov", "net"):
        made = run.loaded.score(exam, model, run.way(model, {}))
        rows[model] = made.rows
        assert set(made.rows["part"]) == {"all", "novel"}
        assert made.rows[["ndcg_at_10", "hr_at_10"]].isin([0, 1]).any().all(), "some are right, or wrong, for certain"
        assert not made.rows.duplicated(["officer_id", "part", "item"]).any()
        assert (made.cost.bytes is not None) == (model == "net")
        assert made.n_train > 50
    keys = ["officer_id", "part", "item"]
    pd.testing.assert_frame_equal(rows["markov"][keys], rows["net"][keys])
    after = run.ground.frames["postings"]["started_on"] >= pd.Timestamp(exam.day)
    assert len(rows["net"].query("part == 'all'")) <= after.sum(), "only moves after the day are asked"
    reported: list[int] = []
    value = run.loaded.objective(run.kind.settings_of({"nets": 1, "min_steps": 5, "min_holdout": 5}))(
        {"decay": 0.1}, lambda step, _: reported.append(step)
    )
    assert isinstance(value, float)
    assert 0 < value <= 4
    assert reported == [0], "one fold is asked"


@pytest.mark.slow
def test_settings_of_courses_are_judged_before_the_first_test_day(export: Path, tmp_path: Path) -> None:
    text = COURSES.replace('source = "simulator"', f'source = "chicago", folder = "{export}"')
    run = Run(Asked(read_study(str(written(tmp_path, text, "courses-here"))), Settings(state=tmp_path / "state")))
    frames = simulated_frames(export)
    run.ground.__dict__["frames"] = frames
    way = run.kind.settings_of({"rounds": 5, "days": 120, "most_weeks": 4})
    value = run.loaded.objective(way)({"num_leaves": 7}, lambda *_: None)
    assert isinstance(value, float)
    assert 0 < value < 1
    taken = frames["course_completions"]
    cut = {**frames, "course_completions": taken[taken["occurred_on"] < pd.Timestamp(2025, 7, 1)]}
    early = Run(run.asked)
    early.ground.__dict__["frames"] = cut
    before = early.kind.load(early.ground).objective(way)  # its tests could not be made
    assert before({"num_leaves": 7}, lambda *_: None) == value, "nothing that was taken later is seen"


def simulated_frames(export: Path) -> Mapping[str, pd.DataFrame]:
    from features.ingest import frames_of

    return frames_of("simulator", export)


def test_settings_of_a_search_stand_over_those_of_a_candidate(tmp_path: Path) -> None:
    run = Run(Asked(read_study(str(written(tmp_path, POSTS, "posts"))), Settings(state=tmp_path / "state")))
    way = run.way("net", {"decay": 0.25})
    assert isinstance(way, FitSettings)
    assert (way.decay, way.nets) == (0.25, 1)
    assert run.way("markov", {"decay": 0.25}) is None


def test_records_that_are_not_there_are_told(tmp_path: Path) -> None:
    use = Settings(state=tmp_path / "state")
    city = TEXT.replace('source = "simulator"', 'source = "chicago"').replace(
        "bureau = { officers = 140, years = 6, seed = 5, end = 2026-01-01 }", ""
    )
    chicago = read_study(str(written(tmp_path, city, "city")))
    with pytest.raises(InvalidInput, match="no folder is named; give --data DIR"):
        ground_of(chicago, use)
    with pytest.raises(InvalidInput, match="is no folder; give --data DIR"):
        ground_of(chicago, use, tmp_path / "none")
    own = read_study(str(written(tmp_path, city.replace('"chicago"', '"history"'), "own")))
    with pytest.raises(NotReady, match="pharos ingest"):
        ground_of(own, use)
    with pytest.raises(InvalidInput, match="leave --data out"):
        ground_of(own, use, tmp_path)
    assert not (use.experiments_dir / "own").exists()
