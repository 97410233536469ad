"""Counts mixed by weights learned on later moves: rows are chances, one cell is the same as its row, courses lift."""

from __future__ import annotations

import numpy as np

from models.courses.lifts import CourseLifts
from models.paths.transitions import WAYS, Transitions
from models.posts.histories import Array, Histories
from tests.models.path_models import Chain, standing_at
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
    assert found.weights[0, 0] == 0.25


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
