"""Officers whose events wait for a store that was away: a service that is up brings them forward by itself."""

from __future__ import annotations

import fcntl
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from data_contracts.catalog import catalog
from data_contracts.errors import NotReady
from data_contracts.settings import Settings
from data_contracts.simulator.simulation import simulate
from features.building import build_features
from features.history import History
from features.live import LiveFeatures
from features.store import FeatureReader
from serving.events.answers import EventDesk
from serving.events.catching_up import LONGEST_SECONDS, CatchUp, Waiters
from serving.loading import open_desks
from tests.redis_server import RedisServer, redis_server
from tests.serving.live import served
from tests.serving.test_online_store_routes import BUILDERS, END, finds

MEND_SECONDS = 60.0  # two looks and the longest pause while it was away, on a busy machine


@dataclass
class Room:
    """Officers who wait, and a store that a test breaks."""

    folder: Path
    waits: set[str] = field(default_factory=lambda: {"o-2", "o-1", "o-3"})
    away: bool = False
    broken: bool = False
    tried: list[list[str]] = field(default_factory=list)

    def catch_up(self, look_seconds: float = 2.0) -> CatchUp:
        waiters = Waiters(lambda: self.waits, lambda: not self.away, self._forward, lambda: END, self.folder / "lock")
        return CatchUp(waiters, look_seconds, at_once=2)

    def _forward(self, officer_ids: Sequence[str], as_of: date) -> int:
        assert as_of == END
        self.tried.append(list(officer_ids))
        if self.broken:
            raise NotReady("no")
        self.waits = self.waits - set(officer_ids)
        return len(officer_ids)


def test_who_waits_is_brought_forward_a_few_at_a_time_and_not_at_the_first_look(tmp_path: Path) -> None:
    room = Room(tmp_path)
    look = room.catch_up().look
    assert (look(), room.tried) == ("nobody", []), "a request may be at it"
    assert (look(), room.tried) == ("brought", [["o-1", "o-2"]])
    room.waits.add("o-4")
    assert [look(), look(), look()] == ["brought", "brought", "nobody"]
    assert room.tried[1:] == [["o-3"], ["o-4"]]


def test_nothing_is_computed_for_a_store_that_is_away(tmp_path: Path) -> None:
    room = Room(tmp_path, away=True)
    look = room.catch_up().look
    assert ([look(), look(), look()], room.tried) == (["nobody", "away", "away"], [])
    room.away = False
    assert look() == "brought"


