"""A moved alias: verified, tried, swapped whole or left alone, while every answer is one version's from end to end."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from data_contracts.audit.chain import Action, lines
from data_contracts.errors import NotReady, UntrustedArtifact
from data_contracts.settings import Settings
from models import registry
from models.audit import audit_database
from serving.api.opened import Absent, Desks
from serving.champions import opening, pointer
from serving.champions.canary import Canary, CanaryRules
from serving.champions.opening import champion_watch
from serving.champions.refusing import PAUSES_SECONDS
from serving.champions.watching import ChampionWatch
from serving.courses.crowds import COUNTS
from serving.loading import Builders
from tests.serving.desks import FakeRanker, FakeSource
from tests.serving.live import served
from tests.serving.model_room import OFFICERS, Registered, scorer_of

QUICK = CanaryRules(times_slower=2.0, slack_seconds=0.05, most_seconds=2.5)
PATIENT = CanaryRules(
    slack_seconds=20.0, most_seconds=60.0
)  # where a test is not about time, a busy machine counts not
IMPATIENT = CanaryRules(times_slower=0.0, slack_seconds=-1.0)  # whatever the machine, too slow


BUILDERS = Builders(risk=scorer_of, careers=lambda _: FakeRanker(), courses=lambda _: COUNTS)


@pytest.fixture
def registered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registered:
    use = Settings(state=tmp_path / "state", today=date(2026, 11, 1), champion_check_seconds=0.05)
    found = Registered(use)
    monkeypatch.setattr(registry, "resolve", found.resolve)
    monkeypatch.setattr(opening, "sampled_officers", lambda *_: OFFICERS)
    found.add("1")
    found.alias["risk"] = "1"
    return found


def watch_of(registered: Registered) -> ChampionWatch:
    return champion_watch(registered.use, FakeSource(dict.fromkeys(OFFICERS, 2.0)), BUILDERS, PATIENT)


def answering(desks: Desks) -> str:
    return "none" if isinstance(desks.risk, Absent) else desks.risk.model.version


def audited(use: Settings) -> list[str]:
    return [str(row["body"]) for row in lines(audit_database(use))]


@pytest.fixture
def watch(registered: Registered) -> Iterator[ChampionWatch]:
    made = watch_of(registered)
    yield made
    made.stop()


def test_a_moved_alias_is_taken_up_and_the_way_back_is_to_move_it_back(
    registered: Registered, watch: ChampionWatch
) -> None:
    first = watch.desks
    watch.look()
    assert watch.desks is first, "nothing moved"
    registered.add("2")
    for version in ("2", "1"):
        registered.alias["risk"] = version
        watch.look()
        assert (answering(watch.desks), watch.notices()) == (version, [])
        assert pointer.last_verified(registered.use)["risk"].version == version
    assert answering(first) == "1", "what answers a request that has begun stays as it was"
    told = audited(registered.use)
    assert [Action.MODEL_TAKEN_UP.value in line for line in told] == [True, True]
    assert '"agreement":1.0' in told[0]
    assert '"officers":12' in told[0]
    assert not any(officer in line for line in told for officer in OFFICERS)


@pytest.mark.parametrize(
    ("how", "said", "said_zh"),
    [("nan", "no numbers", "不是 0 至 1 之间的数"), ("above", "between 0 and 1", "不是 0 至 1 之间的数"),
     ("constant", "the same of all", "给出相同结果"), ("slow", "it took", "用时"),
     ("hangs", "had not answered", "仍未完成"), ("fails", "KeyError", "KeyError")],
)  # fmt: skip
def test_an_unfit_model_leaves_the_old_one_answering_and_everybody_is_told(
    how: str,
    said: str,
    said_zh: str,
    registered: Registered,
    watch: ChampionWatch,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at_a_clock(watch, monkeypatch, QUICK if how in ("slow", "hangs") else PATIENT)
    before = watch.desks
    registered.add("2", how)
    registered.alias["risk"] = "2"
    with capture_logs() as logged:
        watch.look()
        watch.look()
    assert watch.desks is before
    (notice,) = before.notices()
    assert notice.code == "model_refused"
    assert said in notice.en
    assert said_zh in notice.zh
    (line,) = (one for one in logged if one["event"] == "model_refused")
    assert (line["name"], line["version"], line["before"], line["log_level"]) == ("risk", "2", "1", "error")
    assert said in line["why"]
    assert (line["again_in_seconds"] is not None) is (how in ("slow", "hangs")), "only time may heal by itself"
    assert not any(officer in str(line) for officer in OFFICERS)
    assert "version 1 goes on" in notice.en
    assert "secret" not in notice.en
    assert len(audited(registered.use)) == 1, "tried once, not at each look"
    assert '"action":"model_refused"' in audited(registered.use)[0]
    assert pointer.last_verified(registered.use)["risk"].version == "1"
    registered.alias["risk"] = "1"
    watch.look()
    assert watch.notices() == []


def test_a_corrupt_model_or_one_of_other_features_is_not_taken_up(registered: Registered, watch: ChampionWatch) -> None:
    (registered.add("2") / "values.json").write_text("{}")
    registered.add("3", service_hash="older")
    registered.add("4", signed_as="courses")
    for version, code in (("2", "untrusted_artifact"), ("3", "feature_mismatch"), ("4", "untrusted_artifact")):
        registered.alias["risk"] = version
        watch.look()
        assert answering(watch.desks) == "1"
        assert f'"code":"{code}"' in audited(registered.use)[-1]


def test_a_refused_version_is_tried_again_when_told_to(registered: Registered, watch: ChampionWatch) -> None:
    folder = registered.add("2")
    right = (folder / "values.json").read_bytes()
    (folder / "values.json").write_text("{}")
    registered.alias["risk"] = "2"
    watch.look()
    (folder / "values.json").write_bytes(right)
    watch.look()
    assert answering(watch.desks) == "1"
    watch.look_now()
    watch.look()
    assert answering(watch.desks) == "2"


def at_a_clock(watch: ChampionWatch, monkeypatch: pytest.MonkeyPatch, rules: CanaryRules) -> list[float]:
    """The clock of the watch, in the hands of the test, and its canary with other rules."""
    clock = [1000.0]
    canary = Canary(lambda: OFFICERS, rules)
    monkeypatch.setattr(watch, "_around", replace(watch._around, seconds=lambda: clock[0], canary=canary))
    return clock


def test_what_was_only_too_slow_is_tried_again_by_itself_and_later_each_time(
    registered: Registered, watch: ChampionWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = at_a_clock(watch, monkeypatch, IMPATIENT)
    registered.add("2")
    registered.alias["risk"] = "2"
    watch.look()
    first = watch.standing("risk")
    assert (first.version, first.refusal and (first.refusal.version, first.refusal.code)) == ("1", ("2", "slow_model"))
    assert "tried again by itself" in watch.notices()[0].en
    assert "自动再试" in watch.notices()[0].zh
    for tries, pause in enumerate((*PAUSES_SECONDS, PAUSES_SECONDS[-1]), start=1):
        clock[0] += pause * 0.99
        watch.look()
        assert len(audited(registered.use)) == tries, "not before its time"
        clock[0] += pause * 0.3
        watch.look()
        assert len(audited(registered.use)) == tries + 1
    again = watch.standing("risk").refusal
    assert again is not None
    assert first.refusal is not None
    assert (again.since, again.tried) == (first.refusal.since, len(PAUSES_SECONDS) + 2)
    monkeypatch.setattr(watch, "_around", replace(watch._around, canary=Canary(lambda: OFFICERS, PATIENT)))
    clock[0] += PAUSES_SECONDS[-1] * 1.3
    watch.look()
    assert (answering(watch.desks), watch.notices(), watch.standing("risk").refusal) == ("2", [], None)


def test_while_an_attempt_that_was_given_up_goes_on_only_a_signal_brings_another(
    registered: Registered, watch: ChampionWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, over = at_a_clock(watch, monkeypatch, IMPATIENT), threading.Event()
    registered.add("2")
    registered.alias["risk"] = "2"
    watch.look()
    still = threading.Thread(target=over.wait, args=(30,), daemon=True)
    still.start()
    watch._around.canary.left_behind.append(still)
    assert "still runs" not in watch.notices()[0].en
    clock[0] += 1000.0
    watch.look()
    assert len(audited(registered.use)) == 1
    refusal = watch.standing("risk").refusal
    assert refusal is not None
    assert "an attempt that was given up still runs" in watch.notices()[0].en
    assert "仍在运行" in refusal.told.zh, "for the page of models too"
    watch.look_now()
    watch.look()
    assert len(audited(registered.use)) == 2
    over.set()
    still.join()
    clock[0] += PAUSES_SECONDS[0] * 1.3  # who was told to try begins with the shortest pause again
    watch.look()
    assert len(audited(registered.use)) == 3
    assert "still runs" not in watch.notices()[0].en


def test_what_a_version_answers_is_not_tried_again_by_waiting(
    registered: Registered, watch: ChampionWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = at_a_clock(watch, monkeypatch, PATIENT)
    registered.add("2", "nan")
    registered.alias["risk"] = "2"
    watch.look()
    clock[0] += 1e9
    watch.look()
    assert len(audited(registered.use)) == 1
    assert "promote again" in watch.notices()[0].en
    registered.down = True
    watch.look()
    assert [one.code for one in watch.notices()] == ["registry_down"]
    registered.down = False
    watch.look()
    assert [one.code for one in watch.notices()] == ["model_refused"], "told again once the registry is back"


def test_opening_the_store_is_no_models_slowness(
    registered: Registered, watch: ChampionWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first read of a process opens the store, which may take longer than any answer may."""
    said: list[str] = []
    read, timed = FakeSource.online, Canary._timed

    def reading(source: FakeSource, *given: Any, **more: Any) -> Any:
        said.append("read")
        return read(source, *given, **more)

    def timing(canary: Canary, *given: Any) -> Any:
        said.append("clock")
        return timed(canary, *given)

    monkeypatch.setattr(FakeSource, "online", reading)
    monkeypatch.setattr(Canary, "_timed", timing)
    registered.add("2")
    registered.alias["risk"] = "2"
    watch.look()
    assert said[:2] == ["read", "clock"]
    assert answering(watch.desks) == "2"


