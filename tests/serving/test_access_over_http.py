"""Keys, scopes, subtrees and the audit chain through a running service: what a caller gets, and what is kept of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from data_contracts.audit.chain import LINES, METADATA, lines
from data_contracts.errors import NotReady
from data_contracts.pseudonyms import pseudonyms
from data_contracts.settings import Settings
from models.audit import audit_database, verify
from serving.access.api_keys import KeyAsked
from serving.access.callers import callers_of
from serving.access.credential import AccessScope
from serving.access.placements import Placements
from serving.access.recorder import Recorder
from serving.api.admission import admission_of
from serving.api.app import ROUTES, build_app
from serving.api.guard import Guard
from serving.api.opened import Desks
from tests.serving.desks import NOW, demo_desks
from tests.serving.key_room import added
from tests.serving.live import listening

TODAY = NOW.date()
WHERE = Placements({"o-000001": "station-1", "o-000002": "station-2"}, {"station-1": "bureau", "station-2": "bureau"})


def key(use: Settings, *scopes: str, units: tuple[str, ...] | None = None) -> dict[str, str]:
    asked = KeyAsked("a system", AccessScope.of(scopes), units, TODAY + timedelta(days=30))
    return {"x-api-key": added(use, asked, TODAY)[1]}


@pytest.fixture
def desks(state: Settings) -> Desks:
    return replace(demo_desks(), placements=lambda: WHERE, record=Recorder.of(state))


@pytest.fixture
def everything(state: Settings) -> dict[str, str]:
    return key(state, *AccessScope)


@pytest.fixture
def client(state: Settings, desks: Desks, everything: dict[str, str]) -> Iterator[httpx.Client]:
    web = build_app()
    web.state.desks = desks
    with listening(Guard(web, ROUTES, admit=admission_of(callers_of(state, lambda: TODAY)))) as client:
        yield client


def bodies(state: Settings) -> list[dict[str, object]]:
    """Lines of what callers did; the keys that they show have lines of their own."""
    told = [json.loads(row["body"]) for row in lines(audit_database(state))]
    return [body for body in told if body["action"] != "key_added"]


def test_a_read_of_risk_is_one_line_that_names_who_and_about_whom(
    state: Settings, client: httpx.Client, everything: dict[str, str]
) -> None:
    answer = client.post("/v1/risk", json={"officer_ids": ["o-000001", "nobody"]}, headers=everything)
    assert answer.status_code == 200
    (line,) = bodies(state)
    names = pseudonyms(state.keys_dir)
    assert line["action"] == "risk_read"
    assert line["actor"] == f"key:{everything['x-api-key'].split('_')[1]}"
    assert line["request_id"] == answer.json()["request_id"]
    assert line["about"] == [names.of("nobody"), names.of("o-000001")]
    assert "o-000001" not in json.dumps(line)
    assert verify(state).good


def test_a_chain_that_was_taken_away_whole_is_found_and_no_risk_is_read(
    state: Settings, client: httpx.Client, everything: dict[str, str]
) -> None:
    asked = {"officer_ids": ["o-000001"]}
    assert client.post("/v1/risk", json=asked, headers=everything).status_code == 200
    database = audit_database(state)
    with database.writing(METADATA) as connection:
        connection.execute(LINES.delete())
    database.close()
    state.audit_head.unlink()
    refused = client.post("/v1/risk", json=asked, headers=everything)
    assert (refused.status_code, refused.json()["code"]) == (503, "audit_away")
    assert "grade" not in refused.text
    assert "pharos audit accept" in refused.json()["detail"]
    found = verify(state)
    assert (found.good, found.lines) == (False, 0)
    assert "the whole chain was taken away" in found.why
    assert client.post("/v1/next_posts", json=asked, headers=everything).status_code == 200


def test_careers_are_read_without_a_line_and_units_with_one(
    state: Settings, client: httpx.Client, everything: dict[str, str]
) -> None:
    client.post("/v1/next_posts", json={"officer_ids": ["o-000001"]}, headers=everything)
    assert client.post("/v1/units", json={"unit_ids": ["u-0"]}, headers=everything).status_code == 200
    (line,) = bodies(state)
    assert (line["action"], line["details"]) == ("units_read", {"units": ["u-0"]})


def test_without_a_chain_that_can_be_written_there_is_no_answer(
    state: Settings, desks: Desks, everything: dict[str, str]
) -> None:
    def full(*_: object) -> None:
        raise NotReady("the disk is full")

    web = build_app()
    web.state.desks = replace(desks, record=full)
    with listening(Guard(web, ROUTES, admit=admission_of(callers_of(state, lambda: TODAY)))) as client:
        refused = client.post("/v1/risk", json={"officer_ids": ["o-000001"]}, headers=everything)
        assert (refused.status_code, refused.json()["code"]) == (503, "not_ready")
        assert "grade" not in refused.text
        assert client.post("/v1/next_posts", json={"officer_ids": ["o-000001"]}, headers=everything).status_code == 200


def test_an_officer_elsewhere_and_one_who_does_not_exist_get_the_same_answer(
    state: Settings, client: httpx.Client
) -> None:
    local = key(state, "risk:read", "risk:review", "recommend:read", units=("station-1",))
    for path in ("/v1/risk", "/v1/next_posts", "/v1/courses", "/v1/points", "/v1/profile"):
        found = client.post(path, json={"officer_ids": ["o-000001", "o-000002", "nobody"]}, headers=local)
        assert found.status_code == 200, found.text
        _, elsewhere, nobody = found.json()["results"]
        assert elsewhere.pop("officer_id") == "o-000002"
        assert nobody.pop("officer_id") == "nobody"
        assert elsewhere == nobody, path
    mine = client.post("/v1/risk", json={"officer_ids": ["o-000001"]}, headers=local).json()["results"][0]
    assert mine["status"] == "scored"


def test_every_address_but_health_asks_who_calls(client: httpx.Client) -> None:
    for path, route in ROUTES.items():
        answer = client.request(route.methods[0], path, json={} if "POST" in route.methods else None)
        assert (answer.status_code == 401) != route.health, path
