"""The crowd of a day: made once, by whoever asks first, and again only for another day or a grown history."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from data_contracts.policy import policy
from data_contracts.settings import Settings
from features.history import History
from models.courses.crowd import CrowdCounts
from models.courses.crowd import counts_at as counts_at_of_the_model
from serving.courses import crowds as course_crowds
from serving.courses.crowds import HistoryCrowds, TakenCourses
from tests.training.course_lives import Row, completions

DAY = date(2024, 6, 1)
RULES = policy().courses.wave
EARLY: list[Row] = [("a", "x", "2024-05-01"), ("b", "x", "2024-05-02"), ("b", "y", "2024-05-03")]
LATER: list[Row] = [("c", "z", "2024-05-20"), ("a", "y", "2024-05-31")]


def ingested(use: Settings, rows: list[Row]) -> None:
    History(use.history_dir).append("course_completions", completions(rows).drop(columns="superseded_on"))


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[date]:
    """The days for which a crowd was counted."""
    days: list[date] = []

    def counts_at(history: object, as_of: date, *more: object) -> CrowdCounts:
        days.append(as_of)
        return counts_at_of_the_model(history, as_of, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(course_crowds, "counts_at", counts_at)
    return days


def test_a_crowd_is_made_once_however_many_ask_at_once(state: Settings, made: list[date]) -> None:
    ingested(state, EARLY)
    crowds = HistoryCrowds(TakenCourses(state, RULES))
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(crowds, [DAY] * 16))
    assert made == [DAY]
    assert len({id(one.counts) for one in found if one}) == 1


def test_another_day_and_a_grown_history_make_another(state: Settings, made: list[date]) -> None:
    ingested(state, EARLY)
    crowds = HistoryCrowds(TakenCourses(state, RULES))
    first, earlier = crowds(DAY), crowds(date(2024, 5, 2))
    assert first is not None
    assert earlier is not None
    assert (first.state.taken.nnz, earlier.state.taken.nnz) == (3, 1), "nothing of the day itself or later"
    ingested(state, LATER)
    grown = crowds(date(2024, 5, 2)), crowds(DAY)
    assert [one.state.taken.nnz for one in grown if one] == [1, 5]
    assert made == [DAY, date(2024, 5, 2), date(2024, 5, 2), DAY]


def test_without_a_model_plain_counts_say_what_comes_next(state: Settings) -> None:
    ingested(state, [*EARLY, *LATER])
    found = HistoryCrowds(TakenCourses(state, RULES))(DAY)
    assert found is not None
    assert [(one.course_id, round(one.score)) for one in found.likely("c", 5)] == [("y", 2), ("x", 1)]


def test_before_anything_was_taken_there_is_nothing_to_tell(state: Settings) -> None:
    assert HistoryCrowds(TakenCourses(state, RULES))(DAY) is None
    ingested(state, EARLY)
    before = HistoryCrowds(TakenCourses(state, RULES))(date(2020, 1, 1))
    assert before is not None
    assert (before.likely("a", 5), before.waves("a", 5)) == ([], [])
