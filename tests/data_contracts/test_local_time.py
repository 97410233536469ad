"""A day is that of the bureau's wall; a moment is UTC's."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date, datetime, time, timedelta

import pytest

from data_contracts.errors import InvalidInput
from data_contracts.local_time import local_day, local_time, moment_of, today_of, utc_now
from data_contracts.settings import Settings, settings
from tests.bureau_clock import SMALL_HOURS, bureau_at


@pytest.mark.parametrize(
    ("zone", "day"),
    [("Asia/Shanghai", date(2026, 1, 2)), ("UTC", date(2026, 1, 1)), ("America/Chicago", date(2026, 1, 1)),
     ("Pacific/Kiritimati", date(2026, 1, 2)), ("Asia/Kolkata", date(2026, 1, 2))],
)  # fmt: skip
def test_the_day_is_the_bureaus(state: Settings, monkeypatch: pytest.MonkeyPatch, zone: str, day: date) -> None:
    use = bureau_at(monkeypatch, SMALL_HOURS, zone)
    assert (local_day(SMALL_HOURS), today_of(use), utc_now()) == (day, day, SMALL_HOURS)
    assert local_time(moment_of(day, time(23, 59))) == datetime.combine(day, time(23, 59))
    assert local_day(moment_of(day)) == day
    assert local_day(moment_of(day) - timedelta(microseconds=1)) == day - timedelta(days=1)


def test_a_frozen_day_stays_what_it_is_in_every_zone(state: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHAROS_TODAY", "2016-12-01")
    for zone in ("Asia/Shanghai", "America/Chicago"):
        assert today_of(bureau_at(monkeypatch, SMALL_HOURS, zone)) == date(2016, 12, 1)


def test_without_the_setting_the_zone_is_the_machines() -> None:
    told = "from data_contracts.local_time import *; print(local_day(datetime(2026, 1, 1, 18, 30)))"
    for zone, day in (("Asia/Shanghai", "2026-01-02"), ("UTC", "2026-01-01")):
        env = {**os.environ, "TZ": zone, "PHAROS_TIME_ZONE": ""}
        ran = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, env=env, check=True)
        assert ran.stdout.strip() == day


@pytest.mark.parametrize("zone", ["Asia/Peking", "Asia", "../etc/passwd", "/etc/localtime", " ", "UTC+8"])
def test_an_unknown_zone_is_one_clear_sentence(state: Settings, monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    monkeypatch.setenv("PHAROS_TIME_ZONE", zone)
    settings.cache_clear()
    with pytest.raises(InvalidInput, match=r"PHAROS_TIME_ZONE: .* is no time zone; write one of IANA") as told:
        settings()
    assert repr(zone) in str(told.value)


def test_a_setting_that_cannot_be_read_ends_a_command_with_its_name_and_not_its_value() -> None:
    env = {**os.environ, "PHAROS_WORKERS": "pass-word"}
    ran = subprocess.run(
        [sys.executable, "-m", "pharos", "keys", "list"], capture_output=True, text=True, env=env, check=False
    )
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("invalid_input: PHAROS_WORKERS: ")
    assert "pass-word" not in ran.stderr
