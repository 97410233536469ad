"""Every route over one bureau with its online features in a file and in Redis: the same answers, byte for byte, before
and after events; and while Redis is away, an answer marked degraded in time."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from data_contracts.catalog import catalog
from data_contracts.policy import Policy
from data_contracts.settings import Settings
from data_contracts.simulator.simulation import simulate
from features.building import build_features
from features.history import History
from features.store import FeatureReader
from models.artifacts import Parts
from serving.access.credential import OPERATOR
from serving.access.reach import EVERYWHERE
from serving.api.opened import Absent, Desks
from serving.api.questions import QUESTIONS, Question
from serving.courses.crowds import COUNTS
from serving.loading import Builders, Find, GradedScorer, Loaded, open_desks
from serving.night.manifest import ModelIdentity
from serving.posts.career_records import CareerRecord
from serving.posts.recommend import Advised, Asked
from serving.waiting import Waiting
from tests.redis_server import redis_server
from tests.serving.desks import CUTS, FakeRanker, FakeScorer
from tests.serving.flaky_proxy import Line, State, line

END = date(2026, 11, 1)
NOW = datetime(2026, 11, 1, 12)
READS = ("/v1/risk", "/v1/next_posts", "/v1/mine")  # the routes that read the online store
WITHIN_SECONDS = 2.0  # 0.2 is promised; the machine of the tests is shared
pytestmark = [pytest.mark.server, pytest.mark.slow]


def seen(row: Mapping[Any, Any]) -> float:
    """A number from every feature of a row: two rows that differ anywhere give two."""
    told = repr([str(row[name]) for name in sorted(row) if name not in ("as_of", "feature_timestamp")])
    return int.from_bytes(hashlib.sha256(told.encode()).digest()[:6], "big") / 2**48


@dataclass(frozen=True)
class SeesAll(FakeScorer):
    """Chances that hang on every feature."""

    def __call__(self, chunk: pd.DataFrame) -> pd.DataFrame:
        told = {str(row["officer_id"]): (seen(row), seen(row) / 2) for row in chunk.to_dict("records")}
        return FakeScorer(told, self.models)(chunk)


@dataclass(frozen=True)
class RanksBySight(FakeRanker):
    """Likelihoods that hang on every feature."""

    def __call__(
        self, frame: pd.DataFrame, asked: Asked, record: CareerRecord | None, policy: Policy
    ) -> Sequence[Advised]:
        likely = [seen(row) for row in frame.to_dict("records")]
        return [
            replace(one, found=replace(one.found, open=tuple(
                replace(post, likelihood=post.likelihood * chance) for post in one.found.open)))
            for one, chance in zip(super().__call__(frame, asked, record, policy), likely, strict=True)
        ]  # fmt: skip


BUILDERS = Builders(
    risk=lambda loaded: GradedScorer(SeesAll({}, (loaded.identity,)), CUTS),
    careers=lambda _: RanksBySight(),
    courses=lambda _: COUNTS,
)


def finds(reader: FeatureReader) -> Find:
    """Models for the real features."""

    def find(name: str) -> Loaded:
        service = {"risk": "risk_v1", "next-post": "career_v1"}.get(name)
        if service is None:
            from data_contracts.errors import NotReady

            raise NotReady(name)
        identity = ModelIdentity(name, "1", "a" * 64, service, reader.service_hash(service))
        return Loaded(identity, Parts(), {})

    return find


@dataclass(frozen=True)
class Pair:
    """The same bureau twice, and the proxy before the Redis of the second."""

    file: Desks
    redis: Desks
    officers: list[str]
    proxy: Line
    reader: FeatureReader


def opened(use: Settings) -> tuple[Desks, FeatureReader]:
    reader = FeatureReader(use)
    reader.apply()
    reader.materialize(END)
    return open_desks(use, reader, BUILDERS, finds(reader)), reader


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    base = tmp_path_factory.mktemp("pair")
    use = Settings(state=base / "file", today=END)
    frames = simulate(60, 3, 3, END)
    History(use.history_dir).append_all({n: frames[n] for n in catalog().tables if len(frames[n])}, "test")
    build_features(use, [END])
    from data_contracts.pseudonyms import pseudonyms

    pseudonyms(use.keys_dir)  # made before the copy, so that chance falls alike
    shutil.copytree(base / "file", base / "redis")
    serving = sorted(frames["postings"].query("ended_on.isna()")["officer_id"].astype(str).unique())
    with redis_server(base / "server") as server, line(server.port) as proxy:
        other = use.model_copy(update={"state": base / "redis", "online_url": server.address(proxy.near_port)})
        file, _ = opened(use)
        redis, reader = opened(other)
        yield Pair(file, redis, serving, proxy, reader)


@pytest.fixture(autouse=True)
def _whole(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a test does to the line, the next one finds it whole."""
    yield
    pair: Pair = request.getfixturevalue("pair")
    if pair.proxy.state != "through":
        pair.proxy.become("through")
        time.sleep(1.1)


