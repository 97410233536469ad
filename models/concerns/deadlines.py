"""The chance that a deadline will be missed, from how a concern came and how much else is open; never from its words
beyond how urgent they are, and never from who raised it as a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from models.artifacts import Parts
from models.base import Matrix, Numbers
from models.risk.logistic import SoftLogistic

ACKNOWLEDGE, RESOLVE = "acknowledge", "resolve"
DEADLINES = (ACKNOWLEDGE, RESOLVE)
LEVELLED = ("category", "channel", "raised_by", "urgency", "weekday")
COUNTED = ("unit_open", "desk_open")
GRID = 20  # parts of a deadline on which is known how many are still open


@dataclass(frozen=True)
class DeadlineModel:
    """One deadline: `levels` of each column in the order of their places, the fitted chances, and `still_open`
    (GRID + 1,): of those that kept the deadline, the share still open when so much of it had passed."""

    levels: Mapping[str, tuple[str, ...]]
    logistic: SoftLogistic
    still_open: Numbers

    def chances(self, frame: pd.DataFrame) -> Numbers:
        """(n,) that the deadline is missed, on the day a concern is raised; a level never seen counts as none."""
        return self.logistic.predict(encoded(frame, self.levels)[1])

    def chances_now(self, frame: pd.DataFrame, passed: Numbers) -> Numbers:
        """(n,) the same of concerns that are still open when a share `passed` (n,) of the deadline is gone (Bayes)."""
        missed = self.chances(frame)
        kept = np.interp(np.clip(passed, 0.0, 1.0), np.linspace(0.0, 1.0, GRID + 1), self.still_open)
        kept = np.where(passed > 1.0, 0.0, kept)
        return np.asarray(missed / np.maximum(missed + (1.0 - missed) * kept, 1e-12))

    def to_parts(self, name: str) -> Parts:
        """JSON and arrays by name."""
        own = self.logistic.to_parts(name)
        return Parts(
            json=own.json | {f"{name}.levels": {column: list(some) for column, some in self.levels.items()}},
            arrays=own.arrays | {f"{name}.still_open": self.still_open},
        )

    @classmethod
    def from_parts(cls, parts: Parts, name: str) -> Self:
        """From `to_parts`."""
        levels = {column: tuple(some) for column, some in parts.json[f"{name}.levels"].items()}
        return cls(levels, SoftLogistic.from_parts(parts, name), parts.arrays[f"{name}.still_open"])


def encoded(frame: pd.DataFrame, levels: Mapping[str, tuple[str, ...]]) -> tuple[tuple[str, ...], Matrix]:
    """Names and values (n, f): a column for each level, then what is counted.

    >>> told = pd.DataFrame({"category": ["leave"], "unit_open": [2.0], "desk_open": [0.0]})
    >>> encoded(told, {"category": ("health", "leave")})[1].tolist()
    [[0.0, 1.0, 2.0, 0.0]]
    """
    names = [f"{column}={level}" for column, some in levels.items() for level in some]
    values = [(frame[column].astype(str) == level).to_numpy(np.float32)
              for column, some in levels.items() for level in some]  # fmt: skip
    counted = [frame[column].to_numpy(np.float32) for column in COUNTED]
    return (*names, *COUNTED), np.column_stack([*values, *counted])
