"""`POST /v1/courses` over HTTP on a small simulated bureau: it answers, and what is declined stays away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import httpx
import pandas as pd
import pytest

from data_contracts.catalog import catalog
from data_contracts.settings import Settings
from data_contracts.simulator.simulation import simulate
from features.history import History
from serving.api.questions import QUESTIONS
from serving.builders import builders
from serving.loading import open_desks
from tests.serving.desks import FakeSource
from tests.serving.live import served

END = date(2026, 1, 1)
EXAMPLE = next(dict(one.example) for one in QUESTIONS if one.path == "/v1/courses")


@pytest.fixture(scope="module")
def bureau() -> Mapping[str, pd.DataFrame]:
    return simulate(120, 4, 7, END)


@pytest.fixture(scope="module")
def officers(bureau: Mapping[str, pd.DataFrame]) -> list[str]:
    """Two who are serving, and nobody."""
    serving = bureau["postings"].query("ended_on.isna()")["officer_id"].astype(str)
    return [*sorted(set(serving))[:2], "nobody"]


@pytest.fixture(scope="module")
def client(bureau: Mapping[str, pd.DataFrame], tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    use = Settings(state=tmp_path_factory.mktemp("courses"), today=END)
    known = {name: frame for name, frame in bureau.items() if name in catalog().tables and len(frame)}
    History(use.history_dir).append_all(known, "test")
    with pytest.MonkeyPatch.context() as patch, served(open_desks(use, FakeSource({}), builders()), patch) as client:
        yield client


def asked(client: httpx.Client, officers: list[str]) -> dict[str, Any]:
    """The example of the description, of these officers."""
    response = client.post("/v1/courses", json={**EXAMPLE, "officer_ids": officers})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def test_officers_get_courses_with_reasons_before_there_is_a_model(client: httpx.Client, officers: list[str]) -> None:
    answer = asked(client, officers)
    assert answer["model"] == {"name": "recent_popularity_30d", "version": "none", "features": "course_records_v1"}
    assert (answer["as_of"], answer["degraded"]) == ("2026-01-01", False)
    assert [(one["officer_id"], one["status"]) for one in answer["results"]] == [
        (officers[0], "scored"), (officers[1], "scored"), ("nobody", "not_scored"),
    ]  # fmt: skip
    for one in answer["results"][:2]:
        assert one["courses"]
        assert all(course["reasons"] for course in one["courses"])


def test_a_declined_course_does_not_come_back_and_a_required_one_does(
    client: httpx.Client, officers: list[str]
) -> None:
    everybody = asked(client, officers)["results"][:2]
    first = [(one["officer_id"], course) for one in everybody for course in one["courses"]]
    required = next((who, course["course_id"]) for who, course in first if course["kind"] == "required")
    other = next((who, course["course_id"]) for who, course in first if course["kind"] != "required")
    said = [
        {"feedback_id": f"f-{who}-{item}", "officer_id": who, "item_kind": "course", "item": item,
         "action": "declined", "reason": "not now", "occurred_on": "2026-01-01"}
        for who, item in (required, other)
    ]  # fmt: skip
    taken = client.post("/v1/feedback", json={"items": said}).json()["results"]
    assert [one["status"] for one in taken] == ["accepted", "accepted"]
    assert taken[1]["unseen"] is False
    later = asked(client, officers)["results"][:2]
    again = {one["officer_id"]: [course["course_id"] for course in one["courses"]] for one in later}
    assert required[1] in again[required[0]]
    assert other[1] not in again[other[0]]


def test_a_day_that_has_not_come_is_refused(client: httpx.Client) -> None:
    response = client.post("/v1/courses", json={**EXAMPLE, "as_of": "2026-01-02"})
    assert response.status_code == 422
    assert "has not come yet" in response.json()["detail"]