def test_one_process_tries_at_a_time_and_no_other_waits_for_it(tmp_path: Path) -> None:
    room = Room(tmp_path)
    look = room.catch_up().look
    look()
    with (tmp_path / "lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert (look(), room.tried) == ("nobody", [])
    assert look() == "brought"


@pytest.mark.parametrize(("fault", "longest"), [("away", 15.0), ("broken", 300.0)])
def test_pauses_grow_while_it_fails_and_it_ends_when_told(
    fault: str, longest: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = Room(tmp_path, away=fault == "away", broken=fault == "broken")
    catch_up, pauses = room.catch_up(), list[float]()

    def waited(seconds: float) -> bool:
        pauses.append(seconds)
        if len(pauses) == 12:
            room.away = room.broken = False
        return len(pauses) == 16

    monkeypatch.setattr(catch_up._stopped, "wait", waited)
    catch_up._run()
    assert LONGEST_SECONDS[fault] == longest  # type: ignore[index]
    assert pauses[:5] == [2.0, 2.0, 4.0, 8.0, min(16.0, longest)]
    assert max(pauses) == longest
    assert pauses[12:] == [2.0] * 4
    assert not room.waits


def test_it_runs_beside_the_requests_from_start_to_stop(tmp_path: Path) -> None:
    room, others = Room(tmp_path), beside()  # a bureau of other tests may be running
    catch_up = room.catch_up(0.01)
    catch_up.start()
    catch_up.start()
    assert len(beside()) == len(others) + 1
    until(lambda: not room.waits)
    catch_up.stop()
    assert beside() == others


def beside() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name == "pharos-events"]


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + MEND_SECONDS
    while not holds():
        assert time.monotonic() < end, "it does not heal by itself"
        time.sleep(0.1)


@dataclass(frozen=True)
class Bureau:
    """A running service whose online store is a real Redis."""

    use: Settings
    reader: FeatureReader
    server: RedisServer
    client: httpx.Client
    officers: list[str]

    def risk(self, officer: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.client.post("/v1/risk", json={"officer_ids": [officer]}).json()
        return answer

    def notices(self) -> list[str]:
        return [one["code"] for one in self.client.get("/readyz").json()["notices"]]


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bureau]:
    base = tmp_path_factory.mktemp("bureau")
    frames = simulate(60, 3, 3, END)
    with redis_server(base / "server") as server, pytest.MonkeyPatch.context() as patch:
        use = Settings(state=base / "state", today=END, online_url=server.address(), champion_check_seconds=0.0)
        History(use.history_dir).append_all({n: frames[n] for n in catalog().tables if len(frames[n])}, "test")
        build_features(use, [END])
        reader = FeatureReader(use)
        reader.apply()
        reader.materialize(END)
        serving = sorted(frames["postings"].query("ended_on.isna()")["officer_id"].astype(str).unique())
        desks = open_desks(use, reader, BUILDERS, finds(reader))
        desk = desks.of("/v1/events")
        assert isinstance(desk, EventDesk)
        desk.warm()  # compiling takes longer than a request may on a busy machine
        with served(desks, patch) as client:
            yield Bureau(use, reader, server, client, serving)
        assert beside() == [], "it ends with the service"


def signalled(server: RedisServer, number: int) -> None:
    assert server.process is not None
    server.process.send_signal(number)


@pytest.mark.server
@pytest.mark.slow
def test_events_that_came_while_redis_hung_are_in_answers_once_it_is_back_and_nobody_sent_another(
    bureau: Bureau,
) -> None:
    officer = bureau.officers[3]
    course = str(History(bureau.use.history_dir).frame("courses", ["course_id"])["course_id"].iloc[0])
    row = {"officer_id": officer, "course_id": course, "occurred_on": "2026-10-05"}
    until(lambda: not bureau.risk(officer)["degraded"])
    before = bureau.risk(officer)["results"]
    signalled(bureau.server, signal.SIGSTOP)
    try:
        events = {"events": [{"event_id": "h-1", "table": "course_completions", "row": row}]}
        told = bureau.client.post("/v1/events", json=events).json()
        assert (told["counts"]["accepted"], told["features"]) == (1, "waiting")
        answer = bureau.risk(officer)
        assert (answer["degraded"], [one["code"] for one in answer["notices"]]) == (True, ["events_missing"])
    finally:
        signalled(bureau.server, signal.SIGCONT)
    until(lambda: not bureau.risk(officer)["degraded"])
    after = bureau.risk(officer)
    assert after["notices"] == []
    assert after["results"] != before
    assert bureau.reader.pending.waiting(END) == set()


@pytest.mark.server
@pytest.mark.slow
def test_an_append_under_way_is_waited_for_before_it_is_said_that_features_know_its_events(bureau: Bureau) -> None:
    officer, live = bureau.officers[5], LiveFeatures(History(bureau.use.history_dir))
    with History(bureau.use.history_dir).alone():
        bureau.reader.pending.add({officer}, END)
        with pytest.raises(NotReady):
            bureau.reader.bring_forward(live, [officer], END, wait_seconds=0.0)
        assert bureau.reader.pending.waiting(END) == {officer}
    until(lambda: bureau.reader.pending.waiting(END) == set())
    live.close()


@pytest.mark.server
@pytest.mark.slow
def test_a_redis_that_was_emptied_is_a_notice_until_it_is_filled_again(bureau: Bureau) -> None:
    until(lambda: bureau.notices() == [])
    bureau.server.flush()
    assert bureau.notices() == ["rows_lost"]
    bureau.server.stop()
    until(lambda: bureau.notices() == ["store_down"])
    bureau.server.start()
    until(lambda: bureau.notices() == ["rows_lost"])
    (notice,) = bureau.client.get("/readyz").json()["notices"]
    for words in (notice["zh"], notice["en"]):
        assert f"pharos materialize --as-of {END}" in words
    assert bureau.risk(bureau.officers[0])["degraded"]
    bureau.reader.materialize(END)
    until(lambda: bureau.notices() == [])
