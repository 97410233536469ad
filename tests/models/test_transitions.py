"""Counts mixed by weights learned on later moves: rows are chances, one cell is the same as its row, courses lift."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from models.courses.lifts import CourseLifts
from models.paths.finding import Goals
from models.paths.likeness import Likeness
from models.paths.rules import Rules
from models.paths.search import PathModel
from models.paths.transitions import SENIORITIES, WAYS, Transitions, seniority_row
from models.posts.histories import Array, Histories
from tests.models.path_models import Chain, Even, standing_at
from tests.training.path_worlds import CUT, ladder_frames
from training.posts.data import TrainingData, training_data


def _data(officers: int = 300) -> TrainingData:
    return training_data(ladder_frames(officers), CUT)


def test_rows_are_chances_and_cells_agree_with_them() -> None:
    data = _data()
    found = Transitions.fit(data.moves, data.catalogue)
    histories = data.moves.histories
    rows = found.chances(histories)
    np.testing.assert_allclose(rows.sum(1), 1.0)
    goals = data.moves.targets
    cells = found.towards(histories, goals)
    np.testing.assert_allclose(cells, rows[np.arange(len(goals)), goals], atol=1e-9)
    assert (rows[np.arange(len(rows)), histories.posts[:, 0]] == 0).all()
    assert found.into(goals).shape == (len(goals), found.size)
    np.testing.assert_allclose(found.weights.sum(1), 1.0, atol=1e-6)


def test_the_two_step_pattern_is_learned() -> None:
    data = _data()
    codes = data.catalogue.codes
    found = Transitions.fit(data.moves, data.catalogue)
    chances = found.chances(standing_at([codes["a"], codes["b"]]))
    assert chances[0].argmax() == codes["m"]
    assert chances[1].argmax() == codes["n"]


def test_too_few_moves_leave_the_weights_as_they_were() -> None:
    data = _data(300)
    few = data.moves.take(slice(0, 1))
    found = Transitions.fit(few, data.catalogue)
    assert found.weights.shape == (4, len(WAYS))
    assert found.weights[0, 0] == 0.2


def test_posts_that_are_left_for_the_same_places_speak_for_each_other() -> None:
    """Of six posts three lead to 6 and three to 7; 5 was left once only, to another place, but its like went to 7."""
    counts = np.zeros((9, 8))
    counts[[0, 1, 2], 6] = 40.0
    counts[[0, 1, 2], 3] = 10.0
    counts[[3, 4], 7] = 40.0
    counts[[3, 4, 5], 1] = 10.0
    found = Likeness.fit(sp.csr_matrix(counts))
    rows = found.rows(np.arange(9))
    np.testing.assert_allclose(rows.sum(1), 1.0)
    assert rows[5, 7] > 10 * rows[5, 6]
    assert rows[0, 6] > 10 * rows[0, 7]
    goals = np.array([7, 6, 0])
    np.testing.assert_allclose(found.cells(np.array([5, 0, 8]), goals), rows[[5, 0, 8], goals])


def test_people_of_one_rank_and_length_of_service_are_counted_together() -> None:
    start = standing_at([0, 0, 0, 0])
    years = np.array([0.5, 3.0, 30.0, np.nan], np.float32)
    known = replace(start, rank=np.array([0, 1, 1, 7], np.int32), tenure_days=years * 365.25)
    assert seniority_row(known, 2).tolist() == [0, SENIORITIES + 2, SENIORITIES + 7, SENIORITIES - 1]


def test_where_the_young_go_is_not_where_the_old_go() -> None:
    data = _data()
    count = len(data.moves)
    young = np.arange(count) % 2 == 0
    histories = replace(data.moves.histories, tenure_days=np.where(young, 100.0, 9000.0).astype(np.float32),
                        posts=np.where(np.arange(data.moves.histories.posts.shape[1]) == 0, 0, -1)
                        * np.ones((count, 1), np.int32))  # fmt: skip
    targets = np.where(young, 3, 4)
    moves = type(data.moves)(histories, targets, data.moves.novel, data.moves.officers)
    found = Transitions.fit(moves, data.catalogue)
    chances = found.chances(histories.take(np.array([0, 1])))
    assert chances[0, 3] > 0.75
    assert chances[1, 4] > 0.75
    again = Transitions.from_parts(found.to_parts())
    np.testing.assert_array_equal(again.chances(histories), found.chances(histories))


def test_a_course_whose_holders_go_where_others_do_not_opens_that_family() -> None:
    chain = np.array([[0.0, 0.5, 0.5], [1.0, 0.0, 0.0], [1.0, 0.0, 0.0]])
    count = 400
    moves = _data().moves.take(np.zeros(count, int))
    start: Histories = standing_at([0] * count)
    rng = np.random.default_rng(1)
    held: Array = np.stack([np.arange(count) < 200, np.arange(count) % 2 == 0], 1)
    targets = np.where(held[:, 0], 2, rng.integers(1, 3, count))
    moves = type(moves)(start, targets, moves.novel, moves.officers)
    lifts = CourseLifts.fit(moves, held, Chain(chain), (("opens", "idle"), ("f", "g"), np.array([0, 0, 1])))
    assert lifts.lift[0, 1] > 1.7
    assert abs(lifts.lift[1, 1] - 1.45) < 0.25  # its holders hold the other one as often as all do
    assert lifts.opening(1, 1) == (0,)
    assert lifts.opening(0, 2) == ()
    factors = lifts.factors(np.array([[True, False], [False, False]]))
    assert factors[1].tolist() == [1.0, 1.0, 1.0]
    assert factors[0, 2] == lifts.lift[0, 1]
    again = CourseLifts.from_parts(lifts.to_parts())
    np.testing.assert_array_equal(again.lift, lifts.lift)
    assert again.courses == lifts.courses


RARE, COMMON, OTHER = 1, 2, 3


def _early_and_late(data: TrainingData) -> Transitions:
    """Of 1,000 who came to post 0, 30 left it for RARE in the first year and 970 for COMMON in the third."""
    count = 1000
    early = np.arange(count) % 100 < 3
    start = standing_at([0] * count)
    days = np.where(np.arange(start.posts.shape[1]) == 0, np.where(early, 200.0, 900.0)[:, None], 0.0)
    start = replace(start, days=days.astype(np.float32), day=np.arange(15000, 15000 + count, dtype=np.int32))
    moves = data.moves.take(np.zeros(count, int))
    moves = type(moves)(start, np.where(early, RARE, COMMON), moves.novel, moves.officers)
    return Transitions.fit(moves, data.catalogue)


def test_a_move_goes_where_people_go_after_the_stay_it_will_end() -> None:
    """Whoever came lately is told the rare way only as far as it comes before the common one (competing risks)."""
    found = _early_and_late(_data())
    lately = replace(standing_at([0]), days=np.array([[190.0, 0.0]], np.float32))
    assert found.chances(lately)[0, RARE] > 0.5  # of moves made today, it is the usual one
    hazards = np.array([0.03] + [0.0] * 7 + [0.3] * 12)  # rare moves now, common ones from the third year on
    ends = (hazards * np.cumprod(np.append(1.0, 1 - hazards[:-1])))[None, :]
    told = found.chances(lately, ends)
    assert told[0, COMMON] > 0.85
    assert told[0, RARE] < 0.1
    np.testing.assert_allclose(told.sum(1), 1.0)
    for goal in (RARE, COMMON, OTHER):
        np.testing.assert_allclose(found.towards(lately, np.array([goal]), ends), told[:, goal], atol=1e-9)


def test_paths_tell_the_common_way_to_whoever_came_lately() -> None:
    """The search asks for the stay at the move; with a least time of two years nobody goes in the first one."""
    found = _early_and_late(_data())
    model = PathModel(found, Even(0.2))  # type: ignore[arg-type]
    lately = replace(standing_at([0, 0]), days=np.array([[190.0, 0.0]] * 2, np.float32))
    asked = Goals(lately, np.array([RARE, COMMON]), 60.0)
    ways = model.routes(asked, 5, Rules(None, np.full(found.size, 24.0)))
    rare, common = (next(one.legs[0].chance for one in some if len(one.legs) == 1) for some in ways)
    assert common > 0.85
    assert rare < 0.1


def test_where_no_stay_ends_in_time_a_move_is_read_as_of_today() -> None:
    found = _early_and_late(_data())
    lately = replace(standing_at([0]), days=np.array([[190.0, 0.0]], np.float32))
    never = found.chances(lately, np.zeros((1, 8)))
    np.testing.assert_allclose(never, found.chances(lately))


def test_answers_to_many_are_those_to_each_alone() -> None:
    data = _data()
    found = Transitions.fit(data.moves, data.catalogue)
    some = data.moves.histories.take(np.arange(40))
    ends = np.random.default_rng(1).random((40, 12)) / 12
    every, cells = found.chances(some, ends), found.towards(some, data.moves.targets[:40], ends)
    for row in range(40):
        one = some.take(np.array([row]))
        np.testing.assert_array_equal(found.chances(one, ends[row : row + 1])[0], every[row])
        np.testing.assert_array_equal(
            found.towards(one, data.moves.targets[row : row + 1], ends[row : row + 1]), cells[row]
        )
