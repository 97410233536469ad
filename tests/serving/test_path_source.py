"""Paths over a real small history: who is asked about what, what belongs to a step, and what changes a plan."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pandas as pd
import pytest

from data_contracts.errors import FeatureMismatch, InvalidInput, NotReady, UntrustedArtifact
from data_contracts.policy import policy
from data_contracts.service_log import PLANS
from data_contracts.settings import Settings
from experiments.advice.tables import paths_told
from experiments.advice.words import Say
from models.courses.goals import GoalPosts
from models.paths.bundle import SERVICE, service_hash
from models.paths.reasons import STANDING
from serving.api.opened import Absent
from serving.courses.advice import CourseDesk
from serving.courses.schemas import CoursesRequest, CoursesSuggested
from serving.feedback.exposures import exposure_log
from serving.ground import Ground
from serving.guidance import NO_COURSE_MODEL, course_desk, open_guidance
from serving.loading import Loaded
from serving.night.manifest import ModelIdentity
from serving.paths.answers import PathDesk
from serving.paths.plan_log import plan_log
from serving.paths.record import RecordsOfDay
from serving.paths.schemas import CareerPath, GoalReached, NoPathFound, PathGoal, PathsFound, PathsRequest, PathStep
from serving.paths.source import RecordPaths, open_paths
from serving.points.answers import HistoryRecords
from serving.schemas import NotScored, PostsRanked
from tests.models.records import framed
from tests.serving.desks import FakeSource
from tests.serving.feedback_room import decline, kept_suggester, plain_suggester
from tests.serving.path_office import bundle, desk, moved_on, office

NOW = datetime(2021, 1, 2, 8)
Found = PathsFound | GoalReached | NoPathFound | NotScored


def ask(opened: PathDesk, *officers: str, now: datetime = NOW, **more: object) -> list[Found]:
    return opened.answer(PathsRequest.model_validate({"officer_ids": list(officers), **more}), "r", now).results


def step_to(found: Found, post: str) -> PathStep:
    assert isinstance(found, PathsFound)
    return next(step for path in found.paths for step in path.steps if step.post_id == post)


def test_who_has_no_question_is_told_why(state: Settings) -> None:
    office(state)
    found = ask(desk(state), "nobody", "gone", "still", "fresh", "x")
    codes = [one.because.code for one in found if isinstance(one, NotScored)]
    assert codes == ["unknown_officer", "not_serving", "no_goal", "no_goal"]
    goal = {"kind": "post", "goal": "z"}
    (fresh,) = ask(desk(state), "fresh", goal=goal)
    assert isinstance(fresh, NotScored)
    assert fresh.because.code == "short_history"


@pytest.mark.parametrize(("ended", "over"), [("2021-01-01", True), ("2021-01-02", False)])
def test_whoever_holds_no_post_any_more_starts_from_the_last_and_is_told_so(
    state: Settings, ended: str, over: bool
) -> None:
    history = office(state)
    row = {"officer_id": "x", "post_id": "a", "unit_id": "s", "started_on": "2019-06-01", "ended_on": ended,
           "known_on": "2020-12-20"}  # fmt: skip
    history.append_all({"postings": framed("postings", [row])}, "ended")
    (found,) = ask(desk(state), "x")
    assert isinstance(found, PathsFound)
    assert found.start.en == "post a"
    assert found.start_ended_on == (date(2021, 1, 1) if over else None)
    console = " ".join(str(one) for one in paths_told(found, Say("en"), {}))
    assert ("no post is held: post a ended on 2021-01-01, and paths start from it" in console) == over
    (there,) = ask(desk(state), "x", goal={"kind": "post", "goal": "a"})
    assert isinstance(there, GoalReached)
    assert (there.because.code, there.start_ended_on) == ("already_there", found.start_ended_on)
    assert ("held now" in there.because.en, "was held until 2021-01-01" in there.because.en) == (not over, over)
    (of_it,) = ask(desk(state), "x", goal={"kind": "talent_field", "goal": "practical_training"})
    assert isinstance(of_it, NoPathFound)
    assert of_it.because.code == "in_field"
    assert of_it.because.en.startswith("post a, held until 2021-01-01, was" if over else "post a, held now, is")


@pytest.mark.parametrize(
    ("kind", "goal", "words"),
    [
        ("post", "zz", r"such a post: 'zz'; send the post_id of a post on record; near it are z"),
        ("job_family", "petrol", r"such a job family: 'petrol'; .*; near it are patrol"),
        ("talent_field", "sailing", "such a talent field: 'sailing'; send one of "),
        ("rank_step", "admiral", "such a rank step: 'admiral'; send a step of the ladders"),
    ],
)
def test_a_goal_that_nobody_knows_is_refused_as_for_courses(state: Settings, kind: str, goal: str, words: str) -> None:
    office(state)
    with pytest.raises(InvalidInput, match=words) as refused:
        ask(desk(state), "x", goal={"kind": kind, "goal": goal})
    assert refused.value.zh.startswith("goal.goal：")


def test_a_post_that_only_the_model_knows_still_has_an_answer(state: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dissolved post: why there is no path, or the paths there were, but no refusal."""
    office(state)
    monkeypatch.setattr(GoalPosts, "codes", lambda *_: set[str]())
    (found,) = ask(desk(state), "x", goal={"kind": "post", "goal": "z"})
    assert isinstance(found, NoPathFound | PathsFound)


