"""A swap leaves no desk cold: the first answer after it builds no more than one before it did, and nothing is kept of
what went."""

from __future__ import annotations

import gc
import weakref
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import sqlalchemy as sa

from data_contracts import service_log
from data_contracts.service_log import EXPOSURES, PLANS
from data_contracts.settings import Settings
from features.held_rows import HeldTable
from features.history import History
from models import registry
from models.base import Numbers
from models.courses import crowd
from models.courses.histories import Questions
from models.courses.next_course import features_hash
from models.courses.state import CourseState
from models.paths.bundle import SERVICE as PATHS_SERVICE
from models.paths.bundle import PathBundle, service_hash
from serving import service
from serving.access import placements
from serving.api.opened import Absent
from serving.champions import opening
from serving.champions.canary import CanaryRules
from serving.champions.opening import champion_watch
from serving.champions.watching import ChampionWatch
from serving.courses import crowds
from serving.feedback.exposures import exposure_log
from serving.ground import Ground
from serving.loading import Builders, GradedScorer, Loaded
from serving.night.past import PublishedPast
from serving.paths.plan_log import plan_log
from serving.posts import career_records
from tests.serving.desks import CUTS, FakeRanker, FakeSource
from tests.serving.live import served
from tests.serving.model_room import Registered, VersionScorer
from tests.serving.path_office import bundle, office

pytestmark = pytest.mark.server
DAY = date(2021, 1, 1)
OFFICERS = ["x", "still", "r"]
MODELS = ("risk", "next-post", "courses", "paths")
SERVICES = {
    "risk": {}, "next-post": {"service": "career_v1", "service_hash": "h2"},
    "courses": {"service": "course_records_v1", "service_hash": features_hash()},
    "paths": {"service": PATHS_SERVICE, "service_hash": service_hash()},
}  # fmt: skip
ASKED: Mapping[str, Mapping[str, Any]] = {
    "/v1/risk": {"officer_ids": OFFICERS, "outcomes": ["conduct"]},
    "/v1/next_posts": {"officer_ids": OFFICERS},
    "/v1/paths": {"officer_ids": OFFICERS},
    "/v1/courses": {"officer_ids": OFFICERS},
    "/v1/points": {"officer_ids": OFFICERS},
    "/v1/match": {
        "officer_ids": ["x"], "vacancies": [{"vacancy_id": "v", "post_id": "m", "places": 1}],
        "wishes": [{"officer_id": "x", "vacancy_id": "v", "preference_order": 1}],
    },
    "/v1/shortlist": {"fields": ["traffic"]},
    "/v1/profile": {"officer_ids": OFFICERS},
    "/v1/mine": {"officer_id": "x"},
    "/v1/cases": {},
}  # fmt: skip
COUNTED: tuple[tuple[Any, str], ...] = (
    (History, "dataset"), (History, "frame"), (HeldTable, "of"), (crowds, "course_history"), (crowds, "counts_at"),
    (crowd, "by_courses"), (career_records, "posting_sequences"), (placements, "posting_sequences"),
    (PublishedPast, "_last_night"), (PublishedPast, "_courses"), (service_log, "opened"), (PathBundle, "from_parts"),
)  # fmt: skip


@dataclass(frozen=True)
class OneMore:
    """Ranks courses by their number plus that of the version."""

    version: int

    def score(self, state: CourseState, asked: Questions) -> Numbers:
        return np.tile(np.arange(state.shape[1], dtype=float) + self.version, (len(asked), 1))


