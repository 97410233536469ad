"""From an alias to a desk: verified first, compared second, built last; absent is a state, wrong is a refusal."""

from __future__ import annotations

import contextlib
import inspect
import shutil
import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import httpx
import pytest
from rich.console import Console

from data_contracts.errors import FeatureMismatch, InvalidInput, NotReady, UntrustedArtifact
from data_contracts.settings import Settings
from experiments.commands import histories
from models import artifacts, keys, registry
from models.artifacts import Parts
from models.courses.next_course import features_hash
from models.registry import ResolvedModel
from serving import service
from serving.api.opened import Absent, Desks, no_champion
from serving.courses.advice import CourseDesk
from serving.courses.crowds import COUNTS
from serving.loading import Builders, GradedScorer, Loaded, champion, open_desks
from serving.workers import bound_socket
from tests.serving.desks import CUTS, FakeRanker, FakeScorer, FakeSource, demo_desks
from tests.serving.live import served

HASHES = {
    "risk": ("risk_v1", "h1"), "next-post": ("career_v1", "h2"), "courses": ("course_records_v1", features_hash()),
}  # fmt: skip
FAKES = Builders(
    risk=lambda _: GradedScorer(FakeScorer({}), CUTS), careers=lambda _: FakeRanker(), courses=lambda _: COUNTS
)


@pytest.fixture
def use(tmp_path: Path) -> Settings:
    return Settings(state=tmp_path / "state", today=date(2026, 11, 1))


@pytest.fixture
def champions(use: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Makes a signed champion; MLflow itself is tried in the tests of the registry."""
    folders: dict[str, Path] = {}

    def make(name: str, /, **changed: str) -> Path:
        service_name, service_hash = HASHES[name]
        metadata = {"name": name, "service": service_name, "service_hash": service_hash, **changed}
        folder = use.mlflow_dir / name
        folders[name] = artifacts.save(folder, Parts(json={"of": name}), metadata, keys.signing_key(use.keys_dir))
        return folder

    def resolve(settings: Settings, name: str) -> ResolvedModel:
        if name not in folders:
            raise NotReady(f"no version of {name} in {settings.state}")
        return ResolvedModel(name, "4", folders[name], "run", {})

    monkeypatch.setattr(registry, "resolve", resolve)
    return make


def test_a_model_says_up_to_which_day_it_learned_where_it_knows(use: Settings, champions: Callable[..., Path]) -> None:
    champions("risk", as_of="2026-01-01")
    champions("next-post")
    days = [champion(use, name).identity.trained_as_of for name in ("risk", "next-post")]
    assert days == ["2026-01-01", None]


def test_both_champions_open_both_desks(use: Settings, champions: Callable[..., Path]) -> None:
    folders = [champions("risk"), champions("next-post")]
    source = FakeSource({})
    desks = open_desks(use, source, FAKES)
    assert [one.en.split()[0] for one in desks.missing()] == ["paths", "concerns", "courses"], "each with what to do"
    assert all("pharos promote" in one.en and "pharos promote" in one.zh for one in desks.missing())
    assert [model.name for model in desks.models()] == ["risk", "next-post", "recent_popularity_30d"]
    assert not isinstance(desks.risk, Absent)
    assert not isinstance(desks.careers, Absent)
    assert (desks.risk.model.version, desks.risk.model.sha256) == ("4", artifacts.digest(folders[0]))
    assert desks.careers.model.service == "career_v1"
    assert desks.now() == datetime(2026, 11, 1)
    desks.probe()
    assert len(source.reads) == 2


def test_an_absent_model_is_a_state_with_a_remedy(use: Settings, champions: Callable[..., Path]) -> None:
    champions("next-post")
    source = FakeSource({})
    desks = open_desks(use, source, FAKES)
    assert isinstance(desks.risk, Absent)
    assert "pharos promote risk" in desks.risk.because.en
    assert str(use.state) not in desks.risk.because.en
    desks.probe()
    assert len(source.reads) == 1


def course_model(desks: Desks) -> tuple[str, str]:
    """Name and version of what ranks courses."""
    desk = desks.of("/v1/courses")
    assert isinstance(desk, CourseDesk)
    return desk.model.name, desk.model.version


def test_courses_are_ranked_by_counts_until_a_champion_is_there(use: Settings, champions: Callable[..., Path]) -> None:
    assert course_model(open_desks(use, FakeSource({}), FAKES)) == ("recent_popularity_30d", "none")
    champions("courses")
    assert course_model(open_desks(use, FakeSource({}), FAKES)) == ("courses", "4")


def test_a_courses_model_of_other_figures_or_with_a_broken_signature_stops_the_start(
    use: Settings, champions: Callable[..., Path]
) -> None:
    folder = champions("courses", service_hash="older")
    with pytest.raises(FeatureMismatch, match="courses version 4"):
        open_desks(use, FakeSource({}), FAKES)
    (folder / "values.json").write_text('{"of": "else"}')
    with pytest.raises(UntrustedArtifact, match=r"values\.json"):
        open_desks(use, FakeSource({}), FAKES)


@pytest.mark.parametrize(("name", "signed_as"), [("next-post", "risk"), ("risk", "next-post")])
def test_a_model_under_another_ones_name_stops_the_start(
    use: Settings, champions: Callable[..., Path], name: str, signed_as: str
) -> None:
    champions(name, name=signed_as)
    with pytest.raises(UntrustedArtifact, match=f"{name} version 4 is signed, but as '{signed_as}'"):
        open_desks(use, FakeSource({}), FAKES)


def test_files_signed_without_a_name_are_those_of_risk(use: Settings, champions: Callable[..., Path]) -> None:
    told = {"service": "risk_v1", "service_hash": "h1"}
    for name in ("risk", "next-post"):
        shutil.rmtree(champions(name))
        artifacts.save(use.mlflow_dir / name, Parts(json={}), told, keys.signing_key(use.keys_dir))
    assert champion(use, "risk").identity.name == "risk"
    with pytest.raises(UntrustedArtifact, match="signed, but as 'risk'"):
        champion(use, "next-post")


def test_other_feature_definitions_stop_the_start(use: Settings, champions: Callable[..., Path]) -> None:
    champions("risk", service_hash="older")
    with pytest.raises(FeatureMismatch, match="risk version 4"):
        open_desks(use, FakeSource({}), FAKES)


def test_a_model_that_names_no_features_stops_the_start(use: Settings, champions: Callable[..., Path]) -> None:
    folder = artifacts.save(use.mlflow_dir / "bare", Parts(), {}, keys.signing_key(use.keys_dir))
    shutil.rmtree(champions("risk"))
    folder.rename(use.mlflow_dir / "risk")
    with pytest.raises(FeatureMismatch, match="which features"):
        open_desks(use, FakeSource({}), FAKES)


def test_a_broken_signature_stops_the_start_before_anything_is_built(
    use: Settings, champions: Callable[..., Path]
) -> None:
    (champions("risk") / "values.json").write_text('{"of": "else"}')
    built: list[Loaded] = []

    def build(loaded: Loaded) -> GradedScorer:
        built.append(loaded)
        return GradedScorer(FakeScorer({}), CUTS)

    with pytest.raises(UntrustedArtifact, match=r"values\.json"):
        open_desks(use, FakeSource({}), replace(FAKES, risk=build))
    assert built == []


def test_without_a_frozen_day_the_clock_moves(use: Settings) -> None:
    desks = open_desks(Settings(state=use.state, today=None), FakeSource({}), FAKES)
    first = desks.now()
    assert first.tzinfo is None
    assert desks.now() >= first


def test_serve_binds_this_machine_only_and_says_so_before_it_loads(
    use: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "opened_desks", lambda: pytest.fail("nothing may be loaded for a refused host"))
    with pytest.raises(InvalidInput, match=r"0\.0\.0\.0"):
        service.serve(Settings(state=use.state, host="0.0.0.0"), lambda *_: None)


def test_serve_starts_one_guarded_server(use: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    import uvicorn

    started: list[tuple[str, int, bool, bool]] = []

    def run(server: uvicorn.Server, sockets: object = None) -> None:
        told = server.config
        started.append((told.host, told.port, told.access_log, told.server_header))

    announced: list[tuple[str, Desks]] = []
    desks = demo_desks()
    monkeypatch.setattr(uvicorn.Server, "run", run)
    monkeypatch.setattr(service, "opened_desks", lambda: desks)
    chosen = Settings(state=use.state, host="127.0.0.1", port=3999)
    service.serve(chosen, lambda address, opened: announced.append((address, opened)))
    assert started == [("127.0.0.1", 3999, False, False)]
    assert announced == [], "nobody is told of an address where nothing listens yet"


def test_the_address_is_told_once_a_connection_is_taken_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for that line, nginx or a script, asks at once; the socket is bound long before, by a parent."""
    monkeypatch.setattr(service, "opened_desks", demo_desks)
    asked = threading.Event()
    with bound_socket("127.0.0.1", 0) as bound:
        port, found = bound.getsockname()[1], list[int]()

        def tell() -> None:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), timeout=5.0).close()
                found.append(httpx.get(f"http://127.0.0.1:{port}/livez", timeout=10.0).status_code)
            asked.set()

        server = service.Announced(service.configured(service.PharosService.to_asgi(), "127.0.0.1", port), tell)
        running = threading.Thread(target=server.run, args=([bound],), daemon=True)
        running.start()
        try:
            assert asked.wait(60.0)
        finally:
            server.should_exit = True
            running.join(timeout=15.0)
    assert found == [200]


