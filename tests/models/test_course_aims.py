"""Of the posts of a goal those count that rules can open in time, and of several families the one people come to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from data_contracts.policy import policy
from models.courses.advice import Learner, advise_courses
from models.courses.aims import GoalReadings, KnownLifts
from models.courses.goals import Goal, GoalPosts
from models.courses.learners import Readings, offered_courses
from models.courses.lifts import CourseLifts
from models.courses.ways import LEAST, Way, WentOn
from models.eligibility.lasting import shut_for_good
from models.eligibility.rules import Post
from models.eligibility.standing_facts import facts_of
from tests.models.records import record

DAY = date(2025, 6, 10)
TERRORISM: Goal = ("talent_field", "counter_terrorism")
Rows = list[dict[str, Any]]


def tables(education: str | None = "college", **more: Rows) -> dict[str, Rows]:
    """An officer of household registration; narcotics asks for a degree, and its course is the shorter one."""
    known: dict[str, Any] = {"known_on": "2020-01-01"}
    posts = (("house", "household", "enforcement", None), ("sp", "special_police", "enforcement", "e-sp"),
             ("drugs", "narcotics", "technical", "e-drugs"))  # fmt: skip
    levels = (("sp", "tactics", 2.0), ("drugs", "analysis", 3.0))
    rows: dict[str, Rows] = {
        "officers": [{"officer_id": "o", "entered_on": "2015-07-01", "track": "enforcement", "education": education}],
        "postings": [{"officer_id": "o", "post_id": "house", "unit_id": "u", "started_on": "2018-01-01"} | known],
        "posts": [
            {"post_id": post, "job_family": family, "track": track, "required_course_id": course} | known
            for post, family, track, course in posts
        ],
        "courses": [{"course_id": "e-sp", "hours": 20.0} | known, {"course_id": "e-drugs", "hours": 8.0} | known],
        "competency_standards": [
            {"post_id": post, "competency": name, "standard_level": level} | known for post, name, level in levels
        ],
    }
    return rows | more


def read(
    told: Mapping[str, Rows], aim: Goal | None = TERRORISM, went_on: WentOn | None = None,
    lifts: KnownLifts | None = None,
) -> Learner:  # fmt: skip
    """As of DAY; the days of becoming known do not matter here."""
    return Readings(GoalPosts(record(**told), policy()), lambda: went_on, lifts).learner("o", DAY, aim)


def named(learner: Learner, told: Mapping[str, Rows]) -> list[tuple[str, str]]:
    """The courses of the goal and the first reason of each, in English."""
    found = advise_courses(learner, offered_courses(record(**told)), None, policy().courses)
    return [(one.course.course_id, one.reasons[0].text.en) for one in found if one.kind == "goal"]


def test_a_post_that_a_degree_keeps_shut_asks_for_nothing() -> None:
    """Its course is shorter, and led nowhere: every path went to special police."""
    shut = read(tables())
    assert [need.course_id for need in shut.aims] == ["e-sp"]
    assert named(shut, tables()) == [("e-sp", "code “sp”, a post you aim at, requires it")]
    assert (dict(shut.goal or {}), list(shut.ruled), shut.barred) == ({"tactics": 2.0}, ["fitness"], ())
    for education in ("bachelor", None):  # what is not on record bars nobody
        both = read(tables(education))
        assert {need.course_id for need in both.aims} == {"e-sp", "e-drugs"}
        assert [code for code, _ in named(both, tables())] == ["e-drugs"], "the shorter of the two"
        assert (dict(both.goal or {}), list(both.ruled)) == ({"tactics": 2.0, "analysis": 3.0}, [])


def test_where_rules_keep_every_post_shut_the_goal_counts_all_the_same_and_says_why() -> None:
    told = read(tables(), ("job_family", "narcotics"))
    assert [code for code, _ in named(told, tables())] == ["e-drugs"]
    assert [(one.code, one.en) for one in told.barred] == [(
        "technical_education",
        "a bachelor's degree or more for technical posts: has college, needs bachelor",
    )]  # fmt: skip
    held = tables(postings=[{**tables()["postings"][0], "post_id": "drugs"}])
    assert read(held, ("job_family", "narcotics")).barred == (), "the post is held"


@pytest.mark.parametrize(("months", "open_in_time"), [(12, False), (24, True)])
def test_a_post_that_opens_only_after_the_term_of_the_goal_is_shut(months: int, open_in_time: bool) -> None:
    """Criminal investigation asks for two years of service, which the recruit has in 20 months."""
    posts: Rows = [
        {"post_id": "cid", "job_family": "investigation", "known_on": "2020-01-01", "required_course_id": "e-sp"}
    ]
    goal = {"officer_id": "o", "occurred_on": "2025-06-01", "goal_kind": "post", "goal": "cid",
            "horizon_months": months, "known_on": "2025-06-01"}  # fmt: skip
    officers: Rows = [{"officer_id": "o", "entered_on": "2025-02-10", "track": "enforcement"}]
    told = read(tables(officers=officers, posts=posts, career_goals=[goal], postings=[]), None)
    assert (told.barred == ()) == open_in_time
    assert told.aim == ("post", "cid")


def test_what_shuts_a_post_for_good_is_no_course_no_level_and_no_months_in_a_post() -> None:
    told = record(
        officers=[{"officer_id": "o", "entered_on": "2025-01-10", "track": "enforcement", "education": "college"}],
        postings=[{"officer_id": "o", "post_id": "h", "unit_id": "u", "started_on": "2025-01-10"}],
        promotions=[{"officer_id": "o", "ladder": "enforcement", "rank_step": "二级警员", "occurred_on": "2025-01-10"}],
        units=[{"unit_id": "u", "unit_level": "bureau"}],
        course_completions=[],
        competency_assessments=[
            {"officer_id": "o", "competency": "fitness", "occurred_on": "2025-02-01", "level": 1.0}
        ],
    )
    facts = facts_of(told, ["o"], DAY)
    posts = [
        Post("course", required_course_id="k"), Post("level", job_family="special_police"),
        Post("roots", unit_level="bureau"), Post("degree", track="technical"),
        Post("own", track="enforcement", min_rank_step="四级警长"),
        Post("other", track="technical", min_rank_step="三级主管"),
    ]  # fmt: skip

    def shut(until: date | None, *changes: tuple[str, str], known: bool = False) -> dict[str, list[str]]:
        asked = replace(facts, ladders=replace(facts.ladders, changes=frozenset(changes) if known else None))
        found = shut_for_good(asked, 0, posts, policy(), until)
        return {post: [one.code for one in bars] for post, bars in found.items()}

    degree = {"degree": ["technical_education"], "other": ["technical_education"]}
    assert shut(None) == degree, "nobody asked who changed ladder"
    assert shut(None, known=True) == degree | {"other": ["technical_education", "min_rank_step"]}
    early = shut(date(2025, 12, 31))
    assert early["own"] == ["probation", "min_rank_step"]
    assert early["course"] == ["probation"], "a year of service is served on 10 January"
    assert "own" not in shut(date(2040, 1, 1))
    assert "course" in shut(date(2026, 1, 9))
    assert "course" not in shut(date(2026, 1, 10)), "it opens on the day itself"


def test_of_a_rank_step_the_step_itself_bars_no_post() -> None:
    """It is what the officer aims at; a post of the step that asks for a degree is shut all the same."""
    known: dict[str, Any] = {"known_on": "2020-01-01", "min_rank_step": "一级主管"}
    posts: Rows = [{"post_id": post, "job_family": family, "track": track, "required_course_id": f"e-{post}"} | known
                   for post, family, track in (("a", "a", "enforcement"), ("b", "b", "technical"))]  # fmt: skip
    ladder: Rows = [{"officer_id": "o", "ladder": "technical", "rank_step": "四级主管", "occurred_on": "2025-06-01"}]
    goal: dict[str, Any] = {"officer_id": "o", "occurred_on": "2025-06-01", "goal_kind": "rank_step",
                            "goal": "一级主管", "horizon_months": 12, "known_on": "2025-06-01"}  # fmt: skip
    for education, barred in (("bachelor", []), ("college", ["technical_education"])):
        told = read(tables(education, posts=posts[1:], promotions=ladder, career_goals=[goal]), None)
        assert [one.code for one in told.barred] == barred
    post = read(tables("bachelor", posts=posts[1:], promotions=ladder), ("post", "b"))
    assert post.barred == (), "without a term it may come in the years that are left"
    stated = {**goal, "goal_kind": "post", "goal": "b"}
    told = read(tables("bachelor", posts=posts[1:], promotions=ladder, career_goals=[stated]), None)
    assert [one.code for one in told.barred] == ["min_rank_step"]


def went(*moves: tuple[str, str, int]) -> WentOn:
    """Officers who went from one post to another, so many each."""
    rows, number = [], 0
    for here, there, officers in moves:
        for _ in range(officers):
            number += 1
            rows += [(f"m{number}", here, "2010-01-01"), (f"m{number}", there, "2015-01-01")]
    frame = pd.DataFrame(rows, columns=["officer_id", "post_id", "started_on"])
    return WentOn(frame.assign(started_on=pd.to_datetime(frame["started_on"])))


def test_of_several_families_the_one_that_people_came_to_from_the_post_counts() -> None:
    told = tables("bachelor")
    same_day = pd.DataFrame({"officer_id": "same", "post_id": ["house", "drugs"], "started_on": pd.Timestamp("2010")})
    many = went(("house", "sp", LEAST - 1), ("house", "drugs", 1), ("sp", "house", 50), ("patrol", "drugs", 90))
    many = WentOn(pd.concat([many.postings, same_day]))
    found = read(told, went_on=many)
    assert found.way == Way("special_police", LEAST - 1, LEAST, False)
    assert (dict(found.goal or {}), list(found.ruled)) == ({"tactics": 2.0}, ["fitness"])
    assert named(found, told) == [(
        "e-sp",
        "code “sp”, a post you aim at, requires it; of 10 officers who went on from your post to posts of this goal, "
        "9 came to special police; other posts of your goal require other courses, and one of them is enough",
    )]  # fmt: skip
    declined = replace(found, declined=frozenset({"e-sp"}))
    ((code, words),) = named(declined, told)
    assert code == "e-drugs"
    assert "came to" not in words, "that is not where they went"
    few = read(told, went_on=went(("house", "sp", LEAST - 1)))
    assert (few.way, [code for code, _ in named(few, told)]) == (None, ["e-drugs"])
    shut = read(tables(), went_on=went(("house", "drugs", 90)))
    assert (shut.way, [need.course_id for need in shut.aims]) == (None, ["e-sp"]), "however many went there"


def test_nobody_goes_on_to_the_post_that_is_held() -> None:
    told = tables("bachelor", postings=[{**tables()["postings"][0], "post_id": "sp"}])
    again = went(("sp", "sp", 80), ("sp", "drugs", 8), ("sp", "sp2", 4))
    rows = {**told, "posts": [*told["posts"], {**told["posts"][1], "post_id": "sp2"}]}
    assert read(rows, went_on=again).way == Way("narcotics", 8, 12, False)


def test_where_few_left_a_post_those_of_its_family_are_counted() -> None:
    told = tables("bachelor")
    other = {**told["posts"][0], "post_id": "house-2"}
    found = read({**told, "posts": [*told["posts"], other]}, went_on=went(("house-2", "sp", 12), ("house", "drugs", 2)))
    assert found.way == Way("special_police", 12, 14, True)
    ((_, words),) = named(found, told)
    assert "of 14 officers who went on from posts like yours" in words


def test_the_courses_that_the_list_of_a_field_counts_stand_with_what_the_goal_requires() -> None:
    """They help with the list, whoever holds a post of the field already; each has a month of its own when all are
    full."""
    workshop: dict[str, Any] = {"course_id": "t-counter_terrorism", "hours": 40.0, "known_on": "2020-01-01"}
    told = tables(courses=[*tables()["courses"], workshop])
    ((first, _), (second, why)) = named(read(told), told)
    assert (first, second) == ("e-sp", "t-counter_terrorism")
    assert why.startswith("the short list of this field counts it: expert workshops of the field, scores in the "), (
        "its score counts too"
    )
    assert [code for code, _ in named(read(told, ("job_family", "special_police")), told)] == ["e-sp"]
    taken: Rows = [{"officer_id": "o", "course_id": "t-counter_terrorism", "occurred_on": "2021-01-01",
                    "known_on": "2021-01-01"}]  # fmt: skip
    had = told | {"course_completions": taken}
    assert [code for code, _ in named(read(had), had)] == ["e-sp"], "it was taken"
    assert [code for code, _ in named(replace(read(told), declined=frozenset({"t-counter_terrorism"})), told)] == [
        "e-sp"
    ]
    load = replace(policy().courses.load, hours_a_month=10.0, plan_months=2)
    found = advise_courses(
        read(told), offered_courses(record(**told)), None, replace(policy().courses, load=load)
    )  # fmt: skip
    assert [(one.course.course_id, one.month) for one in found] == [("e-sp", 2), ("t-counter_terrorism", 3)]


def opening(**lifts: tuple[float, float, float]) -> KnownLifts:
    """How much more often holders of some courses went on to household registration, special police and narcotics."""
    families, table = ("household", "special_police", "narcotics"), np.array([*lifts.values()])
    return KnownLifts(CourseLifts(tuple(lifts), families, np.zeros(1, np.int64), table), date(2024, 12, 31))


def with_courses(*codes: str, **more: Any) -> dict[str, Rows]:
    """No post asks for a course; these are on offer too."""
    told = tables("bachelor")
    plain = [{**post, "required_course_id": None} for post in told["posts"]]
    added: Rows = [{"course_id": code, "hours": 16.0, "known_on": "2020-01-01"} for code in codes]
    return {**told, "posts": plain, "courses": [*told["courses"], *added], **more}


def test_the_course_that_opens_the_goal_most_is_suggested_with_how_often_its_holders_went_there() -> None:
    """A path to the goal says that it would help most; advice that leaves it out would contradict that."""
    told, lifts = with_courses("a", "b"), opening(a=(9.0, 1.7, 1.0), b=(1.0, 1.6, 2.1))
    assert named(read(told, lifts=lifts), told) == [(
        "b",
        "those who had taken it went on to narcotics about 2.1 times as often as was to be expected from their posts "
        "(records counted up to 2024-12-31)",
    )]  # fmt: skip
    assert [code for code, _ in named(read(told, ("job_family", "special_police"), lifts=lifts), told)] == ["a"]
    assert named(read(told, ("job_family", "legal"), lifts=lifts), told) == []
    readings = GoalReadings(GoalPosts(record(**told), policy()), lifts=lifts)
    asked = [readings._opening((kind, "s"), ["narcotics"]) for kind in ("rank_step", "post")]
    assert [len(found) for found in asked] == [0, 1], "no family tells what opens a rank step"
    assert named(read(told, None, lifts=lifts), told) == []
    assert named(read(told), told) == [], "without a model of paths"
    went_to_police = went(("house", "sp", 30))
    assert [code for code, _ in named(read(told, went_on=went_to_police, lifts=lifts), told)] == ["a"]
    least = opening(a=(9.0, 1.09, 1.09), b=(1.0, 1.0, 1.0))
    assert named(read(told, lifts=least), told) == []


def test_what_opens_no_more_than_a_course_that_was_taken_is_not_suggested() -> None:
    lifts = opening(a=(1.0, 2.0, 1.0), b=(1.0, 1.8, 1.0))
    taken: Rows = [{"officer_id": "o", "course_id": "a", "occurred_on": "2021-01-01", "known_on": "2021-01-01"}]
    had = with_courses("a", "b", course_completions=taken)
    assert named(read(had, lifts=lifts), had) == []
    less = [{**taken[0], "course_id": "b"}]
    assert [code for code, _ in named(read(had | {"course_completions": less}, lifts=lifts), had)] == ["a"]
    told = with_courses("a", "b")
    away = replace(read(told, lifts=lifts), declined=frozenset({"a"}))
    assert [code for code, _ in named(away, told)] == ["b"]
    everybody = with_courses("b", courses=[{"course_id": "a", "hours": 8.0, "mandated": True, "known_on": "2020-01-01"},
                                           {"course_id": "b", "hours": 8.0, "known_on": "2020-01-01"}])  # fmt: skip
    all_took = everybody | {"course_completions": taken}
    assert [code for code, _ in named(read(all_took, lifts=lifts), all_took)] == ["b"], "whoever stays took it too"
