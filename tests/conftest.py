"""What every test shares: one thread setting, the real histories when they are there, a state folder of its own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from data_contracts.importing import kept_imports
from data_contracts.settings import Settings, prepare_process, settings

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from tests.walked_demo import WalkedDemo

os.environ["PHAROS_TIME_ZONE"] = "UTC"  # tests of days choose their own: tests/bureau_clock.py
prepare_process(threads=1)
ROOT = Path(__file__).resolve().parent.parent


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """All of the project and its libraries come in here."""
    with kept_imports():
        return (yield)


@pytest.hookimpl(trylast=True)  # after the order was drawn
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests come first, or one process would be left with the longest at the end.

    Of those that stand on the walked demo one begins and the rest come after every other slow file: two at once would
    leave one process waiting while the other walks.
    """
    slow = dict.fromkeys(item.path for item in items if item.get_closest_marker("slow") is not None)
    walkers = [path for path in slow if any(item.path == path and _walks(item) for item in items)]
    order = [*walkers[:1], *(path for path in slow if path not in walkers), *walkers[1:]]
    place = {path: number for number, path in enumerate(order)}
    items.sort(key=lambda item: place.get(item.path, len(place)))


def _walks(item: pytest.Item) -> bool:
    return "walked_demo" in getattr(item, "fixturenames", ())


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real histories of two cities; skips aloud where they are absent, fails in CI."""
    folder = Path(os.environ.get("PHAROS_SHARED", ROOT.parent / "shared")) / "data"
    if not (folder / "chicago").is_dir():
        reason = f"the cities' histories are not at {folder}; set PHAROS_SHARED to the folder that holds data/"
        if os.environ.get("CI"):
            pytest.fail(f"in CI nothing may be skipped: {reason}")
        pytest.skip(reason)
    return folder


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """Settings whose whole state lies in this test's own folder."""
    monkeypatch.setenv("PHAROS_STATE", str(tmp_path / "state"))
    settings.cache_clear()
    yield settings()
    settings.cache_clear()


@pytest.fixture(scope="session", autouse=True)
def _registries(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """MLflow takes more than a second to make an empty registry: a process makes one, and copies it for each state."""
    from models import registry

    kept, made = tmp_path_factory.mktemp("registry") / "mlflow.db", registry.client

    def client(use: Settings) -> MlflowClient:
        if use.mlflow_url or use.mlflow_database.exists():
            return made(use)
        if kept.exists():
            use.mlflow_dir.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(kept, use.mlflow_database)
            return made(use)
        found = made(use)
        shutil.copyfile(use.mlflow_database, kept)
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "client", client)
        yield


@pytest.fixture(scope="session")
def walked_demo(tmp_path_factory: pytest.TempPathFactory) -> WalkedDemo:
    """The state of a whole demo, made once a run; copy it (tests/walked_demo.py), never write into it."""
    from tests.walked_demo import walked_in

    base = tmp_path_factory.getbasetemp()
    return walked_in((base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "walked-demo")
