"""Goals more than three steps away: found where the horizon leaves time for them, and nothing else changes before."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from data_contracts.policy import policy
from models.paths.dwell import after_each_other
from models.paths.finding import Goals
from models.paths.plans import PathPlanner
from models.paths.telling import Question
from models.paths.together import Asked, Wanted, search_all
from models.posts.histories import Array, CareerState, Catalogue
from tests.models.path_models import HAZARD, hand_made, standing_at

POSTS = tuple(f"p{number}" for number in range(8))


def _ladder(size: int = 8, up: float = 0.9) -> Array:
    """From every post nearly all go one up, the others one down."""
    chain = np.zeros((size, size))
    for post in range(size - 1):
        chain[post, post + 1] = up if post else 1.0
        if post:
            chain[post, post - 1] = 1.0 - up
    return chain


@pytest.mark.parametrize(("goal", "months"), [(4, 72.0), (5, 84.0), (7, 240.0)])
def test_a_far_goal_is_found_step_by_step_with_the_chance_of_its_steps(goal: int, months: float) -> None:
    routes = hand_made(_ladder()).routes(Goals(standing_at([0]), np.array([goal]), months))[0]
    assert routes[0].path == tuple(range(1, goal + 1))
    stay = (HAZARD * (1 - HAZARD) ** np.arange(int(months / 3)))[None, :]
    times = stay
    for _ in range(goal - 1):
        times = after_each_other(times, stay)
    assert routes[0].chance == pytest.approx(0.9 ** (goal - 1) * times.sum())


def test_within_five_years_nobody_looks_farther_than_three_steps() -> None:
    model = hand_made(_ladder())
    assert model.routes(Goals(standing_at([0]), np.array([4]), 60.0)) == [[]]
    near = model.routes(Goals(standing_at([0]), np.array([3]), 60.0))[0]
    assert [route.path for route in near] == [(1, 2, 3)]


def test_a_long_way_goes_round_no_circle_and_is_the_same_whoever_else_asks() -> None:
    chain = _ladder(up=0.5)
    goals = Goals(standing_at([0, 1, 2]), np.array([6, 7, 6]), 240.0)
    together = hand_made(chain).routes(goals)
    for row, routes in enumerate(together):
        assert routes
        assert all(len(set(route.path)) == len(route.path) for route in routes)
        assert routes == hand_made(chain).routes(goals.take(np.array([row])))[0]


def test_a_goal_that_many_ways_reach_together_has_a_path_at_any_horizon() -> None:
    size, middles = 52, 50
    chain = np.zeros((size, size))
    chain[0, 1 : middles + 1] = 1.0 / middles
    chain[1 : middles + 1, -1] = 0.01  # fifty ways of a fiftieth of a hundredth each
    posts = tuple(f"p{number}" for number in range(size))
    planner = PathPlanner(hand_made(chain), Catalogue(posts, tuple((post,) for post in posts)), {}, policy().paths)
    state = CareerState(["p0"], [date(2022, 1, 1)], as_of=date(2024, 1, 1))
    asked = Question("o-1", state, posts[-1], (posts[-1],), 120)
    told = planner.tell(asked, 5)
    assert len(told.paths) == 5
    assert told.paths[0].chance < policy().paths.least_chance < told.chance
    short = planner.tell(replace(asked, horizon_months=60), 5)
    assert short.paths, "the rule is one: where all ways together have the chance, the likeliest are told"
    short = planner.tell(replace(asked, horizon_months=9), 5)
    assert short.because is not None, "all ways together have less than policy wants of one"
    assert short.because.code == "never_reached"
    assert "of up to 3 steps has a chance of 0.2%, all of them together" in short.because.text.en


def test_ways_that_only_together_have_the_least_chance_are_told_at_a_near_horizon_too() -> None:
    """One rule at every horizon: within three years 40 ways share what none of them has by itself."""
    size = 42
    chain = np.zeros((size, size))
    chain[0, 1:41] = 1 / 40
    chain[1:41, 41] = 0.04
    chain[1:41, 0] = 0.96
    starts = standing_at([0])
    found = search_all(hand_made(chain), [Asked(starts, (41,), 36.0)], Wanted(5, 0.002))[0]
    assert found.chance > 0.002
    assert found.routes
    assert all(route.chance < 0.002 for route in found.routes)
    assert not search_all(hand_made(chain), [Asked(starts, (41,), 36.0)], Wanted(5, 0.1))[0].routes