def graded(loaded: Loaded) -> GradedScorer:
    rows = {one: (0.1 * place + int(loaded.parts.json["version"]) / 1000, 0.3) for place, one in enumerate(OFFICERS)}
    how = loaded.parts.json["how"]
    return GradedScorer(VersionScorer(rows, (loaded.identity,), how=how), {} if how == "no_cuts" else CUTS)


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often something was read or reckoned that an answer should find done."""
    found: Counter[str] = Counter()

    def counted(name: str, made: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **more: Any) -> Any:
            found[name] += 1
            return made(*given, **more)

        return call

    for owner, name in COUNTED:
        made = owner.__dict__[name]
        of_class = isinstance(made, classmethod)
        told = counted(f"{owner.__name__}.{name}", made.__func__ if of_class else made)
        monkeypatch.setattr(owner, name, classmethod(told) if of_class else told)
    return found


@pytest.fixture
def registered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registered:
    use = Settings(state=tmp_path / "state", today=DAY, champion_check_seconds=0.0)
    office(use)
    found = Registered(use)
    monkeypatch.setattr(registry, "resolve", found.resolve)
    monkeypatch.setattr(opening, "sampled_officers", lambda *_: OFFICERS)
    for name in MODELS:
        move(found, name, "1")
    return found


def move(registered: Registered, name: str, version: str, how: str = "good") -> None:
    parts = bundle().to_parts() if name == "paths" else None
    registered.add(version, how, name, parts, **SERVICES[name])
    registered.alias[name] = version


@pytest.fixture
def builds() -> list[tuple[str, str]]:
    """Which version of which model was built, each time one was."""
    return []


@pytest.fixture
def watch(registered: Registered, builds: list[tuple[str, str]]) -> Iterator[ChampionWatch]:
    def built(make: Callable[[Loaded], Any]) -> Callable[[Loaded], Any]:
        def build(loaded: Loaded) -> Any:
            builds.append((loaded.identity.name, loaded.identity.version))
            return make(loaded)

        return build

    builders = Builders(
        risk=built(graded),
        careers=built(lambda _: FakeRanker()),
        courses=built(lambda loaded: OneMore(int(loaded.parts.json["version"]))),
    )
    source = FakeSource(dict.fromkeys(OFFICERS, 2.0), filled=DAY)
    made = champion_watch(registered.use, source, builders, CanaryRules(times_slower=50.0, slack_seconds=5.0))
    yield made
    made.stop()


def ask(client: httpx.Client, path: str) -> None:
    response = client.post(path, json=ASKED[path])
    assert response.status_code == 200, (path, response.text)


def during(counts: Counter[str], job: Callable[[], object]) -> Counter[str]:
    """What was counted while something was done."""
    before = counts.copy()
    job()
    return counts - before


@pytest.mark.parametrize("moved", MODELS)
def test_the_first_answers_after_a_swap_build_no_more_than_warm_ones_do(
    moved: str,
    registered: Registered,
    watch: ChampionWatch,
    counts: Counter[str],
    builds: list[tuple[str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with served(watch.desks, monkeypatch) as client:
        for path in ASKED:
            ask(client, path)
        warm = {path: during(counts, lambda path=path: ask(client, path)) for path in ASKED}  # type: ignore[misc]
        assert {one.name: one.version for one in service.WEB.state.desks.models()} == dict.fromkeys(MODELS, "1")
        builds.clear()
        move(registered, moved, "2")
        during_swap = during(counts, watch.look)
        assert watch.notices() == []
        assert {one.name: one.version for one in service.WEB.state.desks.models()}[moved] == "2"
        assert builds == ([] if moved == "paths" else [(moved, "2")])
        assert during_swap["PathBundle.from_parts"] == (moved == "paths")
        assert during_swap["History.frame"] + during_swap["HeldTable.of"] + during_swap["counts_at"] == 0
        first = {path: during(counts, lambda path=path: ask(client, path)) for path in ASKED}  # type: ignore[misc]
    assert first == warm


@pytest.mark.parametrize("moved", MODELS)
def test_the_desk_of_a_new_model_is_warm_though_nobody_ever_asked_it(
    moved: str, registered: Registered, watch: ChampionWatch, counts: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = {"risk": "/v1/risk", "next-post": "/v1/next_posts"}.get(moved, f"/v1/{moved}")
    with served(watch.desks, monkeypatch) as client:
        ask(client, "/v1/cases")  # what every request asks: where people serve
        move(registered, moved, "2")
        watch.look()
        first, second = (during(counts, lambda: ask(client, path)) for _ in range(2))
    first.pop("data_contracts.service_log.opened", None)  # the log is opened when something is written
    assert first == second


def test_warming_shows_nobody_anything_and_keeps_no_plan(registered: Registered, watch: ChampionWatch) -> None:
    for name in MODELS:
        move(registered, name, "2")
    watch.look()
    assert {one.version for one in watch.desks.models()} == {"2"}
    for log, table in ((exposure_log(registered.use), EXPOSURES), (plan_log(registered.use), PLANS)):
        with log.transaction() as connection:
            assert connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() == 0
        log.close()


@pytest.mark.parametrize("moved", MODELS)
def test_what_a_swap_took_from_its_place_is_let_go(moved: str, registered: Registered, watch: ChampionWatch) -> None:
    def desk() -> Any:
        return {"risk": watch.desks.risk, "next-post": watch.desks.careers}.get(moved) or watch.desks.of(f"/v1/{moved}")

    old = weakref.ref(desk())
    others = [one for one in (watch.desks.risk, watch.desks.careers) if one is not old()]
    move(registered, moved, "2")
    watch.look()
    gc.collect()
    assert old() is None
    assert desk().model.version == "2"
    assert all(one in (watch.desks.risk, watch.desks.careers) for one in others)


def test_a_refused_version_is_let_go_and_costs_the_one_that_answers_nothing(
    registered: Registered, watch: ChampionWatch, builds: list[tuple[str, str]]
) -> None:
    answering = watch.desks.risk
    builds.clear()
    for version in ("2", "3", "4"):
        move(registered, "risk", version, "nan")
        watch.look()
    move(registered, "courses", "2")
    watch.look()
    assert builds == [("risk", "2"), ("risk", "3"), ("risk", "4"), ("courses", "2")]
    assert watch.desks.risk is answering


def test_a_model_whose_answers_cannot_be_given_is_refused_before_anybody_asks(
    registered: Registered, watch: ChampionWatch
) -> None:
    """Its chances are right; what grades them is not there."""
    move(registered, "risk", "2", "no_cuts")
    watch.look()
    assert not isinstance(watch.desks.risk, Absent)
    assert watch.desks.risk.model.version == "1"
    assert "KeyError" in watch.notices()[0].en


def test_all_desks_of_records_read_through_one_memory(registered: Registered) -> None:
    ground = Ground.of(registered.use, FakeSource({}))
    assert ground.careers.read is ground.records
    assert vars(ground.ruled["/v1/points"])["records"] is vars(ground.ruled["/v1/match"])["records"] is ground.records
