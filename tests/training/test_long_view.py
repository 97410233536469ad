"""The long view: no row sees its own officer's move in a rate, nor a rate of other years, and noise stays noise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from models.paths.dwell import COVARIATES, MOVE, Quarters
from models.posts.histories import Array, Histories
from training.paths.long_view import FOLDS, ONE_SPLIT, PERIOD_DAYS, RISING, fit_long, rows_of_others

POST = COVARIATES.index("post_turnover")
SIZE = 100


def _quarters(post: Array, causes: Array, day: Array | None = None) -> Quarters:
    """One quarter of each of n officers, who differ by their post alone."""
    n = len(post)
    histories = Histories(
        posts=np.stack([post, np.full(n, -1)], 1).astype(np.int32),
        days=np.tile(np.array([400.0, 0.0], np.float32), (n, 1)),
        rank=np.zeros(n, np.int32),
        rank_days=np.full(n, np.nan, np.float32),
        tenure_days=np.full(n, 4000.0, np.float32),
        day=np.full(n, 15_000, np.int32) if day is None else day.astype(np.int32),
    )
    return Quarters(histories, causes, np.ones(n), np.ones(n), np.arange(n))


def test_no_row_sees_a_rate_that_counts_its_own_officer() -> None:
    rng = np.random.default_rng(1)
    found = _quarters(rng.integers(0, SIZE, 2000), np.where(rng.random(2000) < 0.2, MOVE, 0))
    before = rows_of_others(found, SIZE, 1)[:, POST]
    changed = replace(found, causes=np.where(np.arange(2000) == 7, MOVE - found.causes[7], found.causes))
    after = rows_of_others(changed, SIZE, 1)[:, POST]
    assert after[7] == before[7]
    same_post = found.histories.posts[:, 0] == found.histories.posts[7, 0]
    assert 0 < (after[same_post] != before[same_post]).sum() < same_post.sum()
    twins = replace(found, officers=np.arange(2000) // 2)  # all quarters of an officer are in one fold
    own = rows_of_others(twins, SIZE, 1)[:, POST]
    other = rows_of_others(replace(twins, causes=changed.causes), SIZE, 1)[:, POST]
    assert (other[[6, 7]] == own[[6, 7]]).all()


def test_rates_are_those_of_the_same_four_years() -> None:
    post, early = np.zeros(800, np.int64), np.arange(800) < 400
    day = np.where(early, 15_000 - PERIOD_DAYS, 15_000)
    rates = rows_of_others(_quarters(post, np.where(early, MOVE, 0), day), SIZE, 1)[:, POST]
    assert (rates[early] == 1).all()
    assert (rates[~early] == 0).all()


def test_a_higher_rate_never_lowers_the_chance() -> None:
    rng = np.random.default_rng(2)
    post = rng.integers(0, SIZE, 4000)
    found = _quarters(post, np.where(rng.random(4000) < np.where(post % 2, 0.1, 0.4), MOVE, 0))
    trees = fit_long(found, SIZE, 1)
    asked = np.repeat(rows_of_others(found, SIZE, 1)[:1], 60, 0)
    asked[:, POST] = np.linspace(0.0, 0.6, 60)
    chances = trees.predict(asked)
    assert (np.diff(chances) >= 0).all()
    assert chances[-1] > chances[0] + 0.1


def test_trees_of_one_split_add_what_covariates_say_and_nothing_more() -> None:
    rng = np.random.default_rng(4)
    found = _quarters(rng.integers(0, SIZE, 4000), np.zeros(4000, np.int64))
    old, senior = rng.random(4000) < 0.5, rng.random(4000) < 0.5
    histories = replace(found.histories, tenure_days=np.where(old, 4000.0, 400.0).astype(np.float32),
                        rank_days=np.where(senior, 900.0, 90.0).astype(np.float32))  # fmt: skip
    causes = np.where(rng.random(4000) < np.where(old == senior, 0.4, 0.1), MOVE, 0)  # only both together say it
    found = replace(found, histories=histories, causes=causes)
    x = rows_of_others(found, SIZE, 1)
    gap = {}
    for name, params in {"many": RISING, "one": ONE_SPLIT}.items():
        chances = fit_long(found, SIZE, 1, params=params).predict(x)
        gap[name] = chances[old == senior].mean() - chances[old != senior].mean()
    assert gap["many"] > 0.2
    assert abs(gap["one"]) < 0.05


def test_posts_that_say_nothing_do_not_order_anybody() -> None:
    rng = np.random.default_rng(3)
    found = _quarters(rng.integers(0, SIZE, 3000), np.where(rng.random(3000) < 0.2, MOVE, 0))
    x = rows_of_others(found, SIZE, 1)
    moved = (found.causes == MOVE).astype(float)
    assert abs(np.corrcoef(x[:, POST], moved)[0, 1]) < 0.06, "a rate that counts its own row correlates at .2"
    assert len(np.unique(x[:, POST])) <= FOLDS * SIZE
    chances = fit_long(found, SIZE, 1).predict(x)
    assert 0.15 < chances.mean() < 0.25
