"""The whole service in one process, as BentoML runs it, with desks whose answers are known."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from serving.api.app import ROUTES, build_app
from serving.api.guard import Guard
from serving.api.opened import PLAIN_UNTIL_THEN, no_champion
from serving.api.problems import MEDIA_TYPE
from tests.serving.desks import NOW, demo_desks
from tests.serving.live import listening, served

SHORT = {"code": "short_history", "zh": "履历不足", "en": "too little history"}


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with pytest.MonkeyPatch.context() as patch, served(demo_desks(), patch) as client:
        yield client


def test_risk_has_exactly_the_shape_of_the_design(client: httpx.Client) -> None:
    response = client.post(
        "/v1/risk", json={"officer_ids": ["o-000001", "o-000002", "nobody"], "outcomes": ["conduct"]}
    )
    answer = response.json()
    assert response.status_code == 200
    assert list(answer) == ["request_id", "model", "as_of", "feature_age_hours", "degraded", "notices", "results"]
    assert answer["request_id"] == response.headers["x-request-id"]
    assert answer["model"] == {"name": "risk", "version": "7", "features": "risk_v1"}
    assert (answer["as_of"], answer["feature_age_hours"], answer["degraded"]) == ("2026-11-01", 2.0, False)
    first, second, third = answer["results"]
    support = first.pop("support")
    assert first == {
        "officer_id": "o-000001",
        "status": "scored",
        "grade": "poor",
        "outcomes": [
            {
                "outcome": "conduct",
                "horizon_months": 12,
                "probability": 0.6,
                "low": 0.3,
                "high": None,
                "baseline": None,
                "rest": None,
                "features": "risk_v1",
                "unsure": False,
                "grade": "poor",
                "graded_by": "cut_offs",
                "reasons": [{"theme": "complaints", "text": {"zh": "近两年投诉", "en": "complaints"},
                             "since": "2025-01-01", "strength": None, "contribution": None}],
                "strengths": [],
                "what_if": None,
                "no_what_if": None,
            }
        ],
        "outcomes_not_scored": [],
        "flags": [],
        "without_events_since": None,
    }  # fmt: skip
    assert support[0]["outcome"] == "conduct"
    assert set(support[0]["text"]) == {"zh", "en"}
    assert second == {
        "officer_id": "o-000002",
        "status": "not_scored",
        "because": SHORT,
        "outcomes_not_scored": [{"outcome": "conduct", "horizon_months": 12, "because": SHORT}],
    }
    assert (third["because"]["code"], third["outcomes_not_scored"]) == ("unknown_officer", [])


def test_units_answer_from_the_last_night(client: httpx.Client) -> None:
    answer = client.post("/v1/units", json={"unit_ids": ["b", "x"], "outcomes": ["conduct"]}).json()
    assert list(answer) == ["request_id", "model", "as_of", "feature_age_hours", "degraded", "notices", "results"]
    assert [result["status"] for result in answer["results"]] == ["graded", "not_graded"]
    conduct = answer["results"][0]["block"]["outcomes"][0]
    assert (conduct["outcome"], conduct["grade"], conduct["trend"]["against"]) == (
        "conduct",
        "poor",
        "earlier_expectation",
    )
    assert client.post("/v1/units", json={"unit_ids": []}).status_code == 422


def test_next_posts_health_and_model(client: httpx.Client) -> None:
    answer = client.post("/v1/next_posts", json={"officer_ids": ["new", "o-000001"], "top": 2}).json()
    assert [result["cold_start"] for result in answer["results"]] == [True, False]
    assert [post["post_id"] for post in answer["results"][1]["posts"]] == ["p1", "p2"]
    assert client.get("/livez").json() == {"status": "live"}
    ready, models = client.get("/readyz").json(), client.get("/v1/model").json()
    assert (ready["status"], ready["notices"]) == ("ready", [])
    missing = [no_champion("paths"), no_champion("concerns"), no_champion("courses", PLAIN_UNTIL_THEN)]
    assert ready["missing"] == models["missing"] == [one.en for one in missing]
    assert ready["missing_zh"] == models["missing_zh"] == [one.zh for one in missing]
    assert [(model["name"], model["version"], model["outcomes"]) for model in models["models"]] == [
        ("risk", "7", ["strain", "conduct"]), ("next-post", "3", []), ("recent_popularity_30d", "none", []),
    ]  # fmt: skip


def test_wrong_requests_get_a_problem_and_no_value_reaches_a_log(client: httpx.Client) -> None:
    with capture_logs() as logs:
        cases: list[tuple[int, str, dict[str, Any]]] = [
            (404, "/v1/risk/SECRET", {"json": {}}),
            (422, "/v1/risk", {"json": {"officer_ids": ["SECRET "]}}),
            (400, "/v1/risk", {"content": b"{SECRET", "headers": {"content-type": "application/json"}}),
            (415, "/v1/risk", {"content": b"{}", "headers": {"content-type": "text/plain"}}),
            (413, "/v1/risk", {"content": b" " * 262_145, "headers": {"content-type": "application/json"}}),
        ]
        for status, path, more in cases:
            response = client.post(path, **more)
            assert (response.status_code, response.headers["content-type"]) == (status, MEDIA_TYPE)
            assert response.json()["status"] == status
    assert client.get("/v1/risk").headers["allow"] == "POST"
    assert "SECRET" not in json.dumps(logs)


@pytest.mark.parametrize(
    "path", ["/", "/docs/", "/docs.json", "/schema.json", "/metrics/", "/healthz", "/static_content/x"]
)
def test_nothing_of_the_framework_is_reachable(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_without_models_it_is_live_and_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    with served(demo_desks(risk=False, careers=False, night=False), monkeypatch) as client:
        assert client.get("/livez").status_code == 200
        assert "pharos score" in client.post("/v1/units", json={"unit_ids": ["a"]}).json()["detail"]
        for response in (
            client.post("/v1/units", json={"unit_ids": ["a"]}),
            client.get("/readyz"),
            client.get("/v1/model"),
            client.post("/v1/risk", json={"officer_ids": ["a"]}),
            client.post("/v1/next_posts", json={"officer_ids": ["a"]}),
        ):
            assert (response.status_code, response.json()["code"]) == (503, "not_ready")
            assert response.headers["retry-after"] == "30"


def test_one_model_of_two_is_ready_and_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    with served(demo_desks(risk=False), monkeypatch) as client:
        assert client.get("/readyz").json()["missing"][0] == "no risk model"
        assert client.post("/v1/risk", json={"officer_ids": ["a"]}).status_code == 503
        assert client.post("/v1/next_posts", json={"officer_ids": ["a"]}).status_code == 200
        models = client.get("/v1/model").json()["models"]
        assert [model["name"] for model in models] == ["next-post", "recent_popularity_30d"]


def test_before_the_start_has_ended_nothing_is_ready() -> None:
    with listening(Guard(build_app(), ROUTES)) as client:
        assert client.get("/readyz").status_code == 503


def test_the_description_fits_what_is_answered_and_its_examples_work(client: httpx.Client) -> None:
    text = client.get("/openapi.json").json()
    assert text["openapi"] == "3.1.0"
    assert set(text["paths"]) == set(ROUTES)
    for path in ("/v1/risk", "/v1/next_posts", "/v1/units"):
        operation = text["paths"][path]["post"]
        media = operation["requestBody"]["content"]["application/json"]
        for example in media["examples"].values():
            response = client.post(path, json=example["value"])
            assert response.status_code == 200
    described = json.dumps(text, ensure_ascii=False)
    assert "http://" not in described
    assert "https://" not in described
    for name, schema in text["components"]["schemas"].items():
        assert "enum" in schema or " / " in schema.get("description", " / "), f"{name} is described in one language"


def test_answers_do_not_change_between_calls(client: httpx.Client) -> None:
    first, second = (client.post("/v1/risk", json={"officer_ids": ["o-000001"]}).json() for _ in range(2))
    assert first.pop("request_id") != second.pop("request_id")
    assert first == second
    assert first["as_of"] == NOW.date().isoformat()
