"""A small network over dated events: every event speaks by its kind, its age and the gap before it.

Events are summed (how much) and pooled by four heads of attention (which of them matter); the time in service is
the exposure. Shapes: n rows, k events, d = WIDTH numbers an event.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from data_contracts.errors import NotReady
from models.artifacts import Parts
from models.base import Numbers

WIDTH, HEADS = 32, 4
KIND_WIDTH = 12
EPOCHS, BATCH = 4, 1024
RATE, DECAY, DROPOUT = 4e-3, 0.02, 0.1
YEAR_DAYS = 365.25
TIMES = 6  # numbers made of an age and a gap


@dataclass(frozen=True)
class Sequences:
    """`kinds` (n, k) whole numbers, 0 where there is no event; `ages` and `gaps` (n, k) in days; `exposure` (n,) days
    in service, NaN where unknown."""

    kinds: NDArray[np.int16]
    ages: NDArray[np.float32]
    gaps: NDArray[np.float32]
    exposure: NDArray[np.float32]

    def batch(self, rows: NDArray[np.intp] | slice) -> tuple[Tensor, Tensor, Tensor]:
        """Kinds, times (b, k, TIMES) and context (b, 2) as tensors."""
        ages, gaps = self.ages[rows] / YEAR_DAYS, self.gaps[rows] / YEAR_DAYS
        times = np.stack(
            [
                np.exp(-2 * ages),
                np.exp(-ages),
                np.exp(-ages / 3),
                np.log1p(ages),
                np.log1p(12 * gaps),
                np.exp(-12 * gaps),
            ],
            axis=-1,
        )
        served = np.log1p(np.nan_to_num(self.exposure[rows], nan=0.0) / YEAR_DAYS)
        context = np.stack([served, np.log1p((self.kinds[rows] > 0).sum(axis=1))], axis=-1)
        kinds = torch.from_numpy(self.kinds[rows].astype(np.int64))
        return kinds, torch.from_numpy(times.astype(np.float32)), torch.from_numpy(context.astype(np.float32))


class Net(nn.Module):
    """Log-odds (b,) of a batch."""

    def __init__(self, kinds: int) -> None:
        super().__init__()
        self.kind = nn.Embedding(kinds, KIND_WIDTH, padding_idx=0)
        self.event = nn.Sequential(nn.Linear(KIND_WIDTH + TIMES, WIDTH), nn.GELU(), nn.Linear(WIDTH, WIDTH), nn.GELU())
        self.heads = nn.Linear(WIDTH, HEADS)
        self.said = nn.Sequential(
            nn.Linear(WIDTH * (HEADS + 1) + 2, WIDTH), nn.GELU(), nn.Dropout(DROPOUT), nn.Linear(WIDTH, 1)
        )

        self.base = nn.Parameter(torch.zeros(()))

    def forward(self, kinds: Tensor, times: Tensor, context: Tensor) -> Tensor:
        """`kinds` (b, k), `times` (b, k, TIMES), `context` (b, 2)."""
        there = (kinds > 0).unsqueeze(-1)
        events = self.event(torch.cat([self.kind(kinds), times], dim=-1)) * there
        looks = self.heads(events).masked_fill(~there, -1e9).softmax(dim=1) * there
        pooled = torch.einsum("bkh,bkd->bhd", looks, events).flatten(1)
        answer: Tensor = self.base + self.said(torch.cat([pooled, events.sum(dim=1) / 8, context], dim=-1)).squeeze(-1)
        return answer


@dataclass
class EventSequence:
    """The network and its training; the same seed, rows and threads give the same numbers."""

    seed: int = 0
    epochs: int = EPOCHS
    kinds: int = 0
    state: dict[str, NDArray[Any]] = field(default_factory=dict)

    def fit(self, histories: Sequences, y: Numbers, kinds: int) -> Self:
        """Fit on n histories and y (n,) in [0, 1]; `kinds` is how many kinds of event there are, none included."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            net = Net(kinds)
            nn.init.constant_(net.base, float(np.log(y.mean() / (1 - y.mean()))) if 0 < y.mean() < 1 else 0.0)
            self._train(net, histories, torch.from_numpy(y.astype(np.float32)))
        self.kinds = kinds
        self.state = {name: value.detach().numpy().copy() for name, value in net.state_dict().items()}
        return self

    def _train(self, net: Net, histories: Sequences, y: Tensor) -> None:
        rng = np.random.default_rng(self.seed)
        steps = self.epochs * -(-len(y) // BATCH)
        optimizer = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=DECAY)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=max(2, steps))
        for _ in range(self.epochs):
            order = rng.permutation(len(y))
            for start in range(0, len(y), BATCH):
                rows = order[start : start + BATCH]
                optimizer.zero_grad()
                said = net(*histories.batch(rows))
                loss = nn.functional.binary_cross_entropy_with_logits(said, y[torch.from_numpy(rows)])
                torch.autograd.backward(loss)
                optimizer.step()
                schedule.step()

    def log_odds(self, histories: Sequences) -> Numbers:
        """(n,); raises NotReady before `fit`."""
        if not self.state:
            raise NotReady("this network is not fitted; call fit first")
        net = Net(self.kinds)
        net.load_state_dict({name: torch.from_numpy(value.copy()) for name, value in self.state.items()})
        net.eval()
        with torch.inference_mode():
            parts = [
                net(*histories.batch(slice(start, start + BATCH))).numpy()
                for start in range(0, len(histories.kinds), BATCH)
            ]
        return np.concatenate([np.zeros(0), *parts]).astype(np.float64)

    def to_parts(self, name: str) -> Parts:
        """Weights as arrays."""
        arrays = {f"{name}.{part}": value for part, value in self.state.items()}
        return Parts(json={name: {"kind": "event_sequence", "kinds": self.kinds}}, arrays=arrays)

    @classmethod
    def from_parts(cls, parts: Parts, name: str) -> Self:
        """From `to_parts`."""
        state = {
            part.removeprefix(f"{name}."): value for part, value in parts.arrays.items() if part.startswith(f"{name}.")
        }
        return cls(kinds=int(parts.json[name]["kinds"]), state=state)
