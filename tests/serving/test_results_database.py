"""Results in a real PostgreSQL: whole nights only, whatever is killed, and a night refused without it."""

from __future__ import annotations

import json
import os
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from data_contracts.audit.chain import lines
from data_contracts.database import Database
from data_contracts.errors import InvalidInput, ResultsUnwritable
from data_contracts.policy import policy
from data_contracts.settings import Settings
from experiments.benchmarks.results_seen import emptied, rows_of, rows_seen
from models.audit import audit_database
from serving.night import results_database as module
from serving.night.batch import Publisher, ScoreReport, Terms, score
from serving.night.pointer import Move
from serving.night.results import PublishedRun, latest_run
from serving.night.results_database import ResultsDatabase, results_database
from tests.postgres import postgresql
from tests.serving.night_force import AS_OF, PARENTS, RULES, CountScorer, force, reader, write_snapshot

pytestmark = pytest.mark.server
BEFORE, LONG_AGO = date(2016, 11, 1), date(2016, 10, 1)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Not under pytest's folder, which every session closes again: a server that recovers walks to its own."""
    with tempfile.TemporaryDirectory() as folder, postgresql(Path(folder)) as url:
        yield url


@pytest.fixture
def url(server: str) -> Iterator[str]:
    yield server
    emptied(server)


@pytest.fixture
def there(state: Settings, url: str) -> Settings:
    """The night before is in force, in the files and in the database."""
    for day in (LONG_AGO, BEFORE, AS_OF):
        write_snapshot(state, force(100, seed=day.month), day)
    settings = state.model_copy(update={"results_url": url})
    run(settings, BEFORE)
    return settings


def run(settings: Settings, as_of: date = AS_OF, version: str = "1", into: Publisher | None = None) -> ScoreReport:
    publisher = into or results_database(settings)
    assert publisher is not None
    terms = Terms(publishers=[publisher])
    scorer = CountScorer(version=version)
    return score(as_of, settings, scorer, rules=RULES, parents=PARENTS, reader=reader(settings), terms=terms)


def agrees(settings: Settings) -> date:
    """Database and files show the same night whole; its day."""
    found = latest_run(settings, verify=True)
    assert rows_seen(settings.results_url) == rows_of(found)
    return found.manifest.as_of


def test_what_is_read_in_sql_is_what_lies_in_the_files(there: Settings) -> None:
    run(there)
    assert agrees(there) == AS_OF
    officers, units = latest_run(there).officers(), latest_run(there).units()
    engine = sa.create_engine(there.results_url)
    with engine.connect() as connection:
        told = "SELECT * FROM risk_results_current WHERE officer_id = 'o-7' ORDER BY outcome"
        rows = connection.execute(sa.text(told)).mappings().all()
        top = connection.execute(sa.text("SELECT * FROM unit_results_current WHERE unit_id = 'u1'")).mappings().all()
    engine.dispose()
    ours = officers[officers["officer_id"] == "o-7"].sort_values("outcome")
    for name in ("outcome", "unit_id", "horizon_months", "status", "grade", "overall_grade", "unsure"):
        assert [row[name] for row in rows] == ours[name].tolist(), name
    assert [row["probability"] for row in rows] == pytest.approx(ours["probability"].tolist())
    assert rows[0]["reasons"][0]["text"]["en"].isdigit()  # JSON, not text
    assert {row["officers"] for row in top} == set(units[units["unit_id"] == "u1"]["officers"])
    assert rows[0]["as_of"] == AS_OF


def test_a_poor_grade_that_nobody_reviewed_does_not_leave(there: Settings) -> None:
    run(there)
    officers = latest_run(there).officers()
    poor = int((officers["grade"] == "poor").sum())
    low = officers[officers["grade"].isin(["poor", "fair"])]["officer_id"]
    waits = officers[officers["officer_id"].isin(low) & (officers["status"] == "scored")]
    engine = sa.create_engine(there.results_url)
    with engine.connect() as connection:
        told = sa.text("SELECT grade, status, probability, because FROM risk_results_current")
        rows = connection.execute(told).mappings().all()
        counted = connection.execute(sa.text("SELECT flagged, poor_share FROM unit_results_current")).all()
    engine.dispose()
    assert set(counted) == {(None, None)}
    withheld = [row for row in rows if row["status"] == "withheld"]
    assert poor > 0
    assert len(withheld) == len(waits) > poor  # how many wait is not how many are poor
    assert {row["probability"] for row in withheld} == {None}
    assert {row["because"]["code"] for row in withheld} == {"under_review"}
    assert [row for row in rows if row["grade"] == "poor"] == []


def test_a_second_run_and_a_backfill_leave_the_night_in_force(there: Settings) -> None:
    run(there)
    assert run(there).moved is False
    assert not run(there, LONG_AGO).in_force
    assert agrees(there) == AS_OF
    assert nights(there) == [LONG_AGO, BEFORE, AS_OF]


def test_a_state_that_starts_to_use_a_server_puts_the_night_in_force_there_with_the_same_command(
    there: Settings,
) -> None:
    scorer, told = CountScorer(version="1"), Terms()
    score(AS_OF, there, scorer, rules=RULES, parents=PARENTS, reader=reader(there), terms=told)
    assert latest_run(there).manifest.as_of == AS_OF
    assert nights(there) == [BEFORE]
    assert not run(there).new
    assert agrees(there) == AS_OF