@pytest.mark.parametrize(
    ("kind", "goal", "code", "words"),
    [
        ("job_family", "cyber", "no_posts", "no known post belongs to the job family cyber security"),
        ("job_family", "forensics", "never_held", "nobody on record has ever reached forensics"),
        ("post", "lab", "never_held", "nobody on record has ever reached post lab"),
        ("talent_field", "counter_terrorism", "no_posts", "counter-terrorism and stability"),
    ],
)
def test_a_goal_that_the_model_never_saw_is_told_for_what_it_is(
    state: Settings, kind: str, goal: str, code: str, words: str
) -> None:
    lab = {
        "post_id": "lab",
        "name_zh": "实验室",
        "name_en": "post lab",
        "job_family": "forensics",
        "known_on": "2019-01-01",
    }
    office(state).append_all({"posts": framed("posts", [lab])}, "lab")
    (found,) = ask(desk(state), "r", goal={"kind": kind, "goal": goal})
    assert isinstance(found, NoPathFound)
    assert found.because.code == code
    assert words in found.because.en


def new_post(required: str | None = None) -> dict[str, Any]:
    """Post `new`, which the model was not trained on: like z in family and like nothing else."""
    new = {"post_id": "new", "name_zh": "新岗", "name_en": "new post", "job_family": "traffic", "track": "enforcement",
           "unit_level": "station", "required_course_id": required, "known_on": "2020-12-01"}  # fmt: skip
    level = {"post_id": "new", "competency": "law", "standard_level": 2.2, "known_on": "2020-12-01"}
    return {"posts": framed("posts", [new]), "competency_standards": framed("competency_standards", [level])}


def test_a_post_newer_than_the_model_is_searched_as_the_one_most_like_it(state: Settings) -> None:
    office(state).append_all(new_post(), "new")
    (known,) = ask(desk(state), "x", goal={"kind": "post", "goal": "z"}, horizon_months=36)
    (newer,) = ask(desk(state), "x", goal={"kind": "post", "goal": "new"}, horizon_months=36)
    assert isinstance(known, PathsFound)
    assert isinstance(newer, PathsFound)
    assert newer.goal.en == (
        "new post (a new post that the model was not trained on, reckoned as the post most like it, “post z”)"
    )
    assert newer.goal.zh == "新岗（新设岗位，模型训练时尚无此岗位，按与其最相近的岗位“岗z”推算）"
    ways = [[step.post_id for step in path.steps] for path in newer.paths]
    assert ways == [["new" if step.post_id == "z" else step.post_id for step in path.steps] for path in known.paths]
    assert (newer.chance, newer.goal_id) == (known.chance, "new")
    last, same = newer.paths[0].steps[-1], known.paths[0].steps[-1]
    assert (last.name.en, last.months) == ("new post", same.months)
    assert [(gap.competency, gap.standard) for gap in last.gaps] == [("law", 2.2)], "the standard of the new post"
    assert [course.course_id for course in last.courses] == ["k-law"]
    assert same.gaps == []
    (again,) = ask(
        desk(state), "x", goal={"kind": "post", "goal": "new"}, horizon_months=36, now=datetime(2021, 1, 9, 8)
    )
    assert isinstance(again, PathsFound)
    assert again.progress.status == "on_track", "the plan is kept under the new post"


def test_the_rules_of_a_new_post_are_its_own(state: Settings) -> None:
    """It requires a course that z does not."""
    office(state).append_all(new_post("must"), "new")
    (newer,) = ask(desk(state), "x", goal={"kind": "post", "goal": "new"})
    assert isinstance(newer, PathsFound)
    assert "must" in [course.course_id for course in newer.paths[0].steps[-1].courses]
    (barred,) = (rule for path in newer.paths if len(path.steps) == 1 for rule in path.steps[0].blocked_by)
    assert "course must" in barred.text.en


def test_a_new_post_is_reached_by_itself_alone(state: Settings) -> None:
    """Whoever holds the post most like it is not there yet, and without another like it nothing can be reckoned."""
    held = {"officer_id": "still", "post_id": "z", "unit_id": "s", "started_on": "2020-12-01", "known_on": "2020-12-01"}
    there = held | {"officer_id": "x", "post_id": "new"}
    office(state).append_all(new_post() | {"postings": framed("postings", [held, there])}, "new")
    x, still = ask(desk(state), "x", "still", goal={"kind": "post", "goal": "new"})
    assert isinstance(x, GoalReached)
    assert x.goal.en == "new post"
    assert not isinstance(still, GoalReached | NotScored)
    told = still.goal.en if isinstance(still, PathsFound) else still.because.en
    assert "reckoned as the post most like it, “post " in told
    assert "“post z”" not in told


def test_ranks_are_judged_by_the_ladder_and_a_goal_passed_is_reached(state: Settings) -> None:
    history = office(state)
    steps = [("s1", 0, 2.0), ("s2", 1, 5.0), ("s3", 2, 5.0), ("s4", 3, None)]
    rows = [
        {"ladder": "work", "rank_step": step, "position": place, "minimum_years": years, "name_en": f"step {step}",
         "known_on": "2000-01-01"}
        for step, place, years in steps
    ]  # fmt: skip
    history.append_all({"rank_steps": framed("rank_steps", rows)}, "ladder")
    goal = {"kind": "rank_step", "goal": "s4"}
    (never,) = ask(desk(state), "r", goal=goal, horizon_months=60)
    assert isinstance(never, NoPathFound)
    assert never.because.code == "minimum_times"
    assert never.because.en.startswith("step s4 needs at least 72 months more by the least times of the code “work”")
    (seen,) = ask(desk(state), "r", goal=goal, horizon_months=120)
    assert isinstance(seen, NoPathFound)
    assert seen.because.code == "never_held"
    low, held = ask(desk(state), "r", goal=goal | {"goal": "s1"}), ask(desk(state), "r", goal=goal | {"goal": "s2"})
    assert isinstance(low[0], GoalReached)
    assert isinstance(held[0], GoalReached)
    assert (low[0].because.code, held[0].because.code) == ("beyond", "already_there")
    assert held[0].since == date(2017, 1, 1)


