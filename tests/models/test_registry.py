"""An alias that is not there and a registry that cannot be read are told apart: one is an answer, the other none."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from data_contracts.errors import NotReady, RegistryDown, UntrustedArtifact
from data_contracts.settings import Settings
from models import registry


@pytest.fixture
def use(tmp_path: Path) -> Settings:
    made = Settings(state=tmp_path)
    made.mlflow_dir.mkdir()
    return made


def answering(monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    """A registry that gives or raises this."""

    def get(*_: str) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(registry, "client", lambda _: SimpleNamespace(get_model_version_by_alias=get))


class Told(Exception):
    """As MLflow raises."""

    def __init__(self, error_code: str) -> None:
        self.error_code = error_code


def test_a_database_that_is_gone_is_not_made_anew(use: Settings) -> None:
    with pytest.raises(RegistryDown, match="restore"):
        registry.resolve(use, "risk")
    assert not use.mlflow_database.exists()


@pytest.mark.parametrize("error", [OSError("disk"), Told("TEMPORARILY_UNAVAILABLE"), ValueError("no such table")])
def test_what_cannot_be_read_says_nothing_of_the_alias(
    error: Exception, use: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    use.mlflow_database.touch()
    answering(monkeypatch, error)
    with pytest.raises(RegistryDown, match="cannot be read"):
        registry.resolve(use, "risk")


def test_a_broken_database_is_seen_at_a_glance(use: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """MLflow would try it again for more than a minute, for each model; it is not asked at all."""
    use.mlflow_database.write_bytes(b"no database" * 1000)
    monkeypatch.setattr(registry, "client", lambda _: pytest.fail("MLflow was asked"))
    with pytest.raises(RegistryDown, match="DatabaseError"):
        registry.resolve(use, "risk")


@pytest.mark.parametrize("code", registry.NO_ALIAS)
def test_an_alias_that_is_not_there_is_told_with_the_remedy(
    code: str, use: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    use.mlflow_database.touch()
    answering(monkeypatch, Told(code))
    with pytest.raises(NotReady, match="pharos promote risk") as told:
        registry.resolve(use, "risk")
    assert not isinstance(told.value, RegistryDown)


@pytest.mark.parametrize("path", ["../elsewhere", "/etc", "a/../../b"])
def test_a_version_that_lies_elsewhere_is_refused(path: str, use: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    use.mlflow_database.touch()
    tags = {registry.PATH_TAG: path}
    answering(monkeypatch, SimpleNamespace(name="risk", version=1, run_id="r", source="", tags=tags))
    with pytest.raises(UntrustedArtifact, match="not below"):
        registry.resolve(use, "risk")
