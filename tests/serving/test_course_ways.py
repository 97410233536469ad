"""What `/v1/courses` says of a goal that rules bar, and by which of its job families it chose."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

import pandas as pd

from data_contracts.errors import InvalidInput, NotReady
from data_contracts.policy import policy
from models.courses.aims import KnownLifts
from models.courses.ways import WentOn
from serving.courses.advice import CourseDesk
from serving.courses.schemas import CoursesRequest, CoursesSuggested
from serving.courses.ways import HistoryWays
from serving.night.manifest import ModelIdentity
from serving.talent.records import Records
from tests.models.records import framed, record
from tests.models.test_course_aims import DAY, Rows, opening, tables, went, with_courses
from tests.serving.feedback_room import plain_suggester

MODEL = ModelIdentity("courses", "3", "0" * 64, "records_v1", "h")


def answered(
    told: Mapping[str, Rows], goal: tuple[str, str], went_on: WentOn | None = None, lifts: KnownLifts | None = None
) -> CoursesSuggested:
    desk = CourseDesk(
        MODEL, lambda *_: record(**told), lambda _: None, plain_suggester(), policy(), lambda _: went_on, lifts
    )  # fmt: skip
    body = {"officer_ids": ["o"], "as_of": DAY, "goal": {"kind": goal[0], "goal": goal[1]}}
    (one,) = desk.answer(CoursesRequest.model_validate(body), "r", datetime(2025, 6, 10, 6)).results
    assert isinstance(one, CoursesSuggested)
    return one


def test_a_goal_that_rules_bar_is_said_before_anybody_studies_for_it() -> None:
    one = answered(tables(), ("job_family", "narcotics"))
    assert [(notice.code, notice.en) for notice in one.notices] == [(
        "goal_barred",
        "rules let you into no post of the goal narcotics in time (a bachelor's degree or more for technical posts: "
        "has college, needs bachelor); courses towards it are listed all the same",
    )]  # fmt: skip
    assert [course.course_id for course in one.courses] == ["e-drugs"]
    assert answered(tables(), ("talent_field", "counter_terrorism")).notices == []


def test_the_family_that_counted_is_named_where_nothing_lacks() -> None:
    told = tables("bachelor", course_completions=[
        {"officer_id": "o", "course_id": "e-sp", "occurred_on": "2024-01-01", "known_on": "2024-01-01"}
    ])  # fmt: skip
    (notice,) = answered(told, ("talent_field", "counter_terrorism"), went(("house", "sp", 30))).notices
    assert notice.code == "goal_not_assessed"
    assert "goal counter-terrorism and stability (special police, where most from posts like yours went)" in notice.en
    (plain,) = answered(told, ("talent_field", "counter_terrorism")).notices
    assert "where most" not in plain.en


def test_the_course_that_opens_the_goal_stands_in_the_answer() -> None:
    told, goal = with_courses("a"), ("job_family", "special_police")
    assert [one.course_id for one in answered(told, goal).courses] == []
    (one,) = answered(told, goal, lifts=opening(a=(1.0, 1.8, 1.0))).courses
    assert (one.course_id, one.kind) == ("a", "goal")
    assert [why.text.zh for why in one.reasons] == [
        "学过此课程的人转往特警的次数约为按其岗位所预期的1.8倍（记录统计截至2024-12-31）"
    ]


def test_where_people_went_is_read_once_for_a_day_and_nowhere_without_a_history() -> None:
    frame = framed("postings", [{"officer_id": "m", "post_id": "p", "unit_id": "u", "started_on": "2020-01-01"}])
    read, asked = Records(DAY, {"postings": frame}), list[date]()

    def force(as_of: date) -> Records:
        asked.append(as_of)
        return read

    ways = HistoryWays(force)
    assert ways(DAY) is ways(DAY)
    read = Records(DAY, {"postings": pd.concat([frame, frame.assign(post_id="q", started_on=pd.Timestamp("2021"))])})
    found = ways(DAY)
    assert found is not None
    assert (found.officers(["p"], ["q"]), asked) == (1, [DAY] * 3)

    def nothing(error: type[Exception]) -> HistoryWays:
        def refuse(_: date) -> Records:
            raise error("no history")

        return HistoryWays(refuse)

    assert nothing(NotReady)(DAY) is None
    assert nothing(InvalidInput)(DAY) is None
