"""Each trap of Feast that was met, with the way round; each test goes red when its way round is taken out."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data_contracts.errors import ContractViolation, FeatureMismatch, NotReady
from data_contracts.settings import Settings, settings
from features.ages import aged_answer
from features.feast_loading import METRICS_FOLDER
from features.packing import layout_hash
from features.store import FeatureReader
from features.views import Field, View
from tests.features.small_store import DAYS, SMALL, officers, small_store, write

NEXT_DAY = DAYS[-1] + timedelta(days=1)
OCTOBER, NOVEMBER, DECEMBER = DAYS


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> FeatureReader:
    """Holds December; for tests that only read."""
    reader = small_store(Settings(state=tmp_path_factory.mktemp("traps")))
    reader.materialize(DECEMBER)
    return reader


@pytest.fixture
def fresh(state: Settings) -> FeatureReader:
    """Holds nothing yet; for tests that write."""
    return small_store(state)


def spine(officer_ids: list[str], day: date) -> pd.DataFrame:
    return pd.DataFrame({"officer_id": officer_ids, "event_timestamp": pd.Timestamp(day)})


def test_rows_come_back_in_the_asked_order_however_feast_returns_them(
    store: FeatureReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = spine([f"o-{number}" for number in (5, 3, 9, 0, 7)], DECEMBER)
    want = store.training_frame(asked, "risk_v1")
    real = store._historical
    monkeypatch.setattr(
        store, "_historical", lambda asked, service: real(asked, service).sample(frac=1, random_state=1)
    )
    pd.testing.assert_frame_equal(store.training_frame(asked, "risk_v1"), want)


def test_another_process_keeps_the_stored_order_ends_in_silence_and_leaves_no_metrics_folder(
    store: FeatureReader,
) -> None:
    told = (
        "import os, sys, pandas as pd; from pathlib import Path; from datetime import date\n"
        "from data_contracts.settings import Settings\n"
        "from features.store import FeatureReader; from tests.features.small_store import SMALL\n"
        "reader = FeatureReader(Settings(state=Path(sys.argv[1])), SMALL)\n"
        "print('feast' in sys.modules, *reader.online(['o-1'], 'risk_v1', date(2016, 12, 2)).columns[3:])\n"
        "asked = pd.DataFrame({'officer_id': ['o-1'], 'event_timestamp': [pd.Timestamp('2016-12-01')]})\n"
        f"print('feast' in sys.modules, '{METRICS_FOLDER}' in os.environ, len(reader.training_frame(asked, 'risk_v1')))"
    )
    command = [sys.executable, "-c", told, str(store._settings.state)]
    environment = os.environ | {"PYTHONHASHSEED": "77"}
    answer = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=240)
    want = ["False", *store.columns("risk_v1"), "True", "False", "1"]
    assert answer.stdout.split() == want, answer.stderr
    assert answer.stderr == ""  # without the way round DuckDB's binding prints forty lines at exit


@pytest.mark.parametrize("module", ["features.feast_objects", "features.redis_store"])
def test_whoever_imports_feast_leaves_no_metrics_folder_to_processes_started_from_here(module: str) -> None:
    assert METRICS_FOLDER not in os.environ
    told = f"import os, {module}; print('{METRICS_FOLDER}' in os.environ)"
    answer = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True, timeout=240)
    assert answer.stdout.split() == ["False"]


def test_feast_brings_no_torch_along_and_is_left_as_it_was_written() -> None:
    """Either costs every command and service seconds: torch, and functions rewritten to check types of arguments."""
    told = (
        "import sys, typeguard; before = typeguard.typechecked\n"
        "typeguard._decorators.instrument = lambda *_: sys.exit('a function is rewritten')\n"
        "import features.feast_objects\n"
        "print('torch' in sys.modules, typeguard.typechecked is before)"
    )
    answer = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=False, timeout=240)
    assert answer.stdout.split() == ["False", "True"], answer.stderr


def test_feast_finds_torch_where_it_asks_for_it(store: FeatureReader) -> None:
    from feast.torch_wrapper import get_torch

    assert store.snapshot_dates()
    assert get_torch().__name__ == "torch"


def test_late_data_does_not_leak(fresh: FeatureReader) -> None:
    fresh.convert()
    path = fresh._offline / "officers" / f"{NOVEMBER.isoformat()}.parquet"
    table = pq.read_table(path)
    late = pa.array([pd.Timestamp(DECEMBER, tz="UTC")] * len(table), pa.timestamp("us", "UTC"))
    pq.write_table(table.set_column(table.schema.get_field_index("created_timestamp"), "created_timestamp", late), path)
    asked = spine([f"o-{number}" for number in range(12)], NOVEMBER + timedelta(days=1))
    seen = fresh.training_frame(asked, "risk_v1")["rate_12m"]
    pd.testing.assert_series_equal(seen, fresh.snapshot(OCTOBER)["rate_12m"], check_index=False)


def test_requests_are_answered_while_a_view_is_materializing_and_after_a_kill(
    fresh: FeatureReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    from feast.infra.online_stores.sqlite import SqliteOnlineStore

    during: list[list[str]] = []

    def killed(*_: Any, **__: Any) -> None:
        other = FeatureReader(fresh._settings, SMALL)  # as another process would: its registry comes from disk
        during.append(other.online(["o-1"], "risk_v1", NEXT_DAY)["status"].tolist())
        raise KeyboardInterrupt

    fresh.materialize(NOVEMBER)
    monkeypatch.setattr(SqliteOnlineStore, "online_write_batch", killed)
    with pytest.raises(KeyboardInterrupt):
        fresh.materialize(DECEMBER)
    assert during == [["present"]]
    monkeypatch.undo()
    later = FeatureReader(fresh._settings, SMALL)
    assert later.online(["o-1"], "risk_v1", NEXT_DAY)["status"].tolist() == ["present"]
    assert [done.rows for done in later.materialize(DECEMBER)] == [14, 14, 2]
    assert later._feast.config.registry.cache_ttl_seconds == 60  # what another process wrote is seen within a minute


def test_a_first_materialize_that_was_killed_is_not_ready_rather_than_an_error_of_feast(
    fresh: FeatureReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fresh._feast, "materialize", _interrupted)
    with pytest.raises(KeyboardInterrupt):
        fresh.materialize(DECEMBER)
    with pytest.raises(NotReady, match="run `pharos materialize"):
        fresh.online(["o-1"], "risk_v1", NEXT_DAY)


def _interrupted(**_: Any) -> None:
    raise KeyboardInterrupt


def test_what_is_older_than_its_ttl_is_null_and_says_so(store: FeatureReader) -> None:
    last = DECEMBER + timedelta(days=45)
    held = store.snapshot(DECEMBER).set_index("officer_id")["rate_12m"]["o-4"]
    fresh = store.online(["o-4"], "risk_v1", last)
    assert (fresh["status"][0], fresh["rate_12m"][0]) == ("present", held)
    stale = store.online(["o-4", "nobody"], "risk_v1", last + timedelta(days=1))
    assert stale["status"].tolist() == ["expired", "unknown"]
    assert stale["feature_timestamp"][0] == pd.Timestamp(DECEMBER)
    assert stale[store.columns("risk_v1")].isna().to_numpy().all()


def test_no_status_of_the_store_is_trusted_only_the_time_of_the_row() -> None:
    """Redis says PRESENT for officers it never saw: no values, and seconds since 1970 of zero."""
    service, view = SMALL.service("risk_v1"), SMALL.views[0]
    when = int(pd.Timestamp(DECEMBER).timestamp())
    told: dict[str, list[Any]] = {
        "numbers": [[3.0, 0.5, 1.0], None],
        "texts": ['["sergeant"]', None],
        "layout": [layout_hash(view), None],
        "layout__ts": [when, 0],
        "layout__status": ["PRESENT", "PRESENT"],
    }
    answer = {f"history_online__{name}": values for name, values in told.items()}
    aged = aged_answer(answer, ["o-1", "nobody"], service, NEXT_DAY)
    assert aged["status"].tolist() == ["present", "unknown"]
    assert aged["complaints_24m"].tolist() == [3, pd.NA]
    assert aged["feature_timestamp"].isna().tolist() == [False, True]


def test_an_officer_who_left_the_snapshot_grows_old_rather_than_staying_for_ever(fresh: FeatureReader) -> None:
    fresh.materialize(OCTOBER)
    left = fresh.snapshot(DECEMBER)
    write(fresh._settings, "officers", DECEMBER, left[left["officer_id"] != "o-4"].drop(columns="as_of"))
    fresh.materialize(DECEMBER)
    answer = fresh.online(["o-4", "o-5"], "risk_v1", NEXT_DAY)
    assert answer["status"].tolist() == ["expired", "present"]


def test_an_older_day_never_overwrites_a_newer_one(fresh: FeatureReader) -> None:
    fresh.materialize(DECEMBER)
    want = fresh.online(["o-1", "o-2"], "career_v1", NEXT_DAY)
    done = fresh.materialize(NOVEMBER)
    assert {(one.rows, one.because) for one in done} == {(0, "the store already holds 2016-12-01")}
    pd.testing.assert_frame_equal(fresh.online(["o-1", "o-2"], "career_v1", NEXT_DAY), want)
    assert {one.because for one in fresh.materialize(DECEMBER)} == {"already there"}


def test_a_kill_in_the_middle_of_a_day_still_bars_older_days_and_is_finished_by_a_second_run(
    fresh: FeatureReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh.materialize(OCTOBER)
    monkeypatch.setattr(fresh._feast, "materialize", _interrupted)
    with pytest.raises(KeyboardInterrupt):
        fresh.materialize(DECEMBER)
    monkeypatch.undo()
    assert fresh.materialize(NOVEMBER)[0].rows == 0
    assert [one.rows for one in fresh.materialize(DECEMBER)] == [14, 14, 2]


def test_times_stay_readable_after_pandas_wrote_to_a_bare_sqlite_connection(fresh: FeatureReader) -> None:
    with sqlite3.connect(":memory:") as base:  # changes how this whole process writes times
        pd.DataFrame({"a": [1]}).to_sql("a", base)
    fresh.materialize(DECEMBER)
    assert fresh.online(["o-1"], "risk_v1", NEXT_DAY)["status"].tolist() == ["present"]


def test_a_corrected_snapshot_of_the_same_day_is_materialized_again(fresh: FeatureReader) -> None:
    fresh.materialize(DECEMBER)
    frame = fresh.snapshot(DECEMBER).assign(rate_12m=0.125).drop(columns="as_of")
    write(fresh._settings, "officers", DECEMBER, frame)
    assert [one.rows for one in fresh.materialize(DECEMBER)] == [14, 0, 0]
    assert fresh.online(["o-1"], "risk_v1", NEXT_DAY)["rate_12m"].tolist() == [0.125]


def test_rows_packed_by_another_version_are_refused(store: FeatureReader) -> None:
    swapped = View("history", "officer", "officers", SMALL.views[0].fields[::-1])
    services = tuple(
        type(service)(
            service.name, tuple(swapped if view.name == "history" else view for view in service.views), service.chosen
        )
        for service in SMALL.services
    )
    other = FeatureReader(store._settings, type(SMALL)((swapped, *SMALL.views[1:]), services))
    with pytest.raises(FeatureMismatch, match="run `pharos materialize` again"):
        other.online(["o-1"], "risk_v1", NEXT_DAY)


def test_every_view_has_a_ttl_and_entity_rows_go_in_chunks(
    store: FeatureReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ContractViolation, match="ttl"):
        View("endless", "officer", "officers", (), ttl_days=0)
    sizes: list[int] = []
    real = store._historical

    def counting(asked: pd.DataFrame, service: Any) -> pd.DataFrame:
        sizes.append(len(asked))
        return real(asked, service)

    monkeypatch.setattr(store, "_historical", counting)
    store.training_frame(spine([f"o-{number}" for number in range(7)], DECEMBER), "risk_v1", chunk_rows=3)
    assert sizes == [3, 3, 1]


def test_nanosecond_snapshots_reach_feast_as_utc_microseconds(fresh: FeatureReader) -> None:
    path = write(fresh._settings, "officers", OCTOBER, officers(3, 0).drop(columns=["recent_posts", "posts_held"]))
    pd.read_parquet(path).astype({"as_of": "datetime64[ns]"}).to_parquet(path, index=False)
    fresh.convert()
    schema = pq.read_schema(fresh._offline / "officers" / f"{OCTOBER.isoformat()}.parquet")
    assert {schema.field(name).type for name in ("event_timestamp", "created_timestamp")} == {pa.timestamp("us", "UTC")}


def test_nothing_that_is_registered_carries_code(store: FeatureReader) -> None:
    from features.feast_objects import feast_objects

    kinds = {type(item).__name__ for item in feast_objects(SMALL, store._settings.feast_dir)}
    assert kinds == {"Entity", "FileSource", "FeatureView", "FeatureService"}
    assert Field("rate_12m", "number").dtype == "float64"


def test_two_threads_may_ask_at_once(store: FeatureReader) -> None:
    want = store.online(["o-1", "o-2"], "career_v1", NEXT_DAY)
    answers: list[pd.DataFrame] = []
    threads = [
        threading.Thread(target=lambda: answers.append(store.online(["o-1", "o-2"], "career_v1", NEXT_DAY)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 4
    for answer in answers:
        pd.testing.assert_frame_equal(answer, want)


def test_the_engine_of_feast_keeps_to_the_threads_and_draws_no_bar(store: FeatureReader) -> None:
    import ibis

    assert store.snapshot_dates()
    backend = ibis.get_backend()
    asked = "threads", "enable_progress_bar"
    told = [backend.raw_sql(f"SELECT current_setting('{name}')").fetchall()[0][0] for name in asked]
    assert told == [settings().threads, False]
