"""Fit the reader of careers: every step of every career is an example, by full softmax, like lengths together.

Few passes and much dropout: passes enough to learn the training time by heart ranked the years after it worse.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from models.posts.career_reader import READ, CareerReader, Careers, careers_of
from models.posts.histories import PADDING, Array, Moves

PASSES = 8
MIN_STEPS = 60
BATCH = 256
RATE = 4e-3
MOST_CELLS = 600_000_000  # steps times posts over all passes: ten thousand posts must not take an hour


@dataclass(frozen=True)
class Steps:
    """careers: what was held and when each was left; after: (officers, READ) int64, what came next, `size` where
    nothing is known."""

    careers: Careers
    after: Array

    def tensors(self, rows: Array) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Posts, stages, facts and what came next, as wide as the longest of these."""
        parts = (self.careers.posts, self.careers.stages, self.careers.facts, self.after)
        width = self.careers.length[rows].max()
        posts, stages, facts, after = (torch.from_numpy(part[rows, :width]) for part in parts)
        return posts, stages, facts, after


def fit_reader(moves: Moves, size: int, seed: int) -> CareerReader:
    """A reader of these moves; the same seed gives the same weights."""
    torch.manual_seed(seed)
    net, steps = CareerReader(size), steps_of(moves, size)
    rng = np.random.default_rng(seed)
    batches = _batches(steps, size, rng)
    if not batches:
        return net.eval()
    optimizer = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=0.0, betas=(0.9, 0.98))
    rates = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=len(batches), pct_start=0.1)
    net.train()
    for rows in batches:
        *read, after = steps.tensors(rows)
        loss = nn.functional.cross_entropy(net(*read).flatten(0, 1), after.flatten(), ignore_index=size)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        rates.step()
    return net.eval()


def steps_of(moves: Moves, size: int) -> Steps:
    """The career of each officer up to the last move known, that one included; careers that teach nothing left out."""
    held = (moves.histories.posts != PADDING).sum(1)
    order = np.lexsort((held, moves.day, moves.officers))
    officers = moves.officers[order]
    last = order[np.append(officers[1:] != officers[:-1], True)] if len(order) else order
    careers = careers_of(moves.histories.take(last), size)
    after = np.full((len(last), READ), size, np.int64)
    after[:, :-1] = careers.posts[:, 1:]
    after[np.arange(len(last)), careers.length - 1] = np.minimum(moves.targets[last], size)
    useful = np.asarray((after < size).any(1))
    return Steps(careers.take(useful), after[useful])


def _batches(steps: Steps, size: int, rng: np.random.Generator) -> list[Array]:
    """Rows of each batch, all passes: careers of like length together, the batches in any order."""
    lengths = steps.careers.length
    count = len(lengths)
    if not count:
        return []
    each = -(-count // BATCH)
    bearable = max(1, MOST_CELLS // max(1, int(lengths.sum()) * size))
    passes = min(max(PASSES, -(-MIN_STEPS // each)), bearable)
    found: list[Array] = []
    for _ in range(passes):
        order = np.argsort(lengths + rng.random(count), kind="stable")
        parts = [order[start : start + BATCH] for start in range(0, count, BATCH)]
        found += [parts[i] for i in rng.permutation(len(parts))]
    return found
