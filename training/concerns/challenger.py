"""Fit the network that challenges the linear model, on the same phrases in the same forms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import nn

from data_contracts.concern_phrases import PhraseBank
from models.concerns.text_model import Labels
from models.concerns.text_net import LONGEST, Alphabet, NetShape, TextNet, TextNetModel
from training.concerns.corpus import Example, Share, examples
from training.concerns.fit import HELD_VARIANTS, PARTS, hits, labels_of_policy, targets

JUDGED_PART = 0  # of the phrases: one part is enough for a network, which takes a minute to fit


@dataclass(frozen=True)
class NetFit:
    """How it is fitted; the defaults are what a search on held-out phrases found."""

    seed: int = 0
    variants: int = 3
    epochs: int = 8
    batch: int = 64
    learning_rate: float = 2e-3
    decay: float = 1e-3
    width: int = 48
    filters: int = 64
    dropout: float = 0.5


def fit_net(some: Sequence[Example], labels: Labels, settings: NetFit,
            report: Callable[[int, TextNetModel], None] = lambda *_: None) -> TextNetModel:  # fmt: skip
    """Learn from examples; `report` sees the model after each pass."""
    torch.manual_seed(settings.seed)
    texts = [one.text[:LONGEST] for one in some]
    alphabet = Alphabet.of(texts)
    shape = NetShape(len(alphabet.known), len(labels.subcategories), settings.width, settings.filters, settings.dropout)
    model = TextNetModel(labels, alphabet, shape, TextNet(shape))
    y, urgency = (torch.from_numpy(np.asarray(one, np.int64)) for one in targets(some, labels))
    characters, sounds = (torch.from_numpy(one) for one in alphabet.numbers(texts))
    steps = -(-len(texts) // settings.batch)
    optimizer = torch.optim.AdamW(model.net.parameters(), settings.learning_rate, weight_decay=settings.decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, settings.learning_rate, steps * settings.epochs)
    times = torch.bincount(urgency, minlength=3).float().clamp(min=1.0)
    losses = nn.CrossEntropyLoss(label_smoothing=0.05), nn.CrossEntropyLoss(weight=len(urgency) / (3.0 * times))
    draw = torch.Generator().manual_seed(settings.seed)
    for epoch in range(settings.epochs):
        model.net.train()
        for rows in torch.split(torch.randperm(len(texts), generator=draw), settings.batch):
            longest = int((characters[rows] > 0).sum(1).max().clamp(min=4))
            told = model.net(characters[rows, :longest], sounds[rows, :longest])
            loss = losses[0](told[0], y[rows]) + 0.5 * losses[1](told[1], urgency[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        report(epoch, model)
    return model


def learned_and_held(bank: PhraseBank, settings: NetFit) -> tuple[list[Example], list[Example]]:
    """What the judged network learns from, and the part of the phrases that it is judged on."""
    share = Share(JUDGED_PART, PARTS)
    learned = examples(bank, share, settings.variants, settings.seed)
    return learned, examples(bank, replace(share, held=True), HELD_VARIANTS, settings.seed + 1)


def worth_of_net(bank: PhraseBank, settings: NetFit, report: Callable[[int, float], None]) -> float:
    """What a search raises; as for the linear model, on one part of the phrases."""
    labels = labels_of_policy()
    learned, held = learned_and_held(bank, settings)
    right, texts = targets(held, labels)[0], [one.text for one in held]
    figures: list[float] = []

    def judged(epoch: int, model: TextNetModel) -> None:
        told = model.chances(texts).subcategory
        figures.append(0.5 * float(hits(told, right, 1).mean() + hits(told, right, 3).mean()))
        report(epoch, figures[-1])

    fit_net(learned, labels, settings, judged)
    return figures[-1]
