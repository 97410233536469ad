"""The sandbox: fixed ids, fixed answers, the real checks, and nothing else."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from rich.console import Console

from data_contracts.errors import InvalidInput
from data_contracts.local_time import today_of
from data_contracts.settings import Settings, settings
from experiments.first_answer import LiveService
from serving.access.api_keys import KeyAsked
from serving.access.commands import issued
from serving.access.credential import AccessScope
from serving.api.example import KEY, KEY_NOTES
from serving.api.questions import QUESTIONS, Question
from serving.sandbox.book import NOBODY, book
from serving.sandbox.desks import sandbox_desks
from serving.service import announced_on, serve
from tests.serving.live import served

FIXED = sorted(book().about)


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with pytest.MonkeyPatch.context() as patch, served(sandbox_desks(), patch) as client:
        yield client


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda one: one.name)
def test_the_book_answers_every_question_as_it_is_described_today(client: httpx.Client, question: Question) -> None:
    """Where this fails after a change of a schema: python -m experiments.record_sandbox on the state of a demo."""
    body = dict(question.example)
    if question.path == "/v1/cases/act":
        body |= {"case_id": book().answers[question.path]["case"]["case_id"]}
    first, again = (client.post(question.path, json=body) for _ in range(2))
    assert first.status_code == 200, first.text
    question.answer.model_validate_json(first.text)
    one, two = first.json(), again.json()
    assert one.pop("request_id") != two.pop("request_id")
    assert one == two


def test_fixed_ids_get_their_answers_in_the_order_asked_and_others_that_of_nobody(client: httpx.Client) -> None:
    asked = [FIXED[3], "o-12345678", FIXED[1], FIXED[3]]
    results = client.post("/v1/risk", json={"officer_ids": asked}).json()["results"]
    assert [one["officer_id"] for one in results] == asked
    kept = {one["officer_id"]: one for one in book().answers["/v1/risk"]["results"]}
    assert results[0] == results[3] == kept[FIXED[3]]
    assert results[2] == kept[FIXED[1]]
    assert {**results[1], "officer_id": NOBODY} == kept[NOBODY]


def test_the_described_example_of_every_question_gets_an_answer(client: httpx.Client) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    for question in QUESTIONS:
        (example,) = paths[question.path]["post"]["requestBody"]["content"]["application/json"]["examples"].values()
        told = client.post(question.path, json=example["value"])
        assert told.status_code == 200, f"{question.path}: {told.text}"


def test_every_kind_of_answer_is_there() -> None:
    statuses = {one["status"] for one in book().answers["/v1/risk"]["results"]}
    assert statuses == {"scored", "withheld", "not_scored"}
    grades = {one["grade"] for one in book().answers["/v1/risk"]["results"] if one["status"] == "scored"}
    assert grades == {"excellent", "good", "fair", "poor"}
    assert {"no_path", "scored"} <= {one["status"] for one in book().answers["/v1/paths"]["results"]}


def test_the_checks_are_the_real_ones_and_it_says_what_it_is(client: httpx.Client) -> None:
    assert client.post("/v1/risk", json={"officer_ids": []}).status_code == 422
    assert client.post("/v1/risk", json={"officer_ids": ["a"], "more": 1}).json()["code"] == "invalid_input"
    assert client.post("/v1/cases/act", json=dict(_example("/v1/cases/act"))).json()["code"] == "not_found"
    ready = client.get("/readyz").json()
    assert (ready["status"], ready["missing"]) == ("ready", [])
    assert [notice["code"] for notice in ready["notices"]] == ["sandbox"]


def _example(path: str) -> dict[str, object]:
    return next(dict(question.example) for question in QUESTIONS if question.path == path)


@pytest.mark.server
def test_it_needs_no_state_and_leaves_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHAROS_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("PHAROS_SANDBOX", "1")
    settings.cache_clear()
    with LiveService(settings()) as service:
        answer = service.ask("/v1/next_posts", {"officer_ids": [FIXED[1]]})
    settings.cache_clear()
    assert answer["results"][0]["officer_id"] == FIXED[1]
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["service.log"]


def test_the_command_tells_of_it() -> None:
    told = subprocess.run(
        [sys.executable, "pharos.py", "serve", "--help"], capture_output=True, text=True, check=True,
        env={**os.environ, "COLUMNS": "200"},
    ).stdout  # fmt: skip
    assert "--sandbox" in told


def test_the_book_names_nobody_of_the_simulator() -> None:
    assert "o-0" not in json.dumps(book().answers["/v1/risk"])
    assert len(FIXED) >= 6


@pytest.mark.server
def test_where_the_state_has_keys_the_sandbox_asks_for_one_and_its_first_question_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use = Settings(state=tmp_path / "state", sandbox=True)
    free = curl_of(use)
    assert "x-api-key" not in free
    asked = KeyAsked("a system", frozenset({AccessScope.RISK_READ}), None, today_of(use) + timedelta(days=9))
    text = issued(use, asked)[1]
    keyed = curl_of(use)
    assert f"-H 'x-api-key: {KEY}'" in keyed
    assert all(note in keyed for note in KEY_NOTES)
    monkeypatch.setenv("PHAROS_STATE", str(use.state))
    monkeypatch.setenv("PHAROS_SANDBOX", "1")
    settings.cache_clear()
    with LiveService(settings()) as service:
        answers = [
            subprocess.run(
                ["sh", "-c", line.replace("http://127.0.0.1:1", service.address).replace(KEY, text)],
                capture_output=True, text=True, timeout=60, check=True,
            ).stdout
            for line in (free.splitlines()[0], keyed.splitlines()[0])
        ]  # fmt: skip
    settings.cache_clear()
    assert [json.loads(answer).get("code") for answer in answers] == ["unauthenticated", None]


def test_a_sandbox_without_keys_binds_to_no_wide_address(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"0\.0\.0\.0.*can be reached by others"):
        serve(Settings(state=tmp_path, sandbox=True, host="0.0.0.0"), lambda *_: None)


def curl_of(use: Settings) -> str:
    """What the start says after its address."""
    screen = io.StringIO()
    announced_on(Console(file=screen, width=300), use)("http://127.0.0.1:1", sandbox_desks())
    return "\n".join(
        line.strip() for line in screen.getvalue().partition("listening on")[2].splitlines()[1:] if line.strip()
    )