def test_a_ladder_passes_over_no_step_however_often_the_model_would(state: Settings) -> None:
    history = office(state)
    steps = [("s1", 0, 2.0), ("s2", 1, 2.0), ("between", 2, 2.0), ("s3", 3, None)]
    rows = [
        {"ladder": "work", "rank_step": step, "position": place, "minimum_years": years, "known_on": "2000-01-01"}
        for step, place, years in steps
    ]  # fmt: skip
    goal = {"kind": "rank_step", "goal": "s3"}
    (before,) = ask(desk(state), "r", goal=goal, horizon_months=120)
    assert isinstance(before, PathsFound)
    assert [[step.post_id for step in path.steps] for path in before.paths] == [["s3"], ["s1", "s3"]]
    history.append_all(
        {"rank_steps": framed("rank_steps", [one for one in rows if one["rank_step"] != "between"])}, "1"
    )
    (up,) = ask(desk(state), "r", goal=goal, horizon_months=120)
    assert isinstance(up, PathsFound)
    assert [[step.post_id for step in path.steps] for path in up.paths] == [["s3"]], "nobody goes down to come up again"
    history.append_all({"rank_steps": framed("rank_steps", rows)}, "2")
    (found,) = ask(desk(state), "r", goal=goal, horizon_months=120)
    assert isinstance(found, NoPathFound), "on record x went from s2 to s3 before the ladder told of a step between"


def test_a_police_rank_is_told_for_what_it_is(state: Settings) -> None:
    step = {"ladder": "police_rank", "rank_step": "inspector", "position": 0, "name_zh": "三级警督",
            "name_en": "inspector", "known_on": "2000-01-01"}  # fmt: skip
    office(state).append_all({"rank_steps": framed("rank_steps", [step])}, "police")
    (found,) = ask(desk(state), "r", goal={"kind": "rank_step", "goal": "inspector"})
    assert isinstance(found, NoPathFound)
    assert found.because.code == "police_rank"
    assert "is a police rank, not a step" in found.because.en
    (again,) = ask(desk(state), "r", goal={"kind": "rank_step", "goal": "inspector"})
    assert isinstance(again, NoPathFound)
    assert again.progress is None, "no path within the horizon would say that one was searched"


@pytest.mark.parametrize(
    ("goal", "code"), [("inspector", "already_there"), ("superintendent", "beyond"), ("chief", "police_rank")]
)
def test_a_police_rank_that_is_held_or_passed_is_reached(state: Settings, goal: str, code: str) -> None:
    steps = [
        {"ladder": "police_rank", "rank_step": step, "position": 100 + place, "name_en": step, "known_on": "2000-01-01"}
        for place, step in enumerate(("superintendent", "inspector", "chief"))
    ]
    held = {"officer_id": "r", "ladder": "police_rank", "rank_step": "inspector", "occurred_on": "2018-03-01",
            "known_on": "2018-03-01"}  # fmt: skip
    more = {"rank_steps": framed("rank_steps", steps), "promotions": framed("promotions", [held])}
    office(state).append_all(more, "police")
    (found,) = ask(desk(state), "r", goal={"kind": "rank_step", "goal": goal})
    assert isinstance(found, NoPathFound if code == "police_rank" else GoalReached)
    assert found.because.code == code
    if isinstance(found, GoalReached):
        assert (found.start.en, found.since) == ("inspector", date(2018, 3, 1))


def test_a_family_is_reached_and_a_field_needs_no_move_in_a_post_that_the_model_never_saw(state: Settings) -> None:
    """The post was opened since the model learned, and one that it knows was given to another family."""
    opened = {"post_id": "new", "name_en": "new post", "job_family": "cyber", "known_on": "2020-11-01"}
    moved = {"post_id": "a", "name_en": "post a", "job_family": "cyber", "known_on": "2020-11-01"}
    taken = {"officer_id": "x", "post_id": "new", "unit_id": "s", "started_on": "2020-12-01", "known_on": "2020-12-01"}
    more = {"posts": framed("posts", [opened, moved]), "postings": framed("postings", [taken])}
    office(state).append_all(more, "new")
    for one in ask(desk(state), "x", "still", goal={"kind": "job_family", "goal": "cyber"}):
        assert isinstance(one, GoalReached)
        assert one.because.code == "already_there"
    for one in ask(desk(state), "x", "still", goal={"kind": "talent_field", "goal": "intelligence_it"}):
        assert isinstance(one, NoPathFound)
        assert (one.because.code, one.change, one.progress) == ("in_field", None, None)
    assert isinstance(one, NoPathFound)
    assert one.because.zh.startswith("现任post a已属于专业方向“情报信息化”的岗位类别，")
    assert one.because.en.startswith("post a, held now, is already a post of the talent field intelligence and IT, so")
    (patrol,) = ask(desk(state), "still", goal={"kind": "job_family", "goal": "patrol"})
    assert not isinstance(patrol, GoalReached), "a is of patrol no more"


def test_the_plan_to_a_field_ends_with_its_post_and_says_no_more(state: Settings) -> None:
    """Whoever has moved there has no step left, and is not told to have become talent of the field."""
    history = office(state)
    goal = {"kind": "talent_field", "goal": "traffic"}
    (before,) = ask(desk(state), "x", goal=goal)
    assert isinstance(before, PathsFound)
    there = before.paths[0].steps[-1].post_id
    taken = {"officer_id": "x", "post_id": there, "unit_id": "s", "started_on": "2021-02-01", "known_on": "2021-02-01"}
    history.append_all({"postings": framed("postings", [taken])}, "second")
    later = datetime(2021, 7, 2, 8)
    for _ in range(2):
        (found,) = ask(desk(state), "x", goal=goal, now=later)
        assert isinstance(found, NoPathFound)
        assert found.because.code == "in_field"
        assert found.progress is not None
        assert (found.progress.status, [one.code for one in found.progress.why]) == ("reached", ["post_of_field"])
        assert found.progress.why[0].text.en == "a post of traffic is held, so the plan has no step left"


