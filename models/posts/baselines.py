"""Plain peers for the next post: none has a network, each is a count, and each can be beaten only fairly.

`fit(moves, catalogue)` sees training moves only; `score(histories, novel)` gives (n, size), larger is likelier.
With `novel` the held posts will be barred, so a model may lean on other evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import scipy.sparse as sp

from models.posts.counts import EASE_DECAY, EASE_DEPTH, EASE_STRENGTH, ease_weights, most_held_posts, officer_posts
from models.posts.factors import ImplicitAls
from models.posts.histories import PADDING, Array, Catalogue, Histories, Moves

BACK_OFF = 10.0
RECENT_DAYS = 365
RETURN_BUCKETS = 6
COOCCURRENCE_DECAY = 0.35


class PostScorer(Protocol):
    """A fitted ranking of posts."""

    def score(self, histories: Histories, novel: bool) -> Array:
        """(n, size), larger is likelier."""


@dataclass(frozen=True)
class Popularity:
    """How often each post was moved to."""

    share: Array

    @classmethod
    def fit(cls, moves: Moves, catalogue: Catalogue) -> Popularity:
        """Count every move."""
        return cls(_share(moves, catalogue.size))

    @classmethod
    def fit_recent(cls, moves: Moves, catalogue: Catalogue) -> Popularity:
        """Count the moves of the last year; the earlier ones only break ties."""
        recent = moves.take(moves.day > moves.day.max() - RECENT_DAYS)
        return cls(_share(recent, catalogue.size) + 1e-6 * _share(moves, catalogue.size))

    def score(self, histories: Histories, novel: bool) -> Array:  # noqa: ARG002  the ranking is the same for all
        """The same row for everybody."""
        return np.tile(self.share, (len(histories), 1))


@dataclass(frozen=True)
class Markov:
    """The next post given the present one, backing off to popularity where little was seen."""

    counts: sp.csr_matrix
    share: Array
    back_off: float

    @classmethod
    def fit(cls, moves: Moves, catalogue: Catalogue, back_off: float = BACK_OFF) -> Markov:
        """Count the moves between posts."""
        size = catalogue.size
        present = moves.histories.present(size)
        cells = (np.ones(len(moves)), (present, moves.targets))
        return cls(sp.csr_matrix(cells, shape=(size + 1, size)), _share(moves, size), back_off)

    def score(self, histories: Histories, novel: bool) -> Array:  # noqa: ARG002
        """Probabilities: (count + back_off * popularity) / (total + back_off)."""
        counts = self.counts[histories.present(len(self.share))].toarray()
        return np.asarray((counts + self.back_off * self.share) / (counts.sum(1, keepdims=True) + self.back_off))


@dataclass(frozen=True)
class CopyMarkov:
    """Markov plus a learned chance of going back to an earlier post, by how many were held and how far back."""

    markov: Markov
    chance: Array
    how_far: Array

    @classmethod
    def fit(cls, moves: Moves, catalogue: Catalogue, back_off: float = BACK_OFF) -> CopyMarkov:
        """Learn how often officers with so many posts return, and to which of them."""
        posts = moves.histories.posts
        back = posts[:, 1:] == moves.targets[:, None]
        returned, depth = back.any(1), np.minimum((posts != PADDING).sum(1), RETURN_BUCKETS - 1)
        tries = np.bincount(depth, minlength=RETURN_BUCKETS) + 10.0
        overall = (returned.sum() + 0.5) / (len(moves) + 10.0)
        chance = (np.bincount(depth, returned, minlength=RETURN_BUCKETS) + 10.0 * overall) / tries
        first = np.bincount(back.argmax(1)[returned], minlength=posts.shape[1]).astype(float) + 0.1
        return cls(Markov.fit(moves, catalogue, back_off), np.where(np.arange(RETURN_BUCKETS) < 2, 0, chance), first)

    def score(self, histories: Histories, novel: bool) -> Array:
        """(1 - chance) * Markov + chance * return."""
        scores, size = self.markov.score(histories, novel), len(self.markov.share)
        returns = np.zeros((len(histories), size + 1))
        posts = histories.posts[:, 1 : 1 + len(self.how_far)]
        known = (posts != PADDING) & (posts < size) & (posts != histories.posts[:, :1])
        columns = np.where(known, posts, size).astype(np.int64)
        np.add.at(returns, (np.arange(len(posts))[:, None], columns), known * self.how_far[: posts.shape[1]])
        returns = returns[:, :size] / np.maximum(returns[:, :size].sum(1, keepdims=True), 1e-12)
        depth = np.minimum((histories.posts != PADDING).sum(1), RETURN_BUCKETS - 1)
        chance = np.where(returns.sum(1) > 0, self.chance[depth], 0.0)[:, None]
        return np.asarray((1 - chance) * scores + chance * returns)


@dataclass(frozen=True)
class ItemWeights:
    """Scores that sum a post-to-post weight over the posts held, each step back counting less.

    weights: (m, m) over `posts`, the most held ones; every other post of the catalogue scores nothing.
    """

    weights: Array
    posts: Array
    size: int
    decay: float

    @classmethod
    def fit_ease(cls, moves: Moves, catalogue: Catalogue, decay: float = EASE_DECAY) -> ItemWeights:
        """EASE (Steck 2019)."""
        posts = most_held_posts(moves, catalogue.size)
        return cls(ease_weights(moves, catalogue.size, posts, EASE_STRENGTH), posts, catalogue.size, decay)

    @classmethod
    def fit_knn(cls, moves: Moves, catalogue: Catalogue, decay: float = EASE_DECAY) -> ItemWeights:
        """Cosine of the officers who held both, shrunk where few did."""
        posts = most_held_posts(moves, catalogue.size)
        held = officer_posts(moves, catalogue.size)[:, posts]
        both = np.asarray((held.T @ held).toarray(), np.float32)
        norm = np.sqrt(np.diag(both)) + EASE_STRENGTH**0.5
        np.fill_diagonal(both, 0.0)
        return cls(both / norm[:, None] / norm[None, :], posts, catalogue.size, decay)

    def score(self, histories: Histories, novel: bool) -> Array:  # noqa: ARG002
        """Sum over the last posts."""
        place = np.full(self.size + 1, -1)
        place[self.posts] = np.arange(len(self.posts))
        inner = np.zeros((len(histories), len(self.posts)), np.float32)
        for back in range(min(EASE_DEPTH, histories.posts.shape[1])):
            at = place[histories.nth(back, self.size)]
            known = np.flatnonzero(at >= 0)
            inner[known] += np.float32(self.decay**back) * self.weights[at[known]]
        scores = np.zeros((len(histories), self.size), np.float32)
        scores[:, self.posts] = inner
        return scores


@dataclass(frozen=True)
class DirectedCooccurrence:
    """What came after each post held, at any distance, the farther the less: both when counting and when asked.

    counts: (size + 1, size), row `size` is empty. A step of distance weighs `decay` times less.
    """

    counts: sp.csr_matrix
    share: Array
    decay: float

    @classmethod
    def fit(cls, moves: Moves, catalogue: Catalogue, decay: float = COOCCURRENCE_DECAY) -> DirectedCooccurrence:
        """Every pair of an earlier and a later post of one officer; the first post is nobody's later one."""
        size, posts = catalogue.size, moves.histories.posts
        rows, back = np.nonzero((posts != PADDING) & (posts < size) & (moves.targets < size)[:, None])
        cells = (decay**back, (posts[rows, back], moves.targets[rows]))
        return cls(sp.csr_matrix(cells, shape=(size + 1, size)), _share(moves, size), decay)

    def score(self, histories: Histories, novel: bool) -> Array:  # noqa: ARG002
        """Sum over the posts held of decay^back * (count + back_off * popularity) / (total + back_off)."""
        size = len(self.share)
        totals = np.asarray(self.counts.sum(1)).ravel() + BACK_OFF
        scores = np.zeros((len(histories), size))
        for back in range(min(EASE_DEPTH, histories.posts.shape[1])):
            post = histories.nth(back, size)
            held = (self.counts[post].toarray() + BACK_OFF * self.share) / totals[post][:, None]
            known = histories.posts[:, back] != PADDING
            scores += self.decay**back * np.where(known[:, None], held, 0.0)
        return np.where(scores.any(1, keepdims=True), scores, self.share)


