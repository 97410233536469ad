"""The study runs both arms from one day with the same seeds, and the plan is ahead of popularity."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from data_contracts.simulator.simulation import Block, Plan
from experiments.backtests.plan_arms import take_course
from experiments.backtests.plan_study import ARMS, Study, StudyResult, drawn_goals, known_frames, lines_of, run_study

SMALL = Study(officers=200, history_months=36, horizon_months=24, advice_months=12, seed=5)


@pytest.fixture(scope="module")
def result() -> StudyResult:
    return run_study(SMALL)


def test_every_arm_is_measured_on_the_same_followers(result: StudyResult) -> None:
    assert set(result.reached) == set(ARMS)
    assert 100 < result.followers <= 200
    assert result.reached["plan"] >= result.reached["popularity"]
    one = result.ahead["popularity"]
    assert one.low <= one.difference <= one.high
    assert one.difference == pytest.approx(result.reached["plan"] - result.reached["popularity"])
    assert len(lines_of(result)) == len(ARMS) + len(result.ahead) + len(result.looks)
    assert result.looks["nothing"].changed == 0 < result.looks["nothing"].looks


def test_the_bureau_is_left_as_it_was_when_its_tables_are_read() -> None:
    plan = Plan(60, 1, 3, SMALL.end)
    block = Block(plan, 0)
    block.begin()
    for month in range(6):
        block.advance(month)
    before = copy.deepcopy(block.world.roster.post)
    frames = known_frames(block, plan)
    assert {"postings", "officers", "posts", "courses", "course_completions"} <= set(frames)
    block.advance(6)  # goes on
    assert len(block.world.roster.post) == len(before)


def test_goals_are_other_posts_and_courses_are_held_once_taken() -> None:
    block = Block(Plan(60, 1, 3, SMALL.end), 0)
    block.begin()
    slots, goals = drawn_goals(block, SMALL)
    assert len(slots) > 30
    assert (goals != block.world.roster.post[slots]).all()
    course = block.catalogue.ids[4]
    take_course(block, int(slots[0]), course)
    assert np.flatnonzero(block.world.roster.holds[slots[0]]).tolist().count(4) == 1