@pytest.mark.parametrize(("level", "status"), [(1.0, "no_path"), (2.8, "scored")])
def test_a_level_that_no_course_reaches_bars_a_post(state: Settings, level: float, status: str) -> None:
    history = office(state)
    seat = {"post_id": "z", "name_zh": "岗z", "name_en": "post z", "job_family": "special_police",
            "track": "enforcement", "unit_level": "station", "known_on": "2020-12-01"}  # fmt: skip
    course = {"course_id": "fit", "name_zh": "体能", "name_en": "fit", "competency": "fitness", "mandated": False,
              "hours": 16.0, "issued_on": "2020-06-01", "known_on": "2020-06-01"}  # fmt: skip
    found_fit = {"officer_id": "x", "competency": "fitness", "level": level, "occurred_on": "2020-03-01",
                 "known_on": "2020-03-01"}  # fmt: skip
    more = {
        "posts": framed("posts", [seat]),
        "courses": framed("courses", [course]),
        "competency_assessments": framed("competency_assessments", [found_fit]),
    }
    history.append_all(more, "fit")
    (found,) = ask(desk(state), "x")
    assert not isinstance(found, NotScored)
    assert found.status == status
    if isinstance(found, NoPathFound):
        assert [rule.rule for rule in found.blocked_by] == ["special_police_fitness"]


def test_a_level_in_reach_opens_a_post_once_it_can_be_studied_for(state: Settings) -> None:
    """Whatever the level, the first day was the same, though the courses before it take months at the load of one."""
    history = office(state)
    seat = {"post_id": "z", "name_zh": "岗z", "name_en": "post z", "job_family": "special_police",
            "track": "enforcement", "unit_level": "station", "known_on": "2020-12-01"}  # fmt: skip
    courses = [{"course_id": f"fit-{number}", "competency": "fitness", "mandated": False, "hours": 40.0,
                "issued_on": "2020-06-01", "known_on": "2020-06-01"} for number in range(6)]  # fmt: skip
    history.append_all({"posts": framed("posts", [seat]), "courses": framed("courses", courses)}, "fit")
    months, days = [], []
    for number, level in enumerate((2.9, 1.0, 3.0)):
        row = {"officer_id": "x", "competency": "fitness", "level": level, "occurred_on": f"2020-12-0{number + 1}",
               "known_on": f"2020-12-0{number + 1}"}  # fmt: skip
        history.append_all({"competency_assessments": framed("competency_assessments", [row])}, f"level-{number}")
        day = RecordPaths(bundle(), HistoryRecords.of(state), policy()).on(["x"], date(2021, 1, 1))
        steps = day._steps(day.question("x", PathGoal(kind="post", goal="z"), 60).question)  # type: ignore[union-attr]
        months.append(float(steps.bars("x", ["z"]).first[0]))
        asked = (date(2021, 1, 1), date(2021, 1, 2), date(2022, 1, 1))
        days.append([bool(steps.blocked("x", "z", one)) for one in asked])
    load = policy().courses.load.hours_a_month
    assert months[0] == pytest.approx(40.0 / load)
    assert months[1] >= 2 * 40.0 / load
    assert months[2] == 0.0
    assert days == [[True, True, False], [True, True, False], [False, False, False]]


def test_each_chance_says_what_it_is_a_chance_of(state: Settings) -> None:
    office(state)
    (found,) = ask(desk(state), "x")
    assert isinstance(found, PathsFound)
    assert "within 60 months" in found.chances.goal.en
    assert "60个月内" in found.chances.path.zh
    assert "next post" in found.chances.step.en
    assert PostsRanked.model_fields["likelihood_of"].default.en.startswith(
        "chance that the next move, whenever it comes"
    )


def test_the_stated_goal_brings_its_own_time(state: Settings) -> None:
    office(state)
    (stated,) = ask(desk(state), "x")
    assert isinstance(stated, PathsFound)
    assert (stated.start.zh, stated.goal.en, stated.horizon_months) == ("岗a", "post z", 60)
    assert ["m", "z"] in [[step.post_id for step in path.steps] for path in stated.paths]
    (asked,) = ask(desk(state), "x", goal={"kind": "post", "goal": "z"})
    assert isinstance(asked, PathsFound)
    assert asked.horizon_months == 60, "the goal that is stated, asked by name, has the same time"
    (shorter,) = ask(desk(state), "x", goal={"kind": "post", "goal": "z"}, horizon_months=24)
    (another,) = ask(desk(state), "x", goal={"kind": "post", "goal": "m"})
    assert isinstance(shorter, PathsFound)
    assert isinstance(another, PathsFound)
    assert (shorter.horizon_months, another.horizon_months) == (24, policy().paths.default_horizon_months)


@pytest.mark.parametrize("horizon", [None, 60])
@pytest.mark.parametrize("named_first", [True, False])
def test_the_stated_goal_asked_by_name_is_the_same_question(
    state: Settings, horizon: int | None, named_first: bool
) -> None:
    office(state)
    stated: dict[str, Any] = {}
    named: dict[str, Any] = {"goal": {"kind": "post", "goal": "z"}, "horizon_months": horizon}
    first, then = (named, stated) if named_first else (stated, named)
    (told,) = ask(desk(state), "x", **first)
    (again,) = ask(desk(state), "x", **then, now=datetime(2021, 1, 3, 8))
    (other,) = ask(desk(state), "x", goal={"kind": "post", "goal": "m"}, now=datetime(2021, 1, 3, 8))
    (nearer,) = ask(desk(state), "x", goal={"kind": "post", "goal": "z"}, horizon_months=24)
    statuses = [one.progress.status for one in (told, again, other, nearer) if isinstance(one, PathsFound)]
    assert statuses == ["first", "on_track", "first", "first"]


def test_months_are_told_to_one_digit(state: Settings) -> None:
    office(state)
    (found,) = ask(desk(state), "x")
    assert isinstance(found, PathsFound)
    timed: list[CareerPath | PathStep] = [*found.paths]
    timed += [step for path in found.paths for step in path.steps]
    told = [each for one in timed for each in (one.months, one.low_months, one.high_months)]
    assert told == [round(months, 1) for months in told]
    assert any(months != round(months) for months in told)


