"""Programs of ours that ask over HTTP get in where callers must show a key, and leave the door as they found it."""

from __future__ import annotations

import shutil
import time
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest

from data_contracts.audit.chain import lines
from data_contracts.errors import NotReady
from data_contracts.settings import Settings
from experiments import first_answer
from experiments.first_answer import LiveService
from experiments.own_key import own_key
from experiments.record_sandbox import copied
from models.audit import audit_database
from serving.access.api_keys import KeyAsked, api_keys
from serving.access.callers import callers_of
from serving.access.commands import issued
from serving.access.credential import AccessScope

HERE = Path(__file__).parent
TODAY = date(2026, 1, 1)


@pytest.fixture
def use(tmp_path: Path) -> Settings:
    return Settings(state=tmp_path / "state", today=TODAY, port=0)


def somebodys_key(use: Settings) -> str:
    asked = KeyAsked("a system", frozenset({AccessScope.FEEDBACK_WRITE}), None, date(2026, 6, 1))
    return issued(use, asked)[1]


def test_where_nobody_needs_a_key_none_is_made_for_it_would_shut_out_everybody_else(use: Settings) -> None:
    with own_key(use, "benchmark", AccessScope.RISK_READ) as headers:
        assert headers == {}
    assert not callers_of(use, lambda: TODAY).any_set_up()


def test_where_keys_are_needed_one_is_made_with_its_scopes_and_revoked_whatever_happens(use: Settings) -> None:
    somebodys_key(use)
    shown = list[tuple[bytes, bytes]]()
    with pytest.raises(KeyboardInterrupt):
        _opened_and_interrupted(use, shown)
    assert callers_of(use, lambda: TODAY).of({"headers": shown}) is None
    states = {key.name: key.state(TODAY) for key in api_keys(use).all()}
    assert states == {"a system": "active", "benchmark": "revoked"}
    bodies = [str(line["body"]) for line in lines(audit_database(use))]
    assert [word for body in bodies for word in ("key_added", "key_revoked") if word in body] == [
        "key_added", "key_added", "key_revoked",
    ]  # fmt: skip


def _opened_and_interrupted(use: Settings, shown: list[tuple[bytes, bytes]]) -> None:
    with own_key(use, "benchmark", AccessScope.RISK_READ) as headers:
        shown += [(name.encode(), value.encode()) for name, value in headers.items()]
        caller = callers_of(use, lambda: TODAY).of({"headers": shown})
        assert caller is not None
        assert caller.scopes == frozenset({AccessScope.RISK_READ})
        assert caller.units is None
        raise KeyboardInterrupt


@pytest.mark.server
def test_a_live_service_with_keys_is_asked_with_ours(use: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(HERE.parents[1]))
    monkeypatch.setattr(first_answer, "COMMAND_LINE", HERE / "stand_in_pharos.py")
    somebodys_key(use)
    scopes = AccessScope.RISK_READ, AccessScope.RISK_REVIEW
    with own_key(use, "benchmark", *scopes) as headers, LiveService(use, headers) as service:
        assert service.ask("/v1/risk", {"officer_ids": ["o-000001"]})["results"][0]["grade"] == "poor"
        with pytest.raises(NotReady, match="401"):
            LiveService.ask(_without_key(service), "/v1/risk", {"officer_ids": ["o-000001"]})


def _without_key(service: LiveService) -> LiveService:
    other = LiveService.__new__(LiveService)
    other.__dict__.update(service.__dict__, _headers={})
    return other


def test_a_service_that_is_not_ready_is_told_in_its_own_words(use: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two minutes have gone by once it was heard and asked again: the clock jumps at the wait between two answers."""
    waited = [0.0]

    def sleep(seconds: float) -> None:
        waited[0] += 60.0 if seconds >= 1.0 else 0.0
        time.sleep(min(seconds, 0.2))

    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + waited[0], sleep=sleep)
    monkeypatch.setattr(first_answer, "time", clock)
    monkeypatch.setattr(first_answer, "COMMAND_LINE", HERE / "never_ready.py")
    with pytest.raises(NotReady, match=r"not ready after 120 s; it said: risk has no champion yet"), LiveService(use):
        pytest.fail("it is never ready")
    assert waited == [120.0]


def test_the_book_is_recorded_from_a_copy_on_the_day_of_the_newest_snapshot(use: Settings) -> None:
    with pytest.raises(NotReady, match="holds no bureau; run `pharos demo --no-serve`"), copied(use):
        pytest.fail("there is nothing to record")
    for day in ("2025-12-01", "2026-01-01"):
        folder = use.snapshot_dir / "officers" / f"as_of={day}"
        folder.mkdir(parents=True)
        (folder / "part-0.parquet").touch()
    with copied(use.model_copy(update={"today": None})) as there:
        assert (there.today, there.snapshot_dir.is_dir()) == (TODAY, True)
        assert there.state != use.state
        shutil.rmtree(there.snapshot_dir)
    assert use.snapshot_dir.is_dir()
    assert not there.state.exists()
