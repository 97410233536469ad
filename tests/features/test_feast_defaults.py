"""What Feast and DuckDB do by default, and that our settings do otherwise: each default is run, not only named.

Each goes red when its line is taken out of feature_repo/feature_store.yaml or features/engine.py.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from data_contracts.errors import FeatureMismatch
from data_contracts.settings import Settings
from features.engine import duckdb_backend
from features.feast_opening import REPO_FILE
from features.store import FeatureReader, _entity_rows
from tests.features.small_store import DAYS, SMALL, small_store

NEXT_DAY = DAYS[-1] + timedelta(days=1)
OCTOBER, NOVEMBER, DECEMBER = DAYS


@pytest.fixture
def fresh(state: Settings) -> FeatureReader:
    """Three snapshots, nothing materialized."""
    return small_store(state)


def spine(officer_ids: list[str], day: date) -> pd.DataFrame:
    return pd.DataFrame({"officer_id": officer_ids, "event_timestamp": pd.Timestamp(day)})


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., FeatureReader]:
    """Another reader of the same state, whose feature_store.yaml says something else than ours."""

    def reader(like: FeatureReader, *instead: tuple[str, str]) -> FeatureReader:
        text = REPO_FILE.read_text("utf-8")
        for ours, theirs in instead:
            assert ours in text
            text = text.replace(ours, theirs)
        (tmp_path / "feature_store.yaml").write_text(text, "utf-8")
        monkeypatch.setattr("features.feast_opening.REPO_FILE", tmp_path / "feature_store.yaml")
        other = FeatureReader(like._settings, SMALL)
        assert other._feast is not like._feast  # read now: the file is only this long what it is
        return other

    return reader


RECRUITS = spine([f"o-{number}" for number in range(14)], OCTOBER)  # o-12 and o-13 join in November and December
TWICE = spine(["o-1", "o-1", "o-2"], DECEMBER)  # as an officer with two outcomes, or of two units, is asked for


@pytest.mark.filterwarnings("ignore:Downcasting object dtype:FutureWarning")  # the default store's own
@pytest.mark.parametrize(("asked", "kept"), [(RECRUITS, 12), (TWICE, 2)], ids=["recruits", "twice"])
def test_the_default_store_loses_rows_without_a_word_ours_keeps_them_and_the_reader_refuses_a_loss(
    fresh: FeatureReader, said: Callable[..., FeatureReader], asked: pd.DataFrame, kept: int
) -> None:
    assert len(fresh.training_frame(asked, "risk_v1")) == len(asked)
    default = said(fresh, ("type: duckdb", "type: dask"))
    lost = default._historical(_entity_rows(asked, "officer_id"), SMALL.service("risk_v1"))
    assert len(lost) == kept < len(asked)
    with pytest.raises(FeatureMismatch, match=f"{len(asked)} rows went in and {kept} came out"):
        default.training_frame(asked, "risk_v1")


SERVE = "serve_features_while_materializing: true"
REFUSE = "serve_features_while_materializing: false"


def refusal(reader: FeatureReader) -> str:
    """What Feast says to a reader that it refuses; to requests the snapshots stand in."""
    assert reader.online(["o-1"], "risk_v1", NEXT_DAY)["status"].tolist() == ["stand_in"]
    with pytest.raises(ValueError) as told:  # noqa: PT011  (the caller looks at what it says)
        reader._read(["o-1"], SMALL.service("risk_v1"), NEXT_DAY)
    return str(told.value)


def test_a_view_that_the_registry_calls_materializing_is_served_and_only_our_setting_does_it(
    fresh: FeatureReader, said: Callable[..., FeatureReader]
) -> None:
    from feast.feature_view import FeatureViewState

    fresh.materialize(DECEMBER)
    registry = fresh._feast.registry
    view = registry.get_feature_view("history_online", "pharos")
    view.state, view.owner = FeatureViewState.MATERIALIZING, "a change: the SQL registry skips one of the state alone"
    registry.apply_feature_view(view, "pharos")
    assert "'MATERIALIZING' and cannot serve" in refusal(said(fresh, (SERVE, REFUSE)))
    assert said(fresh).online(["o-1"], "risk_v1", NEXT_DAY)["status"].tolist() == ["present"]


def test_feasts_default_registry_refuses_requests_during_materialize_and_for_ever_after_a_kill(
    fresh: FeatureReader, said: Callable[..., FeatureReader], monkeypatch: pytest.MonkeyPatch
) -> None:
    from feast.infra.online_stores.sqlite import SqliteOnlineStore

    file = (
        ("registry_type: sql", "registry_type: file"),
        ("sqlite:///${PHAROS_FEAST_DIR}/registry.db", "${PHAROS_FEAST_DIR}/registry"),
    )
    refused: list[str] = []

    def ask() -> None:
        refused.append(refusal(said(fresh, *file, (SERVE, REFUSE))))
        assert "'MATERIALIZING' and cannot serve" in refused[-1]

    def killed(*_: Any, **__: Any) -> None:
        ask()
        raise KeyboardInterrupt

    default = said(fresh, *file, (SERVE, REFUSE))
    default.apply()
    default.materialize(NOVEMBER)
    monkeypatch.setattr(SqliteOnlineStore, "online_write_batch", killed)
    with pytest.raises(KeyboardInterrupt):
        default.materialize(DECEMBER)
    monkeypatch.undo()
    ask()
    assert len(refused) == 2


def test_few_rows_against_many_are_joined_as_of_and_not_in_a_loop(state: Settings) -> None:
    """By default DuckDB takes 64 rows or fewer through every row of the other side: 380 s where 0.7 s would do."""
    backend = duckdb_backend()
    plans = [_plan(connection) for connection in (duckdb.connect(), backend.con)]
    assert ["Nested Loop Join" in plan for plan in plans] == [True, False]
    assert ["Asof Join" in plan for plan in plans] == [False, True]
    backend.disconnect()


def _plan(connection: Any) -> str:
    connection.execute(
        "CREATE TABLE known AS SELECT range % 100 AS officer, DATE '2020-01-01' + range::INT AS day FROM range(9000)"
    )
    connection.execute("CREATE TABLE asked AS SELECT range AS officer, DATE '2021-01-01' AS day FROM range(10)")
    sql = "EXPLAIN SELECT * FROM asked ASOF LEFT JOIN known ON asked.officer = known.officer AND asked.day >= known.day"
    return str(connection.execute(sql).fetchall())