def test_a_goal_whose_term_is_over_says_so_and_that_the_plan_counts_anew(state: Settings) -> None:
    office(state)
    (runs,) = ask(desk(state), "x")
    (over,) = ask(desk(state), "x", now=datetime(2025, 1, 2, 8))
    (none,) = ask(desk(state), "x", now=datetime(2025, 1, 2, 8), retires_on={"x": date(2025, 2, 1)}, horizon_months=24)
    (another,) = ask(desk(state), "x", goal={"kind": "post", "goal": "m"})
    assert isinstance(runs, PathsFound)
    assert isinstance(over, PathsFound)
    assert isinstance(none, NoPathFound)
    assert isinstance(another, PathsFound)
    assert runs.term is not None
    assert over.term is not None
    assert none.term is not None
    assert (runs.term.stated_on, runs.term.ends_on, runs.term.over) == (date(2020, 1, 1), date(2025, 1, 1), False)
    assert runs.term.text.en.endswith(
        "until 2025-01-01; this plan counts 60 months from 2021-01-02; what is possible within the term itself is the "
        "answer for 47 months"
    )
    assert (over.term.over, over.horizon_months) == (True, 60)
    assert "that term ended on 2025-01-01; this plan counts 60 months anew from 2025-01-02" in over.term.text.en
    assert "请重新登记目标" in over.term.text.zh
    assert "for 60 months, and that term ended on 2025-01-01; this plan counts 24 months anew" in none.term.text.en
    assert another.term is None, "it was never stated"


def test_a_step_has_its_gaps_courses_points_and_rules(state: Settings) -> None:
    office(state)
    (found,) = ask(desk(state), "x")
    step = step_to(found, "m")
    assert [(gap.competency, gap.level, gap.standard) for gap in step.gaps] == [
        ("law", 2.0, 3.0),
        ("fitness", None, 2.0),
    ]
    assert [(one.course_id, one.closes) for one in step.courses] == [("must", []), ("k-law", ["law"])]
    rules = {rule.code: rule.points for rule in policy().points}
    assert step.points == rules["law_exam"] + rules["grassroots_years"] + 2 * rules["training_passed"]
    assert [rule.rule for rule in step.blocked_by] == ["required_course"], "told, and no bar: the course can be taken"
    assert step_to(found, "z").gaps == []


def test_the_course_that_opens_the_goals_family_is_the_change(state: Settings) -> None:
    office(state)
    (found,) = ask(desk(state), "x", goal={"kind": "job_family", "goal": "legal"})
    assert isinstance(found, PathsFound)
    assert found.change is not None
    assert found.change.text.en == "complete the course “course open”"
    assert found.change.chance > found.change.before
    assert {path.steps[-1].post_id for path in found.paths} <= {"m", "n"}
    (field,) = ask(desk(state), "x", goal={"kind": "talent_field", "goal": "traffic"})
    assert isinstance(field, PathsFound)
    assert (field.goal.zh, {path.steps[-1].post_id for path in field.paths}) == ("交通管理", {"z"})


@pytest.mark.parametrize("now", [{"mandated": True}, {"issued_on": "2018-01-01"}], ids=["for everybody", "over"])
def test_a_course_that_all_must_take_or_that_is_over_is_no_change(state: Settings, now: dict[str, object]) -> None:
    opens = {"course_id": "open", "name_zh": "课", "name_en": "course", "competency": "analysis", "mandated": False,
             "hours": 8.0, "issued_on": "2020-06-01", "known_on": "2020-12-01", **now}  # fmt: skip
    office(state).append_all({"courses": framed("courses", [opens])}, "again")
    (found,) = ask(desk(state), "x", goal={"kind": "job_family", "goal": "legal"})
    assert isinstance(found, PathsFound)
    assert found.change is None


def test_a_declined_course_closes_no_gap_and_is_no_change_unless_a_rule_requires_it(state: Settings) -> None:
    """The rule of training asks for k-law, which stays; k-more only closes the same gap."""
    more = {"course_id": "k-more", "name_zh": "课", "name_en": "course", "competency": "law", "mandated": False,
            "hours": 32.0, "issued_on": "2020-06-01", "known_on": "2020-12-01"}  # fmt: skip
    office(state).append_all({"courses": framed("courses", [more])}, "again")
    log = exposure_log(state)
    opened, goal = replace(desk(state), suggester=kept_suggester(log)), {"kind": "job_family", "goal": "legal"}
    decline(log, "x", "course", "open", date(2020, 12, 20))
    (before,) = ask(opened, "x", goal=goal)
    assert [one.course_id for one in step_to(before, "m").courses] == ["must", "k-law", "k-more"]
    for course in ("k-law", "k-more", "must"):
        decline(log, "x", "course", course, date(2020, 12, 20))
    (found,) = ask(opened, "x", goal=goal)
    assert isinstance(found, PathsFound)
    assert found.change is None
    assert [one.course_id for one in step_to(found, "m").courses] == ["must", "k-law"]
    told = {why.code: why for why in found.progress.why}
    assert told["course_declined"].text.en == "the course course was declined, and the plan does without it"
    assert told["course_declined"].since == date(2020, 12, 20)
    left = {one.item: one for one in found.declined if one.item_kind == "course"}
    assert left.keys() == {"open", "k-more", "must"}, "the rule of training asks for k-law"
    assert left["must"].text.en == (
        "declined on 2020-12-20; a post of these paths requires it, so it stands with that step all the same"
    )
    assert left["must"].text.zh == "本人于 2020-12-20 表示不感兴趣；路径上的岗位要求此课程，故仍与该步一并列出"
    assert left["k-more"].name is not None
    assert (left["k-more"].name.en, left["k-more"].name.zh) == ("course", "课")
    assert left["k-more"].text.en.startswith("declined on 2020-12-20; not suggested again before")


