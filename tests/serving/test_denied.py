"""Questions about somebody out of reach stand in the audit chain, and whoever is elsewhere or nowhere alike."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from data_contracts.audit.chain import lines
from data_contracts.errors import InvalidInput, NotReady
from data_contracts.pseudonyms import pseudonyms
from data_contracts.settings import Settings
from models.audit import audit_database, verify
from serving.access.credential import AccessScope
from serving.access.recorder import Recorder
from serving.api.app import ROUTES
from serving.api.opened import Desks
from tests.serving.authority import EVERY_SCOPE, EVERYWHERE, Asked, Office, cases, office, places

READER, ROOT = EVERY_SCOPE, "the sub-bureau"


def here() -> Asked:
    """Within reach; looked up when it is asked for, as the force takes seconds to make."""
    return places()["the sub-bureau itself"]


def elsewhere() -> Asked:
    return places()["the other sub-bureau"]


def nowhere() -> Asked:
    return places()["nowhere"]


@pytest.fixture(scope="module")
def use(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(state=tmp_path_factory.mktemp("denied"))


@pytest.fixture(scope="module")
def service(use: Settings) -> Iterator[Office]:
    with office(use, Recorder.of(use)) as opened:
        yield opened


@pytest.fixture(autouse=True)
def since(use: Settings) -> int:
    return len(bodies(use))


def bodies(use: Settings) -> list[dict[str, Any]]:
    return [json.loads(row["body"]) for row in lines(audit_database(use))]


def denied(use: Settings, since: int) -> list[dict[str, Any]]:
    return [line for line in bodies(use)[since:] if line["action"] == "access_denied"]


def about(use: Settings, line: dict[str, Any], asked: Asked) -> bool:
    """Whether a line names somebody by what the chain may hold of them, and nothing else does."""
    names = pseudonyms(use.keys_dir)
    officer, unit = names.of(asked.officer_id), names.of(asked.unit_id)
    named = line["about"] == [officer] or line["details"]["units"] == [unit]
    case = line["details"]["cases"] == [cases().get(asked.officer_id, "0" * 32)]
    text = json.dumps(line)
    return (named or case) and asked.officer_id not in text and asked.unit_id not in text


@contextmanager
def answering(service: Office, **changed: Any) -> Iterator[None]:
    """The service with other desks for a while."""
    state = service.web.state
    before: Desks = state.desks
    state.desks = replace(before, **changed)
    try:
        yield
    finally:
        state.desks = before


PATHS = sorted(path for path, route in ROUTES.items() if "POST" in route.methods)
NAMES_NOBODY = {"/v1/cases", "/v1/paths", "/v1/concerns"}  # the first has no id in its question, the others no model


@pytest.mark.parametrize("path", [path for path in PATHS if path not in NAMES_NOBODY])
def test_who_is_elsewhere_and_who_is_nowhere_leave_the_same_lines(
    use: Settings, service: Office, since: int, path: str
) -> None:
    told = []
    for asked in (elsewhere(), nowhere()):
        begun = len(bodies(use))
        answer = service.ask(path, READER, ROOT, asked)
        (line,) = denied(use, begun)
        assert about(use, line, asked), line
        assert line["details"]["route"] == path
        assert line["actor"] == f"key:{service.keys[READER, ROOT]['x-api-key'].split('_')[1]}"
        assert len(line["request_id"]) > 0
        if answer.status_code == 200:
            assert line["request_id"] == answer.json()["request_id"]
        told.append([one["action"] for one in bodies(use)[begun:]])
    assert told[0] == told[1]
    assert verify(use).good
    assert since < len(bodies(use))


@pytest.mark.parametrize("path", [path for path in PATHS if path not in NAMES_NOBODY])
def test_who_is_within_reach_is_not_denied(use: Settings, service: Office, since: int, path: str) -> None:
    service.ask(path, READER, ROOT, here())
    assert denied(use, since) == []
    assert [line for line in bodies(use)[since:] if "out-of-reach" in json.dumps(line)] == []


def test_a_read_in_part_names_those_it_told_and_those_it_did_not(use: Settings, service: Office, since: int) -> None:
    both = {"officer_ids": [here().officer_id, elsewhere().officer_id, nowhere().officer_id]}
    assert service.send("/v1/risk", service.keys[READER, ROOT], both).status_code == 200
    read, refused = bodies(use)[since:]
    names = pseudonyms(use.keys_dir)
    assert (read["action"], read["about"]) == ("risk_read", [names.of(here().officer_id)])
    in_vain = sorted([elsewhere().officer_id, nowhere().officer_id])
    assert (refused["action"], refused["about"]) == ("access_denied", [names.of(one) for one in in_vain])


def test_a_change_names_those_of_the_question_before_it_is_made(use: Settings, service: Office, since: int) -> None:
    for path, action in (("/v1/feedback", "feedback_written"), ("/v1/events", "events_taken")):
        assert service.ask(path, READER, EVERYWHERE, here()).status_code == 200
        line = bodies(use)[-1]
        assert (line["action"], line["about"]) == (action, [pseudonyms(use.keys_dir).of(here().officer_id)])
    assert len(bodies(use)) == since + 2


@pytest.mark.parametrize("path", [path for path in PATHS if path not in NAMES_NOBODY])
def test_without_a_chain_that_can_be_written_elsewhere_and_nowhere_are_refused_alike(
    service: Office, path: str
) -> None:
    asked_of: list[object] = []

    def full(*_: object) -> None:
        raise NotReady("the disk is full")

    class Watched:
        """A desk that tells whether it was asked."""

        def answer(self, *told: object) -> object:
            asked_of.append(told)
            raise InvalidInput("asked")

    with answering(service, record=full):
        answers = [service.ask(path, READER, ROOT, asked) for asked in (elsewhere(), nowhere())]
    assert [(one.status_code, one.json()["code"]) for one in answers] == [(503, "not_ready")] * 2
    if path in ("/v1/feedback", "/v1/events"):
        with answering(service, record=full, fixed={path: Watched()}):
            assert service.ask(path, READER, EVERYWHERE, here()).status_code == 503
        assert asked_of == [], "nothing is changed before its line is written"


def test_time_tells_elsewhere_from_nowhere_no_more_than_itself(service: Office) -> None:
    """A short look; the matrix has the long one. Both write the same lines, so that a difference would be a mistake."""
    took: dict[Asked, list[float]] = {elsewhere(): [], nowhere(): []}
    for _ in range(25):
        for asked, times in took.items():
            began = time.perf_counter()
            service.ask("/v1/next_posts", READER, ROOT, asked)
            times.append(time.perf_counter() - began)
    first, second = (statistics.median(times) for times in took.values())
    assert 0.5 < first / second < 2.0


def test_a_role_that_may_not_ask_about_anybody_is_denied_too(use: Settings, service: Office, since: int) -> None:
    answer = service.ask("/v1/mine", AccessScope.RISK_READ, ROOT, here())
    assert answer.status_code == 404
    (line,) = denied(use, since)
    assert line["about"] == [pseudonyms(use.keys_dir).of(here().officer_id)]


def test_who_names_nobody_is_refused_without_a_line(use: Settings, service: Office, since: int) -> None:
    answer = service.send("/v1/mine", service.keys[READER, ROOT], {})
    assert answer.status_code == 404
    assert denied(use, since) == []
