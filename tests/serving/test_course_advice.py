"""The courses desk without the web: order, refusals, ages, what it says, and strict bodies."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pandas as pd
import pytest
from pydantic import ValidationError

from data_contracts import service_log
from data_contracts.errors import InvalidInput, NotReady
from data_contracts.feedback_rules import ExploringPolicy
from data_contracts.policy import policy
from data_contracts.settings import Settings
from data_contracts.vocabulary import Bilingual
from models.courses.advice import advise_courses
from models.courses.crowd import CrowdCourse
from models.courses.gaps import RuleLevel
from models.courses.goals import GoalPosts
from models.courses.learners import learner_of
from models.courses.months import SuggestedCourse
from models.courses.rules import CourseReason, OfferedCourse
from serving.courses.advice import OWN, CourseDesk, _fixed
from serving.courses.notices import ON_THE_WAY, Notices
from serving.courses.schemas import CoursesAnswer, CoursesRequest, CoursesSuggested
from serving.feedback.exposures import ExposureLog, exposure_log
from serving.feedback.suggesting import suggester
from serving.night.manifest import ModelIdentity
from serving.schemas import Because, NotScored
from tests.models.test_courses import aimed, records
from tests.serving.feedback_room import NOTHING, given

DAY, NOW = date(2025, 6, 10), datetime(2025, 6, 10, 6)
MODEL = ModelIdentity("courses", "3", "0" * 64, "records_v1", "h")
Ask = Callable[..., CoursesAnswer]


class Source:
    """Records of two officers; remembers what was asked."""

    def __init__(self, told: Callable[[], dict[str, pd.DataFrame]] = records) -> None:
        self.told = told
        self.asked: list[tuple[list[str], date]] = []

    def __call__(
        self, officer_ids: Sequence[str] | None, as_of: date, tables: Sequence[str]
    ) -> Mapping[str, pd.DataFrame]:
        asked = list(officer_ids or ())
        self.asked.append((asked, as_of))
        found = {name: frame for name, frame in self.told().items() if name in tables}
        return {name: frame[frame["officer_id"].isin(asked)] if name in OWN else frame for name, frame in found.items()}


class Colleagues:
    """Everybody takes the same courses, the first most."""

    def __init__(self, *courses: str) -> None:
        self.courses = courses or ("roll",)

    def likely(self, officer_id: str, most: int) -> list[CrowdCourse]:
        return []

    def waves(self, officer_id: str, most: int) -> list[CrowdCourse]:
        told = Bilingual("60人中有38人", "38 of 60")
        return [CrowdCourse(one, 38 / 60, (CourseReason("wave_command", told),)) for one in self.courses[:most]]


class Broken(ExposureLog):
    """A log whose disk is full."""

    def kept_away(self, officer_ids: Sequence[str]) -> pd.DataFrame:
        raise NotReady("the disk is full")


@pytest.fixture
def log(state: Settings) -> ExposureLog:
    return exposure_log(state)


@pytest.fixture
def ask(state: Settings, log: ExposureLog) -> Ask:
    """Asks a desk of this test's own log, where chance has no part unless a test wants it."""

    def answer(body: dict[str, object], crowd: Colleagues | None = None, **parts: Any) -> CoursesAnswer:
        room = suggester(state, policy(), parts.get("log", log))
        room = replace(room, policy=parts.get("exploring", ExploringPolicy(share=0.0, places=1, depth=5)))
        room = replace(room, book=replace(room.book, changes=lambda *_: NOTHING))
        desk = CourseDesk(MODEL, parts.get("source") or Source(), lambda _: crowd, room,
                          parts.get("policy") or policy())  # fmt: skip
        return desk.answer(CoursesRequest.model_validate(body), parts.get("request_id", "r-1"), parts.get("now", NOW))

    return answer


def decline(log: ExposureLog, *courses: str) -> None:
    """Officer o says no to courses."""
    log.take(
        [
            given(number, officer_id="o", item_kind="course", item=course, action="declined", reason="no time",
                  occurred_on=date(2025, 6, 1), known_on=date(2025, 6, 1))
            for number, course in enumerate(courses)
        ]
    )  # fmt: skip


def shown(answer: CoursesAnswer) -> list[tuple[str, str]]:
    """Kind and id of what the only officer is suggested."""
    (one,) = answer.results
    assert isinstance(one, CoursesSuggested)
    return [(course.kind, course.course_id) for course in one.courses]


