"""What is counted: every answer and refusal by fixed words, and not an id among them, whatever callers send."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from serving.api.app import ROUTES, build_app
from serving.api.guard import Guard, Limits
from serving.api.meters import Meters, counted
from tests.serving.desks import demo_desks
from tests.serving.live import listening

PLANTED = [f"o-leak-{number:04d}" for number in range(200)]


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    meters = Meters()
    web = build_app(meters=meters)
    web.state.desks = demo_desks()
    with listening(Guard(web, ROUTES, Limits(per_second=1000.0, burst=1000), meters=meters)) as client:
        yield client


def test_answers_refusals_and_grades_are_counted(client: httpx.Client) -> None:
    client.post("/v1/risk", json={"officer_ids": ["o-000001", "o-000001", "nobody"]})
    client.post("/v1/risk", json={"officer_ids": []})
    client.get("/nowhere")
    text = client.get("/metrics").content
    assert counted(text, "pharos_results_total") == {
        'route="/v1/risk",status="scored"': 2.0,
        'route="/v1/risk",status="not_scored"': 1.0,
    }
    assert counted(text, "pharos_grades_total") == {'grade="poor",route="/v1/risk"': 2.0}
    assert counted(text, "pharos_refused_total") == {'code="invalid_input"': 1.0, 'code="not_found"': 1.0}
    assert counted(text, "pharos_audited_total") == {'route="/v1/risk"': 1.0}
    requests = counted(text, "pharos_requests_total")
    assert requests['route="/v1/risk",status="200"'] == 1.0
    assert requests['route="unmatched",status="404"'] == 1.0
    assert counted(text, "pharos_request_seconds_count")['route="/v1/risk"'] == 2.0
    assert counted(text, "pharos_in_flight") == {"": 1.0}, "the one that asks"


def test_no_planted_id_is_in_any_counter(client: httpx.Client) -> None:
    for path in ROUTES:
        client.post(path, json={"officer_ids": PLANTED, "unit_ids": PLANTED, "top": 3})
        client.post(path, json={"officer_ids": PLANTED})
    for planted in PLANTED[:20]:
        client.get(f"/v1/{planted}", headers={"x-request-id": planted})
        client.post(f"/{planted}", json={planted: planted})
    text = client.get("/metrics").text
    assert "o-leak" not in text
    assert client.get("/metrics").headers["content-type"].startswith("text/plain")
