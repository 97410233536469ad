from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from data_contracts.errors import FeatureMismatch, ForbiddenFeature, InvalidInput, NotReady
from data_contracts.settings import Settings
from features.store import FeatureReader
from features.views import Declared, Field, Service, View
from tests.features.small_store import DAYS, SMALL, small_store, write

NEXT_DAY = DAYS[-1] + timedelta(days=1)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> FeatureReader:
    """One store for the tests that only read it."""
    reader = small_store(Settings(state=tmp_path_factory.mktemp("store")))
    reader.materialize(DAYS[-1])
    return reader


def spine(*rows: tuple[str, date]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["officer_id", "event_timestamp"])
    return frame.astype({"officer_id": "string", "event_timestamp": "datetime64[us]"})


def test_the_training_frame_keeps_rows_order_index_and_other_columns(store: FeatureReader) -> None:
    asked = spine(("o-3", DAYS[2]), ("o-1", DAYS[0]), ("o-3", DAYS[0]), ("o-1", DAYS[0]), ("nobody", DAYS[1]))
    asked = asked.assign(label=[1, 2, 3, 4, 5]).set_index(pd.Index([9, 7, 5, 3, 1]))
    frame = store.training_frame(asked, "risk_v1", chunk_rows=2)
    pd.testing.assert_frame_equal(frame[list(asked.columns)], asked)
    assert list(frame.columns) == [*asked.columns, *store.columns("risk_v1")]
    for row, (officer, day) in enumerate(zip(asked["officer_id"], asked["event_timestamp"], strict=True)):
        held = store.snapshot(day.date()).set_index("officer_id")["rate_12m"]
        want = held.get(officer)
        assert frame["rate_12m"].iloc[row] == want or (pd.isna(frame["rate_12m"].iloc[row]) and pd.isna(want))


