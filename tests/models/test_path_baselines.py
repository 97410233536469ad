"""The peers by hand: shortest by -log chance, most frequent by count, both silent on unknown goals."""

from __future__ import annotations

import numpy as np

from models.paths.baselines import MarkovShortest, MostFrequent
from models.paths.finding import Goals
from tests.models.path_models import standing_at
from tests.training.path_worlds import CUT, ladder_frames
from training.paths.data import states_at
from training.posts.data import training_data

DATA = training_data(ladder_frames(200), CUT)
CODES = DATA.catalogue.codes


def test_the_shortest_way_goes_by_the_likeliest_post() -> None:
    peer = MarkovShortest.fit(DATA.moves, DATA.catalogue)
    found = peer.find(Goals(standing_at([CODES["a"], CODES["b"]]), np.array([CODES["z"], CODES["z"]]), 60.0))
    assert found.paths[0][0] == (CODES["m"], CODES["z"])
    assert found.paths[1][0] == (CODES["n"], CODES["z"])
    assert len(found.paths[0]) == 5
    assert len(set(found.paths[0])) == 5
    assert 40 < found.months[0] < 56  # two stays of two years
    assert found.low[0] < found.months[0] < found.high[0] <= 60.0


def test_the_most_frequent_way_is_the_one_seen_most() -> None:
    peer = MostFrequent.fit(DATA.moves, DATA.catalogue, 60.0)
    found = peer.find(Goals(standing_at([CODES["a"], CODES["z"]]), np.array([CODES["z"], CODES["a"]]), 60.0))
    assert found.paths[0][0] == (CODES["m"], CODES["z"])
    assert (CODES["z"],) in found.paths[0]
    assert abs(found.months[0] - 48) < 4
    assert list(found.paths[1]) == [(CODES["a"],)]  # never seen: the direct way is all there is


def test_neither_speaks_of_a_goal_it_does_not_know() -> None:
    asked = Goals(standing_at([CODES["a"]]), np.array([DATA.catalogue.size]), 60.0)
    for peer in (MarkovShortest.fit(DATA.moves, DATA.catalogue), MostFrequent.fit(DATA.moves, DATA.catalogue, 60.0)):
        found = peer.find(asked)
        assert list(found.paths[0]) == []
        assert np.isnan(found.months[0])


def test_who_is_already_there_has_no_way_to_go() -> None:
    states = states_at(ladder_frames(200), CUT, DATA.catalogue, DATA.ranks)
    there = states.histories.posts[:, 0].astype(int)
    found = MarkovShortest.fit(DATA.moves, DATA.catalogue).find(Goals(states.histories, there, 48.0))
    assert not any(found.paths)
