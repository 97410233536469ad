"""A network that reads a career in order and says which post comes next, from nothing but the posts themselves.

Learned from every step of every career at once, old ones as much as new, where the counts look at the present post and
weigh what is recent. n officers, size posts, d numbers a post.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from models.posts.histories import PADDING, Array, Histories

READ = 16
WIDTH = 64
DROPOUT = 0.4


@dataclass(frozen=True)
class Careers:
    """The newest READ posts, oldest first.

    posts: (n, READ) int64, `size` for a post outside the catalogue and after the last; length: (n,) at least 1;
    told: (n,) whether any post of the catalogue is among them.
    """

    posts: Array
    length: Array
    told: Array


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
    return Careers(posts, np.maximum(length, 1), np.asarray((posts < size).any(1)))


class CareerReader(nn.Module):
    """Posts to vectors, a GRU over them, and the vectors again to say what comes next."""

    def __init__(self, size: int) -> None:
        """`size`: posts in the catalogue."""
        super().__init__()
        self.size = size
        self.posts = nn.Embedding(size + 1, WIDTH, padding_idx=size)
        self.reader = nn.GRU(WIDTH, WIDTH, batch_first=True)
        self.norm = nn.LayerNorm(WIDTH)
        self.drop = nn.Dropout(DROPOUT)
        self.bias = nn.Parameter(torch.zeros(size))
        nn.init.normal_(self.posts.weight, 0.0, 0.05)
        nn.init.zeros_(self.posts.weight[size])

    def forward(self, posts: Tensor) -> Tensor:
        """(n, length) posts, oldest first, to (n, length, size): what comes after each, from those up to it."""
        seen, _ = self.reader(self.drop(self.posts(posts)))
        return torch.as_tensor(self.drop(self.norm(seen)) @ self.posts.weight[: self.size].T + self.bias)

    def next_posts(self, careers: Careers, barred: Array) -> Array:
        """(n, size) float32 logs of the shares among the posts not `barred`, those at minus 1e9."""
        if not len(careers.length):
            return np.zeros((0, self.size), np.float32)
        with torch.inference_mode():
            read = self(torch.from_numpy(careers.posts[:, : careers.length.max()]))
            last = read[torch.arange(len(read)), torch.from_numpy(careers.length - 1)]
            logs = torch.log_softmax(last.masked_fill(torch.from_numpy(barred), -1e9), 1)
        return np.asarray(logs.numpy())
