from __future__ import annotations

import errno
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from data_contracts.errors import NotReady, PublishRefused
from data_contracts.settings import Settings
from serving.night import batch, manifest
from serving.night.batch import ScoreReport, score
from serving.night.manifest import Counts, Manifest
from serving.night.pointer import one_at_a_time, read_pointer
from serving.night.results import latest_run, results_root
from tests.serving.night_force import AS_OF, PARENTS, RULES, CountScorer, force, reader, write_snapshot


def run(settings: Settings, scorer: CountScorer | None = None, as_of: date = AS_OF) -> ScoreReport:
    return score(
        as_of,
        settings,
        scorer or CountScorer(),
        rules=RULES,
        parents=PARENTS,
        reader=reader(settings),
        chunk_officers=30,
    )


def test_every_officer_is_published_once_for_each_outcome_and_graded_over_the_whole_force(state: Settings) -> None:
    write_snapshot(state, force(200))
    report = run(state)
    assert report.new
    assert report.in_force
    assert report.manifest.counts == Counts(rows_in=200, scored=199, not_scored=1, quarantined=0, duplicates=0)
    rows = latest_run(state, verify=True).officers()
    assert len(rows) == 400
    conduct = rows[rows["outcome"] == "conduct"].set_index("officer_id")
    assert (conduct["grade"] == "poor").sum() == int(0.05 * 199)
    assert (
        conduct["probability"][conduct["grade"] == "poor"].min()
        > conduct["probability"][conduct["grade"] == "fair"].max()
    )
    assert conduct.loc["o-0", "grade"] is None
    assert json.loads(str(conduct.loc["o-0", "because"]))["code"] == "short_history"
    assert conduct["probability"].isna()["o-0"]
    assert report.manifest.grades["conduct"]["poor"] == int(0.05 * 199)


def test_an_answer_belongs_to_its_own_officer(state: Settings) -> None:
    frame = force(64)
    write_snapshot(state, frame)
    run(state)
    rows = latest_run(state).officers(["officer_id", "outcome", "probability", "reasons"], ["o-7"])
    given = frame.set_index("officer_id").loc["o-7"]
    want = given["complaints_24m"] / 10 + given["rate_12m"] / 20
    assert rows["outcome"].tolist() == ["conduct", "strain"]
    assert rows["probability"].tolist() == pytest.approx([want, want], abs=1e-6)
    assert json.loads(rows["reasons"][0])[0]["text"]["en"] == str(given["complaints_24m"])


def test_a_second_run_scores_nothing_and_changes_no_byte(state: Settings) -> None:
    write_snapshot(state, force(100))
    first = run(state)
    before = {path: path.stat().st_mtime_ns for path in results_root(state).rglob("*") if path.is_file()}
    scorer = CountScorer()
    second = run(state, scorer)
    assert (second.new, second.in_force, scorer.calls) == (False, True, 0)
    assert second.manifest == first.manifest
    assert {path: path.stat().st_mtime_ns for path in results_root(state).rglob("*") if path.is_file()} == before


def test_a_backfill_of_an_old_day_leaves_the_pointer_and_a_new_model_moves_it(state: Settings) -> None:
    write_snapshot(state, force(100))
    write_snapshot(state, force(100, seed=1), date(2016, 11, 1))
    newest = run(state)
    old = run(state, as_of=date(2016, 11, 1))
    assert (old.new, old.in_force) == (True, False)
    assert latest_run(state).folder == newest.folder
    assert run(state, CountScorer(version="2")).in_force
    assert latest_run(state).manifest.models[0].version == "2"
    assert newest.folder.exists()


def test_two_at_once_one_wins_the_lock(state: Settings) -> None:
    write_snapshot(state, force(100))
    with one_at_a_time(results_root(state)), pytest.raises(PublishRefused, match="another scoring run"):
        run(state)
    assert run(state).new


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda path: path.unlink(), "no snapshot"),
        (lambda path: force(0).to_parquet(path), "no officer"),
        (lambda path: force(49).to_parquet(path), "49 officers"),
        (lambda path: force(100).drop(columns="rate_12m").to_parquet(path), "rate_12m"),
        (lambda path: path.write_bytes(b"PAR1 but no more"), "nothing was published"),
    ],
    ids=["missing", "empty", "half", "drifted", "corrupt"],
)
def test_a_broken_input_is_refused_and_the_last_run_stays(
    state: Settings, spoil: Callable[[Path], None], says: str
) -> None:
    write_snapshot(state, force(100), date(2016, 11, 1))
    before = run(state, as_of=date(2016, 11, 1))
    spoil(write_snapshot(state, force(100)))
    with pytest.raises(PublishRefused, match=says):
        run(state)
    assert latest_run(state, verify=True).folder == before.folder


def test_duplicates_nameless_rows_and_bad_probabilities_are_counted_exactly(state: Settings) -> None:
    frame = pd.concat([force(100), force(3)], ignore_index=True)
    frame.loc[50, "officer_id"] = None
    write_snapshot(state, frame)
    report = run(state, CountScorer(nan_for="o-9"))
    assert report.manifest.counts == Counts(rows_in=103, scored=97, not_scored=1, quarantined=2, duplicates=3)
    left_out = pq.read_table(report.folder / "quarantine.parquet").to_pandas()
    assert left_out["reason"].tolist() == ["no_officer_id", "not_a_probability"] + ["duplicate"] * 3
    assert left_out["key"].tolist() == ["50", "o-9", "o-0", "o-1", "o-2"]
    assert "o-9" not in set(latest_run(state).officers()["officer_id"])


