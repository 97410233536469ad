"""Train = serve: what a model is trained on is, value for value, what a request and the night read."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest

from data_contracts.catalog import catalog
from data_contracts.settings import Settings
from data_contracts.simulator.simulation import simulate
from features.building import build_features
from features.history import History
from features.store import FeatureReader

AS_OFS = [date(2025, 11, 1), date(2025, 12, 1)]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> FeatureReader:
    """A simulated bureau of sixty, its snapshots of two months, both stores filled."""
    settings = Settings(state=tmp_path_factory.mktemp("train_serve"))
    raw = simulate(60, 3, 3, date(2026, 1, 1))
    told = {name: frame for name, frame in raw.items() if name in catalog().tables and len(frame)}
    History(settings.history_dir).append_all(told, "simulated")
    build_features(settings, AS_OFS)
    reader = FeatureReader(settings)
    reader.apply()
    reader.materialize(AS_OFS[-1])
    return reader


@pytest.mark.parametrize("service", ["risk_v1", "strain_v1", "career_v1", "unit_v1"])
def test_offline_and_online_agree_for_every_feature(store: FeatureReader, service: str) -> None:
    key = store.declared.service(service).key
    source = "units" if key == "unit_id" else "officers"
    ids = store.snapshot(AS_OFS[-1], source)[key].sample(frac=0.5, random_state=1).tolist()
    asked = pd.DataFrame({key: pd.array(ids, dtype="string"), "event_timestamp": pd.Timestamp(AS_OFS[-1])})
    columns = store.columns(service)
    offline = store.training_frame(asked, service)[columns]
    online = store.online(ids, service, AS_OFS[-1] + timedelta(days=1))
    assert set(online["status"]) == {"present"}
    pd.testing.assert_frame_equal(online[columns], offline)
    assert offline.notna().to_numpy().any(axis=0).mean() > 0.5  # the agreement is not one of nulls


def test_the_night_reads_the_same_values(store: FeatureReader) -> None:
    night = store.snapshot(AS_OFS[-1])
    asked = night[["officer_id"]].assign(event_timestamp=pd.Timestamp(AS_OFS[-1]))
    columns = store.columns("strain_v1")
    pd.testing.assert_frame_equal(store.training_frame(asked, "strain_v1")[columns], night[columns])


def test_a_month_ago_reads_as_it_was_a_month_ago(store: FeatureReader) -> None:
    before = store.snapshot(AS_OFS[0])
    asked = before[["officer_id"]].assign(event_timestamp=pd.Timestamp(AS_OFS[0]))
    columns = store.columns("risk_v1")
    pd.testing.assert_frame_equal(store.training_frame(asked, "risk_v1")[columns], before[columns])
    now = store.snapshot(AS_OFS[1]).set_index("officer_id").loc[before["officer_id"].iloc[0], "tenure_days"]
    assert now - before["tenure_days"].iloc[0] == (AS_OFS[1] - AS_OFS[0]).days