def test_another_run_of_the_day_takes_the_place_of_the_first(there: Settings) -> None:
    run(there)
    run(there, version="2")
    assert agrees(there) == AS_OF
    assert nights(there) == [BEFORE, AS_OF]


def nights(settings: Settings) -> list[date]:
    engine = sa.create_engine(settings.results_url)
    with engine.connect() as connection:
        found = connection.execute(sa.select(module.NIGHTS.c.as_of).order_by(module.NIGHTS.c.as_of)).scalars().all()
    engine.dispose()
    return list(found)


def test_only_the_newest_nights_are_kept_and_older_ones_are_not_written(there: Settings) -> None:
    rules = replace(policy().night.database, kept_nights=1)
    database = Database(there.results_url, "the database of results")
    only = ResultsDatabase(database, rules, lambda rows: rows, lambda _: None)
    run(there, into=only)
    assert nights(there) == [AS_OF]
    run(there, LONG_AGO, into=only)
    assert nights(there) == [AS_OF]
    assert agrees(there) == AS_OF


def test_a_server_that_is_away_refuses_the_night_and_the_next_run_completes_it(there: Settings) -> None:
    away = ResultsDatabase(
        Database("postgresql+psycopg://nobody@127.0.0.1:1/none", "it"), policy().night.database, lambda rows: rows,
        lambda _: None,
    )  # fmt: skip
    with pytest.raises(ResultsUnwritable, match=r"it cannot be used .* run again"):
        run(there, into=away)
    assert agrees(there) == BEFORE
    assert run(there).moved
    assert agrees(there) == AS_OF


def test_a_server_killed_in_the_middle_shows_the_old_night_and_then_the_new(
    there: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A killed backend makes PostgreSQL drop every session and recover from its log."""
    real, calls = module._copy, 0

    def copy(connection: sa.Connection, *given: object) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:  # the officers are in, the units are not
            os.kill(connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one(), signal.SIGKILL)
        real(connection, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "_copy", copy)
    with pytest.raises(ResultsUnwritable, match="the last published run stays, here and there"):
        run(there)
    until_ready(there.results_url)
    assert agrees(there) == BEFORE
    monkeypatch.undo()
    assert run(there).moved
    assert agrees(there) == AS_OF


def until_ready(url: str) -> None:
    answered = 0
    for _ in range(600):  # a crowded machine takes its time
        try:
            psycopg.connect(url.replace("+psycopg", "")).close()
            answered += 1
        except psycopg.OperationalError:
            answered = 0
        if answered == 3:  # the first answer may come before the server has seen what happened
            return
        time.sleep(0.1)
    pytest.fail("PostgreSQL did not recover")


def test_killed_between_the_database_and_the_files_the_next_run_moves_the_files_too(there: Settings) -> None:
    class Dies(BaseException):
        """The process ends here."""

    database = results_database(there)
    assert database is not None

    def dies(run: PublishedRun, move: Move) -> None:
        database(run, move)
        raise Dies

    with pytest.raises(Dies):
        run(there, into=dies)
    old = latest_run(there)
    assert old.manifest.as_of == BEFORE
    assert old.manifest.run not in rows_seen(there.results_url)["risk_results_current"][1]
    assert run(there).moved
    assert agrees(there) == AS_OF


def test_who_reads_while_a_night_is_written_sees_whole_nights(there: Settings) -> None:
    seen: list[tuple[int, int]] = []
    stop = threading.Event()

    def read() -> None:
        engine = sa.create_engine(there.results_url)
        told = sa.text("SELECT count(*), count(DISTINCT run) FROM risk_results_current")
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            while not stop.is_set():
                count, runs = connection.execute(told).one()
                seen.append((count, runs))
        engine.dispose()

    reading = threading.Thread(target=read)
    reading.start()
    try:
        run(there)
        run(there, version="2")
    finally:
        stop.set()
        reading.join(30)
    assert set(seen) == {(200, 1)}


def test_which_server_is_meant(state: Settings) -> None:
    assert results_database(state) is None
    assert results_database(state.model_copy(update={"database_url": "postgresql+psycopg://db/pharos"})) is not None
    with pytest.raises(InvalidInput, match="PHAROS_RESULTS_URL names no PostgreSQL server"):
        results_database(state.model_copy(update={"results_url": "sqlite:///results.db"}))


def exported(settings: Settings) -> list[dict[str, object]]:
    told = [json.loads(row["body"]) for row in lines(audit_database(settings))]
    return [line["details"] for line in told if line["action"] == "exported"]


def test_every_night_that_leaves_is_audited_once_and_a_backfilled_one_too(there: Settings) -> None:
    (first,) = exported(there)
    assert (first["as_of"], first["officers"]) == (BEFORE.isoformat(), 100)
    assert str(first["to"]).startswith("postgresql://127.0.0.1/")
    run(there)
    run(there)
    run(there, LONG_AGO)
    assert [one["as_of"] for one in exported(there)] == [day.isoformat() for day in (BEFORE, AS_OF, LONG_AGO)]
    assert agrees(there) == AS_OF


def test_a_night_that_cannot_be_audited_does_not_leave(there: Settings) -> None:
    there.audit_head.unlink()
    for day in (AS_OF, LONG_AGO):
        with pytest.raises(ResultsUnwritable, match="the audit chain takes no line"):
            run(there, day)
    assert nights(there) == [BEFORE]
    assert agrees(there) == BEFORE