def test_a_required_course_that_was_declined_is_not_told_to_stay_away_though_no_step_names_it(state: Settings) -> None:
    drill = {"course_id": "drill", "name_zh": "课", "name_en": "course", "competency": "drill", "mandated": True,
             "hours": 8.0, "valid_months": 12, "known_on": "2020-12-01"}  # fmt: skip
    office(state).append_all({"courses": framed("courses", [drill])}, "again")
    log = exposure_log(state)
    for course in ("open", "drill"):
        decline(log, "x", "course", course, date(2020, 12, 20))
    opened, goal = replace(desk(state), suggester=kept_suggester(log)), {"kind": "job_family", "goal": "legal"}
    (found,) = ask(opened, "x", goal=goal)
    assert isinstance(found, PathsFound)
    assert "drill" not in [course.course_id for path in found.paths for step in path.steps for course in step.courses]
    assert [one.item for one in found.declined if one.item_kind == "course"] == ["open"]


def test_a_course_of_a_step_that_a_rule_requires_says_so_with_the_day_of_the_advice_on_courses(state: Settings) -> None:
    edition = {"course_id": "must", "name_zh": "课", "name_en": "course", "competency": "investigation",
               "mandated": True, "hours": 8.0, "issued_on": "2020-06-01", "known_on": "2020-12-01"}  # fmt: skip
    office(state).append_all({"courses": framed("courses", [edition])}, "again")
    (found,) = ask(desk(state), "x")
    told = {one.course_id: (one.required, one.due_on) for one in step_to(found, "m").courses}
    assert told == {"must": (True, date(2020, 12, 1)), "k-law": (True, None)}, "six months after its issue"
    model = ModelIdentity("courses", "3", "0" * 64, "records_v1", "h")
    courses = CourseDesk(model, HistoryRecords.of(state), lambda _: None, plain_suggester(), policy())
    (advice,) = courses.answer(CoursesRequest(officer_ids=["x"]), "r", NOW).results
    assert isinstance(advice, CoursesSuggested)
    required = {one.course_id: (True, one.due_on) for one in advice.courses if one.kind == "required"}
    assert required == told


def test_rank_steps_are_paths_of_their_own(state: Settings) -> None:
    office(state)
    (found, other) = ask(desk(state), "r", "x", goal={"kind": "rank_step", "goal": "s3"}, horizon_months=120)
    assert found.status in ("scored", "no_path")
    if isinstance(found, NoPathFound):
        assert found.because.code != "goal_unknown"
    assert isinstance(other, NotScored)
    assert other.because.code == "short_history"


def news(found: PathsFound) -> list[str]:
    """The reasons but for those that every answer repeats."""
    return [why.code for why in found.progress.why if why.code not in STANDING]


def test_on_the_day_of_a_transfer_the_old_post_is_held_still_and_from_the_next_the_new_one(state: Settings) -> None:
    """Both halves of it are dated the same; an end that counted a day before the start left nobody at a post."""
    history = office(state)
    ask(desk(state), "x")
    moved: dict[str, Any] = {"officer_id": "x", "unit_id": "s", "known_on": "2021-02-01"}
    rows = [moved | {"post_id": "a", "started_on": "2019-06-01", "ended_on": "2021-02-01"},
            moved | {"post_id": "m", "started_on": "2021-02-01", "ended_on": None}]  # fmt: skip
    history.append_all({"postings": framed("postings", rows)}, "moved")
    for day, held in ((1, "post a"), (2, "post m")):
        (found,) = ask(desk(state), "x", now=datetime(2021, 2, day, 8))
        assert isinstance(found, PathsFound)
        assert (found.start.en, found.start_ended_on) == (held, None)
        assert "ended" not in news(found)


def test_the_end_of_a_posting_is_known_from_the_day_after(state: Settings) -> None:
    row = {"officer_id": "x", "post_id": "a", "unit_id": "s", "started_on": "2019-06-01", "ended_on": "2021-01-05",
           "known_on": "2020-12-20"}  # fmt: skip
    frames = {"postings": framed("postings", [row])}
    told = {day: RecordsOfDay(frames, date(2021, 1, day)).of("x").events("post") for day in (5, 6)}
    assert [one.kind for one in told[5]] == ["posting"]
    (ended,) = (one for one in told[6] if one.kind == "ended")
    assert (ended.occurred_on, ended.known_on) == (date(2021, 1, 5), date(2021, 1, 6))


def test_a_promotion_is_told_as_news_by_its_name(state: Settings) -> None:
    """It opens posts that ask for a rank step; a police rank opens none."""
    history = office(state)
    ask(desk(state), "x")
    day: dict[str, Any] = {"officer_id": "x", "kind": "step", "occurred_on": "2020-12-20", "known_on": "2021-01-05"}
    told_steps = (("enforcement", "四级警长"), ("police_rank", "三级警督"))
    steps = [{**day, "ladder": ladder, "rank_step": step} for ladder, step in told_steps]
    history.append_all({"promotions": framed("promotions", steps)}, "second")
    (later,) = ask(desk(state), "x", now=datetime(2021, 3, 1))
    assert isinstance(later, PathsFound)
    told = [(why.code, why.text.en, why.since) for why in later.progress.why]
    assert told[0] == ("promotion", "promoted to Police sergeant, fourth class", date(2020, 12, 20))
    assert [code for code, *_ in told if code == "promotion"] == ["promotion"]


