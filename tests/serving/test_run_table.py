"""Every run of the night is on record, on both engines: what it came to, and that it never ended."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from data_contracts.database import Database
from data_contracts.errors import InputRefused, LockHeld, ResultsUnwritable
from data_contracts.settings import Settings
from features import store
from models.audit import audit_database
from serving.night.nightly import NightAsked, score_night
from serving.night.pointer import one_at_a_time
from serving.night.results import results_root
from serving.night.run_table import METADATA, Begun, NightRun, RunTable, State, run_table
from serving.night.tables import runs_table
from tests.postgres import postgresql
from tests.serving.night_force import AS_OF, DECLARED, CountScorer, force, write_snapshot
from tests.serving.test_batch_nightly import BUILDERS

BEGUN = Begun(AS_OF, "risk 1")


class Clock:
    """A minute passes at each look."""

    def __init__(self) -> None:
        self.now = datetime(2016, 12, 1, 3)

    def __call__(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with postgresql(tmp_path_factory.mktemp("server")) as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.server)])
def runs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RunTable]:
    url = f"sqlite:///{tmp_path / 'runs.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("server")
    database = Database(url, "the table of night runs")
    yield RunTable(database, Clock())
    with database.writing(METADATA) as connection:
        for table in METADATA.sorted_tables:
            connection.execute(table.delete())
    database.close()


def refuse(runs: RunTable, error: BaseException) -> None:
    with pytest.raises(type(error)), runs.recorded(BEGUN, never):
        raise error


def never(run: NightRun) -> None:
    raise AssertionError(run)


def test_a_run_is_running_until_it_ends_and_then_says_how(runs: RunTable) -> None:
    assert runs.all() == []

    def fail() -> None:
        with runs.recorded(BEGUN, never):
            [run] = runs.all()
            assert (run.state, run.started_at, run.ended_at) == (State.RUNNING, datetime(2016, 12, 1, 3, 1), None)
            assert (run.as_of, run.model, run.rows_in) == (AS_OF, "risk 1", None)
            raise ZeroDivisionError("o-17 had none")

    with pytest.raises(ZeroDivisionError):
        fail()
    refuse(runs, InputRefused("empty", "its snapshot has no officer"))
    runs.turned_away(BEGUN, LockHeld("wait for the other"))
    failed, refused, away = runs.all()
    assert (failed.state, failed.code, failed.ended_at) == (
        State.FAILED,
        "ZeroDivisionError",
        datetime(2016, 12, 1, 3, 2),
    )
    assert "o-17" not in failed.reason
    assert (refused.state, refused.code, refused.reason) == (
        State.REFUSED,
        "input_empty",
        "its snapshot has no officer",
    )
    assert (away.state, away.code, away.started_at == away.ended_at) == (State.REFUSED, "lock_held", True)


def test_a_run_that_never_ended_is_told_at_the_next_start_and_once_only(runs: RunTable) -> None:
    leaves = runs.recorded(BEGUN, never)
    leaves.__enter__()  # and nobody leaves: the process was killed
    told: list[NightRun] = []
    for _ in range(2):
        with pytest.raises(LockHeld), runs.recorded(BEGUN, told.append):
            raise LockHeld("enough")
    assert [(run.number, run.state) for run in told] == [(runs.all()[0].number, State.RUNNING)]
    assert [run.state for run in runs.all()] == [State.INTERRUPTED, State.REFUSED, State.REFUSED]


def test_a_night_that_cannot_be_recorded_is_not_run(tmp_path: Path) -> None:
    runs = RunTable(Database("postgresql+psycopg://nobody@127.0.0.1:1/none", "the table of night runs"), Clock())
    with pytest.raises(ResultsUnwritable, match="the table of night runs cannot be used"), runs.recorded(BEGUN, never):
        raise AssertionError("it was run")
    runs.turned_away(BEGUN, LockHeld("what went wrong first is what is told"))


@pytest.fixture
def small(state: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(store, "declared_features", lambda: DECLARED)
    write_snapshot(state, force(100))
    return state


def scored(state: Settings) -> str:
    console = Console(width=200, record=True, file=io.StringIO())
    score_night(NightAsked(AS_OF), state, BUILDERS, console, CountScorer())
    return console.export_text()


def test_the_nights_of_a_deployment_as_people_see_them(small: Settings) -> None:
    scored(small)
    scored(small)
    with one_at_a_time(results_root(small)), pytest.raises(LockHeld):
        scored(small)
    leaves = run_table(small, Clock()).recorded(BEGUN, never)
    leaves.__enter__()
    assert "run 4 of 2016-12-01 03:01 UTC as of 2016-12-01 was interrupted" in scored(small)
    runs = run_table(small, Clock()).all()
    states = ["published", "nothing_to_do", "refused", "interrupted", "nothing_to_do"]
    assert [run.state.value for run in runs] == states
    assert (runs[0].rows_in, runs[0].published, runs[0].quarantined, runs[0].duplicates) == (100, 100, 0, 0)
    console = Console(width=250, record=True, file=io.StringIO())
    console.print(runs_table(runs, 3))
    text = console.export_text()
    assert "the last 3 of 5 runs" in text
    assert "lock_held: another scoring run" in text
    assert "2016-12-01 03:01" in text
    assert "risk 1: 100 in = 100 published + 0 quarantined + 0 twice" in text


def test_a_publish_that_cannot_be_audited_does_not_come_into_force(
    small: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.audit_head.mkdir(parents=True)  # where a file should be written
    with pytest.raises(ResultsUnwritable):
        scored(small)
    assert not (results_root(small) / "LATEST").exists()
    small.audit_head.rmdir()
    scored(small)
    assert (results_root(small) / "LATEST").exists()
    assert [run.state for run in run_table(small, Clock()).all()] == [State.REFUSED, State.PUBLISHED]
    with audit_database(small).reading(METADATA) as connection:
        bodies = connection.exec_driver_sql("SELECT body FROM audit_lines").scalars().all()
    assert [body for body in bodies if '"action":"night_published"' in body and '"models":["risk 1"]' in body]
