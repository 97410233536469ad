"""A path model whose every chance is set by hand: a chain of four posts and the same hazard for everybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.paths.beams import Search
from models.paths.dwell import Turnover
from models.paths.search import PathModel
from models.posts.histories import Array, Catalogue, Histories

POSTS = ("p0", "p1", "p2", "p3")
CATALOGUE = Catalogue(POSTS, tuple((post,) for post in POSTS))
CHAIN = np.array([[0.0, 0.6, 0.3, 0.1], [0.1, 0.0, 0.4, 0.5], [0.2, 0.2, 0.0, 0.6], [0.5, 0.5, 0.0, 0.0]])
HAZARD = 0.2


@dataclass(frozen=True)
class Chain:
    """First-order transitions."""

    chain: Array

    @property
    def size(self) -> int:
        return len(self.chain)

    def chances(self, histories: Histories, ends: Array | None = None) -> Array:
        return np.asarray(self.chain[histories.posts[:, 0]])

    def towards(self, histories: Histories, goals: Array, ends: Array | None = None) -> Array:
        return np.asarray(self.chain[histories.posts[:, 0], goals])

    def into(self, goals: Array) -> Array:
        return np.asarray(self.chain[:, goals].T)

    def seen(self, start: int, goals: Sequence[int]) -> tuple[int, int]:
        return 100, round(100 * float(self.chain[start, list(goals)].sum()))


@dataclass(frozen=True)
class Even:
    """The same hazard in every quarter."""

    hazard: float = HAZARD
    within: Array | None = None
    turnover: Turnover | None = None

    def move_times(self, histories: Histories, quarters: int, waits: Array | None = None) -> Array:
        found, staying = np.zeros((len(histories), quarters)), np.ones(len(histories))
        for quarter in range(quarters):
            open_ = 1.0 if waits is None else (waits <= (quarter + 0.5) * 3.0).astype(float)
            found[:, quarter] = staying * self.hazard * open_
            staying = staying * (1 - self.hazard * open_)
        return found


def hand_made(chain: Array = CHAIN, hazard: float = HAZARD, penalty: float = 0.0) -> PathModel:
    """The model over CHAIN."""
    search = Search(likeness_penalty=penalty)
    return PathModel(Chain(chain), Even(hazard), search)  # type: ignore[arg-type]


def standing_at(posts: list[int]) -> Histories:
    """One officer a post, two years in it."""
    count = len(posts)
    unknown = np.full(count, np.nan, np.float32)
    held = np.array([[post, -1] for post in posts], np.int32)
    days = np.array([[730.0, 0.0]] * count, np.float32)
    return Histories(held, days, np.zeros(count, np.int32), unknown, unknown, np.full(count, 18000, np.int32))