def logged(log: ExposureLog) -> pd.DataFrame:
    with service_log.reading(log.url) as connection:
        return service_log.exposures(connection)


def test_results_are_in_the_order_asked_with_repeats_and_read_once(ask: Ask) -> None:
    source = Source()
    found = ask({"officer_ids": ["p", "nobody", "o", "p"]}, Colleagues(), source=source)
    assert [one.officer_id for one in found.results] == ["p", "nobody", "o", "p"]
    assert [one.status for one in found.results] == ["scored", "not_scored", "scored", "scored"]
    assert source.asked == [(["p", "nobody", "o"], DAY)]
    refused = found.results[1]
    assert isinstance(refused, NotScored)
    assert refused.because.code == "unknown_officer"
    assert (found.request_id, found.model.name, found.model.version, found.model.features) == (
        "r-1", "courses", "3", "records_v1",
    )  # fmt: skip
    assert (found.as_of, found.feature_age_hours, found.degraded) == (DAY, 6.0, False)


def test_each_suggestion_says_its_kind_and_why(ask: Ask) -> None:
    (one,) = ask({"officer_ids": ["o"]}, Colleagues()).results
    assert isinstance(one, CoursesSuggested)
    assert not one.cold_start
    told = [(course.kind, course.course_id, course.overdue, course.due_on, course.month) for course in one.courses]
    assert told == [("required", "need", True, None, 0), ("wave", "roll", False, None, 0)]
    assert one.courses[0].reasons[0].text.zh == "现岗位“刑侦”要求此课程"
    assert one.courses[1].reasons[0].text.en == "38 of 60"
    assert one.courses[0].name.en == "Needed"


def test_an_officer_without_completions_starts_cold_and_still_gets_the_rules(ask: Ask) -> None:
    (one,) = ask({"officer_ids": ["p"]}, Colleagues()).results
    assert isinstance(one, CoursesSuggested)
    assert one.cold_start
    assert [course.kind for course in one.courses] == ["required", "wave"]
    assert one.courses[0].reasons[0].theme == "never_taken"


def test_top_cuts_the_list(ask: Ask) -> None:
    (one,) = ask({"officer_ids": ["p"], "top": 1}, Colleagues()).results
    assert isinstance(one, CoursesSuggested)
    assert [course.kind for course in one.courses] == ["required"]


def test_without_the_crowd_the_answer_is_degraded_but_stands(ask: Ask) -> None:
    found = ask({"officer_ids": ["o"]})
    assert found.degraded
    (one,) = found.results
    assert isinstance(one, CoursesSuggested)
    assert [course.kind for course in one.courses] == ["required"]


def test_the_day_asked_for_is_the_day_read_and_must_have_come(ask: Ask) -> None:
    source = Source()
    earlier = ask({"officer_ids": ["o"], "as_of": date(2025, 6, 8)}, Colleagues(), source=source)
    assert (earlier.as_of, earlier.feature_age_hours, earlier.degraded) == (date(2025, 6, 8), 54.0, False)
    assert source.asked == [(["o"], date(2025, 6, 8))]
    with pytest.raises(InvalidInput, match="has not come yet"):
        ask({"officer_ids": ["o"], "as_of": date(2025, 6, 11)}, Colleagues())


def test_a_declined_course_stays_away_and_makes_room_but_never_a_required_one(ask: Ask, log: ExposureLog) -> None:
    crowd = Colleagues("a", "b", "c", "d", "e")
    assert shown(ask({"officer_ids": ["o"]}, crowd)) == [
        ("required", "need"), ("wave", "a"), ("wave", "b"), ("wave", "c"),
    ]  # fmt: skip
    decline(log, "need", "a", "c")
    assert shown(ask({"officer_ids": ["o"]}, crowd, request_id="r-2")) == [
        ("required", "need"), ("wave", "b"), ("wave", "d"), ("wave", "e"),
    ]  # fmt: skip


def test_what_is_declined_or_done_and_stays_required_is_told(ask: Ask, log: ExposureLog) -> None:
    decline(log, "need")
    (one,) = ask({"officer_ids": ["o"]}, Colleagues("a")).results
    assert isinstance(one, CoursesSuggested)
    (notice,) = [notice for notice in one.notices if notice.code == "required_all_the_same"]
    assert "you declined Needed" in notice.en
    (other,) = ask({"officer_ids": ["p"]}, Colleagues("a"), request_id="r-2").results
    assert isinstance(other, CoursesSuggested)
    assert "required_all_the_same" not in {notice.code for notice in other.notices}


