"""What is no concern at all: words that cannot be read because none is Chinese, and everyday words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from models.artifacts import Parts
from models.base import Numbers
from models.concerns.grams import Cut, Grams

HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")


@dataclass(frozen=True)
class Aside:
    """One score of a text's grams, `weights` (columns,) and `base`: the higher, the more it is like a concern; below
    `concern_from` it is none."""

    grams: Grams
    weights: Numbers
    base: float
    concern_from: float

    def scores(self, texts: Sequence[str]) -> Numbers:
        """(n,)."""
        return np.asarray(self.grams.matrix(texts) @ self.weights) + self.base

    def is_none(self, texts: Sequence[str]) -> Any:
        """(n,) whether each is no concern."""
        return self.scores(texts) < self.concern_from

    def to_parts(self) -> Parts:
        """JSON, arrays, and the grams as one text, under names of their own."""
        return Parts(
            json={"aside": {"cut": vars(self.grams.cut), "base": self.base, "concern_from": self.concern_from}},
            arrays={"aside.weights": np.asarray(self.weights, np.float32), "aside.grams": self.grams.weights},
            texts={"aside": "\n".join(self.grams.known)},
        )

    @classmethod
    def from_parts(cls, parts: Parts) -> Self | None:
        """From `to_parts`; None of a model that was never taught what is no concern."""
        told = parts.json.get("aside")
        if told is None:
            return None
        grams = Grams(Cut(**told["cut"]), tuple(parts.texts["aside"].split("\n")), parts.arrays["aside.grams"])
        return cls(grams, parts.arrays["aside.weights"], float(told["base"]), float(told["concern_from"]))


def has_chinese(text: str) -> bool:
    """Whether any Chinese character stands in a text: nothing else is taught.

    >>> has_chinese("cannot sleep 12"), has_chinese("OK，睡不着")
    (False, True)
    """
    return HAN.search(text) is not None
