"""Whoever left, and whoever is not on record, is told so alike everywhere: no post, no course, no points, no place."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from data_contracts.catalog import catalog
from data_contracts.errors import InvalidInput
from data_contracts.policy import policy
from data_contracts.service_log import EXPOSURES
from data_contracts.settings import Settings
from features.careers import career_frame
from features.history import History
from serving.courses.advice import CourseDesk
from serving.courses.schemas import CoursesRequest
from serving.feedback.exposures import exposure_log
from serving.feedback.suggesting import suggester
from serving.matching.answers import MatchDesk
from serving.matching.schemas import MatchRequest
from serving.night.manifest import ModelIdentity
from serving.on_force import left_by, not_on_force
from serving.points.answers import HistoryRecords, PointsDesk
from serving.points.schemas import PointsRequest
from serving.schemas import NextPostsRequest, NotScored, PostsRanked
from tests.models.records import framed
from tests.serving.feedback_room import kept_suggester, plain_suggester
from tests.serving.test_next_posts import DAY, Bureau, bureau, ranked, written

__all__ = ["bureau"]  # a fixture
NOW = datetime(2024, 3, 1, 9, 0)
PEOPLE = ["here", "gone", "o-nope"]


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> HistoryRecords:
    """One who serves and one who left a year before the day."""
    use = Settings(state=tmp_path_factory.mktemp("force"))
    joined = {"entered_on": "2010-01-01", "known_on": "2010-01-01"}
    posting = {"post_id": "p", "unit_id": "s", "started_on": "2010-01-01", "known_on": "2010-01-01"}
    tables: dict[str, list[dict[str, Any]]] = {
        "officers": [{"officer_id": "here", **joined}, {"officer_id": "gone", "left_on": "2023-03-01", **joined}],
        "postings": [{"officer_id": "here", **posting}, {"officer_id": "gone", "ended_on": "2023-03-01", **posting}],
        "posts": [{"post_id": "q", "known_on": "2000-01-01"}],
        "courses": [{"course_id": "k", "hours": 8.0, "name_zh": "法律", "mandated": True, "known_on": "2000-01-01"}],
    }
    History(use.history_dir).append_all({name: framed(name, rows) for name, rows in tables.items()}, "test")
    return HistoryRecords.of(use)


def _match(records: HistoryRecords, post: str = "q", **more: Any) -> Any:
    body = {
        "officer_ids": PEOPLE,
        "vacancies": [{"vacancy_id": "v", "post_id": post, "places": 3}],
        "wishes": [{"officer_id": one, "vacancy_id": "v", "preference_order": 1} for one in PEOPLE],
        **more,
    }

    def alike(_frames: object, wishes: pd.DataFrame, _as_of: date) -> pd.Series[float]:
        return pd.Series(1.0, index=wishes.index)

    desk = MatchDesk(records, policy(), alike)
    return desk.answer(MatchRequest.model_validate_json(json.dumps(body)), "r", NOW)


def test_nobody_who_left_or_does_not_exist_is_placed_by_points_or_by_fit(records: HistoryRecords) -> None:
    answer = _match(records, with_fit=True)
    here, gone, nobody = answer.results
    assert (here.status, gone.status, nobody.status) == ("placed", "not_placed", "not_placed")
    assert [one.assignments[0].code for one in (gone, nobody)] == ["not_eligible", "not_eligible"]
    assert "当日不在队" in gone.assignments[0].text.zh
    assert "查无此人" in nobody.assignments[0].text.zh
    assert answer.alternative.assignments == {"here": "v", "gone": None, "o-nope": None}


def test_a_vacancy_of_no_post_is_refused_with_its_place_and_the_remedy(records: HistoryRecords) -> None:
    with pytest.raises(InvalidInput, match=r"vacancies\[0\]\.post_id: there is no post 'nosuch'.*send one on record"):
        _match(records, post="nosuch")


def test_points_are_not_reckoned_for_who_left(records: HistoryRecords) -> None:
    request = PointsRequest.model_validate_json(json.dumps({"officer_ids": PEOPLE}))
    here, *others = PointsDesk(records, policy()).answer(request, "r", NOW).results
    assert here.status == "scored"
    assert [one.status == "not_scored" and one.because.code for one in others] == ["not_serving", "unknown_officer"]


def test_no_course_is_shown_to_who_left_and_nothing_is_logged(records: HistoryRecords, state: Settings) -> None:
    log = exposure_log(state)
    model = ModelIdentity("courses", "3", "0" * 64, "records_v1", "h")
    desk = CourseDesk(model, records, lambda _day: None, suggester(state, policy(), log), policy())
    here, *others = desk.answer(CoursesRequest(officer_ids=PEOPLE, top=3), "r", NOW).results
    assert here.status == "scored"
    assert [one.status == "not_scored" and one.because.code for one in others] == ["not_serving", "unknown_officer"]
    with log.transaction() as connection:
        assert {row.officer_id for row in connection.execute(EXPOSURES.select())} <= {"here"}


def test_no_post_is_ranked_for_who_left_and_a_stranger_still_starts_cold(bureau: Bureau, tmp_path: Path) -> None:
    gone, here = bureau.officers[0], next(one.officer_id for one in ranked(bureau.desk(), bureau.officers[1:60])
                                          if one.posts)  # fmt: skip
    people = bureau.frames["officers"].copy()
    people.loc[people["officer_id"] == gone, "left_on"] = pd.Timestamp(DAY) - pd.Timedelta(days=9)
    people = people[list(catalog().table("officers").column_names)]
    frames = {name: rows[list(catalog().table(name).column_names)] for name, rows in bureau.frames.items()}
    desk = bureau.desk(written(tmp_path, {**frames, "officers": people}))
    log = exposure_log(Settings(state=tmp_path))
    desk = replace(desk, suggester=kept_suggester(log))
    first, second, third = desk.answer(
        NextPostsRequest(officer_ids=[gone, here, "o-nope"]), "r", datetime(2022, 11, 16, 9)
    ).results
    assert isinstance(first, NotScored)
    assert first.because.code == "not_serving"
    assert second.status == "scored"
    assert isinstance(third, PostsRanked)
    assert third.cold_start
    with log.transaction() as connection:
        assert {row.officer_id for row in connection.execute(EXPOSURES.select())} == {here, "o-nope"}


def test_a_history_without_the_table_of_officers_knows_nobody_who_left(bureau: Bureau, tmp_path: Path) -> None:
    kept = ("postings", "posts", "vacancies", "preferences")
    some = {name: bureau.frames[name][list(catalog().table(name).column_names)] for name in kept}
    use = written(tmp_path, some)
    ids = career_frame(bureau.frames, DAY)["officer_id"].astype(str).tolist()
    assert len(ids) > len(bureau.officers)  # of some the table of officers tells that they left
    assert len(ranked(bureau.desk(use), ids)) == len(ids)
    (points,) = (
        PointsDesk(HistoryRecords.of(use), policy()).answer(PointsRequest(officer_ids=ids[:1]), "r", NOW).results
    )
    assert points.status == "scored"
    model = ModelIdentity("courses", "3", "0" * 64, "records_v1", "h")
    courses = CourseDesk(model, HistoryRecords.of(use), lambda _day: None, plain_suggester(), policy())
    assert [one.status for one in courses.answer(CoursesRequest(officer_ids=ids[:9]), "r", NOW).results] == [
        "scored"
    ] * 9


def test_one_who_leaves_later_still_serves() -> None:
    frames = {
        "officers": framed("officers", [{"officer_id": "a", "entered_on": "2010-01-01", "known_on": "2010-01-01"}])
    }
    assert (left_by(frames, ["a", "b"]), list(not_on_force(frames, ["a", "b"]))) == ({}, ["b"])
