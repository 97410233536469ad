"""Counts of moves seen from many sides: what both the plain peers and our own model stand on.

Every table exists once for each fold of officers and once for all of them. A training example is looked up in
the tables of its own fold, which its officer's rows are left out of, so that no example meets itself in its prior.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from models.posts.histories import PADDING, Array, Catalogue, Histories, Moves

ROWS = ("transitions", "recent", "skip", "reverse")
SPARSE = (*ROWS, "after", "pairs")
BACK = ROWS.index("reverse")  # where they stand in the rows of `Evidence`
AFTER = len(ROWS)
# What the network mixes and a reason speaks of: here, so that a sentence needs no torch.
WAYS = ("anywhere", "popular", "popular_1y", "popular_recent", "moved", "moved_recently", "two_step", "exchange",
        "after", "kindred_source", "kindred_target", "last_two", "together", "together_sharp", "return")  # fmt: skip
HALF_LIVES_DAYS = (1095.0, 365.0, 120.0)
RECENT_HALF_LIFE_DAYS = 365.0
EASE_STRENGTH = 20.0
EASE_DECAY = 0.5
EASE_DEPTH = 8
MAX_EASE_POSTS = 3000
AFTER_DECAY = 0.35


@dataclass(frozen=True)
class Evidence:
    """What the counts say to each question: rows (n, 8, size), popularity (n, 3, size), ease (n, size)."""

    rows: Array
    popularity: Array
    ease: Array


@dataclass(frozen=True)
class CountTables:
    """Counts by group; group `groups - 1` holds every officer.

    The five sparse tables are (groups * (size + 1), size): row `group * (size + 1) + post`, and row `size` of a
    group is empty, for an unknown present post. `after` counts what came at any distance after a post, each step of
    it weighing less. `pairs` counts by the last two posts together: (groups * (p + 1), size), where row `p` of a group
    is empty, for a pair never seen; pair_keys (p,) sorted, as `pair_key` makes them.
    kindred: (groups, words, size); ease: (groups, m, m) over ease_posts.
    """

    transitions: sp.csr_matrix
    recent: sp.csr_matrix
    skip: sp.csr_matrix
    reverse: sp.csr_matrix
    after: sp.csr_matrix
    pairs: sp.csr_matrix
    pair_keys: Array
    popularity: Array
    kindred: Array
    words: Array
    ease: Array
    ease_posts: Array

    @property
    def size(self) -> int:
        """Posts in the catalogue."""
        return int(self.popularity.shape[2])

    @property
    def groups(self) -> int:
        """Folds of officers, and all of them."""
        return int(self.popularity.shape[0])

    def evidence(self, histories: Histories, group: Array | None = None) -> Evidence:
        """Look each history up in its group's tables; without `group`, in those of every officer."""
        chosen = np.full(len(histories), self.groups - 1) if group is None else group
        present, before = histories.present(self.size), histories.nth(1, self.size)
        at = chosen * (self.size + 1)
        rows = [self.transitions[at + present], self.recent[at + present], self.skip[at + before]]
        dense = [np.asarray(row.toarray(), np.float32) for row in (*rows, self.reverse[at + present])]
        dense.append(self._after(histories, at))
        dense += [self._kindred_source(present, chosen), self._kindred_target(dense[0])]
        pair = chosen * (len(self.pair_keys) + 1) + known_pairs(self.pair_keys, pair_key(before, present, self.size))
        dense.append(np.asarray(self.pairs[pair].toarray(), np.float32))
        return Evidence(np.stack(dense, 1), self.popularity[chosen], self.ease_scores(histories, chosen, EASE_DECAY))

    def _after(self, histories: Histories, at: Array) -> Array:
        """(n, size) what came after each post held, the farther back the less."""
        counts = np.zeros((len(histories), self.size), np.float32)
        for back in range(min(EASE_DEPTH, histories.posts.shape[1])):
            post = histories.nth(back, self.size)
            counts += np.float32(AFTER_DECAY**back) * self.after[at + post].toarray()
        return counts

    def ease_scores(self, histories: Histories, group: Array, decay: float) -> Array:
        """(n, size) sum of EASE weights over the last posts, each step back counting `decay` times less."""
        place = np.full(self.size + 1, -1)
        place[self.ease_posts] = np.arange(len(self.ease_posts))
        inner = np.zeros((len(histories), len(self.ease_posts)), np.float32)
        for back in range(min(EASE_DEPTH, histories.posts.shape[1])):
            posts = histories.posts[:, back]
            at = np.where(posts == PADDING, -1, place[posts])
            held = np.flatnonzero(at >= 0)
            inner[held] += np.float32(decay**back) * self.ease[group[held], at[held]]
        scores = np.zeros((len(histories), self.size), np.float32)
        scores[:, self.ease_posts] = inner
        return scores

    def _kindred_source(self, present: Array, group: Array) -> Array:
        """Where officers of posts with the same words moved: (n, size)."""
        counts = np.zeros((len(present), self.size), np.float32)
        for each in np.unique(group):
            rows = group == each
            counts[rows] = self._sparse_words[present[rows]] @ self.kindred[each]
        return counts

    def _kindred_target(self, counts: Array) -> Array:
        """The counts of a row, spread over posts with the same words: (n, size)."""
        by_word = self._sparse_words[: self.size].T @ counts.T  # (words, n)
        return np.ascontiguousarray((self._word_share.T @ by_word).T, dtype=np.float32)

    @cached_property
    def _sparse_words(self) -> sp.csr_matrix:
        return sp.csr_matrix(self.words)

    @cached_property
    def _word_share(self) -> sp.csr_matrix:
        """(words, size) each word's posts, summing to 1: few words a post, so dense would cost half the fit."""
        words = self.words[: self.size]
        return sp.csr_matrix((words / np.maximum(words.sum(0, keepdims=True), 1e-9)).T)

    def whole(self) -> CountTables:
        """Only the tables of every officer: what a finished model keeps."""
        start = (self.groups - 1) * (self.size + 1)
        sparse = {name: getattr(self, name)[start:] for name in (*ROWS, "after")}
        pairs = self.pairs[(self.groups - 1) * (len(self.pair_keys) + 1) :]
        return CountTables(
            **sparse, pairs=pairs, pair_keys=self.pair_keys, popularity=self.popularity[-1:],
            kindred=self.kindred[-1:], words=self.words,
            ease=self.ease[-1:], ease_posts=self.ease_posts,
        )  # fmt: skip

    def to_arrays(self) -> dict[str, Array]:
        """Plain arrays for storage."""
        arrays: dict[str, Array] = {}
        for name in (field.name for field in fields(self)):
            value = getattr(self, name)
            if name in SPARSE:
                parts = {"data": value.data, "indices": value.indices, "indptr": value.indptr}
                arrays |= {f"counts.{name}.{part}": array for part, array in parts.items()}
            else:
                arrays[f"counts.{name}"] = value
        return arrays

    @classmethod
    def from_arrays(cls, arrays: dict[str, Array]) -> CountTables:
        """The inverse of `to_arrays`."""
        popularity = arrays["counts.popularity"]
        groups, size = popularity.shape[0], popularity.shape[2]
        held = {name: len(arrays["counts.pair_keys"]) if name == "pairs" else size for name in SPARSE}
        values: dict[str, Any] = {}
        for name in (field.name for field in fields(cls)):
            if name in SPARSE:
                parts = tuple(arrays[f"counts.{name}.{part}"] for part in ("data", "indices", "indptr"))
                values[name] = sp.csr_matrix(parts, shape=(groups * (held[name] + 1), size))
            else:
                values[name] = arrays[f"counts.{name}"]
        return cls(**values)


