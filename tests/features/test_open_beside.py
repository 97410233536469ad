"""A service answers while Feast, which takes seconds, is still being opened: from snapshots, and it says so."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Any

import pytest

from data_contracts.settings import Settings
from features import store
from features.feast_opening import open_feast
from features.sqlite_care import Rest
from features.store import FeatureReader
from tests.features.small_store import DAYS, SMALL, small_store

NEXT_DAY = DAYS[-1] + timedelta(days=1)
WITHIN_SECONDS = 2.0  # 0.2 is promised; the machine of the tests is shared


def statuses(reader: FeatureReader) -> list[str]:
    found: list[str] = reader.online(["o-3", "nobody"], "career_v1", NEXT_DAY)["status"].tolist()
    return found


@pytest.fixture
def filled(state: Settings) -> FeatureReader:
    """Another reader of a store that holds all."""
    small_store(state).materialize(DAYS[-1])
    return FeatureReader(state, SMALL)


def test_until_the_store_is_open_snapshots_stand_in_and_nobody_waits(
    filled: FeatureReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_go = threading.Event()

    def slowly(settings: Settings) -> Any:
        assert let_go.wait(60)
        return open_feast(settings)

    monkeypatch.setattr(store, "open_feast", slowly)
    filled.wait_until_open()  # nothing was begun
    filled.open_beside()
    filled.open_beside()  # once is enough
    timer = threading.Timer(20, let_go.set)  # whoever waits for it is found out
    timer.start()
    began = time.monotonic()
    assert statuses(filled) == ["stand_in", "away"]
    assert time.monotonic() - began < WITHIN_SECONDS
    let_go.set()
    timer.cancel()
    filled.wait_until_open()
    assert statuses(filled) == ["present", "unknown"]


def test_a_store_that_does_not_open_leaves_the_answer_to_the_next_read(
    filled: FeatureReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Settings) -> Any:
        raise OSError

    monkeypatch.setattr(store, "open_feast", broken)
    filled.open_beside()
    filled.wait_until_open()
    assert statuses(filled) == ["stand_in", "away"]
    monkeypatch.setattr(store, "open_feast", open_feast)
    monkeypatch.setattr(filled, "_rest", Rest())
    assert statuses(filled) == ["present", "unknown"]
