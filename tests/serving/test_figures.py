"""Sums of the whole deployment at /metrics: grades, cases, warnings, suggestions and events; no id among them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from data_contracts.database import Database
from data_contracts.errors import NotReady
from data_contracts.settings import Settings
from models.feedback.exploration import ShownItem
from serving.api.app import ROUTES, build_app
from serving.api.guard import Guard
from serving.api.meters import Meters, counted
from serving.feedback.exposures import Showing, exposure_log
from serving.figures import FRESH_SECONDS, Figure, Figures, NightGrades, open_figures
from tests.serving.desks import demo_desks
from tests.serving.feedback_room import MODEL, NOW, decline
from tests.serving.live import listening
from tests.serving.review_room import FakeRun, Room


@pytest.fixture
def use(tmp_path: Path) -> Settings:
    return Settings(state=tmp_path / "state")


def told(figures: list[Figure]) -> Mapping[str, Mapping[str, float]]:
    return {one.name: dict(one.values) for one in figures}


def test_cases_warnings_and_suggestions_are_summed_and_what_is_not_there_is_left_out(use: Settings) -> None:
    room = Room(use.service_url, use.state)
    room.open()
    room.through("acknowledge", "false_positive", officer_id="a")
    log = exposure_log(use)
    showing = Showing("r-1", "o-leak-1", "post", MODEL.name, MODEL.version, None, NOW)
    log.show([(showing, [ShownItem("p1", 1, 0.5, 1.0, False, ()), ShownItem("p2", 2, 0.4, 1.0, False, ())])])
    decline(log, "o-leak-1", "post", "p2", date(2026, 3, 10))
    found = told(open_figures(use)())
    assert "night_officers" not in found, "no night was published"
    assert {state: many for state, many in found["cases"].items() if many} == {"new": 1.0, "dismissed": 1.0}
    assert set(found["cases"]) == {"new", "reviewed", "supported", "dismissed", "contested", "corrected"}
    assert found["warnings_open"] == {"strain": 1.0}
    assert found["suggestions_shown"] == {"post": 2.0}
    assert found["suggestions_declined"] == {"post": 1.0}


def test_a_new_deployment_has_sums_of_nothing_and_makes_no_database_of_cases(use: Settings) -> None:
    found = told(open_figures(use)())
    assert set(found["cases"].values()) == {0.0}
    assert not Database(use.service_url, "it").exists


@dataclass
class Counted:
    """Says how often it was read."""

    reads: int = 0

    def __call__(self) -> Figure:
        self.reads += 1
        return Figure("reads", "how often", "of", {"all": float(self.reads)})


def test_they_are_read_once_in_a_while_and_a_broken_one_keeps_nobody() -> None:
    now, reads = [0.0], Counted()

    def broken() -> Figure:
        raise NotReady("away")

    figures = Figures((broken, reads), lambda: now[0])
    assert [told(figures()) for _ in range(3)] == [{"reads": {"all": 1.0}}] * 3
    now[0] = FRESH_SECONDS
    assert told(figures()) == {"reads": {"all": 2.0}}


def test_grades_are_those_of_the_night_in_force_counted_once_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    class Night(FakeRun):
        @property
        def manifest(self) -> Any:
            return type("Manifest", (), {"output_hash": self.name})

        def officers(self, columns: Any = None, officer_ids: Any = None) -> Any:
            asked.append(self.name)
            return super().officers(columns, officer_ids)

    nights: list[Any] = [Night({"a": ("conduct",)}, name="one")]
    grades = NightGrades(lambda: nights[-1])
    assert grades().values["poor"] == 1.0
    assert sum(grades().values.values()) == 3.0
    nights.append(Night({"a": ("conduct",), "b": ("conduct",)}, name="two"))
    assert grades().values == {**dict.fromkeys(grades().values, 0.0), "poor": 2.0, "good": 1.0}
    assert asked == ["one", "two"]


@pytest.mark.server
def test_they_stand_at_the_address_of_the_metrics() -> None:
    meters = Meters()
    web = build_app(meters=meters)
    web.state.desks = replace(demo_desks(), figures=lambda: [Figure("cases", "cases", "state", {"new": 4.0})])
    with listening(Guard(web, ROUTES, meters=meters)) as client:
        assert counted(client.get("/metrics").content, "pharos_cases") == {'state="new"': 4.0}


def test_events_are_counted_by_what_became_of_them_and_late_ones_apart() -> None:
    @dataclass
    class Result:
        status: str
        counts_from: date | None = None

    today = date(2026, 11, 1)
    answer = type("Answer", (), {"results": [
        Result("accepted", today), Result("accepted", date(2026, 10, 1)), Result("duplicate"), Result("o-leak-1"),
    ]})  # fmt: skip
    meters = Meters()
    meters.events(answer, today)
    found = counted(meters.text(), "pharos_events_total")
    assert found == {f'outcome="{name}"': 1.0 for name in ("accepted", "late", "duplicate", "other")}