def count_tables(moves: Moves, catalogue: Catalogue, fold: Array | None = None) -> CountTables:
    """Count `moves`; with `fold` (n,) also once for each fold, without the moves of that fold."""
    folds = [] if fold is None else range(int(fold.max()) + 1)
    keeps: list[Array] = [np.asarray(fold != each) for each in folds] + [np.ones(len(moves), bool)]
    present, before = moves.histories.present(catalogue.size), moves.histories.nth(1, catalogue.size)
    pair_keys = np.unique(pair_key(before, present, catalogue.size))
    groups = [_group(moves.take(keep), catalogue, int(moves.day.max()), pair_keys) for keep in keeps]
    ease_posts = most_held_posts(moves, catalogue.size)
    return CountTables(
        **{name: sp.vstack([group[name] for group in groups], format="csr") for name in SPARSE},
        pair_keys=pair_keys,
        popularity=np.stack([group["popularity"] for group in groups]),
        kindred=np.stack([group["kindred"] for group in groups]),
        words=catalogue.word_matrix,
        ease=np.stack([ease_weights(moves.take(keep), catalogue.size, ease_posts) for keep in keeps]),
        ease_posts=ease_posts,
    )


def pair_key(before: Array, present: Array, size: int) -> Array:
    """One number for the last two posts of each history; minus 1 where either is unknown, for then they tell no pair.

    >>> pair_key(np.array([2, 3]), np.array([1, 0]), size=3).tolist()
    [9, -1]
    """
    known = (before < size) & (present < size)
    return np.asarray(np.where(known, before.astype(np.int64) * (size + 1) + present, -1))


