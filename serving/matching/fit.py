"""How well each wish of a round fits, for the assignment shown beside the matching: the rule of `models/posts/fit.py`.

Nothing is learned here. Wishes count in the order of this round, competencies and goals as they are on record; points
have no part in it, and the fit has none in the matching.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import pandas as pd

from data_contracts.suggesting import FitWeights
from models.posts.fit import Standard, Wanting, fit_of, wanting_of

TABLES = ("competency_assessments", "competency_standards", "posts", "career_goals")


@dataclass(frozen=True)
class RecordFit:
    """The fit by the record, in [0, 1]; 0 where nothing that bears on it is on record and the wish is a late one."""

    weights: FitWeights

    def __call__(self, frames: Mapping[str, pd.DataFrame], wishes: pd.DataFrame, as_of: date) -> pd.Series[float]:
        """One figure for each row of `wishes`: officer_id, post_id (None for an unknown vacancy), preference_order."""
        known = {name: frame for name, frame in frames.items() if name in TABLES}
        officers = wishes["officer_id"].astype(str)
        wanting, standard = wanting_of(known, list(dict.fromkeys(officers)), as_of), Standard.of(known)
        posts = [str(one) for one in wishes["post_id"]]
        orders: dict[str, dict[str, int]] = {one: {} for one in wanting}
        for officer, post, order in zip(officers, posts, wishes["preference_order"], strict=True):
            orders[officer][post] = min(int(order), orders[officer].get(post, int(order)))
        own = {one: replace(told, wishes=orders[one]) for one, told in wanting.items()}
        found = [self._of(post, own[officer], standard) for officer, post in zip(officers, posts, strict=True)]
        return pd.Series(found, index=wishes.index, dtype="float64")

    def _of(self, post_id: str, own: Wanting, standard: Standard) -> float:
        found = fit_of(post_id, own, standard, self.weights)
        return 0.0 if found is None else found.score