def answer(desks: Desks, question: Question, body: Mapping[str, Any], *, whole: bool = True) -> str:
    """What the service would send; asked again while a busy machine has it degraded, unless that is wanted."""
    desk = question.desk(desks)
    assert not isinstance(desk, Absent)
    asked = question.request.model_validate_json(json.dumps(body))
    more = ((question.sighted, EVERYWHERE), (question.told_caller, OPERATOR), (question.patient, Waiting(None)))
    for _ in range(6):
        told = str(desk.answer(asked, "r-1", NOW, *(one for want, one in more if want)).model_dump_json())
        if not whole or '"degraded":true' not in told or question.path not in READS:
            break
        time.sleep(1.1)
    return told


def body_of(question: Question, officers: Sequence[str]) -> dict[str, Any]:
    """The example of a question about officers of this bureau and one whom nobody knows."""
    body = dict(question.example)
    if "officer_ids" in body:
        body["officer_ids"] = [*officers[:6], "nobody"]
    if "officer_id" in body:
        body["officer_id"] = officers[0]
    if question.path == "/v1/events":
        row = {"officer_id": officers[1], "course_id": "c-0001", "occurred_on": "2026-10-20"}
        body["events"] = [{"event_id": "e-1", "table": "course_completions", "row": row}]
    return body


def comparable(question: Question, pair: Pair) -> bool:
    """Whether there is something to answer from here; the rest needs a night, models or cases."""
    absent = isinstance(question.desk(pair.file), Absent)
    return not absent and question.path not in ("/v1/units", "/v1/cases/act")


def test_every_route_answers_alike(pair: Pair) -> None:
    compared = []
    for question in sorted(QUESTIONS, key=lambda one: one.path == "/v1/events"):
        if comparable(question, pair):
            body = body_of(question, pair.officers)
            assert answer(pair.redis, question, body) == answer(pair.file, question, body), question.path
            compared.append(question.path)
    assert set(READS) < set(compared)
    assert "/v1/events" in compared


def test_an_event_is_seen_in_both_and_so_is_a_second_one_of_the_same_day(pair: Pair) -> None:
    by_path = {question.path: question for question in QUESTIONS}
    course = str(History(pair.reader._settings.history_dir).frame("courses", ["course_id"])["course_id"].iloc[0])
    reads = [by_path[path] for path in READS]
    body = {"officer_ids": [pair.officers[2]]}
    asked = [{"officer_id": pair.officers[2]} if one.path == "/v1/mine" else body for one in reads]
    before = [answer(pair.redis, one, two) for one, two in zip(reads, asked, strict=True)]
    for place, day in enumerate(("2026-10-10", "2026-10-12")):
        row = {"officer_id": pair.officers[2], "course_id": course, "occurred_on": day, "hours": 8 + place}
        events = {"events": [{"event_id": f"s-{place}", "table": "course_completions", "row": row}]}
        told = [answer(desks, by_path["/v1/events"], events) for desks in (pair.file, pair.redis)]
        assert told[0] == told[1]
        assert '"features":"current"' in told[1]
        after = [answer(pair.redis, one, two) for one, two in zip(reads, asked, strict=True)]
        assert after == [answer(pair.file, one, two) for one, two in zip(reads, asked, strict=True)]
        assert after[0] != before[0], f"event {place} is not seen"
        before = after


