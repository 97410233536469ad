"""What a concern is about and how soon help is needed, told from its words: one linear model, in two stages.

The subcategory is asked twice: among all 35 at once, and category first, subcategory within it second; both answers
are mixed. Chances are calibrated on phrases that were held out; below the chance that policy's promise was kept from,
the model says that it cannot tell. Nothing here looks at who wrote.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from models.artifacts import Parts
from models.base import Numbers
from models.concerns.aside import Aside, has_chinese
from models.concerns.grams import Cut, Grams

URGENCIES = ("normal", "soon", "urgent")
TINY = 1e-12


@dataclass(frozen=True)
class Labels:
    """Codes of subcategories in order, and the category of each."""

    subcategories: tuple[str, ...]
    category_of: tuple[str, ...]

    @cached_property
    def categories(self) -> tuple[str, ...]:
        """Codes of categories, in order."""
        return tuple(dict.fromkeys(self.category_of))

    @cached_property
    def places(self) -> Any:
        """(subcategories,) the place of each one's category."""
        return np.array([self.categories.index(one) for one in self.category_of])


@dataclass(frozen=True)
class Linear:
    """Scores of classes, (n, classes), from rows of grams: `weights` (columns, classes) and `base` (classes,)."""

    weights: Any
    base: Numbers

    def __call__(self, rows: Any) -> Numbers:
        """(n, classes)."""
        return np.asarray(rows @ self.weights, dtype=np.float64) + self.base


@dataclass(frozen=True)
class Scores:
    """Raw scores of texts: `flat` and `within` (n, subcategories), `category` (n, categories), `urgency` (n, 3)."""

    flat: Numbers
    within: Numbers
    category: Numbers
    urgency: Numbers


@dataclass(frozen=True)
class Heads:
    """The linear parts; `within` compares the subcategories of one category only."""

    flat: Linear
    within: Linear
    category: Linear
    urgency: Linear

    def scores(self, rows: Any) -> Scores:
        """Of rows of grams."""
        return Scores(self.flat(rows), self.within(rows), self.category(rows), self.urgency(rows))


@dataclass(frozen=True)
class Settling:
    """How scores become chances, and from where on something is said.

    `sharpness` is what a score of each stage is multiplied with, `flat_share` what the flat answer weighs,
    `temperature` and `urgency_temperature` calibrate; `slope` and `lift` then straighten the chance of the first answer
    (Platt), and the others share what is left. A subcategory is told from the chance `tell_subcategory` on, a
    category from `tell_category` on; a text is urgent (soon) from the chance `urgent_from` (`soon_from`) on.
    """

    sharpness: float = 4.0
    flat_share: float = 0.5
    temperature: float = 1.0
    slope: float = 1.0
    lift: float = 0.0
    urgency_temperature: float = 1.0
    tell_subcategory: float = 0.0
    tell_category: float = 0.0
    urgent_from: float = 0.5
    soon_from: float = 0.5


@dataclass(frozen=True)
class Chances:
    """Of texts: `subcategory` (n, 35), `category` (n, 9), `urgency` (n, 3); `read` (n,) whether any Chinese word was
    known; `none` (n,) whether it is an everyday text rather than a concern."""

    subcategory: Numbers
    category: Numbers
    urgency: Numbers
    read: Any
    none: Any

    @property
    def silent(self) -> Any:
        """(n,) of which nothing is told."""
        return self.none | ~self.read


