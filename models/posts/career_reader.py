"""A network that reads a career in order and says which post comes next, from the posts and when each was left.

Learned from every step of every career at once, old ones as much as new, where the counts look at the present post and
weigh what is recent. What it read is heard beside the moment of the question: years of service, time in the present
post, posts held. Posts in order, without that moment, ranked worse on every window. n officers, size posts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from data_contracts.asof import DAYS_A_MONTH
from models.posts.entrants import STAGES, stages_at
from models.posts.histories import PADDING, Array, Histories

READ = 16
WIDTH = 64
DROPOUT = 0.4
FACTS = 4
YEAR_DAYS = 365.25


@dataclass(frozen=True)
class Careers:
    """The newest READ posts, oldest first.

    posts: (n, READ) int64, `size` for a post outside the catalogue and after the last; length: (n,) at least 1;
    told: (n,) whether any post of the catalogue is among them; stages: (n, READ) int64 and facts: (n, READ, FACTS)
    float32, what was known when each of the posts was left, the last of them being left at the moment of the question.
    """

    posts: Array
    length: Array
    told: Array
    stages: Array
    facts: Array

    def take(self, rows: Array) -> Careers:
        """The rows asked for."""
        parts = self.posts, self.length, self.told, self.stages, self.facts
        return Careers(*(part[rows] for part in parts))


def careers_of(histories: Histories, size: int) -> Careers:
    """The careers to read.

    >>> none = np.full(2, np.nan)
    >>> posts = np.array([[2, 0, -1], [-1, -1, -1]])
    >>> read = careers_of(Histories(posts, np.zeros((2, 3)), np.zeros(2), none, none, np.zeros(2)), 3)
    >>> read.posts[:, :3].tolist(), read.length.tolist(), read.told.tolist()
    ([[0, 2, 3], [3, 3, 3]], [2, 1], [True, False])
    """
    held = histories.posts[:, :READ]
    length = (held != PADDING).sum(1)
    posts = np.full((len(held), READ), size, np.int64)
    for count in np.unique(length[length > 0]):
        rows = np.flatnonzero(length == count)
        posts[rows, :count] = held[rows, :count][:, ::-1]
    length = np.maximum(length, 1)
    return Careers(posts, length, np.asarray((posts < size).any(1)), *_moments(histories, length))


def _moments(histories: Histories, length: Array) -> tuple[Array, Array]:
    """Stage of service, and times as numbers near 1, when each post was left; of places that hold no post, anything."""
    back, widest = length[:, None] - 1 - np.arange(READ), histories.days.shape[1] - 1
    started = np.take_along_axis(histories.days, np.clip(back, 0, widest), 1)
    left = np.where(back > 0, np.take_along_axis(histories.days, np.clip(back - 1, 0, widest), 1), 0.0)
    served = histories.tenure_days[:, None] - left
    served = np.where(served >= 0, served, np.nan)  # a posting of before the day of joining tells no years of service
    known = np.isfinite(served)
    held = (histories.posts != PADDING).sum(1)[:, None] - back
    facts = [
        np.log1p(np.maximum(started - left, 0.0) / DAYS_A_MONTH) * 0.3,
        np.log1p(np.maximum(held, 0)) * 0.5,
        known,
        np.log1p(np.where(known, served, 0.0) / YEAR_DAYS) * 0.5,
    ]
    return stages_at(served).astype(np.int64), np.stack(facts, 2).astype(np.float32)


class CareerReader(nn.Module):
    """Posts to vectors, a GRU over them, the moment beside it, and the vectors again to say what comes next."""

    def __init__(self, size: int) -> None:
        """`size`: posts in the catalogue."""
        super().__init__()
        self.size = size
        self.posts = nn.Embedding(size + 1, WIDTH, padding_idx=size)
        self.reader = nn.GRU(WIDTH, WIDTH, batch_first=True)
        self.norm = nn.LayerNorm(WIDTH)
        self.stages = nn.Embedding(STAGES, WIDTH)
        self.facts = nn.Linear(FACTS, WIDTH)
        self.drop = nn.Dropout(DROPOUT)
        self.bias = nn.Parameter(torch.zeros(size))
        nn.init.normal_(self.posts.weight, 0.0, 0.05)
        nn.init.zeros_(self.posts.weight[size])
        for small in (self.stages.weight, self.facts.weight):
            nn.init.normal_(small, 0.0, 0.05)

    def forward(self, posts: Tensor, stages: Tensor, facts: Tensor) -> Tensor:
        """(n, length) posts, oldest first, to (n, length, size): what comes after each, from those up to it.

        stages (n, length) and facts (n, length, FACTS): when each post was left.
        """
        seen, _ = self.reader(self.drop(self.posts(posts)))
        heard = self.norm(seen) + self.stages(stages) + self.facts(facts)
        return torch.as_tensor(self.drop(heard) @ self.posts.weight[: self.size].T + self.bias)

    def next_posts(self, careers: Careers, barred: Array) -> Array:
        """(n, size) float32 logs of the shares among the posts not `barred`, those at minus 1e9."""
        if not len(careers.length):
            return np.zeros((0, self.size), np.float32)
        with torch.inference_mode():
            width = careers.length.max()
            parts = (careers.posts, careers.stages, careers.facts)
            read = self(*(torch.from_numpy(part[:, :width]) for part in parts))
            last = read[torch.arange(len(read)), torch.from_numpy(careers.length - 1)]
            logs = torch.log_softmax(last.masked_fill(torch.from_numpy(barred), -1e9), 1)
        return np.asarray(logs.numpy())
