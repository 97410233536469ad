"""A real MLflow registry that breaks, and champions that are unfit, under a running service: the old one answers on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from data_contracts.settings import Settings
from models import artifacts, keys, registry
from models.artifacts import Parts
from serving.api.opened import Desks
from serving.champions import opening
from serving.champions.canary import CanaryRules
from serving.champions.opening import champion_watch
from serving.champions.watching import ChampionWatch
from tests.serving.desks import FakeSource
from tests.serving.live import served
from tests.serving.model_room import OFFICERS
from tests.serving.small_office import FAULTS
from tests.serving.test_champions import BUILDERS, wholly_one_version

pytestmark = pytest.mark.server
PATIENT = CanaryRules(times_slower=50.0, slack_seconds=5.0, most_seconds=30.0)
ASKED = {"officer_ids": OFFICERS, "outcomes": ["conduct"]}


@dataclass(frozen=True)
class Office:
    """A service over a registry of its own, and the watch that it follows."""

    use: Settings
    watch: ChampionWatch
    client: httpx.Client

    def version(self) -> str:
        """Of an answer that is wholly one version's."""
        response = self.client.post("/v1/risk", json=ASKED)
        assert response.status_code == 200, response.text
        return wholly_one_version(response.json())

    def notices(self) -> list[str]:
        """The codes of what needs attention."""
        return [one["code"] for one in self.client.get("/readyz").json()["notices"]]


def add(use: Settings, how: str = "good") -> str:
    """Register a signed model whose chances tell its version; the new version."""
    at_registry = registry.client(use)
    if not at_registry.search_registered_models():
        at_registry.create_registered_model("risk")
    version = str(len(registry.versions(use, "risk")) + 1)
    folder = use.mlflow_dir / "files" / version
    folder.parent.mkdir(parents=True, exist_ok=True)
    told = {"name": "risk", "service": "risk_v1", "service_hash": "h1"}
    parts = Parts(json={"version": version, "how": how})
    artifacts.save(folder, parts, told, keys.signing_key(use.keys_dir))
    at_registry.create_model_version("risk", str(folder), tags={registry.PATH_TAG: f"files/{version}"})
    return version


def opened(use: Settings) -> ChampionWatch:
    return champion_watch(use, FakeSource(dict.fromkeys(OFFICERS, 2.0)), BUILDERS, PATIENT)


@pytest.fixture(scope="module")
def use(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """One registry for the module: making it costs MLflow seconds."""
    made = Settings(state=tmp_path_factory.mktemp("office"), today=date(2026, 11, 1), champion_check_seconds=0.0)
    assert [add(made), add(made), add(made, "nan"), add(made)] == ["1", "2", "3", "4"]
    (made.mlflow_dir / "files" / "4" / "values.json").write_text("{}")
    return made


@pytest.fixture
def office(use: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    monkeypatch.setattr(opening, "sampled_officers", lambda *_: OFFICERS)
    registry.set_alias(use, "risk", "1")
    watch = opened(use)
    watch.look()
    with served(watch.desks, monkeypatch) as client:
        yield Office(use, watch, client)
    watch.stop()


@pytest.mark.parametrize("fault", ["corrupt", "locked", "removed"])
def test_with_the_registry_broken_the_last_verified_version_answers_and_a_start_finds_it(
    fault: str, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "GLANCE_SECONDS", 0.1)  # a lock is waited for at each model of each of three looks
    breaks: Any = FAULTS[fault]
    with breaks(office.use.mlflow_database):
        office.watch.look()
        assert (office.version(), office.notices()) == ("1", ["registry_down"])
        restarted: Desks = opened(office.use).desks
        assert [model.version for model in restarted.models() if model.name == "risk"] == ["1"]
    office.watch.look()
    assert office.notices() == []


def test_the_alias_moves_under_load_to_good_and_unfit_versions_and_each_answer_is_one_version(office: Office) -> None:
    seen: list[str] = []
    with ThreadPoolExecutor(3) as many:
        for version in ("2", "3", "4", "1", "2"):
            registry.set_alias(office.use, "risk", version)
            asking = [many.submit(office.version) for _ in range(10)]
            office.watch.look()
            seen += [one.result() for one in asking]
            expected = version if version in ("1", "2") else "2"
            assert until(office, expected)
            assert office.notices() == ([] if version in ("1", "2") else ["model_refused"])
    assert set(seen) == {"1", "2"}


def until(office: Office, version: str) -> bool:
    """Whether this version answers soon."""
    end = time.monotonic() + 10.0
    while office.version() != version and time.monotonic() < end:
        time.sleep(0.05)
    return office.version() == version


def test_without_a_model_it_is_live_and_not_ready_until_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use = Settings(state=tmp_path, today=date(2026, 11, 1), champion_check_seconds=0.0)
    monkeypatch.setattr(opening, "sampled_officers", lambda *_: OFFICERS)
    watch = opened(use)
    with served(watch.desks, monkeypatch) as client:
        assert (client.get("/livez").status_code, client.get("/readyz").status_code) == (200, 503)
        refused = client.post("/v1/risk", json=ASKED)
        assert (refused.status_code, refused.json()["code"]) == (503, "not_ready")
        registry.set_alias(use, "risk", add(use))
        watch.look()
        assert client.get("/readyz").status_code == 200
        assert Office(use, watch, client).version() == "1"
    watch.stop()
