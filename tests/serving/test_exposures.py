"""The log of suggestions: written once, by many at once, read by others, and never half."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from data_contracts import service_log
from data_contracts.catalog import catalog
from data_contracts.errors import InvalidInput, NotReady
from data_contracts.settings import Settings
from data_contracts.sources import read_source
from features.history import History
from features.ingest import Delivered, ingest
from models.feedback.exploration import ShownItem
from serving.feedback.exposures import ExposureLog, Showing, Taken, collected, exposure_log
from tests.serving.feedback_room import NOW, given, show


@pytest.fixture
def log(state: Settings) -> ExposureLog:
    return exposure_log(state)


def exposures(log: ExposureLog) -> pd.DataFrame:
    with service_log.reading(log.url) as connection:
        return service_log.exposures(connection)


def test_what_is_shown_is_read_back_as_it_was(log: ExposureLog) -> None:
    showing = Showing("r-1", "o-1", "course", "courses", "2", None, NOW)
    pool = (("c-2", 0.2), ("短课", 0.1))
    log.show([(showing, [ShownItem("c-1", 1, 0.5, 1.0), ShownItem("短课", 2, 0.1, 0.05, True, pool)])])
    rows = exposures(log)
    assert rows[["request_id", "officer_id", "item_kind", "item", "position"]].to_numpy().tolist() == [
        ["r-1", "o-1", "course", "c-1", 1], ["r-1", "o-1", "course", "短课", 2],
    ]  # fmt: skip
    assert rows["propensity"].tolist() == [1.0, 0.05]
    assert rows["explored"].astype(bool).tolist() == [False, True]
    assert rows["pool"].tolist() == [None, '[["c-2", 0.2], ["短课", 0.1]]']
    assert rows["model_version"].tolist() == ["2", "2"]
    assert rows["shown_at"].tolist() == [pd.Timestamp(NOW)] * 2
    assert rows["as_of"].isna().all()


def test_the_same_answer_twice_is_logged_once(log: ExposureLog) -> None:
    log.show([])
    for _ in range(2):
        show(log, "o-1", "p-1", "p-2")
    show(log, "o-1", "p-1", "p-2", request_id="r-2")
    assert exposures(log)["request_id"].tolist() == ["r-1", "r-1", "r-2", "r-2"]


def test_feedback_counts_once_and_says_whether_it_was_seen(log: ExposureLog) -> None:
    show(log, "o-1", "p-1")
    first = log.take([given(1), given(2, item="p-9"), given(1), given(1, action="saved"), given(3, item_kind="path")])
    assert first == [
        Taken("accepted", False), Taken("accepted", True), Taken("duplicate", False), Taken("conflict", False),
        Taken("accepted", True),
    ]  # fmt: skip
    assert log.take([given(1, known_on=date(2026, 3, 11))]) == [Taken("duplicate", False)]
    log.close()
    assert log.take([given(2, item="p-9")]) == [Taken("duplicate", True)]
    with service_log.reading(log.url) as connection:
        assert service_log.feedback(connection)["feedback_id"].tolist() == ["f-1", "f-2", "f-3"]


def test_many_threads_lose_nothing_and_count_nothing_twice(log: ExposureLog) -> None:
    def work(number: int) -> list[Taken]:
        show(log, f"o-{number}", "p-1", request_id=f"r-{number}")
        return log.take([given(number), given(number % 4 + 100, officer_id="o-shared")])

    with ThreadPoolExecutor(8) as pool:
        found = [taken.outcome for pair in pool.map(work, range(24)) for taken in pair]
    assert (found.count("accepted"), found.count("duplicate")) == (28, 20)
    assert len(exposures(log)) == 24


def test_two_openers_at_once_make_one_log(state: Settings) -> None:
    logs = [exposure_log(state) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda pair: show(pair[1], f"o-{pair[0]}", "p-1"), enumerate(logs)))
    assert len(exposures(logs[0])) == 6
    file = state.feedback_dir / "feedback.db"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with service_log.reading(state.feedback_url) as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"


def test_the_newest_word_on_an_item_counts(log: ExposureLog) -> None:
    log.take([
        given(1, action="declined", reason="远"),
        given(2, action="declined", reason="远", item="p-2", occurred_on=date(2026, 1, 1)),
        given(3, action="saved", item="p-2", occurred_on=date(2026, 2, 1)),
        given(4, action="saved", item="p-3", occurred_on=date(2026, 1, 1)),
        given(5, action="declined", item="p-3", occurred_on=date(2026, 1, 1)),
        given(6, action="opened", item="p-3", occurred_on=date(2026, 2, 1)),
        given(7, action="declined", officer_id="o-2"),
    ])  # fmt: skip
    assert log.kept_away(["o-1"])["item"].tolist() == ["p-3", "p-1"]
    assert log.kept_away(["o-1", "o-2"])["officer_id"].tolist() == ["o-1", "o-1", "o-2"]
    assert log.kept_away([]).empty
    assert log.saved(["o-1", "o-2"])["item"].tolist() == ["p-2"]


def test_a_log_that_cannot_be_used_says_so(tmp_path: Path) -> None:
    (tmp_path / "feedback.db").write_bytes(b"no database at all, but long enough to be looked at as one" * 20)
    url = f"sqlite:///{tmp_path / 'feedback.db'}"
    with pytest.raises(NotReady, match="cannot be used"):
        ExposureLog(url).take([given()])
    with pytest.raises(NotReady, match="cannot be used"), service_log.reading(url) as connection:
        service_log.exposures(connection)
    with pytest.raises(NotReady, match="logged nothing yet"), service_log.reading("sqlite:///nowhere.db"):
        pass


def test_a_database_without_a_file_is_opened_too() -> None:
    engine = service_log.opened("sqlite://", make=False)
    assert engine.dialect.name == "sqlite"
    log = ExposureLog("sqlite://")
    assert log.take([given()]) == [Taken("accepted", True)]
    engine.dispose()
    log.close()


def test_the_service_is_a_source_like_any_other(state: Settings, log: ExposureLog) -> None:
    show(log, "o-1", "p-1")
    log.take([given(1), given(2, action="declined", reason="时间不合适"), given(3, officer_id="mistyped")])
    frame = collected(state)
    assert list(frame.columns) == list(catalog().table("feedback").column_names)
    assert frame["feedback_id"].tolist() == ["f-1", "f-2"]
    reading = read_source("service", state.feedback_dir)
    assert reading.notes == ["feedback: 1 rows are of officers whom the service never answered about"]
    postings = state.state / "in"
    postings.mkdir(parents=True)
    (postings / "postings.csv").write_text(
        "officer_id,post_id,unit_id,started_on,known_on\no-1,p,u,2020-01-01,2020-01-01\n"
    )
    ingest(Delivered("templates", postings), state, today=date(2026, 3, 11))
    for expected in (2, 0):
        report = ingest(Delivered("service", state.feedback_dir), state, today=date(2026, 3, 11))
        assert {line.table: line.accepted for line in report.tables} == {"feedback": expected}
    kept = History(state.history_dir).frame("feedback")
    assert kept["reason"].fillna("").tolist() == ["", "时间不合适"]
    assert kept["known_on"].tolist() == [pd.Timestamp("2026-03-10")] * 2


def test_a_folder_without_a_usable_log_is_no_source(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no such log"):
        read_source("service", tmp_path)
    (tmp_path / "feedback.db").write_bytes(b"no database at all, but long enough to be looked at as one" * 20)
    with pytest.raises(InvalidInput, match="cannot be used"):
        read_source("service", tmp_path)


def test_a_course_that_is_done_is_kept_away_and_a_post_or_a_path_is_not(log: ExposureLog) -> None:
    log.take([
        given(1, action="done", item_kind="course", item="law"), given(2, action="done", item="p-2"),
        given(3, action="done", item_kind="course", item="radio"),
        given(4, action="saved", item_kind="course", item="radio", occurred_on=date(2026, 5, 1)),
    ])  # fmt: skip
    assert log.kept_away(["o-1"])[["item", "action"]].to_numpy().tolist() == [["law", "done"]]
