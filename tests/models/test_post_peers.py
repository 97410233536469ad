"""The plain peers of the next post against closed forms and counts that a reader can do by hand."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from models.posts.baselines import BACK_OFF, DirectedCooccurrence
from models.posts.factors import ImplicitAls, solve
from models.posts.histories import PADDING, Array, Catalogue, Histories, Moves

CATALOGUE = Catalogue(("a", "b", "c", "d"), ((),) * 4)


def histories(posts: Array) -> Histories:
    count = len(posts)
    unknown = np.full(count, np.nan, np.float32)
    whole = np.zeros(count, np.int32)
    return Histories(posts.astype(np.int32), np.ones(posts.shape, np.float32), whole, unknown, unknown, whole)


def moves(posts: Array, targets: list[int]) -> Moves:
    count = len(targets)
    return Moves(histories(posts), np.array(targets), np.ones(count, bool), np.arange(count))


def test_als_solves_each_row_as_written_out() -> None:
    """(Y' C Y + penalty I) x = Y' C p, with C and p written out in full."""
    rng = np.random.default_rng(1)
    held, factors = (rng.random((5, 6)) < 0.4).astype(float), rng.normal(size=(6, 3))
    found = solve(sp.csr_matrix(held), factors, alpha=7.0, penalty=0.5)
    for row, x in zip(held, found, strict=True):
        confidence = np.diag(1.0 + 7.0 * row)
        right = np.linalg.solve(factors.T @ confidence @ factors + 0.5 * np.eye(3), factors.T @ confidence @ row)
        assert np.allclose(x, right)


def test_als_rows_do_not_depend_on_how_many_are_solved_at_once() -> None:
    held, factors = sp.csr_matrix(np.eye(6)), np.random.default_rng(2).normal(size=(6, 3))
    whole = solve(held, factors, 3.0, 1.0)
    assert np.allclose(np.vstack([solve(held[row : row + 1], factors, 3.0, 1.0) for row in range(6)]), whole)


def test_als_finds_posts_that_are_held_together() -> None:
    posts = np.array([[0, PADDING], [2, PADDING]] * 30)
    model = ImplicitAls.fit(moves(posts, [1, 3] * 30), CATALOGUE)
    scores = model.score(histories(np.array([[0, PADDING], [2, PADDING], [PADDING, PADDING]])), novel=True)
    assert scores[0, 1] > scores[0, 3]
    assert scores[1, 3] > scores[1, 1]
    assert not scores[2].any(), "no post held: nothing to say"


def test_directed_cooccurrence_counts_the_way_and_the_distance() -> None:
    """Newest first: b then a before it, and then c. So b->c counts 1 and a->c counts the decay."""
    model = DirectedCooccurrence.fit(moves(np.array([[1, 0]]), [2]), CATALOGUE, decay=0.25)
    counts = model.counts.toarray()
    assert counts[1, 2] == 1.0
    assert counts[0, 2] == 0.25
    assert counts.sum() == 1.25
    scores = model.score(histories(np.array([[0, 1], [PADDING, PADDING], [4, PADDING]])), novel=False)
    share = model.share
    from_a = (0.25 * np.eye(4)[2] + BACK_OFF * share) / (BACK_OFF + 0.25)
    from_b = (np.eye(4)[2] + BACK_OFF * share) / (BACK_OFF + 1)
    assert np.allclose(scores[0], from_a + 0.25 * from_b)
    assert np.allclose(scores[1], share), "without any post it is popularity"
    assert np.allclose(scores[2], share), "and from an unknown post too"