def test_an_empty_training_frame_is_empty_and_typed(store: FeatureReader) -> None:
    frame = store.training_frame(spine(), "risk_v1")
    assert (len(frame), frame["complaints_24m"].dtype) == (0, pd.Int64Dtype())


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (spine(("o-1", DAYS[0])).drop(columns="event_timestamp"), "event_timestamp is missing"),
        (spine(("o-1", DAYS[0])).assign(event_timestamp=pd.Series([pd.NaT])), "need a value"),
    ],
)
def test_entity_rows_without_a_key_or_time_are_refused(store: FeatureReader, asked: pd.DataFrame, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        store.training_frame(asked, "risk_v1")


def test_asking_for_nobody_is_no_fault_of_the_store(store: FeatureReader) -> None:
    """Where all who were asked for opted out, the next caller was told that the store is away."""
    asked = store.online(["o-1"], "risk_v1", NEXT_DAY)
    nobody = store.online([], "risk_v1", NEXT_DAY)
    assert (len(nobody), list(nobody.columns)) == (0, list(asked.columns))
    assert store.online(["o-1"], "risk_v1", NEXT_DAY)["status"].tolist() == ["present"]


def test_online_answers_stand_in_the_asked_order_with_the_stored_columns(store: FeatureReader) -> None:
    answer = store.online(["o-7", "nobody", "o-2", "o-7"], "career_v1", NEXT_DAY)
    assert answer["officer_id"].tolist() == ["o-7", "nobody", "o-2", "o-7"]
    assert answer["status"].tolist() == ["present", "unknown", "present", "present"]
    assert list(answer.columns) == ["officer_id", "status", "feature_timestamp", *store.columns("career_v1")]
    assert answer["recent_posts"].tolist() == [["p0", "p1", "p2"], None, ["p0", "p1"], ["p0", "p1", "p2"]]
    assert answer["feature_timestamp"].tolist()[:1] == [pd.Timestamp(DAYS[-1])]
    assert pd.isna(answer["feature_timestamp"][1])


def test_online_says_the_same_in_every_service_of_units(store: FeatureReader) -> None:
    assert store.online(["u-2", "u-1"], "unit_v1", NEXT_DAY)["officers"].tolist() == [9.0, 5.0]


def test_online_needs_a_day_to_count_age_from_and_takes_it_from_the_setting(store: FeatureReader) -> None:
    with pytest.raises(InvalidInput, match="PHAROS_TODAY"):
        store.online(["o-1"], "risk_v1")
    frozen = FeatureReader(store._settings.model_copy(update={"today": NEXT_DAY}), SMALL)
    assert frozen.online(["o-1"], "risk_v1")["status"].tolist() == ["present"]


def test_the_snapshot_is_the_whole_force_with_declared_kinds(store: FeatureReader) -> None:
    frame = store.snapshot(DAYS[0])
    assert len(frame) == 12
    assert frame["complaints_24m"].dtype == "Int64"
    assert store.snapshot_dates() == list(DAYS)
    with pytest.raises(NotReady, match="run `pharos features`"):
        store.snapshot(date(2000, 1, 1))


def test_services_and_hashes_are_told_without_feast(store: FeatureReader) -> None:
    assert store.columns("risk_v1") == ["rate_12m", "rank_code", "complaints_24m", "on_duty"]
    assert store.service_hash("risk_v1") == SMALL.service("risk_v1").hash


def test_an_online_store_that_was_never_filled_says_so(state: Settings) -> None:
    with pytest.raises(NotReady, match="pharos materialize"):
        FeatureReader(state, SMALL).online(["o-1"], "risk_v1", NEXT_DAY)
    assert small_store(state).filled_as_of("risk_v1") is None


def test_the_day_of_the_online_store_is_told(store: FeatureReader) -> None:
    assert store.filled_as_of("risk_v1") == DAYS[-1]


def test_a_forbidden_column_fails_the_build(state: Settings) -> None:
    view = View("history", "officer", "officers", (Field("birth_year", "integer"),))
    with pytest.raises(ForbiddenFeature, match="birth_year"):
        FeatureReader(state, Declared((view,), ())).apply()
    sick = View("history", "officer", "officers", (Field("sick_days_12m", "number"),))
    FeatureReader(state, Declared((sick,), (Service("strain_v1", (sick,), ("sick_days_12m",), "strain"),))).apply()
    with pytest.raises(ForbiddenFeature, match="sick_days"):
        FeatureReader(state, Declared((sick,), (Service("risk_v1", (sick,), ("sick_days_12m",)),))).apply()


def test_a_snapshot_without_a_declared_feature_is_named(state: Settings) -> None:
    reader = small_store(state)
    write(state, "officers", DAYS[1], reader.snapshot(DAYS[1]).drop(columns=["rate_12m", "as_of"]))
    for ask in (reader.convert, lambda: reader.snapshot(DAYS[1]), lambda: reader.materialize(DAYS[1])):
        with pytest.raises(FeatureMismatch, match="'rate_12m'"):
            ask()


def test_a_second_conversion_writes_only_what_changed_and_drops_what_is_gone(state: Settings) -> None:
    reader = small_store(state)
    assert reader.convert() == 9
    assert reader.convert() == 0
    write(state, "officers", DAYS[0], reader.snapshot(DAYS[0]).drop(columns="as_of").iloc[:5])
    assert reader.convert() == 1
    _remove(state.snapshot_dir / "officers" / f"as_of={DAYS[1].isoformat()}")
    reader.convert()
    left = [path.stem for path in sorted((state.feast_dir / "offline" / "officers").glob("*.parquet"))]
    assert left == [DAYS[0].isoformat(), DAYS[2].isoformat()]


def _remove(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()


def test_feasts_own_command_line_finds_the_same_definitions(state: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    from features.feast_opening import REPO_FILE

    place = REPO_FILE.with_name("definitions.py")
    spec = importlib.util.spec_from_file_location("definitions", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    names = {item.name for item in module.OBJECTS}
    assert {"officer", "unit", "risk_v1", "career_v1", "unit_v1", "officer_history"} <= names
    assert sorted(path.name for path in REPO_FILE.parent.iterdir() if path.is_file()) == [
        "definitions.py",
        "feature_store.yaml",
    ]