def test_a_course_reported_as_done_is_not_suggested_again_and_says_so(ask: Ask, log: ExposureLog) -> None:
    assert ("wave", "a") in shown(ask({"officer_ids": ["o"]}, Colleagues("a", "b")))
    day = date(2025, 6, 1)
    log.take([
        given(9, officer_id="o", item_kind="course", item="a", action="done", occurred_on=day, known_on=day)
    ])  # fmt: skip
    found = ask({"officer_ids": ["o"]}, Colleagues("a", "b"), request_id="r-2")
    assert ("wave", "a") not in shown(found)
    (one,) = found.results
    assert isinstance(one, CoursesSuggested)
    assert [(out.item, out.until) for out in one.declined] == [("a", date(2025, 12, 1))]
    assert one.declined[0].text.en.startswith("reported as done on 2025-06-01")


def test_what_was_declined_on_the_day_asked_about_stays_away_though_it_may_come_back_today(
    ask: Ask, log: ExposureLog
) -> None:
    decline(log, "a")  # on 1 June 2025, for half a year
    crowd, now = Colleagues("a", "b"), datetime(2025, 12, 2, 6)
    assert ("wave", "a") not in shown(ask({"officer_ids": ["o"], "as_of": date(2025, 6, 2)}, crowd, now=now))
    assert ("wave", "a") in shown(ask({"officer_ids": ["o"]}, crowd, now=now, request_id="r-2"))


def test_what_the_goal_requires_is_there_however_little_is_asked_for_and_can_be_declined(
    ask: Ask, log: ExposureLog
) -> None:
    def told(request_id: str, top: int = 10) -> tuple[list[tuple[str, str]], CoursesSuggested]:
        body = {"officer_ids": ["o"], "top": top}
        found = ask(body, Colleagues("a"), source=Source(aimed), request_id=request_id)
        (one,) = found.results
        assert isinstance(one, CoursesSuggested)
        return shown(found), one

    assert told("r-2", 2)[0] == [("required", "need"), ("goal", "entry")]
    assert told("r-3")[1].declined == []
    decline(log, "entry", "need", "unknown")
    kinds, one = told("r-4")
    assert kinds == [("required", "need"), ("wave", "a")]
    assert [(out.item, out.until, out.name and out.name.zh) for out in one.declined] == [
        ("entry", date(2025, 12, 1), "入门"), ("unknown", date(2025, 12, 1), None),
    ]  # fmt: skip
    assert one.declined[0].text.zh == "本人于 2025-06-01 表示不感兴趣，2025-12-01 前不再建议"
    (without,) = [notice for notice in one.notices if notice.code == "goal_without_course"]
    assert ("入门因本人不感兴趣" in without.zh, "is left out because you declined it" in without.en) == (True, True)


def test_what_is_shown_is_logged_by_place_and_required_courses_as_certain(ask: Ask, log: ExposureLog) -> None:
    ask({"officer_ids": ["o", "p"]}, Colleagues("a", "b"))
    rows = logged(log).sort_values(["officer_id", "position"])
    assert rows[["officer_id", "item_kind", "item", "position", "score"]].to_numpy().tolist() == [
        ["o", "course", "need", 1, 1.0], ["o", "course", "a", 2, 1.0], ["o", "course", "b", 3, 0.5],
        ["p", "course", "law", 1, 1.0], ["p", "course", "a", 2, 1.0], ["p", "course", "b", 3, 0.5],
    ]  # fmt: skip
    assert set(rows["model_name"] + " " + rows["model_version"]) == {"courses 3"}
    assert set(rows["propensity"]) == {1.0}


def test_chance_tries_the_last_place_and_leaves_what_is_required(ask: Ask, log: ExposureLog) -> None:
    always = ExploringPolicy(share=1.0, places=1, depth=5)
    lists = [
        shown(ask({"officer_ids": ["o"], "top": 3}, Colleagues("a", "b", "c"), exploring=always, request_id=f"r-{n}"))
        for n in range(20)
    ]
    assert {tuple(one[:2]) for one in lists} == {(("required", "need"), ("wave", "a"))}
    assert {one[2][1] for one in lists} == {"b", "c"}
    assert set(logged(log).query("position == 3")["propensity"]) == {0.5}
    assert set(logged(log).query("position < 3")["propensity"]) == {1.0}


def test_without_its_log_the_desk_suggests_all_the_same(ask: Ask) -> None:
    found = shown(ask({"officer_ids": ["o"]}, Colleagues("a"), log=Broken("sqlite://")))
    assert found == [("required", "need"), ("wave", "a")]