def test_without_an_audit_line_nothing_is_taken_up(
    registered: Registered, watch: ChampionWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unwritable(_: object) -> None:
        raise NotReady("the disk is full")

    registered.add("2")
    registered.alias["risk"] = "2"
    around = watch._around
    monkeypatch.setattr(watch, "_around", replace(around, audit=unwritable))
    watch.look()
    assert (answering(watch.desks), watch.notices()[0].code) == ("1", "model_refused")
    monkeypatch.setattr(watch, "_around", around)
    watch.look()
    assert (answering(watch.desks), watch.notices()) == ("2", [])


def test_with_the_registry_down_the_last_verified_version_goes_on_and_is_what_a_start_finds(
    registered: Registered, watch: ChampionWatch
) -> None:
    registered.down = True
    watch.look()
    assert [notice.code for notice in watch.desks.notices()] == ["registry_down"]
    started = watch_of(registered)
    assert (answering(started.desks), [one.code for one in started.desks.notices()]) == ("1", ["registry_down"])
    registered.down = False
    started.look()
    assert started.notices() == []


def test_a_pointer_that_was_edited_or_names_other_bytes_starts_nothing(
    registered: Registered, watch: ChampionWatch
) -> None:
    registered.down = True
    path = pointer.file_of(registered.use)
    kept = path.read_text()
    path.write_text(kept.replace('"version": "1"', '"version": "2"'))
    assert answering(watch_of(registered).desks) == "none"
    path.write_text(kept)
    (registered.folders["risk", "1"] / "values.json").write_text("{}")
    assert answering(watch_of(registered).desks) == "none"


def test_the_pointer_names_bytes_and_not_only_a_folder(registered: Registered, watch: ChampionWatch) -> None:
    """Another model, rightly signed, in the folder of the one that answered last is not that one."""
    registered.down = True
    folder = registered.folders["risk", "1"]
    folder.rename(folder.with_name("before"))
    registered.add("1", "nan")
    assert answering(watch_of(registered).desks) == "none"


def test_a_restart_tries_a_new_champion_beside_the_one_before(registered: Registered, watch: ChampionWatch) -> None:
    registered.add("2", "nan")
    registered.alias["risk"] = "2"
    started = watch_of(registered)
    assert (answering(started.desks), started.notices()[0].code) == ("1", "model_refused")
    registered.add("3")
    registered.alias["risk"] = "3"
    assert answering(watch_of(registered).desks) == "3"


def test_a_first_start_with_a_corrupt_champion_is_refused(registered: Registered) -> None:
    (registered.folders["risk", "1"] / "values.json").write_text("{}")
    with pytest.raises(UntrustedArtifact):
        watch_of(registered)


def test_without_any_model_it_starts_and_takes_the_first_one_up(registered: Registered) -> None:
    del registered.alias["risk"]
    started = watch_of(registered)
    assert (answering(started.desks), started.notices()) == ("none", [])
    registered.alias["risk"] = "1"
    started.look()
    assert answering(started.desks) == "1"
    del registered.alias["risk"]
    started.look()
    assert (answering(started.desks), started.notices()[0].code) == ("1", "alias_gone")


def wholly_one_version(answer: Mapping[str, Any]) -> str:
    """The version that an answer names, after seeing that each of its numbers is that version's."""
    version = str(answer["model"]["version"])
    for result in answer["results"]:
        (conduct,) = result["outcomes"]
        place = OFFICERS.index(result["officer_id"])
        assert conduct["probability"] == pytest.approx(0.01 * place + int(version) / 1000)
    return version


def test_under_load_every_answer_is_wholly_one_version_and_none_fails(
    registered: Registered, watch: ChampionWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered.add("2")
    registered.add("3", "nan")
    body = {"officer_ids": OFFICERS, "outcomes": ["conduct"]}
    seen: list[str] = []

    def ask(client: Any) -> None:
        response = client.post("/v1/risk", json=body)
        assert response.status_code == 200, response.text
        seen.append(wholly_one_version(response.json()))

    desks = replace(watch.desks, record=lambda *_: None)
    monkeypatch.setattr(watch, "desks", desks)
    opened = watch._around.open_with
    around = replace(watch._around, open_with=lambda *given: replace(opened(*given), record=lambda *_: None))
    monkeypatch.setattr(watch, "_around", around)
    with served(desks, monkeypatch) as client, ThreadPoolExecutor(4) as many:
        for version in ("2", "1", "3", "2"):
            registered.alias["risk"] = version
            list(many.map(lambda _: ask(client), range(25)))
        deadline, notices = time.monotonic() + 20.0, ["not asked yet"]
        while (seen[-1] != "2" or notices) and time.monotonic() < deadline:  # 2 may answer before the watch looks again
            ask(client)
            notices = client.get("/readyz").json()["notices"]
    assert set(seen) == {"1", "2"}
    assert len(seen) >= 100
    assert notices == []