def known_pairs(pair_keys: Array, keys: Array) -> Array:
    """The row of each key in `pair_keys`, or their number where it is not among them."""
    if not len(pair_keys):
        return np.zeros(len(keys), np.int64)
    place = np.minimum(np.searchsorted(pair_keys, keys), len(pair_keys) - 1)
    return np.asarray(np.where((pair_keys[place] == keys) & (keys >= 0), place, len(pair_keys)))


def _group(moves: Moves, catalogue: Catalogue, last_day: int, pair_keys: Array) -> dict[str, Any]:
    size, target = catalogue.size, moves.targets
    present, before = moves.histories.present(size), moves.histories.nth(1, size)
    age = (last_day - moves.day).astype(np.float64)
    ones = np.ones(len(moves))

    def table(rows: Array, columns: Array, weight: Array) -> sp.csr_matrix:
        known = (rows < size) & (columns < size)
        cells = (weight[known].astype(np.float32), (rows[known], columns[known]))
        return sp.csr_matrix(cells, shape=(size + 1, size))

    transitions = table(present, target, ones)
    pair = known_pairs(pair_keys, pair_key(before, present, size))
    told = (pair < len(pair_keys)) & (target < size)
    cells = (ones[told].astype(np.float32), (pair[told], target[told]))
    weights = [0.5 ** (age / half_life) for half_life in HALF_LIVES_DAYS]
    return {
        "transitions": transitions,
        "recent": table(present, target, 0.5 ** (age / RECENT_HALF_LIFE_DAYS)),
        "skip": table(before, target, ones),
        "reverse": table(target, present, ones),
        "after": _followed(moves, size),
        "pairs": sp.csr_matrix(cells, shape=(len(pair_keys) + 1, size)),
        "popularity": np.stack([np.bincount(target, w, minlength=size) for w in weights]).astype(np.float32),
        "kindred": np.asarray(catalogue.word_matrix.T @ transitions.toarray(), np.float32),
    }


def _followed(moves: Moves, size: int) -> sp.csr_matrix:
    """(size + 1, size) how often a post came after another of the same officer, at any distance."""
    posts = moves.histories.posts[:, :EASE_DEPTH]
    rows, back = np.nonzero((posts != PADDING) & (posts < size) & (moves.targets < size)[:, None])
    cells = ((AFTER_DECAY**back).astype(np.float32), (posts[rows, back], moves.targets[rows]))
    return sp.csr_matrix(cells, shape=(size + 1, size))


def officer_posts(moves: Moves, size: int) -> sp.csr_matrix:
    """(officers, size) ones where an officer held a post, before or by one of the moves."""
    width = moves.histories.posts.shape[1]
    officers = np.concatenate([np.repeat(moves.officers, width), moves.officers])
    posts = np.concatenate([moves.histories.posts.ravel(), moves.targets])
    known = (posts >= 0) & (posts < size)
    shape = (int(moves.officers.max(initial=-1)) + 1, size)
    held = sp.csr_matrix((np.ones(known.sum(), np.float32), (officers[known], posts[known])), shape=shape)
    held.data[:] = 1.0
    return held


def most_held_posts(moves: Moves, size: int) -> NDArray[np.int64]:
    """The most held posts, at most `MAX_EASE_POSTS`: inverting more would take minutes."""
    held = np.asarray(officer_posts(moves, size).sum(0)).ravel()
    return np.sort(np.argsort(-held, kind="stable")[:MAX_EASE_POSTS])


def ease_weights(moves: Moves, size: int, posts: Array, strength: float = EASE_STRENGTH) -> Array:
    """(m, m) item-to-item weights of EASE (Steck 2019) over `posts`: off the diagonal, -P_ij / P_jj, P the inverse."""
    held = officer_posts(moves, size)[:, posts]
    gram = np.asarray((held.T @ held).toarray(), np.float64)
    gram[np.diag_indices(len(posts))] += strength
    inverse = np.linalg.inv(gram)
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0.0)
    return np.asarray(weights, np.float32)
