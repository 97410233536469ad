"""From history to a registered, signed model with the figures the gate reads."""

from __future__ import annotations

from datetime import date

import pytest

from data_contracts.errors import InvalidInput, NotReady
from data_contracts.settings import Settings
from features.history import History
from models import artifacts, keys, registry
from models.course_record import course_history
from models.next_course import NextCourseModel
from tests.training.course_lives import completions, force
from training.fit_courses import CourseFit
from training.train_courses import MOST_ITEMS, train_courses, worth_of

QUICK = CourseFit(sets_a_week=15, most_weeks=5, rounds=20)


def test_train_signs_and_registers_what_beats_recent_popularity(
    state: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.train_courses.MOST_ITEMS", 300)
    rows = completions(force(officers=30, weeks=46)).drop(columns="superseded_on")
    History(state.history_dir).append("course_completions", rows)
    model, worth = train_courses(state, date(2019, 12, 1), fit=QUICK)
    assert worth.low > 0
    assert worth.months == 3
    assert 200 < worth.items < MOST_ITEMS
    assert worth.figures["ndcg_at_10"] == pytest.approx(worth.peer + worth.gain)
    assert "ahead of recent_popularity_30d" in worth.sentence()
    kept = registry.client(state).get_run(model.run_id)
    assert {"seed", "rounds", "sets_a_week"} <= set(kept.data.params)
    parts, metadata = artifacts.load(model.path, keys.public_key(state.keys_dir))
    assert metadata["as_of"] == "2019-12-01"
    assert NextCourseModel.from_parts(parts).features


def test_without_completions_it_says_what_to_run(state: Settings) -> None:
    with pytest.raises(NotReady, match="pharos ingest"):
        train_courses(state, date(2022, 1, 1))


def test_too_short_a_history_is_refused() -> None:
    one = course_history({"course_completions": completions([("a", "x", "2021-06-07")])})
    with pytest.raises(InvalidInput, match="too few courses"):
        worth_of(one, date(2022, 1, 1), QUICK)