@dataclass(frozen=True)
class TextModel:
    """Everything that sorts words; `labels` must be those of the policy that it answers under."""

    labels: Labels
    grams: Grams
    heads: Heads
    settling: Settling = Settling()
    aside: Aside | None = None

    def chances(self, texts: Sequence[str]) -> Chances:
        """Of each text, in order."""
        rows = self.grams.matrix(texts)
        told = settled(self.heads.scores(rows), self.labels, self.settling)
        chinese = np.array([has_chinese(one) for one in texts], dtype=bool)
        none = np.zeros(len(texts), dtype=bool) if self.aside is None else self.aside.is_none(texts)
        return Chances(*told, chinese & (np.diff(rows.indptr) > 0), chinese & none)

    def levels_of(self, told: Chances) -> NDArray[np.int64]:
        """The place in URGENCIES of each text; the lowest where nothing was read."""
        return np.where(told.silent, 0, self.urgency_of(told.urgency))

    def urgency_of(self, urgency: Numbers) -> NDArray[np.int64]:
        """The place in URGENCIES of each row of chances (n, 3): the most pressing one whose chance is high enough."""
        levels = np.zeros(len(urgency), dtype=np.int64)
        levels[urgency[:, 1] + urgency[:, 2] >= self.settling.soon_from] = 1
        levels[urgency[:, 2] >= self.settling.urgent_from] = 2
        return levels

    def to_parts(self) -> Parts:
        """JSON, arrays, and the grams as one text."""
        heads = {name: getattr(self.heads, name) for name in ("flat", "within", "category", "urgency")}
        arrays = {f"{name}.weights": np.asarray(one.weights, np.float32) for name, one in heads.items()}
        arrays |= {f"{name}.base": one.base for name, one in heads.items()}
        about = {
            "subcategories": list(self.labels.subcategories),
            "category_of": list(self.labels.category_of),
            "cut": vars(self.grams.cut),
            "settling": vars(self.settling),
        }
        more = Parts() if self.aside is None else self.aside.to_parts()
        return Parts(
            json=about | more.json,
            arrays=arrays | {"grams": self.grams.weights} | more.arrays,
            texts={"grams": self._written()} | more.texts,
        )

    def _written(self) -> str:
        return "\n".join(self.grams.known)

    @classmethod
    def from_parts(cls, parts: Parts) -> Self:
        """From `to_parts`."""
        told, arrays = parts.json, parts.arrays
        known = tuple(parts.texts["grams"].split("\n"))
        grams = Grams(Cut(**told["cut"]), known, arrays["grams"])
        heads = (Linear(arrays[f"{name}.weights"], arrays[f"{name}.base"])
                 for name in ("flat", "within", "category", "urgency"))  # fmt: skip
        labels = Labels(tuple(told["subcategories"]), tuple(told["category_of"]))
        return cls(labels, grams, Heads(*heads), Settling(**told["settling"]), Aside.from_parts(parts))


def settled(scores: Scores, labels: Labels, by: Settling) -> tuple[Numbers, Numbers, Numbers]:
    """Chances of subcategories, of categories, and of urgencies; each row sums to 1."""
    mixed = mixed_logs(scores, labels, by.sharpness, by.flat_share)
    subcategory = straightened(softmax(mixed / by.temperature), by.slope, by.lift)
    urgency = softmax(scores.urgency * by.sharpness / by.urgency_temperature)
    return subcategory, by_category(subcategory, labels), urgency


def straightened(chances: Numbers, slope: float, lift: float) -> Numbers:
    """Rows (n, classes) whose first answer has log-odds `lift` + `slope` times those before; the rest keeps its shares.

    >>> straightened(np.array([[0.8, 0.15, 0.05]]), 0.0, 0.0).round(3).tolist()
    [[0.5, 0.375, 0.125]]
    """
    first = np.clip(chances.max(axis=1, keepdims=True), TINY, 1.0 - TINY)
    told = expit(lift + slope * logit(first))
    rest = chances * (1.0 - told) / (1.0 - first)
    return np.asarray(np.where(chances == chances.max(axis=1, keepdims=True), told, rest))


def mixed_logs(scores: Scores, labels: Labels, sharpness: float, flat_share: float) -> Numbers:
    """(n, subcategories) logarithms of the mixed answer, not yet calibrated."""
    flat = np.log(softmax(scores.flat * sharpness) + TINY)
    category = np.log(softmax(scores.category * sharpness) + TINY)[:, labels.places]
    within = np.empty_like(flat)
    for place in range(len(labels.categories)):
        own = labels.places == place
        within[:, own] = np.log(softmax(scores.within[:, own] * sharpness) + TINY)
    return np.asarray(flat_share * flat + (1.0 - flat_share) * (category + within))


def by_category(subcategory: Numbers, labels: Labels) -> Numbers:
    """(n, categories) sums of the chances of subcategories."""
    summed = np.zeros((len(subcategory), len(labels.categories)))
    np.add.at(summed.T, labels.places, subcategory.T)
    return summed


def softmax(logits: Numbers) -> Numbers:
    """Rows that sum to 1.

    >>> softmax(np.array([[0.0, 0.0]])).tolist()
    [[0.5, 0.5]]
    """
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))
