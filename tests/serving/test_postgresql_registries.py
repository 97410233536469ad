"""PostgreSQL as Feast's registry and as MLflow's store, each by one setting: used, away, and back."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pandas as pd
import psycopg
import pytest
import sqlalchemy as sa

from data_contracts.errors import InvalidInput, NotReady, OnlineStoreAway, OtherDatabase, RegistryDown
from data_contracts.settings import Settings
from features.store import FeatureReader
from models import artifacts, keys, registry
from models.artifacts import Parts
from serving.builders import builders
from serving.freshness import moved_stores
from serving.loading import open_desks
from tests.features.small_store import DAYS, SMALL, small_store
from tests.postgres import OWNER, postgresql
from tests.serving.desks import FakeSource
from tests.serving.flaky_proxy import Line, line
from tests.serving.small_office import FILLED, office_desks, small_office

NEXT_DAY = DAYS[-1] + timedelta(days=1)
IDS = ["o-3", "nobody", "o-0"]
WITHIN_SECONDS = 8.0
pytestmark = [pytest.mark.server, pytest.mark.slow]


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with postgresql(tmp_path_factory.mktemp("server")) as url:
        found = sa.engine.make_url(url).port
        assert found is not None
        with psycopg.connect(host="127.0.0.1", port=found, user=OWNER, dbname="postgres", autocommit=True) as there:
            for name in ("feast", "mlflow"):
                there.execute(f"CREATE DATABASE {name}")
        yield found


@pytest.fixture
def proxy(port: int) -> Iterator[Line]:
    with line(port) as found:
        yield found


def url_of(proxy: Line, name: str) -> str:
    return f"postgresql+psycopg://{OWNER}:hidden-word@127.0.0.1:{proxy.near_port}/{name}"


def tables(port: int, name: str) -> set[str]:
    with psycopg.connect(host="127.0.0.1", port=port, user=OWNER, dbname=name) as there:
        told = there.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        return {str(row[0]) for row in told}


def test_feasts_registry_lies_in_postgresql_and_requests_outlive_it(port: int, proxy: Line, tmp_path: Path) -> None:
    use = Settings(state=tmp_path / "state", registry_url=url_of(proxy, "feast"))
    reader = small_store(use)
    reader.materialize(DAYS[-1])
    assert not (use.feast_dir / "registry.db").exists()
    assert {"feature_views", "feature_services"} <= tables(port, "feast")
    file = small_store(Settings(state=tmp_path / "other"))
    file.materialize(DAYS[-1])
    expected = file.online(IDS, "career_v1", NEXT_DAY)
    asked = pd.DataFrame({"officer_id": IDS, "event_timestamp": [pd.Timestamp(DAYS[-1])] * 3})
    pd.testing.assert_frame_equal(reader.training_frame(asked, "risk_v1"), file.training_frame(asked, "risk_v1"))
    pd.testing.assert_frame_equal(reader.online(IDS, "career_v1", NEXT_DAY), expected)
    for state in ("cut", "silent"):
        proxy.become("cut" if state == "cut" else "silent")
        began = time.monotonic()
        pd.testing.assert_frame_equal(reader.online(IDS, "career_v1", NEXT_DAY), expected)
        assert time.monotonic() - began < 1.0, "what was read of it once is good for requests"
        proxy.become("through")
    proxy.become("cut")
    late = FeatureReader(use, SMALL)
    began = time.monotonic()
    assert late.online(IDS, "career_v1", NEXT_DAY)["status"].tolist() == ["stand_in", "away", "stand_in"]
    assert time.monotonic() - began < WITHIN_SECONDS
    with pytest.raises(OnlineStoreAway) as told:
        late.apply()
    assert "hidden-word" not in str(told.value)
    proxy.become("through")
    time.sleep(1.1)
    pd.testing.assert_frame_equal(late.online(IDS, "career_v1", NEXT_DAY), expected)


def registered(use: Settings) -> registry.ResolvedModel:
    """A version of the risk model, as training makes one."""
    from training import tracking

    with tracking.run("try", "one", data_hash="d", feature_service="risk_v1", use=use) as run:
        folder = artifacts.save(
            use.state / f"made-{len(list(use.state.glob('made-*')))}",
            Parts(json={"a": 1}),
            {"name": "risk"},
            keys.signing_key(use.keys_dir),
        )
        return run.model(folder, "risk")


def test_versions_and_aliases_lie_in_postgresql(port: int, proxy: Line, tmp_path: Path) -> None:
    use = Settings(state=tmp_path / "state", mlflow_url=url_of(proxy, "mlflow"))
    made = registered(use)
    assert not use.mlflow_database.exists()
    assert {"runs", "registered_models"} <= tables(port, "mlflow")
    with pytest.raises(NotReady, match="pharos promote risk") as told:
        registry.resolve(use, "risk")
    assert not isinstance(told.value, RegistryDown)
    registry.set_alias(use, "risk", made.version)
    found = registry.resolve(use, "risk")
    assert (found.version, found.path) == (made.version, made.path)
    assert artifacts.read(found.path, keys.public_key(use.keys_dir)).parts.json == {"a": 1}
    for state in ("cut", "silent"):
        proxy.become("cut" if state == "cut" else "silent")
        began = time.monotonic()
        with pytest.raises(RegistryDown, match="PHAROS_MLFLOW_URL") as down:
            registry.resolve(use, "risk")
        assert time.monotonic() - began < WITHIN_SECONDS
        assert "hidden-word" not in str(down.value)
        proxy.become("through")
    assert registry.resolve(use, "risk").version == made.version
    copied = use.model_copy(update={"state": tmp_path / "copied"})
    shutil.copytree(use.state, copied.state)
    assert registered(copied).path.is_relative_to(copied.state), "one registry, and the files of each in its own state"
    assert registered(use).path.is_relative_to(use.state)


def test_a_state_whose_models_lie_elsewhere_says_so_and_does_not_start_without_them(
    port: int, proxy: Line, tmp_path: Path
) -> None:
    use = Settings(state=tmp_path / "state")
    registry.set_alias(use, "risk", registered(use).version)
    assert registry.resolve(use, "risk").version == "1"
    with psycopg.connect(host="127.0.0.1", port=port, user=OWNER, dbname="postgres", autocommit=True) as there:
        there.execute("CREATE DATABASE elsewhere")
    away = use.model_copy(update={"mlflow_url": url_of(proxy, "elsewhere")})
    with pytest.raises(OtherDatabase, match="kept in the state folder, and PHAROS_MLFLOW_URL now leads to") as told:
        registry.resolve(away, "risk")
    assert "hidden-word" not in str(told.value)
    assert "unset PHAROS_MLFLOW_URL" in str(told.value)
    with pytest.raises(OtherDatabase):
        open_desks(away, FakeSource({}), builders())
    registry.set_alias(away, "risk", registered(away).version)
    assert registry.resolve(away, "risk").version == "1"
    registry.client(use).delete_registered_model_alias("risk", registry.CHAMPION)
    with pytest.raises(OtherDatabase, match="set PHAROS_MLFLOW_URL to postgresql://127"):
        registry.resolve(use, "risk")


def test_features_whose_store_or_registry_lies_elsewhere_are_told_until_they_are_filled(tmp_path: Path) -> None:
    use = small_office(tmp_path / "state")
    assert moved_stores(use) == []
    away = use.model_copy(
        update={"online_url": "redis://:hidden-word@cache:6379/0", "registry_url": "postgresql://db/f"}
    )
    codes = [one.code for one in office_desks(away).notices()]
    assert codes.count("store_elsewhere") == 2
    online, definitions = moved_stores(away)
    assert "PHAROS_ONLINE_URL now leads to redis://cache:6379/0" in online.en
    assert "PHAROS_REGISTRY_URL 现指向 postgresql://db:5432/f" in definitions.zh
    assert "hidden-word" not in str(online)
    reader = FeatureReader(use, SMALL)
    reader.materialize(FILLED)
    assert moved_stores(use) == []


def test_another_kind_of_address_is_refused_without_repeating_it(tmp_path: Path) -> None:
    use = Settings(state=tmp_path, mlflow_url="https://u:hidden-word@x", registry_url="mysql://u:hidden-word@x/y")
    with pytest.raises(InvalidInput, match="PHAROS_MLFLOW_URL") as told:
        registry.client(use)
    assert "hidden-word" not in str(told.value) + repr(use)
    with pytest.raises(InvalidInput, match="PHAROS_REGISTRY_URL") as told:
        FeatureReader(use, SMALL).apply()
    assert "hidden-word" not in str(told.value)
