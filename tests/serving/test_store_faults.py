"""The online store locked, broken, gone or emptied under a real server: an answer in time, and it says what it is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest

from data_contracts.settings import Settings
from features.sqlite_care import READ_SECONDS
from features.store import FeatureReader
from tests.features.small_store import SMALL
from tests.serving.live import served
from tests.serving.small_office import FAULTS, FILLED, OFFICERS, locked, office_desks, small_office, store_file

pytestmark = pytest.mark.server
SOON = 8.0  # seconds in which a machine that is busy with other things has answered too
Breaks = Callable[[Path], AbstractContextManager[None]]


@pytest.fixture(scope="module")
def use(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return small_office(tmp_path_factory.mktemp("office"))


@pytest.fixture(scope="module")
def client(use: Settings) -> Iterator[httpx.Client]:
    with pytest.MonkeyPatch.context() as patch, served(office_desks(use), patch) as client:
        yield client


def told(client: httpx.Client, path: str, ids: list[str]) -> dict[str, Any]:
    """An answer without its request id."""
    response = client.post(path, json={"officer_ids": ids})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    answer.pop("request_id")
    return answer


def healed(client: httpx.Client) -> dict[str, Any]:
    """The first answer that is not degraded."""
    end = time.monotonic() + SOON
    while (answer := told(client, "/v1/risk", OFFICERS))["degraded"] and time.monotonic() < end:
        time.sleep(0.1)
    return answer


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_store_that_fails_is_stood_in_for_and_the_answer_says_so(
    fault: str, use: Settings, client: httpx.Client
) -> None:
    breaks: Any = FAULTS[fault]
    whole = healed(client)
    assert not whole["degraded"]
    with breaks(store_file(use)):
        began = time.monotonic()
        risk = told(client, "/v1/risk", [*OFFICERS, "nobody"])
        posts = told(client, "/v1/next_posts", ["o-1", "nobody"])
        assert time.monotonic() - began < SOON
        ready = client.get("/readyz")
    assert (risk["degraded"], posts["degraded"]) == (True, True)
    assert risk["results"][:-1] == whole["results"], "the snapshot of the day says what the store said"
    assert (risk["as_of"], risk["feature_age_hours"]) == (FILLED.isoformat(), 0.0)
    unread = "unknown_officer" if fault == "flushed" else "features_unread"
    assert (risk["results"][-1]["status"], risk["results"][-1]["because"]["code"]) == ("not_scored", unread)
    assert [result["cold_start"] for result in posts["results"]] == [False, True]
    assert ready.status_code == 200
    (notice,) = ready.json()["notices"]
    assert notice["code"] == ("rows_lost" if fault == "flushed" else "store_down")
    assert healed(client) == whole, "and it is the store's own answer again"
    assert client.get("/readyz").json()["notices"] == []


def test_a_service_whose_audit_chain_is_locked_is_not_ready_and_then_ready_again(
    use: Settings, client: httpx.Client
) -> None:
    assert client.get("/readyz").status_code == 200
    with locked(use.state / "service" / "service.db"):
        refused = client.get("/readyz")
    assert (refused.status_code, refused.json()["code"]) == (503, "audit_away")
    assert client.get("/readyz").status_code == 200


def test_a_store_that_is_slow_for_a_while_holds_nobody_up(use: Settings, client: httpx.Client) -> None:
    whole = healed(client)
    with locked(store_file(use)):
        answers: list[dict[str, Any]] = []
        asking = [threading.Thread(target=lambda: answers.append(told(client, "/v1/risk", OFFICERS))) for _ in range(8)]
        for one in asking:
            one.start()
        for one in asking:
            one.join(SOON)
    assert [answer["degraded"] for answer in answers] == [True] * 8
    assert all(answer["results"] == whole["results"] for answer in answers)
    assert healed(client) == whole


def test_with_neither_store_nor_snapshot_careers_start_cold_and_nobody_is_scored(
    use: Settings, client: httpx.Client
) -> None:
    away = use.snapshot_dir.with_name("away")
    with locked(store_file(use)):
        use.snapshot_dir.rename(away)
        try:
            risk, posts = told(client, "/v1/risk", ["o-1"]), told(client, "/v1/next_posts", ["o-1"])
        finally:
            away.rename(use.snapshot_dir)
    assert (risk["degraded"], risk["as_of"], risk["feature_age_hours"]) == (True, None, None)
    assert risk["results"][0]["because"]["code"] == "features_unread"
    assert (posts["degraded"], posts["results"][0]["cold_start"]) == (True, True)


def test_a_request_waits_a_tenth_of_a_second_and_those_behind_it_not_at_all(
    use: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What 200 ms hang on; seen in the connection, for the clock of a busy machine proves nothing."""
    reader, reads = FeatureReader(use, SMALL), list[list[str]]()
    assert set(reader.online(["o-1"], "risk_v1", FILLED)["status"]) == {"present"}
    connection = reader._feast._get_provider().online_store._conn
    assert connection.execute("PRAGMA busy_timeout").fetchone() == (100,)
    assert READ_SECONDS <= 0.1
    read = reader._read

    def counted(ids: list[str], *more: Any) -> pd.DataFrame:
        reads.append(ids)
        return read(ids, *more)

    monkeypatch.setattr(reader, "_read", counted)
    with locked(store_file(use)):
        statuses = [reader.online(["o-1"], "risk_v1", FILLED)["status"][0] for _ in range(5)]
    assert (statuses, len(reads)) == (["stand_in"] * 5, 1)


def test_a_store_that_lost_its_rows_is_filled_again_for_the_same_day(tmp_path: Path) -> None:
    use = small_office(tmp_path)
    assert {done.because for done in FeatureReader(use, SMALL).materialize(FILLED)} == {"already there"}
    store_file(use).unlink()
    reader = FeatureReader(use, SMALL)
    assert reader.online(["o-1"], "risk_v1", FILLED)["status"].tolist() == ["stand_in"]
    reader.apply()
    assert [done.rows for done in reader.materialize(FILLED)] == [12, 12, 1]
    assert FeatureReader(use, SMALL).online(["o-1"], "risk_v1", FILLED)["status"].tolist() == ["present"]


@pytest.mark.parametrize(
    ("days", "degraded", "status"),
    [(-1, True, "scored"), (0, False, "scored"), (1, False, "scored"), (2, True, "scored"), (3, True, "scored"),
     (4, True, "not_scored"), (366, True, "not_scored")],
)  # fmt: skip
def test_the_clock_a_day_off_and_around_a_leap_day(
    days: int, degraded: bool, status: str, use: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Features are of 29 February: flagged when they are older than 36 hours or of tomorrow, not scored over 72."""
    today: date = FILLED + timedelta(days=days)
    with served(office_desks(use, today), monkeypatch) as client:
        answer = told(client, "/v1/risk", ["o-1", "nobody"])
        posts = told(client, "/v1/next_posts", ["o-1", "nobody"])
        notices = [one["code"] for one in client.get("/readyz").json()["notices"]]
    assert (answer["degraded"], answer["feature_age_hours"]) == (degraded, 24.0 * days)
    assert [result["status"] for result in answer["results"]] == [status, "not_scored"]
    assert answer["results"][1]["because"]["code"] == "unknown_officer"
    assert (notices, posts["degraded"]) == (["stale_features"] if days > 3 else [], degraded)
    assert [result.get("cold_start") for result in posts["results"]] == [None if days > 3 else False, True]