@pytest.mark.parametrize("fault", ["cut", "silent"])
def test_while_it_is_away_answers_are_degraded_and_in_time(pair: Pair, fault: State) -> None:
    by_path = {question.path: question for question in QUESTIONS}
    body = {"officer_ids": pair.officers[7:10]}
    risk, posts, mine = (by_path[path] for path in READS)
    whole = answer(pair.redis, risk, body), answer(pair.redis, posts, body)
    pair.proxy.become(fault)
    began = time.monotonic()
    away = json.loads(answer(pair.redis, risk, body, whole=False))
    assert time.monotonic() - began < WITHIN_SECONDS
    assert (away["degraded"], {one["status"] for one in away["results"]}) == (True, {"scored"})
    assert json.loads(answer(pair.redis, posts, body, whole=False))["degraded"]
    pair.redis.probe()
    assert "store_down" in {notice.code for notice in pair.redis.notices()}
    assert json.loads(answer(pair.redis, mine, {"officer_id": pair.officers[7]}))["status"] == "known"
    pair.proxy.become("through")
    time.sleep(1.1)
    assert (answer(pair.redis, risk, body), answer(pair.redis, posts, body)) == whole
    pair.redis.probe()
    assert "store_down" not in {notice.code for notice in pair.redis.notices()}


def test_events_wait_while_it_is_away_and_are_brought_forward_with_the_next(pair: Pair) -> None:
    by_path = {question.path: question for question in QUESTIONS}
    events, risk = by_path["/v1/events"], by_path["/v1/risk"]
    course = str(History(pair.reader._settings.history_dir).frame("courses", ["course_id"])["course_id"].iloc[0])

    def sent(name: str, officer: str) -> str:
        row = {"officer_id": officer, "course_id": course, "occurred_on": "2026-10-05"}
        one = {"event_id": name, "table": "course_completions", "row": row}
        answer(pair.file, events, {"events": [one]})  # so that both go on knowing the same
        return answer(pair.redis, events, {"events": [one]})

    body = {"officer_ids": [pair.officers[3]]}
    before = answer(pair.redis, risk, body)
    pair.proxy.become("cut")
    assert '"features":"waiting"' in sent("w-1", pair.officers[3])
    pair.proxy.become("through")
    time.sleep(1.1)
    back = json.loads(answer(pair.redis, risk, body, whole=False))
    assert (back["degraded"], [one["code"] for one in back["notices"]]) == (True, ["events_missing"])
    (was,) = json.loads(before)["results"]
    assert back["results"] == [{**was, "without_events_since": END.isoformat()}]
    assert '"features":"current"' in sent("w-2", pair.officers[4])
    after = json.loads(answer(pair.redis, risk, body))
    assert (after["degraded"], after["notices"]) == (False, [])
    assert after["results"] != json.loads(before)["results"]


def test_while_it_is_away_an_answer_says_which_accepted_events_it_lacks(pair: Pair) -> None:
    by_path = {question.path: question for question in QUESTIONS}
    course = str(History(pair.reader._settings.history_dir).frame("courses", ["course_id"])["course_id"].iloc[0])
    officer, other = pair.officers[12], pair.officers[13]
    risk, posts, mine = (by_path[path] for path in READS)
    row = {"officer_id": officer, "course_id": course, "occurred_on": "2026-10-07"}
    events = {"events": [{"event_id": "g-1", "table": "course_completions", "row": row}]}
    for desks in (pair.file, pair.redis):
        assert '"features":"current"' in answer(desks, by_path["/v1/events"], events)
    body = {"officer_ids": [officer, other]}
    whole = answer(pair.redis, risk, body)
    assert '"events_missing"' not in whole
    pair.proxy.become("cut")
    for question in (risk, posts):
        away = json.loads(answer(pair.redis, question, body, whole=False))
        (notice,) = away["notices"]
        assert notice["code"] == "events_missing"
        assert f"自 {END} 起" in notice["zh"]
        assert f"since {END} about 1 of these" in notice["en"]
        assert [one["without_events_since"] for one in away["results"]] == [END.isoformat(), None]
        assert away["degraded"]
    told = json.loads(answer(pair.redis, mine, {"officer_id": officer}, whole=False))
    assert told["features_without_events_since"] == END.isoformat()
    pair.proxy.become("through")
    time.sleep(1.1)
    assert answer(pair.redis, risk, body) == whole


def test_the_folder_of_the_second_holds_no_online_file(pair: Pair) -> None:
    folder: Path = pair.reader._settings.feast_dir
    assert not (folder / "online.db").exists()
