"""The network of the next-post model: a gate that mixes the counts, and a small residual on the log of that mix.

Shapes: b questions, size posts, K = 15 ways of counting, d = 32 numbers a post.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from data_contracts.asof import DAYS_A_MONTH
from models.posts.background import NUMBERS, Background, goal_posts
from models.posts.counts import HALF_LIVES_DAYS, ROWS, WAYS, CountTables
from models.posts.histories import PADDING, Array, Histories, barred

DEPTH = 8
DIMENSION = 32
HIDDEN = 64
RANK_DIMENSION = 8
DROPOUT = 0.5
POST_DROPOUT = 0.1
COUNTED = len(ROWS) + 4  # and after at any distance, kindred by source, by target, and the last two posts together
MOVED = WAYS.index("moved")
CONTEXT = 11
GATE_CONTEXT = 9
PROMOTED_DAYS = 180.0
PERSON_DROPOUT = 0.5
COURSE_DIMENSION = 16
YEAR_DAYS = 365.25


@dataclass(frozen=True)
class Batch:
    """Everything one forward step reads, as tensors."""

    posts: Tensor  # (b, DEPTH) int64, size where unknown, size + 1 where none
    returns: Tensor  # (b, width) int64, earlier posts, size where none
    years_back: Tensor  # (b, width)
    months: Tensor  # (b, DEPTH) log1p months since each start
    context: Tensor  # (b, CONTEXT)
    rank: Tensor  # (b,)
    rows: Tensor  # (b, COUNTED, size)
    popularity: Tensor  # (b, 3, size)
    ease: Tensor  # (b, size)
    barred: Tensor  # (b, size) bool
    novel: Tensor  # (b,) bool
    courses: Tensor  # (b, COURSES) int64, the number of courses where none
    numbers: Tensor  # (b, 4)
    goals: Tensor  # (b, 2, size) whether a post is the goal, or of its job family


@dataclass(frozen=True)
class Scores:
    """prior: (b, size) log of the mixed counts; residual: (b, size); parts: (b, K, size) what each way gave."""

    prior: Tensor
    residual: Tensor
    parts: Tensor
    barred: Tensor

    @property
    def logits(self) -> Tensor:
        """(b, size), barred posts at minus 1e9."""
        return (self.prior + self.residual).masked_fill(self.barred, -1e9)


@dataclass(frozen=True)
class Extent:
    """What a network is sized by beside its posts: rank codes (0 included), courses, and each post's job family."""

    ranks: int
    courses: int
    families: Array


def batch_of(
    histories: Histories, tables: CountTables, novel: Array, extent: Extent, group: Array | None = None
) -> Batch:
    """Look the histories up in the counts and make tensors of it."""
    background = histories.background or Background.unknown(len(histories))
    courses = np.where(background.courses == PADDING, extent.courses, background.courses)
    size, evidence = tables.size, tables.evidence(histories, group)
    posts, days = _padded(histories)
    held = np.where(posts == PADDING, size, posts)
    recent = np.where(posts[:, :DEPTH] == PADDING, size + 1, posts[:, :DEPTH])
    return Batch(
        posts=torch.from_numpy(recent.astype(np.int64)),
        returns=torch.from_numpy(held[:, 1:].astype(np.int64)),
        years_back=torch.from_numpy((days[:, 1:] / YEAR_DAYS).astype(np.float32)),
        months=torch.from_numpy(np.log1p(days[:, :DEPTH] / DAYS_A_MONTH).astype(np.float32)),
        context=torch.from_numpy(context_of(histories)),
        rank=torch.from_numpy(histories.rank.astype(np.int64)),
        rows=torch.from_numpy(evidence.rows),
        popularity=torch.from_numpy(evidence.popularity),
        ease=torch.from_numpy(evidence.ease),
        barred=torch.from_numpy(barred(histories, size, novel)),
        novel=torch.from_numpy(np.asarray(novel, bool)),
        courses=torch.from_numpy(courses.astype(np.int64)),
        numbers=torch.from_numpy(background.numbers),
        goals=torch.from_numpy(np.stack(goal_posts(background.goal, extent.families), 1)),
    )


def _padded(histories: Histories) -> tuple[Array, Array]:
    """Posts and days at least DEPTH wide."""
    missing = max(0, DEPTH - histories.posts.shape[1])
    posts = np.pad(histories.posts, ((0, 0), (0, missing)), constant_values=PADDING)
    return posts, np.maximum(np.pad(histories.days, ((0, 0), (0, missing))), 0.0)


