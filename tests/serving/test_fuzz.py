"""Strange requests against a live server: only documented statuses, every answer in its described form, never a 5xx."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from serving.api.openapi import document
from serving.api.opened import Absent
from tests.serving.desks import demo_desks
from tests.serving.guidance_state import guidance
from tests.serving.live import served

EXAMPLES = 40  # for each address: over 200 in all
REFUSING = {
    *guidance(),
    "/v1/next_posts",
}  # a day to come, a deadline that is over, a class of no policy: no schema can say so
CLOSED = [path for path, desk in guidance().items() if isinstance(desk, Absent)]  # they need a model of their own
DESCRIBED = schemathesis.openapi.from_dict(json.loads(document())).exclude(path=CLOSED)


@pytest.fixture(scope="module")
def live() -> Iterator[httpx.Client]:
    with pytest.MonkeyPatch.context() as patch, served(demo_desks(), patch) as client:
        yield client


@DESCRIBED.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much, HealthCheck.too_slow],
)
def test_strange_requests_get_described_answers(case: schemathesis.Case[Any], live: httpx.Client) -> None:
    may_refuse: list[Any] = [positive_data_acceptance] if case.path in REFUSING else []
    response = case.call_and_validate(base_url=str(live.base_url), excluded_checks=may_refuse)
    assert response.status_code < 500
