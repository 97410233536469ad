"""`pharos score` at the command line: each way a night can end has its own number, and says which it was."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import pharos
from data_contracts.errors import NotReady, PharosError
from data_contracts.night_exits import MEANING, NightExit, told_exits
from data_contracts.settings import Settings, settings
from experiments.benchmarks.killed_night import Asked, ended, started
from features import store
from serving.night import nightly
from serving.night.exits import exit_of
from serving.night.pointer import one_at_a_time
from serving.night.results import latest_run, results_root
from tests.serving.night_force import AS_OF, DECLARED, CountScorer, force, write_snapshot

BEFORE = date(2016, 11, 1)


@pytest.fixture
def there(state: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A state with two snapshots and a stand-in for the champion; the clock stands on the newer's day."""
    monkeypatch.setenv("PHAROS_TODAY", AS_OF.isoformat())
    settings.cache_clear()
    monkeypatch.setattr(store, "declared_features", lambda: DECLARED)
    monkeypatch.setattr(nightly, "_champion_scorer", lambda *_: CountScorer())
    write_snapshot(state, force(100, seed=1), BEFORE)
    write_snapshot(state, force(100))
    return state


def score(*words: str) -> Result:
    return CliRunner().invoke(pharos.app, ["score", *words])


def words_of(told: Result) -> str:
    """What was printed, without the breaks of a narrow terminal."""
    return " ".join(told.output.split())


def test_published_then_nothing_to_do_then_put_in_force_then_an_old_day(there: Settings) -> None:
    first = score()
    assert (first.exit_code, "published, in force" in words_of(first)) == (NightExit.PUBLISHED, True)
    again = score("--as-of", AS_OF.isoformat())
    assert (again.exit_code, "nothing was done" in words_of(again)) == (NightExit.NOTHING_TO_DO, True)
    (results_root(there) / "LATEST").unlink()  # as if it had been killed before the pointer moved
    healed = score()
    assert (healed.exit_code, "put in force now" in words_of(healed)) == (NightExit.PUBLISHED, True)
    old = score("--as-of", BEFORE.isoformat())
    assert (old.exit_code, "a later day stays in force" in words_of(old)) == (NightExit.PUBLISHED, True)
    assert latest_run(there).manifest.as_of == AS_OF
    listed = CliRunner().invoke(pharos.app, ["night", "runs", "--last", "2"])
    assert listed.exit_code == 0
    assert "the last 2 of 4 runs" in listed.output


@pytest.mark.parametrize(
    ("spoil", "words", "status", "code"),
    [
        (lambda _: None, ("--as-of", "2016-12-02"), NightExit.INPUT_REFUSED, "input_missing: "),
        (lambda path: path.parent.rename(path.parent.with_name("as_of=2016-11-20")), (), NightExit.INPUT_REFUSED,
         "input_late: "),
        (lambda path: force(50).to_parquet(path), (), NightExit.INPUT_REFUSED, "input_smaller: "),
        (lambda path: force(50).to_parquet(path), ("--accept", "smaller"), NightExit.PUBLISHED, ""),
        (lambda _: None, ("--accept", "anything"), NightExit.MISUSE, "invalid_input: "),
        (lambda _: None, ("--as-of", "yesterday"), NightExit.MISUSE, "invalid_input: "),
    ],
)  # fmt: skip
def test_a_refused_input_says_which_and_the_night_before_stays(
    there: Settings, spoil: Callable[[Path], object], words: tuple[str, ...], status: NightExit, code: str
) -> None:
    assert score("--as-of", BEFORE.isoformat()).exit_code == NightExit.PUBLISHED
    spoil(there.snapshot_dir / "officers" / f"as_of={AS_OF}" / "part-0.parquet")
    told = score(*words)
    assert told.exit_code == status, told.output
    assert code in told.output
    assert latest_run(there, verify=True).manifest.as_of == (AS_OF if status is NightExit.PUBLISHED else BEFORE)


def test_the_lock_held_by_another_process(there: Settings) -> None:
    with one_at_a_time(results_root(there)):
        told = score()
    assert (told.exit_code, "lock_held: another scoring run" in told.output) == (NightExit.LOCK_HELD, True)


def test_a_damaged_night_and_a_place_that_cannot_be_written(there: Settings) -> None:
    assert score().exit_code == NightExit.PUBLISHED
    part = latest_run(there).folder / "part-00000.parquet"
    part.chmod(0o644)
    part.write_bytes(part.read_bytes()[::-1])
    told = score()
    assert (told.exit_code, "results_damaged: " in told.output) == (NightExit.DAMAGED, True)
    lock = results_root(there) / ".lock"
    lock.unlink()
    lock.mkdir()
    told = score()
    assert (told.exit_code, "results_unwritable: " in told.output) == (NightExit.UNWRITABLE, True)
    assert "Is a directory" in words_of(told)
    listed = CliRunner().invoke(pharos.app, ["night", "runs", "--last", "1"])
    assert "results_unwritable" in words_of(listed)


def test_no_champion(there: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    told = score("--as-of", AS_OF.isoformat())
    assert (told.exit_code, "wrong_model: " in told.output) == (NightExit.WRONG_MODEL, True)


def test_what_is_not_foreseen_is_an_error_and_on_record_as_failed(
    there: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(CountScorer, "__call__", lost)
    assert score().exit_code == NightExit.ERROR
    assert "failed" in CliRunner().invoke(pharos.app, ["night", "runs"]).output
    assert exit_of(NotReady("x")) is exit_of(PharosError("x")) is NightExit.ERROR


def test_every_status_is_in_the_help() -> None:
    assert set(MEANING) == set(NightExit)
    told = " ".join(score("--help").output.split())
    for status, words in MEANING.items():
        assert f"{status.value} {words}" in told
    assert told_exits() in told


def test_two_real_processes_at_once_one_wins(there: Settings) -> None:
    with one_at_a_time(results_root(there)):  # both are up before either may have it
        first = started(Asked(there.state))
        assert ended(first) == NightExit.LOCK_HELD
    pair = [started(Asked(there.state)) for _ in range(2)]
    statuses = sorted(ended(process) for process in pair)
    assert statuses[0] == NightExit.PUBLISHED
    assert statuses[1] in (NightExit.LOCK_HELD, NightExit.NOTHING_TO_DO)
    assert latest_run(there, verify=True).manifest.as_of == AS_OF


def test_a_real_process_ends_with_the_number(state: Settings) -> None:
    code = "import sys; sys.argv = ['pharos', 'score']; from pharos import main; main()"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)
    assert ran.returncode == NightExit.WRONG_MODEL, ran.stderr
    assert ran.stderr.startswith("wrong_model: nothing was published")