def context_of(histories: Histories) -> Array:
    """(n, CONTEXT) float32: times, counts the season of the year, a recent promotion, and the years since joining."""
    posts, days = _padded(histories)
    known = posts != PADDING
    count = known.sum(1)
    ordered = np.sort(np.where(known, posts, np.arange(posts.shape[1]) - 10_000_000), axis=1)
    repeats = (np.diff(ordered, axis=1) == 0).any(1)
    tenure = days.max(1)
    season = histories.day / YEAR_DAYS * 2 * np.pi
    columns = [
        np.log1p(days[:, 0] / DAYS_A_MONTH), np.log1p(days[:, 1] / DAYS_A_MONTH), np.log1p(days.max(1) / YEAR_DAYS),
        np.log1p(count), count == 0, known[:, 2] & (posts[:, 2] == posts[:, 0]), repeats,
        np.sin(season), np.cos(season),
        _promoted(histories.rank_days), _time(histories.tenure_days, tenure) / 3,
    ]  # fmt: skip
    return np.stack(columns, 1).astype(np.float32)


def _time(days: Array, otherwise: Array) -> Array:
    """Log of years; an unknown time reads as `otherwise`, for a flag would only tell old records from new ones."""
    return np.asarray(np.log1p(np.maximum(np.where(np.isfinite(days), days, otherwise), 0.0) / YEAR_DAYS))


def _promoted(days: Array) -> Array:
    """Near 1 just after a promotion; how long ago an old one was depends on where the records begin, so it is 0."""
    return np.asarray(np.exp(-np.where(np.isfinite(days), np.maximum(days, 0.0), np.inf) / PROMOTED_DAYS))


