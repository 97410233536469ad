"""A world whose truth is known: how often places are looked at, how much each item is liked, and how they are shown.

Officers have tastes, and the ranking knows a part of them: an item stands higher for those who like it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd

from data_contracts.feedback_rules import ExploringPolicy, LearningPolicy
from data_contracts.pseudonyms import Pseudonyms
from models.base import Numbers
from models.feedback.exploration import ShownItem, explored, seed_text

START = datetime(2025, 1, 1, 8)
AS_OF = date(2026, 6, 1)
LEARNING = LearningPolicy(
    settle_days=30, least_shown=300, least_effective=50, least_support=0.95, least_propensity=0.01, usual_fall=1.0,
    usual_fall_error=0.5, most_appeal=0.7,
)  # fmt: skip
EXPLORING = ExploringPolicy(share=0.4, places=3, depth=4)
NAMES = Pseudonyms(b"a key of the tests")


@dataclass(frozen=True)
class World:
    """`taste` is how much an officer's own liking differs, `known` how much of it the ranking sees, `luck` how much
    the ranking moves items about for no reason."""

    items: int = 12
    top: int = 4
    fall: float = 1.0
    taste: float = 0.6
    known: float = 0.8
    luck: float = 0.0
    rate: float = 0.3
    policy: ExploringPolicy = EXPLORING

    @property
    def liking(self) -> Numbers:
        """(items,) how much each item is liked, on average 1; the ranking's own order says nothing of it."""
        spread = np.linspace(-0.7, 0.7, self.items)
        return np.asarray(np.exp(np.random.default_rng(5).permutation(spread)))

    def chances(self, rng: np.random.Generator, answers: int) -> tuple[Numbers, Numbers]:
        """(answers, items) chances to be noticed at the first place, and the scores of the ranking."""
        taste = rng.normal(0, self.taste, (answers, self.items))
        chance = np.clip(self.rate * self.liking * np.exp(taste - self.taste**2 / 2), 0, 1)
        base = np.random.default_rng(9).normal(0, 0.5, self.items)
        return chance, np.exp(base + self.known * taste + rng.normal(0, 1, taste.shape) * self.luck)

    def looked(self) -> Numbers:
        """(top,) how often each place is looked at."""
        return np.arange(1, self.top + 1, dtype=float) ** -self.fall

    def log(self, answers: int, seed: int, officers: int = 200) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Exposures and feedback as the service writes them."""
        rng = np.random.default_rng(seed)
        chance, score = self.chances(rng, answers)
        shown: list[dict[str, object]] = []
        said: list[tuple[object, ...]] = []
        for number in range(answers):
            order = np.argsort(-score[number])
            ranked = [(f"p-{item}", float(score[number, item])) for item in order]
            request, officer = f"r-{seed}-{number}", f"o-{number % officers}"
            day = START + timedelta(minutes=number * 10)
            for one in explored(ranked, self.top, self.policy, seed_text(NAMES, request, officer)):
                item = int(one.item.removeprefix("p-"))
                shown.append(_row(request, officer, one, day))
                if rng.random() < self.looked()[one.position - 1] * chance[number, item]:
                    said.append((f"f-{seed}-{len(said)}", officer, "post", one.item, "saved", day.date(), request))
        return _exposures(shown), _feedback(said)

    def worth(self, order_bonus: Numbers | None = None, answers: int = 200_000) -> float:
        """The true worth of an answer when the tail is ranked by log score and bonus, without exploration."""
        chance, score = self.chances(np.random.default_rng(77), answers)
        first, end = self.top - self.policy.places, self.top + self.policy.depth
        order = np.argsort(-score, axis=1)
        bonus = np.zeros(self.items) if order_bonus is None else order_bonus
        pool = order[:, first:end]
        value = np.log(np.take_along_axis(score, pool, axis=1)) + bonus[pool]
        tail = np.take_along_axis(pool, np.argsort(-value, axis=1, kind="stable"), axis=1)
        listed = np.concatenate([order[:, :first], tail[:, : self.policy.places]], axis=1)
        return float((np.take_along_axis(chance, listed, axis=1) * self.looked()).sum(axis=1).mean())


def _row(request: str, officer: str, one: ShownItem, day: datetime) -> dict[str, object]:
    values = {**asdict(one), "pool": json.dumps(one.pool) if one.pool else None}
    return {"request_id": request, "officer_id": officer, "item_kind": "post", "shown_at": day, **values}


def _exposures(rows: list[dict[str, object]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows)
    return frame.assign(shown_at=pd.to_datetime(frame["shown_at"]), model_name="next-post", model_version="1")


def _feedback(rows: list[tuple[object, ...]]) -> pd.DataFrame:
    names = ["feedback_id", "officer_id", "item_kind", "item", "action", "occurred_on", "request_id"]
    frame = pd.DataFrame(rows, columns=names)
    return frame.assign(occurred_on=pd.to_datetime(frame["occurred_on"]), known_on=pd.to_datetime(frame["occurred_on"]))