@pytest.mark.parametrize(
    "body",
    [
        {"officer_ids": []},
        {"officer_ids": ["o"], "top": 0},
        {"officer_ids": ["o"], "top": 31},
        {"officer_ids": ["o"], "spare_hours": 0},
        {"officer_ids": ["o"], "spare_hours": float("nan")},
        {"officer_ids": ["o"], "goal": "x"},
        {"officer_ids": ["o"] * 201},
    ],
)
def test_other_bodies_are_refused(body: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        CoursesRequest.model_validate(body)


def test_spare_time_asks_for_small_courses(ask: Ask) -> None:
    (one,) = ask({"officer_ids": ["o"], "spare_hours": 20}).results
    assert isinstance(one, CoursesSuggested)
    assert "small" not in {course.kind for course in one.courses}  # the only course with hours was just taken
    (other,) = ask({"officer_ids": ["p"], "spare_hours": 20}).results
    assert isinstance(other, CoursesSuggested)
    assert other.courses[0].reasons[-1].text.en == "16 hours, fits by itself into the 20 hours you have"


@pytest.mark.parametrize(
    ("kind", "goal", "remedy"),
    [
        ("post", "nosuch", "such a post: 'nosuch'; send the post_id"),
        ("job_family", "nosuch", "such a job family: 'nosuch'; send the job_family"),
        ("rank_step", "nosuch", "such a rank step: 'nosuch'; send a step of the ladders"),
        ("talent_field", "nosuch", "such a talent field: 'nosuch'; send one of standard_enforcement, "),
    ],
)
def test_a_goal_that_nobody_knows_is_refused_with_place_value_and_remedy(
    ask: Ask, kind: str, goal: str, remedy: str
) -> None:
    with pytest.raises(InvalidInput, match=rf"^goal\.goal: neither the records of 2025-06-10 nor policy know {remedy}"):
        ask({"officer_ids": ["o"], "goal": {"kind": kind, "goal": goal}})


def test_a_goal_whose_term_is_over_chooses_no_course_and_that_is_said(ask: Ask) -> None:
    """As next posts and matches have it: such a goal says nothing any more, until it is stated again."""

    def told(months: int, goal: dict[str, str] | None = None) -> tuple[list[str], set[str], list[str]]:
        def of_months() -> dict[str, pd.DataFrame]:
            rows = records()["career_goals"].assign(
                goal_kind="job_family", goal="k", occurred_on=pd.Timestamp(2024, 6, 9), horizon_months=months
            )
            return {**records(), "career_goals": rows}

        body: dict[str, object] = {"officer_ids": ["o"], **({} if goal is None else {"goal": goal})}
        (one,) = ask(body, source=Source(of_months)).results
        assert isinstance(one, CoursesSuggested)
        reasons = {reason.text.en for suggested in one.courses for reason in suggested.reasons}
        return [notice.code for notice in one.notices], reasons, [notice.en for notice in one.notices]

    codes, _, _ = told(13)
    assert "goal_term_over" not in codes
    codes, reasons, words = told(12)
    assert codes == ["goal_term_over"]
    assert words[0].startswith(
        "the term of the stated goal code “k” ended on 2025-06-09, so no course is chosen for it"
    )
    assert not [reason for reason in reasons if "goal" in reason or "aim" in reason]
    assert "goal_term_over" not in told(12, {"kind": "job_family", "goal": "k"})[0], "it was asked about by name"


def test_a_goal_that_counts_for_nothing_is_said(ask: Ask) -> None:
    def notices(body: dict[str, object], stated: tuple[str, str] = ("job_family", "k")) -> list[tuple[str, str]]:
        def told() -> dict[str, pd.DataFrame]:
            goals = records()["career_goals"].assign(goal_kind=stated[0], goal=stated[1])
            return {**records(), "career_goals": goals}

        (one,) = ask({"officer_ids": ["o"], **body}, source=Source(told)).results
        assert isinstance(one, CoursesSuggested)
        return [(notice.code, notice.en) for notice in one.notices]

    assert [code for code, _ in notices({})] == ["goal_without_course"]  # it has a standard, and law was just taken
    assert notices({"goal": {"kind": "job_family", "goal": "cyber"}}) == [(
        "goal_without_standard",
        "no post of the goal cyber security has a standard or a required course on record to choose courses by; "
        "courses that helped others on the way, if any, are told with the path",
    )]  # fmt: skip
    (unknown,) = notices({}, ("post", "nosuch"))
    assert unknown == ("goal_unknown", "neither the records nor policy know the stated goal code “nosuch”, so it "
                                       "counts for nothing; correct it")  # fmt: skip


@pytest.mark.parametrize("kind", ["post", "job_family", "talent_field"])
def test_a_goal_that_adds_no_course_says_why(ask: Ask, kind: str) -> None:
    goal = {"post": "aim", "job_family": "traffic", "talent_field": "traffic"}[kind]

    def notices(levels: Mapping[str, float], offered: bool = True) -> list[tuple[str, str]]:
        def told() -> dict[str, pd.DataFrame]:
            tables = records()
            tables["posts"].loc[tables["posts"]["post_id"] == "aim", "job_family"] = "traffic"
            measured = tables["competency_assessments"].iloc[:1]
            tables["competency_assessments"] = pd.concat(
                [measured.assign(competency=name, level=level) for name, level in levels.items()], ignore_index=True
            )
            if offered:
                for column, value in (("course_id", "law-2"), ("mandated", False)):  # in place of the one just taken
                    tables["courses"].loc[1, column] = value
            return tables

        body = {"officer_ids": ["o"], "goal": {"kind": kind, "goal": goal}}
        (one,) = ask(body, source=Source(told)).results
        assert isinstance(one, CoursesSuggested)
        return [(notice.code, notice.en) for notice in one.notices]

    ((code, words),) = notices({"law": 4.0, "fitness": 2.0})
    assert code == "goal_met"
    assert words.startswith("everything that the goal ")
    assert words.endswith(ON_THE_WAY.en), "paths may name a course all the same"
    ((code, words),) = notices({"law": 4.0})
    assert code == "goal_not_assessed"
    assert "fitness and police skills was never assessed and all else is met" in words
    assert words.endswith(ON_THE_WAY.en)
    ((code, words),) = notices({"law": 3.0, "fitness": 2.0}, offered=False)
    assert code == "goal_without_course"
    assert words.startswith("law and procedure: still lacking for the goal ")
    assert notices({"law": 3.0, "fitness": 2.0}) == []


def test_courses_of_the_goal_below_the_listed_ones_are_said() -> None:
    goals = GoalPosts(records(), policy())
    told = Notices(CoursesRequest(officer_ids=["o"], top=1), goals, (), policy())
    reasons = (CourseReason("gap_goal", Bilingual("差距", "a gap")),)
    one = SuggestedCourse(OfferedCourse("a", Bilingual("课", "a")), "gap", reasons)
    learner = learner_of(goals, "o", DAY)
    assert [notice.code for notice in told.of(learner, [one], [])] == ["goal_below_top"]
    assert told.of(learner, [one], [one]) == []


def test_a_level_of_a_rule_that_no_course_reaches_is_said_to_be_lacking() -> None:
    goals = GoalPosts(records(), policy())
    told = Notices(CoursesRequest(officer_ids=["o"]), goals, (), policy())
    ruled = {"fitness": RuleLevel(3.0, Bilingual("规则", "the rule"))}
    bare = replace(learner_of(goals, "o", DAY), aims=(), goal={}, ruled=ruled)
    for levels, code in (({"fitness": 2.96}, "goal_without_course"), ({}, "goal_not_assessed"),
                         ({"fitness": 3.0}, "goal_met")):  # fmt: skip
        (one,) = told.of(replace(bare, levels=levels), [], [])
        assert one.code == code
        assert "没有必修" not in one.zh, "courses that are required whatever the goal may follow"
        assert ("该目标不再要求其他课程" in one.zh) == ("requires no further course" in one.en)
    reasons = (CourseReason("gap_rule", Bilingual("差距", "a gap")),)
    course = SuggestedCourse(OfferedCourse("a", Bilingual("课", "a")), "gap", reasons)
    assert told.of(bare, [course], [course]) == [], "it is for the goal"


def test_spare_hours_that_cannot_count_are_said(ask: Ask) -> None:
    def notices(officer: str, hours: float, top: int = 10, hours_taken: float = 0.0) -> list[str]:
        def told() -> dict[str, pd.DataFrame]:
            tables = {name: frame for name, frame in records().items() if name != "career_goals"}
            some = tables["courses"].iloc[[1]].assign(course_id="short", hours=2.0, mandated=False, competency="x")
            day = pd.Timestamp(DAY)
            taken = tables["course_completions"].iloc[[0]].assign(course_id="long", occurred_on=day, hours=hours_taken)
            tables["courses"] = pd.concat([tables["courses"], some], ignore_index=True)
            tables["course_completions"] = pd.concat([tables["course_completions"], taken], ignore_index=True)
            return tables

        body = {"officer_ids": [officer], "spare_hours": hours, "top": top}
        (one,) = ask(body, source=Source(told), policy=parts).results
        assert isinstance(one, CoursesSuggested)
        return [notice.code for notice in one.notices]

    load = replace(policy().courses.load, plan_months=1)
    parts = replace(policy(), courses=replace(policy().courses, load=load))
    assert notices("o", 2.0) == []
    assert notices("o", 1.0) == ["no_small_course"]
    assert notices("o", 2.0, top=1) == ["small_below_top"]
    assert notices("o", 2.0, hours_taken=100.0) == ["over_load", "no_room_for_small"]


def test_what_is_required_beyond_the_load_of_a_month_is_told(ask: Ask) -> None:
    def told(hours: float) -> list[Because]:
        tables = records()
        taken = tables["course_completions"].iloc[[0]].assign(
            course_id="long", occurred_on=pd.Timestamp(DAY), hours=hours
        )  # fmt: skip
        tables["course_completions"] = pd.concat([tables["course_completions"], taken], ignore_index=True)
        (one,) = ask({"officer_ids": ["o"]}, source=Source(lambda: tables)).results
        assert isinstance(one, CoursesSuggested)
        return [notice for notice in one.notices if notice.code == "over_load"]

    assert told(0.0) == []
    (notice,) = told(policy().courses.load.hours_a_month)
    found = re.fullmatch(
        r"what rules require fills this month with ([\d.]+) hours of study, more than the 40 .*", notice.en
    )
    assert found is not None
    assert float(found[1]) > 40.0


def test_a_gap_that_finds_no_room_in_the_load_is_told() -> None:
    course = OfferedCourse("k-led", Bilingual("课", "course"), "leadership", hours=30.0)
    own = replace(learner_of(GoalPosts(records(), policy()), "o", DAY), aims=(), goal={}, present={"leadership": 3.0},
                  levels={"leadership": 1.0})  # fmt: skip
    full = replace(policy().courses.load, hours_a_month=20.0)
    for rules, told in ((replace(policy().courses, load=full), ["no_room_for_gap"]), (policy().courses, [])):
        parts = replace(policy(), courses=rules)
        notices = Notices(CoursesRequest(officer_ids=["o"]), GoalPosts(records(), parts), (course,), parts)
        found = advise_courses(own, [course], None, rules)
        assert [one.code for one in notices.of(own, found, found) if "room" in one.code] == told
    (only,) = [one for one in found if one.kind == "gap"]
    several = replace(policy(), courses=replace(rules, load=full, most=replace(rules.most, gap=1)))
    notices = Notices(CoursesRequest(officer_ids=["o"]), GoalPosts(records(), several), (course,), several)
    other = replace(only, course=replace(course, course_id="other", competency="fitness"))
    assert [one.code for one in notices.of(own, [other], [other]) if "room" in one.code] == [], "policy allows one"


def test_that_no_post_is_held_is_told_for_nothing_of_a_post_counts(ask: Ask) -> None:
    def codes(**changed: Any) -> list[str]:
        tables = records()
        tables["postings"] = tables["postings"].assign(**changed)
        (one,) = ask({"officer_ids": ["o"]}, source=Source(lambda: tables)).results
        assert isinstance(one, CoursesSuggested)
        return [notice.code for notice in one.notices]

    assert "no_post_held" not in codes()
    assert "no_post_held" not in codes(ended_on=pd.Timestamp(DAY)), "what ends today counts from tomorrow"
    assert codes(ended_on=pd.Timestamp(DAY) - pd.Timedelta(days=1))[0] == "no_post_held"


def test_room_is_left_for_what_the_goal_requires_however_much_is_required_now() -> None:
    def one(code: str, kind: str) -> SuggestedCourse:
        return SuggestedCourse(OfferedCourse(code, Bilingual(code, code)), kind, ())

    found = [one("a", "required"), one("b", "required"), one("c", "required"), one("entry", "goal"), one("w", "wave")]
    assert [each.course.course_id for each in _fixed(found, 3)] == ["a", "b", "entry"]
    assert [each.course.course_id for each in _fixed(found, 9)] == ["a", "b", "c", "entry"]
