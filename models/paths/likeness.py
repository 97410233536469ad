"""Posts that are left for the same places count together: a few kinds of posts behind all moves between them.

A move from s to x is thought to go by a kind z: P(x | s) = sum over z of P(z | s) P(x | z), by probabilistic latent
semantic analysis (Hofmann 1999). Few people ever left most posts, and what is left of those who did is of other years;
the kind speaks where the post alone cannot.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from models.paths.finding import distinct
from models.posts.histories import Array

KINDS, POSTS_A_KIND = 8, 10  # at most so many, and so many posts to each
ROUNDS = 80
KIND_PRIOR = 0.1  # moves by each kind that every post is thought to have had
PLACE_PRIOR = 2.0  # moves of each kind, to places as they are filled at large


@dataclass(frozen=True)
class Likeness:
    """kinds: (size + 1, kinds) share of each kind in the moves out of a post; places: (kinds, size) where each goes."""

    kinds: Array
    places: Array

    @classmethod
    def fit(cls, counts: sp.csr_matrix, seed: int = 0) -> Likeness:
        """From moves (size + 1, size) between posts, by EM from a random start."""
        rows, size = counts.shape
        rng, kinds = np.random.default_rng(seed), int(np.clip(size // POSTS_A_KIND, 2, KINDS))
        a, b = (_shares(rng.random(shape) + 0.5) for shape in ((rows, kinds), (kinds, size)))
        at, share = counts.tocoo(), np.asarray(counts.sum(0)).ravel() + 0.1
        prior = PLACE_PRIOR * share / share.sum()
        for _ in range(ROUNDS):
            chance = np.maximum((a[at.row] * b.T[at.col]).sum(1), 1e-12)
            part = sp.csr_matrix((at.data / chance, (at.row, at.col)), shape=counts.shape)
            a, b = _shares(a * (part @ b.T) + KIND_PRIOR), _shares(b * (part.T @ a).T + prior)
        return cls(a, b)

    def rows(self, posts: Array) -> Array:
        """(n, size) where the moves out of each post go."""
        one, place = distinct(posts)
        found = np.zeros((len(one), self.places.shape[1]))
        for kind, places in enumerate(self.places):  # not a matrix product, whose last digit hangs on how many rows
            found += self.kinds[posts[one], kind, None] * places
        return found[place]

    def cells(self, posts: Array, goals: Array) -> Array:
        """(n,) the chance of one goal for each post."""
        return np.add.accumulate(self.kinds[posts] * self.places.T[goals], 1)[:, -1]


def _shares(values: Array) -> Array:
    return np.asarray(values / values.sum(1, keepdims=True))
