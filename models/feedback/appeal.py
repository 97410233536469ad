"""What officers made of suggested items, as a small bounded push to a recommender's log score."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from models.artifacts import Parts
from models.feedback.exploration import Ranked


@dataclass(frozen=True)
class Appeals:
    """Bonus by kind and item, to be added to the logarithm of a score; items without one have none.

    >>> learned = Appeals({"post": {"b": 0.5}})
    >>> learned.reranked("post", [("a", 0.5), ("b", 0.4), ("c", 0.1)])
    [('b', 0.4), ('a', 0.5), ('c', 0.1)]
    >>> Appeals.from_parts(learned.to_parts()) == learned
    True
    """

    bonus: Mapping[str, Mapping[str, float]]

    def of(self, item_kind: str, item: str) -> float:
        """The bonus of an item, 0 where nothing is known."""
        return self.bonus.get(item_kind, {}).get(item, 0.0)

    def reranked(self, item_kind: str, ranked: Ranked) -> list[tuple[str, float]]:
        """The same items with their own scores, in the order of log score and bonus; equal ones keep their order."""
        return sorted(ranked, key=lambda one: -(_log(one[1]) + self.of(item_kind, one[0])))

    def to_parts(self) -> Parts:
        """Everything needed to rank again."""
        return Parts(json={"bonus": {kind: dict(items) for kind, items in self.bonus.items()}})

    @classmethod
    def from_parts(cls, parts: Parts) -> Self:
        """The same again."""
        return cls(parts.json["bonus"])


def _log(score: float) -> float:
    return math.log(score) if score > 0 else -math.inf
