"""Strange requests against a live server: documented statuses, described answers, no 5xx, nothing without a key."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from data_contracts.settings import settings as from_settings
from serving.access.api_keys import KeyAsked
from serving.access.credential import AccessScope
from serving.api.openapi import document
from tests.serving.desks import demo_desks
from tests.serving.guidance_state import guidance
from tests.serving.key_room import added
from tests.serving.live import served
from tests.serving.modelled_desks import modelled_desks

LONG = "PHAROS_LONG" in os.environ  # 50,000 requests and more instead of 2,000 and more
EXAMPLES = 2400 if LONG else 100  # for each address, beside those that go through every part of a schema
REFUSING = {
    *guidance(),
    "/v1/next_posts",
}  # a day to come, a deadline that is over, a class of no policy: no schema can say so
DESCRIBED = schemathesis.openapi.from_dict(json.loads(document()))
ASKED = list[str]()  # the address of each request so far


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """The service over a small history; who calls must show a key, and this client does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PHAROS_STATE", str(tmp_path_factory.mktemp("fuzz")))
        from_settings.cache_clear()
        asked = KeyAsked("the fuzzer", frozenset(AccessScope), None, date.max)
        key = added(from_settings(), asked, date(2026, 1, 1))[1]
        desks = demo_desks()
        with served(replace(desks, guidance={**desks.guidance, **modelled_desks()}), patch) as client:
            client.headers["x-api-key"] = key
            yield client
    from_settings.cache_clear()


@pytest.fixture(autouse=True)
def counted(request: pytest.FixtureRequest) -> Iterator[None]:
    """How many requests a test made stands in its report, where experiments/benchmarks/long_tests.py reads it."""
    before = len(ASKED)
    yield
    request.node.user_properties.append(("requests", len(ASKED) - before))


@DESCRIBED.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much, HealthCheck.too_slow],
)
def test_strange_requests_get_described_answers(case: schemathesis.Case[Any], live: httpx.Client) -> None:
    unasked: list[Any] = [positive_data_acceptance] if case.path in REFUSING else []
    headers = {"x-api-key": live.headers["x-api-key"]}
    where: dict[str, Any] = {"base_url": str(live.base_url), "headers": headers}  # for checks that ask once more
    ASKED.append(case.path)
    response = case.call(**where)
    if response.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE:  # refused before it is read, good or bad
        unasked += [positive_data_acceptance, negative_data_rejection]
    case.validate_response(response, headers=headers, excluded_checks=unasked, transport_kwargs=where)
    assert response.status_code < 500