def test_what_became_known_is_told_against_the_kept_plan_and_days_before_do_not_know_it(state: Settings) -> None:
    history = office(state)
    ask(desk(state), "x")
    moved_on(history)
    (same,) = ask(desk(state), "x")
    assert isinstance(same, PathsFound)
    assert [why.code for why in same.progress.why] == ["nothing"], "on that day nothing of it was known"
    (later,) = ask(desk(state), "x", now=datetime(2021, 3, 1))
    assert isinstance(later, PathsFound)
    assert later.start.en == "post m"
    told = {why.code: why for why in later.progress.why}
    (moved,) = (told[code] for code in ("posting", "told_path") if code in told)
    assert "post m" in moved.text.en
    assert moved.since == date(2021, 2, 1)
    assert later.progress.status in ("on_track", "ahead"), "m was on a path told"
    (after,) = ask(desk(state), "x", now=datetime(2021, 3, 2))
    assert isinstance(after, PathsFound)
    assert news(after) == ["nothing"], "the same news is told once"


def test_a_correction_of_what_was_known_is_no_news(state: Settings) -> None:
    history = office(state)
    ask(desk(state), "x")
    again = {"officer_id": "x", "post_id": "a", "unit_id": "s", "started_on": "2019-06-01", "occasion": "transfer"}
    history.append("postings", framed("postings", [{**again, "known_on": "2021-01-20"}]))
    (found,) = ask(desk(state), "x", now=datetime(2021, 2, 1))
    assert isinstance(found, PathsFound)
    assert [why.code for why in found.progress.why] == ["nothing"]


LATE: dict[str, dict[str, object]] = {
    "postings": {"officer_id": "x", "post_id": "b", "unit_id": "s", "started_on": "2020-12-20"},
    "course_completions": {"officer_id": "x", "course_id": "must", "score": 90.0, "occurred_on": "2020-12-20"},
    "appraisals": {"officer_id": "x", "kind": "annual", "grade": "competent", "occurred_on": "2020-12-20"},
    "vacancies": {"vacancy_id": "v", "post_id": "z", "unit_id": "s", "seats": 1, "opened_on": "2020-12-20",
                  "closes_on": "2021-12-31"},
    "competency_assessments": {"officer_id": "x", "competency": "law", "level": 4.5, "occurred_on": "2020-12-20"},
}  # fmt: skip
TOLD_AS = {
    "postings": ("left_path", "told_path"), "course_completions": ("completion", "other_completion"),
    "appraisals": ("appraisal",),
    "vacancies": ("vacancy",), "competency_assessments": ("assessment", "other_assessment"),
}  # fmt: skip


@pytest.mark.parametrize("table", sorted(LATE))
def test_what_is_delivered_after_a_plan_is_news_though_it_says_it_was_known_before(state: Settings, table: str) -> None:
    history = office(state)
    ask(desk(state), "x")
    history.append(table, framed(table, [{**LATE[table], "known_on": "2020-12-20"}]))
    (found,) = ask(desk(state), "x", now=datetime(2021, 1, 3))
    assert isinstance(found, PathsFound)
    assert found.progress.why[0].code in TOLD_AS[table]
    (after,) = ask(desk(state), "x", now=datetime(2021, 1, 4))
    assert isinstance(after, PathsFound)
    assert news(after) == ["nothing"], "told once"


def test_a_vacancy_that_is_closed_or_of_a_dissolved_unit_is_no_event_of_a_plan() -> None:
    """Nobody can be moved into a unit that is no more; one dissolved later, or that no table knows, still stands."""
    day = pd.Timestamp
    opened = {"post_id": "z", "opened_on": day("2020-12-01"), "known_on": day("2020-12-01"), "closes_on": pd.NaT}
    vacancies = [{**opened, "vacancy_id": unit, "unit_id": unit, "post_id": f"z-{unit}"} for unit in "adnc"]
    vacancies[-1]["closes_on"] = day("2021-01-01")
    units = {"unit_id": ["d", "a"], "closed_on": pd.to_datetime(["2021-01-01", "2021-01-03"])}
    frames = {"vacancies": pd.DataFrame(vacancies), "units": pd.DataFrame(units)}
    found = RecordsOfDay(frames, date(2021, 1, 2)).vacancies(["z-a", "z-d", "z-n", "z-c"])
    assert sorted(event.item for event in found) == ["z-a", "z-n"]


def test_a_posting_that_ends_is_news_of_a_plan(state: Settings) -> None:
    history = office(state)
    ask(desk(state), "x")
    (held,) = (one for one in history.frame("postings").to_dict("records") if one["officer_id"] == "x"
               and pd.isna(one["ended_on"]))  # fmt: skip
    row = {str(key): value for key, value in held.items() if key != "superseded_on"}
    history.append("postings", framed("postings", [{**row, "ended_on": "2021-01-03", "known_on": "2021-01-03"}]))
    (found,) = ask(desk(state), "x", now=datetime(2021, 1, 4))
    assert isinstance(found, PathsFound)
    assert found.start_ended_on == date(2021, 1, 3)
    assert [why.code for why in found.progress.why][:1] == ["ended"]
    (again,) = ask(desk(state), "x", now=datetime(2021, 1, 5))
    assert isinstance(again, PathsFound)
    assert news(again) == ["nothing"], "told once"


def test_a_plan_of_an_earlier_version_knows_what_was_known_on_its_day(state: Settings) -> None:
    history = office(state)
    ask(desk(state), "x")
    log = plan_log(state)
    with log.transaction() as connection:
        (row,) = connection.execute(PLANS.select()).mappings()
        of_now = ("knew", "others", "goal_chance")
        old = json.dumps(
            [{key: told for key, told in one.items() if key not in of_now} for one in json.loads(row["steps"])]
        )
        connection.execute(PLANS.update().values(steps=old, asked_goal=""))
    log.close()
    (same,) = ask(desk(state), "x", now=datetime(2021, 2, 1))
    assert isinstance(same, PathsFound)
    assert [why.code for why in same.progress.why] == ["nothing"]
    moved_on(history)
    (later,) = ask(desk(state), "x", now=datetime(2021, 3, 1))
    assert isinstance(later, PathsFound)
    assert later.progress.why[0].code in ("told_path", "posting"), "the other paths are kept from the next answer on"