@dataclass(frozen=True)
class MarkovEase:
    """Markov probability plus a weight times EASE; the weight is chosen by whoever fits it, on validation time."""

    markov: Markov
    ease: ItemWeights
    weight: float

    @classmethod
    def fit(cls, moves: Moves, catalogue: Catalogue, weight: float = 1.0) -> MarkovEase:
        """Both parts on the same moves."""
        return cls(Markov.fit(moves, catalogue), ItemWeights.fit_ease(moves, catalogue), weight)

    def score(self, histories: Histories, novel: bool) -> Array:
        """Markov + weight * EASE."""
        return np.asarray(self.markov.score(histories, novel) + self.weight * self.ease.score(histories, novel))


BASELINES: Mapping[str, Callable[[Moves, Catalogue], PostScorer]] = {
    "popularity": Popularity.fit,
    "recent_popularity": Popularity.fit_recent,
    "markov": Markov.fit,
    "copy_markov": CopyMarkov.fit,
    "ease": ItemWeights.fit_ease,
    "item_knn": ItemWeights.fit_knn,
    "als": ImplicitAls.fit,
    "directed_cooccurrence": DirectedCooccurrence.fit,
    "markov_ease": MarkovEase.fit,
}


def _share(moves: Moves, size: int) -> Array:
    """How often each post was moved to, smoothed so that no post has nothing."""
    counts = np.bincount(moves.targets, minlength=size) + 0.1
    return np.asarray(counts / counts.sum())