def test_features_too_old_to_score_on_are_told_at_the_start_and_by_readyz_with_the_remedy(
    use: Settings, champions: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    champions("risk")
    champions("next-post")
    source = FakeSource({"a": 2.0})
    told = Console(record=True, width=100)
    for filled, code in ((date(2026, 10, 29), []), (date(2026, 10, 28), ["stale_features"]), (None, ["no_features"])):
        source.filled = filled
        desks = open_desks(use, source, FAKES)
        assert [notice.code for notice in desks.notices()] == code, filled
        service.announced_on(told)("http://127.0.0.1:1", desks)
        with served(desks, monkeypatch) as client:
            assert [one["code"] for one in client.get("/readyz").json()["notices"]] == code
    said = told.export_text()
    assert "PHAROS_TODAY=2026-10-28" in said
    for words in ("risk version 4", "next-post version 4", "recent_popularity_30d version none"):
        assert words in said
    assert no_champion("paths").en in said
    assert no_champion("paths").zh in said
    assert "PHAROS_TODAY=2026-10-29" not in said
    assert said.count("nobody is scored") == 1, "each notice once, whichever desks need it"
    assert "never filled" in said
    assert "从未填充" in said


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_both_readmes_say_how_records_that_end_in_the_past_are_served(name: str) -> None:
    text = (Path(__file__).resolve().parents[2] / name).read_text("utf-8")
    end = inspect.signature(histories.simulate).parameters["end"].default
    assert f"PHAROS_TODAY={end} pharos serve" in text
