"""A bureau in a zone of its own, at a moment that a test chooses."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

import pytest

from data_contracts import local_time
from data_contracts.settings import Settings, settings

SMALL_HOURS = datetime(2026, 1, 1, 18, 30)  # in UTC; 02:30 of 2 January in Shanghai, when a night runs


def bureau_at(monkeypatch: pytest.MonkeyPatch, moment: datetime, zone: str = "Asia/Shanghai") -> Settings:
    """The settings of a process there and then; `moment` is in UTC without a zone. Take the fixture `state` too."""

    class Stopped(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return moment.replace(tzinfo=UTC).astimezone(tz)

    monkeypatch.setattr(local_time, "datetime", Stopped)
    monkeypatch.setenv("PHAROS_TIME_ZONE", zone)
    settings.cache_clear()
    return settings()
