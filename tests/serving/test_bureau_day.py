"""At 18:30 UTC it is the next morning in Shanghai: the night, the service and who may do what go by the wall there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pandas as pd
import pytest
from typer.testing import CliRunner

import pharos
from data_contracts.audit.chain import Action, lines
from data_contracts.errors import InvalidInput
from data_contracts.local_time import local_time
from data_contracts.night_exits import NightExit
from data_contracts.policy import policy
from data_contracts.settings import Settings, settings
from experiments.commands import edge
from features import store
from features.ingest import service_day
from models.audit import audit_database, has_come, now_of
from serving import service
from serving.access.api_keys import KeyAsked, api_keys
from serving.access.callers import callers_of
from serving.access.commands import issued
from serving.access.credential import AccessScope, Credential
from serving.access.recorder import Read, Recorder
from serving.clock import clock_of
from serving.freshness import AgeLimits, notice_of_age, read_fresh
from serving.night import nightly
from serving.night.results import latest_run
from tests.bureau_clock import SMALL_HOURS, bureau_at
from tests.serving.night_force import DECLARED, CountScorer, force, write_snapshot

YESTERDAY, TODAY, TOMORROW = (date(2026, 1, day) for day in (1, 2, 3))


@pytest.fixture
def bureau(state: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    return bureau_at(monkeypatch, SMALL_HOURS)


@pytest.mark.parametrize("before", [YESTERDAY, date(2025, 12, 1)], ids=["nightly", "monthly"])
def test_the_night_scores_the_day_whose_features_were_just_built(
    bureau: Settings, monkeypatch: pytest.MonkeyPatch, before: date
) -> None:
    """By UTC's day it found yesterday's, published or 739 hours old."""
    monkeypatch.setattr(store, "declared_features", lambda: DECLARED)
    monkeypatch.setattr(nightly, "_champion_scorer", lambda *_: CountScorer())
    for day in (before, edge.day_of("today")):
        write_snapshot(bureau, force(100), day)
    told = CliRunner().invoke(pharos.app, ["score"])
    assert (told.exit_code, latest_run(bureau).manifest.as_of) == (NightExit.PUBLISHED, TODAY), told.output
    assert CliRunner().invoke(pharos.app, ["score", "--as-of", "today"]).exit_code == NightExit.NOTHING_TO_DO


def test_what_was_done_of_a_day_needs_the_day_to_have_come_at_the_bureau(bureau: Settings) -> None:
    assert has_come(bureau, edge.day_of("today")) == TODAY
    with pytest.raises(InvalidInput, match=f"{TOMORROW} has not come yet; it is {TODAY}"):
        has_come(bureau, TOMORROW)
    assert (service_day(bureau), service.today()) == (TODAY, TODAY)


class Filled:
    """A store that was filled for one day."""

    def online(self, ids: Sequence[str], service: str, as_of: date | None = None) -> pd.DataFrame:
        assert as_of == TODAY, "ages are counted from the bureau's day"
        stamps = pd.to_datetime([TODAY] * len(ids)).astype("datetime64[us]")
        return pd.DataFrame({"officer_id": ids, "status": "present", "feature_timestamp": stamps})

    def service_hash(self, service: str) -> str:
        return ""

    def filled_as_of(self, service: str) -> date | None:
        return TODAY


def test_the_features_of_the_night_are_some_hours_old_and_not_of_the_future(bureau: Settings) -> None:
    limits, now = AgeLimits.of(policy()), clock_of(bureau)()
    fresh = read_fresh(Filled(), ["o-1"], "risk_v1", asked=None, now=now, limits=limits)
    assert (fresh.age_hours, fresh.degraded, fresh.as_of) == (2.5, False, TODAY)
    late = now + timedelta(hours=limits.refuse_hours)
    assert notice_of_age(TODAY, now, limits) is None
    assert (told := notice_of_age(TODAY, late, limits)) is not None
    assert f"--as-of {(datetime(2026, 1, 2, 2, 30) + timedelta(hours=limits.refuse_hours)).date()}" in told.en


def test_a_key_ends_with_the_day_of_the_bureau(bureau: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    key, text = issued(bureau, KeyAsked("planning", frozenset({AccessScope.RISK_READ}), None, TOMORROW))
    assert key.created_on == TODAY
    callers = callers_of(bureau, service.today)
    assert callers.shown(text) is not None
    bureau_at(monkeypatch, SMALL_HOURS + timedelta(days=1))
    assert callers.shown(text) is None, "3 January has come in Shanghai, and not in London"
    assert [one.key_id for one in api_keys(bureau).all()] == [key.key_id]


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/Chicago"])
def test_a_frozen_clock_shows_its_day_wherever_the_bureau_is(
    state: Settings, monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    monkeypatch.setenv("PHAROS_TODAY", TODAY.isoformat())
    use = bureau_at(monkeypatch, SMALL_HOURS + timedelta(days=30), zone)
    fresh = read_fresh(Filled(), ["o-1"], "risk_v1", asked=None, now=clock_of(use)(), limits=AgeLimits.of(policy()))
    assert (fresh.age_hours, fresh.degraded) == (0.0, False)
    shown = edge.day_of("today")
    assert (shown, has_come(use, shown), service.today()) == (TODAY, TODAY, TODAY)
    assert abs(now_of(use) - clock_of(use)()) < timedelta(days=1)
    assert settings() is use


@pytest.mark.parametrize("frozen", [True, False], ids=["frozen", "running"])
def test_a_line_of_the_service_bears_the_time_of_day_though_its_clock_stands_still(
    state: Settings, monkeypatch: pytest.MonkeyPatch, frozen: bool
) -> None:
    """Every line stood at 00:00 of the day, between lines of commands that bore the time."""
    if frozen:
        monkeypatch.setenv("PHAROS_TODAY", TODAY.isoformat())
    use = bureau_at(monkeypatch, SMALL_HOURS + timedelta(days=30))
    at = clock_of(use)()
    asked = Read(Action.RISK_READ, Credential("key:a", frozenset({AccessScope.RISK_READ})), "r", at, "/v1/risk")
    Recorder.of(use)(asked, '{"officer_id": "o-1"}')
    (line,) = (json.loads(row["body"]) for row in lines(audit_database(use)))
    moment = datetime.fromisoformat(line["at"])
    assert local_time(moment) == datetime(2026, 1, 2 if frozen else 1, 2, 30) + timedelta(days=0 if frozen else 31)
    assert (clock_of(use)(), moment) == (at, now_of(use)), "only the line"