class NextPostNet(nn.Module):
    """Gate and residual; the weights of a post come from its own embedding and from the words it shares."""

    def __init__(self, words: Array, extent: Extent) -> None:
        """`words`: (size + 1, words) of the catalogue."""
        super().__init__()
        self.size = len(words) - 1
        self.words: Tensor
        self.register_buffer("words", torch.from_numpy(np.vstack([words, np.zeros_like(words[:1])])), persistent=False)
        self.posts = nn.Embedding(self.size + 2, DIMENSION)
        self.word_vectors = nn.Parameter(torch.randn(words.shape[1], DIMENSION) * 0.05)
        self.ranks = nn.Embedding(extent.ranks, RANK_DIMENSION, padding_idx=0)
        self.courses = nn.Embedding(extent.courses + 1, COURSE_DIMENSION, padding_idx=extent.courses)
        facts = CONTEXT + COUNTED + 1
        mixed = GATE_CONTEXT + COUNTED + 1  # the gate sees nothing that dates a record: it must hold in other years
        self.gate, self.gate_novel = nn.Linear(mixed, len(WAYS)), nn.Linear(mixed, len(WAYS))
        self.reader = nn.GRU(DIMENSION + 2, HIDDEN, batch_first=True)
        self.drop = nn.Dropout(DROPOUT)
        self.out = nn.Linear(HIDDEN + RANK_DIMENSION + COURSE_DIMENSION + len(NUMBERS) + facts, DIMENSION)
        self.towards = nn.Parameter(torch.zeros(2))  # what a stated goal adds for the post, and for its family
        self.bias = nn.Parameter(torch.zeros(self.size))
        self.back_off = nn.Parameter(torch.zeros(COUNTED))
        self.far_back = nn.Parameter(torch.tensor([0.0, -0.3]))
        self.sharpness = nn.Parameter(torch.tensor(3.0))
        self._start_small()

    def _start_small(self) -> None:
        """Begin as an even mix of the counts, without an opinion of its own."""
        nn.init.normal_(self.posts.weight, 0.0, 0.05)
        nn.init.normal_(self.ranks.weight, 0.0, 0.1)
        nn.init.zeros_(self.ranks.weight[0])
        nn.init.normal_(self.courses.weight, 0.0, 0.1)
        nn.init.zeros_(self.courses.weight[-1])
        nn.init.normal_(self.out.weight, 0.0, 0.02)
        for zero in (self.gate.weight, self.gate.bias, self.gate_novel.weight, self.gate_novel.bias, self.out.bias):
            nn.init.zeros_(zero)

    def embeddings(self) -> Tensor:
        """(size + 2, d): own embedding, left out now and then in training so that words must carry new posts."""
        own = self.posts.weight
        if self.training:
            own = own * (torch.rand(len(own), 1) >= POST_DROPOUT)
        return torch.as_tensor(own + self.words @ self.word_vectors)

    def forward(self, batch: Batch) -> Scores:
        """Mix the counts, then add the residual."""
        parts, strength, returns = self._ways(batch)
        facts = torch.cat([batch.context, strength], 1)  # (b, CONTEXT + COUNTED + 1)
        mixed = torch.cat([batch.context[:, :GATE_CONTEXT], strength], 1)
        gate = torch.where(batch.novel[:, None], self.gate_novel(mixed), self.gate(mixed))
        share = torch.softmax(gate + self._closed(returns), 1)  # (b, K)
        parts = share[:, :, None] * parts
        return Scores(torch.log(parts.sum(1) + 1e-9), self._residual(batch, facts), parts, batch.barred)

    def _closed(self, returns: Tensor) -> Tensor:
        """(b, K) minus 20 where a way has nothing to say: no earlier post, or no words that posts share."""
        closed = torch.zeros(len(returns), len(WAYS))
        closed[:, -1] = torch.where(returns, 0.0, -20.0)
        if not self.word_vectors.shape[0]:
            closed[:, [WAYS.index("kindred_source"), WAYS.index("kindred_target")]] = -20.0
        return closed

    def _residual(self, batch: Batch, facts: Tensor) -> Tensor:
        vectors = self.embeddings()
        present = (batch.posts <= self.size).float()
        steps = torch.cat([vectors[batch.posts], batch.months[:, :, None] * 0.3, present[:, :, None]], 2)
        _, last = self.reader(steps.flip(1))  # oldest first; last: (1, b, HIDDEN)
        taken = self.courses(batch.courses).sum(1)  # (b, COURSE_DIMENSION)
        person = torch.cat([self.ranks(batch.rank), taken, batch.numbers, facts[:, GATE_CONTEXT:CONTEXT]], 1)
        if self.training:  # ranks are recorded in some years only, so the rest must stand without them
            person = person * (torch.rand(len(person), 1) >= PERSON_DROPOUT)
        seen = self.drop(torch.cat([last[0], person, facts[:, :GATE_CONTEXT], facts[:, CONTEXT:]], 1))
        wished = (self.towards[None, :, None] * batch.goals).sum(1)  # (b, size)
        return torch.as_tensor(self.out(seen) @ vectors[: self.size].T + self.bias + wished)

    def _ways(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Each way as probabilities over the posts allowed (b, K, size), how much was seen, and who may return."""
        allowed = (~batch.barred).float()
        ways = [allowed / allowed.sum(1, keepdim=True).clamp(min=1.0)]
        ways += [_normal((batch.popularity[:, k] + 1e-3) * allowed) for k in range(len(HALF_LIVES_DAYS))]
        base = ways[1]
        seen = []
        for k in range(COUNTED):
            counts = batch.rows[:, k] * allowed
            total, weight = counts.sum(1, keepdim=True), self.back_off[k].exp()
            behind = ways[MOVED] if k == COUNTED - 1 else base  # a pair never seen says what its present post says
            ways.append((counts + weight * behind) / (total + weight))
            seen.append(torch.log1p(total) * 0.2)
        together = (batch.ease.clamp(min=0) + 1e-5 * base) * allowed
        seen.append(2 + 0.5 * torch.log(together.sum(1, keepdim=True) + 1e-4))
        ways.append(_normal(together))
        ways.append(torch.softmax((batch.ease * self.sharpness.exp()).masked_fill(batch.barred, -1e9), 1))
        returns, may_return = self._returns(batch, allowed, base)
        return torch.stack([*ways, returns], 1), torch.cat(seen, 1), may_return

    def _returns(self, batch: Batch, allowed: Tensor, base: Tensor) -> tuple[Tensor, Tensor]:
        """Earlier posts, the nearer the likelier by a learned law."""
        steps = torch.arange(1, batch.returns.shape[1] + 1).float()
        law = self.far_back[1] * torch.log(steps) + self.far_back[0] * 0.3 * torch.log1p(batch.years_back)
        weight = law.exp() * (batch.returns < self.size)
        spread = (
            torch.zeros(len(allowed), self.size + 1).scatter_add_(1, batch.returns, weight)[:, : self.size] * allowed
        )
        total = spread.sum(1, keepdim=True)
        may_return = total[:, 0] > 1e-9
        return torch.where(may_return[:, None], spread / total.clamp(min=1e-9), base), may_return


def _normal(weights: Tensor) -> Tensor:
    return weights / weights.sum(1, keepdim=True).clamp(min=1e-12)
