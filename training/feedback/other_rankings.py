"""Rankings that were not shown, as the chance that each would have put a logged item at its place.

Where only one item might stand, every ranking has it there; in the tail that chance may fill, a ranking is an order of
the pool.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from models.base import Numbers
from models.feedback.appeal import Appeals
from models.feedback.exploration import Ranked
from training.evaluation.off_policy import LoggedRows
from training.feedback.examination import Examination

Order = Callable[[str, Ranked], Ranked]  # kind of item and pool -> the pool in another order


@dataclass(frozen=True)
class Expectation:
    """What a simple model expects of an item at a place: rate of its kind x how often it is looked at x its appeal."""

    rates: Mapping[str, float]
    looked: Examination
    appeal: Mapping[tuple[str, str], float]

    @classmethod
    def of(cls, rows: pd.DataFrame, reward: str, looked: Examination, lines: pd.DataFrame) -> Expectation:
        """Learned from joined rows and the lines of `appeal.appeals`."""
        seen = rows.assign(looked=looked.at(rows["position"].to_numpy(np.intp)))
        sums = seen.groupby("item_kind", sort=True)[[reward, "looked"]].sum()
        rates = {str(kind): float(rate) for kind, rate in (sums[reward] / sums["looked"]).items()}
        keys = zip(lines["item_kind"], lines["item"], strict=True)
        return cls(rates, looked, {key: float(value) for key, value in zip(keys, lines["appeal"], strict=True)})

    def at(self, kind: str, item: str, position: int) -> float:
        """Of one item at one place; an item never shown is like the average of its kind."""
        looked = float(self.looked.at(np.array([position]))[0])
        return self.rates.get(kind, 0.0) * looked * self.appeal.get((kind, item), 1.0)


def as_ranked(_: str, pool: Ranked) -> Ranked:
    """The ranking as it is, without exploration."""
    return pool


def with_appeal(learned: Appeals) -> Order:
    """The ranking with what officers made of its items added."""
    return learned.reranked


def logged_rows(rows: pd.DataFrame, reward: str, order: Order, expected: Expectation) -> LoggedRows:
    """Joined rows as `off_policy` takes them, for the ranking that `order` makes; `reward` is a column of booleans."""
    said = list(_judged(rows, order, expected))
    answer, numbers = np.unique(rows["answer"].to_numpy(np.intp), return_inverse=True)
    officers = rows.drop_duplicates("answer").set_index("answer")["officer_id"].loc[answer]
    targets, modelled, elsewhere = (np.array([one[part] for one in said], dtype=np.float64) for part in range(3))
    return LoggedRows(
        officers=officers.astype(str).tolist(),
        answer=numbers.astype(np.intp),
        position=rows["position"].to_numpy(np.intp),
        reward=rows[reward].to_numpy(np.float64),
        propensity=rows["propensity"].to_numpy(np.float64),
        target=targets,
        modelled=modelled,
        target_modelled=np.bincount(numbers, elsewhere, len(answer)).astype(np.float64),
    )


def _judged(rows: pd.DataFrame, order: Order, expected: Expectation) -> Iterator[tuple[float, float, float]]:
    """For each row: whether the other ranking has it there, what is expected of it, and of what would stand there."""
    first = rows[rows["pool"].notna()].groupby("answer")["position"].min()
    ranked: dict[Any, Numbers | Ranked] = {}
    for kind, item, position, pool, answer in zip(
        rows["item_kind"], rows["item"], rows["position"], rows["pool"], rows["answer"], strict=True
    ):
        there = item
        if not pd.isna(pool):
            if (kind, pool) not in ranked:
                ranked[kind, pool] = order(kind, [(name, score) for name, score in json.loads(pool)])
            there = str(ranked[kind, pool][int(position - first[answer])][0])
        here = expected.at(kind, item, position)
        yield float(there == item), here, here if there == item else expected.at(kind, there, position)
