"""The next-post model against the simulator's planted two-step patterns: after A and then B comes C."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from data_contracts.catalog import catalog
from data_contracts.simulator.families import post_ids
from data_contracts.simulator.moves import move_facts
from data_contracts.simulator.simulation import simulate
from features.versions import with_superseded_on
from models.posts.baselines import Markov, PostScorer
from models.posts.histories import Moves, barred
from training.evaluation.ranking_metrics import ranks
from training.posts.data import TrainingData, WindowItems, training_data, window_items
from training.posts.fit import FitSettings, fit_pharos

CUT, END = date(2024, 6, 30), date(2026, 1, 1)


def governed(items: WindowItems, data: TrainingData) -> Moves:
    """The test moves that a planted two-step pattern governs."""
    number = np.array([post_ids().index(post) for post in data.catalogue.posts])
    present, before = (items.moves.histories.posts[:, back] for back in (0, 1))
    known = np.flatnonzero((before >= 0) & (before < data.catalogue.size))
    follows = move_facts().two_step[number[before[known]], number[present[known]]]
    return items.moves.take(known[follows >= 0])


def first(model: PostScorer, moves: Moves, size: int) -> float:
    """How often the post that came stands first."""
    places = ranks(model.score(moves.histories, False), moves.targets, barred(moves.histories, size, False))
    return float((places == 1).mean())


@pytest.mark.slow
def test_the_planted_two_step_patterns_are_found_and_markov_is_beaten() -> None:
    frames = simulate(3000, 4, 5, END)
    tables = {name: with_superseded_on(catalog().table(name), frames[name]) for name in ("postings", "posts")}
    data = training_data(tables, CUT)
    moves = governed(window_items(tables, CUT, END, data), data)
    size = data.catalogue.size
    markov = first(Markov.fit(data.moves, data.catalogue), moves, size)
    pharos = first(fit_pharos(data, FitSettings(nets=1, passes=4.0)), moves, size)
    assert len(moves) > 200
    assert pharos > 1.4 * markov
