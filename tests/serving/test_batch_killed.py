from __future__ import annotations

import os
import random
import shutil
import signal

import pytest

from data_contracts.settings import Settings
from experiments.benchmarks.killed_night import Asked, night, steps_of
from experiments.benchmarks.night_faults import SETTLED
from serving.night.batch import score
from serving.night.results import latest_run, results_root
from tests.serving.night_force import AS_OF, PARENTS, RULES, CountScorer, force, reader, write_snapshot

LAST = 3
KILLS = int(os.environ.get("PHAROS_TEST_KILLS", "5"))


def published(state: Settings) -> dict[str, bytes]:
    root = results_root(state)
    files = [path for path in root.rglob("*") if path.is_file() and path.name != ".lock"]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def at(state: Settings, name: str) -> Settings:
    other = state.model_copy(update={"state": state.state / name})
    write_snapshot(other, force(100))
    return other


def test_killed_anywhere_the_next_run_ends_with_the_same_bytes(state: Settings) -> None:
    whole = at(state, "whole")
    assert night(Asked(whole.state)) == 0
    steps = steps_of(whole.state)
    want = published(whole)
    assert not [name for name in want if "unfinished" in name or "partial" in name]
    broken = at(state, "broken")
    # Among the last steps the run is published but not yet in force, or not yet on record: they are always there.
    points = sorted(
        {*range(steps - LAST, steps + 1), *random.Random(7).sample(range(1, steps - LAST), max(0, KILLS - LAST - 1))}
    )
    for point in points:
        assert night(Asked(broken.state), point) == -signal.SIGKILL
        if published(broken).get("LATEST") is not None:
            assert latest_run(broken, verify=True).manifest.as_of == AS_OF
        assert night(Asked(broken.state)) in SETTLED
        assert published(broken) == want, point
        _start_over(broken)


def _start_over(state: Settings) -> None:
    (state.state / "places.json").unlink()
    state.audit_mark.unlink(missing_ok=True)
    for made in ("service", "keys"):  # where a case is open or a key is made already, a night takes fewer steps
        shutil.rmtree(state.state / made)
    for path in sorted(results_root(state).rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()


def test_killed_again_and_again_every_finished_chunk_is_kept(state: Settings) -> None:
    broken = at(state, "broken")
    for point in (8, 9, 10):
        assert night(Asked(broken.state), point) == -signal.SIGKILL
    kept = list(results_root(broken).rglob("chunk-*.parquet"))
    assert len(kept) == 5
    assert not (results_root(broken) / "LATEST").exists()


@pytest.mark.parametrize("version", ["1", "2"])
def test_leftovers_of_a_killed_run_do_not_reach_another_model(state: Settings, version: str) -> None:
    broken = at(state, "broken")
    assert night(Asked(broken.state), 8) == -signal.SIGKILL
    scorer = CountScorer(version=version)
    report = score(AS_OF, broken, scorer, rules=RULES, parents=PARENTS, reader=reader(broken), chunk_officers=20)
    assert report.chunks_kept == 0  # another unit tree or another model: another run
    assert report.manifest.models[0].version == version
