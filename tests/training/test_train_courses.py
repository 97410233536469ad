"""From history to a registered, signed model with the figures the gate reads."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from data_contracts.errors import GateRefused, InvalidInput, NotReady
from data_contracts.policy import policy
from data_contracts.settings import Settings
from features.history import History
from models import artifacts, keys, registry
from models.courses.next_course import SERVICE, NextCourseModel, features_hash
from models.courses.record import course_history
from serving.api.opened import Absent
from serving.builders import builders
from serving.courses.schemas import CoursesAnswer, CoursesRequest, CoursesSuggested
from serving.loading import open_desks
from tests.serving.desks import FakeSource
from tests.training.course_lives import completions, force
from tests.training.list_versions import Lists
from training.courses import train as train_courses_module
from training.courses.fit import CourseFit
from training.courses.train import MOST_ITEMS, CourseWorth, train_courses, worth_of
from training.gate import verdict as gate
from training.gate.lines import Status

QUICK = CourseFit(sets_a_week=15, most_weeks=5, rounds=20)
SIGNED = ("A made-up force that nobody lives by.", ["Ann", "Bob"])


def test_train_signs_and_registers_what_beats_recent_popularity(
    state: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.courses.train.MOST_ITEMS", 300)
    rows = completions(force(officers=30, weeks=46)).drop(columns="superseded_on")
    History(state.history_dir).append("course_completions", rows)
    model, worth = train_courses(state, date(2019, 12, 1), fit=QUICK)
    assert worth.low > 0
    assert worth.months == 3
    assert 200 < worth.items < MOST_ITEMS
    assert worth.figures["ndcg_at_10"] == pytest.approx(worth.peer + worth.gain)
    assert "ahead of recent_popularity_30d" in worth.sentence()
    assert list(worth.lists.models) == ["pharos", "recent_popularity_30d", "recent_popularity_90d"]
    assert set(worth.lists.strata) == {"wave", "elective", "new_course"}
    assert all(len(rows) == worth.items for rows in worth.lists.strata.values())
    assert worth.lists.span is not None
    assert (worth.lists.span.judged_from, worth.lists.span.judged_until) == (date(2019, 8, 31), date(2019, 11, 30))
    assert worth.lists.span.learned_from < worth.lists.span.judged_from
    kept = registry.client(state).get_run(model.run_id)
    assert {"seed", "rounds", "sets_a_week"} <= set(kept.data.params)
    parts, metadata = artifacts.load(model.path, keys.public_key(state.keys_dir))
    assert metadata["as_of"] == "2019-12-01"
    assert NextCourseModel.from_parts(parts).features
    assert (metadata["service"], metadata["service_hash"]) == (SERVICE, features_hash())
    examined = gate.examine(state, "courses")
    waiting = [f"courses.{name}" for name in policy().gate.groups.attributes]
    assert examined.checks(Status.INCONCLUSIVE) == waiting, "nobody recorded any attribute of this force"
    gate.settle(state, examined, "waiver", waiting, *SIGNED, date(2020, 1, 1))
    assert gate.promote(state, "courses").passed
    answer = asked_of_the_service(state)
    assert (answer.model.name, answer.model.version, answer.model.features) == ("courses", model.version, SERVICE)
    assert not answer.degraded
    for result in answer.results:
        assert isinstance(result, CoursesSuggested)
        camp = str(int(result.officer_id[1:]) % 2)
        ways = [course.course_id for course in result.courses if course.kind == "next"]
        assert ways
        assert {name.split()[1] for name in ways} == {camp}, "the model knows the camps apart"


def asked_of_the_service(state: Settings) -> CoursesAnswer:
    """What `/v1/courses` says of two officers once the champion is promoted."""
    desk = open_desks(state, FakeSource({}), builders()).of("/v1/courses")
    assert not isinstance(desk, Absent)
    found = desk.answer(CoursesRequest(officer_ids=["o000", "o001"]), "r-1", datetime(2019, 11, 20, 9))
    assert isinstance(found, CoursesAnswer)
    return found


def test_a_version_that_does_not_beat_recent_popularity_may_not_answer(
    state: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        train_courses_module,
        "worth_of",
        lambda *_: CourseWorth(3, 300, {"ndcg_at_10": 0.5}, 0.01, -0.001, 0.02, Lists(30).shown()),
    )
    rows = completions(force(officers=20, weeks=20)).drop(columns="superseded_on")
    History(state.history_dir).append("course_completions", rows)
    train_courses(state, date(2019, 6, 1), fit=QUICK)
    with pytest.raises(GateRefused, match=r"ndcg_gain_low: .* is -0\.001, must be above 0"):
        gate.promote(state, "courses")
    card = (registry.versions(state, "courses")[-1].path.parent / "card" / "card.en.md").read_text("utf-8")
    assert "gain in NDCG@10 over recent_popularity_30d" in card
    assert "Never to judge how an officer learns" in card


def test_without_completions_it_says_what_to_run(state: Settings) -> None:
    with pytest.raises(NotReady, match="pharos ingest"):
        train_courses(state, date(2022, 1, 1))


def test_too_short_a_history_is_refused() -> None:
    one = course_history({"course_completions": completions([("a", "x", "2021-06-07")])})
    with pytest.raises(InvalidInput, match="too few courses"):
        worth_of(one, date(2022, 1, 1), QUICK)
