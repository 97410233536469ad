"""Paths as they are told: everything that belongs to a step, each reason for having none, and what would help most."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from data_contracts.policy import policy
from data_contracts.vocabulary import Bilingual
from models.paths.plans import PathPlanner
from models.paths.telling import Blocked, Change, Gap, Question, StepCourse, StepFacts
from models.posts.histories import CareerState
from tests.models.path_models import CATALOGUE, CHAIN, hand_made

DAY = date(2024, 1, 1)
STATE = CareerState(["p0"], [date(2022, 1, 1)], as_of=DAY)
ASKED = Question("o-1", STATE, "p3", ("p3",), 48)
RULE = Blocked("settled", Bilingual("任职满一年", "a year in post"))
PLANNER = PathPlanner(hand_made(), CATALOGUE, {}, policy().paths)


def _with(**facts: object) -> PathPlanner:
    return replace(PLANNER, facts=StepFacts(**facts))  # type: ignore[arg-type]


def test_a_step_tells_gaps_courses_points_and_rules() -> None:
    gap = Gap("law", 1.0, 2.0)

    def courses(officer: str, post: str, gaps: tuple[Gap, ...]) -> list[StepCourse]:
        return [StepCourse(f"c-{officer}-{post}", Bilingual("法", "law"), 8.0, tuple(one.competency for one in gaps))]

    planner = _with(
        gaps=lambda _officer, post: [gap] if post == "p3" else [], courses=courses, points=lambda _officer, _post: 5.0,
        blocked=lambda _officer, post, day: [RULE] if post == "p3" and day <= DAY else [],
    )  # fmt: skip
    told = planner.tell(ASKED, 5)
    assert told.because is None
    assert [step.post for step in told.paths[0].steps][-1] == "p3"
    last = told.paths[0].steps[-1]
    assert (last.gaps, last.points, last.blocked) == ((gap,), 5.0, (RULE,))
    assert last.courses[0].course_id == "c-o-1-p3"
    assert last.courses[0].closes == ("law",)
    plan = told.paths[0].as_plan("p3", DAY)
    assert plan.steps[-1].low_on < plan.steps[-1].expected_on < plan.steps[-1].high_on
    assert plan.courses >= {"c-o-1-p3"}
    assert sorted((path.chance for path in told.paths), reverse=True) == [path.chance for path in told.paths]


def test_a_family_is_reached_by_any_of_its_posts_and_passed_by_none() -> None:
    both = PLANNER.tell(replace(ASKED, goal="family", posts=("p2", "p3", "unheard")), 5)
    assert {path.steps[-1].post for path in both.paths} == {"p2", "p3"}
    assert all(step.post not in ("p2", "p3") for path in both.paths for step in path.steps[:-1])
    assert both.chance > PLANNER.tell(ASKED, 5).chance


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (replace(ASKED, goal="p9", posts=("p9",)), "goal_unknown"),
        (replace(ASKED, goal="p0", posts=("p0",)), "already_there"),
        (replace(ASKED, end_months=1.0), "retirement_first"),
    ],
)
def test_why_there_is_no_path(asked: Question, code: str) -> None:
    told = PLANNER.tell(asked, 5)
    assert (told.paths, told.because is not None and told.because.code) == ((), code)


def test_least_times_rules_and_nobody_ever_are_told_apart() -> None:
    least = replace(PLANNER, least_months=np.full(4, 120.0)).tell(ASKED, 5)
    assert least.because is not None
    assert (least.because.code, "48" in least.because.text.en) == ("minimum_times", True)
    closed = _with(blocked=lambda _officer, post, _day: [RULE] if post == "p3" else []).tell(ASKED, 5)
    assert closed.because is not None
    assert (closed.because.code, closed.because.blocked) == ("rule_blocks", (RULE,))
    assert "任职满一年" in closed.because.text.zh
    chain = CHAIN.copy()
    chain[:, 3] = 0.0
    never = replace(PLANNER, model=hand_made(chain)).tell(ASKED, 5)
    assert never.because is not None
    assert never.because.code == "never_reached"


def test_a_rule_on_the_way_is_told_too() -> None:
    chain = np.zeros((4, 4))
    chain[0, 1] = chain[1, 3] = 1.0
    planner = replace(
        PLANNER, model=hand_made(chain),
        facts=StepFacts(blocked=lambda _officer, post, _day: [RULE] if post == "p1" else []),
    )  # fmt: skip
    told = planner.tell(ASKED, 5)
    assert told.because is not None
    assert (told.because.code, told.because.blocked) == ("rule_blocks", ())


def test_the_change_that_helps_most_is_told_with_its_chance() -> None:
    little, much = np.array([1.0, 1.0, 1.0, 1.5]), np.array([1.0, 1.0, 1.0, 6.0])
    changes = [Change(Bilingual("甲", "little"), little), Change(Bilingual("乙", "much"), much)]
    told = _with(changes=lambda _officer: changes).tell(ASKED, 5)
    assert told.helps is not None
    assert (told.helps.text.en, told.helps.before) == ("much", told.chance)
    assert told.helps.chance > told.chance
    none = _with(changes=lambda _officer: [Change(Bilingual("丙", "nothing"), np.ones(4))]).tell(ASKED, 5)
    assert none.helps is None
    lifted = replace(ASKED, factors=much)
    assert _with(changes=lambda _officer: changes).tell(lifted, 5).helps is None
    assert PLANNER.tell(lifted, 5).chance > told.chance
