"""Implicit ALS, a plain peer for the next post: officers and posts as short vectors fitted in turns.

Hu, Koren and Volinsky, "Collaborative filtering for implicit feedback datasets", ICDM 2008. A post held has preference
1 with confidence 1 + alpha, any other preference 0 with confidence 1; each turn solves one side exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from models.posts.counts import officer_posts
from models.posts.histories import PADDING, Array, Catalogue, Histories, Moves

FACTORS = 32
ALPHA = 10.0
PENALTY = 3.0
TURNS = 10
CELLS = 4_000_000


@dataclass(frozen=True)
class ImplicitAls:
    """`factors` (size, f) of the posts; an officer's vector is solved from the posts held when the question comes."""

    factors: Array
    alpha: float
    penalty: float

    @classmethod
    def fit(cls, moves: Moves, catalogue: Catalogue, alpha: float = ALPHA, penalty: float = PENALTY) -> ImplicitAls:
        """Alternate a fixed number of turns from a small random start; the same moves give the same factors."""
        held = officer_posts(moves, catalogue.size)
        posts = np.random.default_rng(0).normal(0.0, 0.1, (catalogue.size, FACTORS))
        for _ in range(TURNS):
            officers = solve(held, posts, alpha, penalty)
            posts = solve(held.T.tocsr(), officers, alpha, penalty)
        return cls(posts, alpha, penalty)

    def score(self, histories: Histories, novel: bool) -> Array:  # noqa: ARG002  held posts are masked by the caller
        """The officer's vector, folded in from the posts held, times that of each post."""
        size = len(self.factors)
        known = (histories.posts != PADDING) & (histories.posts < size)
        rows, places = np.nonzero(known)
        cells = (np.ones(len(rows)), (rows, histories.posts[rows, places]))
        held = sp.csr_matrix(cells, shape=(len(histories), size))
        held.data[:] = 1.0
        return np.asarray(solve(held, self.factors, self.alpha, self.penalty) @ self.factors.T)


def solve(held: sp.csr_matrix, factors: Array, alpha: float, penalty: float) -> Array:
    """(n, f) least-squares vectors of the rows: (Y'Y + alpha * Y_r'Y_r + penalty * I)^-1 (1 + alpha) * sum of Y_r.

    held: (n, m) ones; factors: (m, f), Y, of which Y_r are the rows held.

    >>> one = solve(sp.csr_matrix([[1.0, 0.0]]), np.array([[1.0], [0.0]]), alpha=2.0, penalty=1.0)
    >>> one.tolist()
    [[0.75]]
    """
    width = factors.shape[1]
    base = factors.T @ factors + penalty * np.eye(width)
    wanted = (1.0 + alpha) * (held @ factors)
    squares = (factors[:, :, None] * factors[:, None, :]).reshape(len(factors), width * width)
    result = np.zeros((held.shape[0], width))
    step = max(1, CELLS // (width * width))
    for start in range(0, held.shape[0], step):
        rows = slice(start, start + step)
        own = np.asarray(held[rows] @ squares).reshape(-1, width, width)
        result[rows] = np.linalg.solve(base + alpha * own, wanted[rows][:, :, None])[:, :, 0]
    return result