def test_a_night_in_which_nobody_could_be_scored_is_refused(state: Settings) -> None:
    write_snapshot(state, force(1))
    with pytest.raises(PublishRefused, match="none of 1 officers"):
        run(state)
    assert read_pointer(results_root(state)) is None


def test_a_scorer_that_loses_or_doubles_an_officer_is_refused(state: Settings) -> None:
    class Losing(CountScorer):
        def __call__(self, chunk: pd.DataFrame) -> pd.DataFrame:
            return super().__call__(chunk).iloc[1:]

    class Doubling(CountScorer):
        def __call__(self, chunk: pd.DataFrame) -> pd.DataFrame:
            rows = super().__call__(chunk)
            return pd.concat([rows.iloc[1:], rows.iloc[-1:]])

    write_snapshot(state, force(40))
    for scorer in (Losing(), Doubling()):
        with pytest.raises(PublishRefused, match="mend the scorer"):
            run(state, scorer)


def test_a_model_trained_on_other_features_is_refused(state: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    write_snapshot(state, force(40))
    there = reader(state)
    monkeypatch.setattr(there, "service_hash", lambda service: "another")
    with pytest.raises(PublishRefused, match="trained on another risk_v1"):
        score(AS_OF, state, CountScorer(), rules=RULES, reader=there)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS], ids=["disk full", "read-only"])
def test_a_disk_that_refuses_leaves_the_last_run_in_force(
    state: Settings, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    write_snapshot(state, force(100))
    before = run(state)
    calls = 0

    def refusing(path: Path, content: bytes) -> None:
        nonlocal calls
        calls += 1
        if calls > 5:
            raise OSError(code, "the disk refuses")
        real(path, content)

    real = manifest.write_atomically
    monkeypatch.setattr("serving.night.chunks.write_atomically", refusing)
    with pytest.raises(PublishRefused, match="the disk refuses"):
        run(state, CountScorer(version="2"))
    assert latest_run(state, verify=True).folder == before.folder
    monkeypatch.undo()
    assert run(state, CountScorer(version="2")).chunks_kept == 2


def test_a_flipped_bit_in_a_published_file_is_named(state: Settings) -> None:
    write_snapshot(state, force(100))
    report = run(state)
    path = report.folder / "part-00001.parquet"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(bytes(content))
    with pytest.raises(PublishRefused, match=r"part-00001\.parquet is not what was published"):
        run(state)
    path.unlink()
    with pytest.raises(PublishRefused, match="is missing"):
        latest_run(state, verify=True)


def test_a_damaged_unfinished_chunk_is_scored_again(state: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    write_snapshot(state, force(100))
    whole = run(state).manifest
    scorer = CountScorer()
    other = state.model_copy(update={"state": state.state / "other"})
    write_snapshot(other, force(100))
    monkeypatch.setattr(batch, "assemble", _raise_keyboard_interrupt)
    with pytest.raises(KeyboardInterrupt):
        run(other, scorer)
    chunk = next(results_root(other).rglob("chunk-00002.parquet"))
    chunk.write_bytes(chunk.read_bytes()[:-1])
    monkeypatch.undo()
    again = run(other, scorer)
    assert (scorer.calls, again.chunks_kept) == (5, 3)
    assert again.manifest == whole


def _raise_keyboard_interrupt(*_: object) -> Manifest:
    raise KeyboardInterrupt


def test_a_manifest_that_does_not_agree_with_itself_is_refused(state: Settings) -> None:
    write_snapshot(state, force(40))
    report = run(state)
    path = report.folder / "manifest.json"
    told = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(told | {"output_hash": "0"}), "utf-8")
    with pytest.raises(PublishRefused, match="does not agree with itself"):
        run(state)
    path.write_text("{", "utf-8")
    with pytest.raises(PublishRefused, match="cannot be read"):
        latest_run(state)


def test_a_pointer_to_another_run_or_no_pointer_is_said_clearly(state: Settings) -> None:
    with pytest.raises(NotReady, match="no night has been scored"):
        latest_run(state)
    write_snapshot(state, force(40))
    run(state)
    path = results_root(state) / "LATEST"
    told = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(told | {"output_hash": "0"}), "utf-8")
    with pytest.raises(PublishRefused, match="is not the run"):
        latest_run(state)
    path.write_text("[]", "utf-8")
    with pytest.raises(NotReady, match="cannot be read"):
        read_pointer(results_root(state))


def test_counts_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(PublishRefused, match="10 officers went in and 9 came out"):
        Counts(rows_in=10, scored=8, not_scored=1, quarantined=0, duplicates=0)


def test_grades_are_shares_at_each_horizon_and_overall_counts_the_policys_own(state: Settings) -> None:
    write_snapshot(state, force(200))
    report = run(state, CountScorer(answers=(("conduct", 12), ("conduct", 24), ("strain", 24))))
    rows = latest_run(state).officers()
    assert rows["horizon_months"].tolist()[:3] == [12, 24, 24]
    poor = rows[rows["grade"] == "poor"].groupby(["outcome", "horizon_months"])["officer_id"].agg(set)
    assert set(map(len, poor)) == {int(0.05 * 199)}
    assert poor["conduct", 12].isdisjoint(poor["conduct", 24])  # turned round on purpose
    overall = rows[rows["overall_grade"] == "poor"]["officer_id"]
    assert set(overall) == poor["conduct", 12] | poor["strain", 24]
    assert list(report.manifest.grades) == ["conduct", "conduct_24m", "strain", "overall"]
    assert set(latest_run(state).units()["horizon_months"]) == {12, 24}