def test_a_newly_stated_goal_is_told_whatever_its_time(state: Settings) -> None:
    history = office(state)
    ask(desk(state), "x")
    stated = {"officer_id": "x", "goal_kind": "job_family", "goal": "traffic", "horizon_months": 72,
              "occurred_on": "2021-01-10", "known_on": "2021-01-10"}  # fmt: skip
    history.append("career_goals", framed("career_goals", [stated]))
    (found,) = ask(desk(state), "x", now=datetime(2021, 2, 1))
    assert isinstance(found, PathsFound)
    assert found.horizon_months == 72
    assert found.progress.why[0].code == "goal"
    (asked,) = ask(desk(state), "x", now=datetime(2021, 2, 1), horizon_months=24)
    assert isinstance(asked, PathsFound | NoPathFound)
    assert asked.progress is None or asked.progress.why[0].code == "first", "a time asked for has plans of its own"


def test_a_batch_of_like_officers_gets_to_the_last_digit_what_each_gets_alone(state: Settings) -> None:
    """Like officers in one post, of other service and other careers: nothing of one may reach another's answer."""
    history, many = office(state), [f"like-{number}" for number in range(12)]
    people = [
        {"officer_id": one, "entered_on": f"{2004 + place}-06-01", "known_on": "2016-06-01"}
        for place, one in enumerate(many)
    ]
    seats = [
        {"officer_id": one, "post_id": post, "unit_id": "s", "started_on": day, "known_on": day}
        for place, one in enumerate(many)
        for post, day in [("b", f"{2012 + place // 4}-02-01"), ("n", "2016-03-01"), ("a", "2018-06-01")][place % 3 :]
    ]
    history.append_all({"officers": framed("officers", people), "postings": framed("postings", seats)}, "many")
    for goal in ({"kind": "job_family", "goal": "legal"}, {"kind": "post", "goal": "z"}):
        together = ask(desk(state), *many, goal=goal, horizon_months=60)
        last = {one: ask(desk(state), one, goal=goal, horizon_months=60)[0] for one in many}
        nothing = {"progress": None}
        assert [one.model_copy(update=nothing) for one in together] == [
            one.model_copy(update=nothing) for one in last.values()
        ]
        assert sum(one.status == "scored" for one in together) > 6


def test_together_everybody_gets_what_each_gets_alone(state: Settings) -> None:
    moved_on(office(state))
    goal, later = {"kind": "job_family", "goal": "legal"}, datetime(2021, 1, 20)
    everybody = ("still", "x", "r", "fresh", "nobody", "gone")
    for now in (NOW, later):  # the second time against the kept plans
        together = ask(desk(state), *everybody, goal=goal, now=now)
        alone = [ask(desk(state), one, goal=goal, as_of=now.date(), now=now)[0] for one in everybody]
        kept = [one.model_copy(update={"progress": None}) for one in together]
        assert kept == [one.model_copy(update={"progress": None}) for one in alone]
    assert len({one.status for one in together}) > 1


def test_without_a_day_of_retirement_the_day_of_joining_bounds_it(state: Settings) -> None:
    history = office(state)
    old = {"officer_id": "old", "entered_on": "1979-03-01", "known_on": "2016-06-01"}
    seat = {"officer_id": "old", "post_id": "a", "unit_id": "s", "started_on": "2019-06-01", "known_on": "2019-06-01"}
    history.append_all({"officers": framed("officers", [old]), "postings": framed("postings", [seat])}, "old")
    goal = {"kind": "post", "goal": "z"}
    young, elder = ask(desk(state), "x", "old", goal=goal, horizon_months=60)
    assert isinstance(young, PathsFound)
    assert (young.retirement.basis, young.retirement.on) == ("latest", date(2058, 6, 1))
    assert isinstance(elder, NoPathFound)
    assert (elder.because.code, elder.retirement.on) == ("retirement_first", date(2021, 3, 1))
    given = ask(desk(state), "old", goal=goal, horizon_months=60, retires_on={"old": "2030-01-01"})[0]
    assert isinstance(given, PathsFound)
    assert given.retirement.basis == "given"


def _loaded(service: str = SERVICE, digest: str | None = None) -> Callable[[str], Loaded]:
    identity = ModelIdentity("paths", "3", "c" * 64, service, digest or service_hash(), "2021-01-01")
    return lambda _: Loaded(identity, bundle().to_parts(), {})


def _nothing(_: str) -> Loaded:
    raise NotReady("none")


def _loaded_paths(name: str) -> Loaded:
    return _loaded()(name) if name == "paths" else _nothing(name)


def test_the_desk_opens_on_a_champion_and_is_absent_without_one(state: Settings) -> None:
    ground = Ground.of(state, FakeSource({}))
    opened = open_paths(ground, _loaded())
    assert isinstance(opened, PathDesk)
    assert opened.model.version == "3"
    assert opened.lifts is not None
    assert opened.lifts.lifts.courses == ("open",)
    courses = open_guidance(ground, course_desk(ground, NO_COURSE_MODEL), _loaded_paths)["/v1/courses"]
    assert isinstance(courses, CourseDesk)
    assert courses.lifts is not None, "what paths say of courses is heard where courses are advised"
    assert courses.lifts.until == date(2020, 12, 31)
    plain = open_guidance(ground, course_desk(ground, NO_COURSE_MODEL), _nothing)["/v1/courses"]
    assert isinstance(plain, CourseDesk)
    assert plain.lifts is None

    absent = open_paths(ground, _nothing)
    assert isinstance(absent, Absent)
    assert "pharos promote paths" in absent.because.en

    def broken(_: str) -> Loaded:
        raise UntrustedArtifact("signature")

    with pytest.raises(UntrustedArtifact):
        open_paths(ground, broken)
    with pytest.raises(FeatureMismatch, match="another reading"):
        open_paths(ground, _loaded(digest="older"))
