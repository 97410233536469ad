"""The challenger of the linear model: a small network that reads characters and their sounds in windows of 2 to 4.

Shapes: b texts, t characters, e = what a character and its sound are made of, f filters of each width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.artifacts import Parts
from models.base import Numbers
from models.concerns.grams import plain
from models.concerns.syllables import FIRSTS, sound
from models.concerns.text_model import Labels, by_category, softmax

NAME = "concerns-challenger"
LONGEST = 120  # characters that are read
WIDTHS = (2, 3, 4)
NOTHING, UNKNOWN = 0, 1
AT_ONCE = 256


@dataclass(frozen=True)
class NetShape:
    """Sizes of the network."""

    characters: int
    subcategories: int
    width: int = 64
    filters: int = 96
    dropout: float = 0.4


@dataclass(frozen=True)
class Alphabet:
    """The characters that are known, in the order of their numbers from 2 on."""

    known: str

    @classmethod
    def of(cls, texts: Sequence[str], least: int = 2) -> Self:
        """Those that stand in at least so many texts."""
        counts: dict[str, int] = {}
        for text in texts:
            for one in set(" ".join(plain(text))):
                counts[one] = counts.get(one, 0) + 1
        return cls("".join(sorted(one for one, times in counts.items() if times >= least)))

    def numbers(self, texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(b, t) numbers of characters and of sounds; 0 behind the end."""
        place = {one: number + 2 for number, one in enumerate(self.known)}
        written = [" ".join(plain(text))[:LONGEST] for text in texts]
        length = max((len(one) for one in written), default=0)
        shape = (len(written), max(length, *WIDTHS))
        characters, sounds = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        for row, text in enumerate(written):
            for column, one in enumerate(text):
                heard = sound(one)
                characters[row, column] = place.get(one, UNKNOWN)
                sounds[row, column] = UNKNOWN if heard is None else heard + 2
        return characters, sounds


class TextNet(nn.Module):
    """Embeddings, windows, the strongest answer of each window anywhere, and two linear heads."""

    def __init__(self, shape: NetShape) -> None:
        super().__init__()
        self.characters = nn.Embedding(shape.characters + 2, shape.width, padding_idx=NOTHING)
        self.sounds = nn.Embedding(len(FIRSTS) + 2, shape.width // 2, padding_idx=NOTHING)
        made_of = shape.width + shape.width // 2
        self.windows = nn.ModuleList(nn.Conv1d(made_of, shape.filters, width) for width in WIDTHS)
        self.dropout = nn.Dropout(shape.dropout)
        self.subcategory = nn.Linear(shape.filters * len(WIDTHS), shape.subcategories)
        self.urgency = nn.Linear(shape.filters * len(WIDTHS), 3)

    def forward(self, characters: Tensor, sounds: Tensor) -> tuple[Tensor, Tensor]:
        """(b, t) numbers -> (b, subcategories) and (b, 3) logits."""
        read = torch.cat([self.characters(characters), self.sounds(sounds)], dim=2).transpose(1, 2)  # (b, e, t)
        strongest = [torch.relu(window(read)).amax(dim=2) for window in self.windows]  # (b, f) each
        found = self.dropout(torch.cat(strongest, dim=1))
        return self.subcategory(found), self.urgency(found)


@dataclass(frozen=True)
class NetChances:
    """As the linear model's, of the same texts."""

    subcategory: Numbers
    category: Numbers
    urgency: Numbers


@dataclass(frozen=True)
class TextNetModel:
    """A fitted network with its alphabet and labels; `temperature` makes its chances true on held-out phrases."""

    labels: Labels
    alphabet: Alphabet
    shape: NetShape
    net: TextNet
    temperature: float = 1.0

    def chances(self, texts: Sequence[str]) -> NetChances:
        """Of each text, in order."""
        self.net.eval()
        parts: list[tuple[Numbers, Numbers]] = []
        with torch.inference_mode():
            for begin in range(0, len(texts), AT_ONCE):
                numbers = self.alphabet.numbers(texts[begin : begin + AT_ONCE])
                logits = self.net(*(torch.from_numpy(one) for one in numbers))
                parts.append((logits[0].double().numpy(), logits[1].double().numpy()))
        subcategory = softmax(np.concatenate([one for one, _ in parts]) / self.temperature)
        urgency = softmax(np.concatenate([one for _, one in parts]))
        return NetChances(subcategory, by_category(subcategory, self.labels), urgency)

    def to_parts(self) -> Parts:
        """JSON, arrays and the alphabet as text."""
        about = {
            "kind": NAME, "subcategories": list(self.labels.subcategories),
            "category_of": list(self.labels.category_of), "shape": vars(self.shape), "temperature": self.temperature,
        }  # fmt: skip
        arrays = {name: one.detach().numpy() for name, one in self.net.state_dict().items()}
        return Parts(json=about, arrays=arrays, texts={"alphabet": self.alphabet.known})

    @classmethod
    def from_parts(cls, parts: Parts) -> Self:
        """From `to_parts`."""
        told = parts.json
        shape = NetShape(**told["shape"])
        net = TextNet(shape)
        net.load_state_dict({name: torch.from_numpy(np.array(one)) for name, one in parts.arrays.items()})
        labels = Labels(tuple(told["subcategories"]), tuple(told["category_of"]))
        return cls(labels, Alphabet(parts.texts["alphabet"]), shape, net, float(told["temperature"]))
