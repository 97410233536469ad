"""A study from its TOML to its leaderboard: run once, killed and gone on with, read back, compared, in MLflow."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

import pharos
from data_contracts.errors import InvalidInput, LockHeld
from data_contracts.settings import Settings
from experiments.studies.comparing import Wanted, compared, done_studies, kept
from experiments.studies.reading import read_study
from experiments.studies.run import Asked, Run, every_test
from experiments.studies.steps import Steps
from features.erasing import erase_in_files
from models import registry
from tests.experiments.study_room import TEXT, run_in, written
from training.tracking import COMMIT, NOTE, PARENT

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
TESTS = 6


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, study: Path) -> tuple[Settings, str]:
    """A study that was run whole, and what it printed."""
    state = tmp_path_factory.mktemp("whole") / "state"
    return Settings(state=state), run_in(state, study)


def log_of(use: Settings) -> list[str]:
    return (use.experiments_dir / "trial" / "steps.log").read_text("utf-8").splitlines()


def figures_of(use: Settings) -> object:
    """What the leaderboard says, without what a clock measured."""
    told = json.loads((use.experiments_dir / "trial" / "compare.json").read_text("utf-8"))
    return [[{**one, "cost": one["cost"]["bytes"]} for one in board["standings"]] for board in told["boards"]]


def test_a_study_is_searched_tested_compared_and_logged(told: tuple[Settings, str]) -> None:
    use, printed = told
    assert log_of(use).count("done tune") == 1
    assert sum(line.startswith("done score-") for line in log_of(use)) == TESTS
    assert log_of(use).index("done features") < log_of(use).index("begun tune"), "no trial is thought to take as long"
    told_as_it_went = ("page ", "study trial")
    assert all(len(line) <= 80 or line.startswith(told_as_it_went) for line in printed.splitlines()), printed
    assert "超负荷 · strain" in printed
    assert "参照" in printed
    page = (use.experiments_dir / "trial" / "compare.html").read_text("utf-8")
    assert "试验" in page
    assert "data:image/png" in page
    for name in ("compare-strain", "cost-strain"):
        assert (use.experiments_dir / "trial" / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        assert "<svg" in (use.experiments_dir / "trial" / f"{name}.svg").read_text("utf-8")


def test_a_run_that_is_killed_goes_on_and_repeats_nothing(
    told: tuple[Settings, str], study: Path, tmp_path: Path
) -> None:
    whole, _ = told
    use = Settings(state=tmp_path / "state")
    command = [sys.executable, "-m", "tests.experiments.study_room", str(use.state), str(study), "3"]
    assert subprocess.run(command, cwd=ROOT, check=False, timeout=120).returncode == -signal.SIGKILL
    before = log_of(use)
    assert sum(line.startswith("done score-") for line in before) == 3
    assert "3 of 6 tests stand from an earlier run, 3 are left" in run_in(use.state, study)
    after = log_of(use)[len(before) :]
    assert not {line for line in before if line.startswith("done ")} & set(after), "no step that was done is repeated"
    assert sorted({line for line in log_of(use) if line.startswith("done ")}) == sorted(
        line for line in log_of(whole) if line.startswith("done ")
    )
    assert figures_of(use) == figures_of(whole)
    for one in every_test(read_study(str(study))):
        resumed, unbroken = (pd.read_parquet(one.path(place.experiments_dir / "trial")) for place in (use, whole))
        pd.testing.assert_frame_equal(resumed, unbroken)
    lines = len(log_of(use))
    run_in(use.state, study)
    assert len(log_of(use)) == lines, "a finished study does nothing more, and leaves no new run in MLflow"


def test_another_model_is_tested_and_the_rest_is_not_again(
    told: tuple[Settings, str], study: Path, tmp_path: Path
) -> None:
    use = Settings(state=tmp_path / "state")
    shutil.copytree(told[0].experiments_dir, use.experiments_dir)
    before = len(log_of(use))
    changed = written(tmp_path, TEXT.replace('"logistic"]', '"logistic", "lightgbm"]'))
    run_in(use.state, changed)
    begun = [line for line in log_of(use)[before:] if line.startswith("begun ")]
    assert begun == [*(f"begun score-{day}-strain-lightgbm" for day in ("2023-07-01", "2024-07-01")), "begun record"]


def test_two_runs_of_one_study_do_not_meet(told: tuple[Settings, str], study: Path) -> None:
    with Steps(told[0].experiments_dir / "trial").alone(), pytest.raises(LockHeld, match="another run of the study"):
        run_in(told[0].state, study)


def test_what_is_kept_of_officers_can_be_erased(told: tuple[Settings, str], study: Path, tmp_path: Path) -> None:
    folder = tmp_path / "experiments"
    shutil.copytree(told[0].experiments_dir, folder)
    scores = every_test(read_study(str(study)))[0].path(folder / "trial")
    officer = str(pd.read_parquet(scores)["officer_id"].iloc[0])
    assert erase_in_files(folder, officer) > TESTS
    assert officer not in set(pd.read_parquet(scores)["officer_id"])
    assert officer not in set(pd.read_parquet(folder / "trial" / "features.parquet")["officer_id"])


def test_features_that_were_kept_are_those_that_were_computed(told: tuple[Settings, str], study: Path) -> None:
    run = Run(Asked(read_study(str(study)), told[0]))
    again = run.loaded.rows.frame  # type: ignore[attr-defined]  # of a study of risk
    from training.risk.dataset import rows_from_tables

    day = max(again["as_of"])
    kept_rows = again[again["as_of"] == day].reset_index(drop=True)
    pd.testing.assert_frame_equal(kept_rows, rows_from_tables(run.ground.frames, [day.date()]).frame)


def test_mlflow_has_tags_notes_records_pictures_and_a_line_by_day(told: tuple[Settings, str]) -> None:
    use, _ = told
    client = registry.client(use)
    runs = client.search_runs([client.get_experiment_by_name("study-trial").experiment_id])
    by_part = {part: [run for run in runs if run.data.tags["pharos.part"] == part] for part in
               ("study", "model", "search")}  # fmt: skip
    assert [len(some) for some in by_part.values()] == [1, 3, 1]
    whole = by_part["study"][0]
    tags = whole.data.tags
    assert {tags[f"pharos.{name}"] for name in ("study", "source", "outcomes", "months")} == {
        "trial", "simulator", "strain", "12",
    }  # fmt: skip
    assert tags["pharos.as_ofs"] == "2023-07-01,2024-07-01"
    assert {"data_hash", "pharos.features_hash", "pharos.version", COMMIT} <= set(tags)
    assert "| # | model |" in tags[NOTE]
    assert "供测试" in tags[NOTE]
    (seen,) = whole.inputs.dataset_inputs
    assert (seen.dataset.name, seen.dataset.digest) == ("simulator", tags["data_hash"])
    assert json.loads(seen.dataset.profile)["rows.duty_months"] > 100
    assert {item.path for item in client.list_artifacts(whole.info.run_id, "pictures")} >= {
        "pictures/compare-strain.png", "pictures/cost-strain.svg",
    }  # fmt: skip
    for run in by_part["model"]:
        assert run.data.tags[PARENT] == whole.info.run_id
        steps = [point.step for point in client.get_metric_history(run.info.run_id, "strain.by_day")]
        assert sorted(steps) == [20230701, 20240701]
        assert run.inputs.dataset_inputs[0].dataset.digest == tags["data_hash"]
        pictures = [item.path for item in client.list_artifacts(run.info.run_id, "pictures")]
        assert pictures == ["pictures/model-strain.png"], "whoever compares runs in MLflow sees one of each"
    assert len({frozenset(run.data.metrics) for run in by_part["model"]}) == 1, "the same names, side by side"
    searched = by_part["search"][0]
    assert "3 judged" in searched.data.tags[NOTE]
    assert searched.inputs.dataset_inputs[0].tags[0].value == "validation"
    tuned = next(run for run in by_part["model"] if run.data.tags["pharos.model"] == "tuned")
    assert {"rounds", "learning_rate", "boosted.num_leaves"} <= set(tuned.data.params)
    assert "strain.from_reference.low" in tuned.data.metrics
    assert tuned.data.metrics["cost.bytes"] > 1000


def test_compare_takes_models_against_each_other(told: tuple[Settings, str], tmp_path: Path) -> None:
    use, _ = told
    assert done_studies(use) == ["trial"]
    assert kept(use, "trial").models == ["count_rule", "logistic", "tuned"]
    found = compared(Wanted(use, ["trial/tuned", "trial/logistic"], "logistic", tmp_path / "out"))
    (board,) = found.boards
    assert {one.name for one in board.standings} == {"tuned", "logistic"}
    assert board.reference == "logistic"
    assert found.page == tmp_path / "out" / "compare.html"
    best = compared(Wanted(use, ["trial"], "best", tmp_path / "best")).boards[0]
    assert best.standings[0].name == best.reference
    assert all(one.behind is None or one.behind.difference <= 0 for one in best.standings)


@pytest.mark.parametrize(
    ("names", "against", "words"),
    [
        (["nothing"], "baseline", r"no study 'nothing' was run in this state \(trial\)"),
        (["trial/none"], "baseline", "it has count_rule, logistic, tuned"),
        (["trial"], "none", "use best, baseline, or one of count_rule"),
    ],
)
def test_compare_says_what_there_is(told: tuple[Settings, str], names: list[str], against: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        compared(Wanted(told[0], names, against))


def test_the_commands_list_and_compare(told: tuple[Settings, str], monkeypatch: pytest.MonkeyPatch) -> None:
    use, _ = told
    monkeypatch.setattr("experiments.commands.edge.settings", lambda: use)
    listed = CliRunner().invoke(pharos.app, ["experiment", "list"])
    assert listed.exit_code == 0, listed.output
    assert "risk-small" in listed.output
    assert "trial" in listed.output
    told_too = CliRunner().invoke(pharos.app, ["compare", "--study", "trial"])
    assert told_too.exit_code == 0, told_too.output
    assert "compare.html" in told_too.output
    client = registry.client(use)
    runs = client.search_runs([client.get_experiment_by_name("study-trial").experiment_id])
    (asked,) = [run for run in runs if run.data.tags["pharos.part"] == "comparison"]
    assert [one.path for one in client.list_artifacts(asked.info.run_id)] == ["comparison", "pictures"]
