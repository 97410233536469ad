"""More time is never less chance: officers and horizons of a force with more ways than a beam keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.random import default_rng

from models.paths import together
from models.paths.farther import FRAMES
from models.paths.search import PathModel
from models.paths.telling import Bars
from models.paths.together import Ahead, Asked, Wanted, search_all
from models.posts.histories import Array
from tests.models.path_models import hand_made, standing_at

POSTS, OFFICERS = 60, 8
HORIZONS = (1, 5, 6, 12, 23, 24, 34, 35, 36, 37, 38, 45, 57, 58, 60, 61, 63, 72, 96, 117, 118, 120, 121, 122, 150)
WANTED = Wanted(5, 0.002)
NOBODY = np.zeros(POSTS)


def _world(seed: int) -> tuple[PathModel, list[Asked]]:
    """Everybody may go nearly everywhere, to a few posts much more readily; some posts open late, some service ends."""
    draw = default_rng(seed)
    chain = draw.gamma(0.15, size=(POSTS, POSTS))
    np.fill_diagonal(chain, 0.0)
    asked = []
    for officer in range(OFFICERS):
        opens = np.where(draw.random(POSTS) < 0.3, draw.uniform(0.0, 90.0, POSTS), 0.0)
        factors = np.stack([np.ones(POSTS), np.where(draw.random(POSTS) < 0.2, 3.0, 1.0)])
        asked.append(Asked(
            standing_at([officer]), (POSTS - 1 - officer, POSTS - 2 - officer), 0.0, factors, (),
            float(draw.uniform(20.0, 200.0)), Bars(opens, opens, NOBODY, NOBODY, NOBODY > 0),
            np.full(POSTS, 12.0),
        ))  # fmt: skip
    return hand_made(chain / chain.sum(1, keepdims=True), hazard=0.12), asked


def _sweep(model: PathModel, asked: Sequence[Asked]) -> list[list[Ahead]]:
    """(horizons, officers)."""
    return [
        search_all(model, [replace(one, horizon_months=float(months)) for one in asked], WANTED, free=False)
        for months in HORIZONS
    ]


def _falls(sweep: Sequence[Sequence[Ahead]]) -> Array:
    """(n,) by how much chances, with and without the change, are smaller than within a shorter time."""
    chances = np.array([[np.append(one.chance, one.lifted) for one in answers] for answers in sweep])
    return np.asarray(-np.diff(chances, axis=0)[np.diff(chances, axis=0) < 0])


@pytest.mark.parametrize("seed", [1, 2])
def test_no_chance_falls_and_no_path_is_lost_as_the_horizon_grows(seed: int) -> None:
    sweep = _sweep(*_world(seed))
    assert _falls(sweep).size == 0
    found = np.array([[bool(one.routes) for one in answers] for answers in sweep])
    assert (found[1:] >= found[:-1]).all()
    assert found[-1].any()


def test_without_frames_chances_would_fall(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the sweep is for: each horizon searched by itself keeps other ways."""
    monkeypatch.setattr(together, "frame_of", lambda months: months)
    monkeypatch.setattr(together, "frame_before", lambda _: None)
    assert _falls(_sweep(*_world(1))).size > 0


def test_a_frame_is_searched_at_its_own_horizon() -> None:
    """What is asked for within a whole frame is the search of that horizon and nothing else."""
    model, asked = _world(1)
    one = replace(asked[0], horizon_months=FRAMES[0])
    assert len(one.goals) > 1, "a way to one of them that passes another counts for neither search"
    (found,) = search_all(model, [one], WANTED, free=False)
    goals, _ = together._rows([one], model.transitions.size)
    (plain,) = [model.chance(goals, together._rules([one], goals))]
    assert found.chance == pytest.approx(plain[: len(one.goals)].sum(), rel=1e-12)
