"""The records of a whole force: read once a day, again when the history has grown, and never of a day to come."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from data_contracts.errors import InvalidInput, NotReady
from data_contracts.settings import Settings
from features.history import History
from serving.talent.records import ForceRecords, Records, day_asked
from tests.models.records import framed

DAY = date(2024, 3, 1)


def posting(officer: str, started: str) -> dict[str, str]:
    return {"officer_id": officer, "post_id": "p", "unit_id": "s", "started_on": started, "known_on": started}


def test_a_force_is_read_once_until_something_is_learned(state: Settings) -> None:
    history, reader = History(state.history_dir), ForceRecords(state, ("postings", "honours"))
    history.append("postings", framed("postings", [posting("a", "2020-01-01"), posting("b", "2024-06-01")]))
    first = reader(DAY)
    assert first.frames["postings"]["officer_id"].tolist() == ["a"]
    assert "honours" not in first.frames
    assert reader(DAY) is first
    history.append("postings", framed("postings", [posting("c", "2021-01-01")]))
    assert reader(DAY).frames["postings"]["officer_id"].tolist() == ["a", "c"]
    assert len(reader(date(2025, 1, 1)).frames["postings"]) == 3
    with pytest.raises(InvalidInput, match="before anything was known"):
        reader(date(1999, 1, 1))


def test_without_postings_it_says_what_to_do(state: Settings) -> None:
    with pytest.raises(NotReady, match="run `pharos ingest` first"):
        ForceRecords(state, ("postings",))(DAY)


def test_a_day_before_any_record_is_refused() -> None:
    """The year 1 less a month is no day: it ended in a 500."""
    now = datetime(2024, 3, 1, 9)
    assert day_asked(date(1900, 1, 1), now) == date(1900, 1, 1)
    for day in (date(1899, 12, 31), date.min):
        with pytest.raises(InvalidInput, match=f"as_of {day} is before 1900-01-01") as told:
            day_asked(day, now)
        assert "早于" in (told.value.zh or "")


def test_a_day_to_come_is_refused_and_none_is_today() -> None:
    now = datetime(2024, 3, 1, 9)
    assert day_asked(None, now) == day_asked(DAY, now) == DAY
    with pytest.raises(InvalidInput, match="2024-03-02 has not come yet"):
        day_asked(date(2024, 3, 2), now)
    assert Records(DAY, {}).age_hours(now) == 9.0
