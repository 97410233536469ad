"""The history shows whole batches or nothing, grows and never forgets."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest

from data_contracts.catalog import catalog
from data_contracts.errors import NotReady
from data_contracts.intake import take_in
from features import history as history_module
from features.history import EVENTS, History, Manifest


def postings(officers: list[str], year: int = 2020, known_on: str | None = None) -> pd.DataFrame:
    """Accepted postings, one for each officer."""
    day = f"{year}-03-01"
    frame = pd.DataFrame(
        {"officer_id": officers, "post_id": "p", "unit_id": "u", "started_on": day, "known_on": known_on or day}
    )
    return take_in(catalog().table("postings"), frame).accepted


def test_an_empty_history_has_tables_of_no_rows(tmp_path: Path) -> None:
    history = History(tmp_path / "none")
    assert (history.tables(), history.rows("postings"), history.files("postings")) == ([], 0, [])
    frame = history.frame("postings")
    assert list(frame.columns) == [*catalog().table("postings").column_names, "superseded_on"]
    assert frame["started_on"].dtype == "datetime64[us]"
    assert history.known().keys == {}
    assert not (tmp_path / "none").exists()


def test_rows_come_back_as_they_were_and_by_year(tmp_path: Path) -> None:
    history = History(tmp_path)
    rows = pd.concat([postings(["a", "b"], 2020), postings(["a"], 2021)], ignore_index=True)
    counts = history.append("postings", rows)
    assert (counts.appended, counts.duplicates, len(counts.conflicts)) == (3, 0, 0)
    pd.testing.assert_frame_equal(history.frame("postings").drop(columns="superseded_on"), rows)
    assert {path.parent.name for path in history.files("postings")} == {"year=2020", "year=2021"}
    assert history.path("postings") == tmp_path / "postings"
    assert list(history.frame("postings", ["officer_id"]).columns) == ["officer_id", "superseded_on"]


def test_a_second_append_changes_nothing(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.append("postings", postings(["a", "b"]))
    before = history.fingerprint()
    again = history.append("postings", postings(["b", "a"]))
    assert (again.appended, again.duplicates) == (0, 2)
    assert history.fingerprint() == before
    assert len(history.files("postings")) == 1


def test_a_correction_supersedes_without_deleting(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.append("postings", postings(["a"]))
    correction = postings(["a"], known_on="2022-01-01").assign(shift=pd.array(["night"], dtype="string"))
    assert history.append("postings", correction).appended == 1
    frame = history.frame("postings").sort_values("known_on")
    assert frame["superseded_on"].dt.year.fillna(0).tolist() == [2022, 0]
    rival = postings(["a"]).assign(shift=pd.array(["day"], dtype="string"))
    refused = history.append("postings", rival)
    assert (refused.appended, refused.conflicts.tolist()) == (0, [0])


def test_known_tells_ids_and_the_newest_joining_dates(tmp_path: Path) -> None:
    history = History(tmp_path)
    officers = pd.DataFrame(
        {"officer_id": ["a", "a"], "entered_on": ["2001-01-01", "2002-01-01"], "known_on": ["2001-01-01", "2003-01-01"]}
    )
    accepted = take_in(catalog().table("officers"), officers).accepted
    history.append_all({"officers": accepted, "postings": postings(["a"])}, "test")
    known = history.known()
    assert known.keys == {"officers": {"a"}, "postings": set()}
    assert known.joined is not None
    assert known.joined["a"] == pd.Timestamp("2002-01-01")
    assert set(history.frames()) == {"officers", "postings"}


def test_a_batch_that_dies_is_never_seen_and_is_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    history = History(tmp_path)
    history.append("postings", postings(["a"]))
    real = history_module._sha256
    written: list[Path] = []

    def dies_at_the_second(path: Path) -> str:
        written.append(path)
        if len(written) == 2:
            raise KeyboardInterrupt
        return real(path)

    monkeypatch.setattr(history_module, "_sha256", dies_at_the_second)
    rows = pd.concat([postings(["b"], 2020), postings(["b"], 2021)], ignore_index=True)
    with pytest.raises(KeyboardInterrupt):
        history.append("postings", rows)
    assert history.rows("postings") == len(history.frame("postings")) == 1
    assert all(path.is_file() for path in written)
    monkeypatch.undo()
    stray = tmp_path / "postings" / "year=1999" / "000001-0000.parquet"
    stray.parent.mkdir()
    stray.write_bytes(written[0].read_bytes())
    assert history.append("postings", rows).appended == 2
    assert not stray.exists()
    assert len(list(tmp_path.glob("*/year=*/*.parquet"))) == len(history.files("postings")) == 3


def test_two_writers_at_once_both_arrive_whole(tmp_path: Path) -> None:
    def append(start: int) -> int:
        rows = postings([f"o{number}" for number in range(start, start + 3)])
        return History(tmp_path).append("postings", rows).appended

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(append, (0, 10))) == [3, 3]
    assert History(tmp_path).rows("postings") == 6
    History(tmp_path).verify()


def test_changed_or_missing_files_are_named(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.append("postings", postings(["a"]))
    history.verify()
    file = history.files("postings")[0]
    file.write_bytes(file.read_bytes()[:-1] + b"\0")
    with pytest.raises(NotReady, match="year=2020"):
        history.verify()
    (tmp_path / "manifest.json").write_text("torn")
    with pytest.raises(NotReady, match=r"manifest\.json: cannot be read"):
        history.tables()


def test_duckdb_reads_the_dataset(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.append("postings", postings(["a", "b"]))
    rows = history.dataset("postings")
    with duckdb.connect() as connection:
        connection.register("postings", rows)
        found = connection.sql("select count(*), min(started_on)::date::varchar from postings").fetchall()
    assert found == [(2, "2020-03-01")]
    assert str(pq.read_schema(history.files("postings")[0]).field("known_on").type) == "timestamp[us]"


def test_small_batches_of_events_become_one_and_no_row_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("features.history.SMALL_BATCHES", few := 5)
    history, whole = History(tmp_path), postings([f"o-{number:02d}" for number in range(7)])
    for number in range(len(whole)):
        with history.batch(EVENTS) as batch:
            batch.append("postings", whole.iloc[[number]])
        held = history.frame("postings")["officer_id"].tolist()
        assert sorted(held) == sorted(whole["officer_id"].iloc[: number + 1])
    assert len(history.files("postings")) == len(whole) - few + 1
    history.verify()
    listed = history.files("postings")
    for number in range(few):  # a reader that listed the files before a merge still finds them
        with history.batch(EVENTS) as batch:
            batch.append("postings", postings([f"v-{number}"]))
    assert set(listed) - set(history.files("postings"))
    assert all(path.is_file() for path in listed)
    monkeypatch.setattr("features.history.RETIRED_SECONDS", -1.0)
    history.append("postings", postings(["last"]))
    assert not any(path.is_file() for path in set(listed) - set(history.files("postings")))
    assert history.rows("postings") == len(whole) + few + 1
    history.verify()


def test_a_large_batch_of_events_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    history = History(tmp_path)
    monkeypatch.setattr("features.history.SEALED_ROWS", 2)
    monkeypatch.setattr("features.history.SMALL_BATCHES", few := 3)
    history.append("postings", postings(["a", "b"]), EVENTS)
    sealed = history.files("postings")
    for number in range(few):
        history.append("postings", postings([f"u-{number}"]), EVENTS)
    assert history.files("postings")[0] == sealed[0]
    assert len(history.files("postings")) == 2


def test_who_waits_for_the_history_waits_no_longer_than_it_says(tmp_path: Path) -> None:
    history = History(tmp_path)
    with (
        history.batch("ingest"),
        pytest.raises(NotReady, match="being written by another command"),
        history.batch(EVENTS, wait_seconds=0.05),
    ):
        pass
    with history.batch(EVENTS, wait_seconds=0.05) as batch:
        assert batch.append("postings", postings(["a"])).appended == 1


def test_the_manifest_is_parsed_once_until_it_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = History(tmp_path), History(tmp_path)
    writer.append("postings", postings(["a"]))
    parsed: list[int] = []
    honest = Manifest.from_json

    def counted(text: bytes) -> Manifest:
        parsed.append(len(text))
        return honest(text)

    monkeypatch.setattr(Manifest, "from_json", counted)
    for _ in range(5):
        assert (reader.tables(), reader.rows("postings"), len(reader.files("postings"))) == (["postings"], 1, 1)
        assert len(reader.of_officers("postings", ["a"])) == 1
    before = reader.fingerprint()
    assert len(parsed) == 1
    writer.append("postings", postings(["b"]))
    parsed.clear()
    assert reader.rows("postings") == 2  # another process wrote it
    assert reader.fingerprint() != before
    assert len(parsed) == 1
    (tmp_path / "manifest.json").unlink()
    assert reader.tables() == []
