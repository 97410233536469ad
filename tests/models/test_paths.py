"""The search against every path there is, the rules it keeps, and the times it tells."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from models.paths.beams import Beam, Search, When, in_whole_months
from models.paths.dwell import after_each_other, quantiles
from models.paths.finding import Goals
from models.paths.rules import Opening, Rules
from models.paths.search import PathModel
from models.paths.transitions import extended
from models.posts.histories import Array
from tests.models.path_models import CHAIN, HAZARD, Chain, Even, hand_made, standing_at


def _asked(start: int, goal: int, months: float = 48.0) -> Goals:
    return Goals(standing_at([start]), np.array([goal]), months)


def _every_path(start: int, goal: int, quarters: int) -> dict[tuple[int, ...], float]:
    """Chance of each path of at most three steps that passes neither the goal nor the start: by hand."""
    stay = HAZARD * (1 - HAZARD) ** np.arange(quarters)
    found = {}
    for length in (0, 1, 2):
        for between in permutations([post for post in range(4) if post not in (start, goal)], length):
            path, times, chance = (*between, goal), stay[None, :], 1.0
            for before, after in zip((start, *between), path, strict=True):
                chance *= CHAIN[before, after]
            for _ in between:
                times = after_each_other(times, stay[None, :])
            found[path] = chance * times.sum()
    return found


@pytest.mark.parametrize(("start", "goal"), [(0, 3), (0, 2), (3, 2), (1, 0)])
def test_the_beam_finds_what_trying_everything_finds(start: int, goal: int) -> None:
    every = {path: chance for path, chance in _every_path(start, goal, 16).items() if chance > 0}
    routes = hand_made().routes(_asked(start, goal))[0]
    best = sorted(every, key=lambda path: -every[path])[:5]
    assert [route.path for route in routes] == best
    assert [route.chance for route in routes] == pytest.approx([every[path] for path in best])
    total = float(hand_made().chance(_asked(start, goal))[0])
    assert total == pytest.approx(sum(every.values()))


def test_each_officer_gets_the_paths_of_their_own_post_and_goal() -> None:
    asked = Goals(standing_at([0, 1, 3]), np.array([3, 0, 2]), 48.0)
    together = hand_made().routes(asked)
    alone = [hand_made().routes(asked.take(np.array([row])))[0] for row in range(3)]
    assert [[route.path for route in one] for one in together] == [[route.path for route in one] for one in alone]
    found = hand_made().find(asked)
    assert [list(paths) for paths in found.paths] == [[route.path for route in one] for one in alone]
    assert (found.low <= found.months).all()
    assert (found.months <= found.high).all()


def test_one_search_gives_the_routes_and_the_chance() -> None:
    asked = Goals(standing_at([0, 1, 3]), np.array([3, 0, 2]), 48.0)
    routes, chances = hand_made().ways(asked, 2)
    assert routes == hand_made().routes(asked, 2)
    np.testing.assert_array_equal(chances, hand_made().chance(asked))
    assert (chances > [sum(route.chance for route in one) for one in routes]).any()


def test_unknown_and_reached_goals_have_no_path() -> None:
    found = hand_made().find(Goals(standing_at([0, 1]), np.array([4, 1]), 48.0))
    assert [list(paths) for paths in found.paths] == [[], []]
    assert np.isnan(found.months).all()


def test_a_shorter_horizon_favours_the_direct_way() -> None:
    short, long = (hand_made().routes(_asked(0, 3, months))[0] for months in (3.0, 120.0))
    assert short[0].path == (3,)
    assert long[0].path == (1, 3)


def test_the_penalty_parts_paths_that_are_alike() -> None:
    chain = np.zeros((5, 5))
    chain[0, 1], chain[0, 3], chain[1, 4], chain[1, 2], chain[2, 4], chain[3, 4] = 0.6, 0.2, 0.3, 0.7, 1.0, 0.6
    asked = _asked(0, 4, 120.0)
    plain = hand_made(chain).routes(asked, 2)[0]
    apart = hand_made(chain, penalty=5.0).routes(asked, 2)[0]
    assert {route.path for route in plain} == {(1, 2, 4), (1, 4)}
    assert {route.path for route in apart} == {(1, 2, 4), (3, 4)}


def test_the_direct_way_is_among_three_and_never_instead_of_the_best_one() -> None:
    chain = np.zeros((6, 6))
    chain[0, 1], chain[0, 2], chain[0, 3], chain[0, 4], chain[0, 5] = 0.3, 0.3, 0.2, 0.19, 0.01
    chain[1, 5] = chain[2, 5] = chain[3, 5] = chain[4, 5] = 1.0
    asked = _asked(0, 5, 120.0)
    assert [route.path for route in hand_made(chain).routes(asked, 3)[0]] == [(1, 5), (2, 5), (5,)]
    assert [route.path for route in hand_made(chain).routes(asked, 1)[0]] == [(1, 5)]
    chain[0, 5] = 0.0
    assert [route.path for route in hand_made(chain).routes(asked, 3)[0]] == [(1, 5), (2, 5), (3, 5)]


def _rules(since: Array, stay: Array | None = None) -> Rules:
    """Posts open so many months from now (posts,), and after such a stay in the post before."""

    def opens(rows: Array, posts: Array, steps: Array, months: Array) -> Opening:
        assert len(rows) == len(posts) == len(steps) == len(months)
        assert steps.shape == months.shape
        return Opening(since[posts], np.zeros(len(posts)) if stay is None else stay[posts])

    return Rules(opens)


def test_no_path_goes_where_a_rule_forbids() -> None:
    routes = hand_made().routes(_asked(0, 3), rules=_rules(np.array([0.0, np.inf, 0.0, 0.0])))[0]
    assert {route.path for route in routes} == {(3,), (2, 3)}
    assert hand_made().routes(_asked(0, 3), rules=_rules(np.array([0.0, 0.0, 0.0, np.inf])))[0] == []


def test_no_step_is_expected_before_its_rule_allows_it_and_the_time_before_does_not_count() -> None:
    since = np.array([0.0, 7.0, 0.0, 40.5])
    routes = hand_made().routes(_asked(0, 3), rules=_rules(since))[0]
    free = {route.path: route for route in hand_made().routes(_asked(0, 3))[0]}
    assert {route.path for route in routes} == set(free)
    for route in routes:
        for leg in route.legs:
            assert since[leg.post] <= leg.low <= leg.months <= leg.high
        assert 0.0 < route.chance < free[route.path].chance
    direct = next(route for route in routes if route.path == (3,))
    stay = HAZARD * (1 - HAZARD) ** np.arange(16)
    assert direct.chance == pytest.approx(CHAIN[0, 3] * (stay[13] / 2 + stay[14:].sum()))
    assert hand_made().chance(_asked(0, 3), _rules(np.full(4, 48.0)))[0] == 0.0


def test_days_of_earlier_steps_are_those_of_who_arrives_in_time() -> None:
    """Worked out again over every pair of quarters: a sum falls half into its quarter and half into the next."""
    first, stay, open_ = np.array([0.1, 0.2, 0.3, 0.4]), np.array([0.0, 0.5, 0.3, 0.2]), np.array([0.0, 1.0, 1.0, 0.5])
    begun = Beam.begun(np.array([0]), 4)
    nothing = np.zeros(1)
    one = begun.longer(nothing.astype(int), np.array([1]), np.ones(1), When(first[None], nothing, first[None], nothing))
    second = after_each_other(first[None], stay[None]) * open_
    two = one.longer(nothing.astype(int), np.array([2]), np.ones(1), When(second, nothing, stay[None], nothing))
    arrives = np.zeros(4)
    for quarter, after in np.ndindex(4, 4):
        for share, at in ((0.5, quarter + after), (0.5, quarter + after + 1)):
            if at < 4:
                arrives[quarter] += first[quarter] * stay[after] * share * open_[at]
    assert two.times_on_the_way(0)[0] == pytest.approx(arrives)
    assert arrives.sum() == pytest.approx(two.worth[0])


def test_a_stay_that_a_rule_asks_for_lasts_as_long() -> None:
    rules = _rules(np.zeros(4), np.array([0.0, 0.0, 0.0, 24.0]))
    routes = {route.path: route for route in hand_made().routes(_asked(0, 3), rules=rules)[0]}
    free = {route.path: route for route in hand_made().routes(_asked(0, 3))[0]}
    assert routes[(3,)].chance == free[(3,)].chance, "before the first step only the months from now count"
    first, last = routes[(1, 3)].legs
    assert last.low >= 24.0
    assert first.months < free[(1, 3)].legs[0].months, "whoever takes it late has no time left for the stay"
    assert (last.low - first.low, last.months - first.months, last.high - first.high) >= (24.0, 24.0, 24.0)
    assert routes[(1, 3)].chance < free[(1, 3)].chance


def test_rules_know_their_officer_across_chunks() -> None:
    count = 600
    asked = Goals(standing_at([0] * count), np.full(count, 3), 12.0)
    seen: set[int] = set()

    def note(rows: Array, posts: Array, steps: Array, months: Array) -> Opening:
        seen.update(rows.tolist())
        return Opening(np.where(rows == 599, np.inf, 0.0), np.zeros(len(rows)))

    routes = hand_made().routes(asked, rules=Rules(note))
    assert seen == set(range(count))
    assert routes[598]
    assert not routes[599]


def test_no_move_is_expected_before_the_least_time_is_over() -> None:
    least = np.array([35.0, 12.0, 12.0, 12.0])  # two years of it are served
    for route in hand_made().routes(_asked(0, 3), rules=Rules(least_months=least))[0]:
        assert all(leg.low >= 10.9 + 11.9 * place for place, leg in enumerate(route.legs))


def test_least_times_and_retirement_cut_what_comes_too_early_or_too_late() -> None:
    least = np.array([48.0, 0.0, 0.0, 0.0])  # two years of the four are served
    soon = hand_made().chance(_asked(0, 3, 24.0), Rules(least_months=least))
    assert soon[0] == 0.0
    later = hand_made().chance(_asked(0, 3, 30.0), Rules(least_months=least))
    assert later[0] > 0
    retired = hand_made().chance(_asked(0, 3, 48.0), Rules(end_months=np.array([6.0])))
    unknown = hand_made().chance(_asked(0, 3, 48.0), Rules(end_months=np.array([np.nan])))
    assert 0 < retired[0] < unknown[0]
    assert unknown[0] == pytest.approx(hand_made().chance(_asked(0, 3, 48.0))[0])


UP = np.array(
    [[False, True, False, False], [False, False, True, False], [False, False, False, True], [False] * 4, [False] * 4]
)


def test_a_path_takes_no_step_that_may_not_follow_and_its_least_times_add_up() -> None:
    rules = Rules(least_months=np.array([36.0, 24.0, 24.0, 0.0]), moves=UP)  # two years of the first are served
    chain = np.array([[0.0, 0.6, 0.3, 0.1], [0.1, 0.0, 0.4, 0.5], [0.2, 0.2, 0.0, 0.6], [0.5, 0.5, 0.0, 0.0]])
    (routes,) = hand_made(chain).routes(_asked(0, 3, 84.0), rules=rules)
    assert [route.path for route in routes] == [(1, 2, 3)]
    assert [leg.chance for leg in routes[0].legs] == [1.0, 1.0, 1.0], "what is left when the others are no steps"
    assert [leg.low >= least for leg, least in zip(routes[0].legs, (11.9, 35.9, 59.9), strict=True)] == [True] * 3
    assert hand_made(chain).chance(_asked(0, 3, 59.0), rules)[0] == 0.0
    assert hand_made(chain).chance(_asked(0, 3, 66.0), rules)[0] > 0.0


def test_nothing_is_told_within_a_horizon_that_ends_before_its_least_times() -> None:
    rules = Rules(least_months=np.array([25.0, 0.0, 0.0, 0.0]))  # one month more, by the calendar a little over
    assert hand_made().chance(_asked(0, 3, 0.5), rules)[0] == 0.0
    assert hand_made().chance(_asked(0, 3, 3.0), rules)[0] > 0.0


def test_a_long_ladder_is_climbed_step_by_step() -> None:
    size = 9
    chain = np.full((size, size), 1.0 / size)
    moves = np.zeros((size + 1, size), bool)
    moves[np.arange(size - 1), np.arange(1, size)] = True
    rules = Rules(least_months=np.full(size, 12.0), moves=moves)
    (routes,) = hand_made(chain).routes(_asked(0, 8, 240.0), rules=rules)
    assert [route.path for route in routes] == [tuple(range(1, size))]
    assert routes[0].chance > 0.5


def test_what_is_known_of_an_officer_lifts_the_chance() -> None:
    asked = _asked(0, 3)
    lifted = Goals(asked.starts, asked.goals, asked.horizon_months, np.array([[1.0, 1.0, 1.0, 6.0]]))
    assert hand_made().chance(lifted)[0] > 1.3 * hand_made().chance(asked)[0]


def test_the_ends_of_an_interval_are_whole_months() -> None:
    route = hand_made().routes(_asked(0, 3))[0][0]
    last = route.legs[-1]
    assert last.low == int(last.low)
    assert last.high == int(last.high)
    assert route.legs[0].months < last.months <= 48.0
    assert in_whole_months(np.array([[2.6, 2.7, 47.5]]), 47.6).tolist() == [[2.7, 2.7, 47.6]]


def test_quantiles_follow_when_in_a_quarter_moves_fall() -> None:
    at_the_end = np.full(11, 1.0)
    found = quantiles(np.array([[0.5, 0.5], [0.0, 0.0]]), (0.1, 0.9), at_the_end)
    assert found[0].tolist() == pytest.approx([3.0, 6.0])
    assert np.isnan(found[1]).all()


def test_a_further_step_moves_everything_on() -> None:
    later = extended(standing_at([0]), np.array([2]), np.array([99.0]))
    assert later.posts[0].tolist() == [2, 0, -1]
    assert later.days[0].tolist() == [1.0, 830.0, 0.0]
    assert later.day[0] == 18100


def test_a_search_may_be_narrower() -> None:
    model = PathModel(Chain(CHAIN), Even(), Search(first=1, second=1, third=1))  # type: ignore[arg-type]
    routes = model.routes(_asked(0, 3))[0]
    assert {route.path for route in routes} == {(3,), (1, 3), (1, 2, 3)}
