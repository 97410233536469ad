"""From a simulated export to an answer over HTTP, with the command that a newcomer runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pandas as pd
import pytest
from typer.testing import CliRunner

import pharos
from data_contracts.errors import NotReady
from data_contracts.night_exits import NightExit
from data_contracts.settings import Settings
from experiments.demo import champions
from experiments.first_answer import LiveService
from serving.api.app import ROUTES
from serving.night.results import latest_run
from serving.sandbox.book import BOOK
from tests.planted_ids import files_that_name, named_in
from tests.walked_demo import WalkedDemo, standing_on

NAMELESS = ("mlflow", "gate", "ingests", "keys", "pictures")  # folders of the state in which no officer stands
ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("data_contracts", "features", "models", "training", "serving", "experiments")

pytestmark = [pytest.mark.server, pytest.mark.slow]


@pytest.fixture(scope="module")
def walked(walked_demo: WalkedDemo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[WalkedDemo, Settings]]:
    """The output of the demo, and settings that stand on a copy of what it left."""
    with standing_on(walked_demo, tmp_path_factory.mktemp("demo")) as use:
        yield walked_demo, use


def test_every_step_is_walked(walked: tuple[WalkedDemo, Settings]) -> None:
    result, _ = walked
    assert "left out" not in result.output
    for words in ("0 duplicates", "over count_rule", "is the champion", "published, in force", '"results"'):
        assert words in result.output


def test_all_state_lies_in_the_state_folder(walked: tuple[WalkedDemo, Settings]) -> None:
    _, use = walked
    assert {"history", "snapshots", "feast", "mlflow", "keys", "results"} <= {path.name for path in use.state.iterdir()}
    written = {".db", ".parquet", ".png", ".json", ".safetensors", ".lock", ".log"}
    found = {path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.suffix in written}
    delivered = {BOOK, *(ROOT / "experiments/benchmarks/results").glob("*.json")}
    assert found == delivered, "but the book of the sandbox and what benchmarks printed, which are delivered"


def test_a_second_night_does_nothing(walked: tuple[WalkedDemo, Settings]) -> None:
    result = CliRunner().invoke(pharos.app, ["score", "--as-of", "2026-01-01"], catch_exceptions=False)
    assert result.exit_code == NightExit.NOTHING_TO_DO, result.output
    assert "nothing was done" in result.output


def test_the_service_agrees_with_the_night(walked: tuple[WalkedDemo, Settings]) -> None:
    """One model, one set of features: the chance in an answer is the chance in the published results."""
    _, use = walked
    assert champions(use) == ["risk", "next-post", "courses", "paths"]
    night = latest_run(use).officers(["officer_id", "outcome", "probability", "grade"])
    scored = night.dropna(subset=["probability"]).set_index(["officer_id", "outcome"]).sort_index()
    ids = list(dict.fromkeys(scored.index.get_level_values("officer_id")))[:40]
    with LiveService(use) as service:
        answer = service.ask("/v1/risk", {"officer_ids": ids})
        assert httpx.get(f"{service.address}/livez", trust_env=False).status_code == httpx.codes.OK
    assert [result["officer_id"] for result in answer["results"]] == ids
    for result in answer["results"]:
        for told in result["outcomes"]:
            published = scored.loc[(result["officer_id"], told["outcome"])]
            assert told["probability"] == pytest.approx(published["probability"], abs=1e-4)


def test_the_examples_of_the_description_work_on_the_demo(walked: tuple[WalkedDemo, Settings]) -> None:
    _, use = walked
    with LiveService(use) as service:
        paths = httpx.get(f"{service.address}/openapi.json", trust_env=False).json()["paths"]
        asked = {route: told["post"] for route, told in paths.items() if "post" in told}
        for route, told in asked.items():
            body = told["requestBody"]["content"]["application/json"]["examples"]["demo"]["value"]
            if route == "/v1/cases/act":  # ids of cases are drawn by chance, so no example can know one
                with pytest.raises(NotReady, match="there is no such case"):
                    service.ask(route, body)
                continue
            answer = service.ask(route, body)
            if route == "/v1/opt_out":  # taken back, for the other tests of this state
                assert service.ask(route, {**body, "opted_out": False})["opted_out_since"] is None
            answers = answer.get("results", [answer])
            assert answers, route
            if route in ("/v1/risk", "/v1/next_posts"):
                results = {result["officer_id"]: result for result in answers}
                for officer_id in body["officer_ids"][:2]:
                    assert results[officer_id]["status"] == "scored", route
    assert len(asked) >= 7


def test_no_officer_is_named_where_nobody_looks_for_officers(walked: tuple[WalkedDemo, Settings]) -> None:
    """Over a thousand ids: none in logs, metrics, MLflow, artefacts or error bodies, whatever is done with them."""
    result, use = walked
    officers = set(pd.concat(map(pd.read_parquet, (use.history_dir / "officers").rglob("*.parquet")))["officer_id"])
    assert len(officers) > 1000
    assert {name: files_that_name(use.state / name, officers) for name in NAMELESS} == {name: {} for name in NAMELESS}
    told = result.output.partition("curl ")[0]  # the last step asks about three officers by name, and shows it
    assert named_in(told, officers) == set()
    some = sorted(officers)[:200]
    with LiveService(use) as service, httpx.Client(base_url=service.address, trust_env=False, timeout=30.0) as client:
        client.post("/v1/risk", json={"officer_ids": some}, headers={"x-api-key": some[0]})
        wrong = [
            *(client.post(path, json={"officer_ids": some, one: one}) for path, one in zip(ROUTES, some, strict=False)),
            *(client.post(path, content=f'{{"officer_ids": ["{some[0]}"') for path in ROUTES),
            *(client.request(method, f"/v1/{some[0]}?officer_id={some[1]}") for method in ("GET", "POST", "DELETE")),
            client.post("/v1/risk", json={"officer_ids": some, "as_of": some[0]}),
            client.post("/v1/points", json={"officer_ids": [[some[0]]]}),
            client.post("/v1/next_posts", json={"officer_ids": some, "vacancies": some}),
        ]
        for answer in wrong:
            assert answer.status_code >= 400, answer.request.url
            assert named_in(answer.text, officers) == set(), answer.text
        metrics = client.get("/metrics").text
    assert "pharos_requests" in metrics
    assert named_in(metrics, officers) == set()
    log = (use.state / "service.log").read_text("utf-8")
    assert log.count("status=422") > 5
    assert named_in(log, officers) == set()
